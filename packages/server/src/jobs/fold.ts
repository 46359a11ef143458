import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { addToCounts, balanceCounts } from '../domain/leaderboards/counts.js'
import { tryShareBoards, tryTakeCounts } from '../domain/locks.js'
import { type Loop, startLoop } from './loop.js'

/** How many score changes are folded in one transaction. */
const batch = 50_000

/**
 * Folds score changes into the counts (see leaderboards/counts.ts) and keeps those balanced. Of one community, one instance
 * at a time does: others leave it to that one. Readers see a change either waiting or counted. While a board is counted
 * anew, its community's changes wait: they may be about counts that are being cleared.
 */
export function startFolding(database: Database, log: Pick<Logger, 'error'>): Loop {
  return startLoop(database, log, {
    name: 'folding',
    gatherMs: 200,
    find: async (db) => {
      // Many changes at once are counted without waiting, and leave nothing but stretches that are too long.
      const unbalanced = db.selectFrom('board_counts').select('community_id').where('balance', '<>', 0)
      const rows = await db.selectFrom('board_deltas').select('community_id').union(unbalanced).execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) =>
      database.tenant(communityId, async (tx) => {
        if (!(await tryShareBoards(tx)) || !(await tryTakeCounts(tx))) return false
        const { rows } = await sql<{ taken: number }>`
          with taken as (
            -- An array, not a join: the planner cannot know how few of the table's rows these are.
            delete from board_deltas where community_id = ${communityId} and id = any(array(
              select id from board_deltas where community_id = ${communityId} limit ${batch}
            ))
            returning *
          ), counted as (${addToCounts(communityId, sql`taken`)})
          select count(*) as taken from taken`.execute(tx.db)
        await balanceCounts(tx)
        return rows[0]!.taken === batch
      }),
  })
}
