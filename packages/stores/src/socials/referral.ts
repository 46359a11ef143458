import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import type { Referral } from '../types.js'

const route = 'GET /widget/v1/{publishableKey}/referral'
const unit = { xp: 0, currency: 0 }
const sample = { code: '', count: 0, earned: unit, rewards: { referrer: unit, referred: unit } }

/** How the viewer brings others, and what came of it; null for a guest. */
export const referral: (environment: Environment) => { $referral: ReadableAtom<Loadable<Referral | null>> } =
  /* @__PURE__ */ perEnvironment((environment) => {
    const { $state } = createLoadable<Referral | null>(environment, {
      concerns: (type) => type === 'social.changed' || type === 'balance.changed' || type === 'config.changed',
      async load(call) {
        if (!(await identityOf(environment).token(call))) return null
        return clientOf(environment).get(route, sample, { ...call, viewer: true })
      },
    })
    return { $referral: $state }
  })
