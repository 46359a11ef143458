import type { ChannelPermission } from '@rai/contract'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { type Channel, findChannels, findTarget, mayIn, type Onlooker, type Reader } from '../channels.js'
import { Failure } from '../failure.js'
import { isId } from '../ids.js'

/** What somebody said in a channel. */
export type Message = Selectable<Tables['messages']>

/** How many messages of a channel can be pinned. */
export const mostPins = 50

/** What a forum talks about. */
export type Topic = Selectable<Tables['topics']>

/** Who speaks in channels: a member, by a page, by a script of theirs, or by a back-end that does it for them. */
export interface Speaker extends Reader {
  onlooker: Onlooker
  /** The key by which they do; null for a page. */
  keyId: string | null
}

/** A message and where it stands. */
export interface Placed {
  message: Message
  channel: Channel
}

/**
 * A channel whose messages are for who asks.
 * @throws Failure `not_found`
 */
export async function placeOf(tx: Tx, reader: Reader, channelId: string): Promise<Channel> {
  const channel = await findTarget(tx, reader, channelId)
  if (!channel) throw new Failure('not_found', 'There is no such channel.')
  return channel
}

/**
 * A message that who asks may read.
 * @throws Failure `not_found` for none, and for one that says nothing any more.
 */
export async function messageOf(tx: Tx, reader: Reader, id: string): Promise<Placed> {
  const message = isId(id)
    ? await tx.db
        .selectFrom('messages')
        .selectAll()
        .where('community_id', '=', tx.communityId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
    : undefined
  const channel = message && (await findTarget(tx, reader, message.channel_id))
  if (!channel || !mayRead({ message, channel }, reader.onlooker))
    throw new Failure('not_found', 'There is no such message.')
  return { message, channel }
}

/** Messages and their channels, deleted ones among them, by the messages' ids. */
export async function findPlaced(tx: Tx, ids: readonly string[]): Promise<Map<string, Placed>> {
  if (ids.length === 0) return new Map()
  const messages = await tx.db
    .selectFrom('messages')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('id', 'in', [...ids])
    .execute()
  const channels = await findChannels(tx, [...new Set(messages.map(({ channel_id }) => channel_id))])
  return new Map(
    messages.flatMap((message) => {
      const channel = channels.get(message.channel_id)
      return channel ? [[message.id, { message, channel }] as const] : []
    }),
  )
}

/** Whether somebody who sees a channel may read a message there; null: a back-end. */
export const mayRead = ({ message, channel }: Placed, onlooker: Onlooker | null): boolean =>
  !message.is_whispered_back || readsAll(channel, { onlooker }) || isOwn(message, { onlooker })

export const isOwn = ({ author_id: authorId }: Message, { onlooker }: Pick<Reader, 'onlooker'>): boolean =>
  authorId === onlooker?.memberId

/** Whether somebody reads also what members answer to those who whisper. */
export const readsAll = (channel: Channel, { onlooker }: Pick<Reader, 'onlooker'>): boolean =>
  onlooker === null || mayIn(channel, onlooker, 'manage_messages')

/** Whether who asks may read a message of the channel, in a statement about `m`. */
export const isRead = (channel: Channel, reader: Reader): RawBuilder<boolean> =>
  readsAll(channel, reader) ? sql`true` : sql`(not m.is_whispered_back or m.author_id = ${reader.onlooker!.memberId})`

/** @throws Failure `forbidden` for what a member may not do in a channel. */
export function demand(channel: Channel, { onlooker }: Reader, name: ChannelPermission): void {
  if (onlooker && !mayIn(channel, onlooker, name))
    throw new Failure('forbidden', `You may not do that in this channel: it needs ${name}.`)
}

/** What writing in a channel takes: an announcement is one of those who look after it. */
export const neededToWrite = ({ type }: Channel): ChannelPermission =>
  type === 'announcement' ? 'manage_messages' : 'post_messages'

export const topics = (tx: Tx) => tx.db.selectFrom('topics').selectAll().where('community_id', '=', tx.communityId)

/** A topic of a forum; undefined for none of its. */
export const topicOf = async (tx: Tx, { id: channelId }: Channel, id: string): Promise<Topic | undefined> =>
  isId(id) ? topics(tx).where('channel_id', '=', channelId).where('id', '=', id).executeTakeFirst() : undefined
