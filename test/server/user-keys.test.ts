import { createHash, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createUserKey } from '../../packages/server/src/domain/keys/keys.js'
import type { Member } from '../../packages/server/src/domain/members/members.js'
import { type Ask, ask, heldRequest } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { missingId, type Person, signedIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date()
const server = await startTestServer({ clock: () => now })
let community: TestCommunity
const soon = (seconds: number) => new Date(now.getTime() + seconds * 1000)

const person = (username: string) => signedIn(server, community, { username, email: `${username}@example.com` }, now)

const as = ({ bearer }: Person): Ask => ({ bearer, query: { serverId: community.id } })
const create = (who: Person, body: object = {}, more: Ask = {}) =>
  ask(server, 'POST /apis/v1/users/{userId}/api-keys', {
    ...as(who),
    params: { userId: who.id },
    body: { name: 'My script', permissions: ['readOwnProfile', 'sendMessages'], ...body },
    ...more,
  })
const list = (who: Person, userId = who.id) =>
  ask(server, 'GET /apis/v1/users/{userId}/api-keys', { ...as(who), params: { userId } })
const update = (who: Person, keyId: string, body: object, userId = who.id) =>
  ask(server, 'PUT /apis/v1/users/{userId}/api-keys/{keyId}', { ...as(who), params: { userId, keyId }, body })
const remove = (who: Person, keyId: string, userId = who.id) =>
  ask(server, 'DELETE /apis/v1/users/{userId}/api-keys/{keyId}', { ...as(who), params: { userId, keyId } })
const info = (key: string, idOrEmail: string) =>
  ask(server, 'POST /apis/v1/users/info', { bearer: key, body: { idOrEmail } })
const itself = (key: string, more: Ask = {}) => ask(server, 'GET /apis/v1/api-key', { bearer: key, ...more })
const rowsOf = (keyId: string) =>
  community.tenant(({ db }) =>
    db.selectFrom('api_keys').selectAll().where('community_id', '=', community.id).where('id', '=', keyId).execute(),
  )
const setStatus = (id: string, status: Member['status']) =>
  community.tenant(({ db }) =>
    db.updateTable('members').set({ status }).where('community_id', '=', community.id).where('id', '=', id).execute(),
  )

let amara: Person
let bo: Person
beforeAll(async () => {
  community = await testCommunity(server, { at: now })
  amara = await person('amara')
  bo = await person('bo')
})

describe('a user key', () => {
  it('34: is made by whoever signed in, shown once, and kept as a hash', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const { status, answer } = await create(amara, {}, { headers })
    expect(status).toBe(201)
    const { key, keyState, ...shown } = answer
    expect([key, keyState]).toEqual([expect.stringMatching(/^rai_uk_\w{49}$/), 'shown'])
    expect(shown).toEqual({
      _id: shown._id,
      userId: amara.id,
      name: 'My script',
      permissions: ['readOwnProfile', 'sendMessages'],
      channelIds: null,
      isActive: true,
      expireDate: null,
      hint: `rai_uk_…${key!.slice(-4)}`,
      lastUsedAt: null,
      createdAt: now.toISOString(),
      __v: 0,
    })
    const again = await create(amara, {}, { headers })
    expect(again.answer).toEqual({ ...shown, key: null, keyState: 'shown_before' })
    expect((await list(amara)).answer).toEqual([shown])
    const [row] = await rowsOf(shown._id)
    expect(row!.hash).toEqual(createHash('sha256').update(key!).digest())
    expect(JSON.stringify(row)).not.toContain(key)
  })

  it('is made at the older documented path and by its body as well', async () => {
    const { status, answer } = await ask(server, 'POST /apis/v1/users/apikeys', {
      bearer: amara.bearer,
      query: { userId: amara.id, serverId: community.id },
      body: {
        name: 'Documented',
        permissions: ['sendMessages'],
        expirePeriod: 0,
        expireDate: '',
        communityId: community.id,
      },
    })
    expect([status, answer.userId, answer.expireDate]).toEqual([201, amara.id, null])
    expect((await itself(answer.key!)).answer.name).toBe('Documented')
  })

  it('tells about itself, and when it was used last', async () => {
    const { key, keyState: _, ...shown } = (await create(amara)).answer
    const used = { ...shown, lastUsedAt: now.toISOString() }
    expect((await itself(key!)).status).toBe(200)
    await expect.poll(async () => (await itself(key!)).answer).toEqual(used)
  })

  it('reads its owner, however named, and learns of nobody else', async () => {
    const key = (await create(amara)).answer.key!
    for (const name of [amara.id, amara.username, 'AMARA@example.com'])
      expect((await info(key, name)).answer.username).toBe('amara')
    const refusals = []
    for (const name of [bo.id, 'bo', 'bo@example.com', 'nobody', missingId])
      refusals.push(((reply) => [reply.status, reply.text.replace(reply.requestId!, '')])(await info(key, name)))
    expect(refusals).toEqual(Array(5).fill(refusals[0]))
    expect(refusals[0]![0]).toBe(404)
    const record = (userId: string) => ask(server, 'GET /apis/v1/users/{userId}', { bearer: key, params: { userId } })
    expect((await record(amara.id)).answer).toMatchObject({ _id: amara.id, username: 'amara' })
    expect([(await record(bo.id)).status, (await record(missingId)).status]).toEqual([404, 404])
  })

  it('does only what it was given', async () => {
    const { key, _id } = (await create(amara, { permissions: ['readOwnMessages'] })).answer
    const channels = () => ask(server, 'GET /apis/v1/channels', { bearer: key! })
    for (const reply of [await info(key!, 'amara'), await channels()])
      expect([reply.status, reply.code]).toEqual([403, 'forbidden'])
    await update(amara, _id, { permissions: ['readOwnProfile'] })
    expect([(await info(key!, 'amara')).status, (await channels()).status]).toEqual([200, 403])
  })

  it('makes no keys, and is none of the community’s', async () => {
    const { key, _id: keyId } = (await create(amara)).answer
    expect((await create({ ...amara, bearer: key! })).status).toBe(403)
    expect((await list({ ...amara, bearer: key! })).status).toBe(403)
    const { systemKey: bearer } = community
    const { answer } = await ask(server, 'GET /v1/keys', { bearer, query: { limit: 100 } })
    expect(answer.map(({ _id }) => _id)).not.toContain(keyId)
    const params = { keyId }
    for (const { status } of [
      await ask(server, 'GET /v1/keys/{keyId}', { bearer, params }),
      await ask(server, 'PATCH /v1/keys/{keyId}', { bearer, params, body: { name: 'Taken' } }),
      await ask(server, 'POST /v1/keys/{keyId}/rotate', { bearer, params, body: {} }),
      await ask(server, 'DELETE /v1/keys/{keyId}', { bearer, params }),
    ])
      expect(status).toBe(404)
  })

  it('35: is refused where a browser sends it', async () => {
    const key = (await create(amara)).answer.key!
    const reply = await itself(key, { origin: community.origin })
    expect([reply.status, reply.code]).toEqual([403, 'secret_key_in_browser'])
  })

  it('sees the channels that its owner sees, of those that it is for', async () => {
    const channel = async (body: object) =>
      (await ask(server, 'POST /api/v1/channels', { bearer: community.systemKey, body })).answer._id
    const open = await channel({ topic: 'Open', channelType: 'open' })
    const own = await channel({ topic: 'With Amara', channelType: 'direct', allowedUsers: [amara.id], order: 1 })
    const others = await channel({ topic: 'With Bo', channelType: 'direct', allowedUsers: [bo.id] })
    const seenBy = async (key: string) =>
      (await ask(server, 'GET /apis/v1/channels', { bearer: key })).answer.map(({ _id }) => _id)
    expect(await seenBy((await create(amara)).answer.key!)).toEqual([open, own])
    const { key, _id } = (await create(amara, { channelIds: [own] })).answer
    expect(await seenBy(key!)).toEqual([own])
    await update(amara, _id, { channelIds: null })
    expect(await seenBy(key!)).toEqual([open, own])
    for (const channelId of [others, missingId, 'x']) {
      const { code, paths } = await create(amara, { channelIds: [channelId] })
      expect([code, paths]).toEqual(['unknown_reference', ['channelIds.0']])
    }
    await update(amara, _id, { channelIds: [own] })
    const params = { channelId: own }
    await ask(server, 'DELETE /api/v1/channels/{channelId}', { bearer: community.systemKey, params })
    expect(await seenBy(key!)).toEqual([])
  })
})

describe('a user key ends', () => {
  it('34: from the next request on when it is deleted, for ever, and nothing is left of it', async () => {
    const { key, _id } = (await create(amara)).answer
    expect((await itself(key!)).status).toBe(200)
    expect((await remove(amara, _id)).answer).toEqual({ _id })
    expect((await itself(key!)).status).toBe(401)
    expect(await rowsOf(_id)).toEqual([])
    expect((await list(amara)).answer.map((one) => one._id)).not.toContain(_id)
    for (const { status } of [await remove(amara, _id), await update(amara, _id, { isActive: true })])
      expect(status).toBe(404)
  })

  it('while it is not active', async () => {
    const { key, _id } = (await create(amara, { isActive: false })).answer
    expect((await itself(key!)).status).toBe(401)
    expect((await update(amara, _id, { isActive: true })).answer).toMatchObject({ isActive: true, __v: 1 })
    expect((await itself(key!)).status).toBe(200)
    await update(amara, _id, { isActive: false })
    expect((await itself(key!)).status).toBe(401)
  })

  it('when its time is over', async () => {
    const who = await person('timed')
    const { key, _id, expireDate } = (await create(who, { expireDate: soon(60).toISOString() })).answer
    expect(expireDate).toBe(soon(60).toISOString())
    now = soon(60)
    expect((await itself(key!)).status).toBe(401)
    await update(who, _id, { expireDate: '' })
    expect((await itself(key!)).status).toBe(200)
  })

  it.each<[object, number | null]>([
    [{}, null],
    [{ expirePeriod: 0, expireDate: '' }, null],
    [{ expirePeriod: 180 }, 180],
    [{ expirePeriod: 180, expireDate: '' }, 180],
  ])('with %j after so many days: %s', async (body, days) => {
    const { answer } = await create(amara, body)
    expect(answer.expireDate).toBe(days && soon(days * 86_400).toISOString())
  })

  it('when it is said, whatever the period says, but not in the past', async () => {
    const { answer } = await create(amara, { expirePeriod: 180, expireDate: soon(60).toISOString() })
    expect(answer.expireDate).toBe(soon(60).toISOString())
    expect((await update(amara, answer._id, { name: 'Renamed' })).answer.expireDate).toBe(answer.expireDate)
    const past = await create(amara, { expireDate: soon(-60).toISOString() })
    expect([past.status, past.paths]).toEqual([400, ['expireDate']])
  })

  it.each([
    ['suspended', 403],
    ['banned', 403],
    ['deleted', 401],
  ] as const)('while its owner is %s', async (status, refusal) => {
    const who = await person(`to be ${status}`.replaceAll(' ', '.'))
    const key = (await create(who)).answer.key!
    await setStatus(who.id, status)
    expect((await itself(key)).status).toBe(refusal)
    await setStatus(who.id, 'active')
    expect((await itself(key)).status).toBe(200)
  })

  it('with its owner, also for what is on its way', async () => {
    const who = await person('leaver')
    const { key } = (await create(who)).answer
    const held = heldRequest(server, {
      method: 'POST',
      path: '/apis/v1/users/info',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ idOrEmail: who.id }),
    })
    await expect.poll(async () => (await list(who)).answer[0]!.lastUsedAt).not.toBeNull()
    await setStatus(who.id, 'banned')
    expect((await held.finish()).code).toBe('banned')
  })
})

describe('the keys of a member', () => {
  it('are nobody else’s to see or change', async () => {
    const { _id } = (await create(amara)).answer
    for (const reply of [
      await list(bo, amara.id),
      await create(bo, {}, { params: { userId: amara.id } }),
      await update(bo, _id, { name: 'Taken' }, amara.id),
      await update(bo, _id, { name: 'Taken' }),
      await remove(bo, _id, amara.id),
      await remove(bo, _id),
    ])
      expect([reply.status, reply.code]).toEqual([404, 'not_found'])
  })

  it('are listed and revoked by the system key, which makes and changes none', async () => {
    const { _id, key } = (await create(bo)).answer
    const operator: Person = { ...bo, bearer: community.systemKey }
    expect((await list(operator)).answer).toEqual((await list(bo)).answer)
    expect((await create(operator)).status).toBe(403)
    expect((await update(operator, _id, { name: 'Taken' })).status).toBe(403)
    expect((await list(operator, missingId)).status).toBe(404)
    expect((await remove(operator, _id)).status).toBe(200)
    expect((await itself(key!)).status).toBe(401)
  })

  it('are at most 50, however many are asked for at once', async () => {
    const many = await person('many')
    await community.tenant(async (tx) => {
      for (let n = 0; n < 48; n++) await createUserKey(tx, { name: `Key ${n}`, memberId: many.id }, now)
    })
    const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await create(many)).status))
    expect(statuses.sort()).toEqual([201, 201, 409, 409, 409])
    await remove(many, (await list(many)).answer[0]!._id)
    expect((await create(many)).status).toBe(201)
  })

  it.each<[string, object, string[]]>([
    ['no name', { name: undefined }, ['name']],
    ['no permissions', { permissions: undefined }, ['permissions']],
    ['a back-end’s permission', { permissions: ['createUser'] }, ['permissions.0']],
    ['no channel at all', { channelIds: [] }, ['channelIds']],
    ['a secret of its own', { key: 'rai_uk_x' }, ['key']],
  ])('are not made with %s', async (_, body, paths) => {
    const reply = await create(amara, body)
    expect([reply.status, reply.paths]).toEqual([400, paths])
  })
})

describe('a key that may change its owner’s record', () => {
  const change = (bearer: string, body: object, query = {}) => ask(server, 'PATCH /apis/v1/me', { bearer, body, query })
  const keyOf = async (who: Person, permission = 'updateOwnProfile') =>
    (await create(who, { permissions: [permission] })).answer.key!

  it('changes what members say of themselves, and nothing that is not sent', async () => {
    const cai = await person('cai')
    const key = await keyOf(cai)
    const all = { displayName: 'Cai L.', visibility: 'hidden', timeZone: 'Asia/Tokyo' }
    const { status, answer } = await change(key, all)
    expect([status, answer]).toEqual([200, { _id: cai.id, ...all, avatar: null, __v: expect.any(Number) }])
    const source = 'https://img.example/cai.png'
    const { answer: after } = await change(key, { timeZone: null, avatarUrl: source })
    expect(after).toMatchObject({ ...all, timeZone: null })
    const cais = () =>
      community.tenant((tx) =>
        tx.db.selectFrom('members').selectAll().where('id', '=', cai.id).executeTakeFirstOrThrow(),
      )
    expect(await cais()).toMatchObject({ avatar_source: source, display_name: 'Cai L.', visibility: 'hidden' })
    const { answer: last } = await change(cai.bearer, { avatarUrl: null }, { serverId: community.id })
    expect([last.avatar, (await cais()).avatar_source, last.displayName]).toEqual([null, null, 'Cai L.'])
  })

  it('changes nothing without the permission, and nobody else', async () => {
    expect((await change(await keyOf(amara, 'readOwnProfile'), { displayName: 'X' })).code).toBe('forbidden')
    await change(await keyOf(amara), { displayName: 'Amara O.' })
    const names = await community.tenant((tx) =>
      tx.db.selectFrom('members').select(['username', 'display_name']).where('id', 'in', [amara.id, bo.id]).execute(),
    )
    expect(Object.fromEntries(names.map((one) => [one.username, one.display_name]))).toEqual({
      amara: 'Amara O.',
      bo: 'bo',
    })
  })

  it.each<[object, string]>([
    [{ displayName: ' ' }, 'displayName'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ avatarUrl: 'javascript:alert(1)' }, 'avatarUrl'],
    [{ displayName: 'X', email: 'other@example.com' }, 'email'],
    [{}, ''],
  ])('does not set %j', async (body, path) => {
    expect((await change(await keyOf(amara), body)).paths).toEqual([path])
  })
})
