import { changeProfile, memberByUserId } from '../../domain/members/members.js'
import type { Handlers } from '../../http/context.js'
import { shownAvatarUrl } from '../../pages/pictures.js'

export const me: Handlers<'PATCH /apis/v1/me'> = {
  'PATCH /apis/v1/me': async ({ tx, principal, body, deps, now }) => {
    await changeProfile(tx, principal.memberId!, body, now)
    const member = await memberByUserId(tx, principal.memberId!)
    return {
      _id: member.id,
      displayName: member.display_name,
      visibility: member.visibility,
      timeZone: member.time_zone,
      avatar: shownAvatarUrl(deps.config.filesUrl, member),
      __v: member.revision,
    }
  },
}
