import type { ErrorCode } from '@rai/contract'

/**
 * The server's codes, and ours: `network` (no answer, or none in time), `bad_answer` (not an answer of this API: a
 * proxy's page, half a body, wrong types) and `no_token` (the site's back-end gave no token).
 */
export type FailureCode = ErrorCode | 'network' | 'bad_answer' | 'no_token'

interface Details {
  code: FailureCode
  message: string
  /** The HTTP status; 0 without an answer. */
  status?: number
  requestId?: string | undefined
  /** How long the server asks to wait, in milliseconds. */
  retryAfter?: number | undefined
}

/** A request that failed, whatever the cause. Nothing else is thrown by this package. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: FailureCode
  readonly status: number
  readonly requestId: string | undefined
  readonly retryAfter: number | undefined

  constructor({ code, message, status = 0, requestId, retryAfter }: Details) {
    super(message)
    this.code = code
    this.status = status
    this.requestId = requestId
    this.retryAfter = retryAfter
  }

  /** It may be gone at the next try. A refusal (401, 403, 404, …) stays. */
  get passing(): boolean {
    return !/^4(?!08|29)/.test(`${this.status}`)
  }
}

/** A failure as widgets word it. */
export interface Failure {
  /** `network`: look at the connection. `refused`: the server said why, by `code`. `broken`: anything else. */
  kind: 'network' | 'refused' | 'broken'
  code: FailureCode
  /** What support asks for. */
  requestId: string | undefined
  /** How long the server asked to wait, in milliseconds. */
  retryAfter: number | undefined
}

/** What to tell a person about an error. The server's own text is for developers and stays out of pages. */
export function failureOf({ code, status, requestId, retryAfter }: ApiError): Failure {
  const refused = status >= 400 && status < 500 && code !== 'bad_answer'
  return { kind: code === 'network' ? code : refused ? 'refused' : 'broken', code, requestId, retryAfter }
}
