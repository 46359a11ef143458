import { type RawBuilder, sql } from 'kysely'
import type { Value } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { nobody as nobodysId } from '../ids.js'
import type { Run } from './runs.js'

/*
 * How many ranked members of a run stand before a place, and which place stands at a position, without reading the rows
 * between. `board_counts` cuts a run into stretches of rows and counts each, and into long stretches of those, so that
 * what stands before a place is a sum of a few hundred rows, however many members there are and however many of them are
 * tied. Score changes wait in `board_deltas` until the folding job adds them; readers add them in, so that answers are
 * always exact.
 */

/** Where a row stands among the others of its run, in SQL: the columns of a table or of an alias. */
export type Place = RawBuilder<unknown>

/** How many rows a stretch of each level has when it is cut: half of what it may have (see `unbalanced` in the schema). */
const cut = [128, 16_384] as const

const [first, last] = [sql.lit(-(2n ** 63n - 1n)), sql.lit(2n ** 63n - 1n)]
export const nobody = sql`${sql.lit(nobodysId)}::uuid`

const place = sql`(negated, reached_at, member_id)`
/**
 * A place by the name of its row; where there is no row, a place before every other. Not by `coalesce`, which would keep
 * row-level security from using an index.
 */
export const placeOf = (row: string): Place => {
  const column = (name: string, otherwise: RawBuilder<unknown>) =>
    sql`case when ${sql.ref(`${row}.member_id`)} is null then ${otherwise} else ${sql.ref(`${row}.${name}`)} end`
  return sql`(${column('negated', first)}, ${column('reached_at', sql`'-infinity'::timestamptz`)}, ${column('member_id', nobody)})`
}
/** Before everybody who has a score, and after everybody who has a higher one. */
export const placeOfScore = (negated: RawBuilder<unknown>): Place =>
  sql`(${negated}, '-infinity'::timestamptz, ${nobody})`

/** Which run, in SQL. */
export interface RunInSql {
  communityId: RawBuilder<unknown>
  boardId: RawBuilder<unknown>
  period: RawBuilder<unknown>
  start: RawBuilder<unknown>
}

export const runInSql = (tx: Tx, { scoresId, period, start }: Run): RunInSql => ({
  communityId: sql`${tx.communityId}`,
  boardId: sql`${scoresId}`,
  period: sql`${period}`,
  start: sql`${start}`,
})

/** Rows of one run. */
export const inRun = ({ communityId, boardId, period, start }: RunInSql) => sql`
  community_id = ${communityId}::uuid and board_id = ${boardId}::uuid and period = ${period} and period_start = ${start}::date`

const counts = (run: RunInSql, level: number) => sql`board_counts where ${inRun(run)} and level = ${sql.lit(level)}`

/** What changes that wait add to the number of rows before a place. */
const waitingBefore = (run: RunInSql, before: Place) => sql`(
  select count(*) filter (where (new_negated, new_reached_at, member_id) < ${before})
    - count(*) filter (where (old_negated, old_reached_at, member_id) < ${before})
  from board_deltas where ${inRun(run)}
)`

/**
 * A CTE `longs`, which a statement with any of the following begins with: the long stretches, each with how many members
 * stand `before` it. Read once, however many places and positions are asked for.
 */
export const longStretches = (run: RunInSql) => sql`
  longs as materialized (
    select negated, reached_at, member_id, n, (sum(n) over (order by negated, reached_at, member_id) - n)::bigint as before
    from ${counts(run, 1)}
  )`

/** How many ranked members of a run stand before a place, in SQL. */
export const ahead = (run: RunInSql, at: Place) => sql`(
  select coalesce(long.before + short.before, 0) + (
      select count(*) from board_scores where ${inRun(run)} and ranked and ${place} >= ${placeOf('short')} and ${place} < ${at}
    ) + ${waitingBefore(run, placeOf('short'))}
  from (select) one left join lateral (
    select * from longs where ${place} <= ${at} order by negated desc, reached_at desc, member_id desc limit 1
  ) long on true left join lateral (
    select negated, reached_at, member_id, (sum(n) over (order by negated, reached_at, member_id) - n)::bigint as before
    from ${counts(run, 0)} and ${place} <= ${at} and ${place} >= ${placeOf('long')}
    order by negated desc, reached_at desc, member_id desc limit 1
  ) short on true
)`

/**
 * What is counted around the place of a row `mine`, joined to it as `standing`: how many stand `ahead` of it, how many of
 * those are `equal` in score, and how many `everybody` is. By as few steps of a plan as can be: each costs as much to set up
 * as to run. There is none where nothing is counted yet, and where some of its equals stand on a stretch before its own.
 */
export const standing = (run: RunInSql) => {
  const [mine, atLong, atShort] = ['mine', 'long', 'short'].map(
    (row) => sql`(${sql.ref(`${row}.negated`)}, ${sql.ref(`${row}.reached_at`)}, ${sql.ref(`${row}.member_id`)})`,
  )
  const stretchOf = (level: number) => sql`lateral (
      select negated, reached_at, member_id from ${counts(run, level)} and ${place} <= ${mine}
      order by negated desc, reached_at desc, member_id desc limit 1
    )`
  return sql`
    cross join ${stretchOf(1)} long join ${stretchOf(0)} short on short.negated < mine.negated cross join lateral (
      select sum(n) as n, sum(n) filter (where ${place} < ${atLong}) as before from ${counts(run, 1)}
    ) longs cross join lateral (
      select sum(n) as before from ${counts(run, 0)} and ${place} >= ${atLong} and ${place} < ${atShort}
    ) shorts cross join lateral (
      select count(*) as before, count(*) filter (where negated = mine.negated) as equal
      from board_scores where ${inRun(run)} and ranked and ${place} >= ${atShort} and ${place} < ${mine}
    ) scores cross join lateral (
      select count(new_negated) - count(old_negated) as n,
        count(*) filter (where (new_negated, new_reached_at, member_id) < ${atShort})
          - count(*) filter (where (old_negated, old_reached_at, member_id) < ${atShort}) as before
      from board_deltas where ${inRun(run)}
    ) deltas cross join lateral (
      select scores.equal, (longs.n + deltas.n)::bigint as everybody,
        (coalesce(longs.before, 0) + coalesce(shorts.before, 0) + scores.before + deltas.before)::bigint as ahead
    ) standing`
}

/** How many members are ranked in a run, in SQL. */
export const everybody = (run: RunInSql) => sql`(
  coalesce((select sum(n) from longs), 0)
    + (select count(new_negated) - count(old_negated) from board_deltas where ${inRun(run)})
)`

/** A CTE `found`, before the first row. */
export const firstPlace = sql`
  found as (
    select null::bigint as negated, null::timestamptz as reached_at, null::uuid as member_id, 0 as skip
  )`

/**
 * CTEs that end in `found`: a place (none for the first of all) at or before a position, and how many rows to `skip` from
 * there. Changes that wait may have moved every row by one, so a place is taken that is so far before.
 * @param position From 1.
 */
export const findPosition = (run: RunInSql, position: RawBuilder<unknown>) => sql`
  wanted as (
    select ${position}::bigint - 1 - count(*) as before from board_deltas where ${inRun(run)}
  ), long as (
    select * from (
      select negated, reached_at, member_id, lead(negated, 1, ${last}) over places as end_negated,
        lead(reached_at, 1, 'infinity') over places as end_reached_at, lead(member_id, 1, ${nobody}) over places as end_member_id,
        before
      from longs window places as (order by negated, reached_at, member_id)
    ) stretch where before <= (select before from wanted) order by negated desc, reached_at desc, member_id desc limit 1
  ), found as (
    select short.*, ${position}::bigint - 1 - coalesce(short.before + ${waitingBefore(run, placeOf('short'))}, 0) as skip
    from (select) one left join lateral (
      select stretch.* from long, lateral (
        select negated, reached_at, member_id, long.before + sum(n) over places - n as before
        from ${counts(run, 0)} and ${place} >= (long.negated, long.reached_at, long.member_id)
          and ${place} < (long.end_negated, long.end_reached_at, long.end_member_id)
        window places as (order by negated, reached_at, member_id)
      ) stretch where stretch.before <= (select before from wanted)
      order by negated desc, reached_at desc, member_id desc limit 1
    ) short on true
  )`

/**
 * A statement that adds score changes to the counts, in one order. Of those who hold the board lock shared only one may
 * write counts at a time (see `takeCounts` in domain/locks.ts): a stretch that is cut meanwhile would be counted wrong.
 * @param changes A CTE with `board_id, period, period_start, member_id` and the places `old_…` and `new_…`, null for nowhere.
 */
export const addToCounts = (communityId: Value<string>, changes: RawBuilder<unknown>) => sql`
  insert into board_counts as c (community_id, board_id, period, period_start, level, negated, reached_at, member_id, n)
  select ${communityId}::uuid, board_id, period, period_start, level, stretch.negated, stretch.reached_at, stretch.member_id, sum(n)
  from (
    select moved.board_id, moved.period, moved.period_start, short.negated, short.reached_at, short.member_id, sum(n) as n
    from (
      select board_id, period, period_start, old_negated as negated, old_reached_at as reached_at, member_id, -1 as n
      from ${changes} where old_negated is not null
      union all
      select board_id, period, period_start, new_negated, new_reached_at, member_id, 1 from ${changes} where new_negated is not null
    ) moved cross join lateral ${beginOfStretch(communityId, 0, 'moved')} short
    group by 1, 2, 3, 4, 5, 6 having sum(n) <> 0
  ) s cross join lateral (
    -- A long stretch begins where a short one does: so it is looked for once for each of these, not for each change.
    select 0 as level, s.negated, s.reached_at, s.member_id
    union all
    select 1, long.* from ${beginOfStretch(communityId, 1, 's')} long
  ) stretch
  group by 2, 3, 4, 5, 6, 7, 8 having sum(n) <> 0
  order by 2, 3, 4, 5, 6, 7, 8
  on conflict (community_id, board_id, period, period_start, level, negated, reached_at, member_id)
    do update set n = c.n + excluded.n`

/** Where the stretch of a level begins that a row's place stands on: before every place, while there is none. */
const beginOfStretch = (communityId: Value<string>, level: number, row: string) => {
  const of = (column: string) => sql.ref(`${row}.${column}`)
  return sql`(
    select coalesce(b.negated, ${first}) as negated, coalesce(b.reached_at, '-infinity') as reached_at,
      coalesce(b.member_id, ${nobody}) as member_id
    from (select) one left join lateral (
      select negated, reached_at, member_id from board_counts
      -- The level as it is: row-level security lets no cast of it use the index.
      where community_id = ${communityId}::uuid and board_id = ${of('board_id')} and period = ${of('period')}
        and period_start = ${of('period_start')} and level = ${sql.lit(level)}
        and ${place} <= (${of('negated')}, ${of('reached_at')}, ${of('member_id')})
      order by negated desc, reached_at desc, member_id desc limit 1
    ) b on true
  )`
}

/**
 * Joins stretches that have become short to those before them, and cuts those that have become long. Needs the lock on
 * counts, taken by an earlier statement.
 */
export async function balanceCounts(tx: Tx): Promise<void> {
  const { rows } = await sql`
    select from board_counts where community_id = ${tx.communityId} and balance <> 0 limit 1`.execute(tx.db)
  if (rows.length === 0) return
  await joinShort(tx)
  await cutLong(tx, 0)
  await cutLong(tx, 1)
}

/** A long stretch begins where a short one does, so that both end together. */
const joinShort = (tx: Tx) =>
  sql`
    with short as (
      select * from board_counts where community_id = ${tx.communityId} and balance = -1
    ), gone as (
      delete from board_counts c using short s
      where c.community_id = ${tx.communityId} and c.board_id = s.board_id and c.period = s.period and c.period_start = s.period_start
        and c.level >= s.level and c.negated = s.negated and c.reached_at = s.reached_at and c.member_id = s.member_id
      returning c.*
    ), grown as (
      select b.board_id, b.period, b.period_start, b.level, b.negated, b.reached_at, b.member_id, sum(g.n) as n
      from gone g cross join lateral (
        select * from board_counts b
        where b.community_id = ${tx.communityId} and b.board_id = g.board_id and b.period = g.period
          and b.period_start = g.period_start and b.level = g.level
          and (b.negated, b.reached_at, b.member_id) < (g.negated, g.reached_at, g.member_id)
          and not exists (
            select from gone o where o.board_id = b.board_id and o.period = b.period and o.period_start = b.period_start
              and o.level = b.level and o.negated = b.negated and o.reached_at = b.reached_at and o.member_id = b.member_id
          )
        order by b.negated desc, b.reached_at desc, b.member_id desc limit 1
      ) b
      group by 1, 2, 3, 4, 5, 6, 7
    )
    update board_counts c set n = c.n + g.n from grown g
    where c.community_id = ${tx.communityId} and c.board_id = g.board_id and c.period = g.period and c.period_start = g.period_start
      and c.level = g.level and c.negated = g.negated and c.reached_at = g.reached_at and c.member_id = g.member_id`.execute(
    tx.db,
  )

/** Cuts stretches of a level that have become long: short ones between rows, long ones between short ones. */
const cutLong = (tx: Tx, level: 0 | 1) => {
  const parts =
    level === 0
      ? sql`select negated, reached_at, member_id, 1 as n from board_scores where ranked`
      : sql`select negated, reached_at, member_id, n from board_counts where level = 0`
  const ofRun = (row: string) => sql`
    community_id = ${tx.communityId} and board_id = ${sql.ref(`${row}.board_id`)} and period = ${sql.ref(`${row}.period`)}
      and period_start = ${sql.ref(`${row}.period_start`)}`
  const within = (before: string) => sql`
    (${sql.ref(`${before}_negated`)}, ${sql.ref(`${before}_reached_at`)}, d.member_id) >= (p.negated, p.reached_at, p.member_id)
      and (${sql.ref(`${before}_negated`)}, ${sql.ref(`${before}_reached_at`)}, d.member_id) < (p.end_negated, p.end_reached_at, p.end_member_id)`
  // Changes that wait are in the scores, and not yet in the counts.
  const waiting = sql`(
    select count(*) filter (where ${within('new')}) - count(*) filter (where ${within('old')})
    from board_deltas d where ${ofRun('p')}
  )`
  return sql`
    with long as (
      select row_number() over () as id, c.*, coalesce(e.negated, ${last}) as end_negated,
        coalesce(e.reached_at, 'infinity') as end_reached_at, coalesce(e.member_id, ${nobody}) as end_member_id
      from board_counts c left join lateral (
        select negated, reached_at, member_id from board_counts
        where ${ofRun('c')} and level = c.level and ${place} > (c.negated, c.reached_at, c.member_id)
        order by negated, reached_at, member_id limit 1
      ) e on true
      where c.community_id = ${tx.communityId} and c.balance = 1 and c.level = ${sql.lit(level)}
    ), parts as (
      select id, p.*, (sum(p.n) over (partition by id order by p.negated, p.reached_at, p.member_id) - p.n)::bigint
        / ${sql.lit(cut[level])} as piece
      from long l cross join lateral (
        ${parts} and ${ofRun('l')} and ${place} >= (l.negated, l.reached_at, l.member_id)
          and ${place} < (l.end_negated, l.end_reached_at, l.end_member_id)
      ) p
    ), pieces as (
      select distinct on (id, piece) id, piece, negated, reached_at, member_id, sum(n) over (partition by id, piece) as n
      from parts order by id, piece, negated, reached_at, member_id
    ), bounded as (
      select l.board_id, l.period, l.period_start, p.n, lead(p.negated, 1, l.end_negated) over pieces as end_negated,
        lead(p.reached_at, 1, l.end_reached_at) over pieces as end_reached_at,
        lead(p.member_id, 1, l.end_member_id) over pieces as end_member_id,
        case piece when 0 then l.negated else p.negated end as negated,
        case piece when 0 then l.reached_at else p.reached_at end as reached_at,
        case piece when 0 then l.member_id else p.member_id end as member_id
      from pieces p join long l using (id) window pieces as (partition by id order by piece)
    )
    insert into board_counts (community_id, board_id, period, period_start, level, negated, reached_at, member_id, n)
    select ${tx.communityId}::uuid, board_id, period, period_start, ${sql.lit(level)}, negated, reached_at, member_id,
      n ${level === 0 ? sql`- ${waiting}` : sql``}
    from bounded p
    on conflict (community_id, board_id, period, period_start, level, negated, reached_at, member_id)
      do update set n = excluded.n`.execute(tx.db)
}
