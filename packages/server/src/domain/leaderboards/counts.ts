import { type RawBuilder, sql } from 'kysely'
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

/** For each score, how many ranked members have a higher one. `-Infinity` asks for all members. */
export async function countAbove(tx: Tx, run: Run, scores: readonly number[]): Promise<number[]> {
  if (scores.length === 0) return []
  const ranges = scores.flatMap((score, i) => {
    if (score === Number.NEGATIVE_INFINITY) return [{ i, level: topLevel, above: minBigint, below: maxBigint }]
    const value = BigInt(score)
    return Array.from({ length: topLevel + 1 }, (_, level) => ({
      i,
      level,
      above: value >> BigInt(width * level),
      // Buckets past this one lie in a higher bucket of the level above, and are counted there.
      below: level === topLevel ? maxBigint : ((value >> BigInt(width * (level + 1))) + 1n) << BigInt(width),
    }))
  })
  const { rows } = await sql<{ above: number }>`
    select
      coalesce((
        select sum(c.n) from unnest(
          ${sql.val(ranges.map((r) => r.i))}::int[], ${sql.val(ranges.map((r) => r.level))}::smallint[],
          ${sql.val(ranges.map((r) => String(r.above)))}::bigint[], ${sql.val(ranges.map((r) => String(r.below)))}::bigint[]
        ) as r (i, level, above, below)
        join board_counts c on ${inRun(tx, run)} and c.level = r.level and c.bucket > r.above and c.bucket < r.below
        where r.i = s.i
      ), 0)::bigint
      + (
        select count(*) filter (where new_score > s.score) - count(*) filter (where old_score > s.score)
        from board_deltas where ${inRun(tx, run)}
      ) as above
    from unnest(
      ${sql.val(scores.map((_, i) => i))}::int[],
      ${sql.val(scores.map((score) => String(score === Number.NEGATIVE_INFINITY ? minBigint : score)))}::bigint[]
    ) as s (i, score)
    order by s.i`.execute(tx.db)
  return rows.map(({ above }) => above)
}

/**
 * The score that the tree has at a position (1 is the top), or undefined past its end. Changes not yet folded in may
 * have moved it: callers check with `countAbove` and walk the few rows that it is off.
 */
export async function scoreNear(tx: Tx, run: Run, position: number): Promise<number | undefined> {
  const { rows } = await sql<{ bucket: number }>`
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
    select bucket from walk where level = 0`.execute(tx.db)
  return rows[0]?.bucket
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
