import type { EventType } from '@rai/contract'
import type { Tx } from '../db/database.js'
import { newId } from './ids.js'

/**
 * Writes that something happened, in the transaction of the change, so that both stand or neither does. The relay
 * numbers it after the commit; stream and webhooks read numbered events only.
 * @param subject What it is about (a board, a member, a job), or null.
 * @param data What else is told of it, where nothing keeps it that could be asked.
 * @returns Its id.
 */
export async function emit(tx: Tx, type: EventType, subject: string | null, data: object = {}): Promise<string> {
  const id = newId()
  await tx.db
    .insertInto('events')
    .values({ community_id: tx.communityId, id, type, subject, data: JSON.stringify(data) })
    .execute()
  tx.wake('events')
  return id
}

/** The same of many things, in one statement. */
export async function emitEach(tx: Tx, type: EventType, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return
  await tx.db
    .insertInto('events')
    .values(subjects.map((subject) => ({ community_id: tx.communityId, id: newId(), type, subject })))
    .execute()
  tx.wake('events')
}
