import type { AnswerOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { thisCommunity } from '../../domain/communities.js'
import { changeGamification, gamificationOf, unitsOf } from '../../domain/gamification/settings.js'
import { xpRolesOf } from '../../domain/gamification/xp-roles.js'
import type { Handlers } from '../../http/context.js'
import { authorityOf } from '../../http/credential.js'

export const gamification: Handlers<Extract<RouteKey, `${string} /v1/gamification`>> = {
  'GET /v1/gamification': ({ tx }) => show(tx),

  'PATCH /v1/gamification': async ({ tx, principal, body, now }) => {
    await changeGamification(tx, body, authorityOf(principal), now)
    return show(tx)
  },
}

async function show(tx: Tx): Promise<AnswerOf<'GET /v1/gamification'>> {
  const [community, settings, xpRoles] = await Promise.all([thisCommunity(tx), gamificationOf(tx), xpRolesOf(tx)])
  const { earning, roleBoosts, streaks, tiers, updatedAt, revision } = settings
  return {
    communityID: community.id,
    units: unitsOf(community),
    earning,
    roleBoosts,
    streaks,
    tiers,
    xpRoles,
    updatedAt: updatedAt?.toISOString() ?? null,
    __v: revision,
  }
}
