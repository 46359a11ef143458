import { thisCommunity } from '../../domain/communities.js'
import { shownBoards } from '../../domain/leaderboards/index.js'
import type { Handlers } from '../../http/context.js'
import { isOfConfig, metricNames, showSummary } from './leaderboards.js'

export const config: Handlers<'GET /widget/v1/{publishableKey}/config'> = {
  'GET /widget/v1/{publishableKey}/config': async ({ tx, principal, now }) => {
    const [community, boards] = await Promise.all([thisCommunity(tx), shownBoards(tx)])
    const metric = await metricNames(tx, community, boards)
    return {
      community: {
        id: community.id,
        name: community.name,
        timeZone: community.time_zone,
        weekStart: community.week_start,
      },
      leaderboards: boards.filter((board) => isOfConfig(board, principal)).map((board) => showSummary(board, metric)),
      now: now.toISOString(),
    }
  },
}
