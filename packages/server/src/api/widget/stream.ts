import { Failure } from '../../domain/failure.js'
import { areUnchanged } from '../../domain/keys/keys.js'
import { roleIdsOf } from '../../domain/members/members.js'
import type { Handlers } from '../../http/context.js'
import { lastSeq } from '../../stream/hub.js'

export const stream: Handlers<'GET /widget/v1/{publishableKey}/stream'> = {
  'GET /widget/v1/{publishableKey}/stream': async ({ tx, principal, headers, deps }) => {
    const { communityId, memberId, keys, signedBy } = principal
    // In one snapshot: a change of a key or of roles that it does not show yet will have a later number.
    const since = await lastSeq(tx)
    const roleIds = (memberId && (await roleIdsOf(tx, [memberId])).get(memberId)) || []
    if (!(await areUnchanged(tx, keys))) throw new Failure('unavailable', 'The key was changed just now. Ask again.')
    const lastId = headers['last-event-id']
    const resumeFrom = typeof lastId === 'string' && /^\d{1,15}$/.test(lastId) ? Number(lastId) : undefined
    const keyIds = keys.map(({ id }) => id)
    return (out) => deps.hub.open({ communityId, memberId, roleIds, keyIds, signedBy, since, resumeFrom, out })
  },
}
