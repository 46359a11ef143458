import type { WebhookData, WebhookEvent } from '@rai/contract'
import type { Selectable } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { findMembers, type Member } from '../members/members.js'
import { type Attached, attachedTo } from '../messages/attachments.js'
import { findPlaced } from '../messages/places.js'
import { findOrders } from '../store/orders.js'
import type { Endpoint } from './endpoints.js'

/** An event that has its number. */
export type NumberedEvent = Pick<Selectable<Tables['events']>, 'id' | 'subject' | 'data' | 'created_at'> & {
  type: WebhookEvent
  seq: number
}

/** What is told of an event. */
export interface Told {
  event: NumberedEvent
  data: WebhookData<WebhookEvent>
  /** Whom it tells of. */
  memberId: string | null
  /** The message of a channel that it tells of, and the channel. */
  said?: { id: string; channelId: string }
  /** The only endpoint that it is for, or the one that it is not for. */
  only?: string
  except?: string
}

/** Who reads what events of some types are about, many at once. What is gone by then is told no more. */
type Teller = (tx: Tx, events: readonly NumberedEvent[], { endpoints, showFile }: Telling) => Promise<Told[]>

/** What tellers are told themselves. */
export interface Telling {
  endpoints: readonly Endpoint[]
  /** What is told of a file that a message carries. */
  showFile: ShowFile
}
export type ShowFile = (
  communityId: string,
  file: Attached,
) => Omit<WebhookData<'message.created'>['message']['attachments'][number], '_id'>

const tellers: Record<WebhookEvent, Teller> = {
  'user.joined': tellMembers,
  'user.visited': tellMembers,
  'message.created': async (tx, events, { showFile }) => {
    const placed = await findPlaced(tx, events.map(subjectOf))
    const attached = await attachedTo(tx, [...placed.keys()])
    const members = await findMembers(tx, [...new Set([...placed.values()].map(({ message }) => message.author_id))])
    return events.flatMap((event) => {
      const { message, channel } = placed.get(event.subject!) ?? {}
      const member = message && members.get(message.author_id)
      // What members write to each other is told to nobody.
      if (!member || !channel || message.deleted_at || channel.type === 'direct') return []
      const { id, text, reply_to, topic_id } = message
      const data = {
        user: showUser(member),
        channel: { _id: channel.id, topic: channel.topic, channelType: channel.type },
        message: {
          ...{ _id: id, message: text, replyTo: reply_to, forumTopicId: topic_id },
          attachments: (attached.get(id) ?? []).map((file) => ({ _id: file.id, ...showFile(tx.communityId, file) })),
        },
      }
      return { event, data, memberId: member.id, said: { id, channelId: channel.id } }
    })
  },
  'store.item_purchased': async (tx, events) => {
    const orders = new Map((await findOrders(tx, events.map(subjectOf))).map((order) => [order.id, order]))
    const members = await findMembers(tx, [...new Set([...orders.values()].map(({ member_id }) => member_id))])
    return events.flatMap((event) => {
      const order = orders.get(event.subject!)
      const member = order && members.get(order.member_id)
      if (!member) return []
      const { id, number, price, category, product_id, product_name } = order
      const data = {
        user: showUser(member),
        order: { _id: id, orderNumber: number, price, category },
        product: { _id: product_id, name: product_name },
      }
      return { event, data, memberId: member.id }
    })
  },
  'webhook.endpoint.failing': tellOthers(({ data }) => ({ failingSince: data.failingSince as string })),
  'webhook.endpoint.disabled': tellOthers(({ data }) => ({ reason: data.reason as 'gone' | 'failing' })),
  'webhook.test': async (_tx, events, { endpoints }) =>
    aboutEndpoints(events, endpoints, (event, endpoint) => ({ event, data: { endpoint }, only: endpoint._id })),
}

/** What is told of events, in no order. */
export async function tell(tx: Tx, events: readonly NumberedEvent[], telling: Telling): Promise<Told[]> {
  const types = [...new Set(events.map(({ type }) => type))]
  const told: Told[] = []
  for (const type of types) {
    const own = events.filter((event) => event.type === type)
    told.push(...(await tellers[type](tx, own, telling)))
  }
  return told
}

const subjectOf = ({ subject }: NumberedEvent): string => subject!

const showUser = ({ id, number, username, display_name, email }: Member) => ({
  _id: id,
  id: String(number),
  username,
  displayName: display_name,
  email,
})

async function tellMembers(tx: Tx, events: readonly NumberedEvent[]): Promise<Told[]> {
  const members = await findMembers(tx, [...new Set(events.map(subjectOf))])
  return events.flatMap((event) => {
    const member = members.get(event.subject!)
    return member ? { event, data: { user: showUser(member) }, memberId: member.id } : []
  })
}

function tellOthers(more: (event: NumberedEvent) => object): Teller {
  return async (_tx, events, { endpoints }) =>
    aboutEndpoints(events, endpoints, (event, endpoint) => ({
      event,
      data: { endpoint, ...more(event) } as WebhookData<WebhookEvent>,
      except: endpoint._id,
    }))
}

function aboutEndpoints(
  events: readonly NumberedEvent[],
  endpoints: readonly Endpoint[],
  tellOf: (event: NumberedEvent, endpoint: WebhookData<'webhook.test'>['endpoint']) => Omit<Told, 'memberId'>,
): Told[] {
  return events.flatMap((event) => {
    const endpoint = endpoints.find(({ id }) => id === event.subject)
    if (!endpoint) return []
    const { id, url, description } = endpoint
    return { ...tellOf(event, { _id: id, url, description }), memberId: null }
  })
}
