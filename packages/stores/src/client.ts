import type { AnswerOf, BodyOf, contractVersion, ParamsOf, QueryOf, RouteKey } from '@rai/contract'
import wretch from 'wretch'
import { breakerOf } from './breaker.js'
import { pause, perEnvironment } from './environment.js'
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
  /** Try a failing read again at once. */
  retry?: boolean
  /** A person asked for it: send it although the API has been failing. */
  forced?: boolean
}

interface Request<K extends WidgetRoute> extends Call {
  params?: Omit<NonNullable<ParamsOf<K>>, 'publishableKey'>
  query?: QueryOf<K>
  body?: BodyOf<K>
  /** Ask as the viewer, with a token. Without it nothing but the URL goes out, so that no preflight is needed. */
  viewer?: boolean
  headers?: Record<string, string>
}

type Partly<T> = T extends readonly (infer Item)[]
  ? readonly Partly<Item>[]
  : T extends object
    ? { [K in keyof T]?: Partly<T[K]> }
    : T

interface Client {
  /** Reads. `sample` names what the caller relies on; an answer without it counts as garbled. */
  get<K extends GetRoute>(route: K, sample: Partly<AnswerOf<K>>, request?: Request<K>): Promise<AnswerOf<K>>
  /** Writes as the viewer, once, under an idempotency key. */
  send<K extends WidgetRoute>(route: K, sample: Partly<AnswerOf<K>>, request: Request<K>): Promise<AnswerOf<K>>
  /** The bare answer of a stream, without a time limit or a retry. */
  stream<K extends GetRoute>(route: K, request: Request<K>): Promise<Response>
}

/** The contract that this package was written against. */
const version: typeof contractVersion = '1'
const eventStream = 'text/event-stream'
/** A shorter wait is spent inside the call; for a longer one the caller is told. */
const longestWait = 3000

/** The one client of a page: typed by the contract's routes, and every read and write ends in time. */
export const clientOf = /* @__PURE__ */ perEnvironment((environment): Client => {
  const breaker = breakerOf(environment)
  const identity = identityOf(environment)
  const base = wretch(environment.apiUrl, { credentials: 'omit' })
    .fetchPolyfill((url, options) => environment.fetch(url, options))
    .accept('application/json')
    .customError((_, response) => refusal(environment, response))

  /** One request, and a second one when the token turns out to be refused. */
  async function ask<K extends WidgetRoute, T>(
    route: K,
    { params, query, body, viewer, headers, fresh, signal, forced }: Request<K>,
    read: (response: Response) => T | Promise<T>,
  ): Promise<T> {
    const [method, path] = route.split(' ') as [string, string]
    let request = base
      .url(fill(path, { ...params, publishableKey: environment.key }) + search(query ?? {}))
      .options({ cache: fresh ? 'no-cache' : 'default', ...(signal && { signal }) })
      .headers(headers ?? {})
    if (body) request = request.content('application/json').body(encode(body))

    const send = (token: string | null): Promise<T> =>
      breaker.attempt(
        () =>
          (token ? request.auth(`Bearer ${token}`).headers({ 'X-Rai-Version': version }) : request)
            .fetch(method)
            .res(read)
            .catch((error) => {
              throw asApiError(error)
            }),
        { forced, signal },
      )
    if (!viewer) return send(null)
    const token = await identity.token({ forced })
    if (!token) throw new ApiError({ code: 'unauthorized', message: 'Nobody is signed in.', status: 401 })
    try {
      return await send(token)
    } catch (error) {
      if ((error as ApiError).status !== 401) throw error
      return send(await identity.token({ refused: token }))
    }
  }

  /** Reads an answer and takes what every answer brings. */
  const reader =
    <T>(sample: unknown, fresh: boolean) =>
    async (response: Response): Promise<T> => {
      const answer = await readJson(response)
      if (!isLike(answer, sample)) {
        throw new ApiError({
          code: 'bad_answer',
          message: 'The answer has other fields or types.',
          status: response.status,
        })
      }
      serverClockOf(environment).hear((answer as { now?: unknown }).now, fresh)
      return answer as T
    }

  return {
    get: (route, sample, request = {}) =>
      limited(environment, request.signal, async (signal) => {
        for (let tries = 0; ; tries++) {
          try {
            return await ask(route, { ...request, signal }, reader(sample, request.fresh ?? false))
          } catch (error) {
            const { passing, code, retryAfter } = error as ApiError
            const wait = retryAfter ?? 300 * 3 ** tries * (0.5 + environment.random())
            const again = request.retry && passing && code !== 'bad_answer' && tries < 2 && breaker.room() > 1
            if (!again || wait > longestWait) throw error
            await pause(environment, wait, signal)
          }
        }
      }),
    send: (route, sample, request) => {
      const headers = { 'Idempotency-Key': environment.randomId() }
      return limited(environment, request.signal, (signal) =>
        ask(route, { ...request, headers, viewer: true, forced: true, signal }, reader(sample, true)),
      )
    },
    stream: (route, request) =>
      ask(route, { ...request, headers: { ...request.headers, Accept: eventStream }, fresh: true }, (response) => {
        if (response.headers.get('content-type')?.startsWith(eventStream)) return response
        throw new ApiError({ code: 'bad_answer', message: 'The answer is not a stream.', status: response.status })
      }),
  }
})

const fill = (path: string, params: Record<string, string>): string =>
  path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''))

function search(query: object): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length ? `?${new URLSearchParams(given)}` : ''
}

/** JSON.stringify for pages where old libraries gave `toJSON` to arrays, which then arrive as strings. */
function encode(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(encode).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).filter(([, part]) => part !== undefined)
  return `{${fields.map(([name, part]) => `${JSON.stringify(name)}:${encode(part)}`).join()}}`
}
