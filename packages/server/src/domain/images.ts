import { randomUUID } from 'node:crypto'
import type { Files } from '../files/files.js'
import { Failure } from './failure.js'
import { wholePicture } from './pictures.js'

const nameOf = (communityId: string, id: string): string => `${communityId}/${id}.webp`

/**
 * Does something with an uploaded picture that was made ours and put where files lie. There it stays if it is to be kept:
 * when what names it is committed.
 * @throws Failure `invalid_file` for what is no picture.
 */
export async function withImage<T>(
  files: Files,
  communityId: string,
  upload: Buffer | null,
  work: (imageId: string | undefined, keep: () => void) => Promise<T>,
): Promise<T> {
  if (!upload) return work(undefined, () => {})
  const image = await wholePicture(upload)
  if (!image)
    throw new Failure('invalid_file', 'Send a JPEG, PNG, GIF, WebP or AVIF of at most 40 megapixels.', [
      { path: 'image', message: 'is no such picture' },
    ])
  const id = randomUUID()
  let isKept = false
  await files.put(nameOf(communityId, id), image)
  try {
    return await work(id, () => {
      isKept = true
    })
  } catch (error) {
    // Nobody knows whether a commit whose connection broke names it.
    isKept ||= !(error instanceof Failure)
    throw error
  } finally {
    if (!isKept) await forgetImage(files, communityId, id)
  }
}

/** Removes a picture if it can. One that stays harms nobody: no address leads to it. */
export const forgetImage = (files: Files, communityId: string, id: string): Promise<void> =>
  files.remove(nameOf(communityId, id)).catch(() => {})

/** Undefined for what is not there. */
export const readImage = (files: Files, communityId: string, id: string): Promise<Buffer | undefined> =>
  files.read(nameOf(communityId, id))
