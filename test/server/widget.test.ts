import { beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../../packages/server/src/domain/keys/keys.js'
import {
  type Board,
  type BoardInput,
  createBoard,
  deleteBoard,
  updateBoard,
} from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser } from '../helpers/database.js'
import { earn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const now = new Date('2026-11-25T12:00:00Z')
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server, { timeZone: 'Europe/Berlin' })
const other = await testCommunity(server)
const { origin } = community
/** Usernames with their scores; two are tied. */
const scores = { ada: 50, bo: 40, cai: 40, dee: 30, eve: 20 }
const members: Record<string, Member> = {}
let board: Board

const board_ = (input: BoardInput) => community.tenant((tx) => createBoard(tx, input, now))
const change = (id: string, input: Partial<BoardInput>) => community.tenant((tx) => updateBoard(tx, id, input, now))
const award = (username: string, amount: number, at = now) => earn(community, members[username]!.id, amount, { at })

beforeAll(async () => {
  for (const username of [...Object.keys(scores), 'newcomer'])
    members[username] = await community.tenant((tx) =>
      createMember(tx, { username, displayName: `${username} L` }, now),
    )
  board = await board_({ name: 'Stars', description: 'Shine', periods: ['all', 'week'] })
  // One after the other: of two with equal scores, who had it first stands first.
  for (const [n, [username, amount]] of Object.entries(scores).entries())
    await award(username, amount, new Date(now.getTime() - 60_000 + n))
})

const params = { publishableKey: community.publishableKey }
interface As {
  bearer?: string
  origin?: string
  headers?: Record<string, string>
  query?: Record<string, string | number>
}
const config = (as: As = { origin }) => ask(server, 'GET /widget/v1/{publishableKey}/config', { params, ...as })
const show = (idOrSlug: string, as: As = { origin }) =>
  ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', { params: { ...params, idOrSlug }, ...as })
const rows = (idOrSlug: string, query: As['query'] = {}, as: As = { origin }) =>
  ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
    params: { ...params, idOrSlug },
    ...as,
    query,
  })
const firstPage = (idOrSlug: string, query: As['query'] = {}, as: As = {}) =>
  ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/first-page', {
    params: { ...params, idOrSlug },
    ...as,
    query,
  })
const sawRank = (idOrSlug: string, bearer: string, rank: number) =>
  ask(server, 'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/seen', {
    params: { ...params, idOrSlug },
    bearer,
    origin,
    body: { rank },
  })
const mine = (idOrSlug: string, bearer: string | undefined, query: As['query'] = {}) =>
  ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me', {
    params: { ...params, idOrSlug },
    bearer,
    origin,
    query,
  })
const me = (bearer: string | undefined, body?: object) =>
  body
    ? ask(server, 'PATCH /widget/v1/{publishableKey}/me', { params, bearer, origin, body })
    : ask(server, 'GET /widget/v1/{publishableKey}/me', { params, bearer, origin })
const tokenOf = (username: string) => embedToken(server, community, username)

describe('what a page needs first', () => {
  it('is the community, its boards in the operator’s order, and the time', async () => {
    const { status, answer } = await config()
    expect(status).toBe(200)
    expect(answer).toEqual({
      community: { id: community.id, name: 'Test community', timeZone: 'Europe/Berlin', weekStart: 1 },
      units: {
        xp: { name: 'XP', icon: '', enabled: true },
        currency: { name: 'Coins', icon: '', enabled: true },
      },
      tiers: [],
      leaderboards: [
        { id: board.id, slug: 'stars', name: 'Stars', metric: { unit: 'xp', name: 'XP' }, periods: ['all', 'week'] },
      ],
      now: now.toISOString(),
    })
  })
})

describe('a board', () => {
  it('is answered with its runs by id or slug', async () => {
    const { answer } = await show('stars')
    expect(answer).toEqual({
      id: board.id,
      slug: 'stars',
      name: 'Stars',
      metric: { unit: 'xp', name: 'XP' },
      periods: ['all', 'week'],
      description: 'Shine',
      requiresOptIn: false,
      whole: null,
      segments: [],
      prizes: [],
      prizeTerms: null,
      button: null,
      runs: [
        { period: 'all', start: null, startsAt: null, endsAt: null, finalAt: null, state: 'open' },
        {
          period: 'week',
          start: '2026-11-23',
          startsAt: '2026-11-22T23:00:00.000Z',
          endsAt: '2026-11-29T23:00:00.000Z',
          finalAt: '2026-11-30T11:00:00.000Z',
          state: 'open',
        },
      ],
      now: now.toISOString(),
    })
    expect((await show(board.id)).answer).toEqual(answer)
  })

  it('shows the operator’s button where there is one', async () => {
    const widget = {
      whitelistedDomains: [],
      size: null,
      button: { enabled: true, text: 'Join', link: 'https://one.example/' },
    }
    const { id } = await board_({ name: 'Button', settings: { widget } })
    expect((await show(id)).answer.button).toEqual({ text: 'Join', link: 'https://one.example/' })
  })

  it.each<[string, Partial<BoardInput>]>([
    ['switched off', { isEnabled: false }],
    ['without a widget', { widgetEnabled: false }],
    ['for some members', { viewingMembers: [] }],
  ])('that is %s is not there for visitors: not by id, not by slug, not in the list', async (name, input) => {
    const viewingMembers = name === 'for some members' ? [members.ada!.id] : []
    const hidden = await board_({ name, ...input, viewingMembers })
    for (const idOrSlug of [hidden.id, hidden.slug]) {
      for (const reply of [await show(idOrSlug), await rows(idOrSlug), await show('nothing')]) {
        expect([reply.status, reply.code]).toEqual([404, 'not_found'])
      }
    }
    expect((await config()).answer.leaderboards.map(({ id }) => id)).not.toContain(hidden.id)
  })

  it('that is for some members is there for them alone', async () => {
    const { id } = await board_({ name: 'Few', viewingMembers: [members.ada!.id] })
    const [ada, bo] = [await tokenOf('ada'), await tokenOf('bo')]
    expect((await rows(id, {}, { bearer: ada, origin })).status).toBe(200)
    expect((await mine(id, ada)).status).toBe(200)
    expect((await rows(id, {}, { bearer: bo, origin })).status).toBe(404)
    expect((await mine(id, bo)).status).toBe(404)
    const listed = async (bearer: string) => (await config({ bearer, origin })).answer.leaderboards.map((one) => one.id)
    expect(await listed(ada)).toContain(id)
    expect(await listed(bo)).not.toContain(id)
  })

  it('that lists its own pages is shown on those alone', async () => {
    const settings = {
      widget: {
        whitelistedDomains: ['https://only.example'],
        size: null,
        button: { enabled: false, text: '', link: '' },
      },
    }
    const { id } = await board_({ name: 'Only there', settings })
    const wide = await community.tenant((tx) =>
      createKey(tx, { kind: 'publishable', name: 'Wide', origins: [origin, 'https://only.example'] }, now),
    )
    const from = (page: string) =>
      ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', {
        params: { publishableKey: wide.key, idOrSlug: id },
        origin: page,
      })
    expect((await from('https://only.example')).status).toBe(200)
    expect((await from(origin)).code).toBe('origin_not_allowed')
    expect((await config()).answer.leaderboards.map((one) => one.id)).not.toContain(id)
  })

  it('of another community is not there', async () => {
    const theirs = await other.tenant((tx) => createBoard(tx, { name: 'Theirs' }, now))
    for (const idOrSlug of [theirs.id, theirs.slug]) expect((await show(idOrSlug)).status).toBe(404)
  })
})

describe('rows', () => {
  it('come by position, tied members with one rank and a place each', async () => {
    const { answer } = await rows('stars')
    expect(answer).toMatchObject({
      total: 5,
      nextCursor: null,
      now: now.toISOString(),
      run: { period: 'all', start: null },
    })
    expect(
      answer.items.map(({ position, rank, tied, score, member, me }) => [position, rank, tied, score, member.name, me]),
    ).toEqual([
      [1, 1, false, 50, 'ada L', false],
      [2, 2, true, 40, 'bo L', false],
      [3, 2, true, 40, 'cai L', false],
      [4, 4, false, 30, 'dee L', false],
      [5, 5, false, 20, 'eve L', false],
    ])
    expect(Object.keys(answer.items[0]!.member).sort()).toEqual(['avatarUrl', 'id', 'name'])
  })

  it('can be walked page by page', async () => {
    const seen: number[] = []
    let from = '1'
    for (let cursor: string | null = from; cursor !== null; ) {
      const { answer } = await rows('stars', { from: cursor, limit: 2 })
      seen.push(...answer.items.map(({ position }) => position))
      cursor = answer.nextCursor
      from = cursor ?? from
    }
    expect([seen, from]).toEqual([[1, 2, 3, 4, 5], '5'])
    expect((await rows('stars', { from: 6 })).answer).toMatchObject({ items: [], nextCursor: null, total: 5 })
    expect((await rows('stars', { from: Number.MAX_SAFE_INTEGER })).answer.items).toEqual([])
  })

  it('know the member who asks', async () => {
    const { answer } = await rows('stars', {}, { bearer: await tokenOf('cai'), origin })
    expect(answer.items.filter(({ me }) => me).map(({ member }) => member.id)).toEqual([members.cai!.id])
  })

  it('are found by the beginning of a name', async () => {
    const { answer } = await rows('stars', { search: 'CA' })
    expect(answer.items.map(({ position, member }) => [position, member.name])).toEqual([[3, 'cai L']])
    expect(answer.nextCursor).toBeNull()
    for (const search of ['%', '_', 'a%', "' or 1=1 --", 'L'])
      expect((await rows('stars', { search })).answer.items).toEqual([])
  })

  it('can be asked for a run that is over', async () => {
    await award('eve', 500, new Date('2026-11-20T12:00:00Z'))
    const { answer } = await rows('stars', { period: 'week', start: '2026-11-16' })
    expect(answer.items.map(({ score }) => score)).toEqual([500])
    expect(answer.run).toMatchObject({ start: '2026-11-16', state: 'ended' })
    await award('eve', -500, new Date('2026-11-20T12:00:00Z'))
  })

  it.each<[string, Record<string, string | number>]>([
    ['limit', { limit: 0 }],
    ['limit', { limit: 101 }],
    ['from', { from: 0 }],
    ['from', { from: 1.5 }],
    ['from', { from: 'x' }],
    ['from', { from: 2 ** 53 }],
    ['period', { period: 'decade' }],
    ['period', { period: 'month' }],
    ['start', { period: 'week', start: '2026-11-24' }],
    ['start', { start: '2026-02-30' }],
    ['search', { search: '' }],
    ['search', { search: 'x'.repeat(101) }],
    ['cursor', { cursor: '1' }],
  ])('cannot be asked for with a wrong %s', async (path, query) => {
    const reply = await rows('stars', query)
    expect([reply.status, reply.code, [...new Set(reply.paths)]]).toEqual([400, 'invalid_request', [path]])
    expect(reply.headers.get('content-type')).toContain('application/problem+json')
    expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
  })

  it('show a name as the board says, to everyone but oneself', async () => {
    const { id } = await board_({ name: 'Initials', nameDisplay: 'initials' })
    expect((await rows(id)).answer.items[0]!.member.name).toBe('A. L.')
    await change(id, { nameDisplay: 'alias' })
    expect((await rows(id)).answer.items[0]!.member.name).toMatch(/^Member \d{6}$/)
    expect((await rows(id, {}, { bearer: await tokenOf('ada'), origin })).answer.items[0]!.member.name).toBe('ada L')
  })
})

describe('a board that does not show who its members are', () => {
  it.each(['initials', 'alias'] as const)(
    'by %s gives no name, picture or id that another board gives',
    async (nameDisplay) => {
      const { id } = await board_({ name: `Secret ${nameDisplay}`, periods: ['all'], nameDisplay })
      const again = await board_({ name: `Secret ${nameDisplay} too`, periods: ['all'], nameDisplay })
      const open = (await rows(board.id)).answer.items
      const secret = (await rows(id)).answer.items
      const known = new Set(open.flatMap(({ member }) => [member.id, member.name]))
      expect(secret.map(({ score }) => score)).toEqual(open.map(({ score }) => score))
      expect(secret.filter(({ member }) => known.has(member.id) || known.has(member.name))).toEqual([])
      // The same member is the same one here at every reading, and another one on another board.
      const idsOf = (items: typeof open) => items.map(({ member }) => member.id)
      expect(idsOf((await rows(id)).answer.items)).toEqual(idsOf(secret))
      expect(new Set([...idsOf(secret), ...idsOf((await rows(again.id)).answer.items)]).size).toBe(2 * open.length)
      // One's own row is found among everybody's by its id.
      const { items } = (await mine(id, await tokenOf('cai'))).answer
      const own = items.find(({ me }) => me)!
      expect([own.member.name, idsOf(secret).includes(own.member.id)]).toEqual(['cai L', true])
      for (const made of [id, again.id]) await community.tenant((tx) => deleteBoard(tx, made))
    },
  )
})

describe('a run', () => {
  it.each(['0000-01-01', '0050-01-01', '1969-12-31', '9999-01-01'])('that begins on %s is none', async (start) => {
    const reply = await rows(board.id, { period: 'week', start })
    expect([reply.status, reply.paths]).toEqual([400, ['start']])
  })
})

describe('a run that is over', () => {
  it('is in review until its result is final, and no cache keeps the old state', async () => {
    const endsAt = new Date(now.getTime() - 3_600_000)
    const { id } = await board_({ name: 'Over', periods: ['all'], endsAt })
    const reviewed = await rows(id)
    expect(reviewed.answer.run).toMatchObject({ state: 'in_review', finalAt: '2026-11-25T23:00:00.000Z' })
    await change(id, { reviewHours: 1 })
    const headers = { 'if-none-match': reviewed.headers.get('etag')! }
    const final = await rows(id, {}, { origin, headers })
    expect([final.status, final.answer.run]).toMatchObject([200, { state: 'ended', finalAt: now.toISOString() }])
    await community.tenant((tx) => deleteBoard(tx, id))
  })
})

describe('the member', () => {
  it('sees their own row with its neighbours', async () => {
    const { answer } = await mine('stars', await tokenOf('dee'), { around: 1 })
    expect(answer.state).toBe('ranked')
    expect(answer.items.map(({ position, me }) => [position, me])).toEqual([
      [3, false],
      [4, true],
      [5, false],
    ])
    expect((await mine('stars', await tokenOf('ada'))).answer.items).toHaveLength(4)
  })

  it('is told why there is none', async () => {
    expect((await mine('stars', await tokenOf('newcomer'))).answer).toMatchObject({
      state: 'no_score',
      items: [],
      total: 5,
    })
    const { id } = await board_({ name: 'For Bo', rankedMembers: [members.bo!.id] })
    expect((await mine(id, await tokenOf('ada'))).answer.state).toBe('not_eligible')
  })

  it('hides from every board and every count, and comes back with every point', async () => {
    const token = await tokenOf('bo')
    const hidden = await me(token, { visibility: 'hidden' })
    expect(hidden.answer).toEqual({
      member: {
        id: members.bo!.id,
        name: 'bo L',
        avatarUrl: null,
        username: 'bo',
        visibility: 'hidden',
        timeZone: null,
      },
      balances: { xp: 40, currency: 0 },
      tier: null,
      streak: { days: 1, longest: 1, freezes: 0 },
    })
    const { answer } = await rows('stars')
    expect([answer.total, answer.items.map(({ member }) => member.name)]).toEqual([
      4,
      ['ada L', 'cai L', 'dee L', 'eve L'],
    ])
    expect((await rows('stars', { search: 'bo' })).answer.items).toEqual([])
    expect((await mine('stars', token)).answer.state).toBe('hidden')
    expect((await me(token)).answer.member.visibility).toBe('hidden')
    await me(token, { visibility: 'public' })
    expect((await rows('stars')).answer.items[1]!.member.name).toBe('bo L')
  })

  it('must be signed in for what is theirs', async () => {
    for (const reply of [
      await me(undefined),
      await me(undefined, { visibility: 'hidden' }),
      await mine('stars', undefined),
    ]) {
      expect([reply.status, reply.code]).toEqual([401, 'unauthorized'])
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
    }
  })

  it.each([
    { visibility: 'invisible' },
    { visibility: 'hidden', xp: 100 },
    { memberId: 'x', visibility: 'hidden' },
    {},
    [],
  ])('can change nothing by %j', async (body) => {
    expect((await me(await tokenOf('ada'), body)).code).toBe('invalid_request')
  })
})

describe('a first page', () => {
  it('is the inside of the tag, for a back-end to write down, with names as text', async () => {
    await board_({ name: '<b>"Stars" & more</b>', slug: 'odd', periods: ['all'] })
    const { status, answer } = await firstPage('odd', { limit: 2 })
    expect(status).toBe(200)
    expect(answer.html).toMatch(/^<template shadowrootmode="open">.*<\/template>$/s)
    expect(answer.html).toContain('aria-label="&lt;b&gt;&quot;Stars&quot; &amp; more&lt;/b&gt;, All time"')
    expect(answer.html).not.toMatch(/<b>|<!--|<script|style=/)
    expect(answer.html.match(/data-position=/g)).toHaveLength(2)
  })

  it('shows the run that is asked for', async () => {
    const { answer } = await firstPage('stars', { period: 'week' })
    expect(answer.html).toContain('Stars, Week')
  })

  it('is empty where there are no rows: the element has words for that', async () => {
    await board_({ name: 'Later', slug: 'later', startsAt: new Date(+now + 86_400_000) })
    expect((await firstPage('later')).answer.html).toBe('')
  })

  it.each([
    ['ar-u-nu-arab-x-c1', 'ar'],
    ['en-x-anything', 'en'],
    ['de-CH', 'de-CH'],
    ['xx', 'en'],
    ['no tag at all', 'en'],
  ])('asked for in %s is in a locale that there is: %s', async (locale, lang) => {
    expect((await firstPage('stars', { locale })).answer.html).toContain(` lang="${lang}"`)
  })

  it('follows the rules of every read: keys, boards, sites, caches', async () => {
    expect((await firstPage('nothing')).code).toBe('not_found')
    expect((await firstPage('stars', {}, { origin: 'https://elsewhere.example' })).code).toBe('origin_not_allowed')
    expect((await firstPage('stars', { layout: 'wall' })).paths).toEqual(['layout'])
    const { headers } = await firstPage('stars')
    expect(headers.get('cache-control')).toBe('public, max-age=0, s-maxage=2')
    const again = await firstPage('stars', {}, { headers: { 'if-none-match': headers.get('etag')! } })
    expect(again.status).toBe(304)
  })
})

describe('caching', () => {
  it('lets a CDN hold what visitors see, apart for each site, and spares what has not changed', async () => {
    const first = await rows('stars')
    const tag = first.headers.get('etag')!
    expect(tag).toMatch(/^"[\w-]+"$/)
    expect(first.headers.get('cache-control')).toBe('public, max-age=0, s-maxage=2')
    expect(first.headers.get('vary')).toBe('Origin, Authorization')
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await rows('stars', {}, { origin, headers: { 'if-none-match': known } })
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', tag])
      expect(again.headers.get('access-control-allow-origin')).toBe(origin)
    }
    await award('ada', 1)
    const changed = await rows('stars', {}, { origin, headers: { 'if-none-match': tag } })
    expect([changed.status, changed.answer.items[0]!.score]).toEqual([200, 51])
    expect(changed.headers.get('etag')).not.toBe(tag)
  })

  it('keeps what a member sees, and every refusal, to the one who asked', async () => {
    const signedIn = await rows('stars', {}, { bearer: await tokenOf('ada'), origin })
    expect(signedIn.headers.get('cache-control')).toBe('private, no-store')
    expect(signedIn.headers.has('etag')).toBe(false)
    expect((await rows('nothing')).headers.get('cache-control')).toBe('no-store')
  })

  it('knows a member by the one header that it varies by', async () => {
    const headers = { 'x-api-key': await tokenOf('ada') }
    const reply = await rows('stars', {}, { headers, origin })
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'public, max-age=0, s-maxage=2'])
    expect((await ask(server, 'GET /widget/v1/{publishableKey}/me', { params, headers, origin })).status).toBe(401)
  })
})

describe('a server that runs on', () => {
  it('answers pages while a later migration adds columns to what they read, and writes by their keys', async () => {
    const bearer = await tokenOf('ada')
    const all = async () => {
      const asked = Array.from({ length: 8 }, () => [
        config(),
        show('stars'),
        rows('stars'),
        mine('stars', bearer),
        sawRank('stars', bearer, 1),
        award('ada', 1).then(() => ({ status: 200 })),
      ])
      return (await Promise.all(asked.flat())).map(({ status }) => status)
    }
    expect(new Set(await all())).toEqual(new Set([200]))
    await asSuperuser(server.testDatabase.migrateUrl, async (client) => {
      const pages = ['communities', 'leaderboards', 'members', 'board_scores', 'board_seen', 'board_winners']
      const writes = ['api_keys', 'transactions', 'entries', 'balances', 'board_deltas', 'events']
      for (const table of [...pages, ...writes]) await client.query(`alter table ${table} add column added_later int`)
    })
    expect(new Set(await all())).toEqual(new Set([200]))
  })
})
