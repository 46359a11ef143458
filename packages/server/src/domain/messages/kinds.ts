import { type DownloadEnding, downloadTypes } from '@rai/contract'
import { Failure } from '../failure.js'
import { beginsAsPicture, shownPicture } from '../pictures/uploads.js'
import type { Stored } from '../stored.js'

/** A file that was looked at, as it is kept. */
export interface Judged {
  name: string
  type: string
  content: Buffer
  ending: Stored['ending']
  /** Null for what is no picture. */
  picture: { width: number; height: number; color: string | null } | null
}

const pictureEndings = ['jpg', 'jpeg', 'jfif', 'png', 'gif', 'webp', 'avif']

type Test = (start: string) => boolean
const begins =
  (texts: readonly string[], at = 0): Test =>
  (start) =>
    texts.some((text) => start.startsWith(text, at))

const office = begins(['PK\x03\x04'])
/** How files of each kind begin, by how their names end. What is absent is text. */
const beginnings: { readonly [Ending in DownloadEnding]?: Test } = {
  pdf: begins(['%PDF-']),
  zip: begins(['PK\x03\x04', 'PK\x05\x06']),
  docx: office,
  xlsx: office,
  pptx: office,
  mp3: begins(['ID3', '\xff\xfb', '\xff\xfa', '\xff\xf3', '\xff\xf2', '\xff\xe3', '\xff\xe2']),
  m4a: begins(['ftypM4A', 'ftypM4B', 'ftypmp4', 'ftypiso'], 4),
  ogg: begins(['OggS']),
  wav: (start) => start.startsWith('RIFF') && start.startsWith('WAVE', 8),
  mp4: begins(['ftypmp4', 'ftypiso', 'ftypavc1', 'ftypM4V', 'ftypMSNV', 'ftypdash'], 4),
  mov: begins(['ftypqt', 'moov', 'wide', 'free', 'mdat'], 4),
  webm: begins(['\x1a\x45\xdf\xa3']),
}

/** What a browser or a shell would run if it were asked to. */
const runs = /^\s*(?:#!|<(?:!doctype|\?xml|html|head|body|script|svg|iframe))/i
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function isPlainText(content: Buffer): boolean {
  try {
    const text = utf8.decode(content)
    return !/[^\P{Cc}\t\n\r\f]/u.test(text) && !runs.test(text)
  } catch {
    return false
  }
}

const endingOf = (name: string): string => /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
const isDownload = (ending: string): ending is DownloadEnding => Object.hasOwn(downloadTypes, ending)

const longestName = 100
/** What no name holds: what cannot be seen, turns the direction of what stands beside it, or means a path somewhere. */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\\/:*?"<>|]/gu

/** A name as it is shown, and given to whoever downloads the file. */
function nameFor(sent: string, ending: string): string {
  const clean = sent.replace(unfit, '').trim()
  const own = endingOf(clean)
  const stem = own ? clean.slice(0, -own.length - 1) : clean
  return `${[...stem].slice(0, longestName).join('').trim() || 'file'}.${ending}`
}

const refuse = (message: string): never => {
  const most = Object.keys(downloadTypes).join(', ')
  throw new Failure(
    'invalid_file',
    `Send a JPEG, PNG, GIF, WebP or AVIF of at most 40 megapixels, or a file whose name ends as what it is: ${most}.`,
    [{ path: 'file', message }],
  )
}

/**
 * Looks at what a file is: by what is in it, which must be what its name says.
 * @param sent Its name, as it was sent.
 * @throws Failure `invalid_file` for any other.
 */
export async function judge(sent: string, content: Buffer): Promise<Judged> {
  const ending = endingOf(sent)
  if (beginsAsPicture(content)) {
    if (ending !== '' && !pictureEndings.includes(ending)) refuse('is a picture, and its name says otherwise')
    const picture = (await shownPicture(content)) ?? refuse('is a broken picture, or has too many pixels')
    const { content: made, ...rest } = picture
    return { name: nameFor(sent, 'webp'), type: 'image/webp', content: made, ending: 'webp', picture: rest }
  }
  if (!isDownload(ending))
    return refuse(ending === '' ? 'has a name without an ending' : `is of a kind that is not taken: ${ending}`)
  const begun = beginnings[ending]
  const isIt = begun ? begun(content.toString('latin1', 0, 32)) : content.length > 0 && isPlainText(content)
  if (!isIt) refuse('holds something else than its name says')
  return { name: nameFor(sent, ending), type: downloadTypes[ending], content, ending: 'bin', picture: null }
}
