// Prevents that the answer of a write with a secret in it is kept for repeats because nobody thought of them.
import { isWrite, type Method, type Route, routes } from '@rai/contract'
import { z } from 'zod'
import type { Check } from './check.js'

/** Of every `Secret` in an answer's schema. */
const mark = '"format":"password"'

export const secrets: Check = {
  title: 'secrets in answers',
  run: () =>
    Object.entries<Route>(routes)
      .filter(
        ([key, route]) => isWrite(key.split(' ')[0] as Method, route) && route.answer && route.replayed === undefined,
      )
      .filter(([, { answer }]) => JSON.stringify(z.toJSONSchema(answer!)).includes(mark))
      .map(([key]) => ({ path: 'packages/contract/src', message: `${key}: say what is \`replayed\` of a secret` })),
}
