import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { rerank } from '../leaderboards/scores.js'
import { lockMembers, shareBoards } from '../locks.js'
import type { Member } from './members.js'

/** Nobody else changes these members' status until the transaction ends, and no board is counted. */
export async function holdMembers(tx: Tx, ids: readonly string[]): Promise<Pick<Member, 'id' | 'role' | 'status'>[]> {
  await shareBoards(tx)
  return lockMembers(tx, ids)
}

/** Sets the status of members who are held. Boards rank who is active, from this statement on. */
export async function setStatus(tx: Tx, ids: readonly string[], status: Member['status'], at: Date): Promise<void> {
  await tx.db
    .updateTable('members')
    .set({ status, updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id = any(${sql.val(ids)}::uuid[])`)
    .execute()
  await rerank(tx, ids)
}
