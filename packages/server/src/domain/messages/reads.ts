import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { type Channel, mayIn } from '../channels.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { firstIdAt, isId } from '../ids.js'
import { findMember } from '../members/members.js'
import { neededToWrite, readsAll, type Speaker } from './places.js'

/** How a member stands to a channel. */
export interface Standing {
  /** Messages of others since the last that they read, and those of them that name them; up to `mostCounted`. */
  unread: number
  mentions: number
  readTo: string | null
  isMuted: boolean
}

/** Counting ends there, so that it costs the same however much is unread. */
const mostCounted = 100

/** How a member stands to channels that they see, by the channels' ids, in one statement. Who came later has read what was said before. */
export async function standingsOf(
  tx: Tx,
  speaker: Speaker,
  channels: readonly Channel[],
): Promise<Map<string, Standing>> {
  if (channels.length === 0) return new Map()
  const { communityId } = tx
  const { memberId } = speaker.onlooker
  const { created_at: joined } = (await findMember(tx, { id: memberId }))!
  const since = firstIdAt(joined)
  const whole = channels.filter((channel) => readsAll(channel, speaker)).map(({ id }) => id)
  const isReadable = sql`(not m.is_whispered_back or m.channel_id = any(${sql.val(whole)}::uuid[]))`
  const atMost = (found: RawBuilder<unknown>) =>
    sql<number>`(select count(*) from (${found} limit ${mostCounted}) as counted)`
  const { rows } = await sql<Standing & { id: string }>`
    select c.id, r.read_to as "readTo", coalesce(r.is_muted, false) as "isMuted",
      ${atMost(sql`
        select 1 from messages m
        where m.community_id = ${communityId} and m.channel_id = c.id and m.id > coalesce(r.read_to, ${since})
          and m.author_id <> ${memberId} and m.deleted_at is null and ${isReadable}`)} as unread,
      ${atMost(sql`
        select 1 from message_mentions n join messages m on m.community_id = ${communityId} and m.id = n.message_id
        where n.community_id = ${communityId} and n.member_id = ${memberId} and n.channel_id = c.id
          and n.message_id > coalesce(r.read_to, ${since}) and m.author_id <> ${memberId} and ${isReadable}`)} as mentions
    from channels c left join channel_reads r
      on r.community_id = ${communityId} and r.channel_id = c.id and r.member_id = ${memberId}
    where c.community_id = ${communityId}
      and c.id = any(${sql.val(channels.map(({ id }) => id))}::uuid[])`.execute(tx.db)
  return new Map(rows.map(({ id, ...standing }) => [id, standing]))
}

/**
 * Notes up to where a member has read a channel. It goes forward only, whichever page says it last.
 * @throws Failure `not_found` for a message that is not of the channel.
 */
export async function markRead(tx: Tx, { onlooker }: Speaker, channel: Channel, messageId: string): Promise<void> {
  if (!(await isOfChannel(tx, channel, messageId))) throw new Failure('not_found', 'There is no such message.')
  await sql`
    insert into channel_reads as r (community_id, channel_id, member_id, read_to)
    values (${tx.communityId}, ${channel.id}, ${onlooker.memberId}, ${messageId})
    on conflict (community_id, channel_id, member_id) do update set read_to = excluded.read_to
      where r.read_to is null or r.read_to < excluded.read_to`.execute(tx.db)
}

/** Whether it is a message of the channel, also one that was deleted. */
async function isOfChannel(tx: Tx, { id: channelId }: Channel, messageId: string): Promise<boolean> {
  if (!isId(messageId)) return false
  const message = await tx.db
    .selectFrom('messages')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('channel_id', '=', channelId)
    .where('id', '=', messageId)
    .executeTakeFirst()
  return message !== undefined
}

/** How often others are told that a member writes. */
const typingEveryMs = 3000

/** Tells others that a member writes in a channel. Those who are answered in a whisper know who whispers, and no more. */
export async function type(tx: Tx, { onlooker }: Speaker, channel: Channel, at: Date): Promise<void> {
  const isHeard = mayIn(channel, onlooker, neededToWrite(channel))
  if (!isHeard || (channel.type === 'whisper' && !readsAll(channel, { onlooker }))) return
  const { rows } = await sql`
    insert into channel_reads as r (community_id, channel_id, member_id, typed_at)
    values (${tx.communityId}, ${channel.id}, ${onlooker.memberId}, ${at})
    on conflict (community_id, channel_id, member_id) do update set typed_at = excluded.typed_at
      where r.typed_at is null or r.typed_at <= ${new Date(at.getTime() - typingEveryMs)}
    returning 1`.execute(tx.db)
  if (rows.length > 0) await emit(tx, 'channel.typing', onlooker.memberId, { channelId: channel.id })
}

/** Notes whether a member wants to hear of a channel. */
export async function setMuted(tx: Tx, { onlooker }: Speaker, channel: Channel, isMuted: boolean): Promise<void> {
  await tx.db
    .insertInto('channel_reads')
    .values({
      community_id: tx.communityId,
      channel_id: channel.id,
      member_id: onlooker.memberId,
      read_to: null,
      is_muted: isMuted,
    })
    .onConflict((oc) => oc.columns(['community_id', 'channel_id', 'member_id']).doUpdateSet({ is_muted: isMuted }))
    .execute()
}
