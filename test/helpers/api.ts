import { request } from 'node:http'
import type { AnswerOf, ErrorCode, Facts, RouteKey } from '@rai/contract'
import type { TestCommunity } from './community.js'
import type { Prism } from './prism.js'
import type { TestServer } from './server.js'

/** One request in the words of the contract. */
export interface Ask {
  params?: Record<string, string>
  query?: Record<string, string | number>
  /** Sent as JSON. */
  body?: unknown
  /** Sent as multipart, instead of a body. */
  form?: FormData
  /** HEAD where the operation is a GET. */
  method?: 'HEAD'
  /** A secret key or an embed token: `Authorization: Bearer …`. */
  bearer?: string | undefined
  origin?: string | undefined
  headers?: Record<string, string>
}

export interface Reply<T = unknown> {
  status: number
  headers: Headers
  text: string
  /** What is inside the family's envelope; undefined when nothing is. */
  answer: T
  /** Of a refusal, whatever its envelope. */
  code: ErrorCode | undefined
  requestId: string | undefined
  /** The paths of a refusal's details. */
  paths: string[]
  /** What a refusal says in numbers. */
  facts: Facts | undefined
}

/** Asks a server for an operation of the contract and reads the answer out of its family's envelope. */
export async function ask<K extends RouteKey>(
  server: Pick<TestServer, 'url'>,
  key: K,
  ask: Ask = {},
): Promise<Reply<AnswerOf<K>>> {
  const [method, path] = key.split(' ') as [string, string]
  const url = new URL(
    server.url + path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(ask.params?.[name] ?? name)),
  )
  for (const [name, value] of Object.entries(ask.query ?? {})) url.searchParams.set(name, String(value))
  const headers = {
    ...(ask.bearer && { authorization: `Bearer ${ask.bearer}` }),
    ...(ask.origin && { origin: ask.origin }),
    ...(ask.body !== undefined && { 'content-type': 'application/json' }),
    ...ask.headers,
  }
  const body = ask.form ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body))
  const response = await judged(url, { method: ask.method ?? method, headers, ...(body && { body }) })
  return readReply(response) as Promise<Reply<AnswerOf<K>>>
}

/** A proxy for each server, once it is asked for. */
const proxies = new Map<string, Promise<Prism>>()

/**
 * Under `npm run test:long` every test asks through a Prism proxy, to which no answer may be another than the API document
 * says. (Requests may: what is refused is asked for on purpose.) Forms go past it, which
 * breaks the bytes of their files, and so does what may be answered 304, for which it has no place.
 */
async function judged(url: URL, init: RequestInit): Promise<Response> {
  const isBroken = init.body instanceof FormData || 'if-none-match' in (init.headers ?? {})
  if (!process.env.RAI_TEST_PRISM || isBroken) return fetch(url, init)
  const { startPrism, violationsOf } = await import('./prism.js')
  const { openapi } = await import('../../packages/server/src/pages/openapi.js')
  const { origin } = url
  if (!proxies.has(origin)) proxies.set(origin, startPrism(openapi(origin), origin))
  const response = await fetch(new URL(url.pathname + url.search, (await proxies.get(origin)!).url), init)
  const wrong = violationsOf(response.headers).filter(({ location }) => location[0] === 'response')
  if (wrong.length === 0) return response
  throw new Error(`Not as the API document says: ${init.method} ${url.pathname} ${JSON.stringify(wrong)}`)
}

interface Envelope {
  meta?: { code?: ErrorCode; requestId?: string }
  data?: unknown
  body?: unknown
  code?: ErrorCode
  requestId?: string
  details?: { path: string }[]
  facts?: Facts
}

export async function readReply(response: Response): Promise<Reply> {
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== ''
  const body = (isJson ? JSON.parse(text) : {}) as Envelope
  return {
    status: response.status,
    headers: response.headers,
    text,
    answer: 'data' in body ? body.data : 'body' in body ? body.body : body,
    code: body.code ?? body.meta?.code,
    requestId: body.requestId ?? body.meta?.requestId,
    paths: (body.details ?? []).map(({ path }) => path),
    facts: body.facts,
  }
}

/** A form of texts and pictures. */
export function formOf(fields: Record<string, string | Buffer>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields))
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, new Blob([new Uint8Array(value)]), `${name}.png`)
  return form
}

export interface RawRequest {
  method: string
  path: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
}

/** A request as no fetch would send it: any method, any header, a path as it is. */
export const rawRequest = (server: Pick<TestServer, 'url'>, request: RawRequest): Promise<Reply> =>
  begin(server, request).finish()

/** A request whose head is sent at once, and its body when the test says so. */
export function heldRequest(server: TestServer, request: RawRequest): { finish: () => Promise<Reply> } {
  const { sent, finish } = begin(server, request)
  sent.flushHeaders()
  return { finish }
}

function begin(server: Pick<TestServer, 'url'>, { method, path, headers = {}, body }: RawRequest) {
  const { hostname, port } = new URL(server.url)
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const sent = request({ hostname, port, method, path, headers: { ...length, ...headers } })
  const reply = new Promise<Reply>((resolve, reject) => {
    sent.on('response', async (message) => {
      const chunks: Buffer[] = []
      for await (const chunk of message) chunks.push(chunk as Buffer)
      const pairs = Object.entries(message.headersDistinct).map(([name, values]) => [name, values!.join(', ')] as const)
      const empty = message.statusCode === 204 || message.statusCode === 304
      const init = { status: message.statusCode!, headers: [...pairs] as [string, string][] }
      resolve(readReply(new Response(empty ? null : Buffer.concat(chunks), init)))
    })
    sent.on('error', reject)
  })
  const finish = () => {
    sent.end(body)
    return reply
  }
  return { sent, finish }
}

/** Signs a member in, as the site's own server would. */
export async function embedToken(
  server: Pick<TestServer, 'url'>,
  { widgetAccess }: TestCommunity,
  username: string,
  origin?: string,
): Promise<string> {
  const { answer, status, text } = await ask(server, 'POST /v2/api/widget-access-keys/token', {
    body: { ...widgetAccess, userIdentifiers: { 'data-username': username }, ...(origin && { origin }) },
  })
  if (status !== 200) throw new Error(`No token for ${username}: ${text}`)
  return answer.embedToken
}
