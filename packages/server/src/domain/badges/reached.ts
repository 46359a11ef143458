import { sql } from 'kysely'
import type { Value } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import type { Move } from '../ledger.js'

/*
 * A badge that counts something is a member's in the transaction of the change by which they have enough: its statement finds
 * who reaches one. What it gives is posted in the same transaction, and may be the change by which they reach the next one.
 */

/** A badge that a member was given. */
export interface Given {
  memberId: string
  badgeId: string
  xp: number
  currency: number
  /** Who gave it. */
  actor: string
}

/**
 * The badges that members reach, as one value: a list of `Given`. The statement it stands in needs the community's board lock
 * shared, so that no badge is made beside it, and a CTE `totals (member_id, metric, previous, total)` with one row a member
 * and metric. It only looks: most changes reach none, and would pay for every table that they might have to write to.
 */
export const reachedBadges = (communityId: Value<string>) => sql`(
    select coalesce(json_agg(json_build_object(
      'memberId', t.member_id, 'badgeId', b.id, 'xp', b.gives_xp, 'currency', b.gives_currency, 'actor', b.id
    )), '[]')
    from totals t
    join badges b on b.community_id = ${communityId} and b.metric = t.metric
      -- Who had enough when the badge was made has it, also when they spend before their turn comes.
      and (b.quantity between t.previous + 1 and t.total or b.counted_to is not null and b.quantity <= t.previous)
  )`

/** Writes down who is given which badge; answers those of them that the member never had. */
export async function writeGiven(tx: Tx, badges: readonly Given[], at: Date): Promise<Given[]> {
  const column = (name: keyof Given) => sql.val(badges.map((badge) => badge[name]))
  const { rows } = await sql<Given>`
    insert into member_badges (community_id, member_id, badge_id, xp, currency, actor, awarded_at)
    select ${tx.communityId}::uuid, g.*, ${at}::timestamptz
    from unnest(
      ${column('memberId')}::uuid[], ${column('badgeId')}::uuid[], ${column('xp')}::bigint[], ${column('currency')}::bigint[],
      ${column('actor')}::text[]
    ) as g (member_id, badge_id, xp, currency, actor) order by member_id, badge_id
    on conflict (community_id, member_id, badge_id) do nothing
    returning member_id as "memberId", badge_id as "badgeId", xp, currency, actor`.execute(tx.db)
  return rows
}

const units = ['xp', 'currency'] as const

/** What badges give, as moves. A member is given it once, however often they are given the badge. */
export const movesOf = (given: readonly Given[]): Move[] =>
  given.flatMap(({ memberId, badgeId, actor, ...amounts }) =>
    units
      .filter((unit) => amounts[unit] > 0)
      .map((unit) => ({
        memberId,
        unit,
        amount: amounts[unit],
        reason: 'badge',
        key: `badge:${badgeId}:${memberId}:${unit}`,
        actor,
      })),
  )
