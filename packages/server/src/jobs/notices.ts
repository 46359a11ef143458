import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { queueMail } from '../domain/accounts/mails.js'
import { dropNotices, dueNotices } from '../domain/store/notices.js'
import { type Loop, startLoop } from './loop.js'

/**
 * Hands the mails to who waited for an item on to those that are sent. A community's statements and those on mails never
 * share a transaction: whoever dies between the two hands the same ones on again, by the same ids.
 */
export function startNotices(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'notices',
    find: async (db) => {
      const rows = await db
        .selectFrom('wishes')
        .select('community_id')
        .distinct()
        .where('is_mail_due', '=', true)
        .execute()
      return rows.map((row) => row.community_id)
    },
    run: async (communityId) => {
      const { wishes, notices } = await database.tenant(communityId, dueNotices)
      if (wishes.length === 0) return false
      await database.accounts(async (tx) => {
        for (const { id, recipient, about } of notices) await queueMail(tx, 'back', recipient, clock(), { id, about })
      })
      await database.tenant(communityId, (tx) => dropNotices(tx, wishes))
      return true
    },
  })
}
