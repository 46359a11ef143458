import type { BodyOf, FieldValue } from '@rai/contract'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureFields, findFields } from '../../packages/server/src/domain/fields/fields.js'
import { createUserKey } from '../../packages/server/src/domain/keys/keys.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import {
  type Condition,
  countMembers,
  filterMembers,
  type Place,
  type Shown,
} from '../../packages/server/src/domain/members/filter.js'
import {
  createMember,
  findMember,
  type Member,
  type NewMember,
} from '../../packages/server/src/domain/members/members.js'
import { ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { rowsRead } from '../helpers/explain.js'
import { earn } from '../helpers/people.js'
import { seedMembers } from '../helpers/seed.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

const start = new Date('2026-11-23T12:00:00Z')
const days = (n: number) => new Date(start.getTime() + n * 24 * 60 * 60_000)
let now = start
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server, { timeZone: 'Europe/Berlin' })
const other = await testCommunity(server)
const { tenant, communityKey: bearer, publishableKey, origin } = community

const give = ({ id }: Member, amount: number, more: Parameters<typeof earn>[3] = {}) =>
  earn(community, id, amount, { at: now, ...more })
const make = (
  username: string,
  { fields = {}, ...more }: Omit<Partial<NewMember>, 'fields'> & { fields?: Record<string, FieldValue> } = {},
  at = now,
) =>
  tenant(async (tx) => {
    const known = await findFields(tx, Object.keys(fields))
    const values = Object.entries(fields).map(([name, value]) => ({ fieldId: known.get(name)!.id, value }))
    return createMember(tx, { username, ...more, fields: { values, source: 'api', actor: 'test' } }, at)
  })

type Filter = BodyOf<'POST /apis/v1/users/filter'>
const filter = (body: Filter | object, key = bearer) => ask(server, 'POST /apis/v1/users/filter', { bearer: key, body })
/** Who is found, in order. */
const found = async (filter: Filter['filter']) => {
  const { answer, status, text } = await ask(server, 'POST /apis/v1/users/filter', {
    bearer,
    body: { fields: ['username'], filter },
  })
  expect(status, text).toBe(200)
  return answer.users.map(({ username }) => username).sort()
}

beforeAll(() =>
  tenant(async (tx) => {
    await ensureFields(tx, { kills: 'Kills' }, start)
    await ensureFields(tx, { country: 'Country' }, start, 'single-line-text')
    await ensureFields(tx, { vip: 'VIP' }, start, 'boolean')
    await ensureFields(tx, { born: 'Born' }, start, 'date')
  }),
)

describe('finding members', () => {
  beforeAll(async () => {
    const people = {
      ada: {
        firstName: 'Ada',
        lastName: 'Lovelace',
        email: 'Ada@Example.com',
        fields: { country: 'GB', kills: 5, vip: true, born: '1815-12-10' },
      },
      bo: { firstName: 'Bo', lastName: 'Diddley', fields: { country: 'US', kills: -5, born: '1928-12-30' } },
      cai: { firstName: 'Cai', lastName: 'Diddley', fields: { country: 'GB', kills: 0, vip: false } },
      dee: {},
    }
    // Berlin's 23rd began an hour before UTC's.
    const joined = [
      '2026-11-22T22:59:59.999Z',
      '2026-11-22T23:00:00Z',
      '2026-11-23T22:59:59.999Z',
      '2026-11-23T23:00:00Z',
    ]
    for (const [n, [username, person]] of Object.entries(people).entries()) {
      const member = await make(username, person, new Date(joined[n]!))
      if (n > 0) await give(member, n * 100)
      if (n > 1) await give(member, 7, { unit: 'currency' })
    }
  })

  it('answers what was asked for of each, and no more', async () => {
    const reply = await filter({
      fields: ['email', 'first_name', 'last_name', 'join_date', 'xp', 'coins', 'kills', 'country', 'vip'],
      filter: { username: 'ada' },
    })
    expect(JSON.parse(reply.text)).toEqual({
      status: 'success',
      message: 'Users fetched successfully',
      data: {
        users: [
          {
            email: 'Ada@Example.com',
            first_name: 'Ada',
            last_name: 'Lovelace',
            join_date: '2026-11-22T22:59:59.999Z',
            xp: 0,
            coins: 0,
            kills: 5,
            country: 'GB',
            vip: true,
          },
        ],
      },
    })
    const { answer } = await filter({ fields: ['coins', 'kills', 'country', 'email'], filter: { username: 'dee' } })
    expect(answer.users).toEqual([{ coins: 7, kills: null, country: null, email: null }])
    expect((await filter({})).answer.users.map(({ username, id }) => [username, id])).toEqual([
      ['ada', '1'],
      ['bo', '2'],
      ['cai', '3'],
      ['dee', '4'],
    ])
  })

  it.each<[string, NonNullable<Filter['filter']>, string[]]>([
    ['a name', { first_name: 'Ada' }, ['ada']],
    ['a name that several have', { last_name: 'Diddley' }, ['bo', 'cai']],
    ['no name', { first_name: '' }, ['dee']],
    ['an e-mail in other letters', { email: 'aDA@example.COM' }, ['ada']],
    ['part of an e-mail', { email: 'ada@' }, []],
    ['a wildcard', { username: '%' }, []],
    ['SQL', { first_name: "' or '1'='1" }, []],
    ['at least some XP', { xp: { gte: 200 } }, ['cai', 'dee']],
    ['at most some XP, also none', { xp: { lte: 100 } }, ['ada', 'bo']],
    ['XP between both ends', { xp: { gte: 100, lte: 200 } }, ['bo', 'cai']],
    ['XP between ends that cross', { xp: { gte: 200, lte: 100 } }, []],
    ['exactly some XP', { xp: 300 }, ['dee']],
    ['exactly none', { xp: 0 }, ['ada']],
    ['coins', { coins: { gte: 1 } }, ['cai', 'dee']],
    ['a day on which they joined', { join_date: '2026-11-23' }, ['bo', 'cai']],
    ['days to the end of one', { join_date: { lte: '2026-11-23' } }, ['ada', 'bo', 'cai']],
    ['days from one', { join_date: { gte: '2026-11-24' } }, ['dee']],
    ['a moment at which they joined', { join_date: '2026-11-22T23:00:00.000Z' }, ['bo']],
    ['moments', { join_date: { gte: '2026-11-22T23:00:00.000Z', lte: '2026-11-23T22:59:59.998Z' } }, ['bo']],
    ['a number', { kills: 0 }, ['cai']],
    ['numbers below zero', { kills: { lte: 0 } }, ['bo', 'cai']],
    ['a text', { country: 'GB' }, ['ada', 'cai']],
    ['a text in other letters', { country: 'gb' }, []],
    ['what is true', { vip: true }, ['ada']],
    ['what is false', { vip: false }, ['cai']],
    ['a day', { born: '1928-12-30' }, ['bo']],
    ['days', { born: { gte: '1815-12-10', lte: '1928-12-29' } }, ['ada']],
    ['several things', { country: 'GB', xp: { gte: 1 }, kills: { gte: 0 } }, ['cai']],
    ['several ranges', { xp: { gte: 100 }, coins: { gte: 1 }, join_date: { lte: '2026-11-23' } }, ['cai']],
    ['nothing', {}, ['ada', 'bo', 'cai', 'dee']],
  ])('finds them by %s', async (_, conditions, names) => {
    expect(await found(conditions)).toEqual(names)
  })

  it.each<[string, object, string[]]>([
    ['a field that is not there', { fields: ['xp', 'deaths'], filter: { wins: 1 } }, ['fields.1', 'filter.wins']],
    [
      'what objects have by themselves',
      { filter: { constructor: 'x', tostring: 1 } },
      ['filter.constructor', 'filter.tostring'],
    ],
  ])('is refused with %s', async (_, body, paths) => {
    const reply = await filter(body)
    expect([reply.status, reply.code, reply.paths]).toEqual([400, 'unknown_reference', paths])
  })

  it.each<[string, object, string[]]>([
    ['a number for a name', { filter: { first_name: 1 } }, ['filter.first_name']],
    ['a range of names', { filter: { first_name: { gte: 'A' } } }, ['filter.first_name']],
    ['a text for XP', { filter: { xp: '100' } }, ['filter.xp']],
    ['part of a point', { filter: { xp: { gte: 0.5 } } }, ['filter.xp']],
    ['a number past exactness', { filter: { kills: { lte: 1e300 } } }, ['filter.kills']],
    ['no date', { filter: { join_date: { gte: 'yesterday' } } }, ['filter.join_date']],
    ['a day that is none', { filter: { join_date: '2026-02-30' } }, ['filter.join_date']],
    ['a text that is true', { filter: { vip: 'true' } }, ['filter.vip']],
    ['a time for a day', { filter: { born: { lte: '2026-11-23T12:00:00Z' } } }, ['filter.born']],
    ['what cannot be asked for', { filter: { language: 'en' } }, ['filter.language']],
    ['a query in the place of a value', { filter: { username: { $ne: '', gte: 'a' } } }, ['filter.username.$ne']],
    ['an empty range', { filter: { xp: {} } }, ['filter.xp']],
    ['null', { filter: { xp: null } }, ['filter.xp']],
    ['no fields', { fields: [] }, ['fields']],
    ['a cursor and a page', { cursor: 'x', page: 1 }, ['page']],
    ['page 0', { page: 0 }, ['page']],
    ['a page past 10,000 users', { page: 51 }, ['page']],
    ['a cursor that nobody gave', { cursor: 'e30' }, ['cursor']],
    ['a time that there is not', { filter: { join_date: '0000-01-01T00:00:00Z' } }, ['filter.join_date']],
    ['a time after all', { filter: { join_date: { lte: '9999-12-31T23:59:59.999Z' } } }, ['filter.join_date']],
    ['a cursor of no place', { cursor: Buffer.from('{"id":"x"}').toString('base64url') }, ['cursor']],
  ])('is refused with %s', async (_, body, paths) => {
    const reply = await filter(body)
    expect([reply.status, reply.code, reply.paths], reply.text).toEqual([400, 'invalid_request', paths])
  })

  it('finds nobody of another community', async () => {
    expect((await filter({ fields: ['username'] }, other.systemKey)).answer).toEqual({ users: [] })
    expect((await filter({ filter: { kills: 5 } }, other.systemKey)).code).toBe('unknown_reference')
  })
})

describe('reading members on', () => {
  const many = 450
  let crowd: typeof community
  let ids: string[]
  const page = (body: object) => ask(server, 'POST /apis/v1/users/filter', { bearer: crowd.communityKey, body })

  beforeAll(async () => {
    crowd = await testCommunity(server)
    const { superuserUrl } = server.testDatabase
    const members = await seedMembers(superuserUrl, { communityId: crowd.id, members: many, at: start })
    ids = members.map(({ id }) => id).sort()
  })

  it.each<[string, object]>([
    ['everybody', {}],
    ['a range of XP', { xp: { gte: 1 } }],
    ['a range of joining, all at once', { join_date: { gte: '2026-11-23', lte: '2026-11-23' } }],
    ['a name that all have', { first_name: '' }],
    ['several things', { xp: { lte: 1e12 }, last_name: '', join_date: '2026-11-23T12:00:00.000Z' }],
  ])('by cursor comes to each once: %s', async (_, filter) => {
    const sizes: number[] = []
    const seen: unknown[] = []
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
      const { answer, text } = await page({ fields: ['_id'], filter, ...(cursor && { cursor }) })
      expect(answer, text).not.toHaveProperty('total_pages')
      sizes.push(answer.users.length)
      seen.push(...answer.users.map(({ _id }) => _id))
      cursor = answer.next_cursor
    }
    expect(sizes).toEqual([200, 200, 50])
    expect(seen.toSorted()).toEqual(ids)
  })

  it('by page comes to each once, and says how many there are', async () => {
    const seen: unknown[] = []
    for (const [n, size] of [200, 200, 50, 0].entries()) {
      const { answer } = await page({ fields: ['_id'], filter: { xp: { gte: 1 } }, page: n + 1 })
      expect(answer).toEqual({ users: answer.users, total_pages: 3, current_page: n + 1 })
      expect(answer.users).toHaveLength(size)
      seen.push(...answer.users.map(({ _id }) => _id))
    }
    expect(seen.toSorted()).toEqual(ids)
  })

  it('is refused with the cursor of another order', async () => {
    const cursor = (await page({ filter: { xp: { gte: 1 } } })).answer.next_cursor
    const reply = await page({ filter: { first_name: '' }, cursor })
    expect([reply.code, reply.paths]).toEqual(['invalid_request', ['cursor']])
  })

  it('reads no more for a page far down, nor of a larger community', async () => {
    const conditions: Condition[][] = [
      [],
      [{ kind: 'text', column: 'first_name', value: '' }],
      [{ kind: 'joined', from: start, until: days(1) }],
      [{ kind: 'balance', unit: 'xp', from: 1, to: 1e12 }],
      [
        { kind: 'balance', unit: 'xp', from: 1 },
        { kind: 'joined', from: start },
      ],
    ]
    const shown: Shown[] = [
      { kind: 'property', column: 'username' },
      { kind: 'balance', unit: 'xp' },
    ]
    const mostRead = async (members: number) => {
      const { id, tenant } = await testCommunity(server)
      await seedMembers(server.testDatabase.superuserUrl, { communityId: id, members, at: start })
      return tenant(async (tx) => {
        let most = 0
        for (const condition of conditions) {
          let after: Place | undefined
          // A page, and one behind most of the members.
          for (const skip of [0, members * 0.9]) {
            if (skip > 0) after = (await filterMembers(tx, condition, shown, { skip, limit: 1 })).next
            const read = await rowsRead(tx, async (tx) => {
              expect((await filterMembers(tx, condition, shown, { after, limit: 200 })).members).toHaveLength(200)
            })
            most = Math.max(most, read)
          }
          expect(await countMembers(tx, condition, 1000)).toBe(1000)
        }
        return most
      })
    }
    const [small, large] = [await mostRead(2500), await mostRead(15_000)]
    expect(large).toBeLessThanOrEqual(small)
  })
})

describe('a deleted member', () => {
  const manage = (action: 'delete' | 'restore', user: string, key = bearer) =>
    ask(server, 'POST /apis/v1/users/manage', { bearer: key, body: { action, user } })
  const info = (idOrEmail: string) => ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail } })
  const me = (token: string) =>
    ask(server, 'GET /widget/v1/{publishableKey}/me', { params: { publishableKey }, origin, bearer: token })
  const rowOf = ({ id }: Member) =>
    tenant((tx) => tx.db.selectFrom('members').selectAll().where('id', '=', id).executeTakeFirstOrThrow())
  let boardId: string
  const rows = async () => {
    const { answer } = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
      params: { publishableKey, idOrSlug: boardId },
      origin,
    })
    return answer.items.map(({ rank, member }) => `${rank} ${member.name}`)
  }

  beforeAll(async () => {
    boardId = (await tenant((tx) => createBoard(tx, { name: 'Norway', rankedFields: { country: 'NO' } }, now))).id
    for (const [n, name] of ['Gil', 'Hal', 'Ivo'].entries()) {
      const fields = { country: 'NO' }
      const member = await make(name.toLowerCase(), { displayName: name, email: `${name}@example.com`, fields })
      await give(member, 30 - n * 10)
    }
  })

  it('is gone from everywhere at once, and comes back with everything', async () => {
    expect(await rows()).toEqual(['1 Gil', '2 Hal', '3 Ivo'])
    const token = await embedToken(server, community, 'hal')
    const stream = await openStream(server, community, { authorization: `Bearer ${token}` })
    const deleted = await manage('delete', 'hal')
    expect(JSON.parse(deleted.text)).toEqual({
      status: 'success',
      message: 'User account managed successfully',
      data: { action: 'delete', user: 'hal', _id: expect.any(String) },
    })
    await stream.ended()
    expect(await rows()).toEqual(['1 Gil', '2 Ivo'])
    expect((await me(token)).status).toBe(401)
    await expect(embedToken(server, community, 'hal')).rejects.toThrow('not_found')
    expect((await info('hal')).code).toBe('not_found')
    expect(await found({ username: 'hal' })).toEqual([])
    expect((await history({ identifier: 'Hal@example.com' })).code).toBe('not_found')
    const taken = await ask(server, 'POST /apis/v1/users', { bearer, body: { username: 'hal' } })
    expect(taken.code).toBe('already_exists')

    await manage('delete', 'hal')
    now = days(29)
    expect((await manage('restore', 'hal')).answer).toEqual({ ...deleted.answer, action: 'restore' })
    expect(await rows()).toEqual(['1 Gil', '2 Hal', '3 Ivo'])
    expect((await info('hal')).answer).toMatchObject({ xp: 20, customFields: { country: 'NO' } })
    expect((await me(await embedToken(server, community, 'hal'))).answer.member.username).toBe('hal')
    expect((await manage('restore', 'hal')).status).toBe(200)
    now = start
  })

  it('can no longer do what they signed in to', async () => {
    const login = async () => {
      const { answer } = await ask(server, 'GET /api/secureAuth', {
        query: { userId: 'ivo', action: 'login' },
        headers: { apiKey: community.systemKey, hostname: 'site.example' },
      })
      return new URL(answer.loginUrl).searchParams.get('code')!
    }
    const redeem = (code: string) => ask(server, 'POST /api/v1/auth/redeem', { body: { code } })
    const { accessToken, refreshToken } = (await redeem(await login())).answer
    const mine = () =>
      ask(server, 'GET /api/v1/servers/{serverId}/me', { bearer: accessToken, params: { serverId: community.id } })
    expect((await mine()).status).toBe(200)
    const unused = await login()
    const { key } = await tenant(async (tx) => {
      const { id: memberId } = (await findMember(tx, { username: 'ivo' }))!
      return createUserKey(tx, { name: 'Script', permissions: ['readOwnProfile'], memberId }, now)
    })
    const byKey = async () => (await ask(server, 'GET /apis/v1/api-key', { bearer: key })).status
    expect(await byKey()).toBe(200)
    await manage('delete', 'ivo')
    expect(await byKey()).toBe(401)
    expect((await mine()).status).toBe(404)
    expect((await redeem(unused)).status).toBe(401)
    const refresh = await ask(server, 'POST /api/v1/auth/refresh', { body: { refreshToken } })
    expect(refresh.status).toBe(401)
    await manage('restore', 'ivo')
    expect(await byKey()).toBe(200)
  })

  it('is who has the id, not who calls themselves so', async () => {
    const [lou, other] = [await make('lou'), await make('somebody')]
    await tenant((tx) => tx.db.updateTable('members').set({ username: lou.id }).where('id', '=', other.id).execute())
    expect((await manage('delete', lou.id)).answer._id).toBe(lou.id)
    expect((await rowOf(other)).status).toBe('active')
  })

  it('keeps the status that they come back to', async () => {
    const jo = await make('jo')
    await tenant((tx) => tx.db.updateTable('members').set({ status: 'banned' }).where('id', '=', jo.id).execute())
    await manage('delete', jo.id)
    expect((await rowOf(jo)).status).toBe('deleted')
    await manage('restore', jo.id)
    expect(await rowOf(jo)).toMatchObject({ status: 'banned', revision: 2 })
  })

  it('is nobody who owns the community, is not there, or is another’s', async () => {
    await make('owner', { role: 'owner' })
    expect((await manage('delete', 'owner')).code).toBe('conflict')
    for (const [user, key] of [
      ['nobody', bearer],
      ['gil', other.communityKey],
    ] as const)
      for (const action of ['delete', 'restore'] as const)
        expect((await manage(action, user, key)).code).toBe('not_found')
    expect(await rows()).toEqual(['1 Gil', '2 Hal', '3 Ivo'])
  })

  it('is erased after 30 days, but for what they earned', async () => {
    const kim = await make('kim', {
      displayName: 'Kim',
      firstName: 'Kim',
      lastName: 'Novak',
      email: 'kim@example.com',
      avatarSource: 'https://img.example/kim.png',
      externalIds: [{ type: 'externalId', value: 'crm-kim' }],
      fields: { country: 'NO' },
    })
    await give(kim, 40)
    await tenant((tx) => createUserKey(tx, { name: 'Kim’s script', memberId: kim.id }, now))
    expect(await rows()).toContain('1 Kim')
    await manage('delete', 'kim')
    now = new Date(days(30).getTime() - 1)
    await manage('restore', 'kim')
    expect(await rowOf(kim)).toMatchObject({ status: 'active', email: 'kim@example.com' })
    await manage('delete', 'kim')
    now = days(60)
    await expect.poll(async () => (await rowOf(kim)).email).toBeNull()
    expect(await rowOf(kim)).toMatchObject({
      status: 'deleted',
      username: expect.stringMatching(/^deleted-/),
      display_name: 'Deleted member',
      first_name: '',
      last_name: '',
      avatar_source: null,
      fields: {},
    })
    const { members, externalIds, keys, xp } = await tenant(async ({ db }) => ({
      members: await db.selectFrom('members').selectAll().execute(),
      externalIds: await db.selectFrom('member_external_ids').selectAll().where('member_id', '=', kim.id).execute(),
      keys: await db.selectFrom('api_keys').selectAll().where('member_id', '=', kim.id).execute(),
      xp: await db.selectFrom('balances').select('amount').where('member_id', '=', kim.id).execute(),
    }))
    expect(JSON.stringify(members)).not.toMatch(/kim|novak/i)
    expect([externalIds, keys, xp]).toEqual([[], [], [{ amount: 40 }]])
    for (const user of ['kim', kim.id]) expect((await manage('restore', user)).code).toBe('not_found')
    expect(await rows()).toEqual(['1 Gil', '2 Hal', '3 Ivo'])
    const again = await make('kim', { email: 'kim@example.com' })
    expect(again.number).toBeGreaterThan(kim.number)
    now = start
  })
})

const history = (query: Record<string, string | number>, key = bearer) =>
  ask(server, 'GET /apis/v1/users/activity/daily', { bearer: key, query })

describe('what a member did', () => {
  let lea: Member

  beforeAll(async () => {
    lea = await make('lea', { email: 'lea@example.com', externalIds: [{ type: 'externalId', value: 'crm-lea' }] })
    // Berlin's 21st to 23rd, by the hour before and after midnight.
    await give(lea, 1, { at: new Date('2026-11-20T22:59:59Z') })
    await give(lea, 10, { at: new Date('2026-11-20T23:00:00Z') })
    await give(lea, 20, { reason: 'message', at: new Date('2026-11-21T22:00:00Z') })
    await give(lea, 3, { reason: 'message', unit: 'currency', at: new Date('2026-11-21T22:00:00Z') })
    await give(lea, 20, { reason: 'message', at: new Date('2026-11-21T22:30:00Z') })
    await give(lea, -15, { at: new Date('2026-11-21T22:45:00Z') })
    await give(lea, 5, { reason: 'reaction' })
    await give(lea, 5, { reason: 'reply' })
  })

  it('is what they earned, by days of the community, newest first', async () => {
    const reply = await history({ identifier: 'LEA@example.com', identifier_type: 'email', days: 3 })
    expect(JSON.parse(reply.text)).toEqual({
      status: 'success',
      message: 'User gamification history fetched successfully',
      data: {
        user_id: String(lea.number),
        range: { start_date: '2026-11-21', end_date: '2026-11-23' },
        totals: { coins: 3, xp: 60 },
        daily_stats: [
          { date: '2026-11-23', coins: 0, xp: 10 },
          { date: '2026-11-22', coins: 0, xp: 0 },
          { date: '2026-11-21', coins: 3, xp: 50 },
        ],
      },
    })
    const body = { identifier: 'lea@example.com', days: 3 }
    const posted = await ask(server, 'POST /apis/v1/users/activity/daily', { bearer, body })
    expect(posted.answer).toEqual(reply.answer)
  })

  it('is of 30 days where nobody says how many, and of each one in summer time too', async () => {
    now = new Date('2026-04-10T12:00:00Z')
    const { answer } = await history({ identifier: 'lea', identifier_type: 'username' })
    now = start
    const dates = answer.daily_stats.map(({ date }) => date)
    expect(new Set(dates).size).toBe(30)
    expect([dates[0], dates.at(-1)]).toEqual(['2026-04-10', '2026-03-12'])
  })

  it('is how often they were rewarded for what', async () => {
    const body = { identifier: 'lea@example.com', identifier_type: 'email', days: 3 }
    const { answer } = await ask(server, 'POST /apis/v1/users/activity/stats', { bearer, body })
    const nothing = { messages: 0, replies: 0, reaction: 0, socials: 0 }
    expect(answer).toEqual({
      user_id: String(lea.number),
      range: { start_date: '2026-11-21', end_date: '2026-11-23' },
      totals: { ...nothing, messages: 2, replies: 1, reaction: 1 },
      daily_stats: [
        { ...nothing, date: '2026-11-23', replies: 1, reaction: 1 },
        { ...nothing, date: '2026-11-22' },
        { ...nothing, date: '2026-11-21', messages: 2 },
      ],
    })
  })

  it('is asked for by each name of theirs, and is nobody else’s', async () => {
    for (const [identifier_type, identifier] of [
      ['id', lea.id],
      ['id', String(lea.number)],
      ['username', 'lea'],
      ['externalId', 'crm-lea'],
    ] as const) {
      expect((await history({ identifier, identifier_type, days: 1 })).answer.totals.xp, identifier).toBe(10)
      // The short number may be somebody else's there.
      expect((await history({ identifier, identifier_type }, other.communityKey)).answer?.totals?.xp).not.toBe(10)
    }
    for (const identifier of ['lea', 'nobody@example.com', '%'])
      expect((await history({ identifier })).code).toBe('not_found')
  })

  it('is refused for no days, for too many, and with what is not known', async () => {
    const identifier = 'lea@example.com'
    for (const [query, path] of [
      [{ identifier, days: 0 }, 'days'],
      [{ identifier, days: 367 }, 'days'],
      [{ identifier, days: 'ten' }, 'days'],
      [{ identifier, identifier_type: 'phone' }, 'identifier_type'],
      [{ days: 1 }, 'identifier'],
      [{ identifier, user: 'x' }, 'user'],
    ] as const)
      expect((await history(query)).paths).toEqual([path])
  })
})
