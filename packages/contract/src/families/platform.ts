import { z } from 'zod'
import { table } from '../route.js'

const access = { principals: ['anyone'] } as const

/** What belongs to the installation rather than to a community. Answers stand bare, without an envelope. */
export const platform = table({
  'GET /healthz': {
    summary: 'Ready to serve: the process runs and its database answers',
    access,
    answer: z.strictObject({ status: z.literal('ok') }),
  },
  'GET /.well-known/jwks.json': {
    summary: 'The public keys that verify our tokens (RFC 7517)',
    access,
    // A key that is new signs nothing for longer than that.
    freshSeconds: 3,
    answer: z.strictObject({
      keys: z.array(
        z.strictObject({
          kty: z.string(),
          crv: z.string(),
          x: z.string(),
          kid: z.string(),
          alg: z.string(),
          use: z.string(),
        }),
      ),
    }),
  },
  'GET /openapi.json': { summary: 'This API as an OpenAPI 3.1 document', access, media: 'application/json' },
})
