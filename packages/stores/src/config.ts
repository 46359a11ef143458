import type { ReadableAtom } from 'nanostores'
import { clientOf } from './client.js'
import { type Environment, perEnvironment } from './environment.js'
import { createLoadable, type Loadable, type LoadableStore } from './loadable.js'
import type { Config } from './types.js'

const sample: Partial<Config> = { leaderboards: [] }

/** The store behind `config`, with what other stores may do to it. */
export const configOf = /* @__PURE__ */ perEnvironment(
  (environment): LoadableStore<Config> =>
    createLoadable<Config>(environment, {
      load: (call) => clientOf(environment).get('GET /widget/v1/{publishableKey}/config', sample, call),
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
