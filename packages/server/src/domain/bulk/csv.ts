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

/** A record that is longer is not a member; nothing longer is ever held in memory. */
const maxRecordBytes = 64 * 1024

const problems = {
  line_too_long: 'The line is longer than 64 KB.',
  bad_encoding: 'The line is not valid UTF-8. Save the file as UTF-8.',
  null_character: 'The line holds a null character.',
  unclosed_quote: 'A quote is opened here and never closed.',
  bad_quote: 'A quote stands in the wrong place. Inside quotes, write a quote twice.',
} as const

const lf = 0x0a
const cr = 0x0d
const quote = 0x22
const delimiters = [',', ';', '\t']

/**
 * Reads CSV (RFC 4180; UTF-8, with `,`, `;` or tab as the header shows) as it streams, in lists of rows.
 *
 * Ours, and not a library's, because of what must happen after a mistake: a quote that is never closed would swallow the
 * rest of the file, and libraries stop there or drop it. Here the broken row is reported with its line, and reading goes
 * on with the next line of the file. Memory stays flat whatever the file holds, also for a line of 100 MB.
 *
 * The first row is the header; every other row must have as many cells.
 * @throws Failure `invalid_file` for what cannot be CSV in UTF-8 at all.
 */
export async function* readCsv(source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow[]> {
  const reader = new CsvReader()
  for await (const chunk of source) {
    const rows = reader.push(chunk, false)
    if (rows.length > 0) yield rows
  }
  const rows = reader.push(new Uint8Array(0), true)
  if (rows.length > 0) yield rows
}

class CsvReader {
  private buffer: Buffer = Buffer.alloc(0)
  /** The line of the file that `buffer` begins on. */
  private line = 1
  private atStart = true
  /** Inside a line that is too long: wait for its end. */
  private skipping = false
  private delimiter = 0
  private width = 0

  push(chunk: Uint8Array, last: boolean): CsvRow[] {
    this.buffer = this.buffer.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.buffer, chunk])
    if (this.atStart) {
      if (this.buffer.length < 3 && !last) return []
      this.atStart = false
      this.buffer = this.buffer.subarray(byteOrderMark(this.buffer))
    }
    const rows: CsvRow[] = []
    let position = 0
    let nextQuote = this.buffer.indexOf(quote)
    while (position < this.buffer.length) {
      const lineEnd = this.buffer.indexOf(lf, position)
      const end = lineEnd === -1 ? this.buffer.length : lineEnd
      if (this.skipping) {
        if (lineEnd === -1) {
          position = end
          break
        }
        this.skipping = false
        position = end + 1
        this.line++
        continue
      }
      if (end - position > maxRecordBytes) {
        rows.push({ line: this.line, problem: problemOf('line_too_long') })
        this.skipping = true
        continue
      }
      if (lineEnd === -1 && !last) break
      if (nextQuote !== -1 && nextQuote < position) nextQuote = this.buffer.indexOf(quote, position)
      const quoted = nextQuote !== -1 && nextQuote < end
      if (!quoted) {
        this.add(rows, this.plainRow(position, end))
        position = end + 1
        this.line++
        continue
      }
      const record = this.quotedRow(position, last)
      if (record === 'unfinished') break
      const lines = record.problem ? 1 : record.lines
      this.add(rows, record)
      // After a mistake, what follows its first line is read as rows again: nothing good is lost with it.
      const wrong = rows.at(-1)?.problem !== undefined && rows.at(-1)!.line === this.line
      position = (wrong ? end : record.end) + 1
      this.line += wrong ? 1 : lines
    }
    this.buffer = this.buffer.subarray(Math.min(position, this.buffer.length))
    return rows
  }

  /** Adds a row, checked against the header; blank lines are nothing. */
  private add(rows: CsvRow[], row: { cells: string[]; problem?: never } | { problem: RowProblem }): void {
    const { line } = this
    if (row.problem) {
      if (this.width === 0) throw new Failure('invalid_file', `The header cannot be read. ${row.problem.message}`)
      rows.push({ line, problem: row.problem })
      return
    }
    if (row.cells.length === 1 && row.cells[0]!.trim() === '') return
    if (this.width === 0) this.width = row.cells.length
    if (row.cells.length !== this.width) {
      const message = `The row has ${row.cells.length} cells, the header has ${this.width}.`
      rows.push({ line, problem: { code: 'wrong_columns', message } })
    } else {
      rows.push({ line, cells: row.cells })
    }
  }

  private plainRow(start: number, end: number): { cells: string[]; problem?: never } | { problem: RowProblem } {
    const bytes = this.buffer.subarray(start, end > start && this.buffer[end - 1] === cr ? end - 1 : end)
    const text = textOf(bytes)
    if (typeof text !== 'string') return text
    this.delimiter ||= delimiterOf(text)
    return { cells: text.split(String.fromCharCode(this.delimiter)) }
  }

  /** A record with quotes, which may go over several lines. */
  private quotedRow(
    start: number,
    last: boolean,
  ):
    | 'unfinished'
    | { cells: string[]; lines: number; end: number; problem?: never }
    | { problem: RowProblem; end: number } {
    const { buffer } = this
    const limit = Math.min(buffer.length, start + maxRecordBytes)
    if (!this.delimiter) this.delimiter = delimiterOf(buffer.toString('latin1', start, limit).replace(/"[^"]*"/g, ''))
    const wrong = (code: keyof typeof problems) => ({ problem: problemOf(code), end: start })
    const cells: string[] = []
    let lines = 1
    let at = start
    for (;;) {
      let text: string | { problem: RowProblem }
      if (buffer[at] === quote) {
        const close = closingQuote(buffer, at, limit)
        const cutShort = !last && (close === -1 ? limit === buffer.length : close + 1 === buffer.length)
        if (cutShort) return 'unfinished'
        if (close === -1) return wrong('unclosed_quote')
        text = textOf(buffer.subarray(at + 1, close))
        for (let i = buffer.indexOf(lf, at); i !== -1 && i < close; i = buffer.indexOf(lf, i + 1)) lines++
        if (typeof text === 'string') text = text.replaceAll('""', '"')
        at = close + 1
        if (buffer[at] === cr && (at + 1 >= buffer.length || buffer[at + 1] === lf)) {
          if (at + 1 >= buffer.length && !last) return 'unfinished'
          at++
        }
      } else {
        let end = at
        while (end < buffer.length && buffer[end] !== lf && buffer[end] !== this.delimiter) {
          if (buffer[end] === quote) return wrong('bad_quote')
          end++
        }
        if (end === buffer.length && !last) return 'unfinished'
        const ends = end === buffer.length || buffer[end] === lf
        text = textOf(buffer.subarray(at, ends && buffer[end - 1] === cr && end > at ? end - 1 : end))
        at = end
      }
      if (typeof text !== 'string') return { ...text, end: start }
      cells.push(text)
      if (at >= buffer.length || buffer[at] === lf) return { cells, lines, end: at }
      if (buffer[at] !== this.delimiter) return wrong('bad_quote')
      at++
    }
  }
}

const problemOf = (code: keyof typeof problems): RowProblem => ({ code, message: problems[code] })

/** Where the quote opened at `open` is closed; a quote written twice stands for itself. -1 when not before `limit`. */
function closingQuote(bytes: Buffer, open: number, limit: number): number {
  let at = bytes.indexOf(quote, open + 1)
  while (at !== -1 && at < limit && bytes[at + 1] === quote) at = bytes.indexOf(quote, at + 2)
  return at < limit ? at : -1
}

function textOf(bytes: Buffer): string | { problem: RowProblem } {
  if (!isUtf8(bytes)) return { problem: problemOf('bad_encoding') }
  const text = bytes.toString()
  return text.includes('\0') ? { problem: problemOf('null_character') } : text
}

/** Which of the delimiters the header uses most; a header of one column has none, and any will do. */
function delimiterOf(header: string): number {
  const counts = delimiters.map((delimiter) => header.split(delimiter).length)
  return delimiters[counts.indexOf(Math.max(...counts))]!.charCodeAt(0)
}

/** How many bytes the mark takes at the start of the file. */
function byteOrderMark(bytes: Buffer): number {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return 3
  const utf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || second === 0
  if (utf16) throw new Failure('invalid_file', 'The file is UTF-16. Save it as UTF-8 and send it again.')
  return 0
}

/**
 * A text as a cell to write. Spreadsheets run cells that begin like a formula, so such a cell gets an apostrophe in
 * front (OWASP, CSV injection).
 */
export const csvCell = (text: string): string => `"${text.replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""')}"`
