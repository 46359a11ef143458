import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import { cursorQuery, Id, page, Secret, serverQuery, Time, text } from '../../schemas.js'
import { SubscribableEvent, subscribableEvents, type WebhookEvent, webhookEvents } from '../../webhooks.js'
import { mostChannels } from '../system/channels.js'
import { secret, withoutSecret } from './keys.js'

/** What is sent there tells who members are. */
const access = {
  principals: ['communityKey', 'systemKey', 'loginMember'],
  permission: 'webhooks',
  may: 'server_administrator',
} as const
const query = z.strictObject(serverQuery)
const EndpointPath = z.object({ webhookId: Id })
const DeliveryPath = z.object({ webhookId: Id, eventId: Id })

const statuses = ['pending', 'held', 'delivered', 'exhausted'] as const
/** Where a delivery is: to be tried, kept while its endpoint is disabled, done, or given up. */
export type DeliveryStatus = (typeof statuses)[number]
const DeliveryStatus = z.enum(statuses)

const disabledReasons = ['operator', 'gone', 'failing'] as const
export type DisabledReason = (typeof disabledReasons)[number]

const fields = {
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .meta({
      description:
        'Where events are sent: a public address, by https at its own port; elsewhere only where whoever runs this server allows it',
    }),
  description: text(500).meta({ description: 'What operators call it. Default: empty' }),
  events: z
    .array(SubscribableEvent)
    .min(1)
    .max(Object.keys(subscribableEvents).length)
    .refine((all) => new Set(all).size === all.length, 'must be different')
    .meta({
      description: Object.entries(subscribableEvents)
        .map(([event, when]) => `\`${event}\`: ${when}`)
        .join('. '),
    }),
  channelIds: z.array(Id).min(1).max(mostChannels).nullable().meta({
    description:
      'For `message.created`: the only channels whose messages it is told of; null, the default: all that back-ends see, which are all but direct ones',
  }),
  encryption: z.enum(['none', 'jwe']).meta({
    description:
      'Whether what is sent is a compact JWE (`A256GCM`), with `x-encrypted: true`. By `publicKey` it is encrypted for that (`RSA-OAEP-256`), else by a key of ours (`dir`), which the answer that turns it on shows once. Default: `none`',
  }),
  publicKey: text(2000).nullable().meta({
    description: 'For `jwe`: your RSA key, as PEM (`BEGIN PUBLIC KEY`). Null, the default: a key of ours',
  }),
  isEnabled: z.boolean().meta({
    description:
      'Whether anything is sent. What happens meanwhile is kept for it, and sent when it is enabled again. Default: true',
  }),
}
export type WebhookFields = z.infer<z.ZodObject<typeof fields>>

const Endpoint = z
  .strictObject({
    _id: Id,
    communityID: Id,
    ...fields,
    events: z.array(SubscribableEvent),
    disabledReason: z.enum(disabledReasons).nullable().meta({
      description: 'Who or what disabled it: an operator, its answer 410 (`gone`), or five days of failures',
    }),
    failingSince: Time.nullable().meta({ description: 'The first of its failures since the last success' }),
    /** When the secret before the last rotation signs no more. */
    previousSecretEndsAt: Time.nullable(),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'WebhookEndpoint', description: 'Where events are sent, but for its secrets' })

const NewSecrets = Endpoint.extend({
  ...secret,
  encryptionKey: Secret.nullable().meta({
    description: 'What to decrypt with (32 bytes, base64url), where there is a new one. It cannot be read again',
  }),
}).meta({ id: 'WebhookEndpointSecrets' })
const withoutSecrets = (answer: unknown) => ({ ...withoutSecret(answer), encryptionKey: null })

const Attempt = z
  .strictObject({
    at: Time,
    status: z.int().nullable().meta({ description: 'The HTTP status; null where no answer came' }),
    error: z.string().nullable().meta({ description: 'Why none came' }),
    latencyMs: z.int().meta({ description: 'In milliseconds' }),
    answer: z.string().meta({ description: 'The beginning of the answer, at most 1 KB' }),
  })
  .meta({ id: 'WebhookAttempt' })

const Delivery = z
  .strictObject({
    eventId: Id.meta({ description: 'Sent as `webhook-id`: the same on every attempt' }),
    type: z.enum(webhookEvents as [WebhookEvent, ...WebhookEvent[]]),
    sequence: z.int(),
    status: DeliveryStatus,
    nextAttemptAt: Time.nullable().meta({ description: 'Null where there is none to come' }),
    attempts: z.array(Attempt).meta({ description: 'Newest first, at most 20' }),
    createdAt: Time,
  })
  .meta({ id: 'WebhookDelivery', description: 'One event on its way to one endpoint' })

/** How other systems are told what happens. */
export const webhooks = table({
  'GET /v1/webhooks': {
    summary: 'The endpoints of a community, oldest first',
    description: 'At most 50.',
    access,
    query,
    answer: z.array(Endpoint),
    message: 'Webhook endpoints fetched successfully',
  },
  'POST /v1/webhooks': {
    summary: 'Create an endpoint. What it verifies by is shown this once',
    description:
      'Each event is sent by a POST that is signed as Standard Webhooks sign: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Any 2xx within 15 seconds is a success, everything else a failure, a redirect too. Ten attempts are made: at once, then after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours, each a little more or less. `Retry-After` with 429 or 503 (a day at most) puts off the next one, and everything else for this endpoint. 410 disables it. An event may come twice, and events come in any order: tell repeats by `webhook-id`, and the order by `sequence`.',
    access,
    query,
    body: z
      .strictObject(fields)
      .partial()
      .extend({ url: fields.url, events: fields.events })
      .meta({ id: 'CreateWebhookEndpoint' }),
    bodyLimit: bodyLimits.small,
    answer: NewSecrets,
    replayed: withoutSecrets,
    status: 201,
    message: 'Webhook endpoint created successfully',
  },
  'GET /v1/webhooks/{webhookId}': {
    summary: 'Read an endpoint',
    access,
    params: EndpointPath,
    query,
    answer: Endpoint,
    message: 'Webhook endpoint fetched successfully',
  },
  'PATCH /v1/webhooks/{webhookId}': {
    summary: 'Change an endpoint',
    description: 'What is not sent stays. Turning encryption on makes a key.',
    access,
    params: EndpointPath,
    query,
    body: z.strictObject(fields).partial().meta({ id: 'UpdateWebhookEndpoint' }),
    bodyLimit: bodyLimits.small,
    answer: NewSecrets,
    replayed: withoutSecrets,
    message: 'Webhook endpoint updated successfully',
  },
  'DELETE /v1/webhooks/{webhookId}': {
    summary: 'Delete an endpoint, with what was still to be sent and its log',
    access,
    params: EndpointPath,
    query,
    answer: z.strictObject({ _id: Id }),
    message: 'Webhook endpoint deleted successfully',
  },
  'POST /v1/webhooks/{webhookId}/rotate': {
    summary: 'Make another secret to verify by. For a day the one before signs as well',
    access,
    params: EndpointPath,
    query,
    answer: NewSecrets,
    replayed: withoutSecrets,
    message: 'Secret rotated successfully',
  },
  'POST /v1/webhooks/{webhookId}/test': {
    summary: 'Send an endpoint a `webhook.test`',
    access,
    params: EndpointPath,
    query,
    answer: z.strictObject({ eventId: Id }),
    refuses: ['conflict'],
    message: 'Test event queued successfully',
  },
  'GET /v1/webhooks/{webhookId}/deliveries': {
    summary: 'What was sent to an endpoint, and is to be, newest first',
    description: 'Kept for 60 days.',
    access,
    params: EndpointPath,
    query: z.strictObject({
      ...serverQuery,
      status: DeliveryStatus.optional().meta({ description: 'Only these' }),
      ...cursorQuery,
    }),
    answer: page(Delivery),
    message: 'Deliveries fetched successfully',
  },
  'POST /v1/webhooks/{webhookId}/deliveries/{eventId}/replay': {
    summary: 'Send an event once more, with all its attempts',
    access,
    params: DeliveryPath,
    query,
    answer: Delivery,
    refuses: ['conflict'],
    message: 'Delivery queued successfully',
  },
  'POST /v1/webhooks/{webhookId}/replay': {
    summary: 'Send the events of a time once more',
    description: 'Only those with that status, and at most 10,000: ask again, from the last one’s time on.',
    access,
    params: EndpointPath,
    query,
    body: z
      .strictObject({
        from: Time.meta({ description: 'From this moment on' }),
        to: Time.meta({ description: 'Before this moment' }),
        status: z.enum(['delivered', 'exhausted']).meta({ description: 'Of these deliveries. Default: `exhausted`' }),
      })
      .partial({ status: true })
      .meta({ id: 'ReplayWebhooks' }),
    bodyLimit: bodyLimits.small,
    answer: z.strictObject({ count: z.int().meta({ description: 'How many are sent' }) }),
    refuses: ['conflict'],
    message: 'Deliveries queued successfully',
  },
})
