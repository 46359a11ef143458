import { sql } from 'kysely'
import type { Tx } from '../db/database.js'
import type { Files } from '../files/files.js'
import { Failure } from './failure.js'

/** A file of ours: a picture, which is always WebP, or bytes that somebody else made sense of. */
export interface Stored {
  id: string
  ending: 'webp' | 'bin'
}

const nameOf = (communityId: string, { id, ending }: Stored): string => `${communityId}/${id}.${ending}`

export const putStored = (files: Files, communityId: string, file: Stored, content: Buffer): Promise<void> =>
  files.put(nameOf(communityId, file), content)

/** Undefined for what is not there. */
export const readStored = (files: Files, communityId: string, file: Stored): Promise<Buffer | undefined> =>
  files.read(nameOf(communityId, file))

/** Safe to repeat. */
export const removeStored = (files: Files, communityId: string, file: Stored): Promise<void> =>
  files.remove(nameOf(communityId, file))

/**
 * Puts files where they lie and does something with them. There they stay if they are to be kept: when what names them is
 * committed.
 */
export async function withStored<T>(
  files: Files,
  communityId: string,
  all: readonly (Stored & { content: Buffer })[],
  work: (keep: () => void) => Promise<T>,
): Promise<T> {
  let isNamed = false
  let isKept = false
  try {
    for (const file of all) await putStored(files, communityId, file, file.content)
    isNamed = true
    return await work(() => {
      isKept = true
    })
  } catch (error) {
    // Nobody knows whether a commit whose connection broke names them.
    isKept ||= isNamed && !(error instanceof Failure)
    throw error
  } finally {
    // One that stays was never named: nobody has its address.
    if (!isKept) for (const file of all) await removeStored(files, communityId, file).catch(() => {})
  }
}

/** Has files removed that the transaction names no more: who has kept an address would still see one. */
export async function forgetStored(tx: Tx, gone: readonly Stored[], at: Date): Promise<void> {
  if (gone.length === 0) return
  await sql`
    insert into forgotten_files (community_id, id, ending, due_at)
    select ${tx.communityId}::uuid, id, ending, ${at}::timestamptz
    from unnest(${sql.val(gone.map(({ id }) => id))}::uuid[], ${sql.val(gone.map(({ ending }) => ending))}::text[])
      as gone (id, ending)
    returning 1`.execute(tx.db)
  tx.wake('files')
}

/** How many are removed between two looks. */
const atOnce = 50
/** How many minutes after a try the next one is due: more and more, a day at most. Seconds, as in `pictures/avatars.ts`. */
const dueAgain = (at: Date) => sql`to_timestamp(${at.getTime() / 1000}::float8 + 60 * least(4 ^ tries, 1440))`

/** The next files to remove. Nobody else is told of them until they are due again: a crash costs a minute. */
export async function takeForgotten(tx: Tx, at: Date): Promise<Stored[]> {
  const { rows } = await sql<Stored>`
    update forgotten_files set tries = tries + 1, due_at = ${dueAgain(at)}
    where community_id = ${tx.communityId} and id = any(array(
      select id from forgotten_files where community_id = ${tx.communityId} and due_at <= ${at}
      order by due_at limit ${atOnce} for update skip locked
    ))
    returning id, ending`.execute(tx.db)
  return rows
}

/** They are gone. */
export async function forgotten(tx: Tx, gone: readonly Stored[]): Promise<void> {
  await tx.db
    .deleteFrom('forgotten_files')
    .where('community_id', '=', tx.communityId)
    .where(
      'id',
      'in',
      gone.map(({ id }) => id),
    )
    .execute()
}
