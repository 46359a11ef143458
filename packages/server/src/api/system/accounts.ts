import type { RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import {
  accountById,
  accountOfSession,
  askForMail,
  confirm,
  logIn,
  register,
  resetPassword,
} from '../../domain/accounts/accounts.js'
import { redeemLoginCode } from '../../domain/accounts/secure-auth.js'
import {
  endSession,
  refreshSession,
  type Session,
  type SessionTokens,
  sessionToRefresh,
} from '../../domain/accounts/sessions.js'
import { Failure } from '../../domain/failure.js'
import { isId } from '../../domain/ids.js'
import { findMember, linkMember, type Member, memberOfSession, notDeleted } from '../../domain/members/members.js'
import { admitted } from '../../domain/members/moderation.js'
import type { Context, Handler, Handlers, Services } from '../../http/context.js'

export const accounts: Handlers<
  Extract<RouteKey, `${string} /api/v1/auth/${string}` | `${string} /api/v1/servers/{serverId}/me`>
> = {
  'POST /api/v1/auth/register': forAnyone(async (context) => {
    const { body, deps, now } = context
    await countMail(context, body.email)
    const { email, password, firstname, lastname, displayname = `${firstname} ${lastname}`.trim() } = body
    await register(deps, { email, password, firstName: firstname, lastName: lastname, displayName: displayname }, now)
    return { email, isVerified: false }
  }),

  'POST /api/v1/auth/verify-email': forAnyone(async ({ body, deps, now }) => {
    await confirm(deps, body.token, now)
    return { isVerified: true }
  }),

  'POST /api/v1/auth/resend-verification': forAnyone(async (context) => {
    const { body, deps, now } = context
    await countMail(context, body.email)
    await askForMail(deps, 'confirm', body.email, now)
    return { email: body.email, isVerified: false }
  }),

  'POST /api/v1/auth/login': forAnyone(async ({ body, deps, now, limit, network }) => {
    const account = nameOf(deps, body.email)
    // Counted before the password is looked at: many tries at once are as many as one after the other.
    await limit.take('password', `${account} ${network}`)
    await limit.take('account', account)
    const login = await logIn(deps, body, now)
    await limit.forget('password', `${account} ${network}`)
    await limit.forget('account', account)
    return show(deps, login)
  }),

  'POST /api/v1/auth/refresh': forAnyone(async ({ body, deps, now }) => {
    const { database } = deps
    const session = await database.accounts((tx) => sessionToRefresh(tx, body.refreshToken, now))
    // Refused before the token is used up: who is suspended goes on with it when that is over.
    const user = session && (await whoOf(deps, session))
    const login = await database.accounts((tx) => refreshSession(tx, body.refreshToken, now))
    if (!user || !login) throw ended()
    return { ...login.tokens, user }
  }),

  'POST /api/v1/auth/logout': async ({ principal, deps }) => {
    await deps.database.accounts((tx) => endSession(tx, principal.session.id))
    return {}
  },

  'POST /api/v1/auth/forgot-password': forAnyone(async (context) => {
    const { body, deps, now } = context
    await countMail(context, body.email)
    await askForMail(deps, 'reset', body.email, now)
    return { email: body.email }
  }),

  'POST /api/v1/auth/reset-password': forAnyone(async ({ body, deps, now }) => {
    await resetPassword(deps, body, now)
    return { isReset: true }
  }),

  'POST /api/v1/auth/redeem': forAnyone(async ({ body, deps, now }) => {
    return show(deps, await redeemLoginCode(deps.database, body.code, now))
  }),

  'PUT /api/v1/servers/{serverId}/me': async ({ params, principal, deps, now }) => {
    const account = await deps.database.accounts((tx) => accountOfSession(tx, principal.session))
    if (!isId(params.serverId)) throw new Failure('not_found')
    const link = async (tx: Tx) => notDeleted(await admitted(tx, await linkMember(tx, account, now)))
    const member = await deps.database.tenant(params.serverId, link)
    return showMember(params.serverId, member)
  },

  'GET /api/v1/servers/{serverId}/me': async ({ tx, principal }) => {
    const member = await findMember(tx, { id: principal.memberId! })
    if (!member) throw new Failure('not_found')
    return showMember(tx.communityId, member)
  },
}

/** An operation without a credential, counted for the network that it comes from. */
function forAnyone<K extends RouteKey>(handler: Handler<K>): Handler<K> {
  return async (context) => {
    await context.limit.take('login', context.network)
    return handler(context)
  }
}

/** One name for an address in counts, which are kept where addresses need not lie. */
const nameOf = ({ rootKey }: Services, email: string): string => rootKey.hmac(email.toLowerCase()).toString('base64url')

/** Counts a mail that is asked for. */
export const countMail = ({ limit, deps }: Pick<Context<RouteKey>, 'limit' | 'deps'>, email: string): Promise<void> =>
  limit.take('mail', nameOf(deps, email))

const ended = () => new Failure('unauthorized', 'This login has ended. Sign in again.')

const show = async (deps: Services, { session, tokens }: { session: Session; tokens: SessionTokens }) => ({
  ...tokens,
  user: await whoOf(deps, session),
})

/** @throws Failure `unauthorized` for a member who is gone, `suspended`, `banned`. */
async function whoOf({ database }: Services, session: Session) {
  const { account_id: accountId, bound_to: communityId } = session
  const user =
    accountId === null
      ? await database.tenant(communityId!, async (tx) => admitted(tx, await memberOfSession(tx, session)), {
          snapshot: true,
        })
      : await database.accounts((tx) => accountById(tx, accountId))
  if (!user) throw ended()
  return {
    _id: user.id,
    email: user.email,
    // Of a member's address only their community says that it is theirs.
    isVerified: accountId !== null,
    firstName: user.first_name,
    lastName: user.last_name,
    displayName: user.display_name,
    serverId: communityId,
  }
}

const showMember = (serverId: string, member: Member) => ({
  serverId,
  _id: member.id,
  id: String(member.number),
  username: member.username,
  displayName: member.display_name,
})
