import { listTargets } from '../../domain/channels.js'
import type { Handlers } from '../../http/context.js'

export const channels: Handlers<'GET /apis/v1/channels'> = {
  'GET /apis/v1/channels': async ({ tx, principal, query }) => {
    const { memberId: actor, channelIds: only } = principal
    const channels = await listTargets(tx, { actor, only }, query)
    return channels.map(({ id, topic, type }) => ({ _id: id, topic, channelType: type }))
  },
}
