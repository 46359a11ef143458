import type { Hint } from '@rai/contract'
import { breakerOf } from './breaker.js'
import { clientOf } from './client.js'
import { perEnvironment } from './environment.js'
import { eachText } from './exchange.js'
import { ApiError } from './failures.js'
import { identityOf } from './identity.js'
import { type Listener, pollEvery } from './live.js'

interface Stream {
  /** Listens; the stream is open while somebody does and the page can be seen. */
  subscribe(listener: Listener): () => void
}

const eventStream = 'text/event-stream'
const route = 'GET /widget/v1/{publishableKey}/stream'
/** The server pings every 20 seconds: after this long without a byte the connection is dead. */
const silenceLimit = 45_000
/** A server that can stream sends its first bytes at once; a proxy that collects the answer does not. */
const firstByteLimit = 10_000
/** A connection that lived this long was a good one. */
const goodLife = 30_000
const shortestWait = 1000
/** Steep: when the server is gone, the page's other requests want their share of the few that are sent. */
const growth = 15
const longestWait = 30_000
const waitAfterRefusal = 300_000
/** Between the first answers and the opening of the stream something may have happened that no hint tells of. */
const settleAfter = 2000
/** In characters; a longer line is not ours. */
const lineLimit = 65_536

/** The answer, if it is a stream. */
async function asStream(answer: Response): Promise<Response> {
  if (answer.headers.get('content-type')?.startsWith(eventStream)) return answer
  void answer.body?.cancel()
  throw new ApiError('bad_answer', answer.status)
}

/**
 * The live stream of a page, shared by everything on it.
 *
 * It resumes after the last event it saw, and closes while the page cannot be seen (an open connection would also keep
 * the page out of the back-forward cache). When two connections in a row come to nothing, listeners are told to poll
 * until one holds.
 */
export const streamOf = /* @__PURE__ */ perEnvironment((environment): Stream => {
  const { $visible, $online } = environment
  const { $up } = breakerOf(environment)
  const identity = identityOf(environment)
  const listeners = new Set<Listener>()
  let leave: (() => void)[] = []
  let connection: AbortController | undefined
  let lastId = ''
  /** Connections in a row that came to nothing. */
  let failures = 0
  /** The next try, and the next time that listeners are told to poll. */
  let cancelTry: (() => void) | undefined
  let cancelPoll: (() => void) | undefined

  const tell: Listener = (...hint) => {
    for (const listener of [...listeners]) listener(...hint)
  }

  function endPolling() {
    cancelPoll?.()
    cancelPoll = undefined
  }
  function poll(ms: number, andOn: boolean) {
    endPolling()
    cancelPoll = environment.after(ms, () => {
      endPolling()
      tell('poll', null)
      if (andOn) poll(pollEvery, andOn)
    })
  }

  function close() {
    connection?.abort()
    connection = undefined
    cancelTry?.()
    cancelTry = undefined
  }
  function closeForNow() {
    close()
    endPolling()
  }

  /** Opens the stream in place of the one before. When it ends by itself, the next try is planned. */
  async function open(): Promise<void> {
    close()
    if (!$visible.get()) return
    const mine = new AbortController()
    connection = mine
    const openedAt = environment.clock()
    const { refused, retryAfter = 0 }: Partial<ApiError> = await read(mine).catch((thrown) => thrown)
    if (connection !== mine) return
    failures = environment.clock() - openedAt > goodLife ? 1 : failures + 1
    if (failures > 1 && !cancelPoll) poll(pollEvery, true)
    const wait = Math.min(shortestWait * growth ** (failures - 1), longestWait) * (0.75 + environment.random() / 2)
    cancelTry = environment.after(Math.max(wait, refused ? waitAfterRefusal : retryAfter), open)
  }

  /** One connection, from its opening to its end. */
  async function read(mine: AbortController): Promise<object> {
    const silent = () => mine.abort(new ApiError('network'))
    let cancelSilence = environment.after(firstByteLimit, silent)
    try {
      const token = await identity.token().catch(() => null)
      const headers = { Accept: eventStream, ...(lastId && { 'Last-Event-ID': lastId }) }
      const request = { headers, signal: mine.signal, viewer: token !== null }
      const response = await clientOf(environment).ask(route, request, asStream, true)
      // No hint tells what happened between the first answers and now.
      if (lastId) endPolling()
      else poll(settleAfter * (1 + environment.random()), false)
      let rest = ''
      let id = ''
      let data = ''
      await eachText(response, (text) => {
        cancelSilence()
        cancelSilence = environment.after(silenceLimit, silent)
        const lines = (rest + text).split(/\r?\n/)
        rest = lines.pop()!
        if (rest.length > lineLimit) throw new ApiError('bad_answer')
        for (const line of lines) {
          const [, field, value = ''] = /^(\w*):? ?(.*)/.exec(line)!
          if (field === 'id') id = value
          if (field === 'data') data += value
          if (line === '') {
            onEvent(id, data)
            data = ''
          }
        }
      })
      return {}
    } finally {
      cancelSilence()
    }
  }

  function onEvent(id: string, data: string) {
    const { type, id: subject = null, channelId }: Partial<Hint> = data ? JSON.parse(data) : {}
    // What was told before a cut is not told twice. A reset may count anew.
    if (lastId && Number(id) <= Number(lastId) && type !== 'reset') return
    lastId = id
    if (type) tell(type, subject, channelId)
  }

  return {
    subscribe(listener) {
      if (listeners.size === 0) {
        leave = [
          $visible.listen((visible) => (visible ? open() : closeForNow())),
          $online.listen((online) => online && open()),
          identity.$source.listen(open),
          // The API answers others again: so it may answer here.
          $up.listen((up) => up && cancelTry && open()),
          closeForNow,
        ]
        open()
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        for (const stop of leave) stop()
        lastId = ''
      }
    },
  }
})
