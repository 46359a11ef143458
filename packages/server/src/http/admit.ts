import type { Route } from '@rai/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { visit } from '../domain/gamification/visits.js'
import { giveXpRoles } from '../domain/gamification/xp-roles.js'
import type { Asker, Login, Services } from './context.js'
import { allowPage } from './cors.js'
import {
  askerByAddress,
  askerByHeader,
  askerByLogin,
  askerByPage,
  checkAccess,
  loginByHeader,
  pageOrigin,
  publishableKey,
  refuseSecretInBrowser,
  sourceOf,
} from './credential.js'
import type { Limiter } from './limits.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null until it is known, and where nobody needs to be. */
    asker: Asker | null
    /** The login that is shown, where it is not asked of which community. */
    login: Login | null
  }
}

/** Before the body is read: may this page read the answer, who asks, how often, and may they? */
export async function admit(
  services: Services,
  limiter: Limiter,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const source = sourceOf(route)
  await refuseSecretInBrowser(services, request, source)
  if (source === 'none') allowPage(reply, '*')
  // Who asks stands in the body.
  if (source === 'none' || source === 'body') return
  if (source === 'address') {
    request.asker = await askerByAddress(services, (request.params as { hookAddress: string }).hookAddress)
    await limiter.take(reply, 'key', request.asker.keyId)
    return
  }
  if (source === 'page') {
    const { key, origin } = await admitPage(services, request, reply)
    await limiter.take(reply, 'page', key.id)
    request.asker = await askerByPage(services, request.headers, key, origin)
    checkAccess(route, request.asker)
  } else {
    const login = await loginByHeader(services, request.headers)
    if (login) await limiter.take(reply, 'key', login.session.id)
    if (login && route.access.principals.some((one) => one === 'loginMember' || one === 'owner'))
      request.asker = await askerByLogin(services, login, route, communityIn(request))
    else if (login) request.login = login
    else {
      request.asker = await askerByHeader(services, request.headers)
      await limiter.take(reply, 'key', request.asker.keyId)
    }
    checkAccess(route, request.asker ?? login!)
  }
  if (request.asker) await noteVisit(services, request.asker)
}

/** The community that a login asks of: in the path, or else in the query. */
function communityIn({ params, query }: FastifyRequest): unknown {
  const { serverId, communityId } = params as { serverId?: unknown; communityId?: unknown }
  return serverId ?? communityId ?? (query as { serverId?: unknown }).serverId
}

/**
 * Writes a visit down before the request is answered, and gives the roles that XP reach, so that the answer has both. Where that fails, nobody is
 * refused for it: the next request is a visit as well.
 */
async function noteVisit({ database, clock, log }: Services, { communityId, memberId, isVisit }: Asker): Promise<void> {
  if (!isVisit) return
  try {
    await database.tenant(communityId, (tx) => visit(tx, memberId!, clock()))
    await database.tenant(communityId, (tx) => giveXpRoles(tx, memberId!, clock()))
  } catch (error) {
    log.error({ err: error, communityId, memberId }, 'a visit could not be written down')
  }
}

/** Lets the page read the answer, which is a refusal where the key does not allow it: a page that could not read it would
 * take it for a broken network. */
export async function admitPage(services: Services, request: FastifyRequest, reply: FastifyReply) {
  // A CDN must not give one site's answer to another, nor a visitor's to a member.
  reply.header('Vary', 'Origin, Authorization')
  // Until the key is known to allow it, the page may read why it is refused, and nothing else ever follows.
  const asked = request.headers.origin
  if (asked !== undefined) allowPage(reply, asked)
  const key = await publishableKey(services, request, (request.params as { publishableKey: string }).publishableKey)
  return { key, origin: pageOrigin(services, request.headers, key) }
}
