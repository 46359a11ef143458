import { sql } from 'kysely'
import type { Value } from '../../db/connection.js'
import type { Move } from '../ledger.js'

/*
 * A badge that counts something is a member's in the statement of the change by which they have enough. What it gives is
 * posted in the same transaction, and may be the change by which they reach the next one.
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
 * A CTE that gives members the badges that they reach. The statement it stands in needs the community's board lock shared, so
 * that no badge is made beside it, and before it a CTE `totals (member_id, metric, previous, total)` with one row a member
 * and metric.
 */
export const reachedBadges = (communityId: Value<string>, at: Value<Date>) => sql`
  reached as (
    insert into member_badges (community_id, member_id, badge_id, xp, currency, actor, awarded_at)
    select ${communityId}::uuid, t.member_id, b.id, b.gives_xp, b.gives_currency, b.id::text, ${at}::timestamptz
    from totals t
    join badges b on b.community_id = ${communityId} and b.metric = t.metric
      -- Who had enough when the badge was made has it, also when they spend before their turn comes.
      and (b.quantity between t.previous + 1 and t.total or b.counted_to is not null and b.quantity <= t.previous)
    order by t.member_id, b.id
    on conflict (community_id, member_id, badge_id) do nothing
    returning member_id, badge_id, xp, currency, actor
  )`

/** What that CTE has given, as one value: rows of `Given`. */
export const whatWasReached = sql`(
    select coalesce(json_agg(json_build_object(
      'memberId', member_id, 'badgeId', badge_id, 'xp', xp, 'currency', currency, 'actor', actor
    )), '[]') from reached
  )`

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
