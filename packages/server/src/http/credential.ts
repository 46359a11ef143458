import type { IncomingHttpHeaders } from 'node:http'
import { keyPrefixes, Origin, type Route } from '@rai/contract'
import type { Tx } from '../db/database.js'
import { findSession } from '../domain/accounts/sessions.js'
import { writeDownRefusal } from '../domain/audit.js'
import { Failure } from '../domain/failure.js'
import { isNewVisit } from '../domain/gamification/visits.js'
import { findHook, NotLetIn } from '../domain/hooks/hooks.js'
import { isId } from '../domain/ids.js'
import { allowsOrigin, earliest, findAccessKey, findKey, type Key, stillGood } from '../domain/keys/keys.js'
import { hintOf } from '../domain/keys/text.js'
import { toleranceSeconds } from '../domain/keys/tokens.js'
import { readEmbedToken } from '../domain/members/identify.js'
import { type Member, memberOfSession, memberSignedIn } from '../domain/members/members.js'
import { admitted } from '../domain/members/moderation.js'
import { type Authority, allowedTo } from '../domain/roles.js'
import { type Arrived, operationOf } from './audit.js'
import type { Asker, Login, Services } from './context.js'

/** How an operation is told who asks. It follows from the principals that it lists. */
export type CredentialSource = 'none' | 'page' | 'header' | 'body' | 'address'

export function sourceOf({ access: { principals } }: Route): CredentialSource {
  if (principals.includes('anyone')) return 'none'
  if (principals.includes('visitor') || principals.includes('member')) return 'page'
  if (principals.includes('hook')) return 'address'
  return principals.includes('widgetAccessKey') ? 'body' : 'header'
}

const secretPrefixes = [
  ...[keyPrefixes.community, keyPrefixes.system, keyPrefixes.user, keyPrefixes.widgetAccessSecret],
  keyPrefixes.hookKey,
]

/** The text of `Authorization: Bearer …`. All that pages send: `Vary` names no other header that tells who asks. */
const bearerIn = ({ authorization }: IncomingHttpHeaders): string | undefined =>
  authorization === undefined ? undefined : (/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '')

/** The same, or the text of `X-API-Key: …`, or of `apiKey: …` as Secure Auth documents it. */
function credentialIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = bearerIn(headers)
  if (bearer !== undefined) return bearer
  const key = headers['x-api-key'] ?? headers.apikey
  return Array.isArray(key) ? '' : key
}

/**
 * A browser that sends a secret key shows it to everyone who looks: the call is refused even when the key is good, so that
 * the mistake is found on the first day. Browsers tell themselves apart by `Origin`, and where they send none (a page of
 * our own origin that reads) by `Sec-Fetch-Site`. Not by `Sec-Fetch-Mode`: Node's fetch sends that too.
 */
export async function refuseSecretInBrowser(
  services: Services,
  request: Arrived,
  source: CredentialSource,
): Promise<void> {
  const { headers } = request
  if (headers.origin === undefined && headers['sec-fetch-site'] === undefined) return
  const secret = credentialIn(headers)
  const isSecret = secret !== undefined && secretPrefixes.some((prefix) => secret.startsWith(prefix))
  if (!isSecret && source !== 'body') return
  throw await secretInBrowser(services, request, isSecret ? secret : null)
}

/** Tells who runs the server by its log, and the key's owner by theirs. Where that fails, the page hears the same. */
async function secretInBrowser(services: Services, request: Arrived, secret: string | null): Promise<Failure> {
  const { log } = services
  const { origin } = request.headers
  log.warn({ origin, key: secret && hintOf(secret) }, 'a secret key came from a browser')
  if (secret !== null) {
    try {
      await tellOwner(services, request, secret)
    } catch (error) {
      log.error({ err: error }, 'the owner of a secret key could not be told')
    }
  }
  return new Failure('secret_key_in_browser')
}

async function tellOwner({ database, clock }: Services, request: Arrived, secret: string): Promise<void> {
  const now = clock()
  const key = await findKey(database, secret, now)
  if (!key) return
  const deed = {
    operation: operationOf(request),
    actor: { kind: kinds[key.kind], id: key.id },
    requestId: request.id,
    refusal: 'secret_key_in_browser',
    origin: Origin.safeParse(request.headers.origin).data,
  } as const
  await database.tenant(key.community_id, (tx) => writeDownRefusal(tx, deed, now))
}

/** A back-end, or a member's script: a community, system or user key in a header. */
export async function askerByHeader({ database, clock }: Services, headers: IncomingHttpHeaders): Promise<Asker> {
  const text = credentialIn(headers)
  if (text === undefined) throw new Failure('unauthorized', 'Send your key as Authorization: Bearer <key>.')
  const key = await findKey(database, text, clock())
  if (!key) throw new Failure('unauthorized', 'This key is not known, was revoked, or has expired.')
  return askerOf(key)
}

/** Somebody who signed in: the access token of a login in a header. Undefined for anything else. */
export async function loginByHeader(
  { database, clock }: Services,
  headers: IncomingHttpHeaders,
): Promise<Login | undefined> {
  const token = credentialIn(headers)
  if (!token?.startsWith(keyPrefixes.accessToken)) return undefined
  const session = await findSession(database, token, clock())
  if (!session) throw new Failure('unauthorized', 'This login has ended. Refresh it, or sign in again.')
  return { kind: 'login', session }
}

/**
 * The member that a login is in a community.
 * @param serverId As the request names it.
 * @throws Failure `not_found` when it is none there, `suspended` or `banned`, `forbidden` when its roles do not allow what the
 * operation asks for.
 */
export async function askerByLogin(
  { database, clock }: Services,
  { session }: Login,
  route: Route,
  serverId: unknown,
): Promise<Asker> {
  if (typeof serverId !== 'string' || !isId(serverId)) throw notHere()
  const shown = await database.tenant(
    serverId,
    async (tx) => {
      const login = await asLogin(tx, route, await memberOfSession(tx, session))
      return { ...login, isVisit: await isNewVisit(tx, login.memberId!, clock()) }
    },
    { snapshot: true },
  )
  return {
    ...shown,
    communityId: serverId,
    keyId: session.id,
    begunAt: session.created_at,
    keys: [],
    permissions: [],
    channelIds: null,
    signedBy: undefined,
    expiresAt: session.endsAt,
    origin: undefined,
  }
}

const notHere = () => new Failure('not_found', 'You are not a member of such a community. Name one as serverId.')

/** What somebody who signed in is, by the member that they are and by what their roles allow now. */
async function asLogin(
  tx: Tx,
  { access: { may } }: Route,
  found: Member | undefined,
): Promise<Pick<Asker, 'kind' | 'memberId' | 'roleIds'>> {
  const member = await admitted(tx, found)
  if (!member) throw notHere()
  if (may && !(await allowedTo(tx, member)).server_permissions.includes(may))
    throw new Failure('forbidden', `Your roles do not allow that: it needs ${may}.`)
  return { kind: member.role === 'owner' ? 'owner' : 'loginMember', memberId: member.id, roleIds: member.role_ids }
}

/** A back-end: the two halves of a widget access key, in the body. */
export async function askerByBody(
  { database, clock }: Services,
  { accessId, accessKey }: { accessId: string; accessKey: string },
): Promise<Asker> {
  const key = await findAccessKey(database, accessId, accessKey, clock())
  if (!key) throw new Failure('unauthorized', 'This widget access key is not known, was revoked, or has expired.')
  return askerOf(key)
}

/**
 * The publishable key of a page's path.
 * @throws Failure `secret_key_in_browser` for a key of any other kind, good or not: addresses are seen by everyone.
 */
export async function publishableKey(services: Services, request: Arrived, text: string): Promise<Key> {
  const { database, clock } = services
  if (/^rai_[a-z]+_/.test(text) && !text.startsWith(keyPrefixes.publishable))
    throw await secretInBrowser(services, request, text)
  const key = await findKey(database, text, clock())
  if (key?.kind !== 'publishable')
    throw new Failure('unauthorized', 'This publishable key is not known, was revoked, or has expired.')
  return key
}

/**
 * The other site's page that asks; undefined for our own pages and for what is no page at all.
 * @throws Failure `origin_not_allowed` when the key does not list it.
 */
export function pageOrigin({ config }: Services, headers: IncomingHttpHeaders, key: Key): string | undefined {
  const { origin } = headers
  if (origin === undefined || origin === new URL(config.publicUrl).origin) return undefined
  if (!allowsOrigin(key, origin)) throw new Failure('origin_not_allowed')
  return origin
}

/** A page: a visitor, or the member that its embed token names. */
export async function askerByPage(
  services: Services,
  headers: IncomingHttpHeaders,
  key: Key,
  origin: string | undefined,
): Promise<Asker> {
  const visitor = { ...askerOf(key), origin }
  const token = bearerIn(headers)
  if (token === undefined) return visitor
  const { claims, key: minter, member, isVisit } = await readEmbedToken(services, token, services.clock())
  const foreign = claims.communityId !== key.community_id
  if (foreign || (origin && !allowsOrigin({ origins: [...claims.origins], test_mode: minter.test_mode }, origin)))
    throw new Failure('unauthorized', 'This token is for other pages. Ask for one of your own.')
  return {
    ...visitor,
    kind: 'member',
    memberId: claims.memberId,
    begunAt: claims.issuedAt,
    roleIds: member.role_ids,
    isVisit,
    signedBy: claims.signedBy,
    keys: [...visitor.keys, minter],
    expiresAt: earliest(visitor.expiresAt, minter.expires_at, claims.expiresAt),
  }
}

/** Another system: the address of a hook, which then says what else it wants to see. */
export async function askerByAddress({ database }: Services, address: string): Promise<Asker> {
  const hook = await findHook(database, address)
  if (!hook) throw new NotLetIn('There is none.')
  return {
    kind: 'hook',
    communityId: hook.community_id,
    keyId: hook.id,
    keys: [],
    permissions: [],
    memberId: undefined,
    begunAt: undefined,
    roleIds: [],
    isVisit: false,
    channelIds: null,
    signedBy: undefined,
    expiresAt: null,
    origin: undefined,
  }
}

const kinds = {
  publishable: 'visitor',
  community: 'communityKey',
  system: 'systemKey',
  user: 'userKey',
  widget_access: 'widgetAccessKey',
} as const satisfies Record<Key['kind'], Asker['kind']>

/** Who asks with a key alone. */
export const askerOf = (key: Key): Asker => ({
  kind: kinds[key.kind],
  communityId: key.community_id,
  keyId: key.id,
  keys: [key],
  permissions: key.permissions,
  memberId: key.member_id ?? undefined,
  begunAt: undefined,
  roleIds: [],
  isVisit: false,
  channelIds: key.channel_ids,
  signedBy: undefined,
  expiresAt: key.expires_at,
  origin: undefined,
})

/** The member who asks, or whose key does; null for a back-end, which the community's keys alone are. */
export const memberAsking = ({ kind, memberId }: Asker): string | null =>
  kind === 'systemKey' || kind === 'communityKey' ? null : memberId!

/** On whose word it is done. Whoever is no member is the community, and only by keys that speak for it. */
export function authorityOf({ kind, memberId }: Asker): Authority {
  if (memberId !== undefined) return { memberId }
  if (kind === 'systemKey' || kind === 'communityKey') return 'community'
  throw new Failure('forbidden')
}

/** @throws Failure unless the operation lists who asks, and a community key or a user key was given the permission. */
export function checkAccess({ access: { principals, permission, ownPermission } }: Route, asker: Asker | Login): void {
  if (asker.kind === 'visitor' && !principals.includes('visitor') && principals.includes('member'))
    throw new Failure('unauthorized', 'Send a member’s embed token as Authorization: Bearer <token>.')
  const isListed = principals.includes(asker.kind) || (asker.kind === 'owner' && principals.includes('loginMember'))
  if (!isListed) throw new Failure('forbidden')
  if (asker.kind === 'communityKey') checkPermission(asker, permission)
  if (asker.kind === 'userKey') checkPermission(asker, ownPermission)
}

function checkPermission({ permissions }: Asker, needed: Asker['permissions'][number] | undefined): void {
  if (needed && !permissions.includes(needed))
    throw new Failure('forbidden', `This key needs the permission ${needed}.`)
}

/**
 * Holds a request to what is so when it is done: its body may have come long after its credential, and a user key may no
 * more than its owner.
 * @param hold The keys that it rests on stay so to the end of the transaction.
 * @throws Failure `unauthorized`, `token_expired`, `origin_not_allowed` where the key lists the page no more, `forbidden`
 * where it was left without the permission, `forbidden` or `not_found` where who signed in is no longer who they were, or
 * may no longer what they might, `suspended`, `banned`.
 */
export async function checkAgain(
  { clock }: Services,
  tx: Tx,
  route: Route,
  asker: Asker,
  hold: boolean,
): Promise<void> {
  // Who signed in shows no key.
  if (asker.keys.length === 0) {
    const member = await memberSignedIn(tx, asker.memberId!, asker.begunAt)
    checkAccess(route, { ...asker, ...(await asLogin(tx, route, member)) })
    return
  }
  const at = clock()
  const [key] = (await stillGood(tx, asker.keys, at, hold)) ?? []
  if (!key) throw new Failure('unauthorized', 'This key ended while the request was on its way.')
  if (asker.origin !== undefined && !allowsOrigin(key, asker.origin)) throw new Failure('origin_not_allowed')
  checkAccess(route, { ...asker, permissions: key.permissions })
  if (asker.memberId !== undefined && !(await admitted(tx, await memberSignedIn(tx, asker.memberId, asker.begunAt))))
    throw new Failure('unauthorized', 'The member who asks is gone.')
  if (asker.expiresAt && asker.expiresAt.getTime() + toleranceSeconds * 1000 <= at.getTime())
    throw new Failure('token_expired')
}

/**
 * Who asks is bound to a community; a path, a query or a body that names another asks for what is not there.
 * @throws Failure `not_found`
 */
export function checkCommunity(
  asker: Asker | null,
  path: Record<string, unknown> | undefined,
  query: Record<string, unknown> | undefined,
  body: Record<string, unknown> | undefined,
): void {
  const named = [path?.serverId, path?.communityId, query?.serverId, body?.communityId].filter((id) => id !== undefined)
  if (asker && named.some((id) => id !== asker.communityId))
    throw new Failure('not_found', 'There is no such community for this key.')
}
