import { randomUUID } from 'node:crypto'
import type { Tx } from '../../db/database.js'
import type { Files } from '../../files/files.js'
import { Failure } from '../failure.js'
import { forgetStored, putStored, readStored, type Stored, withStored } from '../stored.js'
import { wholePicture } from './uploads.js'

const stored = (id: string): Stored => ({ id, ending: 'webp' })

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
  const images: (Stored & { field: string; content: Buffer })[] = []
  for (const [field, upload] of Object.entries<Buffer>(uploads as Record<string, Buffer>)) {
    const content = await wholePicture(upload)
    if (!content)
      throw new Failure('invalid_file', 'Send a JPEG, PNG, GIF, WebP or AVIF of at most 40 megapixels.', [
        { path: field, message: 'is no such picture' },
      ])
    images.push({ field, ...stored(randomUUID()), content })
  }
  const ids = Object.fromEntries(images.map(({ field, id }) => [field, id])) as Partial<Record<Name, string>>
  return withStored(files, communityId, images, (keep) => work(ids, keep))
}

/** Puts a picture that is ours already where files lie, and answers what it is called from now on. */
export async function putImage(files: Files, communityId: string, image: Buffer): Promise<string> {
  const id = randomUUID()
  await putStored(files, communityId, stored(id), image)
  return id
}

/** Has pictures removed that the transaction names no more. */
export const forgetImages = (tx: Tx, ids: readonly (string | null)[], at: Date): Promise<void> =>
  forgetStored(tx, ids.filter((id) => id !== null).map(stored), at)

/** Undefined for what is not there. */
export const readImage = (files: Files, communityId: string, id: string): Promise<Buffer | undefined> =>
  readStored(files, communityId, stored(id))
