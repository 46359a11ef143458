import { z } from 'zod'
import { Id, Time } from './schemas.js'

/** What files do: make members or change them, or make products. */
export const jobTypes = ['bulk-import', 'bulk-update', 'product-import'] as const

const JobError = z
  .strictObject({
    /** The line in the file where the row begins; the header is line 1. */
    line: z.int(),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'JobError' })

/** What became of a file of many rows. */
export const Job = z
  .strictObject({
    _id: Id,
    type: z.enum(jobTypes),
    status: z.enum(['queued', 'running', 'completed', 'failed']).meta({ example: 'completed' }),
    /** Rows that the file holds, good or bad. */
    total: z.int(),
    /** Rows dealt with so far: `succeeded + skipped + failed`. */
    processed: z.int(),
    succeeded: z.int(),
    /** Rows that were there already (imports only). */
    skipped: z.int(),
    failed: z.int(),
    /** The first hundred errors; all of them in `errors.csv`. */
    errors: z.array(JobError),
    /** Why the whole job failed, if it did. */
    failure: z.string().nullable(),
    createdAt: Time,
    startedAt: Time.nullable(),
    finishedAt: Time.nullable(),
  })
  .meta({ id: 'Job' })

export const JobQueued = z.strictObject({ message: z.string(), jobId: Id })
