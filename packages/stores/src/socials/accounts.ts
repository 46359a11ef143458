import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import type { ConnectableNetwork, SocialAccount } from '../types.js'

interface AccountStore {
  /** The viewer's accounts on networks, connected or not; null for a guest. */
  $accounts: ReadableAtom<Loadable<readonly SocialAccount[] | null>>
  /**
   * Begins to connect an account. Answers the page of ours that leads to the network and back, to `returnTo` at the end; it
   * works once, for ten minutes. `$accounts` tells what came of it. Rejects with an ApiError.
   */
  connect(network: ConnectableNetwork, returnTo: string): Promise<string>
  /** Disconnects an account, and gives our permission back to the network. Rejects with an ApiError. */
  disconnect(network: ConnectableNetwork): Promise<SocialAccount>
  refresh(): Promise<void>
}

const path = '/widget/v1/{publishableKey}/linked-accounts'
const accountSample = { network: { id: 'github', name: '' }, state: 'connected', permissions: [''] } as const

/** The viewer's accounts on networks. */
export const linkedAccounts: (environment: Environment) => AccountStore = /* @__PURE__ */ perEnvironment(
  (environment) => {
    const client = clientOf(environment)
    const { $source, token } = identityOf(environment)
    const store = createLoadable<readonly SocialAccount[] | null>(environment, {
      concerns: (type) => type === 'social.changed',
      async load(call) {
        if (!(await token(call))) return null
        return (await client.get(`GET ${path}`, { items: [accountSample] }, { ...call, viewer: true })).items
      },
    })
    return {
      $accounts: store.$state,
      refresh: store.refresh,
      async connect(network, returnTo) {
        const request = { params: { network }, body: { returnTo } }
        return (await client.send(`POST ${path}/{network}/connect`, { url: '' }, request)).url
      },
      async disconnect(network) {
        const person = $source.value
        const account = await client.send(`DELETE ${path}/{network}`, accountSample, { params: { network } })
        const state = store.$state.value
        if (state?.state === 'ready' && state.value && $source.value === person)
          store.set(state.value.map((one) => (one.network.id === network ? account : one)))
        return account
      },
    }
  },
)
