import { beforeAll, describe, expect, it } from 'vitest'
import { createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { createRole } from '../../packages/server/src/domain/roles.js'
import { ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { earn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date('2026-11-23T12:00:00Z')
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server, { timeZone: 'Asia/Tokyo' })
const other = await testCommunity(server)
const bearer = community.communityKey

const create = (body: object, key = bearer) => ask(server, 'POST /apis/v1/users', { bearer: key, body })
const info = (idOrEmail: string, key = bearer) =>
  ask(server, 'POST /apis/v1/users/info', { bearer: key, body: { idOrEmail } })

describe('creating a member', () => {
  it('answers the member as documented', async () => {
    const reply = await create({
      username: 'amara',
      email: 'Amara@Example.com',
      displayname: 'Amara Okafor',
      firstname: 'Amara',
      lastname: 'Okafor',
      externalId: 'crm-7',
      accessLevel: 1,
      joinServer: true,
      sendEmail: false,
      emailPassword: false,
      emailTemplate: '0',
      customFields: [],
      communityId: community.id,
    })
    expect(reply.status).toBe(201)
    expect(JSON.parse(reply.text)).toEqual({
      status: 'success',
      message: 'User created successfully',
      data: {
        _id: expect.any(String),
        id: '1',
        username: 'amara',
        displayName: 'Amara Okafor',
        firstName: 'Amara',
        lastName: 'Okafor',
        email: 'Amara@Example.com',
        externalId: 'crm-7',
        createdAt: '2026-11-23T12:00:00.000Z',
        updatedAt: '2026-11-23T12:00:00.000Z',
        __v: 0,
      },
    })
  })

  it('needs nothing but a username, which is shown where no other name is', async () => {
    const { answer } = await create({ username: 'bo' })
    expect(answer).toMatchObject({ id: '2', displayName: 'bo', firstName: '', email: null, externalId: null })
  })

  it('gives the role of the access level, where there is one', async () => {
    await community.tenant((tx) => createRole(tx, { title: 'Partner', accessLevel: 5 }, 'community', now))
    for (const [username, accessLevel, roles] of [
      ['partner', 5, ['@all', 'Partner']],
      ['guest', 6, ['@all']],
    ] as const) {
      const { answer } = await create({ username, accessLevel }, community.systemKey)
      expect((await info(username)).answer.roles).toEqual(roles)
      expect(answer.__v).toBe(roles.length - 1)
    }
  })

  it('29: gives no role for a key that may only create users, and creates nobody then', async () => {
    await community.tenant((tx) => createRole(tx, { title: 'Staff', accessLevel: 8 }, 'community', now))
    const reply = await create({ username: 'risen', accessLevel: 8 })
    expect([reply.status, reply.code]).toEqual([403, 'forbidden'])
    expect((await info('risen')).status).toBe(404)
    expect((await create({ username: 'guest2', accessLevel: 9 })).status).toBe(201)
  })

  it.each([
    ['the username', { username: 'amara' }],
    ['the e-mail in other letters', { username: 'amara2', email: 'aMARA@example.COM' }],
    ['the external id', { username: 'amara2', externalId: 'crm-7' }],
  ])('is refused when %s is taken, and leaves nobody behind', async (_, body) => {
    const reply = await create(body)
    expect([reply.status, reply.code]).toEqual([409, 'already_exists'])
    expect((await info('amara2')).status).toBe(404)
  })

  it('takes usernames that differ only by case, and the same in another community', async () => {
    expect((await create({ username: 'Amara' })).status).toBe(201)
    const theirs = await create(
      { username: 'amara', email: 'amara@example.com', externalId: 'crm-7' },
      other.communityKey,
    )
    expect([theirs.status, theirs.answer.id]).toEqual([201, '1'])
  })

  it.each<[string, object, string[]]>([
    ['a password', { password: 'correct horse', confirmPassword: 'correct horse' }, ['password', 'confirmPassword']],
    ['one with a mail', { password: 'correct horse', sendEmail: true }, ['password']],
  ])('leaves a login to its owner, and refuses %s', async (_, more, paths) => {
    const reply = await create({ username: 'later', ...more })
    expect([reply.status, reply.code, reply.paths]).toEqual([400, 'not_supported', paths])
    expect((await info('later')).status).toBe(404)
  })

  it('refuses custom fields that the community does not have', async () => {
    const reply = await create({ username: 'fields', customFields: [{ fieldIdorName: 'city', value: 'Lagos' }] })
    expect([reply.status, reply.code, reply.paths]).toEqual([
      400,
      'unknown_reference',
      ['customFields.0.fieldIdorName'],
    ])
  })

  it.each([
    ['no username', {}],
    ['an empty username', { username: '  ' }],
    ['a username of two lines', { username: 'a\nb' }],
    ['a username too long', { username: 'x'.repeat(101) }],
    ['an e-mail that is none', { username: 'x', email: 'nobody' }],
    ['a role', { username: 'x', role: 'owner' }],
    ['a balance', { username: 'x', xp: 1_000_000 }],
    ['an id', { username: 'x', _id: '01890000-0000-7000-8000-000000000000' }],
  ])('is refused with %s', async (_, body) => {
    expect((await create(body)).code).toBe('invalid_request')
  })

  it('is not there for another community’s id', async () => {
    for (const communityId of [other.id, 'x']) {
      const reply = await create({ username: 'x', communityId })
      expect([reply.status, reply.code]).toEqual([404, 'not_found'])
    }
  })
})

describe('a member’s data', () => {
  let member: Member

  beforeAll(async () => {
    member = await community.tenant((tx) =>
      createMember(tx, { username: 'kofi', email: 'kofi@example.com', firstName: 'Kofi', lastName: 'Mensah' }, now),
    )
    // Tokyo's day began at 15:00 UTC the day before.
    const give = (unit: 'xp' | 'currency', amount: number, at: string) =>
      earn(community, member.id, amount, { unit, at: new Date(at) })
    await give('xp', 100, '2026-11-22T14:59:59Z')
    await give('xp', 20, '2026-11-22T15:00:00Z')
    await give('currency', 50, '2026-11-23T01:00:00Z')
    await give('currency', -30, '2026-11-23T02:00:00Z')
  })

  it('is answered as documented', async () => {
    const reply = await info('kofi')
    expect(JSON.parse(reply.text)).toEqual({
      status: 'success',
      message: 'User fetched successfully',
      data: {
        userId: String(member.number),
        username: 'kofi',
        xp: 120,
        coins: 20,
        roles: ['@all'],
        highestRole: '@all',
        firstName: 'Kofi',
        lastName: 'Mensah',
        xpEarnedToday: 20,
        coinsEarnedToday: 50,
        language: 'en',
        totalMessages: 0,
        totalReactions: 0,
        visitCount: 0,
        replySent: 0,
        timeSpent: 0,
        loginStreak: 0,
        customFields: {},
      },
    })
  })

  it('is read anew for every request, whatever Idempotency-Key it has', async () => {
    await community.tenant((tx) => createMember(tx, { username: 'abena' }, now))
    const read = () =>
      ask(server, 'POST /apis/v1/users/info', {
        bearer: community.communityKey,
        body: { idOrEmail: 'abena' },
        headers: { 'idempotency-key': 'the same' },
      })
    await read()
    await community.tenant(({ db }) =>
      db.updateTable('members').set({ language: 'tw' }).where('username', '=', 'abena').execute(),
    )
    const { answer, headers } = await read()
    expect([answer.language, headers.has('idempotent-replayed')]).toEqual(['tw', false])
  })

  it('is found by id, short number, e-mail in any case, and username', async () => {
    for (const name of [member.id, String(member.number), 'KOFI@example.com', 'kofi'])
      expect((await info(name)).answer.username).toBe('kofi')
  })

  it('is found by id, number and e-mail, also where another calls themself that', async () => {
    for (const name of [member.id, String(member.number), 'kofi@example.com']) {
      await community.tenant((tx) => createMember(tx, { username: name }, now))
      expect((await info(name)).answer.username).toBe('kofi')
    }
  })

  it('counts a day’s gains as far as a number can be read exactly', async () => {
    const rich = await community.tenant((tx) => createMember(tx, { username: 'rich' }, now))
    const most = Number.MAX_SAFE_INTEGER
    for (const amount of [most, -most, most]) await earn(community, rich.id, amount, { at: now })
    expect((await info('rich')).answer.xpEarnedToday).toBe(most)
  })

  it('is not there by any other name, in another community, or after it was deleted', async () => {
    for (const name of ['Kofi', 'nobody', '0', '1e1', `${member.id} `, "' or 1=1 --", '%'])
      expect((await info(name)).code, name).toBe('not_found')
    for (const name of [member.id, 'kofi', 'kofi@example.com'])
      expect((await info(name, other.systemKey)).code, name).toBe('not_found')
    await community.tenant((tx) =>
      tx.db.updateTable('members').set({ status: 'deleted' }).where('id', '=', member.id).execute(),
    )
    expect((await info('kofi')).code).toBe('not_found')
    now = new Date(now.getTime() + 1)
  })
})
