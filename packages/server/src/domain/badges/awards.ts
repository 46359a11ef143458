import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { holdValues } from '../fields/values.js'
import { nobody } from '../ids.js'
import { fieldOf } from '../leaderboards/index.js'
import { isWholesale } from '../leaderboards/scores.js'
import { giveBadges } from '../ledger.js'
import { shareBoards, takeCounts, tryShareBoards } from '../locks.js'
import { forgetImages } from '../pictures/images.js'
import { type Badge, badgeById } from './badges.js'

/** A badge that a member has, and since when. */
export type MemberBadge = Badge & { awarded_at: Date }

/** What a member has, in the order in which they got it. */
export const badgesOf = (tx: Tx, memberId: string): Promise<MemberBadge[]> =>
  tx.db
    .selectFrom('member_badges as g')
    .innerJoin('badges as b', (join) =>
      join.onRef('b.community_id', '=', 'g.community_id').onRef('b.id', '=', 'g.badge_id'),
    )
    .selectAll('b')
    .select('g.awarded_at')
    .where('g.community_id', '=', tx.communityId)
    .where('g.member_id', '=', memberId)
    .where('g.removed_at', 'is', null)
    .where('b.deleted_at', 'is', null)
    .orderBy('g.awarded_at')
    .orderBy('b.id')
    .execute()

/** A badge that nobody deletes or changes until the transaction ends. */
export async function holdBadge(tx: Tx, id: string): Promise<Badge> {
  await shareBoards(tx)
  return badgeById(tx, id)
}

/**
 * Gives a member a badge by hand, and what it gives. Again and again is as once: where it was taken from them they have it
 * back, and what it gave they were given.
 * @param badge As it is held.
 * @param actor Who gives it: a key's or a member's id.
 */
export async function awardBadge(tx: Tx, badge: Badge, memberId: string, at: Date, actor: string): Promise<void> {
  await give(tx, badge, [memberId], at, actor)
  await tx.db
    .updateTable('member_badges')
    .set({ removed_at: null, awarded_at: at, actor })
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('badge_id', '=', badge.id)
    .where('removed_at', 'is not', null)
    .execute()
}

/** Takes a badge from a member; what it gave stays with them. Safe to repeat. */
export async function removeBadge(tx: Tx, badge: Badge, memberId: string, at: Date): Promise<void> {
  await tx.db
    .updateTable('member_badges')
    .set({ removed_at: at })
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('badge_id', '=', badge.id)
    .where('removed_at', 'is', null)
    .execute()
}

/** Gives members a badge that they never had, and what it gives. */
async function give(tx: Tx, badge: Badge, memberIds: readonly string[], at: Date, actor: string): Promise<void> {
  if (isWholesale(memberIds.length)) await takeCounts(tx)
  await holdValues(tx, memberIds)
  const { id: badgeId, gives_xp: xp, gives_currency: currency } = badge
  await giveBadges(
    tx,
    memberIds.map((memberId) => ({ memberId, badgeId, xp, currency, actor })),
    at,
  )
}

/** How many members one step looks at, and how many traces of a deleted badge it takes away. */
const atOnce = 2000

/**
 * Takes what changed badges leave to the background a step further: members who had enough before a badge was made or changed
 * are given it, and what members had of a deleted one is taken away. Instances pass over what another is at. Answers whether
 * there may be more to do.
 */
export async function settleBadges(tx: Tx, now: Date): Promise<boolean> {
  // While a badge changes it is left for later.
  if (!(await tryShareBoards(tx))) return false
  const badge = await tx.db
    .selectFrom('badges')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('counted_to', 'is not', null)
    // In no order: one that fails does not keep the others from their turn.
    .orderBy(sql`random()`)
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!badge) return false
  await (badge.deleted_at ? takeAway(tx, badge, now) : countFrom(tx, badge, now))
  return true
}

/**
 * Gives the badge to those of the next members who have enough. Whoever reaches that meanwhile has it by that change. Who is
 * deleted has it when they come back; who is erased does not.
 */
async function countFrom(tx: Tx, badge: Badge, now: Date): Promise<void> {
  const members = await tx.db
    .selectFrom('members')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('id', '>', badge.counted_to ?? nobody)
    .where((eb) =>
      eb.or([
        eb('status', '<>', 'deleted'),
        eb(
          'id',
          'in',
          eb.selectFrom('member_deletions').select('member_id').where('community_id', '=', tx.communityId),
        ),
      ]),
    )
    .orderBy('id')
    .limit(atOnce)
    .execute()
  const ids = members.map(({ id }) => id)
  await give(tx, badge, await whoHasEnough(tx, badge, ids), now, badge.id)
  await tx.db
    .updateTable('badges')
    .set({ counted_to: ids.length < atOnce ? null : ids.at(-1)! })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', badge.id)
    .execute()
}

async function whoHasEnough(tx: Tx, { metric, quantity }: Badge, memberIds: readonly string[]): Promise<string[]> {
  const field = fieldOf(metric!)
  const amounts =
    field === undefined
      ? sql`select member_id, amount from balances where community_id = ${tx.communityId} and unit = ${metric}`
      : sql`
        select member_id, value as amount from user_field_values where community_id = ${tx.communityId}
          and field_id = (select id from user_fields where community_id = ${tx.communityId} and field = ${field})`
  const { rows } = await sql<{ member_id: string }>`
    select member_id from (${amounts}) a
    where member_id = any(${sql.val(memberIds)}::uuid[]) and amount >= ${quantity}`.execute(tx.db)
  return rows.map(({ member_id }) => member_id)
}

async function takeAway(tx: Tx, { id }: Badge, now: Date): Promise<void> {
  const given = await sql`
    delete from member_badges where community_id = ${tx.communityId} and badge_id = ${id} and member_id = any(array(
      select member_id from member_badges where community_id = ${tx.communityId} and badge_id = ${id} limit ${atOnce}
    ))`.execute(tx.db)
  const { rows: applications } = await sql<{ attachment_id: string | null }>`
    delete from badge_applications where community_id = ${tx.communityId} and id = any(array(
      select id from badge_applications where community_id = ${tx.communityId} and badge_id = ${id} limit ${atOnce}
    ))
    returning attachment_id`.execute(tx.db)
  const proofs = applications.map(({ attachment_id }) => attachment_id)
  await forgetImages(tx, proofs, now)
  if (Number(given.numAffectedRows) === atOnce || applications.length === atOnce) return
  await tx.db.deleteFrom('badges').where('community_id', '=', tx.communityId).where('id', '=', id).execute()
}
