import { type ErrorCode, errors, type Facts } from '@rai/contract'

/** One thing wrong with a request, and where: `path` is dotted (`customFields.0.value`). */
export interface FailureDetail {
  path: string
  message: string
}

/** What a request did wrong is told up to so many times. */
export const shownDetails = 20
const more: FailureDetail = { path: '', message: `There is more: only the first ${shownDetails} problems are listed.` }

/** A refusal that the asker can act on. Anything else that is thrown is a fault of ours and answers `internal`. */
export class Failure extends Error {
  readonly code: ErrorCode
  readonly details: readonly FailureDetail[]
  readonly facts: Facts

  /**
   * @param code Stable, from the contract; it decides the status.
   * @param message One sentence that says what to do; default: the code's own.
   * @param facts What a page says in words of its own.
   */
  constructor(
    code: ErrorCode,
    message: string = errors[code].message,
    details: readonly FailureDetail[] = [],
    facts: Facts = {},
  ) {
    super(message)
    this.name = 'Failure'
    this.code = code
    this.facts = facts
    this.details = details.length > shownDetails ? [...details.slice(0, shownDetails), more] : details
  }
}
