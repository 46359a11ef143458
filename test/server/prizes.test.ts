import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Board,
  type BoardInput,
  createBoard,
  deleteBoard,
  settleNext,
  updateBoard,
} from '../../packages/server/src/domain/leaderboards/index.js'
import { balancesOf, createMember, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { earn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const start = new Date('2026-11-25T12:00:00Z')
const hours = (n: number) => new Date(start.getTime() + n * 3_600_000)
let now = start
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server, { at: start })
const { tenant, origin, publishableKey, communityKey } = community
/** Two are tied at the top, so that nobody has rank 2. */
const scores = { ada: 50, bo: 50, cai: 40, dee: 30, eve: 20, shy: 90 }
const ids: Record<string, string> = {}
const prizes = [
  { from: 1, to: 1, title: 'Boots', amount: { unit: 'currency' as const, amount: 500 } },
  { from: 2, to: 3, title: 'Socks', link: 'https://prizes.example/socks' },
  { from: 4, to: 4, title: 'Cap' },
]

const award = (username: string, amount: number) => earn(community, ids[username]!, amount, { at: now })
const newBoard = (input: Partial<BoardInput> = {}) =>
  tenant((tx) => createBoard(tx, { name: 'Season', periods: ['all'], prizes, ...input }, now))
/** A board whose only run has just become final. */
async function endingNow(): Promise<Board> {
  const endsAt = new Date(now.getTime() + 1000)
  const board = await newBoard({ endsAt, reviewHours: 0 })
  now = endsAt
  return board
}
const change = (board: Board, input: Partial<BoardInput>) => tenant((tx) => updateBoard(tx, board.id, input, now))

beforeAll(async () => {
  for (const [n, [username, amount]] of Object.entries(scores).entries()) {
    // Ids sort by time: those who share a rank are listed in this order.
    ids[username] = (await tenant((tx) => createMember(tx, { username }, new Date(start.getTime() + n)))).id
    await award(username, amount)
  }
  await tenant((tx) => setVisibility(tx, ids.shy!, 'hidden', start))
})

const as = async ({ id }: Board, who: string) => ({
  params: { publishableKey, idOrSlug: id },
  origin,
  // The clock of the tests runs ahead: a token of now.
  bearer: await embedToken(server, community, who),
})
const prizeOf = async (board: Board, who: string, query = {}) =>
  (
    await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me', {
      ...(await as(board, who)),
      query,
    })
  ).answer.prize
const claim = async (board: Board, who: string, body: object = {}) =>
  ask(server, 'POST /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/prizes/claim', {
    ...(await as(board, who)),
    body,
  })
const winners = async (board: Board, query = {}) =>
  (
    await ask(server, 'GET /v1/leaderboards/{leaderboardId}/winners', {
      params: { leaderboardId: board.id },
      bearer: communityKey,
      query,
    })
  ).answer
const winnersAre = (board: Board, expected: unknown[]) =>
  expect
    .poll(async () => (await winners(board)).map(({ rank, username, prize }) => [rank, username, prize.title]), {
      timeout: 15_000,
    })
    .toEqual(expected)
const allWon = [
  [1, 'ada', 'Boots'],
  [1, 'bo', 'Boots'],
  [3, 'cai', 'Socks'],
  [4, 'dee', 'Cap'],
]

describe('prizes', () => {
  it('are told by the board, with where their terms stand', async () => {
    const { answer } = await ask(server, 'POST /v1/leaderboards', {
      bearer: communityKey,
      body: { name: 'Told', prizes, prizeTerms: 'https://prizes.example/terms' },
    })
    expect(answer).toMatchObject({ prizes, prizeTerms: 'https://prizes.example/terms' })
    const shown = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', {
      params: { publishableKey, idOrSlug: answer._id },
      origin,
    })
    expect(shown.answer).toMatchObject({ prizes, prizeTerms: 'https://prizes.example/terms' })
    await tenant((tx) => deleteBoard(tx, answer._id))
  })

  it.each([
    [
      'for ranks that overlap',
      [
        { from: 1, to: 3, title: 'A' },
        { from: 3, to: 4, title: 'B' },
      ],
    ],
    ['from last to first', [{ from: 3, to: 1, title: 'A' }]],
    ['for rank 0', [{ from: 0, to: 1, title: 'A' }]],
    ['without a title', [{ from: 1, to: 1, title: ' ' }]],
    ['of a negative amount', [{ from: 1, to: 1, title: 'A', amount: { unit: 'xp', amount: -1 } }]],
    ['with a link that runs', [{ from: 1, to: 1, title: 'A', link: 'javascript:alert(1)' }]],
  ])('cannot be %s', async (_, wrong) => {
    const reply = await ask(server, 'POST /v1/leaderboards', {
      bearer: communityKey,
      body: { name: 'X', prizes: wrong },
    })
    expect([reply.status, reply.paths.every((path) => path.startsWith('prizes'))]).toEqual([400, true])
  })

  it('are won once the run is final, a shared rank by each who has it, and by nobody who is hidden', async () => {
    const endsAt = hours(1)
    const board = await newBoard({ endsAt, reviewHours: 2 })
    for (const at of [start, hours(1), hours(2.99)]) {
      now = at
      expect([await prizeOf(board, 'ada'), (await claim(board, 'ada')).code]).toEqual([null, 'conflict'])
    }
    now = hours(3)
    await winnersAre(board, allWon)
    expect(await prizeOf(board, 'cai')).toEqual({ rank: 3, prize: prizes[1], state: 'won', claimedAt: null })
    for (const who of ['eve', 'shy'])
      expect([await prizeOf(board, who), (await claim(board, who)).code]).toEqual([null, 'not_found'])
  })

  it('stay with who won them, whatever changes later', async () => {
    const board = await newBoard({ endsAt: hours(3.5), reviewHours: 0 })
    now = hours(4)
    await winnersAre(board, allWon)
    await tenant((tx) => setVisibility(tx, ids.ada!, 'hidden', now))
    await change(board, { prizes: [{ from: 1, to: 9, title: 'Nothing' }] })
    // Its run is open again, and then final again.
    await change(board, { endsAt: hours(5) })
    now = hours(6)
    await expect.poll(async () => tenant((tx) => settlesAt(tx, board)), { timeout: 15_000 }).toBeNull()
    await winnersAre(board, allWon)
    expect((await claim(board, 'ada')).answer).toMatchObject({ state: 'claimed', prize: { title: 'Boots' } })
    await tenant((tx) => setVisibility(tx, ids.ada!, 'public', now))
  })

  const settlesAt = async (tx: Parameters<typeof settleNext>[0], { id }: Board) =>
    (await tx.db.selectFrom('leaderboards').select('settles_at').where('id', '=', id).executeTakeFirstOrThrow())
      .settles_at

  it('are paid once, however often and however many at once ask', async () => {
    const board = await endingNow()
    await expect.poll(() => prizeOf(board, 'bo'), { timeout: 15_000 }).toMatchObject({ rank: 1, state: 'won' })
    const coins = async () => (await tenant((tx) => balancesOf(tx, ids.bo!))).currency
    const before = await coins()
    const replies = await Promise.all(Array.from({ length: 10 }, () => claim(board, 'bo')))
    for (const { status, answer } of replies)
      expect([status, answer]).toEqual([
        200,
        { rank: 1, prize: prizes[0], state: 'claimed', claimedAt: now.toISOString() },
      ])
    expect((await coins()) - before).toBe(500)
    expect(await prizeOf(board, 'bo')).toMatchObject({ state: 'claimed' })
    expect((await winners(board)).map(({ claimedAt }) => claimedAt !== null)).toEqual([false, true, false, false])
    expect((await winners(board, { page: 2, limit: 3 })).map(({ username }) => username)).toEqual(['dee'])
  })

  it('are for runs that are not final yet when they are set', async () => {
    const board = await newBoard({ endsAt: now, reviewHours: 1, prizes: [] })
    now = new Date(now.getTime() + 59 * 60_000)
    const late = await newBoard({ endsAt: now, reviewHours: 0, prizes: [] })
    await change(board, { prizes })
    now = new Date(now.getTime() + 60_000)
    await change(late, { prizes })
    await winnersAre(board, allWon)
    expect(await winners(late)).toEqual([])
  })

  it('of each week are won for that week, also of those that ended while nobody looked', async () => {
    now = new Date('2026-12-02T12:00:00Z')
    const board = await newBoard({ periods: ['all', 'week'], prizes: [prizes[0]!] })
    await award('eve', 3)
    now = new Date('2026-12-09T12:00:00Z')
    await award('dee', 3)
    now = new Date('2026-12-23T12:00:00Z')
    await expect
      .poll(async () => (await winners(board)).map(({ period, start, username }) => [period, start, username]), {
        timeout: 15_000,
      })
      .toEqual([
        ['week', '2026-12-07', 'dee'],
        ['week', '2026-11-30', 'eve'],
      ])
    const week = { period: 'week', start: '2026-11-30' }
    expect((await claim(board, 'dee', week)).code).toBe('not_found')
    expect((await claim(board, 'eve', week)).answer).toMatchObject({ state: 'claimed' })
    expect((await claim(board, 'eve', { period: 'week' })).code).toBe('conflict')
    expect(await prizeOf(board, 'eve', week)).toMatchObject({ state: 'claimed' })
  })

  it('are settled once by many who are at it', async () => {
    const board = await endingNow()
    await Promise.all(Array.from({ length: 4 }, () => tenant((tx) => settleNext(tx, now))))
    await winnersAre(board, allWon)
  })
})
