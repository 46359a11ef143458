import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'

/** One request as it came in. */
export interface Seen {
  method: string
  /** With the query. */
  path: string
  headers: IncomingMessage['headers']
}

/** What happens to an answer. `pass` sends the request on and gives the real answer. */
export type Fault = (response: ServerResponse, pass: () => void) => unknown

const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))

/** An answer as the API refuses. */
const problem =
  (status: number, code: string, headers = {}): Fault =>
  (response) =>
    json(response, status, { code, title: code, detail: `because of ${code}`, requestId: 'request-1' }, headers)

function* tenMegabytes() {
  yield '{"items":["'
  for (let kilobytes = 0; kilobytes < 10_000; kilobytes++) yield 'x'.repeat(1000)
  yield '"]}'
}

/** Requests that wait for nothing. */
const hanging = new Set<ServerResponse>()

/** What goes wrong between a page and its server. */
export const faults = {
  hang: (response) => void hanging.add(response.on('close', () => hanging.delete(response))),
  reset: (response) => response.socket?.destroy(),
  cutInBody: (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 }).write('{"items":[')
    setImmediate(() => response.socket?.destroy())
  },
  /** It was done, and nobody hears of it. */
  lost: (response, pass) => {
    if (response.req.method !== 'OPTIONS') response.writeHead = () => response.destroy()
    pass()
  },
  error500: problem(500, 'internal'),
  page502: (response) => response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>'),
  refused401: problem(401, 'unauthorized'),
  refused403: problem(403, 'origin_not_allowed'),
  refused404: problem(404, 'not_found'),
  limited: problem(429, 'rate_limited'),
  empty: (response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(),
  truncated: (response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"items":[{"posi'),
  wrongTypes: (response) => json(response, 200, { items: 'many', leaderboards: {}, run: [], name: 7, member: null }),
  portal: (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome to our Wi-Fi</h1>'),
  huge: (response) =>
    Readable.from(tenMegabytes()).pipe(response.writeHead(200, { 'Content-Type': 'application/json' })),
} satisfies Record<string, Fault>

/** 429 with Retry-After: seconds, or a date. */
export const limitedFor = (wait: number | Date): Fault =>
  problem(429, 'rate_limited', { 'Retry-After': wait instanceof Date ? wait.toUTCString() : wait })

/**
 * A fault as a page hears it: without these headers, and without a good answer to the question whether it may ask at all, a
 * browser tells its page nothing but that the network failed.
 */
export const readable =
  (fault: Fault): Fault =>
  (response, pass) => {
    if (response.req.method === 'OPTIONS') return pass()
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Expose-Headers', 'Date, Retry-After')
    fault(response, pass)
  }

export interface FaultProxy {
  url: string
  /** Every request so far. */
  seen: Seen[]
  /** From now on requests whose path contains `part` go wrong; without a fault they go through again. */
  fail(fault: Fault | undefined, part?: string): void
  /** How many requests wait for an answer that never comes. */
  readonly hanging: number
  /** Resolves with the first bytes of the next answer whose path contains a text. */
  heard(part: string): Promise<void>
  /** Breaks every connection that is open now. */
  cut(): void
  stop(): Promise<void>
}

/** A server in front of the real one, for what networks do to answers. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const seen: Seen[] = []
  const broken = new Map<string, Fault>()
  const ears = new Set<{ part: string; done(): void }>()
  const server = createServer((incoming, response) => {
    const { method = 'GET', url: path = '/', headers } = incoming
    seen.push({ method, path, headers })
    const pass = () => {
      const onward = request(new URL(path, target), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(response)
        answer.once('data', () => {
          for (const waiting of ears) if (path.includes(waiting.part)) waiting.done()
        })
      })
      onward.on('error', () => response.socket?.destroy())
      response.on('close', () => onward.destroy())
      incoming.pipe(onward)
    }
    const fault = [...broken].find(([part]) => path.includes(part))?.[1]
    if (fault) fault(response, pass)
    else pass()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fail(fault, part = '/') {
      if (fault) broken.set(part, fault)
      else if (part === '/') broken.clear()
      else broken.delete(part)
    },
    get hanging() {
      return hanging.size
    },
    heard: (part) =>
      new Promise((resolve) => {
        const ear = {
          part,
          done() {
            ears.delete(ear)
            resolve()
          },
        }
        ears.add(ear)
      }),
    cut: () => server.closeAllConnections(),
    stop() {
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
}
