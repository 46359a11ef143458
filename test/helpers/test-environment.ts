import type { Environment } from '@rai/stores'
import { atom, type WritableAtom } from 'nanostores'

/** A platform that does nothing by itself: time stands still until it is moved, and a warning nobody expects throws. */
export interface TestEnvironment extends Environment {
  $visible: WritableAtom<boolean>
  $online: WritableAtom<boolean>
  /** Moves the clock, and runs what is due on the way, in order. */
  advance(ms: number): void
  /** How many requests are under way, from the call to the end of the answer. An open stream is none. */
  readonly requests: number
  /** What the page's developer was told. */
  warnings: string[]
}

interface TestEnvironmentOptions {
  apiUrl: string
  key: string
  /** The page's origin, which a browser would send. */
  origin: string
  /** How wrong the visitor's clock is. */
  wrongBy?: number
  /** Warnings are expected; they are kept. */
  mayWarn?: boolean
}

export function testEnvironment(options: TestEnvironmentOptions): TestEnvironment {
  const { apiUrl, key, origin, wrongBy = 0, mayWarn = false } = options
  let now = Date.now() + wrongBy
  let ids = 0
  const timers = new Set<{ at: number; run: () => void }>()
  let requests = 0
  const warnings: string[] = []

  async function track(url: string, init: RequestInit | undefined): Promise<Response> {
    requests++
    let over = false
    const done = () => {
      if (!over) requests--
      over = true
    }
    try {
      const response = await fetch(url, { ...init, headers: { ...init?.headers, Origin: origin } })
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
      if (!response.body || isStream) done()
      return new Response(response.body && watched(response.body, done), response)
    } catch (error) {
      done()
      throw error
    }
  }

  return {
    apiUrl,
    key,
    fetch: track,
    get requests() {
      return requests
    },
    clock: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    random: () => 0.5,
    randomId: () => `id ${++ids}`,
    $visible: atom(true),
    $online: atom(true),
    warnings,
    warn(message) {
      if (!mayWarn) throw new Error(`unexpected warning: ${message}`)
      warnings.push(message)
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
    },
  }
}

/** A body that tells its end, whichever it is. */
function watched(body: ReadableStream<Uint8Array>, done: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    async pull(controller) {
      try {
        const part = await reader.read()
        if (!part.done) return controller.enqueue(part.value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      done()
    },
    cancel(reason) {
      done()
      return reader.cancel(reason)
    },
  })
}
