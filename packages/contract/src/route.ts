import type { z } from 'zod'
import type { Access } from './access.js'
import type { ErrorCode } from './errors.js'

/**
 * One operation. The key of the table it stands in is its method and path, so that a browser can use the table by
 * `import type` alone: the key travels as a string that the client already has.
 */
export interface Route {
  /** One sentence for the API reference. */
  summary: string
  /** What else a caller must know, in Markdown. */
  description?: string
  access: Access
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  /** The most that a JSON body may weigh, in bytes; default `bodyLimits.usual`. */
  bodyLimit?: number
  /**
   * The body is `multipart/form-data`: `body` describes its text fields, and `file` names the field that carries the file
   * and comes last: a field after it is refused.
   */
  file?: string
  /** The most that the file may weigh, in bytes; default: what an import may. */
  fileLimit?: number
  /** What the file is, for the API reference; default: rows of CSV. */
  fileHolds?: string
  /**
   * The fields of a `multipart/form-data` body that may each carry a picture, in any place. The body may be JSON as well: that
   * has none.
   */
  pictures?: readonly string[]
  /**
   * The body is taken as the bytes that it is, whatever its media type says: its operation looks at them before it reads them.
   * `body` describes what they hold.
   */
  raw?: true
  /** The success answer: what is inside the family's envelope. Absent when the answer is not JSON of ours. */
  answer?: z.ZodType
  /** Whether it changes something, where its method, which is documented so, does not say it: a GET does not, others do. */
  writes?: boolean
  /** Whether it is refused without an Idempotency-Key: what cannot be told from a repeat had better not happen. */
  needsIdempotencyKey?: true
  /** Whether the audit log tells of it, where that does not follow from who asks. */
  audited?: boolean
  /**
   * What of the answer is kept and given to a repeat with the same Idempotency-Key; default: all of it. `false`: nothing is
   * kept, and the header says nothing: a repeat is asked anew whether it may. A check has answers with a `Secret` say which.
   */
  replayed?: ((answer: unknown) => unknown) | false
  /** For how many seconds anybody may keep the answer and give it to others; default: not at all, but for what pages read. */
  freshSeconds?: number
  /** How it may refuse besides what follows from who may ask, and from what it takes. */
  refuses?: readonly ErrorCode[]
  /** The success status. Default 200. */
  status?: 200 | 201 | 202 | 204
  /** The media type of an answer that is not JSON. */
  media?: 'text/event-stream' | 'text/csv' | 'text/html' | 'application/json'
  /** The envelope's message (all but Platform and Widget). */
  message?: string
}

/** What JSON bodies may weigh, in bytes. */
export const bodyLimits = { usual: 256 * 1024, small: 16 * 1024 } as const

/** What an uploaded picture may weigh, in bytes. */
export const pictureLimit = 5_000_000

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type RouteTable = Record<`${Method} /${string}`, Route>

/** Whether an operation changes something. */
export const isWrite = (method: Method, { writes = method !== 'GET' }: Route): boolean => writes

/** Checks a table's shape while keeping every literal type in it. */
export const table = <const T extends RouteTable>(routes: T): T => routes
