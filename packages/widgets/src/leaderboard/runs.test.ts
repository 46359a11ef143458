import { describe, expect, it } from 'vitest'
import { formatRun, neighbourRun } from './runs.js'

describe('a run', () => {
  it.each([
    ['day', 'Mon, Nov 23'],
    ['week', 'Nov 23 – 29'],
    ['month', 'November 2026'],
    ['year', '2026'],
  ] as const)('names the run of a %s by its calendar days', (period, text) => {
    expect(formatRun('en', period, new Date('2026-11-23T00:00Z')).replace(/\u2009/g, ' ')).toBe(text)
  })

  it.each([
    ['day', '2026-03-01', '2026-02-28', '2026-03-02'],
    ['week', '2026-12-28', '2026-12-21', '2027-01-04'],
    ['month', '2026-01-01', '2025-12-01', '2026-02-01'],
    ['year', '2024-01-01', '2023-01-01', '2025-01-01'],
  ] as const)('of a %s has neighbours', (period, start, before, after) => {
    expect([neighbourRun(period, start, -1), neighbourRun(period, start, 1)]).toEqual([before, after])
  })
})
