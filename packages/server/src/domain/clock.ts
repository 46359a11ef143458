import type { Tx } from '../db/database.js'
import { type Community, thisCommunity } from './communities.js'

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
