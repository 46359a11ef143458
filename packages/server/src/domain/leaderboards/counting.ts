import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { communityClock } from '../clock.js'
import { emit, emitEach } from '../events.js'
import { takeBoardLock } from '../ledger.js'
import type { Board } from './boards.js'
import { addToCounts } from './counts.js'
import { runsAt } from './runs.js'
import { changesEver, isFor, isRanked } from './scores.js'

/*
 * A board is counted from the ledger, every run that ever was, when it is made and when what it counts changes: some
 * members a step, each step a transaction of its own that holds the community's board lock alone. `counted_to` says how
 * far it is. An award scores for members up to there and leaves the others to the step that comes to them, so that every
 * entry counts once whatever runs beside it, and a crash loses one step.
 */

/** How many members are counted in the change's own transaction: a smaller board is there when the answer is. */
const membersAtFirst = 2000
/** How many members one later step counts: awards wait no longer than it takes. */
const membersAtOnce = 100
/** Sorts before every member. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** Begins to count a board again. The caller holds the board lock alone. */
export async function beginCounting(tx: Tx, board: Board): Promise<Board> {
  const counted = await countFrom(tx, board, nobody, membersAtFirst)
  if (counted.counted_to !== null) tx.wake('boards')
  return counted
}

/** Takes the counting of one of the community's boards a step further. Answers whether there may be more to do. */
export async function countNext(tx: Tx): Promise<boolean> {
  await takeBoardLock(tx)
  const board = await tx.db
    .selectFrom('leaderboards')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('counted_to', 'is not', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (!board) return false
  const { counted_to } = await countFrom(tx, board, board.counted_to!, membersAtOnce)
  // Pages were told to come back later.
  if (counted_to === null) await emit(tx, 'leaderboard.changed', board.id)
  return true
}

/**
 * Counts members again on the boards that ask for one of their fields of text, once these have changed. Needs the board
 * lock shared, the lock on counts, and the members' rows changed before in the same transaction: awards wait for it.
 */
export async function countMoved(tx: Tx, memberIds: readonly string[], fields: readonly string[]): Promise<void> {
  const boards = await tx.db
    .selectFrom('leaderboards')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`ranked_fields ?| ${sql.val(fields)}::text[]`)
    .orderBy('id')
    .execute()
  for (const board of boards) {
    const counted = memberIds.filter((id) => board.counted_to === null || id <= board.counted_to)
    await uncount(tx, board, counted)
    await countMembers(tx, board, counted)
  }
  await emitEach(
    tx,
    'leaderboard.changed',
    boards.map(({ id }) => id),
  )
  tx.wake('scores')
}

async function countFrom(tx: Tx, board: Board, after: string, count: number): Promise<Board> {
  const members = await tx.db
    .selectFrom('members')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(count)
    .execute()
  const ids = members.map(({ id }) => id)
  await uncount(tx, board, ids)
  await countMembers(tx, board, ids)
  tx.wake('scores')
  return tx.db
    .updateTable('leaderboards')
    .set({ counted_to: ids.length < count ? null : ids.at(-1)! })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', board.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Takes members' scores off a board, whatever it counted before. */
async function uncount(tx: Tx, board: Board, memberIds: readonly string[]): Promise<void> {
  await sql`
    with gone as (
      delete from board_scores
      where community_id = ${tx.communityId} and board_id = ${board.id} and member_id = any(${sql.val(memberIds)}::uuid[])
      returning *
    ), moved as (
      select board_id, period, period_start, member_id, negated as old_negated, reached_at as old_reached_at,
        null::bigint as new_negated, null::timestamptz as new_reached_at
      from gone where ranked
    )
    ${addToCounts(tx.communityId, sql`moved`)}`.execute(tx.db)
}

/** Puts on a board what the ledger says of members who are not on it. */
async function countMembers(tx: Tx, board: Board, memberIds: readonly string[]): Promise<void> {
  const { timeZone, weekStart } = await communityClock(tx)
  await sql`
    with people as (
      select m.* from members m
      join leaderboards l on l.community_id = ${tx.communityId} and l.id = ${board.id} and ${isFor}
      where m.community_id = ${tx.communityId} and m.id = any(${sql.val(memberIds)}::uuid[])
    ), earned as (
      select e.member_id, e.change, e.at, e.at at time zone ${timeZone} as local
      from ${changesEver(tx, board.metric)} e
      where e.member_id = any(array(select id from people))
        and (${board.starts_at}::timestamptz is null or e.at >= ${board.starts_at})
        and (${board.ends_at}::timestamptz is null or e.at < ${board.ends_at})
    ), totals as (
      select p.period, p.period_start, e.member_id, sum(e.change)::bigint as score, max(e.at) as reached_at
      from earned e cross join lateral ${runsAt(sql`e.local`, sql`${weekStart}`)}
      where p.period = any(${board.periods}::text[])
      group by 1, 2, 3
    ), scored as (
      insert into board_scores (community_id, board_id, period, period_start, member_id, score, reached_at, ranked)
      select ${tx.communityId}::uuid, ${board.id}::uuid, period, period_start, member_id, score, reached_at,
        ${isRanked}
      from totals
      join people m on m.id = member_id
      join leaderboards l on l.community_id = ${tx.communityId} and l.id = ${board.id}
      returning *
    ), moved as (
      select board_id, period, period_start, member_id, null::bigint as old_negated, null::timestamptz as old_reached_at,
        negated as new_negated, reached_at as new_reached_at
      from scored where ranked
    )
    ${addToCounts(tx.communityId, sql`moved`)}`.execute(tx.db)
}
