import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { lockMember } from '../locks.js'

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

/** Takes the pictures of members away. */
export async function dropAvatars(tx: Tx, memberIds: readonly string[]): Promise<void> {
  if (memberIds.length === 0) return
  const ids = sql`any(${sql.val(memberIds)}::uuid[])`
  await tx.db
    .updateTable('members')
    .set({ avatar_source: null, avatar_id: null })
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id = ${ids}`)
    .execute()
  await tx.db
    .deleteFrom('avatars')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`member_id = ${ids}`)
    .execute()
}

/** A picture that is to be fetched now. */
export interface DueAvatar {
  memberId: string
  source: string
  /** When it is due again. Whoever asks for a picture anew meanwhile sets another time. */
  dueAt: Date
  isLastTry: boolean
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
    returning a.member_id as "memberId", m.avatar_source as source, a.due_at as "dueAt",
      a.tries >= ${maxTries}::int as "isLastTry"`.execute(tx.db)
  return rows
}

/** Shows a picture from now on, unless the operator has said something else since. Answers whether it does. */
export async function keepAvatar(tx: Tx, { memberId, source, dueAt }: DueAvatar, image: Buffer): Promise<boolean> {
  // Before the picture, as whoever names another one does.
  await lockMember(tx, memberId)
  const id = randomUUID()
  const { numUpdatedRows } = await tx.db
    .updateTable('avatars')
    .set({ id, image, source, due_at: null })
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('due_at', '=', dueAt)
    .executeTakeFirst()
  return numUpdatedRows > 0n && showAvatar(tx, memberId, id)
}

/**
 * Shows initials instead of a picture that was elsewhere, or could not be had by the last try. It is asked for again later,
 * but not for ever. Answers whether there was a picture.
 */
export async function missAvatar(tx: Tx, { memberId, source, dueAt, isLastTry }: DueAvatar): Promise<boolean> {
  await lockMember(tx, memberId)
  const { numUpdatedRows } = await tx.db
    .updateTable('avatars')
    .set({ id: null, image: null, source: null, ...(isLastTry && { due_at: null }) })
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('due_at', '=', dueAt)
    .where((eb) => eb.or([eb.val(isLastTry), eb('source', 'is distinct from', source)]))
    .executeTakeFirst()
  return numUpdatedRows > 0n && showAvatar(tx, memberId, null)
}

/** Answers whether the member was shown otherwise before. */
async function showAvatar(tx: Tx, memberId: string, avatarId: string | null): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('members')
    .set({ avatar_id: avatarId })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', memberId)
    .where('avatar_id', 'is distinct from', avatarId)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * A picture as it is served: WebP. An id names one picture for ever, and tells nothing of whose it is. Undefined also while its
 * member is hidden or not active.
 */
export async function readAvatar(tx: Tx, id: string): Promise<Buffer | undefined> {
  const avatar = await tx.db
    .selectFrom('avatars as a')
    .innerJoin('members as m', (join) =>
      join.onRef('m.community_id', '=', 'a.community_id').onRef('m.id', '=', 'a.member_id'),
    )
    .select('a.image')
    .where('a.community_id', '=', tx.communityId)
    .where('a.id', '=', id)
    .where('m.visibility', '=', 'public')
    .where('m.status', '=', 'active')
    .executeTakeFirst()
  return avatar?.image ?? undefined
}
