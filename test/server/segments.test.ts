import { beforeAll, describe, expect, it } from 'vitest'
import { ensureFields } from '../../packages/server/src/domain/fields/fields.js'
import {
  type Board,
  type BoardInput,
  createBoard,
  defaultSettings,
  deleteBoard,
  joinBoard,
  segmentsOf,
  updateBoard,
} from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, findMember, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { ask, embedToken } from '../helpers/api.js'
import { runCsv, uploadCsv } from '../helpers/bulk.js'
import { testCommunity } from '../helpers/community.js'
import { earn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const now = new Date('2026-11-25T12:00:00Z')
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server)
const { tenant, origin, publishableKey, communityKey: bearer } = community

const upload = (type: 'import' | 'update', csv: string, map?: object) =>
  runCsv(server.url, bearer, type, csv, {
    idempotencyKey: crypto.randomUUID(),
    ...(map && { fields: { map: JSON.stringify(map) } }),
  })

/** Moves members to other countries. */
const move = (countries: Record<string, string>) => {
  const rows = Object.entries(countries).map(([username, country]) => `${username},${country}`)
  return upload('update', `username,country\n${rows.join('\n')}\n`)
}

beforeAll(async () => {
  const job = await upload('import', 'username,country,xp\nada,DE,50\nbo,DE,40\ncai,FR,30\ndee,,20\n')
  expect(job).toMatchObject({ succeeded: 4, failed: 0 })
})

const newBoard = (input: Partial<BoardInput> = {}) =>
  tenant((tx) => createBoard(tx, { name: 'Germany', rankedFields: { country: 'DE' }, ...input }, now))
const on = ({ id }: Pick<Board, 'id'>) => ({ params: { publishableKey, idOrSlug: id }, origin })
const readBoard = async (board: Board) =>
  (await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', on(board))).answer
const names = async (board: Board, query = {}) => {
  const { answer } = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
    ...on(board),
    query,
  })
  return answer.items.map(({ rank, member }) => `${rank} ${member.name}`)
}
const mine = async (board: Board, who: string) =>
  (
    await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me', {
      ...on(board),
      bearer: await embedToken(server, community, who),
    })
  ).answer.state

const award = async (username: string, amount: number) => {
  const member = await tenant((tx) => findMember(tx, { username }))
  return earn(community, member!.id, amount, { at: now })
}
const show = (username: string, visibility: 'public' | 'hidden') =>
  tenant(async (tx) => setVisibility(tx, (await findMember(tx, { username }))!.id, visibility, now))

describe('a board for members with a value of a field', () => {
  it('ranks them alone', async () => {
    const board = await newBoard()
    expect(await names(board)).toEqual(['1 ada', '2 bo'])
    expect([await mine(board, 'ada'), await mine(board, 'cai'), await mine(board, 'dee')]).toEqual([
      'ranked',
      'not_eligible',
      'not_eligible',
    ])
    expect(await names(board, { search: 'cai' })).toEqual([])
    const challenge = await newBoard({ requiresOptIn: true })
    const cai = await tenant((tx) => findMember(tx, { username: 'cai' }))
    await expect(tenant((tx) => joinBoard(tx, challenge, cai!.id, now))).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('ranks who gets the value with every point from before, also in past runs, and who loses it no longer', async () => {
    const germany = await newBoard({ periods: ['all', 'day'] })
    const france = await newBoard({ rankedFields: { country: 'FR' } })
    await move({ cai: 'DE', ada: 'FR' })
    expect([await names(germany), await names(germany, { period: 'day' }), await names(france)]).toEqual([
      ['1 bo', '2 cai'],
      ['1 bo', '2 cai'],
      ['1 ada'],
    ])
    await award('cai', 20)
    expect(await names(germany)).toEqual(['1 cai', '2 bo'])
    await award('cai', -20)
    await move({ cai: 'FR', ada: 'DE' })
    expect([await names(germany), await names(france)]).toEqual([['1 ada', '2 bo'], ['1 cai']])
  })

  it('leaves out who is hidden, also when the value comes later', async () => {
    const board = await newBoard()
    await show('ada', 'hidden')
    await show('cai', 'hidden')
    await move({ cai: 'DE' })
    expect(await names(board)).toEqual(['1 bo'])
    expect(await mine(board, 'cai')).toBe('hidden')
    await show('ada', 'public')
    await show('cai', 'public')
    expect(await names(board)).toEqual(['1 ada', '2 bo', '3 cai'])
    await move({ cai: 'FR' })
  })

  it('has every count right after moving, awards, hiding and counting again side by side', async () => {
    const board = await newBoard({ periods: ['all', 'day'] })
    const everybody = ['ada', 'bo', 'cai', 'dee']
    for (let round = 0; round < 4; round++) {
      await Promise.all([
        ...everybody.flatMap((who, n) => [
          move({ [who]: (round + n) % 2 ? 'DE' : 'FR' }),
          award(who, 3),
          show(who, (round + n) % 3 ? 'public' : 'hidden'),
        ]),
        tenant((tx) => updateBoard(tx, board.id, { periods: round % 2 ? ['all', 'day'] : ['all', 'week'] }, now)),
      ])
    }
    for (const who of everybody) await show(who, 'public')
    await move({ ada: 'DE', bo: 'DE', cai: 'FR', dee: 'FR' })
    // The invariants count the rest again.
    expect(await names(board)).toEqual(['1 ada', '2 bo'])
  })

  it('is counted again when it is for others', async () => {
    const board = await newBoard()
    await tenant((tx) => updateBoard(tx, board.id, { rankedFields: { country: 'FR' } }, now))
    expect(await names(board)).toEqual(['1 cai', '2 dee'])
    await tenant((tx) => updateBoard(tx, board.id, { rankedFields: {} }, now))
    expect(await names(board)).toHaveLength(4)
  })

  it('may ask for several values', async () => {
    await upload('update', 'username,club\nada,Alpine\ncai,Alpine\n', { club: 'text:club' })
    const board = await newBoard({ rankedFields: { country: 'DE', club: 'Alpine' } })
    expect(await names(board)).toEqual(['1 ada'])
  })
})

describe('a segment', () => {
  it('is named by the board whose part it is and by the others, in the operator’s order, and is in no list itself', async () => {
    const whole = await newBoard({ name: 'All', rankedFields: {}, periods: ['all', 'day'] })
    const second = await newBoard({ segmentOf: whole.id, displayOrder: 2 })
    const first = await newBoard({ name: 'France', segmentOf: whole.id, displayOrder: 1 })
    await newBoard({ segmentOf: whole.id, isEnabled: false })
    const segments = [first, second].map(({ id, name, periods }) => ({ id, name, periods }))
    expect(await readBoard(whole)).toMatchObject({ whole: null, segments })
    expect(await readBoard(second)).toMatchObject({ whole: { id: whole.id, periods: ['all', 'day'] }, segments })
    const config = await ask(server, 'GET /widget/v1/{publishableKey}/config', on(whole))
    const listed = config.answer.leaderboards.map(({ id }) => id)
    expect([listed.includes(whole.id), listed.includes(first.id)]).toEqual([true, false])
    const elsewhere = { settings: { widget: { whitelistedDomains: ['https://elsewhere.example'] } } }
    await tenant((tx) => updateBoard(tx, whole.id, elsewhere, now))
    expect(await readBoard(first)).toMatchObject({ whole: null, segments: [] })
    await tenant((tx) => deleteBoard(tx, whole.id))
    expect(await readBoard(first)).toMatchObject({ name: 'France', whole: null, segments: [] })
    const after = await ask(server, 'GET /widget/v1/{publishableKey}/config', on(first))
    expect(after.answer.leaderboards.map(({ id }) => id)).toContain(first.id)
  })

  it('is named as it was while it is counted again', async () => {
    const large = await testCommunity(server)
    const named = await large.tenant(async (tx) => {
      const whole = await createBoard(tx, { name: 'All' }, now)
      const part = await createBoard(tx, { name: 'Part', segmentOf: whole.id, periods: ['all', 'day'] }, now)
      // More than are counted at once.
      for (let n = 0; n < 100; n++) await createMember(tx, { username: `member ${n}` }, now)
      await updateBoard(tx, part.id, { periods: ['week'] }, now)
      return segmentsOf(tx, whole.id)
    })
    expect(named.map(({ periods, counted_to }) => [periods, counted_to])).toEqual([[['all', 'day'], null]])
  })

  it('is offered in a frame where it may be on every page that may frame it', async () => {
    const onPages = (whitelistedDomains: string[]) => ({
      settings: { widget: { ...defaultSettings.widget, whitelistedDomains } },
    })
    const [one, two] = ['https://one.example', 'https://two.example']
    const whole = await newBoard({ name: 'Whole', rankedFields: {}, ...onPages([one]) })
    const narrow = await newBoard({ name: 'Elsewhere', segmentOf: whole.id, ...onPages([two]) })
    const wide = await newBoard({ name: 'Both', segmentOf: whole.id, ...onPages([one, two]) })
    const anywhere = await newBoard({ name: 'Anywhere', segmentOf: whole.id })
    // What runs in a frame asks from our own origin, whichever page it is on.
    const inFrame = async (board: Board) => {
      const { answer } = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', {
        ...on(board),
        origin: undefined,
      })
      return answer.segments.map(({ id }) => id)
    }
    expect((await inFrame(whole)).sort()).toEqual([wide.id, anywhere.id].sort())
    // The whole may be on none of the pages of these.
    expect([await inFrame(narrow), await inFrame(wide), await inFrame(anywhere)]).toEqual([[], [], []])
  })

  it('is set and told by the API', async () => {
    const whole = await newBoard({ name: 'Whole', rankedFields: {} })
    const { answer, status } = await ask(server, 'POST /v1/leaderboards', {
      bearer,
      body: { name: 'Part', segmentOf: whole.id, allowedFieldsToRank: { country: ' DE ' } },
    })
    expect(status).toBe(201)
    expect(answer).toMatchObject({ segmentOf: whole.id, allowedFieldsToRank: { country: 'DE' } })
    const changed = await ask(server, 'PATCH /v1/leaderboards/{leaderboardId}', {
      bearer,
      params: { leaderboardId: answer._id },
      body: { segmentOf: null },
    })
    expect(changed.answer).toMatchObject({ segmentOf: null, allowedFieldsToRank: { country: 'DE' } })
  })

  it('is of no board that is missing, another community’s, itself, a segment, or a segment’s', async () => {
    const whole = await newBoard({ name: 'Whole', rankedFields: {} })
    const part = await newBoard({ segmentOf: whole.id })
    const other = await testCommunity(server)
    const theirs = await other.tenant((tx) => createBoard(tx, { name: 'Theirs' }, now))
    const set = (board: Board, segmentOf: string) =>
      ask(server, 'PATCH /v1/leaderboards/{leaderboardId}', {
        bearer,
        params: { leaderboardId: board.id },
        body: { segmentOf },
      })
    const alone = await newBoard()
    const refusals = [
      await set(alone, crypto.randomUUID()),
      await set(alone, theirs.id),
      await set(alone, alone.id),
      await set(alone, part.id),
      await set(whole, alone.id),
    ]
    for (const { code, paths } of refusals) expect([code, paths]).toEqual(['unknown_reference', ['segmentOf']])
    expect(refusals[0]!.text.replace(refusals[0]!.requestId!, '')).toBe(
      refusals[1]!.text.replace(refusals[1]!.requestId!, ''),
    )
  })
})

describe('a field of text', () => {
  it('is set with a new member, and told', async () => {
    const create = (value: unknown) =>
      ask(server, 'POST /apis/v1/users', {
        bearer,
        body: { username: 'eva', customFields: [{ fieldIdorName: 'country', value }] },
      })
    for (const value of [1, '', ' ', 'a\nb', 'x'.repeat(201), null]) {
      expect((await create(value)).paths).toEqual(['customFields.0.value'])
    }
    expect((await create('SE')).status).toBe(201)
    const { answer } = await ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail: 'eva' } })
    expect(answer.customFields).toEqual({ country: 'SE' })
  })

  it('that is imported again as it is is skipped, and refused as something else', async () => {
    const again = await upload('import', 'username,country\nada,DE\ncai,ES\n')
    expect(again).toMatchObject({ skipped: 1, failed: 1 })
    expect(again.errors[0]!.message).toContain('with another country')
  })

  it('is no field of numbers, nor the other way round', async () => {
    await tenant((tx) => ensureFields(tx, { kills: 'Kills' }, now))
    for (const [field, map] of [
      ['kills', { kills: 'text:kills' }],
      ['country', { country: 'field:country' }],
    ] as const) {
      const { status, body } = await uploadCsv(server.url, bearer, 'import', `username,${field}\nx,1\n`, {
        fields: { map: JSON.stringify(map) },
      })
      expect([status, body.code, body.details]).toMatchObject([400, 'invalid_file', [{ path: `data.${field}` }]])
    }
    const make = (body: object) => ask(server, 'POST /v1/leaderboards', { bearer, body: { name: 'X', ...body } })
    expect((await make({ rankingField: 'field:country' })).paths).toEqual(['rankingField'])
    for (const field of ['kills', 'nothing']) {
      const { code, paths } = await make({ allowedFieldsToRank: { [field]: '1' } })
      expect([code, paths]).toEqual(['unknown_reference', [`allowedFieldsToRank.${field}`]])
    }
  })
})
