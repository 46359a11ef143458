import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Board,
  type BoardInput,
  createBoard,
  deleteBoard,
  updateBoard,
} from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { earn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const now = new Date('2026-11-25T12:00:00Z')
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server)
const { tenant, origin, publishableKey } = community
const scores = { ada: 50, bo: 40, cai: 30 }
const ids: Record<string, string> = {}
const tokens: Record<string, string> = {}

const award = (username: string, amount: number) => earn(community, ids[username]!, amount, { at: now })
const newBoard = (input: Partial<BoardInput> = {}) =>
  tenant((tx) => createBoard(tx, { name: 'Challenge', requiresOptIn: true, ...input }, now))

beforeAll(async () => {
  for (const [username, amount] of Object.entries(scores)) {
    ids[username] = (await tenant((tx) => createMember(tx, { username }, now))).id
    tokens[username] = await embedToken(server, community, username)
    await award(username, amount)
  }
})

const on = ({ id }: Board) => ({ params: { publishableKey, idOrSlug: id }, origin })
const join = (board: Board, who: string) =>
  ask(server, 'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/entry', { ...on(board), bearer: tokens[who] })
const leave = (board: Board, who: string) =>
  ask(server, 'DELETE /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/entry', { ...on(board), bearer: tokens[who] })
const mine = async (board: Board, who: string) =>
  (
    await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me', {
      ...on(board),
      bearer: tokens[who],
    })
  ).answer
const rows = async (board: Board, query = {}) =>
  (await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', { ...on(board), query })).answer
const names = async (board: Board) => (await rows(board)).items.map(({ rank, member }) => `${rank} ${member.name}`)

describe('a board that ranks only who joined', () => {
  it('says so, and ranks who joins with every point from before', async () => {
    const board = await newBoard()
    const shown = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', on(board))
    expect([shown.answer.requiresOptIn, (await rows(board)).total]).toEqual([true, 0])
    expect((await mine(board, 'bo')).state).toBe('not_joined')
    for (let again = 0; again < 2; again++) {
      expect((await join(board, 'bo')).answer).toEqual({ joined: true })
      expect(await names(board)).toEqual(['1 bo'])
    }
    await join(board, 'ada')
    await award('cai', 1)
    await award('bo', 20)
    expect(await names(board)).toEqual(['1 bo', '2 ada'])
    expect(await mine(board, 'ada')).toMatchObject({ state: 'ranked', total: 2 })
    expect((await rows(board, { search: 'cai' })).items).toEqual([])
    for (let again = 0; again < 2; again++) {
      expect((await leave(board, 'bo')).answer).toEqual({ joined: false })
      expect(await names(board)).toEqual(['1 ada'])
    }
    await award('bo', -20)
    await award('cai', -1)
    expect((await mine(board, 'bo')).state).toBe('not_joined')
  })

  it('leaves out who joined and is hidden, and who came back without joining', async () => {
    const board = await newBoard()
    await join(board, 'ada')
    for (const who of ['ada', 'bo']) await tenant((tx) => setVisibility(tx, ids[who]!, 'hidden', now))
    expect([await names(board), (await mine(board, 'ada')).state]).toEqual([[], 'hidden'])
    for (const who of ['ada', 'bo']) await tenant((tx) => setVisibility(tx, ids[who]!, 'public', now))
    expect(await names(board)).toEqual(['1 ada'])
  })

  it('ranks everybody once it does not ask any more, and only who joined when it does again', async () => {
    const board = await newBoard()
    await join(board, 'cai')
    await tenant((tx) => updateBoard(tx, board.id, { requiresOptIn: false }, now))
    expect(await names(board)).toEqual(['1 ada', '2 bo', '3 cai'])
    expect([(await join(board, 'bo')).code, (await leave(board, 'cai')).code]).toEqual(['conflict', 'conflict'])
    await tenant((tx) => updateBoard(tx, board.id, { requiresOptIn: true }, now))
    expect(await names(board)).toEqual(['1 cai'])
  })

  it('takes nobody whom it is not for, and nobody once it is over', async () => {
    const few = await newBoard({ rankedMembers: [ids.ada!] })
    expect([(await join(few, 'bo')).code, (await mine(few, 'bo')).state]).toEqual(['forbidden', 'not_eligible'])
    const over = await newBoard({ endsAt: new Date(now.getTime() - 1) })
    expect((await join(over, 'bo')).code).toBe('conflict')
    expect((await leave(over, 'bo')).status).toBe(200)
  })

  it('has every count right after joining, leaving, hiding, awards and counting again side by side', async () => {
    const board = await newBoard({ periods: ['all', 'day'] })
    for (let round = 0; round < 6; round++) {
      await Promise.all([
        ...Object.keys(ids).flatMap((who, n) => [
          (round + n) % 2 ? join(board, who) : leave(board, who),
          award(who, 3),
          tenant((tx) => setVisibility(tx, ids[who]!, (round + n) % 3 ? 'public' : 'hidden', now)),
        ]),
        tenant((tx) => updateBoard(tx, board.id, { periods: round % 2 ? ['all', 'day'] : ['all', 'week'] }, now)),
      ])
      const { items, total } = await rows(board)
      expect(items.map(({ rank }) => rank)).toEqual(items.map((_, n) => n + 1))
      expect(items).toHaveLength(total)
    }
    // What each member's row says is what the board shows; the invariants count the rest again.
    for (const who of Object.keys(ids)) {
      await tenant((tx) => setVisibility(tx, ids[who]!, 'public', now))
      await join(board, who)
    }
    expect(await names(board)).toEqual(['1 ada', '2 bo', '3 cai'])
  })
})

describe('the rank that a member saw', () => {
  const see = (board: Board, who: string, body: object) =>
    ask(server, 'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/seen', {
      ...on(board),
      bearer: tokens[who],
      body,
    })
  const seen = async (board: Board, who: string, query = {}) =>
    (
      await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me', {
        ...on(board),
        bearer: tokens[who],
        query,
      })
    ).answer.seen

  it('is told with their row from then on, to them alone', async () => {
    const board = await newBoard({ requiresOptIn: false, periods: ['all', 'week'] })
    expect(await seen(board, 'bo')).toBeNull()
    for (const rank of [7, 2, 2]) {
      expect((await see(board, 'bo', { rank })).answer).toEqual({ rank, at: now.toISOString() })
      expect(await seen(board, 'bo')).toEqual({ rank, at: now.toISOString() })
    }
    expect([await seen(board, 'ada'), await seen(board, 'bo', { period: 'week' })]).toEqual([null, null])
  })

  it('is kept of the newest run of a period', async () => {
    const board = await newBoard({ requiresOptIn: false, periods: ['all', 'week'] })
    await see(board, 'bo', { period: 'week', start: '2026-11-16', rank: 9 })
    expect(await seen(board, 'bo', { period: 'week' })).toBeNull()
    await see(board, 'bo', { period: 'week', rank: 3 })
    await see(board, 'bo', { period: 'week', start: '2026-11-16', rank: 1 })
    expect(await seen(board, 'bo', { period: 'week' })).toMatchObject({ rank: 3 })
    expect(await seen(board, 'bo', { period: 'week', start: '2026-11-16' })).toBeNull()
    await tenant((tx) => deleteBoard(tx, board.id))
  })

  it.each([
    {},
    { rank: 0 },
    { rank: 1.5 },
    { rank: 1, period: 'month' },
    { rank: 1, period: 'week', start: '2026-11-17' },
  ])('cannot be %j', async (body) => {
    const board = await newBoard({ requiresOptIn: false, periods: ['all', 'week'] })
    expect((await see(board, 'bo', body)).code).toBe('invalid_request')
  })
})
