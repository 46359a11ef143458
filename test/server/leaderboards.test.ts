import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase, type Tx } from '../../packages/server/src/db/database.js'
import { communityClock } from '../../packages/server/src/domain/clock.js'
import { createCommunity } from '../../packages/server/src/domain/communities.js'
import { ensureFields, findFields } from '../../packages/server/src/domain/fields/fields.js'
import { setValues } from '../../packages/server/src/domain/fields/values.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import {
  type Board,
  countNext,
  createBoard,
  deleteBoard,
  findBoards,
  findShownBoard,
  type Row,
  rowsAround,
  rowsAt,
  runOf,
  searchRows,
  totalOf,
  updateBoard,
} from '../../packages/server/src/domain/leaderboards/index.js'
import { type Move, post } from '../../packages/server/src/domain/ledger.js'
import { takeBoards } from '../../packages/server/src/domain/locks.js'
import { balancesOf, createMember, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { startFolding } from '../../packages/server/src/jobs/fold.js'
import { asSuperuser, brokenInvariants, createTestDatabase, openTestDatabase } from '../helpers/database.js'
import { rowsRead } from '../helpers/explain.js'
import { times } from '../helpers/long.js'
import { seededRandom } from '../helpers/random.js'
import { seedMembers } from '../helpers/seed.js'

const { url, superuserUrl } = await createTestDatabase()
/** For one community alone, so that all that must hold there is quickly looked at, again and again. */
const alone = await openTestDatabase()
let database: Database
const communityId = newId()
const inside = <T>(work: (tx: Tx) => Promise<T>) => database.tenant(communityId, work)

/** Makes or changes a board, and counts it to its end, as the background job does. */
async function counted<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  const made = await inside(work)
  while (await inside(countNext));
  return made
}

beforeAll(async () => {
  database = await openDatabase(url, () => {})
  await inside((tx) =>
    tx.db
      .insertInto('communities')
      .values({ id: communityId, name: 'Ranks', time_zone: 'Europe/Berlin', week_start: 7 })
      .execute(),
  )
})
afterAll(() => database.close())

/** Folds every waiting score change into the counts, as the background job does. */
async function fold(): Promise<void> {
  const folding = startFolding(database, { error: expect.unreachable })
  folding.wake(communityId)
  await expect.poll(waitingDeltas).toBe(0)
  await folding.stop()
}

const waitingDeltas = () =>
  inside(async (tx) => {
    const { n } = await tx.db
      .selectFrom('board_deltas')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('community_id', '=', communityId)
      .executeTakeFirstOrThrow()
    return n
  })

let awards = 0
const move = (memberId: string, amount: number, unit: Move['unit'] = 'xp'): Move => ({
  memberId,
  unit,
  amount,
  reason: 'adjustment',
  key: `award ${++awards}`,
  actor: 'test',
})
const award = (memberId: string, amount: number, at: Date, unit?: Move['unit']) =>
  inside((tx) => post(tx, [move(memberId, amount, unit)], at))

async function people(count: number, prefix: string): Promise<string[]> {
  return inside(async (tx) => {
    const ids: string[] = []
    for (let n = 0; n < count; n++) {
      ids.push((await createMember(tx, { username: `${prefix}${n}`, displayName: `${prefix} ${n}` }, new Date())).id)
    }
    return ids
  })
}

/** What a row says, whoever asks for it. */
const placeIn = ({ position, rank, tied, score }: Row) => ({ position, rank, tied, score })

/** What a run must show, counted the plain way: `[id, score]`, best first, hidden members left out. */
type Expected = [id: string, score: number][]

async function expectRun(board: Board, at: Date, expected: Expected, period = board.periods[0]!): Promise<void> {
  const sorted = expected.map(([, score]) => score).sort((a, b) => b - a)
  const ranks = new Map(expected.map(([id, score]) => [id, sorted.indexOf(score) + 1]))
  const scores = new Map(expected)
  const seen = new Set<string>()
  await database.tenant(
    communityId,
    async (tx) => {
      const run = runOf(board, await communityClock(tx), at, period)
      for (let from = 1; from <= sorted.length; from += 7) {
        const { rows, total } = await rowsAt(tx, board, run, { from, limit: 7 }, undefined)
        expect(total).toBe(sorted.length)
        expect(rows.map((row) => row.position)).toEqual(rows.map((_, i) => from + i))
        expect(rows.map((row) => row.score)).toEqual(sorted.slice(from - 1, from + 6))
        for (const row of rows) {
          expect([row.rank, row.score]).toEqual([ranks.get(row.member.id), scores.get(row.member.id)])
          expect(row.tied).toBe(sorted.indexOf(row.score) !== sorted.lastIndexOf(row.score))
          seen.add(row.member.id)
        }
        expect(await rowsAround(tx, board, run, rows[0]!.member.id, 0)).toMatchObject({
          state: 'ranked',
          rows: [placeIn(rows[0]!)],
          total,
        })
      }
      expect(seen.size).toBe(sorted.length)
      expect((await rowsAt(tx, board, run, { from: sorted.length + 1, limit: 5 }, undefined)).rows).toEqual([])
      for (const [id] of expected.slice(0, 5)) {
        const around = await rowsAround(tx, board, run, id, 3)
        expect(around.rows.filter((row) => row.me).map((row) => row.rank)).toEqual([ranks.get(id)])
      }
    },
    { snapshot: true },
  )
}

describe('ranks', () => {
  test('26: equal a plain recount after hundreds of random awards, hidings and foldings', async () => {
    const random = seededRandom(7)
    const at = new Date('2026-11-20T10:00:00Z')
    const ids = await people(60, 'walker')
    const board = await counted((tx) => createBoard(tx, { name: 'Walk', rankedMembers: ids }, at))
    const scores = new Map<string, number>()
    const hidden = new Set<string>()
    const shown = (): Expected => [...scores].filter(([id]) => !hidden.has(id))
    for (let round = 0; round < times(12, 150); round++) {
      // Awards of one round run side by side: only a member not yet in it can surely afford to lose something.
      const touched = new Set<string>()
      const batch = Array.from({ length: 25 }, () => {
        const id = ids[Math.floor(random() * ids.length)]!
        const score = scores.get(id) ?? 0
        // Few distinct scores make ties, some huge ones use every level of the counts.
        const takes = random() < 0.3 && score > 0 && !touched.has(id)
        touched.add(id)
        const amount = takes ? -Math.ceil(random() * score) : Math.ceil(random() ** 9 * 1e12)
        scores.set(id, score + amount)
        return award(id, amount, at)
      })
      await Promise.all(batch)
      const id = ids[Math.floor(random() * ids.length)]!
      const visibility = hidden.delete(id) ? 'public' : 'hidden'
      if (visibility === 'hidden') hidden.add(id)
      await inside((tx) => setVisibility(tx, id, visibility, at))
      if (round % 3 === 1) await fold()
      await expectRun(board, at, shown())
    }
  })

  test('case 26: of boards by XP, coins and a field equal a recount after 10,000 random updates', async () => {
    const random = seededRandom(26)
    const at = new Date('2026-11-20T10:00:00Z')
    const ids = await people(40, 'updated')
    const fieldId = await inside(async (tx) => {
      await ensureFields(tx, { laps: 'Laps' }, at)
      return (await findFields(tx, ['laps'])).get('laps')!.id
    })
    const metrics = ['xp', 'currency', 'field:laps'] as const
    const boards = await counted(async (tx) => {
      const made: Board[] = []
      for (const metric of metrics)
        made.push(await createBoard(tx, { name: metric, metric, periods: ['all', 'week'], rankedMembers: ids }, at))
      return made
    })
    const scores = metrics.map(() => new Map<string, number>())
    const hidden = new Set<string>()
    const updates = times(600, 10_000)
    for (let n = 0; n < updates; n++) {
      const id = ids[Math.floor(random() * ids.length)]!
      const which = Math.floor(random() * metrics.length)
      const metric = metrics[which]!
      const score = scores[which]!.get(id) ?? 0
      if (random() < 0.1) {
        const visibility = hidden.delete(id) ? 'public' : 'hidden'
        if (visibility === 'hidden') hidden.add(id)
        await inside((tx) => setVisibility(tx, id, visibility, at))
      } else if (metric === 'field:laps') {
        const value = Math.floor((random() - 0.3) * 50)
        scores[which]!.set(id, value)
        const cause = { at, source: 'api', actor: 'test' } as const
        await inside((tx) => setValues(tx, [{ memberId: id, fieldId, value }], cause))
      } else {
        const amount = random() < 0.3 && score > 0 ? -Math.ceil(random() * score) : Math.ceil(random() * 50)
        scores[which]!.set(id, score + amount)
        await award(id, amount, at, metric)
      }
      if (n % 100 === 57) await fold()
      if (n % (updates / 5) !== updates / 5 - 1) continue
      for (const [board, expected] of boards.map((board, i) => [board, scores[i]!] as const))
        for (const period of board.periods)
          await expectRun(
            board,
            at,
            [...expected].filter(([member]) => !hidden.has(member)),
            period,
          )
    }
    await inside(async (tx) => {
      for (const { id } of boards) await deleteBoard(tx, id)
    })
  }, 600_000)

  test('of a board with many equal scores are shared, and its positions go by who was first', async () => {
    const ids = await people(30, 'tied')
    const board = await counted((tx) => createBoard(tx, { name: 'Ties', rankedMembers: ids }, new Date()))
    const at = Date.UTC(2026, 10, 20)
    for (const [n, id] of ids.entries()) await award(id, n < 10 ? 50 : 20, new Date(at + n * 1000))
    await fold()
    await expectRun(
      board,
      new Date(at),
      ids.map((id, n) => [id, n < 10 ? 50 : 20]),
    )
    await inside(async (tx) => {
      const { rows } = await rowsAt(
        tx,
        board,
        runOf(board, await communityClock(tx), new Date(at)),
        { from: 1, limit: 30 },
        ids[3],
      )
      expect(rows.map((row) => row.member.id)).toEqual(ids)
      expect(rows.filter((row) => row.me).map((row) => row.position)).toEqual([4])
    })
  })

  test('follow a batch of hundreds as they follow single awards, before and after folding', async () => {
    const ids = await people(300, 'batch')
    const at = new Date('2026-11-18T12:00:00Z')
    const board = await counted((tx) => createBoard(tx, { name: 'Batch', rankedMembers: ids }, at))
    const scores = new Map(ids.map((id, n) => [id, 1 + (n % 40)]))
    for (const [id, amount] of scores) if (amount < 10) await award(id, amount, at)
    const moves = [...scores].flatMap(([memberId, amount]) =>
      ['first', 'second'].map((key) => ({
        ...({ memberId, amount, unit: 'xp', reason: 'import', actor: 'test' } as const),
        key: `${key} ${memberId}`,
      })),
    )
    expect(await inside((tx) => post(tx, moves, at))).toEqual({ posted: 600 })
    const expected: Expected = [...scores].map(([id, amount]) => [id, amount * (amount < 10 ? 3 : 2)])
    await expectRun(board, at, expected)
    await fold()
    await expectRun(board, at, expected)
  })

  test('of a board made later, or changed, are counted from the ledger', async () => {
    const ids = await people(20, 'late')
    const at = new Date('2026-11-18T12:00:00Z')
    for (const [n, id] of ids.entries()) await award(id, 1 + (n % 6), at)
    const expected: Expected = ids.map((id, n) => [id, 1 + (n % 6)])
    const board = await counted((tx) => createBoard(tx, { name: 'Late', rankedMembers: ids }, at))
    await expectRun(board, at, expected)
    const fewer = await counted((tx) => updateBoard(tx, board.id, { rankedMembers: ids.slice(0, 5) }, at))
    await expectRun(fewer, at, expected.slice(0, 5))
    await inside((tx) => deleteBoard(tx, board.id))
    expect((await inside((tx) => balancesOf(tx, ids[0]!))).xp).toBe(1)
  })

  test('of awards that run while a board is made are all counted', async () => {
    const ids = await people(10, 'racing')
    const at = new Date('2026-11-18T12:00:00Z')
    const running = ids.flatMap((id) => Array.from({ length: 6 }, () => award(id, 2, at)))
    const [board] = await Promise.all([
      counted((tx) => createBoard(tx, { name: 'Race', rankedMembers: ids }, at)),
      ...running,
    ])
    await expectRun(
      board,
      at,
      ids.map((id) => [id, 12]),
    )
  })
})

describe('runs', () => {
  test('count what was earned in them, by the community’s clock and first day of the week', async () => {
    const [id] = (await people(1, 'calendar')) as [string]
    const board = await counted((tx) => createBoard(tx, { name: 'Calendar', rankedMembers: [id] }, new Date()))
    // Berlin, weeks from Sunday: Saturday 23:30, Sunday 00:30, Monday noon.
    await award(id, 1, new Date('2026-11-21T22:30:00Z'))
    await award(id, 10, new Date('2026-11-21T23:30:00Z'))
    await award(id, 100, new Date('2026-11-23T11:00:00Z'))
    const monday = new Date('2026-11-23T12:00:00Z')
    await expectRun(board, monday, [[id, 111]], 'all')
    await expectRun(board, monday, [[id, 111]], 'month')
    await expectRun(board, monday, [[id, 110]], 'week')
    await expectRun(board, monday, [[id, 100]], 'day')
    await expectRun(board, new Date('2026-11-21T12:00:00Z'), [[id, 1]], 'day')
  })

  test('of a board with dates take only what was earned between them', async () => {
    const [id] = (await people(1, 'season')) as [string]
    const season = { startsAt: new Date('2026-11-10T00:00:00Z'), endsAt: new Date('2026-11-20T00:00:00Z') }
    for (const day of ['09', '10', '19', '20']) await award(id, Number(day), new Date(`2026-11-${day}T00:00:00Z`))
    const board = await counted((tx) => createBoard(tx, { name: 'Season', rankedMembers: [id], ...season }, new Date()))
    await expectRun(board, new Date('2026-11-15T00:00:00Z'), [[id, 29]])
    await award(id, 5, new Date('2026-11-15T00:00:00Z'))
    await award(id, 7, new Date('2026-11-25T00:00:00Z'))
    await expectRun(board, new Date('2026-11-25T00:00:00Z'), [[id, 34]])
    await inside(async (tx) => {
      const clock = await communityClock(tx)
      expect(runOf(board, clock, new Date('2026-11-01T00:00:00Z')).state).toBe('not_started')
      expect(runOf(board, clock, new Date('2026-11-15T00:00:00Z')).state).toBe('open')
      expect(runOf(board, clock, new Date('2026-11-25T00:00:00Z')).state).toBe('ended')
      expect(() => runOf(board, clock, new Date(), 'week', '2026-11-18')).toThrow('No week begins on 2026-11-18')
    })
  })

  test('are in review after their end, as long as the community or the board says', async () => {
    const endsAt = new Date('2026-11-20T00:00:00Z')
    const stateOf = (board: Board, at: string) =>
      inside(async (tx) => runOf(board, await communityClock(tx), new Date(at)).state)
    const board = await counted((tx) => createBoard(tx, { name: 'Reviewed', endsAt, rankedMembers: [] }, new Date()))
    expect(await stateOf(board, '2026-11-19T23:59:59.999Z')).toBe('open')
    expect(await stateOf(board, '2026-11-20T00:00:00.000Z')).toBe('in_review')
    expect(await stateOf(board, '2026-11-20T11:59:59.999Z')).toBe('in_review')
    expect(await stateOf(board, '2026-11-20T12:00:00.000Z')).toBe('ended')
    const short = await counted((tx) => updateBoard(tx, board.id, { reviewHours: 1 }, new Date()))
    expect(await stateOf(short, '2026-11-20T01:00:00.000Z')).toBe('ended')
    const none = await counted((tx) => updateBoard(tx, board.id, { reviewHours: 0 }, new Date()))
    expect(await stateOf(none, '2026-11-20T00:00:00.000Z')).toBe('ended')
    await inside((tx) => deleteBoard(tx, board.id))
  })
})

describe('what a board hides', () => {
  test('is hidden: names as initials or aliases, zero and negative scores, places past the last', async () => {
    const at = new Date('2026-11-18T12:00:00Z')
    const [first, second, third] = (await people(3, 'Åsa')) as [string, string, string]
    await award(first, 30, at)
    await award(second, 20, at)
    await award(third, 5, at)
    await award(third, -5, at)
    const rankedMembers = [first, second, third]
    const create = (input: object) => counted((tx) => createBoard(tx, { name: 'Hides', rankedMembers, ...input }, at))
    const rowsOf = (board: Board, viewer?: string) =>
      inside(async (tx) => rowsAt(tx, board, runOf(board, await communityClock(tx), at), { from: 1, limit: 9 }, viewer))

    const initials = await rowsOf(await create({ nameDisplay: 'initials' }), second)
    expect(initials.rows.map((row) => row.member.name)).toEqual(['Å. 0.', 'Åsa 1', 'Å. 2.'])
    const aliases = await rowsOf(await create({ nameDisplay: 'alias' }))
    expect(aliases.rows.every((row) => /^Member \d+$/.test(row.member.name))).toBe(true)
    expect((await rowsOf(await create({ onlyPositive: true }))).rows.map((row) => row.score)).toEqual([30, 20])
    const top = await create({ topRankLimit: 1 })
    expect(await rowsOf(top)).toMatchObject({ total: 1, rows: [{ score: 30 }] })
    const run = await inside(async (tx) => runOf(top, await communityClock(tx), at))
    expect((await inside((tx) => rowsAround(tx, top, run, second, 3))).state).toBe('no_score')
  })

  test('cannot be searched for', async () => {
    const at = new Date('2026-11-18T12:00:00Z')
    const ids = await people(3, 'Searched_%')
    for (const id of ids) await award(id, 7, at)
    const search = (board: Board, text: string) =>
      inside(async (tx) =>
        searchRows(tx, board, runOf(board, await communityClock(tx), at), { text, limit: 10 }, undefined),
      )
    const full = await counted((tx) => createBoard(tx, { name: 'Open', rankedMembers: ids }, at))
    expect((await search(full, 'searched_% ')).rows).toMatchObject([{ rank: 1, tied: true }, { rank: 1 }, { rank: 1 }])
    expect((await search(full, 'searchedx')).rows).toEqual([])
    const alias = await counted((tx) =>
      createBoard(tx, { name: 'Closed', rankedMembers: ids, nameDisplay: 'alias' }, at),
    )
    expect((await search(alias, 'searched')).rows).toEqual([])
    await inside((tx) => setVisibility(tx, ids[0]!, 'hidden', at))
    expect((await search(full, 'searched')).rows).toHaveLength(2)
  })
})

describe('the ledger', () => {
  test('has an effect once, whoever repeats its key, also at the same moment', async () => {
    const [id] = (await people(1, 'once')) as [string]
    const move = { memberId: id, unit: 'currency', amount: 5, reason: 'milestone', key: 'once', actor: 'test' } as const
    const posted = await Promise.all(
      Array.from({ length: 10 }, () => inside((tx) => post(tx, [move, move], new Date()))),
    )
    expect(posted.reduce((sum, result) => sum + result.posted, 0)).toBe(1)
    expect((await inside((tx) => balancesOf(tx, id))).currency).toBe(5)
  })

  test('never lets a balance fall below zero, and posts nothing of what would', async () => {
    const [id, other] = (await people(2, 'poor')) as [string, string]
    await award(id, 10, new Date(), 'currency')
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => award(id, -3, new Date(), 'currency')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    const both = [id, other].map((memberId) => ({
      ...({ memberId, unit: 'currency', reason: 'adjustment', key: `both ${memberId}`, actor: 'test' } as const),
      amount: memberId === id ? -2 : 4,
    }))
    await expect(inside((tx) => post(tx, both, new Date()))).rejects.toMatchObject({ code: 'not_enough' })
    expect((await inside((tx) => balancesOf(tx, id))).currency).toBe(1)
    expect((await inside((tx) => balancesOf(tx, other))).currency).toBe(0)
  })

  test('27: refuses amounts that are not whole numbers, and changes to what is written', async () => {
    const [id] = (await people(1, 'exact')) as [string]
    for (const amount of [0, 0.5, Number.NaN, 2 ** 53]) {
      await expect(award(id, amount, new Date())).rejects.toMatchObject({ code: 'invalid_request' })
    }
    await award(id, 2 ** 53 - 1, new Date())
    await expect(award(id, 1, new Date())).rejects.toMatchObject({ code: 'conflict' })
    await expect(inside((tx) => tx.db.updateTable('entries').set({ amount: 1 }).execute())).rejects.toThrow('immutable')
    await expect(inside((tx) => tx.db.deleteFrom('transactions').execute())).rejects.toThrow('immutable')
  })
})

describe('while a board is counted', () => {
  /** How many wait for this community's board lock. */
  const waiting = async () =>
    inside(async (tx) => {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`.execute(tx.db)
      return rows[0]!.n
    })

  test('nobody is hidden behind its back', async () => {
    const [id] = await people(1, 'shy')
    let release = () => {}
    let counting: Promise<void> | undefined
    await new Promise<void>((begun) => {
      counting = inside(async (tx) => {
        await takeBoards(tx)
        await new Promise<void>((done) => {
          release = done
          begun()
        })
      })
    })
    const hiding = inside((tx) => setVisibility(tx, id!, 'hidden', new Date()))
    await expect.poll(waiting).toBe(1)
    release()
    await Promise.all([counting, hiding])
  })

  test('awards, hiding and folding beside it leave every count right', async () => {
    const now = new Date()
    const ids = await people(30, 'busy')
    const board = await counted((tx) => createBoard(tx, { name: 'Busy', slug: 'busy', periods: ['all', 'day'] }, now))
    let last = board
    const folding = startFolding(database, { error: expect.unreachable })
    for (let round = 0; round < times(12, 100); round++) {
      const change = counted((tx) => updateBoard(tx, board.id, { metric: round % 2 ? 'xp' : 'currency' }, now))
      const others = ids.map((id, n) =>
        n % 5 === 0
          ? inside((tx) => setVisibility(tx, id, round % 2 ? 'public' : 'hidden', now))
          : award(id, 10 + n, now, n % 2 ? 'xp' : 'currency'),
      )
      folding.wake(communityId)
      await Promise.all([change, ...others])
      last = await change
    }
    await folding.stop()
    await fold()
    const { rows } = await inside((tx) =>
      sql<{ wrong: number }>`
        select count(*) as wrong from (
          select level, sum(n) as n from board_counts where board_id = ${last.scores_id} and period = 'all' group by level
        ) c where n <> (select count(*) from board_scores where board_id = ${last.scores_id} and period = 'all' and ranked)`.execute(
        tx.db,
      ),
    )
    expect(rows[0]!.wrong).toBe(0)
    await inside((tx) => deleteBoard(tx, board.id))
  })

  test('a large one is counted a step at a time, and every moment between two steps is right', async () => {
    const members = 650
    const large = newId()
    const inLarge = <T>(work: (tx: Tx) => Promise<T>) => alone.database.tenant(large, work)
    const now = new Date()
    const ids = await inLarge(async (tx) => {
      await createCommunity(tx, { name: 'Large' }, now)
      const { rows } = await sql<{ id: string }>`
        insert into members (community_id, id, number, username, display_name)
        select ${large}::uuid, gen_random_uuid(), n, 'member ' || n, 'member ' || n from generate_series(1, ${members}) n
        returning id`.execute(tx.db)
      const ids = rows.map(({ id }) => id).sort()
      await post(
        tx,
        ids.flatMap((memberId, n) => [move(memberId, 10 + n), move(memberId, 1 + n, 'currency')]),
        now,
      )
      return ids
    })
    const stateOf = (board: Board) => inLarge(async (tx) => (await findBoards(tx, [board.id]))[0]!.counted_to)
    const showLarge = (id: string) =>
      inLarge(async (tx) => {
        const shown = (await findShownBoard(tx, id))!
        const total = await totalOf(tx, shown, runOf(shown, await communityClock(tx), now))
        return { isWhole: shown.counted_to === null, metric: shown.metric, total }
      })
    const broken = () => asSuperuser(alone.testDatabase.superuserUrl, brokenInvariants)
    const hidden = new Set<string>()

    let board = await inLarge((tx) => createBoard(tx, { name: 'Large', periods: ['all', 'week'] }, now))
    for (const metric of ['xp', 'currency', 'xp'] as const) {
      const before = board.metric
      if (before !== metric) board = await inLarge((tx) => updateBoard(tx, board.id, { metric }, now))
      let steps = 0
      for (let more = true; more; steps++) {
        expect(await broken()).toEqual([])
        // Pages are shown what there was until all of the new is there.
        const isCounting = (await stateOf(board)) !== null
        const shown = await showLarge(board.id)
        if (before === metric) expect(shown.isWhole).toBe(!isCounting)
        else
          expect(shown).toEqual({ isWhole: true, metric: isCounting ? before : metric, total: members - hidden.size })
        // Members on both sides of the place that counting has come to.
        const some = [ids[steps]!, ids[400 + steps]!, ids.at(-1 - steps)!]
        await inLarge((tx) =>
          post(
            tx,
            some.flatMap((id) => [move(id, 7), move(id, 5, 'currency')]),
            now,
          ),
        )
        for (const id of [ids[50 + steps]!, ids[450 + steps]!]) {
          await inLarge((tx) => setVisibility(tx, id, metric === 'xp' ? 'hidden' : 'public', now))
          if (metric === 'xp') hidden.add(id)
          else hidden.delete(id)
        }
        more = await inLarge(countNext)
      }
      expect(steps).toBeGreaterThan(2)
      expect(await stateOf(board)).toBe(null)
    }
    expect(await showLarge(board.id)).toEqual({ isWhole: true, metric: 'xp', total: members - hidden.size })
    // Nothing is left of what it was.
    const kept = await inLarge((tx) => tx.db.selectFrom('board_counts').select('board_id').distinct().execute())
    expect(kept).toEqual([{ board_id: board.scores_id }])
  }, 180_000)
})

test('members who are all tied keep their places, however many are asked for at once', async () => {
  const now = new Date()
  const ids = await people(40, 'level')
  for (const [n, id] of ids.entries()) await award(id, 7_777, new Date(now.getTime() + n))
  const board = await counted((tx) => createBoard(tx, { name: 'Tied', slug: 'tied', periods: ['all'] }, now))
  const found = await inside(async (tx) => {
    const run = runOf(board, await communityClock(tx), now)
    const list = await rowsAt(tx, board, run, { from: 1, limit: 100 }, undefined)
    const search = await searchRows(tx, board, run, { text: 'level', limit: 40 }, undefined)
    const places = new Map(list.rows.map(({ member, position, rank }) => [member.id, { position, rank }]))
    return search.rows.map(({ member, position, rank }) => [{ position, rank }, places.get(member.id)])
  })
  expect(found).toHaveLength(40)
  for (const [searched, listed] of found) expect(searched).toEqual(listed)
})

test('counts stay balanced, and right, when thousands of members move up a board at once', async () => {
  const at = new Date()
  const communityId = newId()
  const board = await database.tenant(communityId, async (tx) => {
    await createCommunity(tx, { name: 'Restless' }, at)
    return createBoard(tx, { name: 'Restless', periods: ['all'] }, at)
  })
  const people = await seedMembers(superuserUrl, { communityId, members: 40_000, boardId: board.id, at })
  const folding = startFolding(database, { error: expect.unreachable })
  // Most of the lower half to the top, so that stretches of both levels become short there and long here.
  const lowest = people.sort((a, b) => a.score - b.score).slice(0, 16_400)
  for (let from = 0; from < lowest.length; from += 4100) {
    const moves = lowest.slice(from, from + 4100).map(({ id: memberId }, n) => {
      return {
        memberId,
        unit: 'xp',
        amount: 3_000_000_000 + n,
        reason: 'adjustment',
        key: newId(),
        actor: 'test',
      } as const
    })
    await database.tenant(communityId, (tx) => post(tx, moves, at, false))
  }
  const unbalanced = () =>
    database.tenant(communityId, async (tx) => {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from board_counts where community_id = ${communityId} and balance <> 0`.execute(tx.db)
      return rows[0]!.n
    })
  // Nobody wakes it: so many at once leave no changes that wait, and whoever wrote them may be gone.
  await expect.poll(unbalanced, { timeout: 30_000 }).toBe(0)
  await folding.stop()
  await database.tenant(communityId, async (tx) => {
    const run = runOf(board, await communityClock(tx), at)
    const { rows } = await sql<{ member_id: string }>`
      select member_id from board_scores where community_id = ${communityId} order by score desc, reached_at, member_id`.execute(
      tx.db,
    )
    for (const from of [1, 257, 12_345, 20_001, 33_333, 39_999]) {
      const { rows: page, total } = await rowsAt(tx, board, run, { from, limit: 2 }, undefined)
      expect(total).toBe(people.length)
      expect(page.map(({ member }) => member.id)).toEqual(
        rows.slice(from - 1, from + 1).map(({ member_id }) => member_id),
      )
      const { rows: mine } = await rowsAround(tx, board, run, page[0]!.member.id, 0)
      expect(mine.map(placeIn)).toEqual([placeIn(page[0]!)])
    }
  })
}, 180_000)

test('reading a board reads no more of it, however large it is and however many are tied', async () => {
  const [small, large] = [await mostRead(4_000), await mostRead(40_000)]
  expect(large).toBeLessThanOrEqual(small * 1.5)
}, 120_000)

/** How many rows the dearest of some questions about a board reads, from tables and from one step of its plan to the next. */
async function mostRead(members: number): Promise<number> {
  const at = new Date()
  const communityId = newId()
  const { board, run } = await database.tenant(communityId, async (tx) => {
    await createCommunity(tx, { name: 'Tall' }, at)
    const board = await createBoard(tx, { name: 'Tall', periods: ['all'] }, at)
    return { board, run: runOf(board, await communityClock(tx), at) }
  })
  // A sixth of them share the lowest score.
  const people = await seedMembers(superuserUrl, { communityId, members, boardId: board.id, at })
  return database.tenant(
    communityId,
    async (tx) => {
      const all: number[] = []
      for (let n = 0; n < 20; n++) {
        const { id } = people[(n * people.length) / 20]!
        let mine: Row | undefined
        const around = await rowsRead(tx, async (tx) => {
          mine = (await rowsAround(tx, board, run, id, 50)).rows.find(({ me }) => me)
        })
        const itself = await rowsRead(tx, async (tx) => {
          expect((await rowsAround(tx, board, run, id, 0)).rows).toEqual([mine])
        })
        const from = 1 + (n * people.length) / 20
        const page = await rowsRead(tx, async (tx) => {
          expect((await rowsAt(tx, board, run, { from, limit: 100 }, id)).rows).toHaveLength(100)
        })
        all.push(around, itself, page)
      }
      return Math.max(...all)
    },
    { snapshot: true },
  )
}
