import type { Tx } from '../db/database.js'
import { Failure } from './failure.js'

/** By which calendar a community's days, weeks, months and years begin, and how long after one its results are final. */
export interface CommunityClock {
  timeZone: string
  /** ISO day of the week: 1 is Monday. */
  weekStart: number
  reviewHours: number
}

export async function communityClock(tx: Tx): Promise<CommunityClock> {
  const row = await tx.db
    .selectFrom('communities')
    .select(['time_zone', 'week_start', 'review_hours'])
    .where('id', '=', tx.communityId)
    .executeTakeFirst()
  if (!row) throw new Failure('not_found')
  return { timeZone: row.time_zone, weekStart: row.week_start, reviewHours: row.review_hours }
}
