import type { AccountsTx } from '../../db/database.js'
import type { MailAbout, MailKind } from '../../db/tables.js'
import { newId } from '../ids.js'

/** A mail to send: what it is about and to whom. What it says is decided when it is sent. */
export interface Mail {
  id: string
  kind: MailKind
  recipient: string
  /** What a mail of a community tells of; null for those about logins. */
  about: MailAbout | null
  createdAt: Date
  /** The how manieth try this is, from 1. */
  attempt: number
}

/**
 * Leaves a mail to the background, in the transaction of what it tells of: both stand or neither does.
 * @param more What it tells of, and an id of its own: the same one is queued once while it waits.
 */
export async function queueMail(
  tx: AccountsTx,
  kind: MailKind,
  recipient: string,
  at: Date,
  { id = newId(at.getTime()), about }: { id?: string; about?: MailAbout } = {},
): Promise<void> {
  await tx.db
    .insertInto('mails')
    .values({ id, kind, recipient, about: about && JSON.stringify(about), created_at: at, due_at: at })
    .onConflict((oc) => oc.doNothing())
    .execute()
  tx.wake('mails')
}

/** Longer than a mail server takes (but see mail/transport.ts): until then nobody else tries. */
const leaseMs = 20_000
const longestWaitMs = 30 * 60_000

/**
 * Takes a mail that is due. Whoever dies with it leaves it to the next who looks, later: a mail may come twice, and none
 * is lost.
 */
export async function takeMail(tx: AccountsTx, at: Date): Promise<Mail | undefined> {
  const row = await tx.db
    .selectFrom('mails')
    .selectAll()
    .where('due_at', '<=', at)
    .orderBy('due_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!row) return undefined
  await putOff(tx, row.id, new Date(at.getTime() + leaseMs), row.attempts + 1)
  return {
    id: row.id,
    kind: row.kind,
    recipient: row.recipient,
    about: row.about,
    createdAt: row.created_at,
    attempt: row.attempts + 1,
  }
}

/** Tries again later: after seconds first, then less and less often. */
export const retryMail = (tx: AccountsTx, { id, attempt }: Mail, at: Date): Promise<void> =>
  putOff(tx, id, new Date(at.getTime() + Math.min(longestWaitMs, 1000 * 2 ** attempt)), attempt)

async function putOff({ db }: AccountsTx, id: string, until: Date, attempts: number): Promise<void> {
  await db.updateTable('mails').set({ due_at: until, attempts }).where('id', '=', id).execute()
}

/** It is sent, or will never be. */
export async function dropMail({ db }: AccountsTx, { id }: Mail): Promise<void> {
  await db.deleteFrom('mails').where('id', '=', id).execute()
}
