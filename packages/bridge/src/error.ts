import type { ErrorCode, WireError } from './protocol.js'

const lasting: readonly ErrorCode[] = ['E_UNSUPPORTED', 'E_DENIED', 'E_CANCELLED', 'E_INVALID']

/** Whatever fails between a host and its guest. Nothing else comes out of this package. */
export class BridgeError extends Error implements WireError {
  readonly code: ErrorCode
  /** Whether the same may work later. */
  readonly retryable: boolean
  /** When, in milliseconds from then; only where that is known. */
  declare readonly retryAfter?: number

  constructor(code: ErrorCode, message: string, retryAfter?: number) {
    super(message)
    this.name = 'BridgeError'
    this.code = code
    this.retryable = !lasting.includes(code)
    if (retryAfter !== undefined) this.retryAfter = retryAfter
  }
}
