/** What a statement or a connection failed by, in the words of PostgreSQL (SQLSTATE) or Node; '' for other errors. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/**
 * The name of the constraint that a statement broke, or ''. A node of a Citus cluster tells it in its words only, and with
 * the number of its part of the table at the end.
 */
export const constraintOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return ''
  if ('constraint' in error && error.constraint) return String(error.constraint)
  return /constraint "(\w+?)(?:_\d+)?"/.exec('message' in error ? String(error.message) : '')?.[1] ?? ''
}

/** Serialization failure or deadlock: the same transaction may well succeed at once. */
export const isConflict = (error: unknown): boolean => /^(40001|40P01)$/.test(codeOf(error))

/** A statement took longer than it may. It may do so again, so that this is no reason to try for ever. */
export const isTooSlow = (error: unknown): boolean => codeOf(error) === '57014'

const busyCodes =
  /^(08...|53...|57P0.|55P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/
/** What the driver says without a code. */
const busyWords = /^Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable/

/** PostgreSQL is not there, full, stopping, or gave up on a conflict or on waiting for a lock: it passes by itself. */
export const isBusy = (error: unknown): boolean =>
  isConflict(error) || busyCodes.test(codeOf(error)) || (error instanceof Error && busyWords.test(error.message))
