import type { AnswerOf } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { checkStart, clockOf, startAt, stretchFrom } from '../../domain/clock.js'
import { thisCommunity } from '../../domain/communities.js'
import { countedDays } from '../../domain/facts.js'
import { Failure } from '../../domain/failure.js'
import { recapOf } from '../../domain/gamification/recap.js'
import { gamificationOf, givenOf, type Level, levelsOf, tiersOf } from '../../domain/gamification/settings.js'
import { zoneOf } from '../../domain/gamification/streaks.js'
import { currentStreak, lostOf, repairStreak, visitsOf } from '../../domain/gamification/visits.js'
import { balancesOf, findMember, peakOf } from '../../domain/members/members.js'
import { dayOf } from '../../domain/time.js'
import type { Handlers } from '../../http/context.js'
import { showBadge } from './badges.js'

type Own = `/widget/v1/{publishableKey}/${'streak' | 'tiers' | 'recap'}`

/** Of a recap without dates of its own. */
const forever = { starts_at: null, ends_at: null }

export const progress: Handlers<`GET ${Own}` | 'POST /widget/v1/{publishableKey}/streak/repair'> = {
  'GET /widget/v1/{publishableKey}/streak': ({ tx, principal, query, now }) =>
    showStreak(tx, principal.memberId!, query.month, now),

  'POST /widget/v1/{publishableKey}/streak/repair': async ({ tx, principal, now }) => {
    await repairStreak(tx, principal.memberId!, now)
    return showStreak(tx, principal.memberId!, undefined, now)
  },

  'GET /widget/v1/{publishableKey}/tiers': async ({ tx, principal, now }) => {
    const [community, settings, balances, peak] = await Promise.all([
      thisCommunity(tx),
      gamificationOf(tx),
      principal.memberId ? balancesOf(tx, principal.memberId) : null,
      principal.memberId ? peakOf(tx, principal.memberId, 'xp') : 0,
    ])
    const levels = levelsOf(tiersOf(community, settings))
    const xp = balances?.xp ?? null
    const current = xp === null ? undefined : levels.findLast(({ needed }) => needed <= xp)
    const next = xp === null ? undefined : levels.find(({ needed }) => needed > xp)
    const lost = xp === null ? undefined : levels.findLast(({ needed }) => needed <= peak && needed > xp)
    return {
      xp,
      levels: levels.map(showLevel),
      current: current ? showLevel(current) : null,
      next: next ? { ...showLevel(next), ...wayTo(next, current, xp!) } : null,
      lost: lost ? { ...showLevel(lost), missing: lost.needed - xp! } : null,
      now: now.toISOString(),
    }
  },

  'GET /widget/v1/{publishableKey}/recap': async ({ tx, principal, query, now, deps }) => {
    const clock = clockOf(await thisCommunity(tx))
    const { period = 'month', start = startAt(forever, clock, period, now) } = query
    checkStart(period, start, clock)
    const stretch = stretchFrom(forever, clock, period, start)
    const { badges, ...recap } = await recapOf(tx, principal.memberId!, stretch, clock)
    return {
      ...recap,
      period,
      start: period === 'all' ? null : stretch.start,
      endsAt: stretch.endsAt?.toISOString() ?? null,
      badges: badges.map((badge) => ({ ...showBadge(deps, badge), awardedAt: badge.awarded_at.toISOString() })),
      now: now.toISOString(),
    }
  },
}

async function showStreak(
  tx: Tx,
  id: string,
  wanted: string | undefined,
  now: Date,
): Promise<AnswerOf<'GET /widget/v1/{publishableKey}/streak'>> {
  const [member, community, settings, visits] = await Promise.all([
    findMember(tx, { id }),
    thisCommunity(tx),
    gamificationOf(tx),
    visitsOf(tx, id),
  ])
  if (!member) throw new Failure('unauthorized')
  const timeZone = zoneOf(member, community)
  const { days, longest, freezes } = currentStreak(visits, member, community, settings, now)
  const { rewards, repair } = settings.streaks
  const { everyDays, max } = settings.streaks.freezes
  const lost = visits && lostOf(visits, now)
  const [next] = rewards.filter((one) => one.days > days).toSorted((a, b) => a.days - b.days)
  const today = dayOf(now, timeZone)
  const month = wanted ?? today.slice(0, 7)
  const counted = await countedDays(tx, id, `${month}-01`, `${month}-31`)
  return {
    days,
    longest,
    freezes: { left: freezes, max, everyDays },
    repair: lost ? { days: lost.days, price: repair.price, until: lost.until.toISOString() } : null,
    next: next ? { days: next.days, ...amountsOf(givenOf(community, next)) } : null,
    today,
    timeZone,
    month,
    calendar: counted.map(({ day, kind }) => ({ day, state: kind === 'visit' ? 'came' : 'saved' })),
    now: now.toISOString(),
  }
}

const amountsOf = (given: ReturnType<typeof givenOf>) => ({
  xp: 0,
  currency: 0,
  ...Object.fromEntries(given.map(({ unit, amount }) => [unit, amount])),
})

const showLevel = ({ number, name, icon, level, needed }: Level) => ({ tier: number, name, icon, level, xp: needed })

/** How far it is from a level to the next. */
function wayTo(next: Level, current: Level | undefined, xp: number) {
  const from = current?.needed ?? 0
  return { missing: next.needed - xp, percent: Math.floor(((xp - from) / (next.needed - from)) * 100) }
}
