import type { AnswerOf } from '@rai/contract'
import type { BulkType } from '../../domain/bulk/columns.js'
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
} from '../../domain/bulk/jobs.js'
import { spool } from '../../domain/bulk/spool.js'
import { inTurn } from '../../domain/bulk/turns.js'
import { Failure } from '../../domain/failure.js'
import type { Context, Handlers } from '../../http/context.js'
import { parseJson } from '../../http/json.js'

type Jobs = '/apis/v1/users/bulk-jobs'
type Import = 'POST /apis/v1/users/bulk-import'
type Update = 'POST /apis/v1/users/bulk-update'
type Bulk = Import | Update | `GET ${Jobs}` | `GET ${Jobs}/{jobId}` | `GET ${Jobs}/{jobId}/errors.csv`

export const bulk: Handlers<Bulk> = {
  'POST /apis/v1/users/bulk-import': (context) => queue('bulk-import', context),
  'POST /apis/v1/users/bulk-update': (context) => queue('bulk-update', context),

  'GET /apis/v1/users/bulk-jobs': async ({ tx, query }) => {
    const jobs = await listJobs(tx, query.limit ?? 20)
    const errors = await firstErrors(
      tx,
      jobs.map(({ id }) => id),
      shownErrors,
    )
    return jobs.map((job) => showJob(job, errors.get(job.id) ?? []))
  },

  'GET /apis/v1/users/bulk-jobs/{jobId}': async ({ tx, params }) => {
    const job = await findJob(tx, params.jobId)
    return showJob(job, await errorsOf(tx, job.id, shownErrors))
  },

  'GET /apis/v1/users/bulk-jobs/{jobId}/errors.csv': async ({ tx, params, deps }) => {
    const job = await findJob(tx, params.jobId)
    return errorsAsCsv(deps.database, tx.communityId, job.id)
  },
}

const shownErrors = 100

/**
 * The file waits on disk until it is whole: a slow upload holds no transaction, and its hash is known before anything is
 * written. Then it becomes a job in one transaction.
 */
async function queue(type: BulkType, context: Context<Import> | Context<Update>): Promise<AnswerOf<Import>> {
  const { principal, body, file, headers, now, deps, once, gone } = context
  const map = readMap(body.map)
  const spooled = await spool(file.stream)
  try {
    return await inTurn(principal.communityId, gone, () =>
      deps.database.tenant(principal.communityId, async (tx) => {
        const input = {
          type,
          map,
          emitEvents: body.emitEvents === 'true',
          actor: principal.keyId,
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

const showJob = (job: Job, errors: readonly RowError[]): AnswerOf<`GET ${Jobs}/{jobId}`> => ({
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
