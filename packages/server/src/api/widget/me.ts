import type { AnswerOf } from '@rai/contract'
import { thisCommunity } from '../../domain/communities.js'
import { Failure } from '../../domain/failure.js'
import { gamificationOf, standingOf, tiersOf } from '../../domain/gamification/settings.js'
import { currentStreak, visitsOf } from '../../domain/gamification/visits.js'
import { balancesOf, changeProfile, findMember } from '../../domain/members/members.js'
import type { Context, Handlers } from '../../http/context.js'
import { shownAvatarUrl } from '../../pages/pictures.js'

type Me = '/widget/v1/{publishableKey}/me'

export const me: Handlers<`GET ${Me}` | `PATCH ${Me}`> = {
  'GET /widget/v1/{publishableKey}/me': (context) => showViewer(context),

  'PATCH /widget/v1/{publishableKey}/me': async (context) => {
    const { tx, principal, body, now } = context
    await changeProfile(tx, principal.memberId!, body, now)
    return showViewer(context)
  },
}

async function showViewer({
  tx,
  principal,
  now,
  deps,
}: Pick<Context<`GET ${Me}`>, 'tx' | 'principal' | 'now' | 'deps'>): Promise<AnswerOf<`GET ${Me}`>> {
  const id = principal.memberId!
  const [member, community, settings, balances, visits] = await Promise.all([
    findMember(tx, { id }),
    thisCommunity(tx),
    gamificationOf(tx),
    balancesOf(tx, id),
    visitsOf(tx, id),
  ])
  if (!member) throw new Failure('unauthorized')
  return {
    member: {
      id,
      name: member.display_name,
      avatarUrl: shownAvatarUrl(deps.config.filesUrl, member),
      username: member.username,
      visibility: member.visibility,
      timeZone: member.time_zone,
    },
    balances,
    tier: standingOf(tiersOf(community, settings), balances.xp),
    streak: currentStreak(visits, member, community, settings, now),
  }
}
