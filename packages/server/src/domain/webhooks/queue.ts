import { type EventType, webhookEvents } from '@rai/contract'
import { type Kysely, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { emit } from '../events.js'
import { newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'
import { forgetSaid } from './deliveries.js'
import { disableEndpoint, type Endpoint, listEndpoints } from './endpoints.js'
import { type NumberedEvent, type ShowFile, tell } from './payloads.js'
import { nextAttemptAt, verdictOn } from './schedule.js'
import { type LiveSecrets, liveSecrets } from './secrets.js'

/*
 * What the job of webhooks does to a community in one transaction: it writes down what became of what it sent, sees which
 * events are to be told to whom, and takes what is due. One instance at a time takes what is due for an endpoint (it holds the
 * endpoint's lease), so that none sends what another one is at. Whoever is killed leaves the lease to the others when it ends.
 */

/** How many events are looked at in one transaction: a row for each and every endpoint must fit one statement. */
const eventsAtOnce = 200
/** A message that is told of no more. */
type Ended = Omit<NumberedEvent, 'type'> & { type: 'message.deleted' }
const seenEvents: readonly EventType[] = [...webhookEvents, 'message.deleted' satisfies Ended['type']]
/** How many deliveries are taken for an endpoint at once: more than are sent at once, so that none waits for the database. */
const deliveriesAtOnce = 100
/** How long an instance has an endpoint for itself. It says so again long before that. */
export const leaseMs = 8_000

/** Something to be sent. */
export interface Delivery {
  endpointId: string
  messageId: string
  round: number
  payload: string
  /** Whether it tells of a message of a channel. */
  isSaid: boolean
}

/** What it takes to send to an endpoint. */
export interface Receiver extends Pick<Endpoint, 'url' | 'encryption' | 'public_key'>, LiveSecrets {}

/** What became of an attempt. */
export interface Outcome {
  delivery: Delivery
  /** Null where no answer came; then there is an error. */
  status: number | null
  error: string | null
  latencyMs: number
  answer: string
  at: Date
  /** When the endpoint wants to be asked again. */
  retryAt: Date | undefined
}

/** Whether it has arrived. */
const isGood = ({ status }: Outcome): boolean => status !== null && status >= 200 && status < 300

/** The work of an instance on a community. */
export interface Turn {
  /** The instance. */
  worker: string
  outcomes: readonly Outcome[]
  /** What it has taken and not written down yet: it is not taken again. */
  underWay: readonly Delivery[]
  /** What is told of a file that a message carries. */
  showFile: ShowFile
  at: Date
}

export interface Taken {
  deliveries: Delivery[]
  /** Of every endpoint that the instance holds. */
  receivers: Map<string, Receiver>
  /** Until when it holds them. */
  until: Date
  /** There are more events to look at. */
  more: boolean
}

/** Where an instance finds work: events that nobody has seen, and what is due where nobody else is at it. */
export async function communitiesWithWork(db: Kysely<Tables>, worker: string, at: Date): Promise<string[]> {
  const { rows } = await sql<{ community_id: string }>`
    select q.community_id from webhook_queues q join relays r using (community_id) where r.last_seq > q.seen_seq
    union
    select d.community_id from webhook_deliveries d
    join webhook_endpoints e on e.community_id = d.community_id and e.id = d.endpoint_id
    where d.status = 'pending' and d.due_at <= ${at} and e.disabled_reason is null and coalesce(e.rests_until <= ${at}, true)
      and (e.leased_by = ${worker} or coalesce(e.leased_until <= ${at}, true))`.execute(db)
  return rows.map(({ community_id }) => community_id)
}

/** Does what there is to do. */
export async function work(tx: Tx, rootKey: RootKey, turn: Turn): Promise<Taken> {
  await writeDown(tx, turn)
  const more = await queueEvents(tx, turn)
  const until = new Date(turn.at.getTime() + leaseMs)
  const held = await holdEndpoints(tx, turn, until)
  const secrets = await liveSecrets(
    tx,
    rootKey,
    held.map(({ id }) => id),
    turn.at,
  )
  const receivers = new Map(held.map((endpoint) => [endpoint.id, { ...endpoint, ...secrets.get(endpoint.id)! }]))
  return { deliveries: await takeDue(tx, held, turn), receivers, until, more }
}

/** Writes down what became of the last deliveries of an instance that stops, and leaves its endpoints to the others. */
export async function leave(tx: Tx, turn: Turn): Promise<void> {
  await writeDown(tx, turn)
  await sql`
    update webhook_endpoints set leased_until = null
    where community_id = ${tx.communityId} and leased_by = ${turn.worker}`.execute(tx.db)
}

/** Sees to whom the next events are told. Answers whether there may be more. */
async function queueEvents(tx: Tx, turn: Turn): Promise<boolean> {
  const { db, communityId } = tx
  const queue = await db
    .selectFrom('webhook_queues')
    .select('seen_seq')
    .where('community_id', '=', communityId)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  const relay =
    queue &&
    (await db.selectFrom('relays').select('last_seq').where('community_id', '=', communityId).executeTakeFirst())
  if (!relay || relay.last_seq <= queue.seen_seq) return false
  const events = (await db
    .selectFrom('events')
    .select(['id', 'type', 'subject', 'data', 'created_at', 'seq'])
    .where('community_id', '=', communityId)
    .where('seq', '>', queue.seen_seq)
    .where('seq', '<=', relay.last_seq)
    .where('type', 'in', seenEvents)
    .orderBy('seq')
    .limit(eventsAtOnce)
    .execute()) as (NumberedEvent | Ended)[]
  const told = events.filter((event): event is NumberedEvent => event.type !== 'message.deleted')
  if (told.length > 0) await queueDeliveries(tx, told, turn)
  // Last, so that nothing of a message is left that was deleted while it was told of.
  const deleted = events.flatMap(({ type, subject }) => (type === 'message.deleted' ? subject! : []))
  if (deleted.length > 0) await forgetSaid(tx, deleted)
  const more = events.length === eventsAtOnce
  await db
    .updateTable('webhook_queues')
    .set({ seen_seq: more ? events.at(-1)!.seq : relay.last_seq })
    .where('community_id', '=', communityId)
    .execute()
  return more
}

async function queueDeliveries(tx: Tx, events: readonly NumberedEvent[], { showFile, at }: Turn): Promise<void> {
  const { db, communityId } = tx
  const endpoints = await listEndpoints(tx)
  const wanted = new Set<string>(['webhook.test', ...endpoints.flatMap((endpoint) => endpoint.events)])
  const told = await tell(
    tx,
    events.filter(({ type }) => wanted.has(type)),
    { endpoints, showFile },
  )
  const messages = told.map(({ event: { id, type, seq, created_at }, data, memberId, said }) => {
    const payload = { type, timestamp: created_at.toISOString(), sequence: seq, communityId, data }
    return {
      community_id: communityId,
      id,
      type,
      seq,
      member_id: memberId,
      said_id: said?.id ?? null,
      payload: JSON.stringify(payload),
      created_at,
    }
  })
  const deliveries = told.flatMap(({ event, said, only, except }) =>
    endpoints
      .filter(({ id, events, channel_ids, told_from }) => {
        if (only) return id === only
        const isAsked = events.some((one) => one === event.type)
        const isThere = !said || !channel_ids || channel_ids.includes(said.channelId)
        return isAsked && isThere && id !== except && told_from <= event.created_at
      })
      .map(({ id, disabled_reason }) => ({
        community_id: communityId,
        endpoint_id: id,
        message_id: event.id,
        status: disabled_reason === null ? ('pending' as const) : ('held' as const),
        due_at: at,
        created_at: at,
      })),
  )
  if (deliveries.length === 0) return
  await db.insertInto('webhook_messages').values(messages).execute()
  await db.insertInto('webhook_deliveries').values(deliveries).execute()
}

/** Takes the leases of endpoints that the instance has something of, or that have something due and are nobody's. */
async function holdEndpoints(tx: Tx, { worker, underWay, at }: Turn, until: Date): Promise<Endpoint[]> {
  const busy = [...new Set(underWay.map(({ endpointId }) => endpointId))]
  const free = tx.db
    .selectFrom('webhook_endpoints')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('disabled_reason', 'is', null)
    .where((eb) => eb.or([eb('leased_by', '=', worker), eb('leased_until', 'is', null), eb('leased_until', '<=', at)]))
    .where(
      sql<boolean>`(id = any(${sql.val(busy)}::uuid[]) or coalesce(rests_until <= ${at}, true) and exists (
        select from webhook_deliveries d
        where d.community_id = ${tx.communityId} and d.endpoint_id = webhook_endpoints.id and d.status = 'pending'
          and d.due_at <= ${at}))`,
    )
    .forUpdate()
    .skipLocked()
  const ids = (await free.execute()).map(({ id }) => id)
  if (ids.length === 0) return []
  return tx.db
    .updateTable('webhook_endpoints')
    .set({ leased_by: worker, leased_until: until })
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id = any(${sql.val(ids)}::uuid[])`)
    .returningAll()
    .execute()
}

/** What is due for the endpoints that the instance holds, and not under way, the longest due first. */
async function takeDue(tx: Tx, held: readonly Endpoint[], { underWay, at }: Turn): Promise<Delivery[]> {
  const rested = held.filter(({ rests_until }) => rests_until === null || rests_until <= at)
  const taken: Delivery[] = []
  for (const { id } of rested) {
    const own = underWay.filter(({ endpointId }) => endpointId === id).map(({ messageId }) => messageId)
    if (own.length >= deliveriesAtOnce) continue
    const due = await tx.db
      .selectFrom('webhook_deliveries as d')
      .innerJoin('webhook_messages as m', (join) =>
        join.on('m.community_id', '=', tx.communityId).onRef('m.id', '=', 'd.message_id'),
      )
      .select(['d.endpoint_id as endpointId', 'd.message_id as messageId', 'd.round', 'm.payload'])
      .select((eb) => eb('m.said_id', 'is not', null).$castTo<boolean>().as('isSaid'))
      .where('d.community_id', '=', tx.communityId)
      .where('d.endpoint_id', '=', id)
      .where('d.status', '=', 'pending')
      .where('d.due_at', '<=', at)
      .where(sql<boolean>`d.message_id <> all(${sql.val(own)}::uuid[])`)
      .orderBy('d.due_at')
      .orderBy('d.message_id')
      .limit(deliveriesAtOnce - own.length)
      .execute()
    taken.push(...due)
  }
  return taken
}

/** Writes down attempts, and what follows from them for their deliveries and endpoints. */
async function writeDown(tx: Tx, { outcomes, at }: Turn): Promise<void> {
  if (outcomes.length === 0) return
  const column = <T>(of: (outcome: Outcome) => T) => sql.val(outcomes.map(of))
  // What was deleted meanwhile has no log. What was replayed meanwhile has another round to go.
  const { rows } = await sql<{ endpoint_id: string; message_id: string; failures: number; is_of_round: boolean }>`
    select d.endpoint_id, d.message_id, d.failures, d.round = o.round and d.status in ('pending', 'held') as is_of_round
    from webhook_deliveries d
    join unnest(
      ${column(({ delivery }) => delivery.endpointId)}::uuid[], ${column(({ delivery }) => delivery.messageId)}::uuid[],
      ${column(({ delivery }) => delivery.round)}::int[]
    ) as o (endpoint_id, message_id, round) on d.endpoint_id = o.endpoint_id and d.message_id = o.message_id
    where d.community_id = ${tx.communityId}`.execute(tx.db)
  const nameOf = (endpointId: string, messageId: string) => `${endpointId} ${messageId}`
  const known = new Map(rows.map((row) => [nameOf(row.endpoint_id, row.message_id), row]))
  const logged = outcomes.flatMap((outcome) => {
    const row = known.get(nameOf(outcome.delivery.endpointId, outcome.delivery.messageId))
    return row ? { ...outcome, ...row } : []
  })
  if (logged.length === 0) return
  await tx.db
    .insertInto('webhook_attempts')
    .values(
      logged.map(({ delivery, status, error, latencyMs, answer, at }) => ({
        community_id: tx.communityId,
        id: newId(at.getTime()),
        endpoint_id: delivery.endpointId,
        message_id: delivery.messageId,
        status,
        error,
        latency_ms: latencyMs,
        answer,
        created_at: at,
      })),
    )
    .execute()
  const changed = logged.filter(({ is_of_round }) => is_of_round)
  const after = changed.map((outcome) => ({ ...outcome, ...following(outcome, at) }))
  const values = <T>(of: (one: (typeof after)[number]) => T) => sql.val(after.map(of))
  await sql`
    update webhook_deliveries d set
      -- What was disabled meanwhile stays so.
      status = case when o.status = 'pending' then d.status else o.status end, failures = o.failures, due_at = o.due_at
    from unnest(
      ${values(({ delivery }) => delivery.endpointId)}::uuid[], ${values(({ delivery }) => delivery.messageId)}::uuid[],
      ${values(({ next }) => next)}::text[], ${values(({ failed }) => failed)}::int[],
      ${values(({ dueAt }) => dueAt)}::timestamptz[]
    ) as o (endpoint_id, message_id, status, failures, due_at)
    where d.community_id = ${tx.communityId} and d.endpoint_id = o.endpoint_id and d.message_id = o.message_id`.execute(
    tx.db,
  )
  for (const endpointId of new Set(logged.map(({ delivery }) => delivery.endpointId)))
    await judgeEndpoint(
      tx,
      endpointId,
      logged.filter(({ delivery }) => delivery.endpointId === endpointId),
      at,
    )
}

/** What becomes of a delivery by an attempt. */
function following(outcome: Outcome & { failures: number }, at: Date) {
  if (isGood(outcome)) return { next: 'delivered', failed: outcome.failures, dueAt: at }
  // Kept for whoever enables the endpoint again.
  if (outcome.status === 410) return { next: 'held', failed: outcome.failures, dueAt: at }
  const failed = outcome.failures + 1
  const dueAt = nextAttemptAt(failed, outcome.retryAt, at, Math.random())
  return dueAt ? { next: 'pending', failed, dueAt } : { next: 'exhausted', failed, dueAt: at }
}

/** What follows for an endpoint from its last attempts. */
async function judgeEndpoint(tx: Tx, id: string, outcomes: readonly Outcome[], at: Date): Promise<void> {
  const own = () =>
    tx.db.updateTable('webhook_endpoints').where('community_id', '=', tx.communityId).where('id', '=', id)
  if (outcomes.some(({ status }) => status === 410)) {
    const { numUpdatedRows } = await own()
      .set({ failing_since: sql`coalesce(failing_since, ${at})` })
      .where('disabled_reason', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows > 0n) await disableEndpoint(tx, id, 'gone', at)
    return
  }
  const rests = outcomes.flatMap(({ status, retryAt }) => (status === 429 || status === 503 ? (retryAt ?? []) : []))
  if (rests.length > 0)
    await own()
      .set({ rests_until: new Date(Math.max(...rests.map((until) => until.getTime()))) })
      .execute()
  if (outcomes.some(isGood)) {
    await own().set({ failing_since: null, is_alerted: false }).where('failing_since', 'is not', null).execute()
    return
  }
  const endpoint = await own()
    .set({ failing_since: sql`coalesce(failing_since, ${at})` })
    .where('disabled_reason', 'is', null)
    .returning(['failing_since', 'is_alerted'])
    .executeTakeFirst()
  if (!endpoint) return
  const failingSince = endpoint.failing_since!
  const verdict = verdictOn(failingSince, at)
  if (verdict === 'disable') await disableEndpoint(tx, id, 'failing', at)
  if (verdict === 'alert' && !endpoint.is_alerted) {
    await own().set({ is_alerted: true }).execute()
    await emit(tx, 'webhook.endpoint.failing', id, { failingSince: failingSince.toISOString() })
  }
}
