import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, dayOf, daysBetween, momentOf } from '../time.js'
import { countDay, type Freezes, type Streak, streakAt } from './streaks.js'

const hour = 3_600_000
const none: Freezes = { everyDays: 1, max: 0 }

/** The streak after visits, each in the time zone where the member was then. */
const after = (visits: readonly (readonly [at: Date, zone: string])[], freezes = none): Streak =>
  visits.reduce<Streak | undefined>((streak, [at, zone]) => countDay(streak, at, zone, freezes), undefined)!
/** After visits at wall-clock times of a zone. */
const inZone = (zone: string, ...times: string[]) =>
  after(
    times.map((time) => {
      const [day, clock = '12:00'] = time.split(' ') as [string, string?]
      const [hours, minutes] = clock.split(':').map(Number) as [number, number]
      return [momentOf(day, zone, hours * hour + minutes * 60_000), zone] as const
    }),
  )

const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
/** Zones whose clocks never change, from the last to begin a day to the first. POSIX counts them the other way round. */
const steadyZones = Array.from({ length: 27 }, (_, n) => n - 12).map(
  (offset) => `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`,
)
const moments = fc.date({ min: new Date('2000-01-01'), max: new Date('2037-12-31'), noInvalidDate: true })
/** Visits from a moment on, each so many minutes after the one before and in one of the zones. */
const journeys = (mostHours: number, where: fc.Arbitrary<string>) =>
  fc
    .record({
      start: moments,
      steps: fc.array(fc.tuple(fc.integer({ min: 0, max: mostHours * 60 }), where), { minLength: 1, maxLength: 80 }),
    })
    .map(({ start, steps }) => {
      let at = start.getTime()
      return steps.map(([minutes, zone]) => {
        at += minutes * 60_000
        return [new Date(at), zone] as const
      })
    })

describe('a streak', () => {
  it('counts days on the calendar, however often the member comes on one and at which hour', () => {
    expect(inZone('Europe/Berlin', '2026-11-23 23:59', '2026-11-24 00:00', '2026-11-24 12:00').days).toBe(2)
    expect(inZone('Europe/Berlin', '2026-11-23 00:00', '2026-11-24 23:59').days).toBe(2)
  })

  it('begins anew after a day that was missed, and remembers the longest', () => {
    const visits = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-24', '2026-11-25']
    expect(inZone('UTC', ...visits)).toMatchObject({ days: 2, longest: 3 })
  })

  it.each([
    ['an hour is skipped', 'Europe/Berlin', ['2026-03-28 23:30', '2026-03-29 03:00', '2026-03-30 00:10']],
    ['an hour happens twice', 'America/New_York', ['2026-10-31 00:00', '2026-11-01 23:59', '2026-11-02 00:00']],
    ['midnight is skipped', 'America/Sao_Paulo', ['2018-11-03 23:59', '2018-11-04 01:00', '2018-11-05 00:00']],
    ['the hour before midnight happens twice', 'America/Sao_Paulo', ['2018-02-16', '2018-02-17 23:30', '2018-02-18']],
    ['half an hour is skipped', 'Australia/Lord_Howe', ['2026-10-03 23:59', '2026-10-04 02:30', '2026-10-05']],
    ['a whole day does not exist', 'Pacific/Apia', ['2011-12-28 23:59', '2011-12-29', '2011-12-31 00:00']],
  ])('goes on where %s', (_, zone, times) => {
    expect(inZone(zone, ...times).days).toBe(3)
  })

  it('is what the calendar says, in every zone', () => {
    fc.assert(
      fc.property(
        zones.chain((zone) => journeys(40, fc.constant(zone))),
        (visits) => {
          const zone = visits[0]![1]
          const exists = (day: string) => dayOf(momentOf(day, zone), zone) === day
          let [last, days] = ['', 0]
          for (const [at] of visits) {
            const day = dayOf(at, zone)
            if (day <= last) continue
            let next = addDays(last || day, 1)
            while (!exists(next)) next = addDays(next, 1)
            days = last && day === next ? days + 1 : 1
            last = day
          }
          expect(after(visits)).toMatchObject({ day: last, days })
        },
      ),
      { seed: 21 },
    )
  })

  it('ends when a day is over on which the member did not come', () => {
    const streak = inZone('Asia/Tokyo', '2026-11-22', '2026-11-23')
    const daysAt = (time: string) => streakAt(streak, new Date(`${time}+09:00`), 'Asia/Tokyo', none).days
    expect(['2026-11-23T12:00', '2026-11-24T23:59', '2026-11-25T00:00'].map(daysAt)).toEqual([2, 2, 0])
  })
})

describe('another time zone', () => {
  const at = (time: string) => new Date(`${time}Z`)

  it('gains no day: it is tomorrow there, but today is not over', () => {
    const pago = [at('2026-11-24T10:30'), 'Pacific/Pago_Pago'] as const
    expect(dayOf(pago[0], 'Pacific/Pago_Pago')).toBe('2026-11-23')
    expect(dayOf(pago[0], 'Pacific/Kiritimati')).toBe('2026-11-25')
    for (const later of ['2026-11-24T10:31', '2026-11-24T11:01', '2026-11-25T09:59'])
      expect(after([pago, [at(later), 'Pacific/Kiritimati']]).days).toBe(1)
    expect(after([pago, [at('2026-11-25T10:00'), 'Pacific/Kiritimati']]).days).toBe(2)
  })

  it('gains no day by a date that was there already', () => {
    const kiritimati = [at('2026-11-23T09:59'), 'Pacific/Kiritimati'] as const
    expect(dayOf(kiritimati[0], 'Pacific/Kiritimati')).toBe('2026-11-23')
    expect(after([kiritimati, [at('2026-11-23T20:00'), 'Pacific/Pago_Pago']]).days).toBe(1)
    expect(after([kiritimati, [at('2026-11-24T11:00'), 'Pacific/Pago_Pago']])).toMatchObject({
      day: '2026-11-24',
      days: 2,
    })
  })

  it('for a day costs no streak', () => {
    const visits = [
      [at('2026-11-23T12:00'), 'Europe/London'],
      [at('2026-11-24T12:00'), 'Europe/Berlin'],
      [at('2026-11-25T12:00'), 'Europe/London'],
    ] as const
    expect(after(visits)).toMatchObject({ day: '2026-11-25', days: 2 })
  })

  it('gains no day, whichever and how often: a streak is never longer than the calendar where it began', () => {
    const within = (slackHours: number) => (visits: readonly (readonly [Date, string])[]) => {
      let streak: Streak | undefined
      let [since, home] = visits[0]!
      for (const [at, zone] of visits) {
        const before = streak
        streak = countDay(before, at, zone, none)
        if (streak.days === 1 && streak.day !== before?.day) [since, home] = [at, zone]
        const today = dayOf(new Date(at.getTime() + slackHours * hour), home)
        expect(streak.days).toBeLessThanOrEqual(daysBetween(dayOf(since, home), today) + 1)
      }
    }
    fc.assert(fc.property(journeys(30, fc.constantFrom(...steadyZones)), within(0)), { seed: 21 })
    // Where clocks are put forward, days are an hour shorter for whoever lives there.
    fc.assert(fc.property(journeys(30, zones), within(3)), { seed: 21 })
  })

  it('gains no day for who looks every hour whether there is a zone in which one counts', () => {
    const start = at('2026-01-01T00:00')
    let streak = countDay(undefined, start, 'Etc/GMT+12', none)
    for (let hours = 1; hours <= 10 * 24; hours++) {
      const now = new Date(start.getTime() + hours * hour)
      const tried = steadyZones.map((zone) => countDay(streak, now, zone, none))
      streak = tried.find(({ days }) => days > streak.days) ?? streak
    }
    // From 12:00 on the last day of December there to 12:00 on the tenth of January.
    expect(streak.days).toBeLessThanOrEqual(11)
  })

  it('costs nobody a streak who comes at least every 22 hours', () => {
    fc.assert(
      fc.property(journeys(22, zones), (visits) => {
        expect(after(visits)).toSatisfy(({ days, longest }: Streak) => days === longest)
      }),
      { seed: 21 },
    )
  })
})

describe('a freeze', () => {
  const weekly: Freezes = { everyDays: 3, max: 2 }
  const run = (freezes: Freezes, ...days: string[]) =>
    after(
      days.map((day) => [momentOf(day, 'UTC'), 'UTC'] as const),
      freezes,
    )
  const three = ['2026-11-01', '2026-11-02', '2026-11-03']

  it('comes with every so many days in a row, up to the most', () => {
    expect(run(weekly, ...three)).toMatchObject({ days: 3, freezes: 1 })
    const twelve = Array.from({ length: 12 }, (_, n) => addDays('2026-11-01', n))
    expect(run(weekly, ...twelve)).toMatchObject({ days: 12, freezes: 2 })
  })

  it('saves one missed day, once', () => {
    expect(run(weekly, ...three, '2026-11-05')).toMatchObject({ days: 4, freezes: 0 })
    expect(run(weekly, ...three, '2026-11-05', '2026-11-07')).toMatchObject({ days: 1, longest: 4 })
    expect(run(weekly, ...three, '2026-11-06')).toMatchObject({ days: 1, freezes: 0 })
  })

  it('is told, and keeps the streak, until the day is over that it cannot save', () => {
    const streak = run(weekly, ...three)
    const told = (day: string, freezes = weekly) => {
      const { days, freezes: left } = streakAt(streak, momentOf(day, 'UTC'), 'UTC', freezes)
      return [days, left]
    }
    expect([told('2026-11-05'), told('2026-11-06')]).toEqual([
      [3, 1],
      [0, 0],
    ])
    // There are none any more.
    expect(told('2026-11-05', none)).toEqual([0, 0])
  })
})
