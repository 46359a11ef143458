import type { ReadableAtom } from 'nanostores'
import type { Config } from '../types.js'
import { clientOf } from './client.js'
import { type Environment, perEnvironment } from './environment.js'
import { identityOf } from './identity.js'
import { createLoadable, type Loadable, type LoadableStore } from './loadable.js'

const route = 'GET /widget/v1/{publishableKey}/config'
const sample = { leaderboards: [{ id: '' }] }

/** The store behind `config`, with what other stores may do to it. */
export const configOf = /* @__PURE__ */ perEnvironment(
  (environment): LoadableStore<Config> =>
    createLoadable<Config>(environment, {
      async load(call) {
        // Some boards are listed for some members only. Without a token the public ones are better than nothing.
        const token = await identityOf(environment)
          .token(call)
          .catch(() => null)
        return clientOf(environment).get(route, sample, { ...call, viewer: token !== null })
      },
      concerns: (type) => type === 'config.changed',
    }),
)

/** The community and its boards. */
export function config(environment: Environment): {
  $config: ReadableAtom<Loadable<Config>>
  refresh(): Promise<void>
} {
  const { $state, refresh } = configOf(environment)
  return { $config: $state, refresh }
}
