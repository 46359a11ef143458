import type { Period } from '@rai/contract'
import { type RawBuilder, sql } from 'kysely'
import { type CommunityClock, checkStart, type Stretch, startAt, stretchFrom } from '../clock.js'
import { Failure } from '../failure.js'
import { beginningOfTime, type Day } from '../time.js'
import type { Board } from './boards.js'

/** One stretch of a board: this week, that month, all time. Scores belong to a run. */
export interface Run extends Stretch {
  boardId: string
  /** What the board's scores are kept by. */
  scoresId: string
  period: Period
  /** When its result is final; null when it never ends. */
  finalAt: Date | null
  state: 'not_started' | 'open' | 'in_review' | 'ended'
}

/**
 * The run of a board for a period: the one that holds `start`, or else the one that is open at `at` (before the board
 * starts its first, after it has ended its last).
 * @throws Failure `invalid_request` when the board has no such period, or `start` is not the first day of a run.
 */
export function runOf(
  board: Board,
  clock: CommunityClock,
  at: Date,
  period: Period = board.periods[0]!,
  start?: Day,
): Run {
  if (!board.periods.includes(period)) {
    throw new Failure('invalid_request', `This leaderboard is not kept by ${period}.`, [
      { path: 'period', message: `must be one of ${board.periods.join(', ')}` },
    ])
  }
  const first = start ?? startAt(board, clock, period, at)
  checkStart(period, first, clock)
  const stretch = stretchFrom(board, clock, period, first)
  const { startsAt, endsAt } = stretch
  const finalAt = endsAt && new Date(endsAt.getTime() + reviewMs(board, clock))
  return {
    ...stretch,
    boardId: board.id,
    scoresId: board.scores_id,
    period,
    finalAt,
    state: stateAt(at, startsAt, endsAt, finalAt),
  }
}

/** How long after its end the result of a run is final. */
export const reviewMs = (board: Board, clock: CommunityClock): number =>
  (board.review_hours ?? clock.reviewHours) * 3_600_000

function stateAt(at: Date, begins: Date | null, ends: Date | null, final: Date | null): Run['state'] {
  if (begins && at < begins) return 'not_started'
  if (final && at >= final) return 'ended'
  return ends && at >= ends ? 'in_review' : 'open'
}

/**
 * The runs that hold a moment, in SQL: rows `(period, period_start)`.
 * @param local What the community's clock showed, a timestamp.
 * @param weekStart The ISO day on which its weeks begin.
 */
export const runsAt = (local: RawBuilder<unknown>, weekStart: RawBuilder<unknown>) => sql`(values
  ('all', ${sql.lit(beginningOfTime)}::date),
  ('year', date_trunc('year', ${local})::date),
  ('month', date_trunc('month', ${local})::date),
  -- Weeks of date_trunc begin on Monday: shift the clock so that they begin on the community's day.
  ('week', date_trunc('week', ${local} - make_interval(days => ${weekStart}::int - 1))::date + ${weekStart}::int - 1),
  ('day', ${local}::date)
) as p (period, period_start)`
