import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { eraseNext, erasesBefore } from '../domain/members/deletions.js'
import { type Loop, startLoop } from './loop.js'

/** Erases who members were (see domain/members/deletions.ts) when they can come back no longer. Instances pass over what another is at. */
export function startErasing(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'erasing',
    find: async (db) => {
      const rows = await db
        .selectFrom('member_deletions')
        .select('community_id')
        .distinct()
        .where('deleted_at', '<=', erasesBefore(clock()))
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) => database.tenant(communityId, (tx) => eraseNext(tx, clock())),
  })
}
