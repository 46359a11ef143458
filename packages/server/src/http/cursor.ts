import type { z } from 'zod'
import { Failure } from '../domain/failure.js'

/** A place in a list as clients pass it back: opaque to them. */
export const writeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url')

/**
 * The place that a cursor is.
 * @param schema What places of the list are like: whoever asks may have written the cursor.
 * @throws Failure `invalid_request`
 */
export function readCursor<T extends z.ZodType>(cursor: string, schema: T): z.output<T> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch {
    throw new Failure('invalid_request', 'Send a cursor as it was answered.', [
      { path: 'cursor', message: 'must be one that was answered' },
    ])
  }
}
