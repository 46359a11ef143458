import { describe, expect, test } from 'vitest'
import type { BoardRun } from '../types.js'
import { runAt } from './turns.js'

const run = {
  state: 'not_started',
  startsAt: '2026-11-01T00:00:00Z',
  endsAt: '2026-11-08T00:00:00Z',
  finalAt: '2026-11-09T00:00:00Z',
} as BoardRun

describe('a run by the clock', () => {
  test.each([
    ['2026-10-31T23:59:59Z', 'not_started'],
    ['2026-11-01T00:00:00Z', 'open'],
    ['2026-11-08T00:00:00Z', 'in_review'],
    ['2026-11-09T00:00:00Z', 'ended'],
  ])('is at %s %s', (time, state) => {
    expect(runAt(run, Date.parse(time)).state).toBe(state)
  })

  test('stays the same object until its state changes, and never goes back', () => {
    expect(runAt(run, 0)).toBe(run)
    expect(runAt({ ...run, state: 'ended' }, 0).state).toBe('ended')
    const endless = { ...run, state: 'open', endsAt: null } as BoardRun
    expect(runAt(endless, Date.parse('2030-01-01'))).toBe(endless)
  })
})
