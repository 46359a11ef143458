import { type RawBuilder, sql } from 'kysely'
import { planOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import type { Run } from './runs.js'

/*
 * How many ranked members of a run stand above a score, and which score stands at a position, without reading the rows
 * between. `board_counts` is an order-statistics tree: level n counts members by score >> 8n, so that a score's place is
 * the sum of at most 255 buckets on each of 7 levels, whatever the number of members. Score changes wait in
 * `board_deltas` until the folding job adds them to the tree; readers add them in, so that answers are always exact.
 */

/** 2^53 >> 8n is 0 from level 7 on; the top level needs at most 64 buckets. */
const topLevel = 6
const width = 8
const maxBigint = 2n ** 63n - 1n
const minBigint = -maxBigint

const inRun = (tx: Tx, run: Run) =>
  sql`community_id = ${tx.communityId} and board_id = ${run.boardId} and period = ${run.period} and period_start = ${run.start}::date`

/**
 * How many ranked members of a run have a score above this one, in SQL.
 * @param score A column of type bigint: it is read many times.
 */
export const above = (tx: Tx, run: Run, score: RawBuilder<unknown>) => sql`(
  select coalesce(sum(n), 0) from generate_series(0, ${sql.lit(topLevel)}) as level, lateral (
    select sum(n) as n from board_counts
    where ${inRun(tx, run)} and board_counts.level = level.level::smallint
      and bucket > (${score} >> (${sql.lit(width)} * level.level))
      -- Buckets past this one lie in a higher bucket of the level above, and are counted there.
      and bucket < case when level.level = ${sql.lit(topLevel)} then ${sql.lit(maxBigint)}::bigint
        else ((${score} >> (${sql.lit(width)} * (level.level + 1))) + 1) << ${sql.lit(width)} end
  ) as higher
) + (
  select count(*) filter (where new_score > ${score}) - count(*) filter (where old_score > ${score})
  from board_deltas where ${inRun(tx, run)}
)`

/** For each score, how many ranked members have a higher one. `-Infinity` asks for all members. */
export async function countAbove(tx: Tx, run: Run, scores: readonly number[]): Promise<number[]> {
  if (scores.length === 0) return []
  const values = scores.map((score) => String(score === Number.NEGATIVE_INFINITY ? minBigint : score))
  const statement = sql`
    select ${above(tx, run, sql`s.score`)} as above from unnest(${sql.val(values)}::bigint[]) with ordinality as s (score, i)
    order by s.i`
  const rows = await tx.send<{ above: number }>(planOnce(statement.compile(tx.db)))
  return rows.map((row) => row.above)
}

/** A score, and how many ranked members have a higher one. */
export interface Step {
  score: number
  above: number
}

/**
 * The score that the tree has at a position (1 is the top), or undefined past its end. Changes not yet folded in may
 * have moved it: callers walk the few rows that it is off.
 */
export async function scoreNear(tx: Tx, run: Run, position: number): Promise<Step | undefined> {
  const statement = sql`
    with recursive walk (level, bucket, rest) as (
      select level, bucket, rest from (
        select ${topLevel}::int as level, bucket, n,
          ${position}::bigint - (sum(n) over (order by bucket desc) - n)::bigint as rest
        from board_counts where ${inRun(tx, run)} and level = ${topLevel}
      ) t where rest between 1 and n
      union all
      select t.level, t.bucket, t.rest from walk w cross join lateral (
        select w.level - 1 as level, bucket, n, w.rest - (sum(n) over (order by bucket desc) - n)::bigint as rest
        from board_counts c
        where ${inRun(tx, run)} and c.level = w.level - 1
          and c.bucket >= (w.bucket << ${width}::int) and c.bucket < ((w.bucket + 1) << ${width}::int)
      ) t where w.level > 0 and t.rest between 1 and t.n
    )
    select found.bucket as score, ${above(tx, run, sql`found.bucket`)} as above from walk found where level = 0`
  const [found] = await tx.send<Step>(planOnce(statement.compile(tx.db)))
  return found
}

/**
 * A statement that adds score changes to the tree, in one order, so that two of them wait for each other rather than
 * deadlock.
 * @param changes A CTE with `board_id, period, period_start, old_score, new_score`; null for no score.
 */
export const addToTree = (communityId: string, changes: RawBuilder<unknown>) => sql`
  insert into board_counts as c (community_id, board_id, period, period_start, level, bucket, n)
  select ${communityId}::uuid, board_id, period, period_start, level, score >> (${width}::int * level), sum(n)
  from (
    select board_id, period, period_start, score, sum(n) as n
    from (
      select board_id, period, period_start, old_score as score, -1 as n from ${changes} where old_score is not null
      union all
      select board_id, period, period_start, new_score, 1 from ${changes} where new_score is not null
    ) moved
    group by board_id, period, period_start, score having sum(n) <> 0
  ) settled cross join generate_series(0, ${topLevel}::int) as level
  group by 2, 3, 4, 5, 6 having sum(n) <> 0
  order by 2, 3, 4, 5, 6
  on conflict (community_id, board_id, period, period_start, level, bucket) do update set n = c.n + excluded.n`
