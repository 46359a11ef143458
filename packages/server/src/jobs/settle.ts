import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { settleNext } from '../domain/leaderboards/index.js'
import { type Loop, startLoop } from './loop.js'

/** Writes down who won (see leaderboards/winners.ts), as soon as a run is final. Instances pass over what another is at. */
export function startSettling(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'settling',
    find: async (db) => {
      const rows = await db
        .selectFrom('leaderboards')
        .select('community_id')
        .distinct()
        .where('settles_at', '<=', clock())
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) => database.tenant(communityId, (tx) => settleNext(tx, clock())),
  })
}
