import type { AnswerOf, BodyOf, contractVersion, ParamsOf, QueryOf, RouteKey } from '@rai/contract'
import wretch from 'wretch'
import { breakerOf } from './breaker.js'
import { perEnvironment } from './environment.js'
import { asApiError, isLike, limited, readJson, refusal } from './exchange.js'
import { ApiError } from './failures.js'
import { serverClockOf } from './server-clock.js'
import { identityOf } from './token.js'

type WidgetRoute = Extract<RouteKey, `${string}/widget/v1/${string}`>
type GetRoute = Extract<WidgetRoute, `GET ${string}`>

/** How a request is made, whatever it asks. */
export interface Call {
  signal?: AbortSignal
  /** Ask the server even when the browser's cache has an answer. */
  fresh?: boolean
  /** A person asked for it: send it although the API has been failing. */
  forced?: boolean
}

interface Request<K extends WidgetRoute> extends Call {
  params?: Omit<NonNullable<ParamsOf<K>>, 'publishableKey'>
  query?: QueryOf<K>
  body?: BodyOf<K>
  /** Ask as the viewer, with a token. */
  viewer?: boolean
  headers?: Record<string, string>
}

type Partly<T> = T extends readonly (infer Item)[]
  ? readonly Partly<Item>[]
  : T extends object
    ? { [K in keyof T]?: Partly<T[K]> }
    : T

interface Client {
  /**
   * Reads, as a guest where that will do: then nothing but the URL goes out, so that no preflight is needed and caches
   * can serve everybody. What a guest does not find is asked for again as the viewer.
   * @param sample What the caller relies on; an answer without it counts as garbled.
   */
  get<K extends GetRoute>(route: K, sample: Partly<AnswerOf<K>>, request?: Request<K>): Promise<AnswerOf<K>>
  /** Writes as the viewer, once, under an idempotency key. */
  send<K extends WidgetRoute>(route: K, sample: Partly<AnswerOf<K>>, request: Request<K>): Promise<AnswerOf<K>>
  /** Reads what may fail where other requests work, without a time limit. */
  askAside<K extends GetRoute, T>(route: K, request: Request<K>, read: (response: Response) => Promise<T>): Promise<T>
}

/** The contract that this package was written against. */
const version: typeof contractVersion = '1'

/** The one client of a page: typed by the contract's routes, and every read and write ends in time. */
export const clientOf = /* @__PURE__ */ perEnvironment((environment): Client => {
  const breaker = breakerOf(environment)
  const identity = identityOf(environment)
  const base = wretch(environment.apiUrl, { credentials: 'omit' })
    .fetchPolyfill((url, options) => environment.fetch(url, options))
    .customError((_, response) => refusal(environment, response))

  /** Routes, with what they name, where guests find nothing. */
  const membersOnly = new Set<string>()

  /** One request, and a second one when the token turns out to be refused. */
  async function ask<K extends WidgetRoute, T>(
    route: K,
    { params, query, body, viewer, headers, fresh, signal, forced }: Request<K>,
    read: (response: Response) => Promise<T>,
    aside = false,
  ): Promise<T> {
    const [method, path] = route.split(' ') as [string, string]
    let request = base
      .url(fill(path, { ...params, publishableKey: environment.key }, query))
      .options({ cache: fresh ? 'no-cache' : 'default', signal: signal! })
      .headers(headers!)
    if (body) request = request.json(body)

    const send = (token: string | null): Promise<T> =>
      breaker.attempt(
        () =>
          (token ? request.auth(`Bearer ${token}`).headers({ 'X-Rai-Version': version }) : request)
            .fetch(method)
            .res(read)
            .catch((error) => {
              throw signal?.aborted ? signal.reason : asApiError(error)
            }),
        { forced, aside },
      )
    const token = viewer ? await identity.token({ forced }) : null
    if (viewer && !token) throw new ApiError('unauthorized', 401)
    try {
      return await send(token)
    } catch (error) {
      if (!token || (error as ApiError).status !== 401) throw error
      return send(await identity.token({ refused: token }))
    }
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
      const subject = fill(route, { ...request.params }, undefined)
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
        headers: { 'Idempotency-Key': environment.randomId() },
      }),
    askAside: (route, request, read) => ask(route, request, read, true),
  }
})

/** A path with its names filled in, and its query. */
function fill(path: string, params: Record<string, string>, query: object | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  const search = given.length ? `?${new URLSearchParams(given)}` : ''
  return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name]!)) + search
}
