import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { type Channel, mayIn, type Reader } from '../channels.js'
import { emit } from '../events.js'
import { recordFacts } from '../facts.js'
import { Failure } from '../failure.js'
import { earn } from '../gamification/earning.js'
import { firstIdAt, newId } from '../ids.js'
import { takeTurn } from '../locks.js'
import { attach, detach, dropUploads } from './attachments.js'
import { hideCards, showLinks, showOtherLinks } from './cards.js'
import { mentionedIn, writeMentions } from './mentions.js'
import {
  demand,
  isOwn,
  type Message,
  messageOf,
  mostPins,
  neededToWrite,
  placeOf,
  type Speaker,
  topicOf,
} from './places.js'

/** What somebody wants to say. */
export interface NewMessage {
  text: string
  /** Files that its sender uploaded for the channel. */
  attachments?: readonly string[] | undefined
  /** What the sender calls it: what they call so in a channel is said once. */
  clientId?: string | undefined
}

/** Where in a channel. */
interface Spot {
  topicId: string | null
  replyTo: string | null
}

/**
 * Says something in a channel.
 * @param topicId Of a forum: of which topic.
 * @throws Failure `not_found`, `forbidden`, `invalid_request` where a topic is missing or too much, `unknown_reference` for
 * none of the channel's, `conflict` where nothing is said, `slow_mode`.
 */
export async function sendMessage(
  tx: Tx,
  speaker: Speaker,
  channelId: string,
  { topicId = null, ...input }: NewMessage & { topicId?: string | undefined | null },
  now: Date,
): Promise<Message> {
  const channel = await placeOf(tx, speaker, channelId)
  await checkTopic(tx, channel, topicId)
  return say(tx, speaker, channel, input, { topicId, replyTo: null }, now)
}

/** Answers a message, where that stands. */
export async function replyTo(tx: Tx, speaker: Speaker, messageId: string, input: NewMessage, now: Date) {
  const { message, channel } = await messageOf(tx, speaker, messageId)
  return say(tx, speaker, channel, input, { topicId: message.topic_id, replyTo: message.id }, now)
}

async function checkTopic(tx: Tx, channel: Channel, topicId: string | null): Promise<void> {
  if (channel.type !== 'forum') {
    if (topicId !== null) throw new Failure('invalid_request', 'Only a forum has topics.')
    return
  }
  if (topicId === null) throw new Failure('invalid_request', 'Say in which topic of the forum.')
  if (!(await topicOf(tx, channel, topicId))) throw new Failure('unknown_reference', 'The forum has no such topic.')
}

/** @throws Failure as `sendMessage`. */
export async function say(
  tx: Tx,
  speaker: Speaker,
  channel: Channel,
  { text, attachments = [], clientId }: NewMessage,
  { topicId, replyTo }: Spot,
  now: Date,
): Promise<Message> {
  const { onlooker, keyId } = speaker
  const { memberId } = onlooker
  if (channel.type === 'iframe') throw new Failure('conflict', 'An iframe channel shows a page, and has no messages.')
  demand(channel, speaker, neededToWrite(channel))
  if (attachments.length > 0) demand(channel, speaker, 'attach_files')
  const mentions = await checkText(tx, channel, speaker, text)
  // From here on one after the other, so that ids are in the order in which messages can be read.
  await takeTurn(tx, 'messages', channel.id)
  const said = clientId && (await saidAs(tx, channel.id, memberId, clientId))
  if (said) return said
  const at = await nextMoment(tx, channel.id, now)
  await checkPace(tx, channel, speaker, at)
  const message = await tx.db
    .insertInto('messages')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      channel_id: channel.id,
      topic_id: topicId,
      author_id: memberId,
      key_id: keyId,
      client_id: clientId ?? null,
      text: text.trim() === '' ? '' : text,
      reply_to: replyTo,
      is_whispered_back: channel.type === 'whisper' && !mayIn(channel, onlooker, 'manage_messages'),
      created_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await writeMentions(tx, message, mentions)
  await attach(tx, message, attachments)
  if (topicId !== null)
    await tx.db
      .updateTable('topics')
      .set({ last_message_id: message.id })
      .where('community_id', '=', tx.communityId)
      .where('id', '=', topicId)
      .execute()
  const kind = replyTo === null ? 'message' : 'reply'
  await recordFacts(tx, [{ memberId, kind, key: message.id, at }])
  await earn(tx, memberId, kind, message.id, at)
  await showLinks(tx, channel, message, at)
  await emit(tx, 'message.created', message.id)
  return message
}

/** Holds a text to what a member may write in a channel. Answers whom it names. */
async function checkText(tx: Tx, channel: Channel, speaker: Speaker, text: string): Promise<string[]> {
  if (/https?:\/\//i.test(text)) demand(channel, speaker, 'share_links')
  const mentions = await mentionedIn(tx, text)
  if (mentions.length > 0) demand(channel, speaker, 'allow_mentions')
  return mentions
}

/** What a member said already under the same name. */
const saidAs = (tx: Tx, channelId: string, authorId: string, clientId: string): Promise<Message | undefined> =>
  tx.db
    .selectFrom('messages')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('channel_id', '=', channelId)
    .where('author_id', '=', authorId)
    .where('client_id', '=', clientId)
    .executeTakeFirst()

/** When a message is said: now, but after the one before it, by whatever clock that was. */
async function nextMoment(tx: Tx, channelId: string, now: Date): Promise<Date> {
  const last = await tx.db
    .selectFrom('messages')
    .select('created_at')
    .where('community_id', '=', tx.communityId)
    .where('channel_id', '=', channelId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return new Date(Math.max(now.getTime(), last ? last.created_at.getTime() + 1 : 0))
}

/** @throws Failure `slow_mode` where a member said something in the channel just now. */
async function checkPace(tx: Tx, channel: Channel, { onlooker }: Speaker, at: Date): Promise<void> {
  const waitMs = channel.slow_mode_seconds * 1000
  if (waitMs === 0 || mayIn(channel, onlooker, 'manage_messages')) return
  const last = await tx.db
    .selectFrom('messages')
    .select('created_at')
    .where('community_id', '=', tx.communityId)
    .where('channel_id', '=', channel.id)
    .where('author_id', '=', onlooker.memberId)
    .where('id', '>', firstIdAt(new Date(at.getTime() - waitMs)))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const availableAt = last && new Date(last.created_at.getTime() + waitMs)
  if (availableAt && availableAt > at)
    throw new Failure('slow_mode', undefined, [], { availableAt: availableAt.toISOString() })
}

/**
 * Changes what a message says: one’s own, or as who may manage messages there.
 * @throws Failure `not_found`, `forbidden`.
 */
export async function editMessage(tx: Tx, speaker: Speaker, id: string, text: string, at: Date): Promise<Message> {
  const { message, channel } = await messageOf(tx, speaker, id)
  demand(channel, speaker, isOwn(message, speaker) ? neededToWrite(channel) : 'manage_messages')
  const mentions = await checkText(tx, channel, speaker, text)
  const edited = await tx.db
    .updateTable('messages')
    .set({ text, edited_at: at })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', message.id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (!edited) throw new Failure('not_found', 'There is no such message.')
  await forget(tx, 'message_mentions', message.id)
  await writeMentions(tx, message, mentions)
  await showOtherLinks(tx, channel, message, text, at)
  await emit(tx, 'message.updated', message.id)
  return edited
}

/**
 * Takes the cards of its links off a message: one’s own, or as who may manage messages there. Twice is as once.
 * @throws Failure `not_found`, `forbidden`.
 */
export async function takeCardsOff(tx: Tx, speaker: Speaker, id: string, at: Date): Promise<Message> {
  const { message, channel } = await messageOf(tx, speaker, id)
  if (!isOwn(message, speaker)) demand(channel, speaker, 'manage_messages')
  if (await hideCards(tx, [message.id], at)) await emit(tx, 'message.updated', message.id)
  return message
}

/**
 * Deletes a message: one’s own, or as who may delete messages there. Its place stays.
 * @throws Failure `not_found`, `forbidden`.
 */
export async function deleteMessage(tx: Tx, reader: Reader, id: string, at: Date): Promise<Message> {
  // Nobody reacts to it meanwhile.
  const [, { message, channel }] = await Promise.all([takeTurn(tx, 'messages', id), messageOf(tx, reader, id)])
  if (!isOwn(message, reader)) demand(channel, reader, 'delete_messages')
  await tx.db
    .updateTable('messages')
    .set({ text: '', pinned_at: null, deleted_at: at })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', message.id)
    .execute()
  for (const table of ['message_reactions', 'message_mentions'] as const) await forget(tx, table, message.id)
  await detach(tx, [message.id], at)
  if (message.topic_id !== null) await forgetTitle(tx, message)
  await hideCards(tx, [message.id], at)
  await emit(tx, 'message.deleted', message.id)
  return message
}

/** With the message that began a topic goes what that was called. What others said there stays. */
async function forgetTitle(tx: Tx, { id, topic_id: topicId }: Message): Promise<void> {
  await sql`
    update topics set title = '' where community_id = ${tx.communityId} and id = ${topicId} and not exists (
      select from messages where community_id = ${tx.communityId} and topic_id = ${topicId} and id < ${id})`.execute(
    tx.db,
  )
}

const forget = (tx: Tx, table: 'message_reactions' | 'message_mentions', messageId: string) =>
  tx.db.deleteFrom(table).where('community_id', '=', tx.communityId).where('message_id', '=', messageId).execute()

/**
 * Pins a message of a channel, or takes it down. Twice is as once.
 * @throws Failure `not_found`, `forbidden`, `conflict` where there are too many.
 */
export async function pinMessage(tx: Tx, speaker: Speaker, id: string, isPinned: boolean, at: Date): Promise<Message> {
  const { message, channel } = await messageOf(tx, speaker, id)
  demand(channel, speaker, 'pinable')
  if ((message.pinned_at !== null) === isPinned) return message
  await takeTurn(tx, 'messages', channel.id)
  if (isPinned) await refuseTooManyPins(tx, channel.id)
  const pinned = await tx.db
    .updateTable('messages')
    .set({ pinned_at: isPinned ? at : null })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', message.id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (!pinned) throw new Failure('not_found', 'There is no such message.')
  await emit(tx, 'message.updated', message.id)
  return pinned
}

async function refuseTooManyPins(tx: Tx, channelId: string): Promise<void> {
  const { n } = await tx.db
    .selectFrom('messages')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('community_id', '=', tx.communityId)
    .where('channel_id', '=', channelId)
    .where('pinned_at', 'is not', null)
    .executeTakeFirstOrThrow()
  if (n >= mostPins) throw new Failure('conflict', `There are ${mostPins} pinned already. Take one down first.`)
}

/** How many messages are erased in one transaction. */
const batch = 1000

/** Erases what members said, and what they thought of what others said. Answers whether all of it is gone. */
export async function eraseMessages(tx: Tx, memberIds: readonly string[], at: Date): Promise<boolean> {
  const theirs = sql`community_id = ${tx.communityId} and author_id = any(${sql.val(memberIds)}::uuid[])`
  const { rows } = await sql<{ id: string }>`
    update messages set text = '', client_id = null, pinned_at = null, deleted_at = ${at}
    where community_id = ${tx.communityId} and id = any(array(
      select id from messages where ${theirs} and deleted_at is null limit ${batch}))
    returning id`.execute(tx.db)
  const erased = rows.map(({ id }) => id)
  const ids = sql<boolean>`message_id = any(${sql.val(erased)}::uuid[])`
  const them = sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[])`
  for (const table of ['message_reactions', 'message_mentions'] as const)
    await tx.db
      .deleteFrom(table)
      .where('community_id', '=', tx.communityId)
      .where((eb) => eb.or([ids, them]))
      .execute()
  await dropUploads(tx, { memberIds }, at)
  // Also of what they had deleted before: a report says what it said.
  await sql`
    delete from message_reports r where r.community_id = ${tx.communityId} and (${them} or exists (
      select from messages where ${theirs} and id = r.message_id))`.execute(tx.db)
  await sql`update topics set title = '' where ${theirs}`.execute(tx.db)
  await tx.db.deleteFrom('channel_reads').where('community_id', '=', tx.communityId).where(them).execute()
  await hideCards(tx, erased, at)
  return rows.length < batch
}
