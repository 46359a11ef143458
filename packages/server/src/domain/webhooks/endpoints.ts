import { createPublicKey } from 'node:crypto'
import type { managementFamily } from '@rai/contract'
import { type Selectable, sql, type Updateable } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { findChannels } from '../channels.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { isId, newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'
import { holdRow } from '../locks.js'
import { atPath, refuseUnknown } from '../references.js'
import { dropSecrets, newSecret, rotateSecret } from './secrets.js'

export type Endpoint = Selectable<Tables['webhook_endpoints']>
type EndpointInput = {
  [Name in keyof managementFamily.WebhookFields]?: managementFamily.WebhookFields[Name] | undefined
}

/** What was made, and what is shown of it this once. */
export interface NewSecrets {
  endpoint: Endpoint
  signing?: Buffer
  encryption?: Buffer
}

const mostEndpoints = 50
/** Of an RSA key, in bits. */
const leastModulus = 2048

const endpoints = (tx: Tx) => tx.db.selectFrom('webhook_endpoints').where('community_id', '=', tx.communityId)

const notThere = () => new Failure('not_found', 'There is no such webhook endpoint.')

/** Oldest first. */
export const listEndpoints = (tx: Tx): Promise<Endpoint[]> => endpoints(tx).selectAll().orderBy('id').execute()

export async function endpointById(tx: Tx, id: string): Promise<Endpoint> {
  const endpoint = isId(id) ? await endpoints(tx).selectAll().where('id', '=', id).executeTakeFirst() : undefined
  if (!endpoint) throw notThere()
  return endpoint
}

/** The same, which nobody changes until the transaction ends. */
async function holdEndpoint(tx: Tx, id: string): Promise<Endpoint> {
  const endpoint = isId(id) ? await holdRow(tx, endpoints(tx).selectAll().where('id', '=', id)) : undefined
  if (!endpoint) throw notThere()
  return endpoint
}

/**
 * @throws Failure `invalid_request` for a public key that is none, `unknown_reference` for channels that it cannot be told of,
 * `conflict` where there are too many.
 */
export async function createEndpoint(
  tx: Tx,
  rootKey: RootKey,
  input: EndpointInput & Pick<managementFamily.WebhookFields, 'url' | 'events'>,
  at: Date,
): Promise<NewSecrets> {
  const { url, description = '', events, channelIds = null } = input
  const { encryption = 'none', publicKey = null, isEnabled = true } = input
  checkPublicKey(publicKey)
  await checkChannelIds(tx, channelIds)
  const { n } = await endpoints(tx)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  if (n >= mostEndpoints)
    throw new Failure('conflict', `A community has at most ${mostEndpoints} endpoints. Delete one first.`)
  // From now on it is seen who is to be told; what happened before is told to nobody.
  await sql`
    insert into webhook_queues (community_id, seen_seq)
    select ${tx.communityId}::uuid, coalesce(max(last_seq), 0) from relays where community_id = ${tx.communityId}
    on conflict do nothing`.execute(tx.db)
  const endpoint = await tx.db
    .insertInto('webhook_endpoints')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      url,
      description: description.trim(),
      events,
      channel_ids: channelIds,
      encryption,
      public_key: publicKey,
      disabled_reason: isEnabled ? null : 'operator',
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return {
    endpoint,
    signing: await newSecret(tx, rootKey, endpoint.id, 'sign'),
    ...(needsKey(endpoint) && { encryption: await newSecret(tx, rootKey, endpoint.id, 'encrypt') }),
  }
}

/**
 * Changes what is given, and nothing else. Enabling sends what was held meanwhile.
 * @throws Failure `not_found`, and as `createEndpoint`.
 */
export async function updateEndpoint(
  tx: Tx,
  rootKey: RootKey,
  id: string,
  { url, description, events, channelIds, encryption, publicKey, isEnabled }: EndpointInput,
  at: Date,
): Promise<NewSecrets> {
  const before = await holdEndpoint(tx, id)
  checkPublicKey(publicKey)
  await checkChannelIds(tx, channelIds)
  const endpoint = await changeEndpoint(
    tx,
    id,
    {
      ...(url !== undefined && { url }),
      ...(description !== undefined && { description: description.trim() }),
      ...(events && { events }),
      ...(channelIds !== undefined && { channel_ids: channelIds }),
      ...(encryption && { encryption }),
      ...(publicKey !== undefined && { public_key: publicKey }),
    },
    at,
  )
  const key = !needsKey(before) && needsKey(endpoint) ? await newSecret(tx, rootKey, id, 'encrypt') : undefined
  if (needsKey(before) && !needsKey(endpoint)) await dropSecrets(tx, id, 'encrypt')
  if (isEnabled === true && before.disabled_reason !== null) await enableEndpoint(tx, id, at)
  if (isEnabled === false && before.disabled_reason === null) await disableEndpoint(tx, id, 'operator', at)
  return { endpoint: await endpointById(tx, id), ...(key && { encryption: key }) }
}

/** Safe to repeat, but for a `not_found`. */
export async function deleteEndpoint(tx: Tx, id: string): Promise<void> {
  await holdEndpoint(tx, id)
  await dropSecrets(tx, id)
  await tx.db.deleteFrom('webhook_endpoints').where('community_id', '=', tx.communityId).where('id', '=', id).execute()
}

/** Makes another secret to sign with. */
export async function rotateEndpoint(tx: Tx, rootKey: RootKey, id: string, at: Date): Promise<NewSecrets> {
  await holdEndpoint(tx, id)
  const signing = await rotateSecret(tx, rootKey, id, at)
  return { endpoint: await changeEndpoint(tx, id, {}, at), signing }
}

/**
 * Sends an endpoint a test, through everything that an event goes through. Answers the event's id.
 * @throws Failure `not_found`, `conflict` for one that is disabled.
 */
export async function testEndpoint(tx: Tx, id: string): Promise<string> {
  refuseDisabled(await endpointById(tx, id))
  return emit(tx, 'webhook.test', id)
}

/** @throws Failure `conflict` */
export function refuseDisabled({ disabled_reason }: Endpoint): void {
  if (disabled_reason !== null) throw new Failure('conflict', 'This endpoint is disabled. Enable it first.')
}

/** Sends nothing more, and keeps what was to be sent. Where that is no operator's doing, other endpoints are told. */
export async function disableEndpoint(
  tx: Tx,
  id: string,
  reason: managementFamily.DisabledReason,
  at: Date,
): Promise<void> {
  await changeEndpoint(tx, id, { disabled_reason: reason }, at)
  await sql`
    update webhook_deliveries set status = 'held'
    where community_id = ${tx.communityId} and endpoint_id = ${id} and status = 'pending'`.execute(tx.db)
  if (reason !== 'operator') await emit(tx, 'webhook.endpoint.disabled', id, { reason })
}

async function enableEndpoint(tx: Tx, id: string, at: Date): Promise<void> {
  await changeEndpoint(tx, id, { disabled_reason: null, failing_since: null, is_alerted: false, rests_until: null }, at)
  await sql`
    update webhook_deliveries set status = 'pending', due_at = ${at}
    where community_id = ${tx.communityId} and endpoint_id = ${id} and status = 'held'`.execute(tx.db)
  tx.wake('webhooks')
}

const changeEndpoint = (
  tx: Tx,
  id: string,
  changes: Updateable<Tables['webhook_endpoints']>,
  at: Date,
): Promise<Endpoint> =>
  tx.db
    .updateTable('webhook_endpoints')
    .set({ ...changes, updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()

/** Whether what is sent is encrypted by a key of ours. */
const needsKey = ({ encryption, public_key }: Endpoint): boolean => encryption === 'jwe' && public_key === null

/** What members write to each other is told to nobody. */
async function checkChannelIds(tx: Tx, ids: readonly string[] | null | undefined): Promise<void> {
  if (!ids) return
  const found = await findChannels(tx, ids.filter(isId))
  const told = [...found.values()].filter(({ type }) => type !== 'direct')
  refuseUnknown('channels', atPath('channelIds', ids), new Set(told.map(({ id }) => id)))
}

function checkPublicKey(text: string | null | undefined): void {
  if (text === null || text === undefined) return
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(text)
    const isPrivate = text.includes('PRIVATE')
    if (!isPrivate && asymmetricKeyType === 'rsa' && asymmetricKeyDetails!.modulusLength! >= leastModulus) return
  } catch {
    // No key at all.
  }
  throw new Failure('invalid_request', 'This is no public key that can be encrypted for.', [
    { path: 'publicKey', message: `must be an RSA public key of ${leastModulus} bits or more, as PEM` },
  ])
}
