import { randomUUID } from 'node:crypto'
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
    if (!isKept) for (const { id } of images) await forgetImage(files, communityId, id)
  }
}

/** Puts a picture that is ours already where files lie, and answers what it is called from now on. */
export async function putImage(files: Files, communityId: string, image: Buffer): Promise<string> {
  const id = randomUUID()
  await files.put(nameOf(communityId, id), image)
  return id
}

/** Removes a picture if it can. One that stays is named nowhere, but who has kept its address still sees it. */
const forgetImage = (files: Files, communityId: string, id: string): Promise<void> =>
  files.remove(nameOf(communityId, id)).catch(() => {})

/** Removes pictures once the transaction is committed, which names them no more. */
export function forgetImages(tx: Tx, files: Files, ids: readonly (string | null)[]): void {
  for (const id of ids) if (id) tx.afterCommit(() => forgetImage(files, tx.communityId, id))
}

/** Undefined for what is not there. */
export const readImage = (files: Files, communityId: string, id: string): Promise<Buffer | undefined> =>
  files.read(nameOf(communityId, id))
