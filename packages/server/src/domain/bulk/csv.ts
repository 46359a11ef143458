import { isUtf8 } from 'node:buffer'
import { Failure } from '../failure.js'

/** What is wrong with one row; the rows around it are not touched by it. */
export interface RowProblem {
  code: string
  /** One sentence for whoever made the file. */
  message: string
}

/** One row of a file. `line` is where it begins; the header is line 1. */
export type CsvRow = { line: number; cells: string[]; problem?: never } | { line: number; problem: RowProblem }

/** A longer row is no member's. Nothing longer is ever held in memory. */
const maxRowBytes = 64 * 1024

const problems = {
  line_too_long: 'The line is longer than 64 KB.',
  bad_encoding: 'The line is not valid UTF-8. Save the file as UTF-8.',
  null_character: 'The line holds a null character.',
  unclosed_quote: 'A quote is opened here and not closed.',
  bad_quote: 'A quote stands in the wrong place. Inside quotes, write a quote twice.',
} as const
type ProblemCode = keyof typeof problems

const utf16 = 'The file is UTF-16. Save it as UTF-8 and send it again.'

/** How files begin that are no CSV in UTF-8, and what to do about it. */
const strangers: [beginning: number[], message: string][] = [
  [[0xff, 0xfe], utf16],
  [[0xfe, 0xff], utf16],
  [[0x1f, 0x8b], 'The file is compressed. Send it unpacked.'],
  [[0x50, 0x4b, 0x03, 0x04], 'The file is a ZIP or an Excel workbook. Save it as CSV (UTF-8) and send it again.'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'The file is an Excel workbook. Save it as CSV (UTF-8) and send it again.'],
]
const byteOrderMark = [0xef, 0xbb, 0xbf]
const longestBeginning = 4

const lf = 0x0a
const cr = 0x0d
const quote = 0x22
const delimiters = [',', ';', '\t']

/**
 * Reads CSV (RFC 4180; UTF-8, with `,`, `;` or tab as the header shows) as it streams, in lists of rows. Lines end with
 * LF, CRLF or CR.
 *
 * Ours, and not a library's, because of what must happen after a mistake: a quote that is never closed would swallow the
 * rest of the file, and libraries stop there or drop it. Here the broken row is reported with its line, and reading goes
 * on with the next line of the file. Memory stays flat whatever the file holds, also for a line of 100 MB.
 *
 * The first row is the header; every other row must have as many cells.
 * @throws Failure `invalid_file` for what cannot be CSV in UTF-8 at all, or has a header that cannot be read.
 */
export async function* readCsv(source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow[]> {
  const reader = new CsvReader()
  for await (const chunk of source) yield reader.read(chunk, false)
  yield reader.read(new Uint8Array(0), true)
}

/** Where a row's bytes end, and what of it was seen on the way. */
interface Extent {
  /** Its line end or, after a mistake, the byte that showed it. */
  end: number
  /** Where its first line ends, when it has more lines than one; else -1. */
  firstLineEnd: number
  /** How many of its line ends stand in quotes. */
  innerLines: number
  quoted: boolean
  problem: ProblemCode | undefined
}

class CsvReader {
  /** What is not read yet: at most a row and a chunk. */
  #bytes: Buffer = Buffer.alloc(0)
  /** The line of the file on which `#bytes` begins. */
  #line = 1
  #begun = false
  /** A CR was read: a LF that follows belongs to it. */
  #afterCr = false
  /** In a line that is given up: wait for its end. */
  #skipping = false
  /** Any of them until the header has shown which one it is; also as bytes. */
  #delimiters = delimiters
  #codes = codesOf(delimiters)
  /** How many cells the header has; 0 before it. */
  #width = 0

  read(chunk: Uint8Array, last: boolean): CsvRow[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    let at = 0
    if (!this.#begun) {
      if (this.#bytes.length < longestBeginning && !last) return []
      this.#begun = true
      at = textBeginning(this.#bytes)
    }
    const rows: CsvRow[] = []
    while (at < this.#bytes.length) {
      if (this.#afterCr) {
        this.#afterCr = false
        if (this.#bytes[at] === lf) at++
      } else if (this.#skipping) {
        at = this.#skip(at)
      } else {
        const extent = this.#extentOf(at, last)
        if (!extent) break
        at = this.#take(rows, at, extent)
      }
    }
    this.#bytes = this.#bytes.subarray(at)
    return rows
  }

  /** Finds where the row that begins at `start` ends, by its bytes; undefined when that has not arrived yet. */
  #extentOf(start: number, last: boolean): Extent | undefined {
    const bytes = this.#bytes
    const first = this.#codes[0]
    const second = this.#codes[1]
    const third = this.#codes[2]
    const limit = Math.min(bytes.length, start + maxRowBytes + 1)
    let place: 'cell start' | 'plain' | 'quoted' | 'after quote' = 'cell start'
    let firstLineEnd = -1
    let innerLines = 0
    let quoted = false
    for (let at = start; at < limit; at++) {
      const byte = bytes[at]!
      if (place === 'quoted') {
        if (byte === quote) place = 'after quote'
        else if (byte === cr || (byte === lf && bytes[at - 1] !== cr)) {
          if (innerLines++ === 0) firstLineEnd = at
        }
      } else if (byte === lf || byte === cr) {
        return { end: at, firstLineEnd, innerLines, quoted, problem: undefined }
      } else if (byte === quote) {
        if (place === 'plain') return { end: at, firstLineEnd, innerLines, quoted, problem: 'bad_quote' }
        place = 'quoted'
        quoted = true
      } else if (byte === first || byte === second || byte === third) {
        place = 'cell start'
      } else if (place === 'after quote') {
        return { end: at, firstLineEnd, innerLines, quoted, problem: 'bad_quote' }
      } else {
        place = 'plain'
      }
    }
    const tooLong = limit - start > maxRowBytes
    if (!tooLong && !last) return undefined
    const unclosed = place === 'quoted' && !(tooLong && innerLines === 0)
    const problem = unclosed ? 'unclosed_quote' : tooLong ? 'line_too_long' : undefined
    return { end: limit, firstLineEnd, innerLines, quoted, problem }
  }

  /** Adds the row with that extent, and answers where the next one begins. */
  #take(rows: CsvRow[], start: number, extent: Extent): number {
    const row = this.#rowOf(start, extent)
    if (row) rows.push(row)
    // After a mistake, what follows its first line is read as rows again: nothing good is lost with it.
    if (row?.problem && extent.firstLineEnd !== -1) return this.#endLine(extent.firstLineEnd)
    if (extent.problem) {
      this.#skipping = true
      return extent.end
    }
    this.#line += extent.innerLines
    return this.#endLine(extent.end)
  }

  /** The row, checked against the header. A blank line is none. */
  #rowOf(start: number, { end, quoted, problem }: Extent): CsvRow | undefined {
    const line = this.#line
    const text = problem ? undefined : this.#bytes.toString('utf8', start, end)
    const code = problem ?? textProblem(text!, this.#bytes, start, end)
    if (code && this.#width === 0) {
      throw new Failure('invalid_file', `The header cannot be read. ${problems[code]}`)
    }
    if (code) return { line, problem: { code, message: problems[code] } }
    if (text!.trim() === '') return undefined
    if (this.#width === 0) {
      this.#delimiters = [mostUsed(text!)]
      this.#codes = codesOf(this.#delimiters)
    }
    const cells = quoted ? quotedCells(text!, this.#delimiters[0]!) : text!.split(this.#delimiters[0]!)
    this.#width ||= cells.length
    if (cells.length === this.#width) return { line, cells }
    const message = `The row has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, the header has ${this.#width}.`
    return { line, problem: { code: 'wrong_columns', message } }
  }

  #skip(start: number): number {
    const bytes = this.#bytes
    let at = start
    while (at < bytes.length && bytes[at] !== lf && bytes[at] !== cr) at++
    if (at === bytes.length) return at
    this.#skipping = false
    return this.#endLine(at)
  }

  #endLine(end: number): number {
    this.#line++
    this.#afterCr = this.#bytes[end] === cr
    return end + 1
  }
}

const codesOf = (texts: readonly string[]): number[] => texts.map((text) => text.charCodeAt(0))

/** Where a file's text begins. */
function textBeginning(bytes: Buffer): number {
  const beginsWith = (beginning: number[]) => beginning.every((byte, i) => bytes[i] === byte)
  const stranger = strangers.find(([beginning]) => beginsWith(beginning))
  if (stranger) throw new Failure('invalid_file', stranger[1])
  // Letters and their zeros, without a mark.
  if (bytes[0] === 0 || bytes[1] === 0) throw new Failure('invalid_file', utf16)
  return beginsWith(byteOrderMark) ? byteOrderMark.length : 0
}

function textProblem(text: string, bytes: Buffer, start: number, end: number): ProblemCode | undefined {
  // What cannot be decoded becomes U+FFFD; only a text with one can hide a mistake.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) return 'bad_encoding'
  return text.includes('\0') ? 'null_character' : undefined
}

/** Which of the delimiters a header uses most; a header of one column has none, and any will do. */
function mostUsed(header: string): string {
  const plain = header.replace(/"[^"]*"/g, '')
  const counts = delimiters.map((delimiter) => plain.split(delimiter).length)
  return delimiters[counts.indexOf(Math.max(...counts))]!
}

/** Takes a row apart whose quotes are known to be right. */
function quotedCells(text: string, delimiter: string): string[] {
  const cells: string[] = []
  for (let at = 0; at <= text.length; ) {
    let end = at
    if (text[at] === '"') {
      end = text.indexOf('"', at + 1)
      while (text[end + 1] === '"') end = text.indexOf('"', end + 2)
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'))
      end++
    } else {
      end = text.indexOf(delimiter, at)
      if (end === -1) end = text.length
      cells.push(text.slice(at, end))
    }
    at = end + 1
  }
  return cells
}

/** Spreadsheets run cells that begin like a formula: such a cell gets an apostrophe in front (OWASP, CSV injection). */
export const csvCell = (text: string): string => `"${text.replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""')}"`
