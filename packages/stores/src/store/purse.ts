import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import type { Purse } from '../types.js'

const sample = { available: 0, pending: { amount: 0 }, claimable: { amount: 0 } }

/** What the viewer can spend, and what comes; null for a guest. */
export const purse: (environment: Environment) => { $purse: ReadableAtom<Loadable<Purse | null>> } =
  /* @__PURE__ */ perEnvironment((environment) => {
    const { $state } = createLoadable<Purse | null>(environment, {
      async load(call) {
        if (!(await identityOf(environment).token(call))) return null
        return clientOf(environment).get('GET /widget/v1/{publishableKey}/store/purse', sample, {
          ...call,
          viewer: true,
        })
      },
      concerns: (type) => type === 'balance.changed' || type === 'milestone.changed' || type === 'social.changed',
    })
    return { $purse: $state }
  })
