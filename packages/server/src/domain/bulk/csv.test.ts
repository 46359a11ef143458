import { describe, expect, test } from 'vitest'
import { type CsvRow, csvCell, readCsv } from './csv.js'

/** Reads a file that arrives in pieces of `size` bytes. */
async function read(file: string | Uint8Array, size = 1 << 20): Promise<CsvRow[]> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const rows: CsvRow[] = []
  for await (const some of readCsv(pieces())) rows.push(...some)
  return rows
}

/** Rows in short: `line: cells`, or `line! code`. */
const short = (rows: CsvRow[]) =>
  rows.map((row) => (row.problem ? `${row.line}! ${row.problem.code}` : `${row.line}: ${row.cells.join('|')}`))

describe('a good file', () => {
  test.each([
    ['commas, also in quotes', 'a,b\n"x,1",2\n', ['1: a|b', '2: x,1|2']],
    ['semicolons', 'a;b\n1;2', ['1: a|b', '2: 1|2']],
    ['tabs', 'a\tb\r\n1\t2\r\n', ['1: a|b', '2: 1|2']],
    ['quotes in quotes', 'a,b\n"say ""hi""",""\n', ['1: a|b', '2: say "hi"|']],
    ['lines in quotes', 'a,b\n"one\ntwo",2\n3,4\n', ['1: a|b', '2: one\ntwo|2', '4: 3|4']],
    ['Windows line ends after quotes', '"a","b"\r\n"1","2"\r\n', ['1: a|b', '2: 1|2']],
    ['old Mac line ends', 'a,b\r1,2\r"3\r4",5\r6,7', ['1: a|b', '2: 1|2', '3: 3\r4|5', '5: 6|7']],
    ['empty cells', 'a,b,c\n,,\n"",x,""\n', ['1: a|b|c', '2: ||', '3: |x|']],
    ['blank lines', 'a\n\n1\n  \n2\n', ['1: a', '3: 1', '5: 2']],
    ['a byte order mark', '\ufeffa,b\n1,2', ['1: a|b', '2: 1|2']],
    ['every script', 'name\nعمر\n日本語\n👩‍👩‍👧', ['1: name', '2: عمر', '3: 日本語', '4: 👩‍👩‍👧']],
    ['nothing', '', []],
  ])('with %s', async (_, file, expected) => {
    expect(short(await read(file))).toEqual(expected)
  })
})

describe('a bad row is reported by its line, and the rows around it are read', () => {
  test.each([
    ['too many cells', 'a,b\n1,2,3\n4,5\n', ['1: a|b', '2! wrong_columns', '3: 4|5']],
    ['too few cells', 'a,b\n1\n4,5\n', ['1: a|b', '2! wrong_columns', '3: 4|5']],
    ['an unclosed quote', 'a,b\n"1,2\n3,4\n5,6\n', ['1: a|b', '2! unclosed_quote', '3: 3|4', '4: 5|6']],
    [
      'an unclosed quote that a later one seems to close',
      'a,b\n"1,2\n3,4\n"5",6\n',
      ['1: a|b', '2! bad_quote', '3: 3|4', '4: 5|6'],
    ],
    ['text after a quote', 'a,b\n"1"x,2\n3,4\n', ['1: a|b', '2! bad_quote', '3: 3|4']],
    ['a quote inside a cell', 'a,b\n1"x,2\n3,4\n', ['1: a|b', '2! bad_quote', '3: 3|4']],
    [
      'several lines with too few cells',
      'a,b\n"1\n3,4\n"\n5,6\n',
      ['1: a|b', '2! wrong_columns', '3: 3|4', '4! unclosed_quote', '5: 5|6'],
    ],
    ['a null character', 'a,b\n1\0,2\n3,4\n', ['1: a|b', '2! null_character', '3: 3|4']],
  ])('with %s', async (_, file, expected) => {
    expect(short(await read(file))).toEqual(expected)
  })

  test('with bytes that are not UTF-8', async () => {
    const latin1 = Buffer.from('name\nJos\xe9\nJane\n', 'latin1')
    expect(short(await read(latin1))).toEqual(['1: name', '2! bad_encoding', '3: Jane'])
  })

  test('with a line of more than 64 KB, quoted or not', async () => {
    const long = 'x'.repeat(70_000)
    const file = `a,b\n${long},1\n"${long}",1\n"${'y\n'.repeat(40_000)}\n3,4\n`
    const rows = short(await read(file))
    expect(rows.slice(0, 4)).toEqual(['1: a|b', '2! line_too_long', '3! line_too_long', '4! unclosed_quote'])
    expect(rows.at(-1)).toBe('40005: 3|4')
  })

  test('with a long end after a quoted line end, and holds no more of it than a row may have', async () => {
    const file = `a,b\n"1\n2",${'x'.repeat(70_000)}\n3,4\n`
    const expected = ['1: a|b', '2! line_too_long', '3! bad_quote', '4: 3|4']
    expect(short(await read(file))).toEqual(expected)
    expect(short(await read(file, 1000))).toEqual(expected)
  })
})

test('a file reads the same wherever its pieces are cut', async () => {
  const file =
    '\ufeffa,b\r\n"x ""1"", y",é\n"un\nclosed,2\r\n3,"4"\r\n"5"x,6\n\n7,8,9\n"日\r\n本",👍\r\n1\r2,3\r"last","row"'
  const whole = short(await read(file))
  expect(whole).toContain('5: 3|4')
  for (let size = 1; size < Buffer.byteLength(file); size++) expect(short(await read(file, size))).toEqual(whole)
})

test('a line of 100 MB costs no memory', async () => {
  async function* file() {
    yield Buffer.from('a,b\n"')
    for (let n = 0; n < 1600; n++) yield Buffer.alloc(65_536, 'x')
    yield Buffer.from('\n1,2\n')
  }
  const before = process.memoryUsage().arrayBuffers
  let held = 0
  const rows: CsvRow[] = []
  for await (const some of readCsv(file())) {
    held = Math.max(held, process.memoryUsage().arrayBuffers - before)
    rows.push(...some)
  }
  expect(short(rows)).toEqual(['1: a|b', '2! line_too_long', '3: 1|2'])
  expect(held).toBeLessThan(64 * 1024 * 1024)
})

test.each([
  ['a ZIP or an Excel workbook', [0x50, 0x4b, 0x03, 0x04, 0x14], 'Save it as CSV (UTF-8)'],
  ['an old Excel workbook', [0xd0, 0xcf, 0x11, 0xe0, 0xa1], 'Save it as CSV (UTF-8)'],
  ['compressed', [0x1f, 0x8b, 0x08, 0x00], 'Send it unpacked'],
])('%s is refused with the way out', async (_, beginning, message) => {
  await expect(read(Buffer.from(beginning))).rejects.toThrow(message)
  await expect(read(Buffer.from(beginning), 1)).rejects.toThrow(message)
})

test('UTF-16 is refused with the way out', async () => {
  await expect(read(Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'))).rejects.toThrow('Save it as UTF-8')
  await expect(read(Buffer.from('a,b\n1,2\n', 'utf16le'))).rejects.toThrow('Save it as UTF-8')
})

test('a header that cannot be read is refused', async () => {
  await expect(read('"a,b\n1,2\n')).rejects.toThrow('The header cannot be read')
})

test('a written cell is quoted, and never a formula', () => {
  expect(['plain', 'a "b"', '=1+1', '-1', '@x', '\tx'].map(csvCell)).toEqual([
    '"plain"',
    '"a ""b"""',
    `"'=1+1"`,
    `"'-1"`,
    `"'@x"`,
    `"'\tx"`,
  ])
})
