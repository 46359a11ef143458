import type { families } from '@rai/contract'
import { pingDatabase } from '../../domain/health.js'
import type { Handlers } from '../../http/context.js'
import { openapi } from '../../pages/openapi.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.platform> = {
  'GET /healthz': async ({ deps }) => {
    await pingDatabase(deps.database)
    return { status: 'ok' }
  },
  'GET /.well-known/jwks.json': async ({ deps, now }) => ({ keys: await deps.tokens.publicKeys(now) }),
  'GET /openapi.json': async ({ deps }) => openapi(deps.config.publicUrl),
}
