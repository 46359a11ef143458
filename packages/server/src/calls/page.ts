import type { IncomingHttpHeaders } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { Parser } from 'htmlparser2'
import { CallFailure, type GuardedFetch } from './fetch.js'

/*
 * What a page says of itself, for the card of a link to it. Whoever wrote it may mean harm: of a page little is read and in
 * little time, what is found is text and nothing else, and each address that it leads to is one that is called with all care.
 */

/** What a page says of itself. */
export interface Page {
  title: string
  description: string
  siteName: string
  /** Where a picture of it is; null for none. */
  image: string | null
}

/** Of a page; it is read so far and no further. */
const maxBytes = 512 * 1024
/** From the first look for a name to the last byte, redirects included, and to each connection. */
const pageMs = 8_000
const connectMs = 4_000
/** How many addresses are asked for one page. */
const mostHops = 4
const maxImageBytes = 5_000_000
const imageMs = 10_000
const longestAddress = 2000
/** How much is shown of each, in characters. */
const longest = { title: 200, description: 300, siteName: 60 } as const

interface Asking {
  fetchGuarded: GuardedFetch
  /** Who we say that we are. */
  agent: string
  signal: AbortSignal
}

/**
 * Asks a page what it is.
 * @returns null where it says nothing of itself.
 * @throws CallFailure where it is no page, or cannot be had.
 */
export async function askPage(url: string, asking: Asking): Promise<Page | null> {
  const limits = { maxBytes, cut: true, connectMs, timeoutMs: pageMs } as const
  const { at, headers, body } = await follow(url, { accept: 'text/html,application/xhtml+xml', ...limits }, asking)
  if (!/^(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw new CallFailure('not a page')
  return read(await decode(body, headers['content-type']!), at)
}

/**
 * Fetches the picture that a page names.
 * @throws CallFailure
 */
export async function askImage(url: string, asking: Asking): Promise<Buffer> {
  const limits = { maxBytes: maxImageBytes, connectMs, timeoutMs: imageMs }
  return (await follow(url, { accept: 'image/*', ...limits }, asking)).body
}

/** Every address on the way is looked at anew, as the first one was. */
async function follow(
  url: string,
  options: Omit<Parameters<GuardedFetch>[1], 'signal'>,
  { fetchGuarded, agent, signal }: Asking,
): Promise<{ at: string; headers: IncomingHttpHeaders; body: Buffer }> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)])
  // It sends no cookie and no referrer, and asks for nothing packed: a few bytes could become any number of them.
  const call = { ...options, orPlain: true, headers: { 'user-agent': agent }, signal: inTime }
  let at = url
  for (let hop = 0; hop < mostHops; hop++) {
    const { status, headers, body } = await fetchGuarded(at, call)
    if (status === 200 && headers['content-encoding'] === undefined) return { at, headers, body }
    const { location } = headers
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined || !URL.canParse(location, at))
      throw new CallFailure(`answered ${status}`)
    at = new URL(location, at).href
  }
  throw new CallFailure('leads on and on')
}

/** The names of what we look for, each by the names that come before others. */
const names = {
  title: ['og:title', 'twitter:title'],
  description: ['og:description', 'twitter:description', 'description'],
  siteName: ['og:site_name', 'application-name'],
  image: ['og:image:secure_url', 'og:image', 'og:image:url', 'twitter:image', 'twitter:image:src'],
} as const
const known = new Set<string>(Object.values(names).flat())
/** Where all of these are, nothing else is looked for. */
const enough = ['og:title', 'og:description', 'og:site_name', 'og:image']

/** So much is parsed before others have a turn, in characters, and of tags in tags no more: each costs what lies open. */
const slice = 16 * 1024
const deepest = 400

async function parse(
  html: string,
  onMeta: (attributes: Record<string, string>) => boolean,
  onTitle: (text: string) => void = () => {},
): Promise<void> {
  let depth = 0
  let titles = 0
  let isTitle = false
  let isOver = false
  const end = () => {
    isOver = true
    parser.pause()
  }
  const parser = new Parser({
    onopentag(name, attributes) {
      depth++
      // Drawings have titles as well.
      isTitle = name === 'title' && ++titles === 1
      if ((name === 'meta' && onMeta(attributes)) || depth > deepest) end()
    },
    ontext(text) {
      if (isTitle) onTitle(text)
    },
    onclosetag() {
      depth--
      isTitle = false
    },
  })
  for (let from = 0; from < html.length && !isOver; from += slice) {
    if (from > 0) await setImmediate()
    parser.write(html.slice(from, from + slice))
  }
}

async function read(html: string, at: string): Promise<Page | null> {
  const said = new Map<string, string>()
  let title = ''
  await parse(
    html,
    ({ property, name, content }) => {
      const key = (property ?? name ?? '').trim().toLowerCase()
      if (content && known.has(key) && !said.has(key)) said.set(key, content)
      return enough.every((one) => said.has(one))
    },
    (text) => {
      // A title of all that is read is cut as it comes.
      if (title.length < slice) title += text
    },
  )
  const first = (name: keyof typeof names) => names[name].map((one) => said.get(one)).find(Boolean) ?? ''
  const page = {
    title: tidy(first('title') || title, longest.title),
    description: tidy(first('description'), longest.description),
    siteName: tidy(first('siteName'), longest.siteName),
    image: addressOf(first('image').trim(), at),
  }
  return page.title ? page : null
}

/** One line, without what would write backwards over what stands around it. */
function tidy(text: string, most: number): string {
  const line = text
    .slice(0, slice)
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .replace(/[\p{Cc}\p{Cs}\p{Z}]+/gu, ' ')
    .trim()
  const signs = [...line]
  return signs.length > most
    ? `${signs
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
    : line
}

function addressOf(written: string, at: string): string | null {
  if (!written || written.length > longestAddress || !URL.canParse(written, at)) return null
  const { protocol, href } = new URL(written, at)
  return protocol === 'https:' || protocol === 'http:' ? href : null
}

/** So much of a page may say how it is written (HTML, 13.2.3.2). */
const prescanned = 1024

/** By what its first bytes say, or its server, or it. What nobody knows is taken for UTF-8. */
async function decode(body: Buffer, contentType: string): Promise<string> {
  const label = markOf(body) ?? charsetIn(contentType) ?? (await declaredIn(body)) ?? 'utf-8'
  return isKnown(label) ? new TextDecoder(label).decode(body) : new TextDecoder().decode(body)
}

const markOf = (body: Buffer): string | undefined =>
  body[0] === 0xfe && body[1] === 0xff ? 'utf-16be' : body[0] === 0xff && body[1] === 0xfe ? 'utf-16le' : undefined

const charsetIn = (type: string): string | undefined => /charset=["']?([\w:.-]+)/i.exec(type)?.[1]

async function declaredIn(body: Buffer): Promise<string | undefined> {
  let found: string | undefined
  await parse(body.toString('latin1', 0, prescanned), ({ charset, content, ...rest }) => {
    const isType = rest['http-equiv']?.toLowerCase() === 'content-type'
    found = charset ?? (isType ? charsetIn(content ?? '') : undefined)
    return found !== undefined
  })
  // What could be read in order to say so is not written in pairs of bytes.
  return found && /^utf-?16/i.test(found) ? 'utf-8' : found
}

function isKnown(label: string): boolean {
  try {
    return Boolean(new TextDecoder(label))
  } catch {
    return false
  }
}
