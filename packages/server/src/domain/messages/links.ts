/** How many links of a message have cards, and how long an address may be that has one. */
const most = 3
const longest = 2000

/** A link in a message. */
export interface Link {
  /** Where it leads. */
  href: string
  /** The page: the same without the place in it. */
  url: string
}

/**
 * The first links to the web in a text, each page once; none in code. Widgets show the same as links in what people usually
 * write (`chat/markdown.ts` there, which this may not import); by marks within marks a card can be missing.
 */
export function linksIn(text: string): Link[] {
  const found = new Map<string, Link>()
  for (const [, named, bare] of withoutCode(text).matchAll(address)) {
    const link = linkTo(named ?? trimmed(bare!))
    if (link && !found.has(link.url)) found.set(link.url, link)
    if (found.size === most) break
  }
  return [...found.values()]
}

/** `[words](address)`, or an address by itself. */
const address = /\]\((https?:\/\/[^\s<>()]+)\)|(?<![\p{L}\p{N}])(https?:\/\/[^\s<>]+)/giu

/** What stands in a block of code, or between backticks, is left out. */
function withoutCode(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  const kept: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    if (!line.startsWith('```')) {
      kept.push(line)
      continue
    }
    if (line.length > 6 && line.trimEnd().endsWith('```')) continue
    const end = lines.findIndex((other, n) => n > at && other.trimEnd() === '```')
    if (end < 0) {
      // One that never ends is text, and so are those after it.
      kept.push(...lines.slice(at))
      break
    }
    at = end
  }
  return kept.join('\n').replace(/`[^`]+`/g, ' ')
}

/** What ends a sentence is not part of an address, and neither is a bracket that was opened before it. */
function trimmed(shown: string): string {
  const opened = shown.split('(').length
  let closed = shown.split(')').length
  let end = shown.length
  for (; end > 0; end--) {
    const last = shown[end - 1]!
    if (last === ')' && opened >= closed--) break
    if (!/[.,;:!?'")\]}*_~]/.test(last)) break
  }
  return shown.slice(0, end)
}

function linkTo(written: string): Link | undefined {
  if (/["\\]/.test(written) || !URL.canParse(written)) return undefined
  const url = new URL(written)
  const { href } = url
  if (url.username || url.password || href.length > longest) return undefined
  url.hash = ''
  return { href, url: url.href }
}
