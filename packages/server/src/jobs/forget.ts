import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { forgetNext } from '../domain/fields/fields.js'
import { type Loop, startLoop } from './loop.js'

/** Erases what deleted fields held. Instances take steps by turns: the field's row says whose it is. */
export function startForgetting(database: Database, log: Pick<Logger, 'error'>): Loop {
  return startLoop(database, log, {
    name: 'forgetting',
    find: async (db) => {
      const rows = await db
        .selectFrom('user_fields')
        .select('community_id')
        .distinct()
        .where('forgotten_to', 'is not', null)
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) => database.tenant(communityId, forgetNext),
  })
}
