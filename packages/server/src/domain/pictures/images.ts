import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Files } from '../../files/files.js'
import { Failure } from '../failure.js'
import { wholePicture } from './uploads.js'

const nameOf = (communityId: string, id: string): string => `${communityId}/${id}.webp`

/**
 * Does something with uploaded pictures that were made ours and put where files lie. There they stay if they are to be kept:
 * when what names them is committed.
 * @param uploads What was sent, by the field that carried it.
 * @param work Is told what each is called from now on.
 * @throws Failure `invalid_file` for what is no picture.
 */
export async function withImages<Name extends string, T>(
  files: Files,
  communityId: string,
  uploads: Readonly<Partial<Record<Name, Buffer>>>,
  work: (imageIds: Partial<Record<Name, string>>, keep: () => void) => Promise<T>,
): Promise<T> {
  const images: { field: string; id: string; image: Buffer }[] = []
  for (const [field, upload] of Object.entries<Buffer>(uploads as Record<string, Buffer>)) {
    const image = await wholePicture(upload)
    if (!image)
      throw new Failure('invalid_file', 'Send a JPEG, PNG, GIF, WebP or AVIF of at most 40 megapixels.', [
        { path: field, message: 'is no such picture' },
      ])
    images.push({ field, id: randomUUID(), image })
  }
  let isNamed = false
  let isKept = false
  try {
    for (const { id, image } of images) await files.put(nameOf(communityId, id), image)
    isNamed = true
    const ids = Object.fromEntries(images.map(({ field, id }) => [field, id])) as Partial<Record<Name, string>>
    return await work(ids, () => {
      isKept = true
    })
  } catch (error) {
    // Nobody knows whether a commit whose connection broke names them.
    isKept ||= isNamed && !(error instanceof Failure)
    throw error
  } finally {
    // One that stays was never named: nobody has its address.
    if (!isKept) for (const { id } of images) await removeImage(files, communityId, id).catch(() => {})
  }
}

/** Puts a picture that is ours already where files lie, and answers what it is called from now on. */
export async function putImage(files: Files, communityId: string, image: Buffer): Promise<string> {
  const id = randomUUID()
  await files.put(nameOf(communityId, id), image)
  return id
}

/** Safe to repeat. */
export const removeImage = (files: Files, communityId: string, id: string): Promise<void> =>
  files.remove(nameOf(communityId, id))

/** Has pictures removed that the transaction names no more: who has kept an address would still see one. */
export async function forgetImages(tx: Tx, ids: readonly (string | null)[], at: Date): Promise<void> {
  const gone = ids.filter((id) => id !== null)
  if (gone.length === 0) return
  await tx.db
    .insertInto('forgotten_images')
    .values(gone.map((id) => ({ community_id: tx.communityId, id, due_at: at })))
    .execute()
  tx.wake('files')
}

/** How many are removed between two looks. */
const atOnce = 50
/** How many minutes after a try the next one is due: more and more, a day at most. Seconds, as in `avatars.ts`. */
const dueAgain = (at: Date) => sql`to_timestamp(${at.getTime() / 1000}::float8 + 60 * least(4 ^ tries, 1440))`

/** The next pictures to remove. Nobody else is told of them until they are due again: a crash costs a minute. */
export async function takeForgotten(tx: Tx, at: Date): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update forgotten_images set tries = tries + 1, due_at = ${dueAgain(at)}
    where community_id = ${tx.communityId} and id = any(array(
      select id from forgotten_images where community_id = ${tx.communityId} and due_at <= ${at}
      order by due_at limit ${atOnce} for update skip locked
    ))
    returning id`.execute(tx.db)
  return rows.map(({ id }) => id)
}

/** They are gone. */
export async function forgotten(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.db
    .deleteFrom('forgotten_images')
    .where('community_id', '=', tx.communityId)
    .where('id', 'in', [...ids])
    .execute()
}

/** Undefined for what is not there. */
export const readImage = (files: Files, communityId: string, id: string): Promise<Buffer | undefined> =>
  files.read(nameOf(communityId, id))
