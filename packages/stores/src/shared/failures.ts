import type { ErrorCode } from '@rai/contract'

/**
 * The server's codes, and ours: `network` (no answer, or none in time), `bad_answer` (not an answer of this API: a
 * proxy's page, half a body, wrong types) and `no_token` (the site's back-end gave no token).
 */
export type FailureCode = ErrorCode | 'network' | 'bad_answer' | 'no_token'

/** A request that failed, whatever the cause. Nothing else comes out of this package. */
export class ApiError extends Error {
  readonly code: FailureCode
  /** The HTTP status; 0 without an answer. */
  readonly status: number
  /** What support asks for. */
  readonly requestId: string | undefined
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined

  constructor(code: FailureCode, status = 0, message: string = code, requestId?: string, retryAfter?: number) {
    super(message)
    this.code = code
    this.status = status
    this.requestId = requestId
    this.retryAfter = retryAfter
  }

  /** The server said no, and will say so again. Everything else may be gone at the next try. */
  get refused(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 429
  }
}

/** A failure as widgets word it. */
export interface Failure {
  /** `network`: look at the connection. `refused`: the server said why, by `code`. `broken`: anything else. */
  kind: 'network' | 'refused' | 'broken'
  code: FailureCode
  requestId: string | undefined
  /** How long the server asks to wait, in milliseconds. */
  retryAfter: number | undefined
}

/** What to tell a person about an error. The server's own text is for developers and stays out of pages. */
export function failureOf({ code, refused, requestId, retryAfter }: ApiError): Failure {
  const worded = code === 'rate_limited' || (refused && code !== 'bad_answer')
  return { kind: code === 'network' ? code : worded ? 'refused' : 'broken', code, requestId, retryAfter }
}
