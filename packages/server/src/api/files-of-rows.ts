import type { AnswerOf } from '@rai/contract'
import type { Tx } from '../db/database.js'
import type { BulkType } from '../domain/bulk/columns.js'
import {
  createJob,
  errorsAsCsv,
  errorsOf,
  findJob,
  firstErrors,
  type Job,
  listJobs,
  type RowError,
  takeUpSameFile,
} from '../domain/bulk/jobs.js'
import { spool } from '../domain/bulk/spool.js'
import { inTurn } from '../domain/bulk/turns.js'
import { Failure } from '../domain/failure.js'
import { actorOf, type Context, type Services } from '../http/context.js'
import { parseJson } from '../http/json.js'

/** Who asks for files of some types. */
type Types = readonly BulkType[]
type ShownJob = AnswerOf<'GET /apis/v1/users/bulk-jobs/{jobId}'>

/** The newest jobs, each with its first errors. */
export async function showJobs(tx: Tx, types: Types, limit = 20): Promise<ShownJob[]> {
  const jobs = await listJobs(tx, types, limit)
  const errors = await firstErrors(
    tx,
    jobs.map(({ id }) => id),
    shownErrors,
  )
  return jobs.map((job) => showJob(job, errors.get(job.id) ?? []))
}

/** @throws Failure `not_found` */
export async function showOneJob(tx: Tx, types: Types, id: string): Promise<ShownJob> {
  const job = await findJob(tx, types, id)
  return showJob(job, await errorsOf(tx, job.id, shownErrors))
}

/** @throws Failure `not_found` */
export async function showErrors(tx: Tx, types: Types, id: string, { database }: Services) {
  const job = await findJob(tx, types, id)
  return errorsAsCsv(database, tx.communityId, job.id)
}

const shownErrors = 100

type Upload =
  | Context<'POST /apis/v1/users/bulk-import'>
  | Context<'POST /apis/v1/users/bulk-update'>
  | Context<'POST /v1/products/import'>

/**
 * The file waits on disk until it is whole: a slow upload holds no transaction, and its hash is known before anything is
 * written. Then it becomes a job in one transaction.
 */
export async function queueFile(
  type: BulkType,
  { principal, body, file, headers, now, deps, once, gone }: Upload,
): Promise<AnswerOf<'POST /apis/v1/users/bulk-import'>> {
  const map = readMap(body.map)
  const spooled = await spool(file.stream)
  try {
    return await inTurn(principal.communityId, gone, () =>
      deps.database.tenant(principal.communityId, async (tx) => {
        const input = {
          type,
          map,
          emitEvents: 'emitEvents' in body && body.emitEvents === 'true',
          actor: actorOf(principal),
          fileHash: spooled.hash,
        }
        return once(tx, JSON.stringify([body, spooled.hash.toString('hex')]), async () => {
          // Who sends an idempotency key of its own says which uploads are one.
          const before = headers['idempotency-key'] === undefined ? await takeUpSameFile(tx, input, now) : undefined
          const job = before ?? (await createJob(tx, input, spooled.read(), now))
          return {
            message: before
              ? 'This file was sent before: this is its job. Send an Idempotency-Key of its own to apply it again.'
              : 'The file is queued. Ask for the job to see how far it is.',
            jobId: job.id,
          }
        })
      }),
    )
  } finally {
    await spooled.close()
  }
}

/** `{"score":"xp"}`: names of columns, and what they mean. */
function readMap(text: string | undefined): Record<string, string> {
  if (text === undefined || text === '') return {}
  const refuse = (): never => {
    const message = 'The field map must be a JSON object of texts, such as {"score":"xp"}, that names each column once.'
    throw new Failure('invalid_request', message, [{ path: 'map', message: 'must be a JSON object of texts' }])
  }
  let map: unknown
  try {
    map = parseJson(Buffer.from(text))
  } catch {
    return refuse()
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return refuse()
  const entries = Object.entries(map)
  return entries.every(([, meaning]) => typeof meaning === 'string') ? Object.fromEntries(entries) : refuse()
}

const showJob = (job: Job, errors: readonly RowError[]): ShownJob => ({
  _id: job.id,
  type: job.type,
  status: job.status,
  total: job.total,
  processed: job.succeeded + job.skipped + job.failed,
  succeeded: job.succeeded,
  skipped: job.skipped,
  failed: job.failed,
  errors: [...errors],
  failure: job.failure,
  createdAt: job.created_at.toISOString(),
  startedAt: job.started_at?.toISOString() ?? null,
  finishedAt: job.finished_at?.toISOString() ?? null,
})
