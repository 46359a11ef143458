import type { Tx } from '../../db/database.js'
import { Failure } from '../../domain/failure.js'
import { balancesOf, findMember, type Member, setVisibility } from '../../domain/members.js'
import type { Handlers, Services } from '../../http/context.js'
import { avatarUrl } from '../../pages/pictures.js'

type Me = '/widget/v1/{publishableKey}/me'

export const me: Handlers<`GET ${Me}` | `PATCH ${Me}`> = {
  'GET /widget/v1/{publishableKey}/me': async ({ tx, principal, deps }) => {
    const member = await findMember(tx, { id: principal.memberId! })
    if (!member) throw new Failure('unauthorized')
    return showViewer(tx, member, deps)
  },

  'PATCH /widget/v1/{publishableKey}/me': async ({ tx, principal, body, now, deps }) =>
    showViewer(tx, await setVisibility(tx, principal.memberId!, body.visibility, now), deps),
}

/** A picture is served to nobody while its member is hidden: not named to them either. */
const showViewer = async (tx: Tx, member: Member, { config }: Services) => ({
  member: {
    id: member.id,
    name: member.display_name,
    avatarUrl:
      member.avatar_id && member.visibility === 'public'
        ? avatarUrl(config.filesUrl, tx.communityId, member.avatar_id)
        : null,
    username: member.username,
    visibility: member.visibility,
  },
  balances: await balancesOf(tx, member.id),
})
