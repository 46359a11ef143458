import type { Tx } from '../../db/database.js'
import type { Channel, Reader } from '../channels.js'
import { Failure } from '../failure.js'
import { newId } from '../ids.js'
import { type NewMessage, say } from './messages.js'
import { placeOf, type Speaker, type Topic, topicOf, topics } from './places.js'

/**
 * Begins a topic of a forum with its first message. With the same `clientId` it is begun once.
 * @throws Failure as `sendMessage`; `conflict` in a channel that is no forum.
 */
export async function beginTopic(
  tx: Tx,
  speaker: Speaker,
  channelId: string,
  { title, ...input }: NewMessage & { title: string },
  now: Date,
): Promise<Topic> {
  const channel = await forumOf(tx, speaker, channelId)
  const id = newId(now.getTime())
  const message = await say(tx, speaker, channel, input, { topicId: id, replyTo: null }, now)
  if (message.topic_id !== id) {
    const begun = message.topic_id && (await topicOf(tx, channel, message.topic_id))
    if (begun) return begun
    throw new Failure('conflict', 'You sent something else here under the same clientId.')
  }
  return tx.db
    .insertInto('topics')
    .values({
      community_id: tx.communityId,
      id,
      channel_id: channel.id,
      title: title.trim(),
      author_id: speaker.onlooker.memberId,
      last_message_id: message.id,
      created_at: message.created_at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** @throws Failure `not_found`, `conflict` for a channel that is no forum. */
export async function forumOf(tx: Tx, reader: Reader, channelId: string): Promise<Channel> {
  const channel = await placeOf(tx, reader, channelId)
  if (channel.type !== 'forum') throw new Failure('conflict', 'Only a forum has topics.')
  return channel
}

/**
 * The topics of a forum, those first where something was said last.
 * @param after Goes on behind the topic whose last message that is.
 */
export function listTopics(tx: Tx, { id }: Channel, after: string | undefined, limit: number): Promise<Topic[]> {
  let found = topics(tx).where('channel_id', '=', id)
  if (after !== undefined) found = found.where('last_message_id', '<', after)
  return found.orderBy('last_message_id', 'desc').limit(limit).execute()
}
