import { describe, expect, test } from 'vitest'
import type { BoardRow } from '../types.js'
import { createPages, pageSize } from './pages.js'

const row = (position: number, id = `m${position}`, score = 0): BoardRow => ({
  position,
  rank: position,
  tied: false,
  score,
  member: { id, name: id, avatarUrl: null },
  me: false,
})
const pageOf = (page: number) => Array.from({ length: pageSize }, (_, i) => row(page * pageSize + i + 1))
const element = {}

describe('pages', () => {
  test('that are shown are the ones that the windows touch, and the first where nobody shows anything', () => {
    const pages = createPages()
    expect(pages.shown()).toEqual([0])
    pages.show(element, pageSize - 5, pageSize + 30)
    pages.show({}, 10 * pageSize + 1, 10 * pageSize + 20)
    expect(pages.shown()).toEqual([0, 1, 10])
    pages.hide(element)
    expect(pages.shown()).toEqual([10])
  })

  test('that are shown are few, however much somebody wants', () => {
    const pages = createPages()
    pages.show(element, 1, 1_000_000)
    expect(pages.shown()).toHaveLength(5)
  })

  test('that are shown end with the list', () => {
    const pages = createPages()
    pages.put([[0, pageOf(0)]], 1.5 * pageSize)
    pages.show(element, pageSize - 10, 4.5 * pageSize)
    expect(pages.shown()).toEqual([0, 1])
  })

  test('are missing until they are known, and again when they are old', () => {
    const pages = createPages()
    expect(pages.missing()).toEqual([0])
    pages.put([[0, pageOf(0)]], 5000)
    expect(pages.missing()).toEqual([])
    pages.outdate()
    expect(pages.missing()).toEqual([0])
    expect(pages.snapshot()(7)?.member.id).toBe('m7')
  })

  test('are kept around what is shown only', () => {
    const pages = createPages()
    for (let page = 0; page < 80; page++) {
      pages.show(element, page * pageSize + 1, page * pageSize + 40)
      pages.put([[page, pageOf(page)]], 100_000)
    }
    const at = pages.snapshot()
    expect(at(40 * pageSize)).toBeUndefined()
    expect(at(40 * pageSize + 1)).toBeDefined()
    expect(at(80 * pageSize)).toBeDefined()
  })

  test('keep a row that did not change as the object that it was', () => {
    const pages = createPages()
    pages.put([[0, [row(1), row(2)]]], 2)
    const before = pages.snapshot()
    pages.put([[0, [row(1), row(2, 'm2', 5)]]], 2)
    const after = pages.snapshot()
    expect(after(1)).toBe(before(1))
    expect(after(2)).toMatchObject({ score: 5 })
    expect(before(2)).toMatchObject({ score: 0 })
  })

  test('never show a member twice: the newest answer counts', () => {
    const pages = createPages()
    pages.put([[0, pageOf(0)]], 2 * pageSize)
    pages.put([[1, [row(pageSize + 1, 'm40'), row(pageSize + 2)]]], 2 * pageSize)
    const at = pages.snapshot()
    expect(at(pageSize + 1)?.member.id).toBe('m40')
    expect(at(40)).toBeUndefined()
    expect(at(39)?.member.id).toBe('m39')
  })
})
