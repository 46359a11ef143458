/** A piece of a line. */
export type Inline =
  | string
  | { type: 'strong' | 'em' | 'del'; children: Inline[] }
  | { type: 'code'; text: string }
  | { type: 'link'; url: string; children: Inline[] }
  | { type: 'mention'; id: string }

/** A piece of a message. */
export type Block =
  | { type: 'p'; children: Inline[] }
  | { type: 'code'; text: string }
  | { type: 'quote'; blocks: Block[] }
  | { type: 'list'; start: number | undefined; items: Inline[][] }

/** Quotes within quotes, and marks within marks, go no deeper: what is written so is text. */
const deepest = 6

/**
 * Reads a small, safe part of Markdown. What it does not know is text. It answers data, never HTML, and takes time in
 * proportion to the text, whatever that is.
 */
export function parse(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  const blocks: Block[] = []
  let plain: string[] = []
  const endPlain = () => {
    const body = plain.join('\n').replace(/^\n+/, '').trimEnd()
    if (body) blocks.push({ type: 'p', children: inline(body) })
    plain = []
  }
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!
    if (line.startsWith('```')) {
      const end = lines.findIndex((other, n) => n > at && other.trimEnd() === '```')
      const oneLine = line.length > 6 && line.trimEnd().endsWith('```')
      if (end > 0 || oneLine) {
        endPlain()
        blocks.push({ type: 'code', text: oneLine ? line.trimEnd().slice(3, -3) : lines.slice(at + 1, end).join('\n') })
        at = oneLine ? at + 1 : end + 1
        continue
      }
      // One that never ends is text, and so are those after it.
      plain.push(...lines.slice(at))
      break
    }
    const taken = (is: (line: string) => boolean) => {
      let end = at
      while (end < lines.length && is(lines[end]!)) end++
      return lines.slice(at, end)
    }
    if (depth < deepest && line.startsWith('>')) {
      endPlain()
      const quoted = taken((other) => other.startsWith('>'))
      blocks.push({
        type: 'quote',
        blocks: parse(quoted.map((other) => other.replace(/^> ?/, '')).join('\n'), depth + 1),
      })
      at += quoted.length
      continue
    }
    const kind = [bullet, numbered].find((one) => one.test(line))
    if (kind) {
      endPlain()
      const items = taken((other) => kind.test(other))
      blocks.push({
        type: 'list',
        start: kind === numbered ? Number.parseInt(line, 10) : undefined,
        items: items.map((item) => inline(item.replace(kind, ''))),
      })
      at += items.length
      continue
    }
    plain.push(line)
    at++
  }
  endPlain()
  return blocks
}

const bullet = /^[-*] (?=\S)/
const numbered = /^\d{1,6}\. (?=\S)/

/** Marks around a stretch, the longer first. */
const marks = [
  ['**', 'strong'],
  ['__', 'strong'],
  ['~~', 'del'],
  ['*', 'em'],
  ['_', 'em'],
] as const

const isSpace = (sign: string | undefined) => sign === undefined || /\s/.test(sign)
const isWord = (sign: string | undefined) => sign !== undefined && /[\p{L}\p{N}]/u.test(sign)
const mention = /<@([\da-f-]{36})>/iy
const address = /(?:https?:\/\/|mailto:)[^\s<>]+/iy
const escaped = /[\\`*_~[\]()<>#.!-]/

export function inline(text: string, depth = 0): Inline[] {
  const found: Inline[] = []
  let plain = ''
  /** What is not to be found from here on is not looked for again. */
  const missing = new Set<string>()
  /** Up to there stands something like an address that is none. */
  let noAddress = 0
  const push = (piece: Inline) => {
    if (plain) found.push(plain)
    plain = ''
    found.push(piece)
  }
  const find = (what: string, from: number, fits: (at: number) => boolean): number => {
    if (missing.has(what)) return -1
    for (let at = text.indexOf(what, from); at >= 0; at = text.indexOf(what, at + 1)) if (fits(at)) return at
    missing.add(what)
    return -1
  }

  /** What begins at a place, and where it ends. */
  function pieceAt(at: number): [piece: Inline, end: number] | undefined {
    const sign = text[at]!
    if (sign === '`') {
      const end = find('`', at + 1, () => true)
      if (end > at + 1) return [{ type: 'code', text: text.slice(at + 1, end) }, end + 1]
    }
    if (sign === '<') {
      mention.lastIndex = at
      const [whole, id] = mention.exec(text) ?? []
      if (whole) return [{ type: 'mention', id: id!.toLowerCase() }, at + whole.length]
    }
    if (sign === '[') return linkAt(at)
    if (/[hm]/i.test(sign) && !isWord(text[at - 1])) return addressAt(at)
    if (depth >= deepest) return undefined
    for (const [mark, type] of marks) {
      const { length } = mark
      if (!text.startsWith(mark, at) || isSpace(text[at + length]) || text[at + length] === mark[0]) continue
      if (sign === '_' && isWord(text[at - 1])) continue
      const closes = (end: number) =>
        !isSpace(text[end - 1]) &&
        text[end + length] !== mark[0] &&
        (length > 1 || text[end - 1] !== mark) &&
        (sign !== '_' || !isWord(text[end + length]))
      const end = find(mark, at + length + 1, closes)
      if (end > 0) return [{ type, children: inline(text.slice(at + length, end), depth + 1) }, end + length]
    }
    return undefined
  }

  /** `[words](address)` */
  function linkAt(at: number): [Inline, number] | undefined {
    const middle = find('](', at + 1, () => true)
    const end = middle < 0 ? -1 : find(')', middle + 2, () => true)
    if (end < 0) return undefined
    const words = text.slice(at + 1, middle)
    // Before anything that takes longer: of many that were opened, only the last can be a link.
    if (words.includes('[') || !words.trim()) return undefined
    const url = safeUrl(text.slice(middle + 2, end))
    if (!url) return undefined
    return [{ type: 'link', url, children: inlineText(words, depth + 1) }, end + 1]
  }

  function addressAt(at: number): [Inline, number] | undefined {
    if (at < noAddress) return undefined
    address.lastIndex = at
    const whole = address.exec(text)?.[0] ?? ''
    const shown = trimmed(whole)
    const url = safeUrl(shown)
    if (!url) noAddress = at + whole.length
    return url ? [{ type: 'link', url, children: [shown] }, at + shown.length] : undefined
  }

  for (let at = 0; at < text.length; ) {
    if (text[at] === '\\' && escaped.test(text[at + 1] ?? '')) {
      plain += text[at + 1]
      at += 2
      continue
    }
    const piece = pieceAt(at)
    if (piece) {
      push(piece[0])
      at = piece[1]
    } else plain += text[at++]
  }
  if (plain) found.push(plain)
  return found
}

/** Within a link there is no other link. */
const inlineText = (text: string, depth: number): Inline[] =>
  inline(text, depth).map((piece) =>
    typeof piece === 'object' && piece.type === 'link' ? piece.children.join('') : piece,
  )

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

/** Where a link may lead: to the web, or to a mail. Nothing that a browser would have to mend counts as either. */
export function safeUrl(written: string): string | undefined {
  if (!/^(https?:\/\/|mailto:)[^\s<>"\\]+$/i.test(written) || !URL.canParse(written)) return undefined
  const { protocol, href } = new URL(written)
  return ['http:', 'https:', 'mailto:'].includes(protocol) ? href : undefined
}
