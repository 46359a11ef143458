import type { Tx } from '../../db/database.js'
import { Failure } from '../../domain/failure.js'
import { balancesOf, findMember, type Member, setVisibility } from '../../domain/members.js'
import type { Handlers } from '../../http/context.js'

type Me = '/widget/v1/{publishableKey}/me'

export const me: Handlers<`GET ${Me}` | `PATCH ${Me}`> = {
  'GET /widget/v1/{publishableKey}/me': async ({ tx, principal }) => {
    const member = await findMember(tx, { id: principal.memberId! })
    if (!member) throw new Failure('unauthorized')
    return showViewer(tx, member)
  },

  'PATCH /widget/v1/{publishableKey}/me': async ({ tx, principal, body, now }) =>
    showViewer(tx, await setVisibility(tx, principal.memberId!, body.visibility, now)),
}

const showViewer = async (tx: Tx, member: Member) => ({
  member: {
    id: member.id,
    name: member.display_name,
    avatarUrl: member.avatar_url,
    username: member.username,
    visibility: member.visibility,
  },
  balances: await balancesOf(tx, member.id),
})
