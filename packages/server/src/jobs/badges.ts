import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { settleBadges } from '../domain/badges/awards.js'
import { type Loop, startLoop } from './loop.js'

/** Does what badges that were made, changed or deleted leave to do (see domain/badges/awards.ts), a step at a time. */
export function startBadges(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'badges',
    find: async (db) => {
      const rows = await db
        .selectFrom('badges')
        .select('community_id')
        .distinct()
        .where('counted_to', 'is not', null)
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) => database.tenant(communityId, (tx) => settleBadges(tx, clock())),
  })
}
