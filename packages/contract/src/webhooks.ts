import { z } from 'zod'
import { SentAttachment } from './attachments.js'
import { channelTypes } from './families/system/channels.js'
import { Amount, Id, OrderCategory, Time } from './schemas.js'

/** A member, as other systems are told of one. */
const WebhookUser = z
  .strictObject({
    _id: Id,
    /** The short number. */
    id: z.string(),
    username: z.string(),
    displayName: z.string(),
    email: z.string().nullable(),
  })
  .meta({ id: 'WebhookUser' })

const WebhookEndpointName = z
  .strictObject({ _id: Id, url: z.string(), description: z.string() })
  .meta({ id: 'WebhookEndpointName' })

/** What each event tells, as `data`. */
const contents = {
  'user.joined': z.strictObject({ user: WebhookUser }),
  'user.visited': z.strictObject({ user: WebhookUser }),
  'message.created': z.strictObject({
    user: WebhookUser,
    channel: z.strictObject({ _id: Id, topic: z.string(), channelType: z.enum(channelTypes) }),
    message: z.strictObject({
      _id: Id,
      message: z.string().meta({ description: 'What it says when it is told of' }),
      replyTo: Id.nullable().meta({ description: 'The message that it answers' }),
      forumTopicId: Id.nullable(),
      attachments: z.array(SentAttachment),
    }),
  }),
  'store.item_purchased': z.strictObject({
    user: WebhookUser,
    order: z.strictObject({ _id: Id, orderNumber: z.string(), price: Amount, category: OrderCategory }),
    product: z.strictObject({ _id: Id, name: z.string() }),
  }),
  'webhook.endpoint.failing': z.strictObject({ endpoint: WebhookEndpointName, failingSince: Time }),
  'webhook.endpoint.disabled': z.strictObject({ endpoint: WebhookEndpointName, reason: z.enum(['gone', 'failing']) }),
  'webhook.test': z.strictObject({ endpoint: WebhookEndpointName }),
}
type Contents = typeof contents
/** What endpoints are told of, the test included. */
export type WebhookEvent = keyof Contents
export type WebhookData<E extends WebhookEvent> = z.output<Contents[E]>
export const webhookEvents = Object.keys(contents) as WebhookEvent[]

/** What an endpoint can ask for, and when each happens. */
export const subscribableEvents = {
  'user.joined': 'Somebody became a member. An import tells of each of its members only where it was asked to',
  'user.visited': 'A member came for the first time on a day of theirs',
  'message.created':
    'Somebody said something in a channel, or in one of `channelIds`. What members write to each other in direct channels is told to nobody',
  'store.item_purchased': 'A member bought an item of the store',
  'webhook.endpoint.failing': 'Another endpoint has failed for two and a half days, and is disabled after five',
  'webhook.endpoint.disabled': 'Another endpoint was disabled, because it said 410 or has failed for five days',
} as const satisfies Partial<Record<WebhookEvent, string>>
export type SubscribableEvent = keyof typeof subscribableEvents
export const SubscribableEvent = z.enum(Object.keys(subscribableEvents) as SubscribableEvent[])

const payloadOf = <E extends WebhookEvent>(type: E) =>
  z
    .strictObject({
      type: z.literal(type),
      timestamp: Time.meta({ description: 'When it happened' }),
      sequence: z.int().min(1).meta({
        description:
          'Increases by the community’s events. Deliveries come in any order; this is the order of what happened',
      }),
      communityId: Id,
      data: contents[type],
    })
    .meta({ id: `Webhook${type.replace(/(?:^|[._])(\w)/g, (_, first: string) => first.toUpperCase())}` })

/** What is sent of each event: the body, or what an encrypted one holds. */
export const webhookPayloads = Object.fromEntries(webhookEvents.map((type) => [type, payloadOf(type)])) as {
  [E in WebhookEvent]: ReturnType<typeof payloadOf<E>>
}
