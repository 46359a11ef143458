import type { Hint } from '@rai/contract'
import type { TestCommunity } from './community.js'
import type { TestServer } from './server.js'

/** What a page needs to open a stream. */
export type Page = Pick<TestCommunity, 'publishableKey' | 'origin'>

export const streamPath = ({ publishableKey }: Page) => `/widget/v1/${publishableKey}/stream`

/** An open stream: what it says is read line by line. */
export async function openStream({ url }: Pick<TestServer, 'url'>, page: Page, headers: Record<string, string> = {}) {
  const stop = new AbortController()
  const response = await fetch(url + streamPath(page), {
    headers: { origin: page.origin, ...headers },
    signal: stop.signal,
  })
  const hints: Hint[] = []
  const ids: number[] = []
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    response,
    hints,
    ids,
    close: () => stop.abort(),
    /** Reads on until a hint is there. */
    async until(matches: (hint: Hint) => boolean): Promise<Hint> {
      for (;;) {
        const found = hints.find(matches)
        if (found) return found
        await this.read()
      }
    },
    /** Reads on until the server ends it. */
    async ended(): Promise<void> {
      for (;;) {
        try {
          await this.read()
        } catch (error) {
          if ((error as Error).message === 'the stream ended') return
          throw error
        }
      }
    },
    async read() {
      const { value, done } = await reader.read()
      if (done) throw new Error('the stream ended')
      text += value
      const frames = text.split('\n\n')
      text = frames.pop()!
      for (const frame of frames) {
        const id = /^id: (\d+)$/m.exec(frame)?.[1]
        const data = /^data: (.*)$/m.exec(frame)?.[1]
        if (id) ids.push(Number(id))
        if (data) hints.push(JSON.parse(data))
      }
    },
  }
}
