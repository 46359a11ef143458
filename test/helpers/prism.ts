import { getHttpOperationsFromSpec } from '@stoplight/prism-http'
import { createServer } from '@stoplight/prism-http-server'
import { type RawRequest, type Reply, rawRequest } from './api.js'

/** What Prism has against a request or its answer. */
export interface Violation {
  /** `request` or `response`, and where in it. */
  location: string[]
  message: string
}

export interface Prism {
  url: string
  /** Asks the server behind it. */
  ask(request: RawRequest): Promise<{ reply: Reply; violations: Violation[] }>
  stop(): Promise<void>
}

/** What an answer that came through the proxy says against itself and its request. */
export const violationsOf = (headers: Headers): Violation[] => JSON.parse(headers.get('sl-violations') ?? '[]')

/** Prism writes nothing: what it has to say stands in a header. */
const silent: Record<string, unknown> = { child: () => silent }
for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace']) silent[level] = () => {}

/** A Prism proxy on a free port: it passes everything on, and holds requests and answers against an API document. */
export async function startPrism(document: object, upstream: string): Promise<Prism> {
  const server = createServer(await getHttpOperationsFromSpec(document), {
    cors: false,
    config: {
      isProxy: true,
      upstream: new URL(upstream),
      validateRequest: true,
      validateResponse: true,
      checkSecurity: true,
      errors: false,
      upstreamProxy: undefined,
      mock: { dynamic: false },
    },
    components: { logger: silent as never },
  })
  const url = await server.listen(0, '127.0.0.1')
  return {
    url,
    async ask(request) {
      const reply = await rawRequest({ url }, request)
      return { reply, violations: violationsOf(reply.headers) }
    },
    stop: server.close,
  }
}
