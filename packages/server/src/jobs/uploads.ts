import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { sweepUploads, sweptBefore } from '../domain/messages/attachments.js'
import { type Loop, startLoop } from './loop.js'

/** Takes away what members uploaded and did not send (see domain/messages/attachments.ts). Instances pass over what another is at. */
export function startSweepingUploads(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'sweeping of uploads',
    find: async (db) => {
      const rows = await db
        .selectFrom('attachments')
        .select('community_id')
        .distinct()
        .where('message_id', 'is', null)
        .where('created_at', '<=', sweptBefore(clock()))
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: (communityId) => database.tenant(communityId, (tx) => sweepUploads(tx, clock())),
  })
}
