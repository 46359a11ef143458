import type { Handlers } from '../../http/context.js'

export const stream: Handlers<'GET /widget/v1/{publishableKey}/stream'> = {
  'GET /widget/v1/{publishableKey}/stream': async ({ principal, headers, deps }) => {
    const { communityId, memberId } = principal
    const lastId = headers['last-event-id']
    const lastSeq = typeof lastId === 'string' && /^\d{1,15}$/.test(lastId) ? Number(lastId) : undefined
    return (out) => deps.hub.open({ communityId, memberId, lastSeq, out })
  },
}
