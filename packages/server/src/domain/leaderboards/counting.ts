import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { communityClock } from '../clock.js'
import { emit, emitEach } from '../events.js'
import { newId, nobody } from '../ids.js'
import { takeBoards } from '../locks.js'
import type { Board } from './boards.js'
import { addToCounts } from './counts.js'
import { runsAt } from './runs.js'
import { changesEver, isFor, isRanked } from './scores.js'

/*
 * A board is counted from the ledger, every run that ever was, when it is made and when what it counts changes: some
 * members a step, each step a transaction that holds the community's board lock alone. `counted_to` says how far it is. An
 * award scores for members up to there and leaves the others to the step that comes to them, so that every entry counts
 * once whatever runs beside it, and a crash loses one step. The first step is the change's own: a small community's board
 * is there when the answer is.
 *
 * When what a board counts changes, the board as it was stays behind as a row of its own, with the scores that it has. It
 * goes on being scored, and is what pages are shown until the new scores are counted. Then it is taken away, in steps too.
 */

/** How many members one step counts, and how many scores one takes away: awards wait no longer than it takes. */
const membersAtOnce = 100
const scoresAtOnce = 500
/** Scores of a board are found by one index or the other. */
const areRanked = sql<boolean>`ranked`
const areNot = sql<boolean>`not ranked`

/** Begins to count a board. The caller holds the board lock alone. */
export async function beginCounting(tx: Tx, board: Board): Promise<Board> {
  tx.wake('boards')
  return countFrom(tx, board, nobody)
}

/**
 * Begins to count a board again, from nothing. The caller holds the board lock alone.
 * @param before The board as it was.
 */
export async function countAgain(tx: Tx, before: Board, board: Board): Promise<Board> {
  const id = newId()
  const { prizes: _prizes, settled_to: _settledTo, settles_at: _settlesAt, segment_of: _whole, ...kept } = before
  await tx.db
    .insertInto('leaderboards')
    .values({
      ...kept,
      id,
      slug: id,
      former_of: board.id,
      // Of one that was not through, nobody has been shown anything.
      counted_to: before.counted_to === null ? null : nobody,
      ranked_fields: JSON.stringify(kept.ranked_fields),
      settings: JSON.stringify(kept.settings),
    })
    .execute()
  const fresh = await tx.db
    .updateTable('leaderboards')
    .set({ scores_id: newId() })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', board.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return beginCounting(tx, fresh)
}

/** Takes the counting of one of the community's boards a step further. Answers whether there may be more to do. */
export async function countNext(tx: Tx): Promise<boolean> {
  await takeBoards(tx)
  const board = await tx.db
    .selectFrom('leaderboards')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('counted_to', 'is not', null)
    .orderBy(sql`former_of is not null`)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (!board) return false
  if (board.former_of !== null) await takeAway(tx, board)
  else await countFrom(tx, board, board.counted_to!)
  return true
}

/** The boards that rank only members with some values of these fields of text, or with one of these roles. */
export async function boardsRanking(
  tx: Tx,
  { fields = [], roles = [] }: { fields?: readonly string[]; roles?: readonly string[] },
): Promise<Board[]> {
  return tx.db
    .selectFrom('leaderboards')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`(ranked_fields ?| ${sql.val(fields)}::text[] or ranked_roles && ${sql.val(roles)}::uuid[])`)
    .orderBy('id')
    .execute()
}

/**
 * Counts members again on such boards, once their fields or roles have changed. Needs the board lock shared, the lock on
 * counts, and the members' rows changed before in the same transaction: awards wait for it.
 */
export async function countMoved(tx: Tx, boards: readonly Board[], memberIds: readonly string[]): Promise<void> {
  for (const board of boards) {
    const counted = memberIds.filter((id) => board.counted_to === null || id <= board.counted_to)
    await uncount(tx, board, counted)
    await countMembers(tx, board, counted)
  }
  await emitEach(tx, 'leaderboard.changed', [...new Set(boards.map(({ id, former_of }) => former_of ?? id))])
  tx.wake('scores')
}

async function countFrom(tx: Tx, board: Board, after: string): Promise<Board> {
  const members = await tx.db
    .selectFrom('members')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(membersAtOnce)
    .execute()
  const ids = members.map(({ id }) => id)
  await countMembers(tx, board, ids)
  tx.wake('scores')
  const isLast = ids.length < membersAtOnce
  if (isLast) await endFormer(tx, board)
  return tx.db
    .updateTable('leaderboards')
    .set({ counted_to: isLast ? null : ids.at(-1)! })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', board.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Pages see the board itself from now on, and are told so. What it was is left to be taken away. */
async function endFormer(tx: Tx, board: Board): Promise<void> {
  await tx.db
    .updateTable('leaderboards')
    .set({ counted_to: nobody })
    .where('community_id', '=', tx.communityId)
    .where('former_of', '=', board.id)
    .execute()
  await emit(tx, 'config.changed', null)
  await emit(tx, 'leaderboard.changed', board.id)
}

/** Takes some of what is left of a former board away, and it with the last of that. */
async function takeAway(tx: Tx, former: Board): Promise<void> {
  const some = (which: RawBuilder<boolean>) => sql`(
    select member_id from board_scores
    where community_id = ${tx.communityId} and board_id = ${former.scores_id} and ${which} limit ${scoresAtOnce}
  )`
  const { rows } = await sql<{ member_id: string }>`
    ${some(areRanked)} union ${some(areNot)} limit ${scoresAtOnce}`.execute(tx.db)
  const ids = rows.map(({ member_id }) => member_id)
  if (ids.length > 0) await uncount(tx, former, ids)
  else await removeBoard(tx, former)
}

/** Removes a board with all that its scores and counts are kept in. */
export async function removeBoard(tx: Tx, board: Board): Promise<void> {
  const rowsOf = (table: 'board_scores' | 'board_counts' | 'board_deltas') =>
    tx.db.deleteFrom(table).where('community_id', '=', tx.communityId).where('board_id', '=', board.scores_id)
  await rowsOf('board_scores').where(areRanked).execute()
  await rowsOf('board_scores').where(areNot).execute()
  await rowsOf('board_counts').execute()
  await rowsOf('board_deltas').execute()
  await tx.db.deleteFrom('leaderboards').where('community_id', '=', tx.communityId).where('id', '=', board.id).execute()
}

/** Takes members' scores off a board. */
async function uncount(tx: Tx, board: Board, memberIds: readonly string[]): Promise<void> {
  await sql`
    with gone as (
      delete from board_scores
      where community_id = ${tx.communityId} and board_id = ${board.scores_id} and member_id = any(${sql.val(memberIds)}::uuid[])
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
      select ${tx.communityId}::uuid, ${board.scores_id}::uuid, period, period_start, member_id, score, reached_at,
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
