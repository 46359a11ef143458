import { atom, type ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { ApiError, type FailureCode } from '../shared/failures.js'

/** A file on its way, for a message that carries it. */
export interface Upload {
  /** What this page calls it: however often it is sent, it is one file. */
  readonly key: string
  readonly file: File
  readonly $state: ReadableAtom<UploadState>
  /** Answers what the server calls it, once it has all of it. What failed is sent again. Rejects with an ApiError. */
  sent(): Promise<string>
  /** Breaks it off: nobody wants it any more. */
  drop(): void
}

export interface UploadState {
  state: 'waiting' | 'sending' | 'failed' | 'sent'
  /** How much of it is on its way, from 0 to 1. */
  progress: number
  /** Why it failed. */
  code?: FailureCode
}

/** How many files a message carries, and what each may weigh, in bytes: the server refuses more. */
export const mostUploads = 4
export const largestUpload = 10 * 1024 * 1024

const route = 'POST /widget/v1/{publishableKey}/channels/{channelId}/attachments'
/** A member's pages may send four at once. */
const atOnce = 3
/** Of which nothing has left for so long is broken off: the network is gone. */
const patience = 60_000

/** Lets so many be sent at once, in the order in which they came. */
const linesOf = /* @__PURE__ */ perEnvironment(() => {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    async enter() {
      if (running < atOnce) running++
      else await new Promise<void>((enter) => waiting.push(enter))
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else running--
    },
  }
})

/** Sends a file for a message of a channel. It begins at once, and goes on without the element that began it. */
export function upload(environment: Environment, channelId: string, file: File): Upload {
  const key = environment.randomId()
  const line = linesOf(environment)
  const $state = atom<UploadState>({ state: 'waiting', progress: 0 })
  let isDropped = false
  let under: AbortController | undefined
  let sending: Promise<string> | undefined

  async function send(): Promise<string> {
    if (file.size > largestUpload) throw new ApiError('too_large', 413)
    await line.enter()
    const ending = new AbortController()
    const { signal } = ending
    under = ending
    let calm = () => {}
    const goesOn = (progress: number) => {
      calm()
      calm = environment.after(patience, () => ending.abort(new ApiError('network')))
      $state.set({ state: 'sending', progress })
    }
    try {
      if (isDropped) throw new ApiError('network')
      goesOn(0)
      const form = new FormData()
      form.set('file', file, file.name)
      const headers = { 'Idempotency-Key': key }
      const request = { ...{ params: { channelId }, form, headers, signal }, viewer: true, forced: true }
      const { id } = await clientOf(environment).ask(
        route,
        { ...request, fetch: tellingHow(environment, goesOn) },
        async (response) => {
          const { id } = (await response.json().catch(() => ({}))) as { id?: unknown }
          if (typeof id !== 'string') throw new ApiError('bad_answer', response.status)
          return { id }
        },
        true,
      )
      return id
    } finally {
      calm()
      line.leave()
    }
  }

  async function attempt(): Promise<string> {
    $state.set({ state: 'waiting', progress: 0 })
    try {
      const id = await send()
      $state.set({ state: 'sent', progress: 1 })
      return id
    } catch (error) {
      sending = undefined
      const failure = error instanceof ApiError ? error : new ApiError('network', 0, String(error))
      $state.set({ state: 'failed', progress: 0, code: failure.code })
      throw failure
    }
  }

  const it: Upload = {
    key,
    file,
    $state,
    sent() {
      sending ??= attempt()
      return sending
    },
    drop() {
      isDropped = true
      under?.abort()
    },
  }
  it.sent().catch(() => {})
  return it
}

/** No fetch says how much of a body has left: where there is the older way, that does. */
const tellingHow = (environment: Environment, tell: (progress: number) => void): Environment['fetch'] =>
  typeof XMLHttpRequest === 'undefined' ? environment.fetch : (url, options = {}) => byOlderWay(url, options, tell)

const byOlderWay = (url: string, { method, headers, body, signal }: RequestInit, tell: (progress: number) => void) =>
  new Promise<Response>((done, fail) => {
    const request = new XMLHttpRequest()
    const lost = () => fail(signal?.aborted ? signal.reason : new TypeError('network'))
    request.open(method!, url)
    for (const [name, value] of Object.entries(headers as Record<string, string>)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => tell(loaded / total)
    request.onload = () => {
      const told = request.getAllResponseHeaders().trim().split('\r\n')
      const pairs = told.map((line) => line.split(/: (.*)/s, 2) as [string, string])
      done(new Response(request.response, { status: request.status, headers: pairs }))
    }
    request.onerror = request.onabort = lost
    signal?.addEventListener('abort', () => request.abort())
    request.responseType = 'blob'
    request.send(body as FormData)
  })
