import type { Hint } from '@rai/contract'
import { breakerOf } from './breaker.js'
import { clientOf } from './client.js'
import { pause, perEnvironment } from './environment.js'
import { ApiError } from './failures.js'
import { identityOf } from './token.js'

/** What a listener is told: a hint of the server, or `poll` every 15 seconds while there is no stream. */
export type Nudge = HintType | 'poll'
export type HintType = Hint['type']
type Listener = (type: Nudge, id: string | null) => void

interface Stream {
  /** Listens; the stream is open while somebody does and the page can be seen. */
  subscribe(listener: Listener): () => void
}

const route = 'GET /widget/v1/{publishableKey}/stream'
/** The server pings every 20 seconds: after this long without a byte the connection is dead. */
const silenceLimit = 45_000
/** A server that can stream sends its first bytes at once; a proxy that collects the answer does not. */
const firstByteLimit = 10_000
/** A connection that lived this long was a good one. */
const goodLife = 30_000
const shortestWait = 1000
const longestWait = 30_000
const pollEvery = 15_000
/** Between the first answers and the opening of the stream something may have happened that no hint tells of. */
const settleAfter = 2000
/** In characters; a longer line is not ours. */
const lineLimit = 65_536

/**
 * The live stream of a page, shared by everything on it.
 *
 * It opens once the API has answered something, resumes after the last event it saw, and closes while the page cannot be
 * seen (an open connection would also keep the page out of the back-forward cache). When two connections in a row come
 * to nothing, listeners are told to poll until one holds.
 */
export const streamOf = /* @__PURE__ */ perEnvironment((environment): Stream => {
  const { $visible, $online } = environment
  const { $up } = breakerOf(environment)
  const identity = identityOf(environment)
  const listeners = new Set<Listener>()
  let leave: (() => void)[] = []
  let connection = new AbortController()
  let answered = false
  let lastId = ''
  let stopPolling: (() => void) | undefined

  const tell: Listener = (type, id) => {
    for (const listener of [...listeners]) listener(type, id)
  }

  function poll() {
    stopPolling = environment.after(pollEvery, () => {
      tell('poll', null)
      poll()
    })
  }
  function endPolling() {
    stopPolling?.()
    stopPolling = undefined
  }

  function close() {
    connection.abort()
    endPolling()
  }
  function open() {
    close()
    connection = new AbortController()
    // It ends by its signal alone; everything else is a reason to try again.
    if ($visible.get()) keepOpen(connection.signal).catch(() => {})
  }
  /** Back from somewhere: hints come again, and whatever was missed is asked for. */
  function comeBack() {
    open()
    tell('reset', null)
  }

  async function keepOpen(signal: AbortSignal): Promise<void> {
    if (!answered) await isUp(signal)
    answered = true
    for (let failures = 0; ; ) {
      const openedAt = environment.clock()
      const error = await read(signal).catch((thrown) => thrown as Partial<ApiError>)
      if (signal.aborted) return
      failures = environment.clock() - openedAt > goodLife ? 1 : failures + 1
      if (failures > 1 && !stopPolling) poll()
      const wait = Math.min(shortestWait * 3 ** (failures - 1), longestWait) * (0.75 + environment.random() / 2)
      await pause(environment, Math.max(wait, error?.retryAfter ?? 0), signal)
    }
  }

  function isUp(signal: AbortSignal): Promise<void> {
    return new Promise((done) => {
      const stop = $up.subscribe((up) => up && done())
      signal.addEventListener('abort', stop)
    })
  }

  /** One connection, from its opening to its end. */
  async function read(signal: AbortSignal): Promise<void> {
    const silence = new AbortController()
    const silent = () => silence.abort(new ApiError({ code: 'network', message: 'the stream fell silent' }))
    let cancel = environment.after(firstByteLimit, silent)
    const resumed = lastId
    try {
      const token = await identity.token().catch(() => null)
      const response = await clientOf(environment).stream(route, {
        signal: AbortSignal.any([signal, silence.signal]),
        viewer: token !== null,
        headers: resumed ? { 'Last-Event-ID': resumed } : {},
      })
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      const parse = parser(onEvent)
      if (!resumed) settle(signal)
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        cancel()
        cancel = environment.after(silenceLimit, silent)
        endPolling()
        parse(part.value)
      }
    } finally {
      cancel()
      silence.abort()
    }
  }

  function settle(signal: AbortSignal) {
    const cancel = environment.after(settleAfter * (1 + environment.random()), () => tell('poll', null))
    signal.addEventListener('abort', cancel)
  }

  function onEvent(id: string, data: string) {
    const hint: Partial<Hint> = data ? JSON.parse(data) : {}
    // What was seen before a cut is not told twice. A reset may count anew.
    const known = lastId !== '' && Number(id) <= Number(lastId) && hint.type !== 'reset'
    if (known) return
    lastId = id
    if (hint.type) tell(hint.type, hint.id ?? null)
  }

  return {
    subscribe(listener) {
      if (listeners.size === 0) {
        leave = [
          $visible.listen((visible) => (visible ? comeBack() : close())),
          $online.listen((online) => online && comeBack()),
          identity.$source.listen(open),
        ]
        open()
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        for (const stop of leave) stop()
        close()
        lastId = ''
      }
    },
  }
})

/** Reads server-sent events out of text in pieces: `id` and `data` are all that ours use. */
function parser(onEvent: (id: string, data: string) => void): (text: string) => void {
  let rest = ''
  let id = ''
  let data = ''
  return (text) => {
    const lines = (rest + text).split(/\r?\n/)
    rest = lines.pop()!
    if (rest.length > lineLimit) throw new Error('a line of the stream is too long')
    for (const line of lines) {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line)!
      if (field === 'id') id = value!
      else if (field === 'data') data += value
      else if (line === '') {
        onEvent(id, data)
        data = ''
      }
    }
  }
}
