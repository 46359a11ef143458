import sharp, { type ResizeOptions } from 'sharp'

/** Pixels on each side: twice of what widgets draw, for dense screens. */
const squareSide = 128
/** Pixels on the longer side. */
const longestSide = 512
/** The same of pictures that members show each other: twice of what a conversation has room for. */
const longestShown = 1280
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

/** A picture that members show each other. */
export interface ShownPicture {
  content: Buffer
  width: number
  height: number
  /** The colour of all of it, as CSS writes it; null where one can see through it. */
  color: string | null
}

/** The whole of a picture, large enough to be looked at by itself. */
export async function shownPicture(file: Buffer): Promise<ShownPicture | undefined> {
  const size = { width: longestShown, height: longestShown, fit: 'inside', withoutEnlargement: true } as const
  const content = await encoded(file, size)
  if (!content) return undefined
  const made = sharp(content)
  const { width, height, hasAlpha } = await made.metadata()
  const isOpaque = !hasAlpha || (await made.stats()).isOpaque
  const average = isOpaque ? await made.resize(1, 1, { fit: 'fill' }).removeAlpha().raw().toBuffer() : null
  return { content, width, height, color: average && `#${average.toString('hex', 0, 3)}` }
}

/** Whether a file begins as a picture does. */
export function beginsAsPicture(file: Buffer): boolean {
  const start = file.toString('latin1', 0, 16)
  return beginnings.some((beginning) => beginning.test(start))
}

/**
 * A picture as WebP without anything but its pixels: no place, no camera, no words. The first frame of one that moves.
 * Undefined for what is no picture (JPEG, PNG, GIF, WebP, AVIF), is broken, or is too large.
 */
async function encoded(file: Buffer, size: ResizeOptions): Promise<Buffer | undefined> {
  if (!beginsAsPicture(file)) return undefined
  return sharp(file, { limitInputPixels: maxPixels, failOn: 'error' })
    .rotate()
    .resize(size)
    .webp()
    .timeout({ seconds: maxSeconds })
    .toBuffer()
    .catch(() => undefined)
}
