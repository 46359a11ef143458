import { z } from 'zod'
import { Failure } from '../domain/failure.js'
import { isId } from '../domain/ids.js'
import { defaultLimit } from './page.js'

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

/** A list that is read by cursor. */
export interface CursorList<Row, Place, Shown> {
  /** What the place of a row is like. */
  place: z.ZodType<Place>
  placeOf(row: NoInfer<Row>): Place
  /** Rows behind a place, in the list's order. */
  find(after: Place | undefined, limit: number): Promise<Row[]>
  show(row: NoInfer<Row>): Shown
}

/** Of lists in the order of their ids. */
export const byId = { place: z.string().refine(isId), placeOf: ({ id }: { id: string }) => id }

/**
 * A page of a list and the cursor of the next one. One row more is asked for: it says whether there is one.
 * @throws Failure `invalid_request` for a cursor that is none of this list's.
 */
export async function pageByCursor<Row, Place, Shown>(
  { cursor, limit = defaultLimit }: { cursor?: string | undefined; limit?: number | undefined },
  { place, placeOf, find, show }: CursorList<Row, Place, Shown>,
): Promise<{ items: Shown[]; nextCursor: string | null }> {
  const found = await find(cursor === undefined ? undefined : readCursor(cursor, place), limit + 1)
  const rows = found.slice(0, limit)
  return { items: rows.map(show), nextCursor: found.length > limit ? writeCursor(placeOf(rows.at(-1)!)) : null }
}
