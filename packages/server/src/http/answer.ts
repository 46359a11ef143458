import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Route } from '@rai/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Asker } from './context.js'
import type { Family } from './family.js'
import { type Limiter, networkOf } from './limits.js'

/**
 * Seconds that a CDN may answer visitors by itself. Browsers ask every time (and mostly hear 304): a page that was told
 * of a change must not be given the answer from before it. For the same reason only CDNs may serve a stale answer while
 * they ask for a new one.
 */
const freshSeconds = 2
const staleSeconds = 10

/** What of an answer says when it was made rather than what it holds: answers that differ in nothing else are the same. */
const timeOnly = 'now'

/** Sends a success in the family's envelope. */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  family: Family,
  route: Route,
  answer: unknown,
  meta: Readonly<Record<string, number>>,
): void {
  const payload = JSON.stringify(family.envelope.success(route, answer, meta))
  reply.type('application/json; charset=utf-8')
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (route.freshSeconds) reply.header('Cache-Control', `public, max-age=${route.freshSeconds}`)
  if (request.asker?.kind === 'member') reply.header('Cache-Control', 'private, no-store')
  if (family.cacheable && isRead && request.asker?.kind === 'visitor') {
    const identity = JSON.stringify({ ...(answer as object), [timeOnly]: undefined })
    const tag = `"${createHash('sha256').update(identity).digest('base64url').slice(0, 27)}"`
    reply.header('ETag', tag)
    reply.header('Cache-Control', `public, max-age=0, s-maxage=${freshSeconds}`)
    reply.header('CDN-Cache-Control', `max-age=${freshSeconds}, stale-while-revalidate=${staleSeconds}`)
    if (isKnown(tag, request.headers['if-none-match'])) {
      reply.code(304).send()
      return
    }
  }
  reply.code(route.status ?? 200).send(payload)
}

const isKnown = (tag: string, header: string | undefined): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag))

/** Sends text as it is made. The last part of the path is the file's name. */
export async function sendCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  text: AsyncIterable<string>,
): Promise<void> {
  const name = request.url.split('?')[0]!.split('/').at(-1)!
  reply.type('text/csv; charset=utf-8')
  reply.header('Content-Disposition', `attachment; filename="${name}"`)
  // Waited for: an asynchronous handler that ends before its stream has begun would send an empty answer.
  await reply.send(Readable.from(text))
}

/** Longer than that nobody is told things by a key or a member that may have lost the right since. */
const streamMs = 15 * 60_000

/** Hands the open connection over, and ends it when its credential does. */
export async function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  limiter: Limiter,
  asker: Asker,
  now: Date,
  open: (out: ServerResponse) => Promise<void>,
): Promise<void> {
  reply.type('text/event-stream; charset=utf-8')
  // Proxies that gather an answer before they pass it on would hold every event back.
  reply.header('X-Accel-Buffering', 'no')
  if (request.method === 'HEAD') {
    reply.send()
    return
  }
  if (request.raw.destroyed || reply.raw.destroyed) {
    // Gone before it began: its `close` was told already, and would release nothing.
    reply.hijack()
    return
  }
  const release = limiter.hold(reply, networkOf(request.ip))
  reply.hijack()
  const out = reply.raw
  out.once('close', release)
  const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)
  out.writeHead(200, Object.fromEntries(headers) as Record<string, string>)
  const left = asker.expiresAt ? asker.expiresAt.getTime() - now.getTime() : streamMs
  const timer = setTimeout(() => out.end(), Math.min(left, streamMs))
  out.once('close', () => clearTimeout(timer))
  try {
    await open(out)
  } catch (error) {
    // The head is sent: all that is left to say is that it is over. The page comes back.
    request.log.error({ err: error }, 'a stream could not be opened')
    out.end()
  }
}
