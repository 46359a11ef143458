import { attachmentsADay } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import type { Channel } from '../channels.js'
import { Failure } from '../failure.js'
import { isId } from '../ids.js'
import { takeTurn } from '../locks.js'
import { forgetStored, type Stored } from '../stored.js'
import type { Judged } from './kinds.js'
import { demand, neededToWrite, placeOf, type Speaker } from './places.js'

/*
 * A file is uploaded by itself, for a channel, and is nobody else's until a message carries it. Then whoever has its address
 * can fetch it: that is as hard to guess as a key, and whoever reads the message knows it. It goes with its message; one that
 * no message came to carry goes after a day.
 */

type Row = Selectable<Tables['attachments']>

/** A file as it is told of. */
export type Attached = Pick<Row, 'id' | 'name' | 'type' | 'size' | 'width' | 'height' | 'color'>
const told = ['id', 'name', 'type', 'size', 'width', 'height', 'color'] as const

/** How a file lies where files do. */
export const storedAs = ({ id, type }: Pick<Row, 'id' | 'type'>): Stored => ({
  id,
  ending: type.startsWith('image/') ? 'webp' : 'bin',
})

const dayMs = 24 * 60 * 60_000
const dayBefore = (at: Date): Date => new Date(at.getTime() - dayMs)

/**
 * Whether somebody may upload a file for a channel now.
 * @param size What it is to weigh, as far as that is known.
 * @throws Failure `not_found`, `conflict` where nothing is said, `forbidden`, `limit_reached` for too much in a day.
 */
export async function admitUpload(
  tx: Tx,
  speaker: Speaker,
  channelId: string,
  size: number,
  now: Date,
): Promise<Channel> {
  const channel = await placeOf(tx, speaker, channelId)
  if (channel.type === 'iframe') throw new Failure('conflict', 'An iframe channel shows a page, and has no messages.')
  for (const name of [neededToWrite(channel), 'attach_files'] as const) demand(channel, speaker, name)
  const { n, bytes, first } = await tx.db
    .selectFrom('attachments')
    .select((eb) => [
      eb.fn.countAll<number>().as('n'),
      sql<number>`coalesce(sum(size), 0)::bigint`.as('bytes'),
      eb.fn.min<Date | null>('created_at').as('first'),
    ])
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', speaker.onlooker.memberId)
    .where('created_at', '>', dayBefore(now))
    .executeTakeFirstOrThrow()
  if (n < attachmentsADay.files && bytes + size <= attachmentsADay.bytes) return channel
  const most = `${attachmentsADay.files} files, and ${attachmentsADay.bytes / 1_000_000} MB`
  const availableAt = new Date((first ?? now).getTime() + dayMs).toISOString()
  throw new Failure('limit_reached', `You can upload ${most} in a day. Come back later.`, [], { availableAt })
}

/** Writes down a file that lies where files do. */
export async function keepUpload(
  tx: Tx,
  speaker: Speaker,
  channelId: string,
  { id, name, type, content, picture }: Judged & Pick<Row, 'id'>,
  now: Date,
): Promise<Attached> {
  // One after the other, so that it is not too much.
  await takeTurn(tx, 'file', `of ${speaker.onlooker.memberId}`)
  const channel = await admitUpload(tx, speaker, channelId, content.length, now)
  const { width, height, color } = picture ?? { width: null, height: null, color: null }
  return tx.db
    .insertInto('attachments')
    .values({
      ...{ community_id: tx.communityId, id, channel_id: channel.id, member_id: speaker.onlooker.memberId },
      ...{ name, type, size: content.length, width, height, color, created_at: now },
    })
    .returning(told)
    .executeTakeFirstOrThrow()
}

/**
 * Has a message carry files that its author uploaded for its channel.
 * @throws Failure `unknown_reference` for any other.
 */
export async function attach(
  tx: Tx,
  message: { id: string; channel_id: string; author_id: string },
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return
  const { numAffectedRows } = ids.every(isId)
    ? await sql`
        update attachments a set message_id = ${message.id}, position = named.position
        from unnest(${sql.val(ids)}::uuid[]) with ordinality as named (id, position)
        where a.community_id = ${tx.communityId} and a.id = named.id and a.member_id = ${message.author_id}
          and a.channel_id = ${message.channel_id} and a.message_id is null and a.removed_at is null`.execute(tx.db)
    : { numAffectedRows: 0n }
  if (numAffectedRows !== BigInt(ids.length))
    throw new Failure(
      'unknown_reference',
      'Name files that you uploaded for this channel and have not sent, each once.',
      [{ path: 'attachments', message: 'must name uploads of yours that no message carries' }],
    )
}

/** What messages carry, by their ids. */
export async function attachedTo(tx: Tx, messageIds: readonly string[]): Promise<Map<string, Attached[]>> {
  const found = new Map<string, Attached[]>()
  if (messageIds.length === 0) return found
  const rows = await tx.db
    .selectFrom('attachments')
    .select([...told, 'message_id'])
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`message_id = any(${sql.val(messageIds)}::uuid[])`)
    .orderBy('position')
    .execute()
  for (const { message_id, ...file } of rows) found.set(message_id!, [...(found.get(message_id!) ?? []), file])
  return found
}

/** The same in a statement about messages that it calls `s`. */
export const attachedInJson = (communityId: string) => sql`
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'id', id, 'name', name, 'type', type, 'size', size, 'width', width, 'height', height, 'color', color
    ) order by position)
    from attachments where community_id = ${communityId} and message_id = s.id
  ), '[]')`

/** What a message `m` says, or else what its files are called; empty for one that was deleted. */
export const saidShort = (communityId: string) => sql`
  coalesce(nullif(m.text, ''), (
    select string_agg(name, ', ' order by position)
    from attachments where community_id = ${communityId} and message_id = m.id
  ), '')`

/** A file that a message carries; undefined for any other. */
export const sentFile = (tx: Tx, id: string): Promise<Attached | undefined> =>
  tx.db
    .selectFrom('attachments')
    .select(told)
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .where('message_id', 'is not', null)
    .executeTakeFirst()

/** Takes the files of messages away. That they were uploaded is still counted. */
export async function detach(tx: Tx, messageIds: readonly string[], at: Date): Promise<void> {
  const { rows } = await sql<Pick<Row, 'id' | 'type'>>`
    update attachments set message_id = null, name = '', removed_at = ${at}
    where community_id = ${tx.communityId} and message_id = any(${sql.val(messageIds)}::uuid[])
    returning id, type`.execute(tx.db)
  await forgetStored(tx, rows.map(storedAs), at)
}

/** Takes all files away of what was uploaded by some, or for a channel. */
export async function dropUploads(
  tx: Tx,
  of: { memberIds: readonly string[] } | { channelId: string },
  at: Date,
): Promise<void> {
  const theirs =
    'channelId' in of ? sql`channel_id = ${of.channelId}` : sql`member_id = any(${sql.val(of.memberIds)}::uuid[])`
  const { rows } = await sql<Pick<Row, 'id' | 'type' | 'removed_at'>>`
    delete from attachments where community_id = ${tx.communityId} and ${theirs}
    returning id, type, removed_at`.execute(tx.db)
  await forgetKept(tx, rows, at)
}

/** Those that were removed are forgotten already. */
const forgetKept = (tx: Tx, rows: readonly Pick<Row, 'id' | 'type' | 'removed_at'>[], at: Date): Promise<void> =>
  forgetStored(tx, rows.filter(({ removed_at }) => removed_at === null).map(storedAs), at)

/** How many go in one transaction. */
const batch = 500
/** What was uploaded before this moment, and is carried by no message, is to go. */
export const sweptBefore = dayBefore

/** Takes away what nobody has sent, and what is counted no more. Answers whether there may be more. */
export async function sweepUploads(tx: Tx, at: Date): Promise<boolean> {
  const { rows } = await sql<Pick<Row, 'id' | 'type' | 'removed_at'>>`
    delete from attachments where community_id = ${tx.communityId} and id = any(array(
      select id from attachments
      where community_id = ${tx.communityId} and message_id is null and created_at <= ${sweptBefore(at)}
      limit ${batch} for update skip locked))
    returning id, type, removed_at`.execute(tx.db)
  await forgetKept(tx, rows, at)
  return rows.length === batch
}
