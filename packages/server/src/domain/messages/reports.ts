import type { Selectable } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { isId, newId } from '../ids.js'
import { messageOf, type Speaker } from './places.js'

/** What a member thinks somebody should look at. */
export interface Report extends Selectable<Tables['message_reports']> {
  channel_id: string
  author_id: string
}

/** Tells those who look after the community of a message. Twice is as once. Whoever does shows them what it says. */
export async function reportMessage(
  tx: Tx,
  speaker: Speaker,
  messageId: string,
  reason: string,
  at: Date,
): Promise<void> {
  const { message } = await messageOf(tx, speaker, messageId)
  await tx.db
    .insertInto('message_reports')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      message_id: message.id,
      member_id: speaker.onlooker.memberId,
      reason,
      text: message.text,
      created_at: at,
    })
    .onConflict((oc) => oc.doNothing())
    .execute()
}

/** Which reports: all of them, or those that are open or not. */
export interface Wanted {
  isClosed?: boolean | undefined
}

/** Reports, newest first. */
export function listReports(tx: Tx, { isClosed }: Wanted, after: string | undefined, limit: number): Promise<Report[]> {
  let found = reports(tx)
  if (isClosed !== undefined) found = found.where('r.closed_at', isClosed ? 'is not' : 'is', null)
  if (after !== undefined) found = found.where('r.id', '<', after)
  return found.orderBy('r.id', 'desc').limit(limit).execute()
}

/**
 * Says that a report was looked at, or is to be again.
 * @throws Failure `not_found`
 */
export async function closeReport(tx: Tx, id: string, isClosed: boolean, at: Date): Promise<Report> {
  if (!isId(id)) throw gone()
  await tx.db
    .updateTable('message_reports')
    .set({ closed_at: isClosed ? at : null })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .execute()
  return reports(tx).where('r.id', '=', id).executeTakeFirstOrThrow(gone)
}

const gone = () => new Failure('not_found', 'There is no such report.')

const reports = (tx: Tx) =>
  tx.db
    .selectFrom('message_reports as r')
    .innerJoin('messages as m', (join) =>
      join.onRef('m.community_id', '=', 'r.community_id').onRef('m.id', '=', 'r.message_id'),
    )
    .selectAll('r')
    .select(['m.channel_id', 'm.author_id'])
    .where('r.community_id', '=', tx.communityId)
    .where('m.community_id', '=', tx.communityId)
