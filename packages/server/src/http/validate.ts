import type { Route } from '@rai/contract'
import type { z } from 'zod'
import { Failure } from '../domain/failure.js'
import { fromZod } from './errors.js'
import { isUnstorable } from './json.js'
import { wording } from './wording.js'

/** Reads one part of a request by its schema. A part without a schema is not looked at. */
export function parsePart(
  part: 'path' | 'query' | 'body',
  schema: z.ZodType | undefined,
  value: unknown,
): Record<string, unknown> | undefined {
  if (!schema) return undefined
  if (part !== 'body') refuseUnstorable(part, value)
  const result = schema.safeParse(value, { error: wording })
  if (!result.success) throw fromZod(result.error, part)
  return result.data as Record<string, unknown>
}

/** Bodies of JSON were looked through as they were read. */
function refuseUnstorable(part: string, value: unknown): void {
  for (const [name, text] of Object.entries(value as Record<string, unknown>)) {
    if ([text].flat().some((one) => isUnstorable(String(one))))
      throw new Failure('invalid_request', `The ${part} must not hold null characters.`, [
        { path: name, message: 'must not contain a null character' },
      ])
  }
}

/** Holds an answer against the contract; for tests and development. */
export function checkAnswer(route: Route, answer: unknown): void {
  const result = route.answer?.safeParse(answer)
  if (result && !result.success)
    throw new TypeError(`The answer breaks the contract: ${JSON.stringify(result.error.issues)}`)
}
