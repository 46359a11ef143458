import { Email, line, type Unit, Username } from '@rai/contract'
import type { z } from 'zod'
import { Failure, type FailureDetail } from '../failure.js'
import { isId } from '../ids.js'

/** The two things that a file can do to a community: make members, or change those it has. */
export type BulkType = 'bulk-import' | 'bulk-update'

/** What a column of a file means. */
export type Column =
  | { kind: 'profile'; property: Property }
  /** The member's id or short number; update only. */
  | { kind: 'id' }
  | { kind: 'unit'; unit: Unit; operation: Operation | { columnIndex: number } }
  /** The `<field>_op` column of the numeric column that points to it. */
  | { kind: 'operation' }
  | { kind: 'ignored' }

export type Property = 'username' | 'email' | 'displayName' | 'firstName' | 'lastName' | 'externalId'
export const operations = ['add', 'subtract', 'overwrite'] as const
export type Operation = (typeof operations)[number]

/** Which cell of a row means what. Kept with the job, so that a restart reads its rows the same way. */
export type Plan = Column[]

/** Header names without case, spaces, hyphens and underscores. */
const named: Record<string, Exclude<Column, { kind: 'operation' }>> = {
  username: { kind: 'profile', property: 'username' },
  email: { kind: 'profile', property: 'email' },
  displayname: { kind: 'profile', property: 'displayName' },
  firstname: { kind: 'profile', property: 'firstName' },
  lastname: { kind: 'profile', property: 'lastName' },
  externalid: { kind: 'profile', property: 'externalId' },
  id: { kind: 'id' },
  userid: { kind: 'id' },
  xp: { kind: 'unit', unit: 'xp', operation: 'add' },
  coins: { kind: 'unit', unit: 'currency', operation: 'add' },
  currency: { kind: 'unit', unit: 'currency', operation: 'add' },
  ignore: { kind: 'ignored' },
}

/** Columns that the original takes and this server has no place for yet. */
const notThere = new Set(['phone', 'country', 'language', 'role', 'tag'])

const simple = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, '')
const isOperationColumn = (name: string) => /_op$/i.test(name.trim())

/**
 * Reads a file's header.
 * @param map What columns with names of their own mean: `{"score":"xp","note":"ignore"}`.
 * @throws Failure that names every column that has no meaning, and how to give it one.
 */
export function planColumns(type: BulkType, header: readonly string[], map: Readonly<Record<string, string>>): Plan {
  const wrong: FailureDetail[] = []
  const refuse = (name: string, message: string): Column => {
    wrong.push({ path: `data.${name}`, message })
    return { kind: 'ignored' }
  }
  const operationOf = new Map<string, number>()
  const names = header.map((name) => name.trim())
  for (const [index, name] of names.entries()) {
    if (type === 'bulk-update' && isOperationColumn(name)) operationOf.set(simple(name.replace(/_op$/i, '')), index)
  }
  const given = new Map(Object.entries(map).map(([name, meaning]) => [simple(name), meaning]))
  const plan = names.map((name): Column => {
    if (type === 'bulk-update' && isOperationColumn(name)) return { kind: 'operation' }
    const meaning = given.get(simple(name))
    const column = named[simple(meaning ?? name)]
    if (!column && meaning !== undefined) return refuse(name, `is mapped to "${meaning}", which means nothing here`)
    if (!column && notThere.has(simple(name))) return refuse(name, 'is not supported yet; map it to "ignore"')
    if (!column) return refuse(name, 'has no meaning here; map it to one of ours, or to "ignore"')
    if (column.kind === 'id' && type === 'bulk-import') return refuse(name, 'is given by us; map it to "ignore"')
    if (column.kind === 'profile' && column.property === 'externalId' && type === 'bulk-update') {
      return refuse(name, 'can be given at import only; map it to "ignore"')
    }
    if (column.kind !== 'unit' || type === 'bulk-import') return column
    const columnIndex = operationOf.get(simple(name))
    operationOf.delete(simple(name))
    return { ...column, operation: columnIndex === undefined ? 'overwrite' : { columnIndex } }
  })
  for (const [name, index] of operationOf) refuse(names[index]!, `has no numeric column ${name} beside it`)
  for (const name of given.keys()) {
    if (!names.some((one) => simple(one) === name)) refuse(name, 'is mapped but is not in the file')
  }
  for (const repeated of repeatedMeanings(plan)) refuse(names[repeated]!, 'means the same as an earlier column')
  const needed = type === 'bulk-import' ? ['username'] : ['id', 'username', 'email']
  if (nameColumn(plan) === -1) refuse(needed[0]!, `is missing: the file needs a column ${needed.join(' or ')}`)
  if (wrong.length > 0) {
    const what = wrong.map(({ path, message }) => `${path.slice('data.'.length)} ${message}`).join('; ')
    throw new Failure('invalid_file', `The header does not fit: ${what}.`, wrong)
  }
  return plan
}

function repeatedMeanings(plan: Plan): number[] {
  const seen = new Set<string>()
  return plan.flatMap((column, index) => {
    const meaning = column.kind === 'profile' ? column.property : column.kind === 'unit' ? column.unit : column.kind
    if (column.kind === 'ignored' || column.kind === 'operation') return []
    if (seen.has(meaning)) return [index]
    seen.add(meaning)
    return []
  })
}

/** The column that says which member a row is about: an id before a username before an e-mail. */
export function nameColumn(plan: Plan): number {
  const id = plan.findIndex((column) => column.kind === 'id')
  if (id !== -1) return id
  const property = (wanted: Property) =>
    plan.findIndex((column) => column.kind === 'profile' && column.property === wanted)
  const username = property('username')
  return username === -1 ? property('email') : username
}

/** One row, understood: what it names, what it sets, and how it moves units. */
export interface BulkRow {
  line: number
  /** The cell that names the member, as `nameColumn` says. */
  name: string
  profile: Partial<Record<Property, string>>
  moves: { unit: Unit; amount: number; operation: Operation }[]
}

const shapes: Record<Property, z.ZodType<string>> = {
  username: Username,
  email: Email,
  displayName: line(0, 100),
  firstName: line(0, 50),
  lastName: line(0, 50),
  externalId: line(1, 200),
}

/** An empty cell says nothing: no property is emptied and no unit moved by it. */
export function readRow(plan: Plan, row: { line: number; cells: readonly string[] }): BulkRow | { problem: string } {
  const result: BulkRow = { line: row.line, name: row.cells[nameColumn(plan)]!.trim(), profile: {}, moves: [] }
  for (const [index, column] of plan.entries()) {
    const cell = row.cells[index]!.trim()
    if (column.kind === 'profile' && (cell !== '' || column.property === 'username')) {
      const parsed = shapes[column.property].safeParse(cell)
      if (!parsed.success) return { problem: `${words[column.property]} ${parsed.error.issues[0]!.message}.` }
      result.profile[column.property] = parsed.data
    }
    if (column.kind === 'id' && !isId(cell) && !/^[1-9]\d{0,14}$/.test(cell))
      return { problem: 'The id is not one of ours.' }
    if (column.kind === 'unit' && cell !== '') {
      const amount = /^[+-]?\d{1,16}$/.test(cell) ? Number(cell) : Number.NaN
      if (!Number.isSafeInteger(amount)) return { problem: `"${short(cell)}" is not a whole number up to 2^53 - 1.` }
      const operation = operationOf(column, row.cells)
      if (!operation) return { problem: `The operation must be ${operations.join(', ')}.` }
      if (amount < 0) return { problem: 'An amount must not be negative. Say subtract to take some away.' }
      result.moves.push({ unit: column.unit, amount, operation })
    }
  }
  if (result.name === '') return { problem: 'The row does not say which member it is about.' }
  return result
}

function operationOf({ operation }: Column & { kind: 'unit' }, cells: readonly string[]): Operation | undefined {
  const asked = typeof operation === 'string' ? operation : cells[operation.columnIndex]!.trim()
  return operations.find((one) => one === asked)
}

const words: Record<Property, string> = {
  username: 'The username',
  email: 'The e-mail',
  displayName: 'The display name',
  firstName: 'The first name',
  lastName: 'The last name',
  externalId: 'The external id',
}

const short = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
