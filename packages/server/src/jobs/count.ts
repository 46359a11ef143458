import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { countNext } from '../domain/leaderboards/index.js'
import { type Loop, startLoop } from './loop.js'

/** Counts boards that were made or changed (see leaderboards/counting.ts). Instances take steps by turns: the lock says whose it is. */
export function startCounting(database: Database, log: Pick<Logger, 'error'>): Loop {
  return startLoop(database, log, {
    name: 'counting',
    find: async (db) => {
      const rows = await db
        .selectFrom('leaderboards')
        .select('community_id')
        .distinct()
        .where('counted_to', 'is not', null)
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) => database.tenant(communityId, countNext),
  })
}
