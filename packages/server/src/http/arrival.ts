import type { FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../domain/failure.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Ends the wait for a body that does not arrive; null where there is none. */
    arrival: NodeJS.Timeout | null
  }
}

/**
 * Lets a body take so long to arrive, and no longer: one that trickles, or stops half way, would hold its connection as
 * long as the largest upload may take. Uploads are let go on with `takeYourTime` once it is known who sends them.
 * @param refuse Sends a refusal.
 */
export function arriveWithin(
  ms: number,
  refuse: (failure: Failure, request: FastifyRequest, reply: FastifyReply) => Promise<void>,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { raw, headers } = request
    if (headers['transfer-encoding'] === undefined && !Number(headers['content-length'])) return
    request.arrival = setTimeout(() => {
      if (raw.complete) return
      // Answered already, or being answered: nobody reads what may still come.
      if (reply.sent || reply.raw.headersSent) raw.destroy()
      else {
        // Should the rest arrive now, it must not start what was refused.
        raw.pause()
        refuse(new Failure('request_timeout'), request, reply.header('Connection', 'close')).catch(() => raw.destroy())
      }
    }, ms)
    raw.once('close', () => takeYourTime(request))
  }
}

export function takeYourTime({ arrival }: FastifyRequest): void {
  if (arrival) clearTimeout(arrival)
}
