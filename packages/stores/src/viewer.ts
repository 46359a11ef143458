import type { ReadableAtom } from 'nanostores'
import { clientOf } from './shared/client.js'
import { type Environment, perEnvironment } from './shared/environment.js'
import { identityOf } from './shared/identity.js'
import { createLoadable, type Loadable } from './shared/loadable.js'
import type { Viewer, Visibility } from './types.js'

interface ViewerStore {
  /** The member who looks at the page; null for a guest. */
  $viewer: ReadableAtom<Loadable<Viewer | null>>
  refresh(): Promise<void>
  /** Hides or shows the viewer on every leaderboard of the community. Rejects with an ApiError when that fails. */
  setVisibility(visibility: Visibility): Promise<void>
}

const route = '/widget/v1/{publishableKey}/me'
const sample = { member: { id: '', name: '', visibility: 'public' }, balances: { xp: 0, currency: 0 } } as const

/** Who looks at the page. A token that cannot be had fails this store only: public data is read without one. */
export const viewer: (environment: Environment) => ViewerStore = /* @__PURE__ */ perEnvironment((environment) => {
  const client = clientOf(environment)
  const { $state, refresh, set } = createLoadable<Viewer | null>(environment, {
    async load(call) {
      if (!(await identityOf(environment).token(call))) return null
      return client.get(`GET ${route}`, sample, { ...call, viewer: true })
    },
    concerns: (type) => type === 'balance.changed',
  })
  return {
    $viewer: $state,
    refresh,
    async setVisibility(visibility) {
      const { $source } = identityOf(environment)
      const person = $source.value
      const answer = await client.send(`PATCH ${route}`, sample, { body: { visibility } })
      if ($source.value === person) set(answer)
    },
  }
})
