import { type Selectable, sql } from 'kysely'
import type { Database, Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { ensureFields, type Field, isAsked, listFields } from '../fields/fields.js'
import { isId, newId } from '../ids.js'
import { takeTurn } from '../locks.js'
import {
  type BulkType,
  type FileFields,
  fieldsIn,
  type MemberBulk,
  type NamedBy,
  type NamedRow,
  namedBy,
  type Plan,
  planColumns,
  readRow,
} from './columns.js'
import { type CsvRow, csvCell, type RowProblem, readCsv } from './csv.js'
import { planProducts, readProduct } from './product-columns.js'

export type Job = Selectable<Tables['jobs']>
export type RowError = Pick<Selectable<Tables['job_errors']>, 'line' | 'code' | 'message'>

/** What a job was asked to do, besides its rows. */
export interface JobOptions {
  /** How its rows name members, or products. */
  namedBy: NamedBy | 'name'
  map: Record<string, string>
  /** Write `user.joined` for each member, besides one `import.completed` for the file. */
  emitEvents: boolean
}

export interface NewJob {
  type: BulkType
  map: Record<string, string>
  emitEvents: boolean
  /** The id of the key that asks. */
  actor: string
  /** SHA-256 of the file. */
  fileHash: Buffer
}

const maxRows = 1_000_000
/** The same file within so long answers the first job, unless the asker says that it is meant. */
const sameFileHours = 24

/**
 * The job that this very file made lately, if there is one. A job that failed goes on where it stopped: a new one would
 * do again what the first had done.
 */
export async function takeUpSameFile(
  tx: Tx,
  { type, map, emitEvents, fileHash }: NewJob,
  at: Date,
): Promise<Job | undefined> {
  // Two equal uploads at once are one file as well: the second waits here for the first.
  await takeTurn(tx, 'file', fileHash.toString('hex'))
  const job = await tx.db
    .selectFrom('jobs')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('type', '=', type)
    .where('file_hash', '=', fileHash)
    .where(sql<boolean>`options @> ${JSON.stringify({ emitEvents })}::jsonb`)
    .where(sql<boolean>`options->'map' = ${JSON.stringify(map)}::jsonb`)
    .where('created_at', '>', new Date(at.getTime() - sameFileHours * 3_600_000))
    .orderBy('created_at')
    .executeTakeFirst()
  if (job?.status !== 'failed') return job
  tx.wake('jobs')
  return tx.db
    .updateTable('jobs')
    .set({ status: 'queued', failure: null, finished_at: null })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', job.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Reads a file into a queued job. Bad rows become the job's errors at once; good ones wait to be applied. All in the
 * caller's transaction: a file that cannot be read leaves nothing.
 */
export async function createJob(tx: Tx, input: NewJob, file: AsyncIterable<Uint8Array>, at: Date): Promise<Job> {
  const id = newId(at.getTime())
  let reader: Reader | undefined
  let total = 0
  let failed = 0
  for await (let rows of readCsv(file)) {
    const header = reader ? undefined : rows[0]
    if (header && !header.problem) {
      reader = await readerOf(tx, input, header.cells, at)
      await insertJob(tx, id, input, reader, at)
      rows = rows.slice(1)
    }
    if (!reader || rows.length === 0) continue
    total += rows.length
    if (total > maxRows) throw new Failure('too_large', 'The file has more than 1,000,000 rows. Send it in parts.')
    failed += await addRows(tx, id, reader, rows)
  }
  if (total === 0)
    throw new Failure('invalid_file', reader ? 'The file has a header and no rows.' : 'The file is empty.')
  tx.wake('jobs')
  return tx.db
    .updateTable('jobs')
    .set({ total, failed })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** How the rows of a file are read. */
interface Reader {
  namedBy: JobOptions['namedBy']
  read(line: number, cells: readonly string[]): NamedRow | RowProblem
}

/** @throws Failure `invalid_file` for a header that does not fit, and what `fieldsOf` does. */
async function readerOf(tx: Tx, { type, map }: NewJob, header: readonly string[], at: Date): Promise<Reader> {
  if (type === 'product-import') {
    const plan = planProducts(header, map)
    return { namedBy: 'name', read: (line, cells) => readProduct(plan, line, cells) }
  }
  const plan = planColumns(type, header, map)
  const fields = await fieldsOf(tx, type, plan, at)
  return { namedBy: namedBy(plan), read: (line, cells) => readRow(plan, fields, line, cells) }
}

/**
 * The fields that a file has columns for: those that are not there yet are made.
 * @throws Failure `invalid_file` for a column that does not fit its field, or an import without one that is required.
 */
async function fieldsOf(tx: Tx, type: MemberBulk, plan: Plan, at: Date): Promise<FileFields> {
  // Nobody has said yet what people call them.
  const made = (kind: 'field' | 'text', type: Field['type']) =>
    ensureFields(tx, Object.fromEntries(fieldsIn(plan, kind).map((field) => [field, field])), at, type)
  const numbers = await made('field', 'number')
  const others = await made('text', 'single-line-text')
  const wrong = [
    ...[...numbers.values()].filter(({ type }) => type !== 'number'),
    ...[...others.values()].filter(({ type }) => type === 'number'),
  ]
  if (wrong.length > 0) {
    throw new Failure(
      'invalid_file',
      'A column fits no field of its name: map it to "field:<name>" for numbers, to "text:<name>" for all else.',
      wrong.map(({ field, type }) => ({ path: `data.${field}`, message: `is a field of the type ${type}` })),
    )
  }
  const known = new Map([...numbers, ...others])
  const required = type === 'bulk-import' ? (await listFields(tx)).filter(isAsked).map(({ field }) => field) : []
  const missing = required.filter((field) => !known.has(field))
  if (missing.length > 0) {
    throw new Failure(
      'invalid_file',
      'The file says nothing of fields that are required. Add their columns.',
      missing.map((field) => ({ path: `data.${field}`, message: 'is required' })),
    )
  }
  return { known, required: new Set(required) }
}

async function insertJob(
  tx: Tx,
  id: string,
  { type, map, emitEvents, actor, fileHash }: NewJob,
  { namedBy }: Reader,
  at: Date,
) {
  await tx.db
    .insertInto('jobs')
    .values({
      community_id: tx.communityId,
      id,
      type,
      status: 'queued',
      actor,
      options: JSON.stringify({ namedBy, map, emitEvents } satisfies JobOptions),
      file_hash: fileHash,
      created_at: at,
    })
    .execute()
}

/** Keeps good rows, reports bad ones and second rows of the same name; answers how many were bad. */
async function addRows(tx: Tx, jobId: string, reader: Reader, rows: readonly CsvRow[]): Promise<number> {
  const errors: RowError[] = []
  const good: NamedRow[] = []
  for (const row of rows) {
    const read = row.problem ?? reader.read(row.line, row.cells)
    if ('code' in read) errors.push({ line: row.line, ...read })
    else good.push(read)
  }
  for (let at = 0; at < good.length; at += insertAtOnce) {
    const repeated = await keepRows(tx, jobId, good.slice(at, at + insertAtOnce))
    if (repeated.length === 0) continue
    const first = await linesOf(
      tx,
      jobId,
      repeated.map(({ name }) => name),
    )
    for (const { line, name } of repeated) {
      errors.push({ line, code: 'duplicate_row', message: `"${name}" appears on line ${first.get(name)} already.` })
    }
  }
  await addErrors(tx, jobId, errors)
  return errors.length
}

const insertAtOnce = 5000

/** Answers the rows that were not kept, because an earlier one has their name. */
async function keepRows(tx: Tx, jobId: string, rows: readonly NamedRow[]): Promise<NamedRow[]> {
  const { rows: kept } = await sql<{ line: number }>`
    insert into job_rows (community_id, job_id, line, name, content)
    select ${tx.communityId}::uuid, ${jobId}::uuid, * from unnest(
      ${sql.val(rows.map(({ line }) => line))}::bigint[], ${sql.val(rows.map(({ name }) => name))}::text[],
      ${sql.val(rows.map(({ line: _line, name: _name, ...content }) => JSON.stringify(content)))}::jsonb[]
    )
    on conflict (community_id, job_id, name) do nothing
    returning line`.execute(tx.db)
  const lines = new Set(kept.map(({ line }) => line))
  return rows.filter(({ line }) => !lines.has(line))
}

async function linesOf(tx: Tx, jobId: string, names: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx.db
    .selectFrom('job_rows')
    .select(['name', 'line'])
    .where('community_id', '=', tx.communityId)
    .where('job_id', '=', jobId)
    .where(sql<boolean>`name = any(${sql.val(names)}::text[])`)
    .execute()
  return new Map(rows.map(({ name, line }) => [name, line]))
}

export async function addErrors(tx: Tx, jobId: string, errors: readonly RowError[]): Promise<void> {
  if (errors.length === 0) return
  await sql`
    insert into job_errors (community_id, job_id, line, code, message)
    select ${tx.communityId}::uuid, ${jobId}::uuid, * from unnest(
      ${sql.val(errors.map(({ line }) => line))}::bigint[], ${sql.val(errors.map(({ code }) => code))}::text[],
      ${sql.val(errors.map(({ message }) => message))}::text[]
    )
    returning 1`.execute(tx.db)
}

/** Of members, or of products. */
export const memberJobs = ['bulk-import', 'bulk-update'] as const
export const productJobs = ['product-import'] as const
type JobTypes = readonly BulkType[]

/** @throws Failure `not_found` */
export async function findJob(tx: Tx, types: JobTypes, id: string): Promise<Job> {
  const job = isId(id)
    ? await tx.db
        .selectFrom('jobs')
        .selectAll()
        .where('community_id', '=', tx.communityId)
        .where('id', '=', id)
        .where('type', 'in', types)
        .executeTakeFirst()
    : undefined
  if (!job) throw new Failure('not_found', 'There is no such bulk job.')
  return job
}

/** The newest jobs, newest first. */
export async function listJobs(tx: Tx, types: JobTypes, limit: number): Promise<Job[]> {
  return tx.db
    .selectFrom('jobs')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('type', 'in', types)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Errors by line, after a line. */
export async function errorsOf(tx: Tx, jobId: string, limit: number, afterLine = 0): Promise<RowError[]> {
  return tx.db
    .selectFrom('job_errors')
    .select(['line', 'code', 'message'])
    .where('community_id', '=', tx.communityId)
    .where('job_id', '=', jobId)
    .where('line', '>', afterLine)
    .orderBy('line')
    .limit(limit)
    .execute()
}

/** The first errors of each of several jobs, by line. Jobs without any are left out. */
export async function firstErrors(tx: Tx, jobIds: readonly string[], limit: number): Promise<Map<string, RowError[]>> {
  const { rows } = await sql<RowError & { job_id: string }>`
    select job.id as job_id, error.* from unnest(${sql.val(jobIds)}::uuid[]) as job (id), lateral (
      select line, code, message from job_errors
      where community_id = ${tx.communityId} and job_id = job.id
      order by line limit ${limit}
    ) as error
    order by job.id, error.line`.execute(tx.db)
  const ofJobs = new Map<string, RowError[]>()
  for (const { job_id, ...error } of rows) ofJobs.set(job_id, [...(ofJobs.get(job_id) ?? []), error])
  return ofJobs
}

const errorsAtOnce = 5000

/** Every error of a job as CSV, a page at a time. */
export async function* errorsAsCsv(database: Database, communityId: string, jobId: string): AsyncGenerator<string> {
  yield 'line,code,message\r\n'
  for (let after = 0; ; ) {
    const errors = await database.tenant(communityId, (tx) => errorsOf(tx, jobId, errorsAtOnce, after))
    yield errors.map(({ line, code, message }) => `${line},${code},${csvCell(message)}\r\n`).join('')
    if (errors.length < errorsAtOnce) return
    after = errors.at(-1)!.line
  }
}
