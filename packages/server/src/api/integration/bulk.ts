import { memberJobs } from '../../domain/bulk/jobs.js'
import type { Handlers } from '../../http/context.js'
import { queueFile, showErrors, showJobs, showOneJob } from '../files-of-rows.js'

type Jobs = '/apis/v1/users/bulk-jobs'
type Bulk =
  | `POST /apis/v1/users/bulk-${'import' | 'update'}`
  | `GET ${Jobs}`
  | `GET ${Jobs}/{jobId}`
  | `GET ${Jobs}/{jobId}/errors.csv`

export const bulk: Handlers<Bulk> = {
  'POST /apis/v1/users/bulk-import': (context) => queueFile('bulk-import', context),
  'POST /apis/v1/users/bulk-update': (context) => queueFile('bulk-update', context),

  'GET /apis/v1/users/bulk-jobs': ({ tx, query }) => showJobs(tx, memberJobs, query.limit),

  'GET /apis/v1/users/bulk-jobs/{jobId}': ({ tx, params }) => showOneJob(tx, memberJobs, params.jobId),

  'GET /apis/v1/users/bulk-jobs/{jobId}/errors.csv': ({ tx, params, deps }) =>
    showErrors(tx, memberJobs, params.jobId, deps),
}
