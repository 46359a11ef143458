import {
  Email,
  type FieldContent,
  FieldName,
  type jobTypes,
  line,
  PictureUrl,
  type Unit,
  Username,
} from '@rai/contract'
import { z } from 'zod'
import { Failure, type FailureDetail, shownDetails } from '../failure.js'
import { type Field, largestValue, mustBe, readCell } from '../fields/fields.js'
import { isId, shortNumber } from '../ids.js'
import type { RowProblem } from './csv.js'

/** What a file can do to a community: make members, change those it has, or make products. */
export type BulkType = (typeof jobTypes)[number]
/** What it can do to members. */
export type MemberBulk = Exclude<BulkType, 'product-import'>

/** A column of whole numbers, and what is done with them. */
type Numeric<What> = What & { operation: Operation | { columnIndex: number } }

/** What a column of a file means. */
export type Column =
  | { kind: 'profile'; property: Property }
  /** The member's id or short number; update only. */
  | { kind: 'id' }
  | Numeric<{ kind: 'unit'; unit: Unit }>
  | Numeric<{ kind: 'field'; field: string }>
  | { kind: 'text'; field: string }
  /** The `<field>_op` column of the numeric column that points to it. */
  | { kind: 'operation' }
  | { kind: 'ignored' }

export const operations = ['add', 'subtract', 'overwrite'] as const
export type Operation = (typeof operations)[number]

/** Which cell of a row means what. */
export type Plan = Column[]

/** What can be said about a member: the word for it, and what a cell may hold. */
const properties = {
  username: { word: 'username', shape: Username },
  email: { word: 'e-mail', shape: Email },
  displayName: { word: 'display name', shape: line(0, 100) },
  firstName: { word: 'first name', shape: line(0, 50) },
  lastName: { word: 'last name', shape: line(0, 50) },
  language: {
    word: 'language',
    shape: z.string().regex(/^[a-z]{2,3}(-[a-z\d]{2,8}){0,3}$/i, 'must be a language tag such as en or pt-BR'),
  },
  externalId: { word: 'external id', shape: line(1, 200) },
  avatarUrl: {
    word: 'avatar URL',
    // Emptied by a word: an empty cell says nothing.
    shape: z.union([z.literal('none').transform(() => ''), PictureUrl], 'must be a web address or "none"'),
  },
} as const satisfies Record<string, { word: string; shape: z.ZodType<string> }>

export type Property = keyof typeof properties
export const wordOf = (property: Property): string => properties[property].word

type NamedColumn = Exclude<Column, { kind: 'operation' }>
const profile = (property: Property): NamedColumn => ({ kind: 'profile', property })
const text = (field: string): NamedColumn => ({ kind: 'text', field })
const unit = (unit: Unit): NamedColumn => ({ kind: 'unit', unit, operation: 'add' })

/** Header names without case, spaces, hyphens and underscores. */
const named = new Map<string, NamedColumn>([
  ['username', profile('username')],
  ['email', profile('email')],
  ['displayname', profile('displayName')],
  ['firstname', profile('firstName')],
  ['lastname', profile('lastName')],
  ['language', profile('language')],
  ['externalid', profile('externalId')],
  ['avatarurl', profile('avatarUrl')],
  ['country', text('country')],
  ['id', { kind: 'id' }],
  ['userid', { kind: 'id' }],
  ['xp', unit('xp')],
  ['coins', unit('currency')],
  ['currency', unit('currency')],
  ['ignore', { kind: 'ignored' }],
])

/** Columns that the original takes and this server has no place for yet. */
const notThere = new Set(['phone', 'role', 'tag'])

/** Every one is looked up for every row. */
const maxColumns = 200

const howToMap = (name: string) =>
  `name what it is in the field "map", sent before the file: ${JSON.stringify({ [name]: 'xp' })}, or "ignore"`

/** A name as headers are compared by it. */
export const simple = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, '')
const operationSuffix = /[\s_-]op\s*$/i

/**
 * Reads a file's header.
 * @param map What columns with names of their own mean: `{"score":"xp","note":"ignore"}`.
 * @throws Failure `invalid_file` that names every column without a meaning, and how to give it one; `not_supported` when
 * all that is wrong are columns that this server has no place for.
 */
export function planColumns(type: MemberBulk, header: readonly string[], map: Readonly<Record<string, string>>): Plan {
  if (header.length > maxColumns)
    throw new Failure('invalid_file', `The file has ${header.length} columns. Send at most ${maxColumns}.`)
  const wrong: WrongColumn[] = []
  let unsupported = 0
  const refuse = (name: string, message: string): Column => {
    wrong.push({ name, message })
    return { kind: 'ignored' }
  }
  const names = header.map((name) => name.trim())
  const simpleNames = new Set(names.map(simple))
  const given = new Map(Object.entries(map).map(([name, meaning]) => [simple(name), meaning]))
  /** The numeric column that an operation column speaks of → where it stands. */
  const operationOf = new Map<string, number>()
  if (type === 'bulk-update') {
    for (const [index, name] of names.entries()) {
      if (operationSuffix.test(name)) operationOf.set(simple(name.replace(operationSuffix, '')), index)
    }
  }
  const operationIndexes = new Set(operationOf.values())
  const plan = names.map((name, index): Column => {
    if (operationIndexes.has(index)) return { kind: 'operation' }
    const meaning = given.get(simple(name))
    const column = (meaning && fieldColumn(meaning)) || named.get(simple(meaning ?? name))
    if (!column && meaning !== undefined)
      return refuse(name, `is mapped to "${short(meaning)}", which means nothing here`)
    if (!column && notThere.has(simple(name))) {
      unsupported++
      return refuse(name, 'is not supported yet; map it to "ignore"')
    }
    if (!column) return refuse(name, `has no meaning here; ${howToMap(short(name))}`)
    if (column.kind === 'id' && type === 'bulk-import') return refuse(name, 'is given by us; map it to "ignore"')
    if (!isNumeric(column) || type === 'bulk-import') return column
    return { ...column, operation: operationColumn(simple(name)) }
  })
  function operationColumn(name: string): Operation | { columnIndex: number } {
    const columnIndex = operationOf.get(name)
    return columnIndex === undefined ? 'overwrite' : { columnIndex }
  }
  const used = new Set(plan.map((column) => isNumeric(column) && indexOf(column.operation)))
  for (const [name, index] of operationOf) {
    if (!used.has(index)) refuse(names[index]!, `has no numeric column ${short(name)} beside it`)
  }
  for (const name of given.keys()) {
    if (!simpleNames.has(name)) refuse(name, 'is mapped but is not in the file')
  }
  for (const repeated of repeatedMeanings(plan)) refuse(names[repeated]!, 'means the same as an earlier column')
  const needed = type === 'bulk-import' ? ['username'] : ['id', 'username', 'email']
  if (!needed.some((name) => columnOf(plan, name) !== -1)) {
    refuse(needed[0]!, `is missing: the file needs a column ${needed.join(' or ')}`)
  }
  if (wrong.length > 0) throw refuseHeader(wrong, wrong.length === unsupported ? 'not_supported' : 'invalid_file')
  return plan
}

/** A column that does not fit, and why. */
interface WrongColumn {
  name: string
  message: string
}

/** Says of a header what is wrong with it. */
export function refuseHeader(wrong: readonly WrongColumn[], code: 'not_supported' | 'invalid_file' = 'invalid_file') {
  const details = wrong.map(({ name, message }): FailureDetail => ({ path: `data.${short(name)}`, message }))
  const shown = wrong.slice(0, shownDetails).map(({ name, message }) => `${short(name)} ${message}`)
  const what = [...shown, ...(wrong.length > shownDetails ? ['and more'] : [])].join('; ')
  return new Failure(code, `The header does not fit: ${what}.`, details)
}

const isNumeric = (column: Column): column is Extract<Column, { kind: 'unit' | 'field' }> =>
  column.kind === 'unit' || column.kind === 'field'

/** The column that `field:<name>` or `text:<name>` means. A name that no field can have means nothing. */
function fieldColumn(meaning: string): NamedColumn | undefined {
  const [, kind, field] = /^(field|text):(.*)$/.exec(meaning.trim()) ?? []
  if (!FieldName.safeParse(field).success) return undefined
  return kind === 'text' ? text(field!) : { kind: 'field', field: field!, operation: 'overwrite' }
}

/** The fields of a kind that a file has columns for. */
export const fieldsIn = (plan: Plan, kind: 'field' | 'text'): string[] =>
  plan.flatMap((column) => (column.kind === kind ? [column.field] : []))

const indexOf = (operation: Operation | { columnIndex: number }): number | undefined =>
  typeof operation === 'object' ? operation.columnIndex : undefined

function repeatedMeanings(plan: Plan): number[] {
  const seen = new Set<string>()
  return plan.flatMap((column, index) => {
    if (column.kind === 'ignored' || column.kind === 'operation') return []
    const meaning = meaningOf(column)
    if (seen.has(meaning)) return [index]
    seen.add(meaning)
    return []
  })
}

function meaningOf(column: Column): string {
  switch (column.kind) {
    case 'profile':
      return column.property
    case 'unit':
      return column.unit
    case 'field':
    case 'text':
      return `field:${column.field}`
    default:
      return column.kind
  }
}

const columnOf = (plan: Plan, meaning: string): number =>
  plan.findIndex((column) => column.kind === meaning || (column.kind === 'profile' && column.property === meaning))

/** What says which member a row is about: an id before a username before an e-mail. */
export type NamedBy = 'id' | 'username' | 'email'
export const namedBy = (plan: Plan): NamedBy =>
  (['id', 'username', 'email'] as const).find((meaning) => columnOf(plan, meaning) !== -1)!

/** What a row calls its member, so that two rows about one are the same text. */
function nameOf(plan: Plan, cells: readonly string[]): string {
  const by = namedBy(plan)
  const name = cells[columnOf(plan, by)]!.trim()
  return by === 'username' ? name : name.toLowerCase()
}

/** What a row says about its member. */
export interface RowContent {
  /** An empty text takes what there was away. */
  profile: Partial<Record<Property, string>>
  moves: { unit: Unit; amount: number; operation: Operation }[]
  values: { field: string; value: number; operation: Operation }[]
  texts: Record<string, FieldContent>
}

/** A row of a file, and what it is about. */
export interface NamedRow {
  line: number
  name: string
}

/** One row, understood. */
export interface BulkRow extends RowContent, NamedRow {}

/** The fields that a file has columns for, by name, and which of them every row must say. */
export interface FileFields {
  known: ReadonlyMap<string, Field>
  required: ReadonlySet<string>
}

/** Reads a row by its plan. An empty cell says nothing: no property is emptied and no unit moved by it. */
export function readRow(plan: Plan, fields: FileFields, line: number, cells: readonly string[]): BulkRow | RowProblem {
  const refuse = (message: string): RowProblem => ({ code: 'invalid_row', message })
  const row: BulkRow = { line, name: nameOf(plan, cells), profile: {}, moves: [], values: [], texts: {} }
  if (row.name === '') return refuse('The row does not say which member it is about.')
  for (const [index, column] of plan.entries()) {
    const cell = cells[index]!.trim()
    if (cell === '') {
      if ('field' in column && fields.required.has(column.field)) return refuse(`The ${column.field} is required.`)
      continue
    }
    if (column.kind === 'profile') {
      const { word, shape } = properties[column.property]
      const parsed = shape.safeParse(cell)
      if (!parsed.success) return refuse(`The ${word} ${parsed.error.issues[0]!.message}.`)
      row.profile[column.property] = parsed.data
    }
    if (column.kind === 'text') {
      const field = fields.known.get(column.field)!
      const value = readCell(field, cell)
      if (value === undefined) return refuse(`The ${column.field} ${mustBe(field)}.`)
      row.texts[column.field] = value as FieldContent
    }
    if (column.kind === 'id' && !isId(row.name) && shortNumber(cell) === null) {
      return refuse('The id is not one of ours.')
    }
    if (column.kind === 'unit') {
      const amount = wholeNumber(cell, Number.MAX_SAFE_INTEGER)
      if (amount === undefined) return refuse(`"${short(cell)}" is not a whole number up to 2^53 - 1.`)
      if (amount < 0) return refuse('An amount must not be negative. Say subtract to take some away.')
      const operation = operationOf(column, cells)
      if (!operation) return refuse(wrongOperation)
      row.moves.push({ unit: column.unit, amount, operation })
    }
    if (column.kind === 'field') {
      const value = wholeNumber(cell, largestValue)
      if (value === undefined) return refuse(`"${short(cell)}" is not a whole number up to 2^52 - 1.`)
      const operation = operationOf(column, cells)
      if (!operation) return refuse(wrongOperation)
      row.values.push({ field: column.field, value, operation })
    }
  }
  return row
}

/** The number in a cell, if it is a whole one and not larger either way. */
function wholeNumber(cell: string, largest: number): number | undefined {
  const number = /^[+-]?\d{1,16}$/.test(cell) ? Number(cell) : Number.NaN
  return Math.abs(number) <= largest ? number : undefined
}

const wrongOperation = `The operation must be ${operations.join(', ')}.`

function operationOf(
  { operation }: Extract<Column, { kind: 'unit' | 'field' }>,
  cells: readonly string[],
): Operation | undefined {
  const asked = typeof operation === 'string' ? operation : cells[operation.columnIndex]!.trim()
  return operations.find((one) => one === asked)
}

export const short = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
