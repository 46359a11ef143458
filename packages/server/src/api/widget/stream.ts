import { Failure } from '../../domain/failure.js'
import { areUnchanged } from '../../domain/keys/keys.js'
import { findMember } from '../../domain/members/members.js'
import type { Handlers } from '../../http/context.js'
import { lastSeq } from '../../stream/hub.js'

export const stream: Handlers<'GET /widget/v1/{publishableKey}/stream'> = {
  'GET /widget/v1/{publishableKey}/stream': async ({ tx, principal, headers, deps }) => {
    const { communityId, memberId, keys, signedBy } = principal
    // In one snapshot: a change of a key or of roles that it does not show yet will have a later number.
    const since = await lastSeq(tx)
    const member = memberId === undefined ? undefined : await findMember(tx, { id: memberId })
    if (!(await areUnchanged(tx, keys))) throw new Failure('unavailable', 'The key was changed just now. Ask again.')
    const lastId = headers['last-event-id']
    const resumeFrom = typeof lastId === 'string' && /^\d{1,15}$/.test(lastId) ? Number(lastId) : undefined
    const keyIds = keys.map(({ id }) => id)
    const { role, role_ids: roleIds = [] } = member ?? {}
    return (out) => deps.hub.open({ communityId, memberId, role, roleIds, keyIds, signedBy, since, resumeFrom, out })
  },
}
