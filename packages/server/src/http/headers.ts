import { contractVersion } from '@rai/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.js'

/** What every answer says, whatever it is. Pages that are to be framed, scripts and images overrule some of it. */
export function commonHeaders({ publicUrl }: Config): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const headers = {
    'X-Rai-Version': contractVersion,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    ...(publicUrl.startsWith('https:') && { 'Strict-Transport-Security': 'max-age=31536000' }),
  }
  return async (request, reply) => {
    reply.headers(headers).header('X-Request-Id', request.id)
  }
}
