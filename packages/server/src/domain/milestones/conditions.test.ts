import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Condition, nearestOf, openTasks, progressOf, type Task, tasksOf } from './conditions.js'

/** A task, whose link says how much of it there is. */
const task = fc
  .record({ need: fc.integer({ min: 1, max: 1000 }), have: fc.integer({ min: -10, max: 1200 }) })
  .map(({ need, have }): Task => ({ kind: 'balance', unit: 'xp', atLeast: need, link: `${have}` }))
const group = <T>(inner: fc.Arbitrary<T>) =>
  fc.record({ kind: fc.constantFrom('all', 'any'), conditions: fc.array(inner, { minLength: 1, maxLength: 4 }) })
const condition: fc.Arbitrary<Condition> = fc.oneof(task, group(fc.oneof(task, group(fc.oneof(task, group(task))))))

const haveOf = (one: Task) => Number(one.link)
const needOf = (one: Task) => (one as { atLeast: number }).atLeast
const measure = (one: Task) => ({ have: haveOf(one), need: needOf(one) })
const isMet = (one: Condition): boolean =>
  'conditions' in one ? one.conditions[one.kind === 'all' ? 'every' : 'some'](isMet) : haveOf(one) >= needOf(one)

describe('a condition', () => {
  it('is met by all or any of its tasks, and at 100 percent exactly then', () => {
    fc.assert(
      fc.property(condition, (one) => {
        const { met, percent, have, need } = progressOf(one, measure)
        expect([met, have >= need, percent === 100]).toEqual(Array(3).fill(isMet(one)))
        expect(percent).toBeGreaterThanOrEqual(0)
        expect(percent).toBeLessThanOrEqual(100)
      }),
      { seed: 5 },
    )
  })

  it('has open tasks exactly while it is not met, and doing all of these meets it', () => {
    fc.assert(
      fc.property(condition, (one) => {
        const open = openTasks(progressOf(one, measure))
        expect(open.length === 0).toBe(isMet(one))
        expect(open.every(({ met }) => !met)).toBe(true)
        const done = new Set(open.map((each) => each.task))
        const after = progressOf(one, (each) => ({
          have: done.has(each) ? needOf(each) : haveOf(each),
          need: needOf(each),
        }))
        expect(after.met).toBe(true)
      }),
      { seed: 6 },
    )
  })

  it('is nowhere nearer to done than at its nearest task', () => {
    fc.assert(
      fc.property(condition, (one) => {
        const progress = progressOf(one, measure)
        const open = openTasks(progress)
        const nearest = nearestOf(open)
        expect(nearest === undefined).toBe(progress.met)
        for (const { percent } of open) expect(percent).toBeLessThanOrEqual(nearest!.percent)
        expect(tasksOf(one)).toEqual(expect.arrayContaining(open.map((each) => each.task)))
      }),
      { seed: 7 },
    )
  })
})
