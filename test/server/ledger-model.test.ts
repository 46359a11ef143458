import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Tx } from '../../packages/server/src/db/database.js'
import { communityClock } from '../../packages/server/src/domain/clock.js'
import { createCommunity } from '../../packages/server/src/domain/communities.js'
import { Failure } from '../../packages/server/src/domain/failure.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import {
  boardById,
  createBoard,
  deleteBoard,
  rowsAt,
  runOf,
  updateBoard,
} from '../../packages/server/src/domain/leaderboards/index.js'
import { type Move, post } from '../../packages/server/src/domain/ledger.js'
import { balancesOf, createMember, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { startFolding } from '../../packages/server/src/jobs/fold.js'
import { asSuperuser, brokenInvariants, openTestDatabase } from '../helpers/database.js'
import { times } from '../helpers/long.js'

/*
 * The ledger and its boards against a model of a few lines: whatever is awarded, spent, repeated, hidden and recounted,
 * one after the other or at once, both say the same. Folding runs beside it all, as in a server.
 */

const { database, testDatabase } = await openTestDatabase()
const folding = startFolding(database, { error: expect.unreachable })
database.onWork((work, communityId) => work === 'scores' && folding.wake(communityId))
afterAll(() => folding.stop())

type Unit = Move['unit']
interface Score {
  value: number
  /** When it was reached: the order within a tie. */
  reachedAt: number
}
interface Movement {
  who: number
  unit: Unit
  amount: number
}

/** What ought to be. Members are numbered; a score that is undefined was never moved. */
class Model {
  clock = Date.UTC(2026, 0, 1)
  readonly members: Record<Unit, Score | undefined>[] = Array.from({ length: people }, () => ({
    xp: undefined,
    currency: undefined,
  }))
  readonly hidden = new Set<number>()
  readonly boards: { id: string; metric: Unit }[] = []
  readonly used = new Set<string>()

  /** Moves all or, where a balance would be negative, nothing. A key that was used moves nothing. */
  post(movements: readonly (Movement & { key: string })[]): boolean {
    const changes = new Map<string, number>()
    const keys = new Set<string>()
    for (const { who, unit, amount, key } of movements) {
      if (this.used.has(key)) continue
      keys.add(key)
      changes.set(`${who} ${unit}`, (changes.get(`${who} ${unit}`) ?? 0) + amount)
    }
    const after = [...changes].map(([name, change]) => {
      const [who, unit] = name.split(' ') as [string, Unit]
      return { who: Number(who), unit, value: (this.members[Number(who)]![unit]?.value ?? 0) + change }
    })
    if (after.some(({ value }) => value < 0)) return false
    for (const key of keys) this.used.add(key)
    for (const { who, unit, value } of after) this.members[who]![unit] = { value, reachedAt: this.clock }
    return true
  }

  /** Who stands on a board, in order, with their competition rank. */
  rows(metric: Unit, ids: readonly string[]) {
    const scored = this.members.flatMap((member, who) => {
      const score = member[metric]
      return score && !this.hidden.has(who) ? [{ id: ids[who]!, ...score }] : []
    })
    scored.sort((a, b) => b.value - a.value || a.reachedAt - b.reachedAt || (a.id < b.id ? -1 : 1))
    return scored.map(({ id, value }) => ({
      id,
      score: value,
      rank: 1 + scored.filter((other) => other.value > value).length,
    }))
  }
}

/** The real thing: a community of its own for each run. */
class Real {
  readonly communityId: string
  readonly ids: string[]

  private constructor(communityId: string, ids: string[]) {
    this.communityId = communityId
    this.ids = ids
  }

  static async create(): Promise<Real> {
    const communityId = newId()
    const ids = await database.tenant(communityId, async (tx) => {
      await createCommunity(tx, { name: 'Model', timeZone: 'UTC' }, new Date(0))
      const made: string[] = []
      for (let n = 0; n < people; n++) made.push((await createMember(tx, { username: `m${n}` }, new Date(0))).id)
      return made
    })
    return new Real(communityId, ids)
  }

  inside = <T>(work: (tx: Tx) => Promise<T>) => database.tenant(this.communityId, work)

  /** Answers whether it was posted. */
  async post(movements: readonly (Movement & { key: string })[], at: number): Promise<boolean> {
    const moves = movements.map(({ who, unit, amount, key }) => ({
      memberId: this.ids[who]!,
      unit,
      amount,
      key,
      reason: 'adjustment' as const,
      actor: 'model',
    }))
    try {
      await this.inside((tx) => post(tx, moves, new Date(at)))
      return true
    } catch (error) {
      if (error instanceof Failure && error.code === 'not_enough') return false
      throw error
    }
  }
}

const people = 4

/** After every step: each balance, and each board from top to bottom. */
async function expectAlike(model: Model, real: Real): Promise<void> {
  await real.inside(async (tx) => {
    const clock = await communityClock(tx)
    for (const [who, id] of real.ids.entries()) {
      const { xp, currency } = model.members[who]!
      expect(await balancesOf(tx, id)).toEqual({ xp: xp?.value ?? 0, currency: currency?.value ?? 0 })
    }
    for (const { id, metric } of model.boards) {
      const board = await boardById(tx, id)
      const { rows, total } = await rowsAt(
        tx,
        board,
        runOf(board, clock, new Date(model.clock)),
        { from: 1, limit: 100 },
        undefined,
      )
      const expected = model.rows(metric, real.ids)
      expect(rows.map(({ member, score, rank }) => ({ id: member.id, score, rank }))).toEqual(expected)
      expect([total, rows.map(({ position }) => position)]).toEqual([expected.length, expected.map((_, i) => i + 1)])
    }
  })
}

/** A step for both; what `run` answers for the model and for the real thing must be the same. */
const step = (name: string, run: (model: Model, real: Real) => Promise<unknown>): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  async run(model, real) {
    model.clock += 60_000
    await run(model, real)
    await expectAlike(model, real)
  },
  toString: () => name,
})

const movement = fc.record({
  who: fc.nat(people - 1),
  unit: fc.constantFrom<Unit>('xp', 'currency'),
  // Small numbers, so that ties, refusals and zeroes come about.
  amount: fc.integer({ min: -3, max: 5 }).filter((amount) => amount !== 0),
  key: fc.nat(40).map((n) => `key ${n}`),
})
const batchOf = (maxLength: number) => fc.uniqueArray(movement, { minLength: 1, maxLength, selector: ({ key }) => key })

const steps = [
  batchOf(6).map((batch) =>
    step(`post ${fc.stringify(batch)}`, async (model, real) => {
      expect(await real.post(batch, model.clock)).toBe(model.post(batch))
    }),
  ),
  // At once: gains only, so that the order in which they come cannot matter.
  batchOf(6).map((batch) => {
    const gains = batch.map((one) => ({ ...one, amount: Math.abs(one.amount) }))
    return step(`at once ${fc.stringify(gains)}`, async (model, real) => {
      await Promise.all(gains.map((one) => real.post([one], model.clock)))
      for (const one of gains) model.post([one])
    })
  }),
  movement.map((one) => {
    const gain = { ...one, amount: Math.abs(one.amount) }
    return step(`five times at once ${fc.stringify(gain)}`, async (model, real) => {
      await Promise.all(Array.from({ length: 5 }, () => real.post([gain], model.clock)))
      model.post([gain])
    })
  }),
  fc.tuple(fc.nat(people - 1), fc.boolean()).map(([who, isHidden]) =>
    step(`${isHidden ? 'hide' : 'show'} ${who}`, async (model, real) => {
      model.hidden[isHidden ? 'add' : 'delete'](who)
      await real.inside((tx) =>
        setVisibility(tx, real.ids[who]!, isHidden ? 'hidden' : 'public', new Date(model.clock)),
      )
    }),
  ),
  fc.constantFrom<Unit>('xp', 'currency').map((metric) =>
    step(`board of ${metric}`, async (model, real) => {
      const input = { name: `Board ${model.clock}`, metric }
      const { id } = await real.inside((tx) => createBoard(tx, input, new Date(model.clock)))
      model.boards.push({ id, metric })
    }),
  ),
  fc.constantFrom<Unit>('xp', 'currency').map((metric) =>
    step(`count ${metric} instead`, async (model, real) => {
      const board = model.boards[0]
      if (!board) return
      board.metric = metric
      await real.inside((tx) => updateBoard(tx, board.id, { metric }, new Date(model.clock)))
    }),
  ),
  fc.constant(
    step('delete a board', async (model, real) => {
      const board = model.boards.shift()
      if (board) await real.inside((tx) => deleteBoard(tx, board.id))
    }),
  ),
]

describe('the ledger and its boards', () => {
  it('21: do what a model of a few lines does', async () => {
    const runs = times(200, 2000)
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 15, size: 'max' }), (commands) =>
        fc.asyncModelRun(async () => ({ model: new Model(), real: await Real.create() }), commands),
      ),
      { numRuns: runs, seed: 21, endOnFailure: true },
    )
    expect(await asSuperuser(testDatabase.superuserUrl, brokenInvariants)).toEqual([])
  }, 1_200_000)
})
