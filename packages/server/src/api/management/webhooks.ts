import type { AnswerOf, RouteKey } from '@rai/contract'
import { couldCall } from '../../calls/fetch.js'
import type { Tx } from '../../db/database.js'
import { Failure } from '../../domain/failure.js'
import {
  type LoggedDelivery,
  listDeliveries,
  replayDeliveries,
  replayDelivery,
} from '../../domain/webhooks/deliveries.js'
import {
  createEndpoint,
  deleteEndpoint,
  type Endpoint,
  endpointById,
  listEndpoints,
  type NewSecrets,
  rotateEndpoint,
  testEndpoint,
  updateEndpoint,
} from '../../domain/webhooks/endpoints.js'
import { previousEnds, writeSigningSecret } from '../../domain/webhooks/secrets.js'
import type { Handlers, Services } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'

type Keys = Extract<RouteKey, `${string} /v1/webhooks${string}`>

export const webhooks: Handlers<Keys> = {
  'GET /v1/webhooks': async ({ tx, now }) => showEndpoints(tx, await listEndpoints(tx), now),

  'POST /v1/webhooks': async ({ tx, body, deps, now }) => {
    checkUrl(deps, body.url)
    return showSecrets(tx, await createEndpoint(tx, deps.rootKey, body, now), now)
  },

  'GET /v1/webhooks/{webhookId}': async ({ tx, params, now }) =>
    showEndpoint(tx, await endpointById(tx, params.webhookId), now),

  'PATCH /v1/webhooks/{webhookId}': async ({ tx, params, body, deps, now }) => {
    if (body.url !== undefined) checkUrl(deps, body.url)
    return showSecrets(tx, await updateEndpoint(tx, deps.rootKey, params.webhookId, body, now), now)
  },

  'DELETE /v1/webhooks/{webhookId}': async ({ tx, params }) => {
    await deleteEndpoint(tx, params.webhookId)
    return { _id: params.webhookId }
  },

  'POST /v1/webhooks/{webhookId}/rotate': async ({ tx, params, deps, now }) =>
    showSecrets(tx, await rotateEndpoint(tx, deps.rootKey, params.webhookId, now), now),

  'POST /v1/webhooks/{webhookId}/test': async ({ tx, params }) => ({
    eventId: await testEndpoint(tx, params.webhookId),
  }),

  'GET /v1/webhooks/{webhookId}/deliveries': ({ tx, params, query: { status, ...query } }) =>
    pageByCursor(query, {
      place: byId.place,
      placeOf: ({ message_id }: LoggedDelivery) => message_id,
      find: (after, limit) => listDeliveries(tx, params.webhookId, { status, after, limit }),
      show: showDelivery,
    }),

  'POST /v1/webhooks/{webhookId}/deliveries/{eventId}/replay': async ({ tx, params, limit, now }) => {
    await limit.take('replay', tx.communityId)
    return showDelivery(await replayDelivery(tx, params.webhookId, params.eventId, now))
  },

  'POST /v1/webhooks/{webhookId}/replay': async ({ tx, params, body, limit, now }) => {
    await limit.take('replay', tx.communityId)
    const { from, to, status = 'exhausted' } = body
    const range = { from: new Date(from), to: new Date(to), status }
    return { count: await replayDeliveries(tx, params.webhookId, range, now) }
  },
}

/** @throws Failure `invalid_request` for one that nothing would ever be sent to. */
function checkUrl({ config }: Services, url: string): void {
  if (couldCall([...config.callsAllow, ...config.webhookAllow], url)) return
  throw new Failure('invalid_request', 'Nothing could be sent to this endpoint.', [
    { path: 'url', message: 'must be a public https address, without a port' },
  ])
}

type ShownEndpoint = AnswerOf<'GET /v1/webhooks/{webhookId}'>

async function showEndpoints(tx: Tx, endpoints: readonly Endpoint[], at: Date): Promise<ShownEndpoint[]> {
  const ends = await previousEnds(
    tx,
    endpoints.map(({ id }) => id),
    at,
  )
  return endpoints.map((endpoint) => ({
    _id: endpoint.id,
    communityID: endpoint.community_id,
    url: endpoint.url,
    description: endpoint.description,
    events: endpoint.events,
    channelIds: endpoint.channel_ids,
    encryption: endpoint.encryption,
    publicKey: endpoint.public_key,
    isEnabled: endpoint.disabled_reason === null,
    disabledReason: endpoint.disabled_reason,
    failingSince: endpoint.failing_since?.toISOString() ?? null,
    previousSecretEndsAt: ends.get(endpoint.id)?.toISOString() ?? null,
    createdAt: endpoint.created_at.toISOString(),
    updatedAt: endpoint.updated_at.toISOString(),
    __v: endpoint.revision,
  }))
}

const showEndpoint = async (tx: Tx, endpoint: Endpoint, at: Date): Promise<ShownEndpoint> =>
  (await showEndpoints(tx, [endpoint], at))[0]!

const showSecrets = async (
  tx: Tx,
  { endpoint, signing, encryption }: NewSecrets,
  at: Date,
): Promise<AnswerOf<'POST /v1/webhooks'>> => ({
  ...(await showEndpoint(tx, endpoint, at)),
  key: signing ? writeSigningSecret(signing) : null,
  keyState: signing ? 'shown' : 'shown_before',
  encryptionKey: encryption?.toString('base64url') ?? null,
})

const showDelivery = (
  delivery: LoggedDelivery,
): AnswerOf<'POST /v1/webhooks/{webhookId}/deliveries/{eventId}/replay'> => ({
  eventId: delivery.message_id,
  type: delivery.type,
  sequence: delivery.seq,
  status: delivery.status,
  nextAttemptAt: delivery.status === 'pending' ? delivery.due_at.toISOString() : null,
  attempts: delivery.attempts.map(({ created_at, status, error, latency_ms, answer }) => ({
    at: created_at.toISOString(),
    status,
    error,
    latencyMs: latency_ms,
    answer,
  })),
  createdAt: delivery.created_at.toISOString(),
})
