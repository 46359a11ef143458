import type { Method, Route } from '@rai/contract'
import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Failure } from '../domain/failure.js'
import { admitPage } from './admit.js'
import type { Services } from './context.js'
import { allowPage, answerPreflight } from './cors.js'
import { sourceOf } from './credential.js'

/** A path answers OPTIONS, and refuses every method that it does not know by naming those it does. */
export function mountOtherMethods(
  app: FastifyInstance,
  services: Services,
  url: string,
  operations: readonly { method: Method; route: Route }[],
): void {
  const known: string[] = operations.map(({ method }) => method)
  if (known.includes('GET')) known.push('HEAD')
  known.push('OPTIONS')
  const source = sourceOf(operations[0]!.route)
  app.route({
    method: 'OPTIONS',
    url,
    handler: async (request, reply) => {
      reply.header('Allow', known.join(', '))
      if (source === 'none') allowPage(reply, '*')
      const isPage = source === 'page' && (await admitPage(services, request, reply)).origin !== undefined
      if (isPage || source === 'none') answerPreflight(reply, known)
      return reply.code(204).send()
    },
  })
  app.route({
    method: (app.supportedMethods as HTTPMethods[]).filter((method) => !known.includes(method)),
    url,
    // Here and not in the handler: of the body nothing is wanted, whatever its type.
    onRequest: async (_request, reply) => {
      reply.header('Allow', known.join(', '))
      throw new Failure('method_not_allowed')
    },
    handler: async () => {},
  })
}
