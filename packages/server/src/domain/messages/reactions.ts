import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { emit } from '../events.js'
import { recordFacts } from '../facts.js'
import { Failure } from '../failure.js'
import { earn } from '../gamification/earning.js'
import { takeTurn } from '../locks.js'
import { emojiOf } from './emoji.js'
import { isOwn, type Message, messageOf, type Placed, type Speaker } from './places.js'

/** How many different emoji a message can have. */
const mostEmoji = 20

/** What somebody thinks of which message. */
export interface Reaction {
  messageId: string
  /** An emoji, or its name: `:tada:`. */
  emoji: string
}

/**
 * Reacts to a message. Twice is as once. Of what a member reacts to, each message of others counts once, however many emoji.
 * @throws Failure `not_found`, `invalid_request` for what is no emoji, `conflict` where there are too many.
 */
export async function react(tx: Tx, speaker: Speaker, reaction: Reaction, at: Date): Promise<Message> {
  // One after the other, so that there are not too many, and none to what is deleted at this moment.
  const { messageId } = reaction
  const [, { message }] = await Promise.all([takeTurn(tx, 'messages', messageId), messageOf(tx, speaker, messageId)])
  const emoji = emojiOf(reaction.emoji)
  const { memberId } = speaker.onlooker
  await refuseTooMany(tx, message.id, emoji)
  const added = await tx.db
    .insertInto('message_reactions')
    .values({ community_id: tx.communityId, message_id: message.id, emoji, member_id: memberId, created_at: at })
    .onConflict((oc) => oc.doNothing())
    .returning('emoji')
    .executeTakeFirst()
  if (!added) return message
  if (!isOwn(message, speaker)) {
    await recordFacts(tx, [{ memberId, kind: 'reaction', key: message.id, at }])
    await earn(tx, memberId, 'reaction', message.id, at)
  }
  await emit(tx, 'reaction.changed', message.id)
  return message
}

/** Takes a reaction back. Twice is as once. */
export async function unreact(tx: Tx, speaker: Speaker, reaction: Reaction): Promise<Message> {
  const { message } = await messageOf(tx, speaker, reaction.messageId)
  const emoji = emojiOf(reaction.emoji)
  const taken = await tx.db
    .deleteFrom('message_reactions')
    .where('community_id', '=', tx.communityId)
    .where('message_id', '=', message.id)
    .where('emoji', '=', emoji)
    .where('member_id', '=', speaker.onlooker.memberId)
    .returning('emoji')
    .executeTakeFirst()
  if (taken) await emit(tx, 'reaction.changed', message.id)
  return message
}

async function refuseTooMany(tx: Tx, messageId: string, emoji: string): Promise<void> {
  const { rows } = await sql<{ emoji: string }>`
    select distinct emoji from message_reactions
    where community_id = ${tx.communityId} and message_id = ${messageId}`.execute(tx.db)
  if (rows.length >= mostEmoji && !rows.some((row) => row.emoji === emoji))
    throw new Failure('conflict', `A message has ${mostEmoji} different emoji at most. Choose one of these.`)
}

/**
 * Who reacted so to a message, in the order of their ids.
 * @param after Goes on behind that member.
 */
export async function whoReacted(
  tx: Tx,
  { message }: Placed,
  emoji: string,
  after: string | undefined,
  limit: number,
): Promise<{ id: string }[]> {
  let found = tx.db
    .selectFrom('message_reactions')
    .select('member_id as id')
    .where('community_id', '=', tx.communityId)
    .where('message_id', '=', message.id)
    .where('emoji', '=', emojiOf(emoji))
  if (after !== undefined) found = found.where('member_id', '>', after)
  return found.orderBy('member_id').limit(limit).execute()
}
