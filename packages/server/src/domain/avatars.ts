import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../db/database.js'
import { isId } from './ids.js'

/*
 * An operator says where a member's picture is. It is fetched once, in the background, and served from here: whoever looks
 * at a board tells nobody else so. Until it has come, and where it cannot be had, members have initials.
 */

/** How many are fetched at once for a community. */
const atOnce = 8
/** How often a picture is asked for, and how many minutes after the nth try the next one is due. A crash costs one. */
const maxTries = 5
/** Counted in seconds: an interval's length goes by a time zone, and a cluster lets no row's own interval into an update. */
const dueAgain = (at: Date) => sql`to_timestamp(${at.getTime() / 1000}::float8 + 60 * 4 ^ (tries + 1))`

/** Has the pictures of members fetched, again where they have one. Those without an address are passed over. */
export async function queueAvatars(tx: Tx, memberIds: readonly string[], at: Date): Promise<void> {
  if (memberIds.length === 0) return
  await sql`
    insert into avatars as a (community_id, member_id, due_at)
    select community_id, id, ${at}::timestamptz from members
    where community_id = ${tx.communityId} and id = any(${sql.val(memberIds)}::uuid[]) and avatar_source is not null
    order by id
    on conflict (community_id, member_id) do update set due_at = excluded.due_at, tries = 0`.execute(tx.db)
  tx.wake('avatars')
}

/** A picture that is to be fetched now. */
export interface DueAvatar {
  memberId: string
  source: string
  tries: number
}

/** The next pictures to fetch. Nobody else is told of them until they are due again. */
export async function takeDueAvatars(tx: Tx, at: Date): Promise<DueAvatar[]> {
  const { rows } = await sql<DueAvatar>`
    update avatars a set tries = tries + 1, due_at = ${dueAgain(at)}
    from members m
    where a.community_id = ${tx.communityId} and m.community_id = ${tx.communityId} and m.id = a.member_id
      and a.member_id = any(array(
        select member_id from avatars where community_id = ${tx.communityId} and due_at <= ${at}
        order by due_at limit ${atOnce} for update skip locked
      ))
    returning a.member_id as "memberId", m.avatar_source as source, a.tries`.execute(tx.db)
  return rows
}

/** Shows a picture from now on, unless the operator has named another one since. */
export async function keepAvatar(tx: Tx, { memberId, source }: DueAvatar, image: Buffer): Promise<void> {
  const id = randomUUID()
  if (!(await setAvatar(tx, memberId, source, id))) return
  await tx.db
    .updateTable('avatars')
    .set({ id, image, due_at: null })
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .execute()
}

/** Shows initials instead of what there was. The picture is asked for again later, but not for ever. */
export async function missAvatar(tx: Tx, { memberId, source, tries }: DueAvatar): Promise<void> {
  if (!(await setAvatar(tx, memberId, source, null)) || tries < maxTries) return
  await tx.db
    .deleteFrom('avatars')
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .execute()
}

async function setAvatar(tx: Tx, memberId: string, source: string, avatarId: string | null): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('members')
    .set({ avatar_id: avatarId })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', memberId)
    .where('avatar_source', '=', source)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** A picture as it is served: WebP. An id names one picture for ever, and tells nothing of whose it is. */
export async function readAvatar(tx: Tx, id: string): Promise<Buffer | undefined> {
  if (!isId(id)) return undefined
  const avatar = await tx.db
    .selectFrom('avatars')
    .select('image')
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .executeTakeFirst()
  return avatar?.image ?? undefined
}
