import { families as contract } from '@rai/contract'
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import * as application from './api/application/index.js'
import * as embed from './api/embed/index.js'
import * as hooks from './api/hooks/index.js'
import * as integration from './api/integration/index.js'
import * as management from './api/management/index.js'
import * as platform from './api/platform/index.js'
import * as secureAuth from './api/secure-auth/index.js'
import * as system from './api/system/index.js'
import * as user from './api/user/index.js'
import * as widget from './api/widget/index.js'
import { arriveWithin } from './http/arrival.js'
import { limitConnections } from './http/connections.js'
import type { Services } from './http/context.js'
import { readForwardedFor } from './http/forwarded.js'
import { commonHeaders } from './http/headers.js'
import { takeOnlyJson } from './http/json.js'
import { createLimiter, defaultLimits, type Limits, networkOf } from './http/limits.js'
import { createRefuser } from './http/refuse.js'
import { requestId } from './http/request-id.js'
import { mountFamily } from './http/route.js'
import { mountAccounts } from './pages/accounts.js'
import { mountAttachments } from './pages/attachments.js'
import { mountConnect } from './pages/connect.js'
import { mountEmbed } from './pages/embed.js'
import { holdToDocument } from './pages/openapi.js'
import { filesAlone, mountPictures } from './pages/pictures.js'
import { mountReference } from './pages/reference.js'
import { mountScripts } from './pages/scripts.js'

/** Until then an upload must have come in whole: the largest one, on a slow line. */
const requestTimeout = 15 * 60_000

export interface AppOptions {
  /** What differs from the default limits. */
  limits?: Partial<Limits>
  /** Hold every answer against the contract; for tests and development. */
  checkAnswers?: boolean
}

/** Builds the whole HTTP side: every family of the contract, and the pages. The caller listens. */
export async function createApp(
  services: Services,
  { limits: changes = {}, checkAnswers = false }: AppOptions = {},
): Promise<FastifyInstance> {
  const { config, redis, log } = services
  const limits: Limits = { ...defaultLimits, ...changes }
  const limiter = createLimiter(limits, redis)
  const refuser = createRefuser(
    [embed, application, integration, user, management, system, secureAuth, hooks, widget, platform].map(
      ({ family }) => family,
    ),
    services.clock,
  )
  /** What comes first for every request. */
  const arrive: ((request: FastifyRequest, reply: FastifyReply) => Promise<void>)[] = [
    commonHeaders(config),
    ...(config.trustProxy ? [readForwardedFor] : []),
    arriveWithin(limits.bodyMs, refuser.onError),
    (request, reply) => limiter.take(reply, 'address', networkOf(request.ip)),
    filesAlone(config),
  ]
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // The proxy in front, and nobody that it passes on: what stands further left in X-Forwarded-For is the asker's to write.
    trustProxy: config.trustProxy && ((_address, hop) => hop === 0),
    requestTimeout,
    genReqId: requestId,
    routerOptions: { maxParamLength: 500 },
    // A path that no router can read: no hook has run.
    frameworkErrors: async (error, request, reply) => {
      try {
        for (const step of arrive) await step(request, reply)
        throw error
      } catch (failure) {
        await refuser.onError(failure as FastifyError, request, reply)
      }
    },
  })
  app.server.maxConnections = limits.connections
  // Behind a proxy they are all the proxy's.
  if (!config.trustProxy) limitConnections(app.server, limits.connectionsPerAddress)
  takeOnlyJson(app)
  app.decorateRequest('asker', null)
  app.decorateRequest('login', null)
  app.decorateRequest('arrival', null)
  app.setErrorHandler(refuser.onError)
  app.setNotFoundHandler(refuser.onNotFound)
  for (const step of arrive) app.addHook('onRequest', step)
  // Here and not later, or the body of a request for nothing would be looked at.
  app.addHook('onRequest', async (request) => (request.is404 ? refuser.onNotFound() : undefined))

  app.addHook('onResponse', async ({ log, method, routeOptions }, { statusCode, elapsedTime }) => {
    log.debug({ method, route: routeOptions.url, status: statusCode, ms: Math.round(elapsedTime) }, 'answered')
  })

  if (checkAnswers) app.addHook('onSend', holdToDocument(config))

  const mounting = { services, limiter, checkAnswers }
  await mountFamily(app, mounting, platform.family, contract.platform, platform.handlers)
  await mountFamily(app, mounting, embed.family, contract.embed, embed.handlers)
  await mountFamily(app, mounting, application.family, contract.application, application.handlers)
  await mountFamily(app, mounting, integration.family, contract.integration, integration.handlers)
  await mountFamily(app, mounting, user.family, contract.user, user.handlers)
  await mountFamily(app, mounting, management.family, contract.management, management.handlers)
  await mountFamily(app, mounting, system.family, contract.system, system.handlers)
  await mountFamily(app, mounting, secureAuth.family, contract.secureAuth, secureAuth.handlers)
  await mountFamily(app, mounting, hooks.family, contract.hooks, hooks.handlers)
  await mountFamily(app, mounting, widget.family, contract.widget, widget.handlers)
  await mountScripts(app)
  mountPictures(app, services)
  mountAttachments(app, services)
  mountEmbed(app, services)
  await mountAccounts(app, services, limiter)
  await mountConnect(app, services, limiter)
  mountReference(app)
  return app
}
