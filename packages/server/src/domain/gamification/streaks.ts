import type { Community } from '../communities.js'
import type { Member } from '../members/members.js'
import { addDays, type Day, dayOf, daysBetween, momentOf } from '../time.js'

/** The last day of a member that counted for something. */
export interface LastDay {
  day: Day
  /** When it ends. */
  endsAt: Date
}

/** Days in a row on which a member came, by their own calendar, and the last of them. */
export interface Streak extends LastDay {
  /** How many there were in a row until then. */
  days: number
  longest: number
  /** How many missed days it can bear. */
  freezes: number
}

/** How members come by freezes, each of which saves one missed day. */
export interface Freezes {
  /** A streak gets one each time that it has so many more days. */
  everyDays: number
  /** It holds at most so many. */
  max: number
}

/** A streak that broke: its days, the missed ones between it and the one since, and until when it can be had back. */
export interface LostStreak {
  days: number
  from: Day
  to: Day
  until: Date
}

/**
 * The first day that counts after the last one: a later one on the calendar, of which nothing lies before the end of the
 * last. So nobody gains a day by another time zone: the last one goes on there until a whole one begins.
 */
function dayAfter({ day, endsAt }: LastDay, timeZone: string): Day {
  const then = dayOf(endsAt, timeZone)
  const whole = momentOf(then, timeZone) < endsAt ? addDays(then, 1) : then
  return whole > day ? whole : addDays(day, 1)
}

/** When the next day that counts begins. */
export const nextDayAt = (last: LastDay, timeZone: string): Date => momentOf(dayAfter(last, timeZone), timeZone)

/** When a day ends that was begun. */
export const dayEnd = (day: Day, timeZone: string): Date => momentOf(addDays(day, 1), timeZone)

/** By which clock a member's days begin. */
export const zoneOf = (member: Pick<Member, 'time_zone'>, community: Pick<Community, 'time_zone'>): string =>
  member.time_zone ?? community.time_zone

/** How many days passed without a visit; negative while the last one that counted goes on. */
const missedDays = (streak: Streak, at: Date, timeZone: string): number =>
  daysBetween(dayAfter(streak, timeZone), dayOf(at, timeZone))

/** A streak after a visit: as it was while its last day goes on, of one day more, or a new one. */
export function countDay(before: Streak | undefined, at: Date, timeZone: string, { everyDays, max }: Freezes): Streak {
  const missed = before ? missedDays(before, at, timeZone) : 0
  // A day that goes on past its end in another time zone stays that long, so that the way back at once breaks nothing.
  if (before && missed < 0) return at < before.endsAt ? before : { ...before, endsAt: nextDayAt(before, timeZone) }
  const goesOn = before && missed <= Math.min(before.freezes, max)
  const days = goesOn ? before.days + 1 : 1
  const left = goesOn ? before.freezes - missed : 0
  const day = dayOf(at, timeZone)
  return {
    day,
    endsAt: dayEnd(day, timeZone),
    days,
    longest: Math.max(days, before?.longest ?? 0),
    freezes: Math.min(max, left + (days % everyDays === 0 ? 1 : 0)),
  }
}

/** The missed days between two that counted which freezes have saved, in order. */
export function savedDays(before: Streak | undefined, after: Streak, timeZone: string): Day[] {
  if (before?.days !== after.days - 1) return []
  const missed = daysBetween(dayAfter(before, timeZone), after.day)
  return Array.from({ length: missed }, (_, n) => addDays(after.day, n - missed))
}

/**
 * What a visit broke and can still be mended: so many days long after the first one that nothing saved. A day that stands alone
 * is no streak.
 */
export function lostBy(
  before: Streak,
  after: Streak,
  at: Date,
  timeZone: string,
  { max }: Freezes,
  daysToRepair: number,
): LostStreak | undefined {
  if (after.days > 1 || before.days < 2 || daysToRepair === 0) return undefined
  const from = dayAfter(before, timeZone)
  const broken = addDays(from, Math.min(before.freezes, max))
  const until = dayEnd(addDays(broken, daysToRepair), timeZone)
  return until > at ? { days: before.days, from, to: addDays(after.day, -1), until } : undefined
}

/** The days from one to another, both included. */
export const daysFrom = (first: Day, last: Day): Day[] =>
  Array.from({ length: daysBetween(first, last) + 1 }, (_, n) => addDays(first, n))

/** What is left of a streak: nothing when more days were missed than it can bear. */
export function streakAt(streak: Streak, at: Date, timeZone: string, { max }: Freezes): Streak {
  const freezes = Math.min(streak.freezes, max)
  return missedDays(streak, at, timeZone) <= freezes ? { ...streak, freezes } : { ...streak, days: 0, freezes: 0 }
}
