import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Channel, Reader } from '../channels.js'
import { type Attached, attachedInJson, saidShort } from './attachments.js'
import { type ShownCard, shownCards } from './cards.js'
import { isRead, type Message, mostPins, readsAll } from './places.js'

/** A message as it is shown to somebody. */
export interface ShownMessage extends Message {
  /** In the order in which each emoji came. */
  reactions: { emoji: string; count: number; isMine: boolean }[]
  /** The members whom it names. */
  mentions: string[]
  attachments: Attached[]
  /** What it answers, where they may read that. */
  quote: { id: string; author_id: string; text: string } | null
  /** What the pages say of themselves that it links to. */
  cards: ShownCard[]
}

/** How much of a message, or of what its files are called, stands where it is answered, in characters. */
const quoted = 200

/** A stretch of messages: those next to one, before or after it, or on both sides; the newest where none is named. */
export interface Stretch {
  before?: string | undefined
  after?: string | undefined
  around?: string | undefined
  topicId?: string | undefined
  limit: number
}

/** A stretch in the order of the channel, and whether there is more on either side. */
export interface Page {
  messages: ShownMessage[]
  hasBefore: boolean
  hasAfter: boolean
}

/**
 * Reads messages of a channel, deleted ones among them.
 * @param reader Somebody to whom the channel is shown.
 */
export async function readMessages(
  tx: Tx,
  channel: Channel,
  reader: Reader,
  { before, after, around, topicId, limit }: Stretch,
): Promise<Page> {
  const inTopic = topicId === undefined ? sql`true` : sql`m.topic_id = ${topicId}`
  const within = (where: RawBuilder<unknown>) =>
    sql`m.channel_id = ${channel.id} and ${inTopic} and ${isRead(channel, reader)} and ${where}`
  /** One more than is asked for says whether there is more. */
  const next = async (where: RawBuilder<unknown>, order: 'asc' | 'desc', most: number) => {
    const found = await find(tx, channel, reader, within(where), sql`id ${sql.raw(order)}`, most + 1)
    return { found: found.slice(0, most), hasMore: found.length > most }
  }
  if (around !== undefined) {
    const half = Math.ceil(limit / 2)
    const [older, newer] = await Promise.all([
      next(sql`m.id < ${around}`, 'desc', half),
      next(sql`m.id >= ${around}`, 'asc', half),
    ])
    const messages = [...older.found.reverse(), ...newer.found]
    return { messages, hasBefore: older.hasMore, hasAfter: newer.hasMore }
  }
  if (after !== undefined) {
    const { found, hasMore } = await next(sql`m.id > ${after}`, 'asc', limit)
    return { messages: found, hasBefore: true, hasAfter: hasMore }
  }
  const { found, hasMore } = await next(before === undefined ? sql`true` : sql`m.id < ${before}`, 'desc', limit)
  return { messages: found.reverse(), hasBefore: hasMore, hasAfter: before !== undefined }
}

/** One message of a channel, as it is shown now; undefined where it is not. */
export async function readMessage(
  tx: Tx,
  channel: Channel,
  reader: Reader,
  id: string,
): Promise<ShownMessage | undefined> {
  const [message] = await find(tx, channel, reader, sql`m.id = ${id} and ${isRead(channel, reader)}`, sql`id`, 1)
  return message
}

/** The messages that are pinned in a channel, the last that was first. */
export const readPins = (tx: Tx, channel: Channel, reader: Reader): Promise<ShownMessage[]> =>
  find(
    tx,
    channel,
    reader,
    sql`m.channel_id = ${channel.id} and m.pinned_at is not null and ${isRead(channel, reader)}`,
    sql`pinned_at desc, id desc`,
    mostPins,
  )

async function find(
  tx: Tx,
  channel: Channel,
  reader: Reader,
  where: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
  limit: number,
): Promise<ShownMessage[]> {
  const { communityId } = tx
  const viewer = reader.onlooker?.memberId ?? null
  const { rows } = await sql<ShownMessage>`
    select s.*,
      coalesce((
        select jsonb_agg(jsonb_build_object('emoji', emoji, 'count', count, 'isMine', is_mine) order by since, emoji)
        from (
          select emoji, count(*) as count, coalesce(bool_or(member_id = ${viewer}::uuid), false) as is_mine,
            min(created_at) as since
          from message_reactions where community_id = ${communityId} and message_id = s.id group by emoji
        ) as r
      ), '[]') as reactions,
      array(
        select member_id from message_mentions where community_id = ${communityId} and message_id = s.id
        order by member_id
      ) as mentions,
      ${attachedInJson(communityId)} as attachments,
      (
        select jsonb_build_object('id', m.id, 'author_id', m.author_id, 'text', left(${saidShort(communityId)}, ${quoted}))
        from messages m where m.community_id = ${communityId} and m.id = s.reply_to and ${isRead(channel, reader)}
      ) as quote,
      ${shownCards(communityId)} as cards
    from (
      select * from messages m where m.community_id = ${communityId} and ${where} order by ${order} limit ${limit}
    ) as s
    order by ${order}`.execute(tx.db)
  return rows
}

/** How many messages a search looks through in one request. */
const lookedThrough = 20_000

/**
 * Messages of a channel with a text in them, newest first, and before which message to look further; null at the end. What
 * it costs has an end, however rare the text is.
 */
export async function searchMessages(
  tx: Tx,
  channel: Channel,
  reader: Reader,
  { text, before, limit }: { text: string; before: string | undefined; limit: number },
): Promise<{ messages: ShownMessage[]; next: string | null }> {
  const { communityId } = tx
  const like = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  const stretch = sql`
    select id, text from messages m
    where m.community_id = ${communityId} and m.channel_id = ${channel.id} and ${isRead(channel, reader)}
      and ${before === undefined ? sql`true` : sql`m.id < ${before}`}
    order by id desc limit ${lookedThrough}`
  const { rows } = await sql<{ id: string; is_found: boolean }>`
    with stretch as materialized (${stretch})
    (select id, true as is_found from stretch where text ilike ${like} order by id desc limit ${limit + 1})
    union all (select id, false from stretch order by id desc offset ${lookedThrough - 1})`.execute(tx.db)
  const found = rows.filter(({ is_found }) => is_found).map(({ id }) => id)
  const last = rows.find(({ is_found }) => !is_found)?.id ?? null
  const shown = found.slice(0, limit)
  const messages = await find(tx, channel, reader, sql`m.id = any(${sql.val(shown)}::uuid[])`, sql`id desc`, limit)
  return { messages, next: found.length > limit ? shown.at(-1)! : last }
}

/** What a member said last, or everybody in a channel, newest first. */
export interface Said {
  channels: readonly Channel[]
  authorId?: string | undefined
  limit: number
}

/** The newest messages of some channels, which a back-end or a member’s script reads; without deleted ones. */
export async function lastSaid(tx: Tx, reader: Reader, { channels, authorId, limit }: Said): Promise<Message[]> {
  const ids = (some: readonly Channel[]) => sql`any(${sql.val(some.map(({ id }) => id))}::uuid[])`
  const whole = channels.filter((channel) => readsAll(channel, reader))
  const theirs = authorId === undefined ? sql`true` : sql`m.author_id = ${authorId}`
  const { rows } = await sql<Message>`
    select m.* from messages m
    where m.community_id = ${tx.communityId} and m.channel_id = ${ids(channels)} and ${theirs} and m.deleted_at is null
      and (not m.is_whispered_back or m.author_id = ${reader.onlooker?.memberId ?? null}::uuid or m.channel_id = ${ids(whole)})
    order by m.id desc limit ${limit}`.execute(tx.db)
  return rows
}
