import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Message } from './places.js'

/** Members whom a text names: by `<@` and their id and `>`, so that it goes on meaning them when they change their name. */
export async function mentionedIn(tx: Tx, text: string): Promise<string[]> {
  const named = [...text.matchAll(/<@([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})>/g)].map(([, id]) => id!)
  if (named.length === 0) return []
  const members = await tx.db
    .selectFrom('members')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id = any(${sql.val(named)}::uuid[])`)
    .where('status', '<>', 'deleted')
    .execute()
  return members.map(({ id }) => id)
}

export async function writeMentions(tx: Tx, message: Message, memberIds: readonly string[]): Promise<void> {
  if (memberIds.length === 0) return
  await tx.db
    .insertInto('message_mentions')
    .values(
      memberIds.map((member_id) => ({
        community_id: tx.communityId,
        message_id: message.id,
        member_id,
        channel_id: message.channel_id,
      })),
    )
    .execute()
}
