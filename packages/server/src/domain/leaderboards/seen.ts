import { sql } from 'kysely'
import { writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import type { Run } from './runs.js'

/** The rank that a member was shown last, and when. */
export interface Seen {
  rank: number
  at: Date
}

/** Remembers the rank that a member was shown in a run. What is remembered of a newer run stays. */
export async function rememberSeen(tx: Tx, run: Run, memberId: string, { rank, at }: Seen): Promise<void> {
  await sql`
    insert into board_seen as s (community_id, board_id, period, member_id, period_start, rank, seen_at)
    values (${tx.communityId}, ${run.boardId}, ${run.period}, ${memberId}, ${run.start}, ${rank}, ${at})
    on conflict (community_id, board_id, period, member_id) do update
      set period_start = excluded.period_start, rank = excluded.rank, seen_at = excluded.seen_at
      where s.period_start <= excluded.period_start`.execute(tx.db)
}

const seen = writeOnce<Record<'communityId' | 'boardId' | 'period' | 'start' | 'memberId', string>>(
  ({ communityId, boardId, period, start, memberId }) => sql`
    select rank, seen_at as at from board_seen
    where community_id = ${communityId} and board_id = ${boardId} and period = ${period} and period_start = ${start}
      and member_id = ${memberId}`,
)

/** What is remembered of a run; null for nothing. */
export async function seenOf(tx: Tx, run: Run, memberId: string): Promise<Seen | null> {
  const { boardId, period, start } = run
  const [row] = await tx.send<Seen>(seen(tx.db, { communityId: tx.communityId, boardId, period, start, memberId }))
  return row ?? null
}
