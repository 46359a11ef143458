import { type Selectable, sql } from 'kysely'
import type { Database, Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { isId, newId } from '../ids.js'
import { type BulkType, nameColumn, type Plan, planColumns } from './columns.js'
import { type CsvRow, csvCell, readCsv } from './csv.js'

export type Job = Selectable<Tables['jobs']>
export type RowError = Pick<Selectable<Tables['job_errors']>, 'line' | 'code' | 'message'>

/** What a job was asked to do, besides its rows. */
export interface JobOptions {
  plan: Plan
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

/** The job that this very file made lately, if there is one. */
export async function findSameFile(
  tx: Tx,
  { type, map, emitEvents, fileHash }: NewJob,
  at: Date,
): Promise<Job | undefined> {
  const jobs = await tx.db
    .selectFrom('jobs')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('type', '=', type)
    .where('file_hash', '=', fileHash)
    .where('status', '<>', 'failed')
    .where('created_at', '>', new Date(at.getTime() - sameFileHours * 3_600_000))
    .orderBy('created_at')
    .execute()
  const asked = JSON.stringify([map, emitEvents])
  return jobs.find(({ options }) => JSON.stringify([options.map, options.emitEvents]) === asked)
}

/**
 * Reads a file into a queued job. Bad rows become the job's errors at once; good ones wait to be applied. All in the
 * caller's transaction: a file that cannot be read leaves nothing.
 */
export async function createJob(tx: Tx, input: NewJob, file: AsyncIterable<Uint8Array>, at: Date): Promise<Job> {
  const id = newId(at.getTime())
  let plan: Plan | undefined
  let total = 0
  let failed = 0
  for await (const rows of readCsv(file)) {
    const body = plan ? rows : rows.slice(1)
    if (!plan) {
      const header = rows[0]!
      if (header.problem) throw new Failure('invalid_file', `The header cannot be read. ${header.problem.message}`)
      plan = planColumns(input.type, header.cells, input.map)
      await insertJob(tx, id, input, plan, at)
    }
    if (body.length === 0) continue
    total += body.length
    if (total > maxRows) throw new Failure('too_large', 'The file has more than 1,000,000 rows. Send it in parts.')
    failed += await addRows(tx, id, plan, body)
  }
  if (!plan) throw new Failure('invalid_file', 'The file is empty.')
  tx.wake('jobs')
  return tx.db
    .updateTable('jobs')
    .set({ total, failed })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

async function insertJob(tx: Tx, id: string, { type, map, emitEvents, actor, fileHash }: NewJob, plan: Plan, at: Date) {
  await tx.db
    .insertInto('jobs')
    .values({
      community_id: tx.communityId,
      id,
      type,
      status: 'queued',
      actor,
      options: JSON.stringify({ plan, map, emitEvents } satisfies JobOptions),
      file_hash: fileHash,
      created_at: at,
    })
    .execute()
}

/** Keeps good rows, reports bad ones and second rows of the same name; answers how many were bad. */
async function addRows(tx: Tx, jobId: string, plan: Plan, rows: readonly CsvRow[]): Promise<number> {
  const named = nameColumn(plan)
  const errors: RowError[] = []
  const good: { line: number; name: string; cells: string[] }[] = []
  for (const row of rows) {
    if (row.problem) errors.push({ line: row.line, ...row.problem })
    else good.push({ line: row.line, name: row.cells[named]!.trim(), cells: row.cells })
  }
  for (let at = 0; at < good.length; at += insertAtOnce) {
    const some = good.slice(at, at + insertAtOnce)
    // Lists of lists must be of one length in PostgreSQL: cells travel as JSON.
    const { rows: kept } = await sql<{ line: number }>`
      insert into job_rows (community_id, job_id, line, name, cells)
      select ${tx.communityId}::uuid, ${jobId}::uuid, line, name, array(select jsonb_array_elements_text(cells))
      from unnest(
        ${sql.val(some.map(({ line }) => line))}::bigint[], ${sql.val(some.map(({ name }) => name))}::text[],
        ${sql.val(some.map(({ cells }) => JSON.stringify(cells)))}::jsonb[]
      ) as r (line, name, cells)
      order by line
      on conflict (community_id, job_id, name) do nothing
      returning line`.execute(tx.db)
    if (kept.length === some.length) continue
    const lines = new Set(kept.map(({ line }) => line))
    const repeated = some.filter(({ line }) => !lines.has(line))
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
    )`.execute(tx.db)
}

/** @throws Failure `not_found` */
export async function findJob(tx: Tx, id: string): Promise<Job> {
  const job = isId(id)
    ? await tx.db
        .selectFrom('jobs')
        .selectAll()
        .where('community_id', '=', tx.communityId)
        .where('id', '=', id)
        .executeTakeFirst()
    : undefined
  if (!job) throw new Failure('not_found', 'There is no such bulk job.')
  return job
}

/** The newest jobs, newest first. */
export async function listJobs(tx: Tx, limit: number): Promise<Job[]> {
  return tx.db
    .selectFrom('jobs')
    .selectAll()
    .where('community_id', '=', tx.communityId)
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
