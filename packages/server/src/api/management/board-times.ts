import type { CommunityClock } from '../../domain/clock.js'
import { Failure } from '../../domain/failure.js'
import type { BoardSettings, ClockTime } from '../../domain/leaderboards/index.js'
import { addDays, isTimeZone, momentOf } from '../../domain/time.js'

type Times = Pick<BoardSettings, 'startDate' | 'startTime' | 'endDate' | 'endTime' | 'hasNoEndDate' | 'timeZone'>

/** The moment from which a board counts; null for ever since. A day without a time begins at midnight. */
export const boardStart = ({ startDate, startTime, timeZone }: Times, clock: CommunityClock): Date | null =>
  startDate === null ? null : inRange('startDate', momentIn(startDate, startTime, timeZone ?? clock.timeZone))

/** The moment from which a board counts no more; null for never. A day without a time is counted to its end. */
export function boardEnd({ endDate, endTime, hasNoEndDate, timeZone }: Times, clock: CommunityClock): Date | null {
  if (endDate === null || hasNoEndDate) return null
  const isWholeDay = endTime === null && isDay(endDate)
  return inRange('endDate', momentIn(isWholeDay ? addDays(endDate, 1) : endDate, endTime, timeZone ?? clock.timeZone))
}

/** The years that every run of a board can be written in. */
function inRange(path: string, at: Date): Date {
  if (at.getTime() >= 0 && at.getTime() < Date.UTC(9999)) return at
  throw new Failure('invalid_request', 'A leaderboard begins and ends between 1970 and 9998.', [
    { path, message: 'must lie between 1970 and 9998' },
  ])
}

/** @throws Failure `invalid_request` for a name that is no time zone, and for hours that no place keeps. */
export function checkTimeZone(timeZone: number | string | null): void {
  if (typeof timeZone === 'number') offsetMinutes(timeZone)
  else if (timeZone !== null && !isTimeZone(timeZone)) throw unknownZone
}

const isDay = (date: string): boolean => date.length === 'YYYY-MM-DD'.length

/** A moment stands for itself, unless a time is given beside it: then it names the day. */
function momentIn(date: string, time: ClockTime | null, timeZone: number | string): Date {
  if (!isDay(date) && time === null) return new Date(date)
  const day = date.slice(0, 10)
  const sinceMidnight = time === null ? 0 : (hoursOf(time) * 60 + time.minutes) * 60_000
  if (typeof timeZone === 'number') {
    return new Date(momentOf(day, 'UTC', sinceMidnight).getTime() - offsetMinutes(timeZone) * 60_000)
  }
  checkTimeZone(timeZone)
  return momentOf(day, timeZone, sinceMidnight)
}

/** 12 pm is noon and 12 am midnight; an hour past 12 is a 24-hour one, whatever stands beside it. */
const hoursOf = ({ hours, ampm }: ClockTime): number =>
  ampm === undefined || hours > 12 ? hours : (hours % 12) + (ampm.toLowerCase() === 'pm' ? 12 : 0)

/** What stands after the point is minutes as they are read (5.3 and 5.30: half past) or a part of the hour (5.5: half). */
const minutesAfterPoint: Record<string, number> = { '': 0, 3: 30, 5: 30, 45: 45, 75: 45 }

function offsetMinutes(timeZone: number): number {
  const [hours, part = ''] = String(Math.abs(timeZone)).split('.')
  const minutes = minutesAfterPoint[part]
  if (minutes === undefined) throw unknownZone
  return Math.sign(timeZone) * (Number(hours) * 60 + minutes)
}

const unknownZone = new Failure('invalid_request', 'Name a time zone such as Asia/Kolkata, or hours such as 5.3.', [
  { path: 'timeZone', message: 'is not a time zone' },
])
