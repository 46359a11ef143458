import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { eraseApplications } from '../badges/applications.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { eraseContents } from '../fields/values.js'
import { newId } from '../ids.js'
import { boardsRanking, countMoved } from '../leaderboards/counting.js'
import { shareBoards, takeCounts } from '../locks.js'
import { eraseMessages } from '../messages/messages.js'
import { dropAvatars } from '../pictures/avatars.js'
import { eraseAccounts } from '../socials/accounts.js'
import { eraseReviews } from '../socials/reviews.js'
import { erasePurchases } from '../store/orders.js'
import { eraseTold } from '../webhooks/deliveries.js'
import type { Member } from './members.js'
import { holdMembers, setStatus } from './status.js'

/** How long a deleted member can come back. */
export const restorableDays = 30
/** How many members are erased in one transaction. */
const batch = 100

/**
 * Hides a member from everything at once. What they have stays, and comes back with them. Twice is as once.
 * @throws Failure `conflict` for an owner: nobody would be left to own the community.
 */
export async function deleteMember(tx: Tx, { id }: Member, at: Date): Promise<void> {
  const [member] = await holdMembers(tx, [id])
  if (member!.role === 'owner') throw new Failure('conflict', 'An owner cannot be deleted.')
  if (member!.status === 'deleted') return
  await tx.db
    .insertInto('member_deletions')
    .values({ community_id: tx.communityId, member_id: id, status_before: member!.status, deleted_at: at })
    .execute()
  await setStatus(tx, [id], 'deleted', at)
  // Ends their streams.
  await emit(tx, 'user.deleted', id)
}

/**
 * Brings a deleted member back as they were. Who is not deleted stays as they are.
 * @throws Failure `not_found` for whoever is erased, or due to be.
 */
export async function restoreMember(tx: Tx, { id }: Member, at: Date): Promise<void> {
  const [member] = await holdMembers(tx, [id])
  if (member!.status !== 'deleted') return
  const before = await tx.db
    .deleteFrom('member_deletions')
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', id)
    // Of others, some may be erased already.
    .where('deleted_at', '>', erasesBefore(at))
    .returning('status_before')
    .executeTakeFirst()
  if (!before) throw new Failure('not_found', 'There is no such member any more.')
  await setStatus(tx, [id], before.status_before, at)
}

/** Whoever was deleted before this moment is to be erased. */
export const erasesBefore = (at: Date): Date => new Date(at.getTime() - restorableDays * 24 * 60 * 60_000)

/**
 * Erases what tells who some deleted members were. What happened stays, under a number and no name: entries, values of number
 * fields, prizes. Answers whether there may be more to do.
 */
export async function eraseNext(tx: Tx, at: Date): Promise<boolean> {
  // Texts say which boards a member is for.
  await shareBoards(tx)
  await takeCounts(tx)
  const due = await tx.db
    .selectFrom('member_deletions')
    .select('member_id')
    .where('community_id', '=', tx.communityId)
    .where('deleted_at', '<=', erasesBefore(at))
    .limit(batch)
    .forUpdate()
    .skipLocked()
    .execute()
  if (due.length === 0) return false
  const ids = due.map(({ member_id }) => member_id)
  // Before the members: whoever pays an order back holds it first.
  await erasePurchases(tx, ids)
  // Each may have had any number of values.
  if (!(await eraseContents(tx, ids))) return true
  if (!(await eraseMessages(tx, ids, at))) return true
  const them = sql<boolean>`member_id = any(${sql.val(ids)}::uuid[])`
  const { rows } = await sql<{ field: string }>`
    select distinct jsonb_object_keys(fields) as field from members
    where community_id = ${tx.communityId} and id = any(${sql.val(ids)}::uuid[])`.execute(tx.db)
  await sql`
    update members m set
      username = r.username, display_name = 'Deleted member', first_name = '', last_name = '', email = null, language = 'en',
      time_zone = null, account_id = null, fields = '{}', updated_at = ${at}, revision = m.revision + 1
    from unnest(${sql.val(ids)}::uuid[], ${sql.val(ids.map(() => `deleted-${newId()}`))}::text[]) as r (id, username)
    where m.community_id = ${tx.communityId} and m.id = r.id`.execute(tx.db)
  await dropAvatars(tx, ids)
  // Keys are called what their owner liked. Without the first, nothing more is due.
  for (const table of [
    'member_deletions',
    'member_external_ids',
    'member_suspensions',
    'moderations',
    'api_keys',
  ] as const)
    await tx.db.deleteFrom(table).where('community_id', '=', tx.communityId).where(them).execute()
  await eraseApplications(tx, ids, at)
  await eraseReviews(tx, ids, at)
  await eraseAccounts(tx, ids)
  await eraseTold(tx, ids)
  const boards = await boardsRanking(tx, { fields: rows.map(({ field }) => field) })
  await countMoved(tx, boards, ids)
  return due.length === batch
}
