import type { BodyOf, ParamsOf, QueryOf, RouteKey } from '@rai/contract'
import type { Environment } from './environment.js'

export type WidgetRoute = Extract<RouteKey, `${string}/widget/v1/${string}`>
export type GetRoute = Extract<WidgetRoute, `GET ${string}`>

/** How a request is made, whatever it asks. */
export interface Call {
  signal?: AbortSignal
  /** Ask the server even when the browser's cache has an answer. */
  fresh?: boolean
  /** A person asked for it: send it although the API has been failing. */
  forced?: boolean
}

export interface Request<K extends WidgetRoute> extends Call {
  params?: Omit<NonNullable<ParamsOf<K>>, 'publishableKey'>
  query?: QueryOf<K>
  body?: BodyOf<K>
  /** What the body says, and a file with it, instead of the body. */
  form?: FormData
  /** Ask as the viewer, with a token. */
  viewer?: boolean
  headers?: Record<string, string>
  /** Instead of the environment's. */
  fetch?: Environment['fetch']
}

/** Sends a request and reads its answer. `aside`: it may fail where other requests work, and has no time limit. */
export type Ask = <K extends WidgetRoute, T>(
  route: K,
  request: Request<K>,
  read: (response: Response) => Promise<T>,
  aside?: boolean,
) => Promise<T>

/** A text with its names filled in. */
export const fill = (text: string, params: Record<string, string>): string =>
  text.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name]!))

/** A route's address at the API, with its names filled in, and its query. */
export function addressOf<K extends WidgetRoute>(
  { key }: Environment,
  route: K,
  { params, query }: Pick<Request<K>, 'params' | 'query'>,
): string {
  const given = Object.entries<unknown>(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, `${value}`]],
  )
  const search = given.length ? `?${new URLSearchParams(given)}` : ''
  return fill(route.split(' ')[1]!, { ...params, publishableKey: key }) + search
}
