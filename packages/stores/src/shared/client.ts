import type { AnswerOf } from '@rai/contract'
import { breakerOf } from './breaker.js'
import { perEnvironment } from './environment.js'
import { isLike, limited, readJson, refusal } from './exchange.js'
import { ApiError } from './failures.js'
import { identityOf, memberOf } from './identity.js'
import { type Ask, addressOf, fill, type GetRoute, type Request, type WidgetRoute } from './request.js'
import { serverClockOf } from './server-clock.js'

type Partly<T> = T extends readonly (infer Item)[]
  ? readonly Partly<Item>[]
  : T extends object
    ? { [K in keyof T]?: Partly<T[K]> }
    : T

interface Client {
  /**
   * Reads, as a guest where that will do, so that caches can serve everybody. What a guest does not find is asked for
   * again as the viewer.
   * @param sample What the caller relies on; an answer without it counts as garbled.
   */
  get<K extends GetRoute>(route: K, sample: Partly<AnswerOf<K>>, request?: Request<K>): Promise<AnswerOf<K>>
  /** Writes as the viewer, once, under an idempotency key: a new one, or that of its headers. */
  send<K extends WidgetRoute>(route: K, sample: Partly<AnswerOf<K>>, request: Request<K>): Promise<AnswerOf<K>>
  ask: Ask
}

/** The one client of a page: typed by the contract's routes, and every read and write ends in time. */
export const clientOf = /* @__PURE__ */ perEnvironment((environment): Client => {
  const breaker = breakerOf(environment)
  const identity = identityOf(environment)
  /** Routes, with what they name, where guests find nothing. */
  const membersOnly = new Set<string>()

  /** Guests read only, by a URL that needs no preflight (only the stream has headers). Whatever else there is, members send. */
  const ask: Ask = async (route, request, read, aside) => {
    const { viewer, headers = {}, fresh, signal = null, forced } = request
    if (viewer) return (await memberOf(environment)).ask(route, request, read, aside)
    const url = environment.apiUrl + addressOf(environment, route, request)
    const cache = fresh ? 'no-cache' : 'default'
    const send = async () => {
      const response = await environment.fetch(url, { credentials: 'omit', cache, headers, signal })
      if (!response.ok) throw await refusal(environment, response)
      return read(response)
    }
    return breaker.attempt(send, { forced, aside, signal })
  }

  /** Asks for JSON, and takes what every answer brings. */
  const json = <K extends WidgetRoute>(route: K, sample: Partly<AnswerOf<K>>, request: Request<K>) =>
    limited(environment, request.signal, (signal) =>
      ask(route, { ...request, signal }, async (response) => {
        const answer = await readJson(response)
        if (!isLike(answer, sample)) throw new ApiError('bad_answer', response.status)
        serverClockOf(environment).hear(response.headers)
        return answer as AnswerOf<K>
      }),
    )

  return {
    async get(route, sample, request = {}) {
      const subject = fill(route, { ...request.params })
      const viewer = request.viewer || (membersOnly.has(subject) && !!identity.$source.value)
      try {
        return await json(route, sample, { ...request, viewer })
      } catch (error) {
        if (viewer || (error as ApiError).status !== 404 || !(await identity.token().catch(() => null))) throw error
        const answer = await json(route, sample, { ...request, viewer: true })
        membersOnly.add(subject)
        return answer
      }
    },
    send: (route, sample, request) =>
      json(route, sample, {
        ...request,
        viewer: true,
        forced: true,
        headers: { 'Idempotency-Key': environment.randomId(), ...request.headers },
      }),
    ask,
  }
})
