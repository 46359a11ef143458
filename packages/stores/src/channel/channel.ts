import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { ApiError } from '../shared/failures.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import type { Channel, ChannelStanding } from '../types.js'

export interface ChannelStore {
  /** The channel; null for a guest, who sees none. */
  $channel: ReadableAtom<Loadable<Channel | null>>
  /** Says up to which message the viewer has read. Rejects with an ApiError. */
  read(messageId: string): Promise<void>
  /** Says whether the viewer wants to hear of it. Rejects with an ApiError. */
  mute(isMuted: boolean): Promise<void>
  refresh(): Promise<void>
}

const base = '/widget/v1/{publishableKey}/channels'
const standingSample = { unread: 0, mentions: 0, isMuted: false }
const sample = { ...standingSample, id: '', topic: '', type: 'open', may: { post: false } } as const

const channels = /* @__PURE__ */ perEnvironment(() => new Map<string, ChannelStore>())

/** A channel, or the first that the viewer sees, shared by everything on the page. */
export const channel = (environment: Environment, channelId?: string): ChannelStore =>
  perId(channels(environment), channelId ?? '', () => create(environment, channelId))

function create(environment: Environment, channelId: string | undefined) {
  const client = clientOf(environment)
  const { $source, token } = identityOf(environment)

  const store = createLoadable<Channel | null>(environment, {
    concerns: (type) => type === 'channel.changed' || type === 'config.changed',
    async load(call) {
      // Without a key signing in would not help.
      if (environment.key && !(await token(call))) return null
      const request = { ...call, viewer: !!environment.key }
      if (channelId !== undefined)
        return client.get(`GET ${base}/{channelId}`, sample, { ...request, params: { channelId } })
      const [first] = (await client.get(`GET ${base}`, { items: [sample] }, request)).items
      if (!first) throw new ApiError('not_found', 404)
      return first
    },
  })

  async function say(ask: (params: { channelId: string }) => Promise<ChannelStanding>) {
    const person = $source.value
    const { id } = (await store.value())!
    const standing = await ask({ channelId: id })
    const state = store.$state.value
    if (state?.state === 'ready' && state.value && $source.value === person) store.set({ ...state.value, ...standing })
  }

  const it: ChannelStore = {
    $channel: store.$state,
    refresh: store.refresh,
    read: (messageId) =>
      say((params) => client.send(`PUT ${base}/{channelId}/read`, standingSample, { params, body: { messageId } })),
    mute: (isMuted) =>
      say((params) => client.send(`PUT ${base}/{channelId}/mute`, standingSample, { params, body: { isMuted } })),
  }
  return { it, main: store }
}
