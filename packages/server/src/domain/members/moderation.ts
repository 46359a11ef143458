import type { ServerPermission } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { newId } from '../ids.js'
import { shareBoards, takeCounts } from '../locks.js'
import { type Authority, changeRoles, memberBelow } from '../roles.js'
import type { Member } from './members.js'
import { holdMembers, setStatus } from './status.js'

/** What was done to a member, and why. */
export type Moderation = Selectable<Tables['moderations']>
type Action = Moderation['action']

const needed: Record<Action, ServerPermission> = {
  warn: 'warn_members',
  suspend: 'suspend_members',
  unsuspend: 'suspend_members',
  kick: 'kick_members',
  ban: 'ban_members',
  unban: 'ban_members',
}

/** How many suspensions end in one transaction. */
const batch = 100

/** To whom, by whom and why. */
export interface Order {
  /** An id or a short number. */
  userId: string
  authority: Authority
  /** Who is written down as having done it: a key's or a member's id. */
  actor: string
  reason?: string | undefined
}

/**
 * Whom an order is about, where who gives it may.
 * @throws Failure `not_found`, `forbidden` about whoever does not stand below, `conflict` about an owner.
 */
async function subjectOf(tx: Tx, { userId, authority }: Order, action: Action): Promise<Member> {
  const member = await memberBelow(tx, userId, needed[action], authority)
  if (member.role === 'owner') throw new Failure('conflict', 'Nobody does that to an owner.')
  return member
}

/** The same, as nobody else changes them: they may have been deleted, or given a role, since they were found. */
async function hold(tx: Tx, order: Order, action: Action): Promise<Member> {
  const { id } = await subjectOf(tx, order, action)
  if (action === 'kick') {
    // Boards may rank the roles that end, and their counts come before the member.
    await shareBoards(tx)
    await takeCounts(tx)
  }
  await holdMembers(tx, [id])
  return subjectOf(tx, order, action)
}

/** What an order came to. */
export interface Outcome {
  memberId: string
  /** The member was so already. */
  isNothing: boolean
}
const done = ({ id }: Member): Outcome => ({ memberId: id, isNothing: false })
const wasSo = ({ id }: Member): Outcome => ({ memberId: id, isNothing: true })

async function writeDown(
  tx: Tx,
  { id }: Member,
  action: Action,
  { reason = '', actor }: Order,
  at: Date,
  until?: Date,
) {
  await tx.db
    .insertInto('moderations')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      member_id: id,
      action,
      reason,
      until: until ?? null,
      actor,
      created_at: at,
    })
    .execute()
}

/** Tells a member that something was not right. Nothing else follows from it. */
export async function warn(tx: Tx, order: Order, at: Date): Promise<Outcome> {
  const member = await subjectOf(tx, order, 'warn')
  await writeDown(tx, member, 'warn', order, at)
  return done(member)
}

/**
 * Suspends a member until a moment: nothing acts as them, and no board ranks them. Of one who is suspended it sets another end.
 * @throws Failure as `subjectOf`; `invalid_request` for a moment that is past, `conflict` for who is banned.
 */
export async function suspend(tx: Tx, order: Order, until: Date, at: Date): Promise<Outcome> {
  if (until <= at) {
    throw new Failure('invalid_request', 'A suspension ends in the future.', [
      { path: 'until', message: 'must be a moment to come' },
    ])
  }
  const member = await hold(tx, order, 'suspend')
  if (member.status === 'banned') throw new Failure('conflict', 'This member is banned. Unban them first.')
  await tx.db
    .insertInto('member_suspensions')
    .values({ community_id: tx.communityId, member_id: member.id, ends_at: until })
    .onConflict((oc) => oc.columns(['community_id', 'member_id']).doUpdateSet({ ends_at: until }))
    .execute()
  if (member.status === 'active') {
    await setStatus(tx, [member.id], 'suspended', at)
    // Ends their streams.
    await emit(tx, 'user.suspended', member.id)
  }
  await writeDown(tx, member, 'suspend', order, at, until)
  return done(member)
}

/** Ends a suspension before its time. Whoever is not suspended stays as they are. */
export async function unsuspend(tx: Tx, order: Order, at: Date): Promise<Outcome> {
  const member = await hold(tx, order, 'unsuspend')
  if (member.status !== 'suspended') return wasSo(member)
  await forgetSuspensions(tx, [member.id])
  await setStatus(tx, [member.id], 'active', at)
  await writeDown(tx, member, 'unsuspend', order, at)
  return done(member)
}

/**
 * Sends a member away: logins, tokens and keys that act as them end, and so do their roles. They may come again by signing in
 * anew; what they have stays theirs.
 */
export async function kick(tx: Tx, order: Order, clock: () => Date): Promise<Outcome> {
  const member = await hold(tx, order, 'kick')
  // Whatever was begun while the member was waited for ends too.
  const at = clock()
  await changeRoles(tx, member, { remove: member.role_ids }, at)
  await tx.db
    .updateTable('members')
    .set({ signed_out_at: at, updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', member.id)
    .execute()
  // A code of before would begin a login of now.
  for (const table of ['login_codes', 'api_keys'] as const)
    await tx.db
      .deleteFrom(table)
      .where('community_id', '=', tx.communityId)
      .where('member_id', '=', member.id)
      .execute()
  await emit(tx, 'user.kicked', member.id)
  await writeDown(tx, member, 'kick', order, at)
  return done(member)
}

/** Bans a member: as suspended, without an end. Twice is as once. */
export async function ban(tx: Tx, order: Order, at: Date): Promise<Outcome> {
  const member = await hold(tx, order, 'ban')
  if (member.status === 'banned') return wasSo(member)
  await forgetSuspensions(tx, [member.id])
  await setStatus(tx, [member.id], 'banned', at)
  await emit(tx, 'user.banned', member.id)
  await writeDown(tx, member, 'ban', order, at)
  return done(member)
}

/** Ends a ban. Whoever is not banned stays as they are. */
export async function unban(tx: Tx, order: Order, at: Date): Promise<Outcome> {
  const member = await hold(tx, order, 'unban')
  if (member.status !== 'banned') return wasSo(member)
  await setStatus(tx, [member.id], 'active', at)
  await writeDown(tx, member, 'unban', order, at)
  return done(member)
}

const forgetSuspensions = (tx: Tx, ids: readonly string[]) =>
  tx.db
    .deleteFrom('member_suspensions')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`member_id = any(${sql.val(ids)}::uuid[])`)
    .execute()

/** Until when a member is suspended; null for who is not. */
export async function suspendedUntil(tx: Tx, memberId: string): Promise<Date | null> {
  const suspension = await tx.db
    .selectFrom('member_suspensions')
    .select('ends_at')
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .executeTakeFirst()
  return suspension?.ends_at ?? null
}

/**
 * Who asks, if they may.
 * @returns Undefined for nobody, and for who is deleted.
 * @throws Failure `suspended` or `banned`. Only whoever is the member hears it, or whom they sign in with.
 */
export async function admitted(tx: Tx, member: Member | undefined): Promise<Member | undefined> {
  switch (member?.status) {
    case 'suspended':
      throw await exclusion(tx, member, 'suspend')
    case 'banned':
      throw await exclusion(tx, member, 'ban')
    case 'deleted':
      return undefined
    default:
      return member
  }
}

/** Until when a member is kept out, and why, if whoever did it said so. */
async function exclusion(tx: Tx, { id }: Member, action: 'suspend' | 'ban'): Promise<Failure> {
  const last = await tx.db
    .selectFrom('moderations')
    .select(['reason', 'until'])
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', id)
    .where('action', '=', action)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const code = action === 'ban' ? 'banned' : 'suspended'
  const facts = { availableAt: last?.until?.toISOString(), reason: last?.reason || undefined }
  const end = facts.availableAt === undefined ? '' : ` until ${facts.availableAt}`
  const why = facts.reason === undefined ? '' : ` Why: ${facts.reason}`
  return new Failure(code, `You are ${code} here${end}.${why}`, [], facts)
}

/** What was done to a member, newest first. */
export function listModerations(
  tx: Tx,
  memberId: string,
  after: string | undefined,
  limit: number,
): Promise<Moderation[]> {
  let found = tx.db
    .selectFrom('moderations')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
  if (after !== undefined) found = found.where('id', '<', after)
  return found.orderBy('id', 'desc').limit(limit).execute()
}

/** Ends suspensions whose time has come. Who was deleted meanwhile comes back as if theirs had. Answers whether there may be more. */
export async function endSuspensions(tx: Tx, at: Date): Promise<boolean> {
  const due = await tx.db
    .selectFrom('member_suspensions')
    .select('member_id')
    .where('community_id', '=', tx.communityId)
    .where('ends_at', '<=', at)
    .limit(batch)
    .execute()
  if (due.length === 0) return false
  // Members first, as whoever suspends holds them; then it is looked at again.
  const held = await holdMembers(
    tx,
    due.map(({ member_id }) => member_id),
  )
  const ended = await tx.db
    .deleteFrom('member_suspensions')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`member_id = any(${sql.val(held.map(({ id }) => id))}::uuid[])`)
    .where('ends_at', '<=', at)
    .returning('member_id')
    .execute()
  const ids = ended.map(({ member_id }) => member_id)
  const suspended = held.filter(({ id, status }) => ids.includes(id) && status === 'suspended').map(({ id }) => id)
  if (suspended.length > 0) await setStatus(tx, suspended, 'active', at)
  await tx.db
    .updateTable('member_deletions')
    .set({ status_before: 'active' })
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`member_id = any(${sql.val(ids)}::uuid[])`)
    .where('status_before', '=', 'suspended')
    .execute()
  return due.length === batch
}
