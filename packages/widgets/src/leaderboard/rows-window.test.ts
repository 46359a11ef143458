import { describe, expect, it } from 'vitest'
import { RowsWindow } from './rows-window.js'

function windowOf(total: number, viewport = 400) {
  return Object.assign(new RowsWindow(), { total, viewport, rowHeight: 48 })
}

/** Where a position is seen, in pixels below the top edge, if it is drawn. */
function seenAt(rows: RowsWindow, scrollTop: number, position: number) {
  const { first, last } = rows.range
  return position < first || position > last ? undefined : rows.shift + (position - first) * rows.rowHeight - scrollTop
}

describe('RowsWindow', () => {
  it('draws what is seen and a few rows more', () => {
    const rows = windowOf(1000)
    expect(rows.range).toEqual({ first: 1, last: 15 })
    rows.scrolled(48 * 100)
    expect(rows.range).toEqual({ first: 96, last: 115 })
    expect(seenAt(rows, 4800, 101)).toBe(0)
  })

  it('draws nothing of an empty list', () => {
    expect(windowOf(0).range.last).toBe(0)
  })

  it('never draws more than sixty rows, however high the element is, unless more are seen', () => {
    for (const viewport of [100, 1000, 2000, 2700]) {
      const rows = windowOf(100_000, viewport)
      rows.scrolled(480_000)
      const { first, last } = rows.range
      expect(last - first + 1).toBeLessThanOrEqual(60)
    }
  })

  it('has a track that every engine can draw', () => {
    expect(windowOf(1000).track).toBe(48_000)
    expect(windowOf(1_000_000).track).toBeLessThan(17_000_000)
  })

  it('reaches every position of a list of a million rows', () => {
    const rows = windowOf(1_000_000)
    for (const position of [1, 2, 9, 10, 100, 4321, 208_333, 500_000, 999_991, 999_999, 1_000_000]) {
      const top = rows.reach(position, 'middle')
      expect(top).toBeGreaterThanOrEqual(0)
      expect(top).toBeLessThanOrEqual(rows.track - 400)
      expect(rows.shows(position)).toBe(true)
      expect(seenAt(rows, top, position)).toBeGreaterThanOrEqual(-1)
      expect(seenAt(rows, top, position)).toBeLessThanOrEqual(352 + 1)
    }
  })

  it('scrolls a long list pixel by pixel', () => {
    const rows = windowOf(1_000_000)
    const top = rows.reach(500_000, 'middle')
    const before = seenAt(rows, top, 500_000) as number
    expect(rows.scrolled(top + 30)).toBeUndefined()
    expect(seenAt(rows, top + 30, 500_000)).toBeCloseTo(before - 30, 3)
  })

  it('follows a dragged scrollbar in proportion, to the very ends', () => {
    const rows = windowOf(1_000_000)
    const end = rows.track - 400
    rows.scrolled(end)
    expect(rows.range.last).toBe(1_000_000)
    rows.scrolled(end / 2)
    expect(rows.range.first).toBeGreaterThan(499_900)
    expect(rows.range.first).toBeLessThan(500_100)
    rows.scrolled(0)
    expect(rows.range.first).toBe(1)
  })

  it('scrolls as far as the list goes, also where the scrollbar ran ahead of it', () => {
    const rows = windowOf(1_000_000)
    let top = rows.reach(60_000, 'near')
    while (top > 0) {
      top = Math.max(0, top - 700)
      top = rows.scrolled(top) ?? top
    }
    expect(seenAt(rows, 0, 1)).toBeCloseTo(0, 3)
  })

  it('brings a row in by the shortest way, above what covers the bottom edge', () => {
    const rows = windowOf(1000)
    expect(rows.reach(3, 'near')).toBe(0)
    expect(rows.reach(12, 'near', 50)).toBe(12 * 48 - 400 + 50)
    expect(rows.reach(5, 'near')).toBe(4 * 48)
  })

  it('counts a podium as the first rows', () => {
    const rows = windowOf(1000)
    rows.lead = { height: 220, rows: 3 }
    expect(rows.range.first).toBe(1)
    expect(rows.track).toBe(220 + 997 * 48)
    rows.scrolled(rows.reach(900, 'middle'))
    expect(rows.shows(900)).toBe(true)
    rows.reach(2, 'near')
    expect(rows.range.first).toBe(1)
    expect(rows.shift).toBe(0)
  })
})
