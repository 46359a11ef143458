import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { endSuspensions } from '../domain/members/moderation.js'
import { type Loop, startLoop } from './loop.js'

/** Ends suspensions whose time has come (see domain/members/moderation.ts). Instances wait for each other and find nothing left. */
export function startEndingSuspensions(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'ending of suspensions',
    find: async (db) => {
      const rows = await db
        .selectFrom('member_suspensions')
        .select('community_id')
        .distinct()
        .where('ends_at', '<=', clock())
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) => database.tenant(communityId, (tx) => endSuspensions(tx, clock())),
  })
}
