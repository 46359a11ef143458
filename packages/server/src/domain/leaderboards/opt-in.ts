import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { Failure } from '../failure.js'
import { shareBoards } from '../locks.js'
import { findMember } from '../members/members.js'
import type { Board } from './boards.js'
import { isEligible } from './rows.js'
import { rerank } from './scores.js'

/**
 * Ranks a member on a board that ranks only who joined, with every point from before. Twice is as once.
 * @throws Failure `forbidden` where the board is not for the member, `conflict` where nobody needs to join or it is over.
 */
export async function joinBoard(tx: Tx, board: Board, memberId: string, at: Date): Promise<void> {
  checkOptIn(board)
  const member = await findMember(tx, { id: memberId })
  if (!member || !isEligible(board, member)) throw new Failure('forbidden', 'You do not take part in this leaderboard.')
  if (board.ends_at && at >= board.ends_at) throw new Failure('conflict', 'This leaderboard is over.')
  // A board that is counted meanwhile would not see the change.
  await shareBoards(tx)
  await tx.db
    .updateTable('members')
    .set({ entered_boards: sql`entered_boards || ${board.id}::uuid` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', memberId)
    .where(sql<boolean>`${board.id} <> all(entered_boards)`)
    .execute()
  await rerank(tx, [memberId])
}

/**
 * Ranks a member there no longer; the points stay. Twice is as once.
 * @throws Failure `conflict` where nobody needs to join.
 */
export async function leaveBoard(tx: Tx, board: Board, memberId: string): Promise<void> {
  checkOptIn(board)
  await shareBoards(tx)
  await tx.db
    .updateTable('members')
    .set({ entered_boards: sql`array_remove(entered_boards, ${board.id}::uuid)` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', memberId)
    .where(sql<boolean>`${board.id} = any(entered_boards)`)
    .execute()
  await rerank(tx, [memberId])
}

function checkOptIn(board: Board): void {
  if (!board.requires_opt_in)
    throw new Failure('conflict', 'This leaderboard ranks everybody: there is nothing to join.')
}
