import type { AnswerOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { thisCommunity } from '../../domain/communities.js'
import { Failure } from '../../domain/failure.js'
import { changeGamification, gamificationOf, unitsOf } from '../../domain/gamification/settings.js'
import { xpRolesOf } from '../../domain/gamification/xp-roles.js'
import type { Handlers } from '../../http/context.js'

export const gamification: Handlers<Extract<RouteKey, `${string} /v1/gamification`>> = {
  'GET /v1/gamification': ({ tx }) => show(tx),

  'PATCH /v1/gamification': async ({ tx, principal, body, now }) => {
    // An administrator would give themselves roles above their own.
    if (body.xpRoles && principal.kind === 'loginMember')
      throw new Failure('forbidden', 'Only the owner and the system key say which roles XP give.')
    await changeGamification(tx, body, now)
    return show(tx)
  },
}

async function show(tx: Tx): Promise<AnswerOf<'GET /v1/gamification'>> {
  const [community, settings, xpRoles] = await Promise.all([thisCommunity(tx), gamificationOf(tx), xpRolesOf(tx)])
  const { earning, streaks, tiers, updatedAt, revision } = settings
  return {
    communityID: community.id,
    units: unitsOf(community),
    earning,
    streaks,
    tiers,
    xpRoles,
    updatedAt: updatedAt?.toISOString() ?? null,
    __v: revision,
  }
}
