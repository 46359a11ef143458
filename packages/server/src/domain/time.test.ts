import { describe, expect, test } from 'vitest'
import { dayOf, isTimeZone, momentOf, nextRunStart, runStart } from './time.js'

const iso = (day: string, zone: string, hours = 0) => momentOf(day, zone, hours * 3_600_000).toISOString()

describe('a day in a time zone', () => {
  test('is the day on the wall there', () => {
    const at = new Date('2026-11-23T22:30:00Z')
    expect(dayOf(at, 'UTC')).toBe('2026-11-23')
    expect(dayOf(at, 'Asia/Tokyo')).toBe('2026-11-24')
    expect(dayOf(at, 'America/Los_Angeles')).toBe('2026-11-23')
  })

  test('begins at midnight on the wall, also around clock changes', () => {
    expect(iso('2026-11-23', 'Europe/Berlin')).toBe('2026-11-22T23:00:00.000Z')
    expect(iso('2026-03-29', 'Europe/Berlin')).toBe('2026-03-28T23:00:00.000Z')
    expect(iso('2026-03-30', 'Europe/Berlin')).toBe('2026-03-29T22:00:00.000Z')
    expect(iso('2026-11-23', 'Pacific/Kiritimati')).toBe('2026-11-22T10:00:00.000Z')
  })

  test('begins at the change where midnight is skipped', () => {
    expect(iso('2018-11-04', 'America/Sao_Paulo')).toBe('2018-11-04T03:00:00.000Z')
  })

  test('a wall time that is skipped is the moment of the change, one that happens twice is the first', () => {
    expect(iso('2026-03-29', 'Europe/Berlin', 2.5)).toBe('2026-03-29T01:00:00.000Z')
    expect(iso('2026-10-25', 'Europe/Berlin', 2.5)).toBe('2026-10-25T00:30:00.000Z')
  })

  test('every day of three years in four zones begins when the wall clock first shows it', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']) {
      for (let n = 0; n < 1100; n++) {
        const day = new Date(Date.UTC(2025, 0, 1 + n)).toISOString().slice(0, 10)
        const begins = momentOf(day, zone)
        expect(dayOf(begins, zone)).toBe(day)
        expect(dayOf(new Date(begins.getTime() - 1000), zone) < day).toBe(true)
      }
    }
  })
})

describe('a run', () => {
  test('begins on the first day of its year, month, week or day', () => {
    expect(runStart('year', '2026-11-23', 1)).toBe('2026-01-01')
    expect(runStart('month', '2026-11-23', 1)).toBe('2026-11-01')
    expect(runStart('day', '2026-11-23', 1)).toBe('2026-11-23')
  })

  test('of a week begins on the day that the community chose', () => {
    // 2026-11-23 is a Monday.
    expect(runStart('week', '2026-11-23', 1)).toBe('2026-11-23')
    expect(runStart('week', '2026-11-23', 7)).toBe('2026-11-22')
    expect(runStart('week', '2026-11-23', 2)).toBe('2026-11-17')
    expect(runStart('week', '2026-11-29', 1)).toBe('2026-11-23')
  })

  test('is followed by the next one, over year ends and leap days', () => {
    expect(nextRunStart('day', '2028-02-28')).toBe('2028-02-29')
    expect(nextRunStart('week', '2026-12-28')).toBe('2027-01-04')
    expect(nextRunStart('month', '2026-12-01')).toBe('2027-01-01')
    expect(nextRunStart('year', '2026-01-01')).toBe('2027-01-01')
    expect(nextRunStart('all', '0001-01-01')).toBeNull()
  })
})

test('a time zone is an IANA name', () => {
  expect(['Europe/Berlin', 'UTC', 'America/Argentina/Ushuaia'].every(isTimeZone)).toBe(true)
  expect(['Mars/Olympus', '5.3', '', '../etc'].some(isTimeZone)).toBe(false)
})
