import type { RouteKey } from '@rai/contract'
import { accountById, askForMail, confirm, logIn, register, resetPassword } from '../../domain/accounts.js'
import { Failure } from '../../domain/failure.js'
import { isId } from '../../domain/ids.js'
import { findMember, linkMember, type Member } from '../../domain/members.js'
import { redeemLoginCode } from '../../domain/secure-auth.js'
import { endSession, refreshSession, type Session, type SessionTokens } from '../../domain/sessions.js'
import type { Context, Handlers, Services } from '../../http/context.js'

export const accounts: Handlers<
  Extract<RouteKey, `${string} /api/v1/auth/${string}` | `${string} /api/v1/servers/{serverId}/me`>
> = {
  'POST /api/v1/auth/register': async (context) => {
    const { body, deps, now } = context
    await countMail(context, body.email)
    const { email, password, firstname, lastname, displayname = `${firstname} ${lastname}`.trim() } = body
    await register(deps, { email, password, firstName: firstname, lastName: lastname, displayName: displayname }, now)
    return { email, isVerified: false }
  },

  'POST /api/v1/auth/verify-email': async ({ body, deps, now, limit, network }) => {
    await limit.take('login', network)
    await confirm(deps, body.token, now)
    return { isVerified: true }
  },

  'POST /api/v1/auth/resend-verification': async (context) => {
    const { body, deps, now } = context
    await countMail(context, body.email)
    await askForMail(deps, 'confirm', body.email, now)
    return { email: body.email, isVerified: false }
  },

  'POST /api/v1/auth/login': async ({ body, deps, now, limit, network }) => {
    await limit.take('login', network)
    const account = nameOf(deps, body.email)
    // Counted before the password is looked at: many tries at once are as many as one after the other.
    await limit.take('password', `${account} ${network}`)
    await limit.take('account', account)
    const login = await logIn(deps, body, now)
    await limit.forget('password', `${account} ${network}`)
    await limit.forget('account', account)
    return show(deps, login)
  },

  'POST /api/v1/auth/refresh': async ({ body, deps, now, limit, network }) => {
    await limit.take('login', network)
    const login = await deps.database.accounts((tx) => refreshSession(tx, body.refreshToken, now))
    if (!login) throw new Failure('unauthorized', 'This login has ended. Sign in again.')
    return show(deps, login)
  },

  'POST /api/v1/auth/logout': async ({ principal, deps }) => {
    await deps.database.accounts((tx) => endSession(tx, principal.session.id))
    return {}
  },

  'POST /api/v1/auth/forgot-password': async (context) => {
    const { body, deps, now } = context
    await countMail(context, body.email)
    await askForMail(deps, 'reset', body.email, now)
    return { email: body.email }
  },

  'POST /api/v1/auth/reset-password': async ({ body, deps, now, limit, network }) => {
    await limit.take('login', network)
    await resetPassword(deps, body, now)
    return { isReset: true }
  },

  'POST /api/v1/auth/redeem': async ({ body, deps, now, limit, network }) => {
    await limit.take('login', network)
    return show(deps, await redeemLoginCode(deps.database, body.code, now))
  },

  'PUT /api/v1/servers/{serverId}/me': async ({ params, principal, deps, now }) => {
    const { account_id: accountId } = principal.session
    if (accountId === null) throw new Failure('forbidden', 'A login by Secure Auth is one member and stays it.')
    const account = await deps.database.accounts((tx) => accountById(tx, accountId))
    if (!isId(params.serverId)) throw new Failure('not_found')
    const member = await deps.database.tenant(params.serverId, (tx) => linkMember(tx, account, now))
    return showMember(params.serverId, member)
  },

  'GET /api/v1/servers/{serverId}/me': async ({ tx, principal }) => {
    const member = await findMember(tx, { id: principal.memberId! })
    if (!member) throw new Failure('not_found')
    return showMember(tx.communityId, member)
  },
}

/** One name for an address in counts, which are kept where addresses need not lie. */
const nameOf = ({ rootKey }: Services, email: string): string => rootKey.hmac(email.toLowerCase()).toString('base64url')

/** Counts a request that a mail goes out for. */
export async function countMail(
  { limit, network, deps }: Pick<Context<RouteKey>, 'limit' | 'network' | 'deps'>,
  email: string,
): Promise<void> {
  await limit.take('login', network)
  await limit.take('mail', nameOf(deps, email))
}

async function show({ database }: Services, { session, tokens }: { session: Session; tokens: SessionTokens }) {
  const { account_id: accountId, bound_to: communityId, member_id: memberId } = session
  const user =
    accountId === null
      ? await database.tenant(communityId!, (tx) => findMember(tx, { id: memberId! }), { snapshot: true })
      : await database.accounts((tx) => accountById(tx, accountId))
  if (!user) throw new Failure('not_found')
  return {
    ...tokens,
    user: {
      _id: user.id,
      email: user.email,
      // Of a member's address only their community says that it is theirs.
      isVerified: accountId !== null,
      firstName: user.first_name,
      lastName: user.last_name,
      displayName: user.display_name,
      serverId: communityId,
    },
  }
}

const showMember = (serverId: string, member: Member) => ({
  serverId,
  _id: member.id,
  id: String(member.number),
  username: member.username,
  displayName: member.display_name,
})
