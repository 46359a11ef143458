import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../domain/failure.js'
import { statusOf, toFailure } from './errors.js'
import type { Family } from './family.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    family?: Family
  }
}

/**
 * What an error that was thrown anywhere becomes: the envelope of the family that its operation, or else its path, belongs
 * to. The log gets the
 * route, never the path: people paste secret keys into addresses.
 */
export function createRefuser(families: readonly Family[], clock: () => Date) {
  const familyOf = (url: string): Family => families.find(({ prefix }) => url.startsWith(prefix)) ?? families.at(-1)!

  return {
    async onError(error: FastifyError | Failure, request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const failure = toFailure(error)
      const status = statusOf(failure)
      if (failure.code === 'internal') request.log.error({ err: error }, 'a request failed')
      else if (status === 401 || status === 403)
        request.log.info(
          { code: failure.code, address: request.ip, route: request.routeOptions.url },
          'access was denied',
        )
      else if (status >= 500) {
        // What we refuse ourselves says why; where it stands in the code says nothing more.
        const why = error instanceof Failure ? { reason: error.message } : { err: error }
        request.log.warn({ ...why, route: request.routeOptions.url }, 'a request could not be served')
      }

      if (status === 401) reply.header('WWW-Authenticate', 'Bearer')
      const { availableAt } = failure.facts
      if (status === 429 && availableAt !== undefined)
        reply.header('Retry-After', Math.max(1, Math.ceil((Date.parse(availableAt) - clock().getTime()) / 1000)))
      if (status === 503 && !reply.hasHeader('Retry-After')) reply.header('Retry-After', 1)
      const family = request.routeOptions.config?.family ?? familyOf(request.url)
      reply.header('Cache-Control', 'no-store').removeHeader('ETag')
      reply.code(status).type(family.envelope.refusalMedia)
      await reply.send(JSON.stringify(family.envelope.refusal(failure, request.id)))
    },
    async onNotFound(): Promise<never> {
      throw new Failure('not_found')
    },
  }
}
