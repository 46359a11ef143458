import { listTargets } from '../../domain/channels.js'
import type { Handlers } from '../../http/context.js'
import { memberAsking } from '../../http/credential.js'

export const channels: Handlers<'GET /apis/v1/channels'> = {
  'GET /apis/v1/channels': async ({ tx, principal, query }) => {
    const targets = { actor: memberAsking(principal), only: principal.channelIds }
    const channels = await listTargets(tx, targets, query)
    return channels.map(({ id, topic, type }) => ({ _id: id, topic, channelType: type }))
  },
}
