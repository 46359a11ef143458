import { type ErrorCode, errors } from '@rai/contract'
import type { z } from 'zod'
import { codeOf, isBusy, isTooSlow } from '../db/errors.js'
import { Failure, type FailureDetail, shownDetails } from '../domain/failure.js'

/** What went wrong before our code ran, by the code that Fastify or its multipart reader gives it. */
const frameworkCodes: Record<string, ErrorCode> = {
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  FST_FIELDS_LIMIT: 'too_large',
  FST_FILES_LIMIT: 'invalid_request',
  FST_INVALID_JSON_FIELD_ERROR: 'invalid_request',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'unsupported_media_type',
  FST_MP_PREMATURE_CLOSE: 'invalid_request',
  FST_PARTS_LIMIT: 'too_large',
  FST_PROTO_VIOLATION: 'invalid_request',
  FST_REQ_FILE_TOO_LARGE: 'too_large',
}

/** What the asker is told about an error; `internal` for everything that is our own fault. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  const known = frameworkCodes[codeOf(error)]
  if (known) return new Failure(known)
  return new Failure(isBusy(error) || isTooSlow(error) ? 'unavailable' : 'internal')
}

export const statusOf = (failure: Failure): number => errors[failure.code].status

/** The issues with their dotted paths, no more than are shown and one. Unknown fields are named one by one. */
export function fromZod({ issues }: z.ZodError, where: string): Failure {
  const enough = shownDetails + 1
  const details = issues
    .slice(0, enough)
    .flatMap((issue): FailureDetail[] =>
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .slice(0, enough)
            .map((key) => ({ path: pathOf([...issue.path, key]), message: 'is not known here' }))
        : [{ path: pathOf(issue.path), message: issue.message }],
    )
  const [{ path, message }, ...others] = details as [FailureDetail, ...FailureDetail[]]
  const more = others.length === 0 ? '' : ' The details list what else is wrong.'
  return new Failure('invalid_request', `The ${where} is not valid: ${path || 'it'} ${message}.${more}`, details)
}

const longestPath = 200

/** Names in it are the asker's own, and as long as it likes. */
function pathOf(names: readonly PropertyKey[]): string {
  const path = names.join('.')
  return path.length > longestPath ? `${path.slice(0, longestPath)}…` : path
}
