import type { FastifyReply } from 'fastify'

/** What a page may send besides what every page may. */
const requestHeaders = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Rai-Version, X-Request-Id'
/** What a page may read besides what every page may. */
const answerHeaders =
  'Age, Date, ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Rai-Version, X-Request-Id'
/** Two hours: the longest that browsers remember a preflight. */
const preflightSeconds = 7_200

/**
 * Lets a page read the answer. Cookies are never allowed along (no credentials mode): who asks is told by keys and tokens.
 * @param origin The page's own origin, after it was found in the key's list; `*` for what anyone may read.
 */
export function allowPage(reply: FastifyReply, origin: string): void {
  reply.header('Access-Control-Allow-Origin', origin)
  reply.header('Access-Control-Expose-Headers', answerHeaders)
}

/** What a browser wants to know before it sends a request that is more than a plain one. */
export function answerPreflight(reply: FastifyReply, methods: readonly string[]): void {
  reply.header('Access-Control-Allow-Methods', methods.join(', '))
  reply.header('Access-Control-Allow-Headers', requestHeaders)
  reply.header('Access-Control-Max-Age', preflightSeconds)
}
