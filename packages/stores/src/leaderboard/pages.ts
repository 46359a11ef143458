import type { BoardRow } from '../types.js'

/**
 * Rows are asked for in fixed pages, so that everybody asks for the same URLs and a CDN can hold them. The first one shares a
 * phone's connection with our code: larger ones make the first row wait.
 */
export const pageSize = 50
/** How many pages are kept around what is shown. */
const mostKept = 40
/** How many pages one shower may want at once; a window on a screen touches three at most. */
const mostShown = 5

const pageOf = (position: number): number => Math.floor((position - 1) / pageSize)

interface Pages {
  show(by: object, first: number, last: number): void
  hide(by: object): void
  /** The pages that are shown, and of these the ones that are unknown or old. */
  shown(): number[]
  missing(): number[]
  /** Everything known is old. It stays in sight until it is replaced. */
  outdate(): void
  clear(): void
  /** Takes answers in: page numbers and their rows, and how many rows there are in all. */
  put(answers: readonly (readonly [page: number, rows: readonly BoardRow[]])[], total: number): void
  /** What is known now, as a function that later changes do not touch. */
  snapshot(): (position: number) => BoardRow | undefined
}

/** Rows of a long list that are known in places. */
export function createPages(): Pages {
  const windows = new Map<object, readonly [first: number, last: number]>()
  /** By page number, the oldest answer first. */
  const known = new Map<number, readonly BoardRow[]>()
  const old = new Set<number>()
  let total = Number.POSITIVE_INFINITY

  function shown(): number[] {
    const pages = new Set<number>()
    for (const [first, last] of windows.values()) {
      const from = Math.max(0, pageOf(first))
      for (let page = from; page <= pageOf(last) && page < from + mostShown; page++) pages.add(page)
    }
    const wanted = [...pages].filter((page) => page * pageSize < total)
    return wanted.length > 0 ? wanted : [0]
  }

  /** Forgets what is farthest from anything shown. */
  function trim() {
    const seen = shown()
    const distance = (page: number) => Math.min(...seen.map((other) => Math.abs(page - other)))
    const far = [...known.keys()].sort((a, b) => distance(a) - distance(b)).slice(mostKept)
    for (const page of far) known.delete(page)
  }

  return {
    show: (by, first, last) => void windows.set(by, [first, last]),
    hide: (by) => void windows.delete(by),
    shown,
    missing: () => shown().filter((page) => !known.has(page) || old.has(page)),
    outdate() {
      for (const page of known.keys()) old.add(page)
    },
    clear() {
      known.clear()
      total = Number.POSITIVE_INFINITY
    },
    put(answers, count) {
      const before = new Map<string, BoardRow>()
      for (const rows of known.values()) for (const row of rows) before.set(row.member.id, row)
      for (const [page, rows] of answers) {
        known.delete(page)
        known.set(
          page,
          rows.map((row) => keep(before.get(row.member.id), row)),
        )
        old.delete(page)
      }
      total = count
      trim()
    },
    snapshot() {
      const pages = new Map(known)
      // A member who moved can stand on a page and on an older answer of another one: the newest answer counts.
      const places = new Map<string, number>()
      for (const rows of pages.values()) for (const row of rows) places.set(row.member.id, row.position)
      return (position) => {
        const row = pages.get(pageOf(position))?.[(position - 1) % pageSize]
        return row && places.get(row.member.id) === position ? row : undefined
      }
    },
  }
}

/** The object that was there, when nothing about it changed: what draws it sees that at a glance. */
const keep = (before: BoardRow | undefined, row: BoardRow): BoardRow =>
  before && JSON.stringify(before) === JSON.stringify(row) ? before : row
