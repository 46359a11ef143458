import { beforeAll, describe, expect, it } from 'vitest'
import { createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { changeRoles, createRole } from '../../packages/server/src/domain/roles.js'
import { ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { missingId, signedIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date('2026-11-23T12:00:00Z')
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server, { timeZone: 'Europe/Berlin' })
const other = await testCommunity(server)
const bearer = community.communityKey
let member: Member
let theirs: Member

beforeAll(async () => {
  member = await community.tenant((tx) => createMember(tx, { username: 'amara' }, now))
  theirs = await other.tenant((tx) => createMember(tx, { username: 'amara' }, now))
})

const create = (body: object, key = bearer) => ask(server, 'POST /v1/leaderboards', { bearer: key, body })
const one = (leaderboardId: string) => ({ bearer, params: { leaderboardId } })
const read = (id: string, query = {}) => ask(server, 'GET /v1/leaderboards/{leaderboardId}', { ...one(id), query })
const patch = (id: string, body: object) => ask(server, 'PATCH /v1/leaderboards/{leaderboardId}', { ...one(id), body })
const remove = (id: string) => ask(server, 'DELETE /v1/leaderboards/{leaderboardId}', one(id))
const list = (query: Record<string, string | number> = {}, key = bearer) =>
  ask(server, 'GET /v1/leaderboards', { bearer: key, query })

/** The moments that a board counts between. */
async function span(id: string) {
  const row = await community.tenant((tx) =>
    tx.db.selectFrom('leaderboards').select(['starts_at', 'ends_at']).where('id', '=', id).executeTakeFirstOrThrow(),
  )
  return [row.starts_at?.toISOString() ?? null, row.ends_at?.toISOString() ?? null]
}

describe('a leaderboard', () => {
  it('needs nothing but a name', async () => {
    const reply = await create({ name: 'Weekly stars!' })
    expect(reply.status).toBe(201)
    expect(JSON.parse(reply.text)).toEqual({
      meta: { status: 'success', statusCode: 201 },
      message: 'Leaderboard created successfully',
      data: {
        _id: expect.any(String),
        communityID: community.id,
        name: 'Weekly stars!',
        slug: 'weekly-stars',
        description: '',
        image: '',
        rankingField: 'xp',
        rankBy: 'xp',
        displayedColumns: [
          { column: 'name', visible: true, order: 0 },
          { column: 'score', visible: true, order: 1 },
        ],
        displayedFields: ['name', 'score'],
        nameDisplay: 'full',
        topRankOnly: false,
        topRankLimit: null,
        onlyPositiveRanks: false,
        requiresOptIn: false,
        segmentOf: null,
        prizes: [],
        prizeTerms: '',
        reviewHours: null,
        includeDummyUsers: false,
        startDate: null,
        endDate: null,
        hasNoEndDate: true,
        timeZone: null,
        startTime: null,
        endTime: null,
        allowedTimeFilters: ['all-time', 'yearly', 'monthly', 'weekly', 'daily'],
        allowedUsersToRank: [],
        allowedRolesToRank: [],
        allowedTagsToRank: [],
        allowedFieldsToRank: {},
        allowedUsersToView: [],
        allowedRolesToView: [],
        allowedTagsToView: [],
        isEnabled: true,
        isPreviewEnabled: false,
        displayOrder: 0,
        widget: { enabled: true, whitelistedDomains: [], size: null, button: { enabled: false, text: '', link: '' } },
        isCounting: false,
        createdAt: '2026-11-23T12:00:00.000Z',
        updatedAt: '2026-11-23T12:00:00.000Z',
        __v: 0,
      },
    })
  })

  it('keeps everything that is documented, as it was given', async () => {
    const given = {
      name: 'Everything',
      slug: 'everything-2026',
      description: 'All of it,\nin two lines',
      image: 'https://img.example/board.png',
      rankingField: 'currencies',
      displayedColumns: [
        { column: 'score', visible: true, order: 0 },
        { column: 'name', visible: true, order: 1 },
        { column: 'level', visible: false, order: 2 },
      ],
      nameDisplay: 'initials',
      topRankOnly: true,
      topRankLimit: 100,
      onlyPositiveRanks: true,
      requiresOptIn: true,
      prizes: [
        { from: 1, to: 1, title: 'Boots', description: 'New ones', amount: { unit: 'currency', amount: 500 } },
        { from: 2, to: 10, title: 'Socks', link: 'https://one.example/socks' },
      ],
      prizeTerms: 'https://one.example/terms',
      reviewHours: 48,
      includeDummyUsers: true,
      startDate: '2026-01-01',
      endDate: '2026-12-31',
      hasNoEndDate: false,
      timeZone: 5.3,
      startTime: { hours: 9, minutes: 30, ampm: 'am' },
      endTime: { hours: 6, minutes: 0, ampm: 'PM' },
      allowedTimeFilters: ['all-time', 'monthly'],
      allowedUsersToRank: [member.id],
      allowedUsersToView: [member.id],
      isEnabled: false,
      isPreviewEnabled: true,
      displayOrder: 7,
      widget: {
        enabled: false,
        whitelistedDomains: ['https://one.example'],
        size: { type: 'custom', value: { width: 320, height: 600 } },
        button: { enabled: true, text: 'Join', link: 'https://one.example/join' },
      },
    }
    const { status, answer } = await create(given)
    expect(status).toBe(201)
    expect(answer).toMatchObject({ ...given, rankBy: 'currencies', displayedFields: ['score', 'name'] })
    expect((await read(answer._id)).answer).toEqual(answer)
  })

  it('reads the older spellings', async () => {
    const { answer } = await create({
      name: 'Old',
      rankBy: 'currencies',
      displayedFields: ['name', 'score', 'level'],
      displayFieldsOrder: ['level', 'name'],
    })
    expect(answer).toMatchObject({ rankingField: 'currencies', displayedFields: ['level', 'name', 'score'] })
    const both = await create({ name: 'Both', rankBy: 'currencies', rankingField: 'xp' })
    expect(both.answer.rankingField).toBe('xp')
  })

  it('gets a slug of its own, or is refused one that is in use', async () => {
    expect((await create({ name: 'Weekly Stars' })).answer.slug).toBe('weekly-stars-2')
    expect((await create({ name: '人気' })).answer.slug).toBe('board')
    const taken = await create({ name: 'x', slug: 'weekly-stars' })
    expect([taken.status, taken.code]).toEqual([409, 'already_exists'])
    expect((await create({ name: 'x', slug: 'weekly-stars' }, other.communityKey)).status).toBe(201)
  })

  it.each<[string, object, string, string[]]>([
    ['a slug with a capital', { slug: 'Weekly' }, 'invalid_request', ['slug']],
    [
      'a script for a link',
      {
        widget: {
          enabled: true,
          whitelistedDomains: [],
          size: null,
          button: { enabled: true, text: '', link: 'javascript:alert(1)' },
        },
      },
      'invalid_request',
      ['widget.button.link'],
    ],
    [
      'a domain that is no origin',
      {
        widget: {
          enabled: true,
          whitelistedDomains: ['one.example'],
          size: null,
          button: { enabled: false, text: '', link: '' },
        },
      },
      'invalid_request',
      ['widget.whitelistedDomains.0'],
    ],
    [
      'too many columns',
      { displayedColumns: Array(51).fill({ column: 'x', visible: true, order: 0 }) },
      'invalid_request',
      ['displayedColumns'],
    ],
    ['no period', { allowedTimeFilters: [] }, 'invalid_request', ['allowedTimeFilters']],
    ['top ranks without a number', { topRankOnly: true }, 'invalid_request', ['topRankLimit']],
    ['an end before its start', { startDate: '2026-02-02', endDate: '2026-02-01' }, 'invalid_request', ['endDate']],
    ['a day that is none', { startDate: '2026-02-30' }, 'invalid_request', ['startDate']],
    [
      'a time zone that is none',
      { startDate: '2026-02-01', timeZone: 'Mars/Olympus' },
      'invalid_request',
      ['timeZone'],
    ],
    ['hours that are no zone', { startDate: '2026-02-01', timeZone: 5.17 }, 'invalid_request', ['timeZone']],
    [
      'a member that is not here',
      { allowedUsersToRank: ['01890000-0000-7000-8000-000000000000'] },
      'unknown_reference',
      ['allowedUsersToRank.0'],
    ],
    [
      'a role that is not here',
      { allowedRolesToView: ['x', 'y'] },
      'unknown_reference',
      ['allowedRolesToView.0', 'allowedRolesToView.1'],
    ],
    ['a tag that is not here', { allowedTagsToRank: ['x'] }, 'unknown_reference', ['allowedTagsToRank.0']],
  ])('is refused with %s', async (_, fields, code, paths) => {
    const reply = await create({ name: 'x', ...fields })
    expect([reply.status, reply.code, reply.paths]).toEqual([400, code, paths])
  })

  it('cannot name another community’s members', async () => {
    const reply = await create({ name: 'x', allowedUsersToView: [member.id, theirs.id] })
    expect([reply.code, reply.paths]).toEqual(['unknown_reference', ['allowedUsersToView.1']])
  })
})

describe('the time of a board', () => {
  it.each<[string, object, [string | null, string | null]]>([
    [
      'days in the community’s zone, to the end of the last',
      { startDate: '2026-07-01', endDate: '2026-07-31' },
      ['2026-06-30T22:00:00.000Z', '2026-07-31T22:00:00.000Z'],
    ],
    [
      'days in a zone by name',
      { startDate: '2026-07-01', timeZone: 'America/New_York' },
      ['2026-07-01T04:00:00.000Z', null],
    ],
    [
      'days in a zone by hours, minutes after the point',
      { startDate: '2026-07-01', timeZone: 5.3 },
      ['2026-06-30T18:30:00.000Z', null],
    ],
    [
      'days in a zone by hours, part of an hour after the point',
      { startDate: '2026-07-01', timeZone: -3.5 },
      ['2026-07-01T03:30:00.000Z', null],
    ],
    ['a zone of three quarters', { startDate: '2026-07-01', timeZone: 5.45 }, ['2026-06-30T18:15:00.000Z', null]],
    [
      'times of day',
      {
        startDate: '2026-07-01',
        startTime: { hours: 12, minutes: 0, ampm: 'am' },
        endDate: '2026-07-01',
        endTime: { hours: 12, minutes: 15, ampm: 'pm' },
        timeZone: 0,
      },
      ['2026-07-01T00:00:00.000Z', '2026-07-01T12:15:00.000Z'],
    ],
    [
      'times of day by 24 hours',
      { startDate: '2026-07-01', startTime: { hours: 18, minutes: 5 }, timeZone: 0 },
      ['2026-07-01T18:05:00.000Z', null],
    ],
    [
      'moments',
      { startDate: '2026-07-01T10:20:30.000Z', endDate: '2026-07-02T00:00:00Z', timeZone: 5.3 },
      ['2026-07-01T10:20:30.000Z', '2026-07-02T00:00:00.000Z'],
    ],
    [
      'moments that only name the day',
      { startDate: '2026-07-01T00:00:00.000Z', startTime: { hours: 9, minutes: 0 }, timeZone: 5.3 },
      ['2026-07-01T03:30:00.000Z', null],
    ],
    ['no end, whatever stands beside it', { endDate: '2026-07-31', hasNoEndDate: true }, [null, null]],
  ])('can be %s', async (_, fields, expected) => {
    const { status, answer, text } = await create({ name: 'Times', ...fields })
    expect(status, text).toBe(201)
    expect(await span(answer._id)).toEqual(expected)
  })

  it.each<[string, object, string]>([
    ['past the years that are written with four digits', { startDate: '9999-12-31', timeZone: -12 }, 'startDate'],
    ['before there were computers to count', { endDate: '1969-01-01' }, 'endDate'],
    ['in a zone that is none, even without a day', { timeZone: 'garbage' }, 'timeZone'],
  ])('cannot be %s', async (_, fields, path) => {
    const reply = await create({ name: 'Times', ...fields })
    expect([reply.status, reply.paths]).toEqual([400, [path]])
  })
})

describe('changing a board', () => {
  it('changes what was sent and nothing else', async () => {
    const before = (await create({ name: 'Before', description: 'Stays', startDate: '2026-01-01' })).answer
    now = new Date(now.getTime() + 1000)
    const { status, answer } = await patch(before._id, { name: 'After', endDate: '2026-12-31' })
    expect(status).toBe(200)
    expect(answer).toEqual({
      ...before,
      name: 'After',
      endDate: '2026-12-31',
      hasNoEndDate: false,
      updatedAt: now.toISOString(),
      __v: 1,
    })
    expect((await patch(before._id, {})).answer).toMatchObject({ name: 'After', __v: 2 })
  })

  it('keeps every one of many changes at once', async () => {
    const { _id } = (await create({ name: 'Race' })).answer
    await Promise.all([
      patch(_id, { image: 'https://img.example/1.png' }),
      patch(_id, { includeDummyUsers: true }),
      patch(_id, { isPreviewEnabled: true }),
      patch(_id, { displayedFields: ['name'] }),
      patch(_id, { startDate: '2026-01-01' }),
    ])
    expect((await read(_id)).answer).toMatchObject({
      image: 'https://img.example/1.png',
      includeDummyUsers: true,
      isPreviewEnabled: true,
      displayedFields: ['name'],
      startDate: '2026-01-01',
      __v: 5,
    })
  })

  it('cannot rename a board to one that is there, and may give it its own name again', async () => {
    const first = (await create({ name: 'First one' })).answer
    const second = (await create({ name: 'Second one' })).answer
    expect((await patch(second._id, { slug: first.slug })).code).toBe('already_exists')
    expect((await patch(second._id, { slug: second.slug })).status).toBe(200)
    expect((await patch(second._id, { slug: 'renamed' })).answer.slug).toBe('renamed')
  })

  it('cannot touch what is not an operator’s to set', async () => {
    const { _id } = (await create({ name: 'Fixed' })).answer
    for (const fields of [{ _id: 'x' }, { communityID: other.id }, { __v: 9 }, { createdAt: now.toISOString() }])
      expect((await patch(_id, fields)).code).toBe('invalid_request')
  })
})

describe('deleting a board', () => {
  it('answers its id, and then it is gone', async () => {
    const { _id } = (await create({ name: 'Short-lived' })).answer
    const reply = await remove(_id)
    expect(JSON.parse(reply.text)).toMatchObject({ message: 'Leaderboard deleted successfully', data: { _id } })
    expect((await read(_id)).status).toBe(404)
    expect((await remove(_id)).status).toBe(404)
  })
})

describe('the list of boards', () => {
  const lists = testCommunity(server)

  beforeAll(async () => {
    const { communityKey } = await lists
    for (const [n, name] of ['Cherry', 'apple', 'Banana 100%', 'banana_split', 'Date'].entries()) {
      now = new Date(now.getTime() + 1000)
      await create({ name, displayOrder: 9 - n }, communityKey)
    }
  })
  const names = async (query: Record<string, string | number>) =>
    (await list(query, (await lists).communityKey)).answer.map(({ name }) => name)

  it('comes in pages, newest first', async () => {
    const { communityKey } = await lists
    const first = await list({ limit: 2 }, communityKey)
    expect(JSON.parse(first.text)).toMatchObject({
      meta: { status: 'success', statusCode: 200, page: 1, limit: 2, total: 5 },
      message: 'Leaderboards fetched successfully',
    })
    expect(first.answer.map(({ name }) => name)).toEqual(['Date', 'banana_split'])
    expect(await names({ limit: 2, page: 3 })).toEqual(['Cherry'])
    expect(await names({ limit: 2, page: 4 })).toEqual([])
    expect(await names({})).toHaveLength(5)
  })

  it('is sorted as asked', async () => {
    expect(await names({ sort: 'createdAt:asc' })).toEqual(['Cherry', 'apple', 'Banana 100%', 'banana_split', 'Date'])
    expect((await names({ sort: 'displayOrder:asc' }))[0]).toBe('Date')
    expect((await names({ sort: 'slug:asc' }))[0]).toBe('apple')
  })

  it('is searched in name and slug, without regard to case and without patterns', async () => {
    expect((await names({ search: 'keyword:BANANA' })).sort()).toEqual(['Banana 100%', 'banana_split'])
    expect(await names({ search: 'keyword:100%' })).toEqual(['Banana 100%'])
    expect(await names({ search: 'keyword:a_s' })).toEqual(['banana_split'])
    expect(await names({ search: 'keyword:%' })).toEqual(['Banana 100%'])
    expect(await names({ search: 'keyword:nothing' })).toEqual([])
  })

  it('holds only the fields that were asked for', async () => {
    const { answer } = await list({ fields: 'name, slug', limit: 1 }, (await lists).communityKey)
    expect(answer).toEqual([{ _id: expect.any(String), name: 'Date', slug: 'date' }])
    const single = await ask(server, 'GET /v1/leaderboards/{leaderboardId}', {
      bearer: (await lists).communityKey,
      params: { leaderboardId: answer[0]!._id },
      query: { fields: 'name' },
    })
    expect(single.answer).toEqual({ _id: answer[0]!._id, name: 'Date' })
    const unknown = await list({ fields: 'name,secret' }, (await lists).communityKey)
    expect([unknown.code, unknown.paths]).toEqual(['invalid_request', ['fields']])
  })
})

describe('another community’s board', () => {
  it('is not there, in the same words as one that never was', async () => {
    const foreign = (await create({ name: 'Theirs' }, other.communityKey)).answer
    const same = ({ status, text, requestId }: { status: number; text: string; requestId: string | undefined }) => [
      status,
      text.replace(requestId!, ''),
    ]
    for (const id of [foreign._id, foreign.slug, 'not-an-id']) {
      expect(same(await read(id))).toEqual(same(await read(missingId)))
      expect(same(await patch(id, { name: 'Mine' }))).toEqual(same(await patch(missingId, { name: 'Mine' })))
      expect(same(await remove(id))).toEqual(same(await remove(missingId)))
      expect((await read(id)).status).toBe(404)
    }
    expect((await list({ limit: 100 })).answer.map(({ _id }) => _id)).not.toContain(foreign._id)
    expect((await list({ search: 'keyword:theirs' })).answer).toEqual([])
  })
})

it('is what an owner and administrators do by login too, and it is written down', async () => {
  const owner = await signedIn(server, community, { username: 'owner', role: 'owner' }, now)
  const deputy = await signedIn(server, community, { username: 'deputy' }, now)
  const plain = await signedIn(server, community, { username: 'plain' }, now)
  await community.tenant(async (tx) => {
    const serverPermissions = { server_administrator: true }
    const role = await createRole(tx, { title: 'Deputy', serverPermissions }, 'community', now)
    await changeRoles(tx, deputy, { add: [role.id] }, now)
  })
  const query = { serverId: community.id }
  for (const who of [owner, deputy]) {
    const as = { bearer: who.bearer, query }
    const { answer: made } = await ask(server, 'POST /v1/leaderboards', { ...as, body: { name: 'By login' } })
    const params = { leaderboardId: made._id }
    now = new Date(now.getTime() + 1)
    const changed = await ask(server, 'PATCH /v1/leaderboards/{leaderboardId}', { ...as, params, body: { name: 'So' } })
    expect(changed.answer.name).toBe('So')
    expect((await ask(server, 'GET /v1/leaderboards/{leaderboardId}', { ...as, params })).answer).toEqual(
      changed.answer,
    )
    expect((await ask(server, 'GET /v1/leaderboards', as)).answer).toContainEqual(changed.answer)
    expect((await ask(server, 'GET /v1/leaderboards/{leaderboardId}/winners', { ...as, params })).answer).toEqual([])
    now = new Date(now.getTime() + 1)
    expect((await ask(server, 'DELETE /v1/leaderboards/{leaderboardId}', { ...as, params })).status).toBe(200)
    const log = await ask(server, 'GET /v1/audit', { bearer: community.systemKey, query: { limit: 3 } })
    expect(log.answer.items.map(({ operation, actor }) => [operation.split(' ')[0], actor._id])).toEqual(
      ['DELETE', 'PATCH', 'POST'].map((method) => [method, who.id]),
    )
    now = new Date(now.getTime() + 1)
  }
  const refused = await ask(server, 'POST /v1/leaderboards', { bearer: plain.bearer, query, body: { name: 'No' } })
  expect([refused.status, refused.code]).toEqual([403, 'forbidden'])
  const elsewhere = await ask(server, 'GET /v1/leaderboards', { bearer: owner.bearer, query: { serverId: other.id } })
  expect(elsewhere.code).toBe('not_found')
})
