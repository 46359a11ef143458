import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import type { RootKey } from '../domain/keys/secrets.js'
import { resealVouchers, sealOf } from '../domain/store/vouchers.js'
import { type Loop, startLoop } from './loop.js'

/** Seals codes anew after the root key was changed, while the one before it is still known. Every instance seals by its own. */
export function startResealing(database: Database, log: Pick<Logger, 'error'>, rootKey: RootKey): Loop {
  return startLoop(database, log, {
    name: 'resealing',
    everyMs: 60_000,
    find: async (db) => {
      const rows = await db
        .selectFrom('vouchers')
        .select('community_id')
        .distinct()
        .where('sealed_by', '<>', sealOf(rootKey))
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) => database.tenant(communityId, (tx) => resealVouchers(tx, rootKey)),
  })
}
