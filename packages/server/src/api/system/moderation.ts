import type { AnswerOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { type Member, memberByUserId, notDeleted } from '../../domain/members/members.js'
import {
  ban,
  kick,
  listModerations,
  type Moderation,
  type Order,
  type Outcome,
  suspend,
  suspendedUntil,
  unban,
  unsuspend,
  warn,
} from '../../domain/members/moderation.js'
import { allowedTo } from '../../domain/roles.js'
import { type Asker, actorOf, type Context, type Handlers } from '../../http/context.js'
import { authorityOf } from '../../http/credential.js'
import { byId, pageByCursor } from '../../http/cursor.js'

type Paths = Extract<RouteKey, `POST /api/v1/users/{userId}/${string}`>
type List = 'GET /api/v1/users/{userId}/moderations'

export const moderation: Handlers<Paths | List> = {
  'POST /api/v1/users/{userId}/warn': (context) => act(context, context.body, warn),
  'POST /api/v1/users/{userId}/suspend': (context) =>
    act(context, context.body, (tx, order, at) => suspend(tx, order, new Date(context.body.until), at)),
  'POST /api/v1/users/{userId}/unsuspend': (context) => act(context, {}, unsuspend),
  'POST /api/v1/users/{userId}/kick': (context) =>
    act(context, context.body, (tx, order) => kick(tx, order, context.deps.clock)),
  'POST /api/v1/users/{userId}/ban': (context) => act(context, context.body, ban),
  'POST /api/v1/users/{userId}/unban': (context) => act(context, {}, unban),

  'GET /api/v1/users/{userId}/moderations': async ({ tx, params, query, principal }) => {
    const found = await memberByUserId(tx, params.userId)
    const isModerator = await moderates(tx, principal)
    const { id } = notDeleted(isModerator || found.id === principal.memberId ? found : undefined)
    return pageByCursor(query, {
      ...byId,
      find: (after, limit) => listModerations(tx, id, after, limit),
      show: (moderation) => show(moderation, isModerator),
    })
  },
}

/** Does something to a member, and answers what that makes of them. */
async function act(
  { tx, principal, params, note, now }: Pick<Context<Paths>, 'tx' | 'principal' | 'params' | 'note' | 'now'>,
  { reason }: { reason?: string | undefined },
  how: (tx: Tx, order: Order, at: Date) => Promise<Outcome>,
): Promise<AnswerOf<Paths>> {
  const { memberId: id, isNothing } = await how(
    tx,
    { ...params, authority: authorityOf(principal), actor: actorOf(principal), reason },
    now,
  )
  note.objects = { userId: id }
  note.isNothing = isNothing
  const [{ status }, until] = await Promise.all([memberByUserId(tx, id), suspendedUntil(tx, id)])
  return {
    _id: id,
    status: status as Exclude<Member['status'], 'deleted'>,
    suspendedUntil: until?.toISOString() ?? null,
  }
}

/** Whether who asks may do any of this to others. */
async function moderates(tx: Tx, { kind, memberId, roleIds }: Asker): Promise<boolean> {
  if (memberId === undefined || kind === 'owner') return true
  const { server_permissions } = await allowedTo(tx, { role: 'member', role_ids: [...roleIds] })
  return (['warn_members', 'suspend_members', 'kick_members', 'ban_members'] as const).some((name) =>
    server_permissions.includes(name),
  )
}

/** @param withActor Not for the member themselves: whoever did it spoke for the community. */
const show = ({ id, member_id, action, reason, until, actor, created_at }: Moderation, withActor: boolean) => ({
  _id: id,
  userId: member_id,
  action,
  reason,
  until: until?.toISOString() ?? null,
  actor: withActor ? actor : null,
  createdAt: created_at.toISOString(),
})
