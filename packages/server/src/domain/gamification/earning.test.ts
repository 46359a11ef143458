import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOf } from '../time.js'
import { type Pace, type Paid, payOne } from './earning.js'

const minute = 60_000
const none: Pace = { cooldownSeconds: 0, limitPerDay: null }
const start = new Date('2026-11-23T12:00:00Z')
const after = (minutes: number) => new Date(start.getTime() + minutes * minute)

/** Which of some moments are paid, each in the time zone where the member was then. */
function paidOf(moments: readonly (readonly [at: Date, zone: string])[], pace: Partial<Pace>): Date[] {
  let last: Paid | undefined
  return moments.flatMap(([at, zone]) => {
    const paid = payOne(last, { ...none, ...pace }, at, zone)
    last = paid ?? last
    return paid ? [at] : []
  })
}
const inUtc = (...minutes: number[]) => minutes.map((n) => [after(n), 'UTC'] as const)

describe('a rule', () => {
  it('pays for nothing until its cooldown after one that was paid is over', () => {
    const paid = paidOf(inUtc(0, 1, 4.9, 5, 9, 10), { cooldownSeconds: 300 })
    expect(paid).toEqual([0, 5, 10].map(after))
  })

  it('pays so many times on a day of the member, and again on the next', () => {
    const paid = paidOf(inUtc(0, 1, 2, 719, 720, 721, 722), { limitPerDay: 2 })
    expect(paid).toEqual([0, 1, 720, 721].map(after))
    // Tokyo's next day begins at 15:00 UTC.
    expect(payOne(payOne(undefined, none, after(0), 'Asia/Tokyo'), none, after(180), 'Asia/Tokyo')!.count).toBe(1)
  })

  it('pays what is asked for with a time before the last one’s, and cools down from the later of them', () => {
    expect(paidOf(inUtc(2, 1, 3), { limitPerDay: 2 })).toEqual([2, 1].map(after))
    const last = payOne(undefined, none, after(2), 'UTC')!
    expect(payOne(last, none, after(1), 'UTC')).toEqual({ ...last, count: 2 })
  })

  it('pays at any time where it has neither', () => {
    expect(paidOf(inUtc(0, 0, 0), {})).toHaveLength(3)
  })

  it('pays no more than once a whole day by another time zone', () => {
    const zones = fc.constantFrom('Etc/GMT+12', 'Pacific/Kiritimati', 'Europe/Berlin', 'Asia/Kolkata', 'UTC')
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 * 60 }), zones), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(steps, (all) => {
        let minutes = 0
        const moments = all.map(([more, zone]) => {
          minutes += more
          return [after(minutes), zone] as const
        })
        // One at the end of a day, one at the beginning of the next but one: two in two days, however they travel.
        const days = Math.floor((minutes + 1) / (24 * 60)) + 2
        expect(paidOf(moments, { limitPerDay: 1 }).length).toBeLessThanOrEqual(days)
        // Who stays is paid once on each day of the calendar.
        const atHome = moments.map(([at]) => [at, 'UTC'] as const)
        expect(paidOf(atHome, { limitPerDay: 1 })).toHaveLength(new Set(atHome.map(([at]) => dayOf(at, 'UTC'))).size)
      }),
    )
  })
})
