import type { managementFamily } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { isId } from '../ids.js'
import { endpointById, refuseDisabled } from './endpoints.js'

/** One event on its way to one endpoint, with its last attempts, newest first. */
export type LoggedDelivery = Selectable<Tables['webhook_deliveries']> &
  Pick<Selectable<Tables['webhook_messages']>, 'type' | 'seq'> & { attempts: Selectable<Tables['webhook_attempts']>[] }

const attemptsShown = 20
const mostReplayed = 10_000

export interface DeliveryPage {
  status?: managementFamily.DeliveryStatus | undefined
  /** The last event of the page before. */
  after: string | undefined
  limit: number
}

/**
 * What was sent to an endpoint and is to be, newest first.
 * @throws Failure `not_found`
 */
export async function listDeliveries(tx: Tx, endpointId: string, page: DeliveryPage): Promise<LoggedDelivery[]> {
  await endpointById(tx, endpointId)
  let found = deliveries(tx, endpointId)
  if (page.status) found = found.where('d.status', '=', page.status)
  if (page.after !== undefined) found = found.where('d.message_id', '<', page.after)
  return withAttempts(tx, endpointId, await found.orderBy('d.message_id', 'desc').limit(page.limit).execute())
}

/**
 * Sends an event to an endpoint once more, with all its attempts.
 * @throws Failure `not_found`, `conflict` for an endpoint that is disabled.
 */
export async function replayDelivery(tx: Tx, endpointId: string, messageId: string, at: Date): Promise<LoggedDelivery> {
  refuseDisabled(await endpointById(tx, endpointId))
  if (isId(messageId)) await replay(tx, endpointId, [messageId], at)
  const row = isId(messageId)
    ? await deliveries(tx, endpointId).where('d.message_id', '=', messageId).executeTakeFirst()
    : undefined
  if (!row) throw new Failure('not_found', 'There is no such delivery.')
  return (await withAttempts(tx, endpointId, [row]))[0]!
}

/** The same for the events of a time, by what became of them. Answers how many. */
export async function replayDeliveries(
  tx: Tx,
  endpointId: string,
  { from, to, status }: { from: Date; to: Date; status: managementFamily.DeliveryStatus },
  at: Date,
): Promise<number> {
  refuseDisabled(await endpointById(tx, endpointId))
  const rows = await deliveries(tx, endpointId)
    .where('d.status', '=', status)
    .where('m.created_at', '>=', from)
    .where('m.created_at', '<', to)
    .orderBy('d.message_id')
    .limit(mostReplayed)
    .execute()
  await replay(
    tx,
    endpointId,
    rows.map(({ message_id }) => message_id),
    at,
  )
  return rows.length
}

/** Forgets what was told of members. */
export async function eraseTold(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.db
    .deleteFrom('webhook_messages')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[])`)
    .execute()
}

/** Forgets what was told of messages, and tells nobody of them any more. */
export async function forgetSaid(tx: Tx, saidIds: readonly string[]): Promise<void> {
  await tx.db
    .deleteFrom('webhook_messages')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`said_id = any(${sql.val(saidIds)}::uuid[])`)
    .execute()
}

/** Whether what an event tells of was said and not deleted since. Of what was deleted nothing is kept from then on. */
export async function isStillSaid(tx: Tx, messageId: string): Promise<boolean> {
  const told = await tx.db
    .selectFrom('webhook_messages as w')
    .leftJoin('messages as m', (join) =>
      join.on('m.community_id', '=', tx.communityId).onRef('m.id', '=', 'w.said_id').on('m.deleted_at', 'is', null),
    )
    .select(['w.said_id', 'm.id'])
    .where('w.community_id', '=', tx.communityId)
    .where('w.id', '=', messageId)
    .executeTakeFirst()
  if (told && told.id === null) await forgetSaid(tx, [told.said_id!])
  return !!told?.id
}

const deliveries = (tx: Tx, endpointId: string) =>
  tx.db
    .selectFrom('webhook_deliveries as d')
    .innerJoin('webhook_messages as m', (join) =>
      join.on('m.community_id', '=', tx.communityId).onRef('m.id', '=', 'd.message_id'),
    )
    .selectAll('d')
    .select(['m.type', 'm.seq'])
    .where('d.community_id', '=', tx.communityId)
    .where('d.endpoint_id', '=', endpointId)

async function withAttempts(
  tx: Tx,
  endpointId: string,
  rows: readonly Omit<LoggedDelivery, 'attempts'>[],
): Promise<LoggedDelivery[]> {
  const attempts = await tx.db
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('endpoint_id', '=', endpointId)
    .where(sql<boolean>`message_id = any(${sql.val(rows.map(({ message_id }) => message_id))}::uuid[])`)
    .orderBy('id', 'desc')
    .execute()
  return rows.map((row) => {
    const own = attempts.filter(({ message_id }) => message_id === row.message_id)
    return { ...row, attempts: own.slice(0, attemptsShown) }
  })
}

async function replay(tx: Tx, endpointId: string, messageIds: readonly string[], at: Date): Promise<void> {
  await sql`
    update webhook_deliveries set status = 'pending', failures = 0, round = round + 1, due_at = ${at}
    where community_id = ${tx.communityId} and endpoint_id = ${endpointId}
      and message_id = any(${sql.val(messageIds)}::uuid[])`.execute(tx.db)
  tx.wake('webhooks')
}
