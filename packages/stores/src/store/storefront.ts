import { onMount, type ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { configOf } from '../shared/config.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { createLoadable, type Loadable, type LoadableStore } from '../shared/loadable.js'
import type { Config, StoreAnswer } from '../types.js'

export const storeRoute = 'GET /widget/v1/{publishableKey}/store'

/** The store's name and categories, and what the community calls what it is paid with. */
export type Storefront = StoreAnswer & Pick<Config, 'units'>

interface StorefrontStore {
  $storefront: ReadableAtom<Loadable<Storefront>>
  refresh(): Promise<void>
}

/** The store that members spend their currency in. Where it is not enabled, it is not found. */
export const storefront: (environment: Environment) => StorefrontStore = /* @__PURE__ */ perEnvironment(
  (environment) => {
    const store: LoadableStore<Storefront> = createLoadable<Storefront>(environment, {
      async load(call) {
        const config = configOf(environment)
        if (call.forced) await config.refresh()
        const [{ units }, store] = await Promise.all([
          config.value(),
          clientOf(environment).get(storeRoute, { title: '', categories: [{ id: '', name: '' }] }, call),
        ])
        return { ...store, units }
      },
      concerns: (type, id) => type === 'store.changed' && id === null,
    })
    // What the currency is called may change.
    onMount(store.$state, () =>
      configOf(environment).$state.listen((now, before) => {
        if (now.state === 'ready' && before?.state === 'ready') store.renew()
      }),
    )
    return { $storefront: store.$state, refresh: store.refresh }
  },
)
