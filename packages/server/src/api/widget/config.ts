import { thisCommunity } from '../../domain/communities.js'
import { gamificationOf, tiersOf, unitsOf } from '../../domain/gamification/settings.js'
import { shownBoards } from '../../domain/leaderboards/index.js'
import type { Handlers } from '../../http/context.js'
import { isOfConfig, metricNames, showSummary } from './leaderboards.js'

export const config: Handlers<'GET /widget/v1/{publishableKey}/config'> = {
  'GET /widget/v1/{publishableKey}/config': async ({ tx, principal, now }) => {
    const [community, settings, boards] = await Promise.all([thisCommunity(tx), gamificationOf(tx), shownBoards(tx)])
    const metric = await metricNames(tx, community, boards)
    return {
      community: {
        id: community.id,
        name: community.name,
        timeZone: community.time_zone,
        weekStart: community.week_start,
      },
      units: unitsOf(community),
      tiers: tiersOf(community, settings),
      leaderboards: boards.filter((board) => isOfConfig(board, principal)).map((board) => showSummary(board, metric)),
      now: now.toISOString(),
    }
  },
}
