import { z } from 'zod'
import { Id } from './schemas.js'

/** What can happen in a community. Stream and webhooks speak of the same facts. */
const eventTypes = [
  'user.joined',
  'user.visited',
  'user.deleted',
  'user.suspended',
  'user.kicked',
  'user.banned',
  'balance.changed',
  'leaderboard.changed',
  'milestone.changed',
  'social.changed',
  'channel.changed',
  'channel.typing',
  'message.created',
  'message.updated',
  'message.deleted',
  'reaction.changed',
  'store.changed',
  'store.item_purchased',
  'order.updated',
  'wish.changed',
  'import.progressed',
  'import.completed',
  'config.changed',
  'key.changed',
  'webhook.test',
  'webhook.endpoint.failing',
  'webhook.endpoint.disabled',
] as const
export type EventType = (typeof eventTypes)[number]

/**
 * One message of the stream (`data:` of an event whose `id:` is `seq`). A hint, not a body: it names what changed, and
 * the client asks again for what it shows.
 */
export const Hint = z
  .strictObject({
    /** Increases by one an event and community. */
    seq: z.int(),
    /** `reset` says that the gap since `Last-Event-ID` is too old to replay: ask again for everything. */
    type: z.enum([...eventTypes, 'reset']),
    /**
     * The thing that changed: a board for `leaderboard.changed`; a member for `balance.changed`, for an `order.updated` of
     * theirs, and for a `config.changed`, `milestone.changed` or `social.changed` that is about that member's pages alone; an
     * item for `wish.changed`, which members who save for it may be told is back, and for `store.changed`, or null for the
     * whole store; the message for `message.created`, `message.updated`, `message.deleted` and `reaction.changed`; null for
     * `channel.changed`: one of the channels that members see may be another, or more or less; the member who writes for
     * `channel.typing`.
     */
    id: Id.nullable(),
    /** Of a message, and of who writes one: in which channel. */
    channelId: Id.optional(),
  })
  .meta({ id: 'Hint' })
export type Hint = z.infer<typeof Hint>
