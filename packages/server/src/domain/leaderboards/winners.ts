import type { Prize } from '@rai/contract'
import { sql } from 'kysely'
import { planOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { type CommunityClock, communityClock } from '../clock.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { post } from '../ledger.js'
import { holdRow, shareBoards, tryShareBoards } from '../locks.js'
import type { Board } from './boards.js'
import { type Run, reviewMs, runOf } from './runs.js'

/*
 * A run with prizes is settled once, by a background job, when its result becomes final: who has which rank then has won
 * what that rank wins, whatever changes later. `settled_to` says of which runs that is done: those that ended until then.
 */

/** Says when the board's next runs are to be settled: those that are not final yet when a board gets prizes, and later ones. */
export async function planSettling(tx: Tx, board: Board, at: Date): Promise<void> {
  const clock = await communityClock(tx)
  const since = board.settled_to ?? new Date(at.getTime() - reviewMs(board, clock))
  await keepPlan(tx, board, clock, board.prizes.length > 0 ? since : null)
}

async function keepPlan(tx: Tx, board: Board, clock: CommunityClock, settledTo: Date | null): Promise<void> {
  const end = settledTo && nextEnd(board, clock, settledTo)
  await tx.db
    .updateTable('leaderboards')
    .set({ settled_to: settledTo, settles_at: end && new Date(end.getTime() + reviewMs(board, clock)) })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', board.id)
    .execute()
}

/** When the first of the board's runs ends after a moment. */
function nextEnd(board: Board, clock: CommunityClock, after: Date): Date | null {
  const ends = board.periods.flatMap((period) => runOf(board, clock, after, period).endsAt ?? [])
  const later = ends.filter((end) => end > after).map(Number)
  return later.length > 0 ? new Date(Math.min(...later)) : null
}

/** Settles the next of the community's runs that are final. Answers whether there may be more. */
export async function settleNext(tx: Tx, now: Date): Promise<boolean> {
  // While a board changes it is left for later.
  if (!(await tryShareBoards(tx))) return false
  const board = await tx.db
    .selectFrom('leaderboards')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('settles_at', '<=', now)
    .where('counted_to', 'is', null)
    .orderBy('settles_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!board) return false
  const clock = await communityClock(tx)
  const end = nextEnd(board, clock, board.settled_to!)
  for (const period of end ? board.periods : []) {
    const run = runOf(board, clock, board.settled_to!, period)
    if (Number(run.endsAt) === Number(end)) await settle(tx, board, run)
  }
  await keepPlan(tx, board, clock, end)
  await emit(tx, 'leaderboard.changed', board.id)
  return true
}

/** Writes down who won what in a run. Members who share a rank each win what it wins. */
async function settle(tx: Tx, board: Board, run: Run): Promise<void> {
  const prizes = sql`jsonb_array_elements(${JSON.stringify(board.prizes)}::jsonb)`
  await sql`
    insert into board_winners (community_id, board_id, period, period_start, member_id, rank, prize)
    select ${tx.communityId}::uuid, ${board.id}::uuid, ${run.period}, ${run.start}::date, member_id, rank, prize
    from (
      select member_id, rank() over (order by negated) as rank,
        row_number() over (order by negated, reached_at, member_id) as position
      from board_scores
      where community_id = ${tx.communityId} and board_id = ${board.scores_id} and period = ${run.period}
        and period_start = ${run.start}::date and ranked and (score > 0 or not ${board.only_positive}::boolean)
    ) r
    join ${prizes} as p (prize) on rank between (prize->>'from')::bigint and (prize->>'to')::bigint
    where rank <= ${Math.max(...board.prizes.map(({ to }) => to))}
      and (${board.top_rank_limit}::bigint is null or position <= ${board.top_rank_limit})
      -- A board that is given a later end does not settle a run twice.
      and not exists (
        select from board_winners w where w.community_id = ${tx.communityId} and w.board_id = ${board.id}
          and w.period = ${run.period} and w.period_start = ${run.start}::date
      )
    returning 1`.execute(tx.db)
}

/** What a member won in a run. */
export interface Won {
  rank: number
  prize: Prize
  claimedAt: Date | null
}

const won = (tx: Tx, run: Run, memberId: string) =>
  tx.db
    .selectFrom('board_winners')
    .select(['rank', 'prize', 'claimed_at as claimedAt'])
    .where('community_id', '=', tx.communityId)
    .where('board_id', '=', run.boardId)
    .where('period', '=', run.period)
    .where('period_start', '=', run.start)
    .where('member_id', '=', memberId)

/** Null for nothing, and until the run is settled. */
export async function prizeOf(tx: Tx, run: Run, memberId: string): Promise<Won | null> {
  const [prize] = await tx.send<Won>(planOnce(won(tx, run, memberId).compile()))
  return prize ?? null
}

/**
 * Hands a member the prize of a run: an amount is posted in the same transaction. Again and again is as once.
 * @throws Failure `conflict` until the run is settled, `not_found` for who has won nothing.
 */
export async function claimPrize(tx: Tx, run: Run, memberId: string, at: Date): Promise<Won> {
  await shareBoards(tx)
  const prize = await holdRow(tx, won(tx, run, memberId))
  if (!prize) {
    throw run.state === 'ended'
      ? new Failure('not_found', 'You have won no prize in this run.')
      : new Failure('conflict', 'The result is not final yet.')
  }
  if (prize.claimedAt) return prize
  await tx.db
    .updateTable('board_winners')
    .set({ claimed_at: at })
    .where('community_id', '=', tx.communityId)
    .where('board_id', '=', run.boardId)
    .where('period', '=', run.period)
    .where('period_start', '=', run.start)
    .where('member_id', '=', memberId)
    .execute()
  const { amount } = prize.prize
  const key = `prize:${run.boardId}:${run.period}:${run.start}:${memberId}`
  if (amount) await post(tx, [{ ...amount, memberId, reason: 'prize', key, actor: memberId }], at)
  return { ...prize, claimedAt: at }
}

/** What a member has won and not claimed, on whichever board. */
export async function unclaimedPrizes(tx: Tx, memberId: string): Promise<Prize[]> {
  const rows = await tx.db
    .selectFrom('board_winners')
    .select('prize')
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('claimed_at', 'is', null)
    .execute()
  return rows.map(({ prize }) => prize)
}

/** A winner as operators see them. */
export interface Winner extends Won {
  memberId: string
  username: string
  period: Run['period']
  start: Run['start']
}

/** Everybody who ever won something on a board, newest runs first. */
export async function listWinners(
  tx: Tx,
  boardId: string,
  { page, limit }: { page: number; limit: number },
): Promise<{ rows: Winner[]; total: number }> {
  const all = tx.db
    .selectFrom('board_winners as w')
    .where('w.community_id', '=', tx.communityId)
    .where('w.board_id', '=', boardId)
  const { total } = await all.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const rows = await all
    .innerJoin('members as m', (join) =>
      join.onRef('m.community_id', '=', 'w.community_id').onRef('m.id', '=', 'w.member_id'),
    )
    .select([
      'w.member_id as memberId',
      'm.username',
      'w.period',
      'w.period_start as start',
      'w.rank',
      'w.prize',
      'w.claimed_at as claimedAt',
    ])
    .orderBy('w.period_start', 'desc')
    .orderBy('w.period')
    .orderBy('w.rank')
    .orderBy('w.member_id')
    .limit(limit)
    .offset((page - 1) * limit)
    .execute()
  return { rows, total }
}
