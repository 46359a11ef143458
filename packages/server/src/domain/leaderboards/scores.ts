import { type RawBuilder, sql } from 'kysely'
import type { Value } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { sharedMembers } from '../locks.js'
import type { Board } from './boards.js'
import { addToCounts } from './counts.js'
import { runsAt } from './runs.js'

/** What a board ranks by: a unit, or a field of members. */
export type Metric = Board['metric']

/** The field that a metric is; undefined for a unit. */
export const fieldOf = (metric: Metric): string | undefined =>
  metric.startsWith('field:') ? metric.slice('field:'.length) : undefined

/** Whether a board `l` is for a member `m`: it keeps scores of nobody else. */
export const isFor = sql<boolean>`(
  m.fields @> l.ranked_fields and (
    cardinality(l.ranked_members) + cardinality(l.ranked_roles) = 0 or m.id = any(l.ranked_members)
      or array_append(m.role_ids, l.community_id) && l.ranked_roles
  )
)`

/** Whether a member `m` whom a board `l` is for is in its lists and counts. */
export const isRanked = sql<boolean>`(
  m.status = 'active' and m.visibility = 'public'
    and (not l.requires_opt_in or coalesce(l.former_of, l.id) = any(m.entered_boards))
)`

/** So many changes at once write the counts themselves, with the lock on them, and need no second writing. */
export const isWholesale = (size: number): boolean => size >= 500

/**
 * CTEs that bring every board up to date with changes of what it ranks by, and tell its pages. The statement they stand
 * in needs the community's board lock shared, and a CTE `changes (member_id, metric, change)` before them with one row a
 * member and metric.
 * @param countsItself Whether it writes the counts, under the lock on them, or leaves the changes to folding.
 * @param at When they happened: it decides the day, week, month and year they count for.
 * @param alsoTold More events `(type, subject)`, from `union all` on: each insert of a statement costs, also of no rows.
 */
export const scoreChanges = (
  communityId: Value<string>,
  countsItself: boolean,
  at: Value<Date>,
  alsoTold: RawBuilder<unknown> = sql``,
) => sql`
  people as (
    ${sharedMembers(communityId)}
  ), runs as materialized (
    -- Apart, so that the periods are found once and not for every member.
    select l.*, p.period, p.period_start
    from leaderboards l
    join communities clock on clock.id = ${communityId}
    join lateral ${runsAt(sql`(${at}::timestamptz at time zone clock.time_zone)`, sql`clock.week_start`)}
      on p.period = any(l.periods)
    where l.community_id = ${communityId}
      and (l.starts_at is null or l.starts_at <= ${at}::timestamptz) and (l.ends_at is null or ${at}::timestamptz < l.ends_at)
  ), gains as (
    select l.scores_id as board_id, l.period, l.period_start, c.member_id, c.change, ${isRanked} as ranked
    from changes c
    join people m on m.id = c.member_id
    join runs l on l.metric = c.metric and ${isFor} and (l.counted_to is null or c.member_id <= l.counted_to)
  ), scored as (
    insert into board_scores as s (community_id, board_id, period, period_start, member_id, score, reached_at, ranked)
    select ${communityId}::uuid, board_id, period, period_start, member_id, change, ${at}::timestamptz, ranked from gains
    order by member_id, board_id, period, period_start
    on conflict (community_id, board_id, period, period_start, member_id) do update
      set score = s.score + excluded.score, reached_at = excluded.reached_at, previous = s.score,
        previous_reached_at = s.reached_at
    returning s.*
  ), moved as (
    select board_id, period, period_start, member_id, -previous as old_negated, previous_reached_at as old_reached_at,
      negated as new_negated, reached_at as new_reached_at
    from scored where ranked
  ), counted as (
    ${countsItself ? addToCounts(communityId, sql`moved`) : leaveToFolding(communityId)}
  ), told as (
    insert into events (community_id, id, type, subject)
    select ${communityId}::uuid, gen_random_uuid(), told.* from (
      select 'leaderboard.changed', id from ${boardsIn(communityId, sql`scored`)} ${alsoTold}
    ) told
    returning 1
  )`

/** The boards whose scores a CTE has, each once: rows `(id)`. */
const boardsIn = (communityId: Value<string>, scores: RawBuilder<unknown>) => sql`(
    select distinct coalesce(former_of, id) as id from leaderboards
    where community_id = ${communityId} and scores_id in (select board_id from ${scores})
  ) as told_boards`

const leaveToFolding = (communityId: Value<string>) => sql`
  insert into board_deltas (
    community_id, id, board_id, period, period_start, member_id, old_negated, old_reached_at, new_negated, new_reached_at
  )
  select ${communityId}::uuid, gen_random_uuid(), board_id, period, period_start, member_id, old_negated, old_reached_at,
    new_negated, new_reached_at
  from moved
  returning 1`

/**
 * Brings the boards up to date with whether members are ranked, once that has changed. Needs the board lock shared, and
 * the members' rows changed before in the same transaction: awards wait for it.
 */
export async function rerank(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await sql`
    with turned as (
      update board_scores s set ranked = not s.ranked
      from members m, leaderboards l
      where s.community_id = ${tx.communityId} and s.member_id = any(${sql.val(memberIds)}::uuid[])
        and m.community_id = ${tx.communityId} and m.id = s.member_id
        and l.community_id = ${tx.communityId} and l.scores_id = s.board_id and s.ranked <> ${isRanked}
      returning s.*
    ), moved as (
      select board_id, period, period_start, member_id, case when not ranked then negated end as old_negated,
        case when not ranked then reached_at end as old_reached_at, case when ranked then negated end as new_negated,
        case when ranked then reached_at end as new_reached_at
      from turned
    ), counted as (
      ${leaveToFolding(tx.communityId)}
    )
    insert into events (community_id, id, type, subject)
    select ${tx.communityId}::uuid, gen_random_uuid(), 'leaderboard.changed', id from ${boardsIn(tx.communityId, sql`turned`)}
    returning 1`.execute(tx.db)
  tx.wake('events')
  tx.wake('scores')
}

/** Everything that ever changed what a metric measures, as rows `(member_id, change, at)`: what boards are counted from. */
export const changesEver = (tx: Tx, metric: Metric) => {
  const field = fieldOf(metric)
  return field === undefined
    ? sql`(
        select member_id, amount as change, created_at as at from entries
        where community_id = ${tx.communityId} and member_id is not null and unit = ${metric}
      )`
    : sql`(
        select member_id, value - coalesce(previous, 0) as change, recorded_at as at from user_field_changes
        where community_id = ${tx.communityId} and not is_late
          and field_id = (select id from user_fields where community_id = ${tx.communityId} and field = ${field})
      )`
}
