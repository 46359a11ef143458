import type { Period } from '@rai/contract'

/** A calendar day, `YYYY-MM-DD`. Days compare as text. */
export type Day = string

/** The first day of the only run of `all`. */
export const beginningOfTime: Day = '0001-01-01'

const dayLength = 86_400_000
const clocks = new Map<string, Intl.DateTimeFormat>()
/** A name can be written in many ways (letter case): nobody may fill our memory with them. */
const mostClocks = 500

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone)
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    if (clocks.size >= mostClocks) clocks.clear()
    clocks.set(timeZone, clock)
  }
  return clock
}

/** What a clock on the wall of that zone shows, as if it were UTC. */
function wallTime(at: Date, timeZone: string): number {
  const part: Record<string, number> = {}
  for (const { type, value } of clockOf(timeZone).formatToParts(at)) part[type] = Number(value)
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!)
}

/** Whether a text is an IANA time zone name that this runtime knows. */
export function isTimeZone(timeZone: string): boolean {
  try {
    clockOf(timeZone)
    return true
  } catch {
    return false
  }
}

const toDay = (utc: number): Day => new Date(utc).toISOString().slice(0, 10)
const toUtc = (day: Day): number => Date.parse(`${day}T00:00:00Z`)

/** The calendar day of a moment in a zone. */
export const dayOf = (at: Date, timeZone: string): Day => toDay(wallTime(at, timeZone))

/** How many days later one is than another; negative when it is earlier. */
export const daysBetween = (earlier: Day, later: Day): number => (toUtc(later) - toUtc(earlier)) / dayLength

export const addDays = (day: Day, days: number): Day => toDay(toUtc(day) + days * dayLength)

/**
 * The moment of a wall-clock time in a zone. A time that a clock change skips is the moment of the change; one that
 * happens twice is the first.
 * @param time Milliseconds after midnight on the wall.
 */
export function momentOf(day: Day, timeZone: string, time = 0): Date {
  const wall = toUtc(day) + time
  // The offset at a moment is known, the moment of a wall time is not: try the offsets of a day earlier and later.
  const candidates = [wall - dayLength, wall + dayLength]
    .map((near) => wall - (wallTime(new Date(near), timeZone) - near))
    .sort((a, b) => a - b)
  const exact = candidates.find((moment) => wallTime(new Date(moment), timeZone) === wall)
  if (exact !== undefined) return new Date(exact)
  // Skipped: the change lies between the two; the later offset applied to the skipped time lands before it.
  let [before, after] = candidates as [number, number]
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000
    if (wallTime(new Date(middle), timeZone) < wall) before = middle
    else after = middle
    if (middle === before && after - before <= 1000) break
  }
  return new Date(after)
}

/** The ends of a stretch of time as SQL reads them; null lies before or after everything. */
export const sinceText = (at: Date | null): string => at?.toISOString() ?? '-infinity'
export const untilText = (at: Date | null): string => at?.toISOString() ?? 'infinity'

/** The first day of the run that holds a day. `weekStart` is the ISO day of the week (1 is Monday). */
export function runStart(period: Period, day: Day, weekStart: number): Day {
  switch (period) {
    case 'all':
      return beginningOfTime
    case 'year':
      return `${day.slice(0, 4)}-01-01`
    case 'month':
      return `${day.slice(0, 7)}-01`
    case 'week': {
      const isoDay = new Date(toUtc(day)).getUTCDay() || 7
      return addDays(day, -((isoDay - weekStart + 7) % 7))
    }
    case 'day':
      return day
  }
}

/** The first day of the run after the one that starts on `start`; null for all time. */
export function nextRunStart(period: Period, start: Day): Day | null {
  const date = new Date(toUtc(start))
  switch (period) {
    case 'all':
      return null
    case 'year':
      return toDay(Date.UTC(date.getUTCFullYear() + 1, 0, 1))
    case 'month':
      return toDay(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1))
    case 'week':
      return addDays(start, 7)
    case 'day':
      return addDays(start, 1)
  }
}
