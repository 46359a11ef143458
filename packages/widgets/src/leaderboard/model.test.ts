import type { ApiError, Board, BoardRow, Leaderboard, MyRows, View } from '@rai/stores'
import { describe, expect, it } from 'vitest'
import { decide, type Model, nothingKnown } from './model.js'

const row = (position: number, me = false) =>
  ({ position, rank: position, me, member: { id: `m${position}` } }) as BoardRow
const board = { name: 'Weekly', periods: ['week', 'all'], segments: [], prizes: [] } as unknown as Board
const viewOf = (total: number, start: string | null = '2026-11-23') =>
  ({ total, run: { period: 'week', start }, row }) as unknown as View
const ready = <T>(value: T) => ({ state: 'ready', value, at: 0 }) as const
const failed = (code: string) => ({ state: 'failed', error: { code } as ApiError }) as const
const pending = { state: 'pending' } as const

type Told = Parameters<typeof decide>[1]

const tell = (told: Partial<Told>, before: Model = nothingKnown) =>
  decide(before, {
    subject: 'here',
    segment: undefined,
    choice: {},
    board: ready(board),
    view: ready(viewOf(10)),
    mine: undefined,
    limit: undefined,
    layout: undefined,
    isCustom: false,
    found: () => undefined,
    width: () => 400,
    ...told,
  })

describe('what a board’s element shows', () => {
  it('is nothing before board and rows are known', () => {
    expect(tell({ board: pending }).shown).toBeUndefined()
    expect(tell({ view: pending })).toMatchObject({ shown: undefined, total: 0, failure: undefined })
  })

  it('stays while another run is on its way', () => {
    const before = tell({ mine: ready({ items: [row(4, true)] } as MyRows) })
    const after = tell({ view: pending, mine: pending }, before)
    expect(after).toMatchObject({ key: before.key, total: 10, own: { position: 4 } })
    expect(after.view).toBe(before.view)
  })

  it('is the rows of a segment only with the segment’s board', () => {
    const whole = { ...board, segments: [{ id: 'north', name: 'North', periods: [] }] }
    const before = tell({ board: ready(whole) })
    const rows = viewOf(3)
    const between = tell({ segment: 'north', choice: { board: 'north' }, board: pending, view: ready(rows) }, before)
    expect(between).toMatchObject({ board: whole, view: before.view, choice: {}, key: before.key })
    const north = { ...whole, name: 'North', whole: { id: 'whole', periods: [] } }
    const after = tell(
      { segment: 'north', choice: { board: 'north' }, board: ready(north), view: ready(rows) },
      between,
    )
    expect(after).toMatchObject({
      board: north,
      view: rows,
      choice: { board: 'north' },
      hasSegments: true,
      hasExtras: true,
    })
    expect(after.key).not.toBe(before.key)
    expect(tell({ board: ready(north) })).toMatchObject({ board: north, hasSegments: false })
  })

  it('is a failure only where there is nothing to show', () => {
    expect(tell({ view: failed('network') })).toMatchObject({ failure: { code: 'network' }, total: 0 })
    const stale = { ...ready(viewOf(10)), stale: { code: 'network' } as ApiError }
    expect(tell({ view: stale })).toMatchObject({ failure: undefined, error: { code: 'network' }, total: 10 })
  })

  it('keeps nothing of a person who is no longer the one who looks', () => {
    const before = tell({ mine: ready({ items: [row(4, true)] } as MyRows) })
    const after = tell({ mine: failed('no_token') }, before)
    expect(after).toMatchObject({ mine: undefined, own: undefined, failure: undefined, error: { code: 'no_token' } })
  })

  it('has no more rows than the page wants, and no search in a short list', () => {
    const found = { text: 'a', rows: [row(7)], highest: 7 }
    expect(tell({ found: () => found })).toMatchObject({ total: 10, found: undefined })
    expect(tell({ view: ready(viewOf(60)), limit: 20 })).toMatchObject({ total: 20, isLong: true })
    expect(tell({ view: ready(viewOf(60)), limit: 20, found: () => found })).toMatchObject({ total: 1, found })
  })

  it.each([
    ['auto', 400, 10, 'table'],
    ['auto', 800, 10, 'podium'],
    ['auto', 800, 2, 'table'],
    ['podium', 400, 10, 'podium'],
    ['podium', 400, 2, 'table'],
    ['table', 800, 10, 'table'],
    ['compact', 800, 10, 'compact'],
    ['card', 400, 0, 'card'],
  ] as const)('with the layout %s at %i pixels and %i rows is a %s', (layout, width, total, shown) => {
    const told = { layout, width: () => width, view: ready(viewOf(total)) }
    expect(tell(told).layout).toBe(shown)
    if (shown === 'podium') expect(tell({ ...told, isCustom: true }).layout).toBe('table')
  })

  it('says that the community has no board', () => {
    const none: Leaderboard['$view'] extends { get(): infer State } ? State : never = ready(null)
    expect(tell({ board: ready(null), view: none })).toMatchObject({ shown: none, view: undefined })
  })
})
