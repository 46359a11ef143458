import type { Period } from '@rai/contract'
import type { Tx } from '../db/database.js'
import { type Community, thisCommunity } from './communities.js'
import { Failure } from './failure.js'
import { beginningOfTime, type Day, dayOf, momentOf, nextRunStart, runStart } from './time.js'

/** By which calendar a community's days, weeks, months and years begin, and how long after one its results are final. */
export interface CommunityClock {
  timeZone: string
  /** ISO day of the week: 1 is Monday. */
  weekStart: number
  reviewHours: number
}

export const clockOf = ({
  time_zone,
  week_start,
  review_hours,
}: Pick<Community, 'time_zone' | 'week_start' | 'review_hours'>): CommunityClock => ({
  timeZone: time_zone,
  weekStart: week_start,
  reviewHours: review_hours,
})

export const communityClock = async (tx: Tx): Promise<CommunityClock> => clockOf(await thisCommunity(tx))

/** From when to when something counts; null for ever. */
export interface Dates {
  starts_at: Date | null
  ends_at: Date | null
}

/** One period of something that has dates: this week, that month, all time. */
export interface Stretch {
  /** Its first day in the community's zone; `beginningOfTime` for all time. */
  start: Day
  startsAt: Date | null
  endsAt: Date | null
}

/** The first day of the period that is on at a moment: the first one before the dates begin, the last one after their end. */
export const startAt = (dates: Dates, clock: CommunityClock, period: Period, at: Date): Day =>
  runStart(period, dayOf(clamp(at, dates), clock.timeZone), clock.weekStart)

/** @throws Failure `invalid_request` for a day on which no such period begins. */
export function checkStart(period: Period, start: Day, { weekStart }: CommunityClock): void {
  if (period === 'all' || runStart(period, start, weekStart) === start) return
  throw new Failure('invalid_request', `No ${period} begins on ${start} here.`, [
    { path: 'start', message: `must be the first day of a ${period}` },
  ])
}

/** The period that begins on a day, as far as it lies within the dates. */
export function stretchFrom(dates: Dates, clock: CommunityClock, period: Period, start: Day): Stretch {
  const next = nextRunStart(period, start)
  return {
    start: period === 'all' ? beginningOfTime : start,
    startsAt: period === 'all' ? dates.starts_at : latest(momentOf(start, clock.timeZone), dates.starts_at),
    endsAt: next === null ? dates.ends_at : earliest(momentOf(next, clock.timeZone), dates.ends_at),
  }
}

const clamp = (at: Date, { starts_at, ends_at }: Dates): Date => {
  if (starts_at && at < starts_at) return starts_at
  if (ends_at && at >= ends_at) return new Date(ends_at.getTime() - 1)
  return at
}
const latest = (a: Date, b: Date | null): Date => (b && b > a ? b : a)
const earliest = (a: Date, b: Date | null): Date => (b && b < a ? b : a)
