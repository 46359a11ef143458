import { z } from 'zod'
import { table } from '../../route.js'
import { Id, Tier, Time, UnitSettings } from '../../schemas.js'
import { anyPage, Key } from './common.js'
import { BoardSummary } from './leaderboards.js'

const Config = z
  .strictObject({
    community: z.strictObject({ id: Id, name: z.string(), timeZone: z.string(), weekStart: z.int().min(1).max(7) }),
    units: z.strictObject({ xp: UnitSettings, currency: UnitSettings }),
    /** Lowest first. */
    tiers: z.array(Tier),
    /** Without segments. Shown where an element names no board: the first of this list. */
    leaderboards: z.array(BoardSummary),
    /** The server's clock, for countdowns that do not trust the visitor's. */
    now: Time,
  })
  .meta({ id: 'Config' })

export const config = table({
  'GET /widget/v1/{publishableKey}/config': {
    summary: 'What a page needs before it draws: the community, its boards, the server’s clock',
    access: anyPage,
    params: Key,
    answer: Config,
  },
})
