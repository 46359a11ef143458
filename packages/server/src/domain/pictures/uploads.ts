import sharp, { type ResizeOptions } from 'sharp'

/** Pixels on each side: twice of what widgets draw, for dense screens. */
const squareSide = 128
/** Pixels on the longer side. */
const longestSide = 512
/** A picture of more pixels would take more memory than anybody's portrait deserves. */
const maxPixels = 40_000_000
const maxSeconds = 5

/** How files of each kind begin. Nothing else reaches a decoder: no SVG, which is a document and may name other addresses. */
const beginnings: readonly RegExp[] = [/^\xff\xd8\xff/, /^\x89PNG/, /^GIF8[79]a/, /^RIFF.{4}WEBP/s, /^.{4}ftypavif/s]

// A picture takes one of the few threads that the process has. Requests come first: whoever has several asks for one after
// the other.
sharp.concurrency(1)
sharp.cache(false)

/** A picture as a small square, cut where it is none. */
export const squarePicture = (file: Buffer) => encoded(file, { width: squareSide, height: squareSide, fit: 'cover' })

/** The whole of a picture, made smaller where it is large. */
export const wholePicture = (file: Buffer) =>
  encoded(file, { width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true })

/**
 * A picture as WebP without anything but its pixels: no place, no camera, no words. The first frame of one that moves.
 * Undefined for what is no picture (JPEG, PNG, GIF, WebP, AVIF), is broken, or is too large.
 */
async function encoded(file: Buffer, size: ResizeOptions): Promise<Buffer | undefined> {
  const start = file.toString('latin1', 0, 16)
  if (!beginnings.some((beginning) => beginning.test(start))) return undefined
  return sharp(file, { limitInputPixels: maxPixels, failOn: 'error' })
    .rotate()
    .resize(size)
    .webp()
    .timeout({ seconds: maxSeconds })
    .toBuffer()
    .catch(() => undefined)
}
