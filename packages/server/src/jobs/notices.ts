import type { Logger } from 'pino'
import type { Database, Tx } from '../db/database.js'
import type { MailAbout, MailKind } from '../db/tables.js'
import { queueMail } from '../domain/accounts/mails.js'
import { dropInvitations, dueInvitations } from '../domain/members/invitations.js'
import { dropNotices, dueNotices } from '../domain/store/notices.js'
import { type Loop, startLoop } from './loop.js'

/** Mails that a community has to send: which are due, and a note that they are on their way. */
interface Source<T> {
  kind: MailKind
  due: (tx: Tx) => Promise<{ due: T[]; notices: { id: string; recipient: string; about: MailAbout }[] }>
  drop: (tx: Tx, due: T[]) => Promise<void>
}

/**
 * Hands the mails of communities on to those that are sent: to who waited for an item, and to who is invited. A community's
 * statements and those on mails never share a transaction: whoever dies between the two hands the same ones on again, by
 * the same ids.
 */
export function startNotices(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'notices',
    find: async (db) => {
      const [wishes, invitations] = await Promise.all([
        db.selectFrom('wishes').select('community_id').distinct().where('is_mail_due', '=', true).execute(),
        db.selectFrom('invitations').select('community_id').distinct().execute(),
      ])
      return [...new Set([...wishes, ...invitations].map((row) => row.community_id))]
    },
    run: async (communityId) => {
      const back = await handOn(communityId, { kind: 'back', due: dueNotices, drop: dropNotices })
      const invited = await handOn(communityId, { kind: 'invited', due: dueInvitations, drop: dropInvitations })
      return back || invited
    },
  })

  /** Answers whether there was anything. */
  async function handOn<T>(communityId: string, { kind, due: look, drop }: Source<T>): Promise<boolean> {
    const { due, notices } = await database.tenant(communityId, look)
    if (due.length === 0) return false
    await database.accounts(async (tx) => {
      for (const { id, recipient, about } of notices) await queueMail(tx, kind, recipient, clock(), { id, about })
    })
    await database.tenant(communityId, (tx) => drop(tx, due))
    return true
  }
}
