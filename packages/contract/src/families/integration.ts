import { z } from 'zod'
import type { Permission } from '../access.js'
import { bodyLimits, table } from '../route.js'
import { Amount, Email, Id, line, Time, Username } from '../schemas.js'

const needs = <P extends Permission>(permission: P) =>
  ({ principals: ['communityKey', 'systemKey'], permission }) as const

/** Given by callers whose key is not bound to one community; ours always are, so it must be the key's own. */
const communityId = Id.optional()

export const CreateUser = z
  .strictObject({
    username: Username,
    email: Email.optional(),
    displayname: line(0, 100).optional(),
    firstname: line(0, 50).optional(),
    lastname: line(0, 50).optional(),
    /** The member's id in the caller's own system; can be named later by the `externalId` identifier of a widget access key. */
    externalId: line(1, 200).optional(),
    accessLevel: z.int().min(0).optional(),
    joinServer: z.boolean().optional(),
    sendEmail: z.boolean().optional(),
    emailPassword: z.boolean().optional(),
    emailTemplate: z.string().max(100).optional(),
    password: z.string().max(200).optional(),
    confirmPassword: z.string().max(200).optional(),
    referral: z.string().max(200).optional(),
    customFields: z
      .array(z.strictObject({ fieldIdorName: z.string().max(100), value: z.unknown() }))
      .max(200)
      .optional(),
    communityId,
  })
  .meta({ id: 'CreateUser' })

export const User = z
  .strictObject({
    _id: Id,
    /** The member's short number in this community, as text. */
    id: z.string(),
    username: z.string(),
    displayName: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    email: z.string().nullable(),
    externalId: z.string().nullable(),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'User' })

export const UserInfo = z
  .strictObject({
    userId: z.string(),
    username: z.string(),
    xp: Amount,
    coins: Amount,
    roles: z.array(z.string()),
    highestRole: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    xpEarnedToday: Amount,
    coinsEarnedToday: Amount,
    language: z.string(),
    totalMessages: z.int(),
    totalReactions: z.int(),
    visitCount: z.int(),
    replySent: z.int(),
    timeSpent: z.int(),
    loginStreak: z.int(),
    customFields: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'UserInfo' })

export const JobError = z
  .strictObject({
    /** The line in the file where the row begins; the header is line 1. */
    line: z.int(),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'JobError' })

export const Job = z
  .strictObject({
    _id: Id,
    type: z.enum(['bulk-import', 'bulk-update']),
    status: z.enum(['queued', 'running', 'completed', 'failed']),
    /** Rows that the file holds, good or bad. */
    total: z.int(),
    /** Rows dealt with so far: `succeeded + skipped + failed`. */
    processed: z.int(),
    succeeded: z.int(),
    /** Rows that were there already, exactly so (import only). */
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

const JobQueued = z.strictObject({ message: z.string(), jobId: Id })
/** The fields of an upload. They come before the file: one that stands after it is refused. */
const BulkFields = z.strictObject({
  communityId,
  /** Which column feeds which unit or property, as JSON: `{"score":"xp"}`. Columns with a known name need no entry. */
  map: z.string().max(10_000).optional(),
  /** Write a `user.joined` event for each member as well; default: one `import.completed` for the file. */
  emitEvents: z.enum(['true', 'false']).optional(),
})

/** What the community's own back-ends ask. Paths and bodies as documented for the original. */
export const integration = table({
  'POST /apis/v1/users': {
    summary: 'Create a member',
    access: needs('createUser'),
    body: CreateUser,
    answer: User,
    status: 201,
    message: 'User created successfully',
  },
  'POST /apis/v1/users/info': {
    summary: 'A member’s profile, balances and counts',
    access: needs('getUserData'),
    body: z.strictObject({ idOrEmail: z.string().min(1).max(254), communityId }),
    bodyLimit: bodyLimits.small,
    answer: UserInfo,
    message: 'User fetched successfully',
  },
  'POST /apis/v1/users/bulk-import': {
    summary: 'Create many members from a CSV file (UTF-8, up to 256 MB, 200 columns and 1,000,000 rows)',
    access: needs('bulk'),
    body: BulkFields,
    file: 'data',
    answer: JobQueued,
    status: 202,
    message: 'Bulk import user process is queued',
  },
  'POST /apis/v1/users/bulk-update': {
    summary: 'Change many members from a CSV file; `<field>_op` before a numeric column is add, subtract or overwrite',
    access: needs('bulk'),
    body: BulkFields,
    file: 'data',
    answer: JobQueued,
    status: 202,
    message: 'Bulk update user process is queued',
  },
  'GET /apis/v1/users/bulk-jobs': {
    summary: 'The newest bulk jobs',
    access: needs('bulk'),
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).optional() }),
    answer: z.array(Job),
    message: 'Bulk jobs fetched successfully',
  },
  'GET /apis/v1/users/bulk-jobs/{jobId}': {
    summary: 'One bulk job: progress and row errors',
    access: needs('bulk'),
    params: z.object({ jobId: Id }),
    answer: Job,
    message: 'Bulk job fetched successfully',
  },
  'GET /apis/v1/users/bulk-jobs/{jobId}/errors.csv': {
    summary: 'Every row error of a bulk job as a CSV file',
    access: needs('bulk'),
    params: z.object({ jobId: Id }),
    media: 'text/csv',
  },
})
