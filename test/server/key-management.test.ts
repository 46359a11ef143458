import { createHash, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tx } from '../../packages/server/src/db/database.js'
import { rotateKey } from '../../packages/server/src/domain/keys/keys.js'
import { takeTurn } from '../../packages/server/src/domain/locks.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { type Ask, ask, heldRequest, type RawRequest, rawRequest } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date()
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server, { at: now })
const bearer = community.systemKey
const create = (body: object, headers: Record<string, string> = {}) =>
  ask(server, 'POST /v1/keys', { bearer, body, headers })
/** The key of a site's back-end. */
const createSiteKey = () =>
  create({
    kind: 'widgetAccess',
    name: 'Site',
    origins: [community.origin],
    identifiers: { 'data-username': '@username' },
    createMember: true,
  })
const read = async (keyId: string) => (await ask(server, 'GET /v1/keys/{keyId}', { bearer, params: { keyId } })).answer
const change = (keyId: string, body: object) =>
  ask(server, 'PATCH /v1/keys/{keyId}', { bearer, params: { keyId }, body })
const rotate = (keyId: string, body: object = {}, more: Ask = {}) =>
  ask(server, 'POST /v1/keys/{keyId}/rotate', { bearer, params: { keyId }, body, ...more })
const revoke = (keyId: string) => ask(server, 'DELETE /v1/keys/{keyId}', { bearer, params: { keyId } })
const boards = async (key: string) => (await ask(server, 'GET /v1/leaderboards', { bearer: key })).status
const systemKeyId = async () =>
  (await ask(server, 'GET /v1/keys', { bearer, query: { limit: 100 } })).answer.find(({ kind }) => kind === 'system')!
    ._id
const soon = (seconds: number) => new Date(now.getTime() + seconds * 1000)

describe('the keys of a community', () => {
  it('are made by its system key, and each is shown once', async () => {
    const origin = 'https://shop.example'
    const page = await create({ kind: 'publishable', name: 'Shop', origins: [origin] })
    expect(page.status).toBe(201)
    expect(page.answer).toMatchObject({
      kind: 'publishable',
      name: 'Shop',
      origins: [origin],
      testMode: false,
      state: 'live',
      expiresAt: null,
      lastUsedAt: null,
      previous: null,
      hint: `rai_pk_…${page.answer.key!.slice(-4)}`,
      keyState: 'shown',
      __v: 0,
    })
    const params = { publishableKey: page.answer.key! }
    expect((await ask(server, 'GET /widget/v1/{publishableKey}/config', { params, origin })).status).toBe(200)
    const { key, keyState: _, ...shown } = page.answer
    await expect.poll(async () => (await read(shown._id)).lastUsedAt).toBe(now.toISOString())
    expect(await read(shown._id)).toEqual({ ...shown, lastUsedAt: now.toISOString() })
    expect(JSON.stringify(await read(shown._id))).not.toContain(key)

    const backEnd = await create({ kind: 'community', name: 'Back-end', permissions: ['leaderboard'] })
    expect(await boards(backEnd.answer.key!)).toBe(200)
    const site = await create({
      kind: 'widgetAccess',
      name: 'Site',
      origins: [origin],
      identifiers: { 'data-username': '@username' },
      createMember: true,
    })
    const minted = await ask(server, 'POST /v2/api/widget-access-keys/token', {
      body: {
        accessId: site.answer.accessId,
        accessKey: site.answer.key,
        userIdentifiers: { 'data-username': 'amara' },
      },
    })
    expect(minted.status).toBe(200)
  })

  it('that mint tokens say what each identifier is, in known words', async () => {
    const site = { kind: 'widgetAccess', name: 'Site', origins: [community.origin] }
    for (const meaning of ['username', '@email', 'email', 'customer-id', '']) {
      const { status, code, paths, text } = await create({ ...site, identifiers: { 'data-user': meaning } })
      expect([status, code, paths]).toEqual([400, 'invalid_request', ['identifiers.data-user']])
      expect(text).toContain('identifiers.data-user must be one of @username, @id, externalId.')
    }
  })

  it('are listed newest first, page by page', async () => {
    now = soon(1)
    const { answer } = await create({ kind: 'community', name: 'Newest', permissions: [] })
    const first = await ask(server, 'GET /v1/keys', { bearer, query: { limit: 1 } })
    expect(first.answer.map(({ name }) => name)).toEqual(['Newest'])
    expect(JSON.parse(first.text).meta).toMatchObject({ page: 1, limit: 1, total: expect.any(Number) })
    const second = await ask(server, 'GET /v1/keys', { bearer, query: { limit: 1, page: 2 } })
    expect(second.answer.map(({ _id }) => _id)).not.toContain(answer._id)
  })

  it('hold what was changed from the next request on', async () => {
    const { answer } = await create({ kind: 'community', name: 'Changing', permissions: ['leaderboard'] })
    const id = answer._id
    expect((await change(id, { name: 'Changed', permissions: ['bulk'] })).answer).toMatchObject({
      name: 'Changed',
      permissions: ['bulk'],
      __v: 1,
    })
    expect(await boards(answer.key!)).toBe(403)
    await change(id, { permissions: ['leaderboard'], expiresAt: soon(60).toISOString() })
    expect(await boards(answer.key!)).toBe(200)
    now = soon(60)
    expect(await boards(answer.key!)).toBe(401)
    expect((await read(id)).state).toBe('expired')
    await change(id, { expiresAt: null })
    expect(await boards(answer.key!)).toBe(200)
  })

  it.each<[string, object, string[]]>([
    ['an origin that is none', { kind: 'publishable', name: 'x', origins: ['https://x.example/'] }, ['origins.0']],
    ['a host that ends a policy', { kind: 'publishable', name: 'x', origins: ['https://x;script-src'] }, ['origins.0']],
    ['a host that begins another', { kind: 'publishable', name: 'x', origins: ['https://x,y.example'] }, ['origins.0']],
    ['an unknown permission', { kind: 'community', name: 'x', permissions: ['all'] }, ['permissions.0']],
    [
      'what such a key does not have',
      { kind: 'publishable', name: 'x', origins: [], permissions: [] },
      ['permissions'],
    ],
    ['a second system key', { kind: 'system', name: 'x' }, ['kind']],
    [
      'an end that is over',
      { kind: 'community', name: 'x', permissions: [], expiresAt: '2020-01-01T00:00:00.000Z' },
      ['expiresAt'],
    ],
  ])('are not made with %s', async (_, body, paths) => {
    const reply = await create(body)
    expect([reply.status, reply.paths]).toEqual([400, paths])
  })

  it('are not changed into what such a key does not have', async () => {
    const { answer } = await create({ kind: 'community', name: 'Back-end', permissions: [] })
    const reply = await change(answer._id, { origins: ['https://x.example'], permissions: ['bulk'] })
    expect([reply.status, reply.paths]).toEqual([400, ['origins']])
    expect(await read(answer._id)).toMatchObject({ origins: [], permissions: [], __v: 0 })
    const system = await change(await systemKeyId(), { expiresAt: soon(60).toISOString() })
    expect([system.status, system.paths]).toEqual([400, ['expiresAt']])
  })

  it('end for ever when they are revoked', async () => {
    const { answer } = await create({ kind: 'community', name: 'Gone', permissions: ['leaderboard'] })
    const id = answer._id
    expect((await revoke(id)).answer).toEqual({ _id: id })
    expect(await boards(answer.key!)).toBe(401)
    expect(await read(id)).toMatchObject({ state: 'revoked', revokedAt: now.toISOString() })
    for (const reply of [await revoke(id), await change(id, { expiresAt: null }), await rotate(id)])
      expect([reply.status, reply.code]).toEqual([404, 'not_found'])
  })
})

describe('a rotation', () => {
  it('34: gives a new secret beside the old one, for as long as the caller says', async () => {
    const { answer: first } = await create({ kind: 'community', name: 'Turning', permissions: ['leaderboard'] })
    const { answer: second } = await rotate(first._id, { overlapSeconds: 3600 })
    expect(second).toMatchObject({
      _id: first._id,
      permissions: ['leaderboard'],
      hint: `rai_sk_…${second.key!.slice(-4)}`,
      previous: { hint: first.hint, endsAt: soon(3600).toISOString(), lastUsedAt: null },
    })
    expect([await boards(first.key!), await boards(second.key!)]).toEqual([200, 200])
    now = soon(3600)
    expect([await boards(first.key!), await boards(second.key!)]).toEqual([401, 200])
    expect((await read(first._id)).previous).toBeNull()
  })

  it('lets the old secret work for a day when nobody says how long', async () => {
    const { answer } = await create({ kind: 'community', name: 'A day', permissions: [] })
    expect((await rotate(answer._id)).answer.previous?.endsAt).toBe(soon(86_400).toISOString())
  })

  it('keeps the public half of a widget access key', async () => {
    const { answer } = await createSiteKey()
    const { answer: rotated } = await rotate(answer._id, { overlapSeconds: 0 })
    const mint = async (accessKey: string | null) =>
      (
        await ask(server, 'POST /v2/api/widget-access-keys/token', {
          body: { accessId: answer.accessId, accessKey, userIdentifiers: { 'data-username': 'bo' } },
        })
      ).status
    expect([await mint(answer.key), await mint(rotated.key)]).toEqual([401, 200])
  })

  it('changes the system key too, which cannot be revoked', async () => {
    const own = await testCommunity(server)
    const as = (key: string): Ask => ({ bearer: key })
    const { answer: keys } = await ask(server, 'GET /v1/keys', as(own.systemKey))
    const { _id } = keys.find(({ kind }) => kind === 'system')!
    const refused = await ask(server, 'DELETE /v1/keys/{keyId}', { ...as(own.systemKey), params: { keyId: _id } })
    expect([refused.status, refused.code]).toEqual([409, 'conflict'])
    const { answer } = await rotate(_id, { overlapSeconds: 0 }, as(own.systemKey))
    expect([await boards(own.systemKey), await boards(answer.key!)]).toEqual([401, 200])
  })

  it('shows its secret once: a repeat is the same rotation, without it', async () => {
    const { answer } = await create({ kind: 'community', name: 'Once', permissions: ['leaderboard'] })
    const headers = { 'idempotency-key': randomUUID() }
    const first = await rotate(answer._id, {}, { headers })
    const again = await rotate(answer._id, {}, { headers })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.answer).toEqual({ ...first.answer, key: null, keyState: 'shown_before' })
    expect(await boards(first.answer.key!)).toBe(200)
    const made = [
      await create(
        { kind: 'community', name: 'Twice', permissions: [] },
        { 'idempotency-key': `${headers['idempotency-key']}2` },
      ),
      await create(
        { kind: 'community', name: 'Twice', permissions: [] },
        { 'idempotency-key': `${headers['idempotency-key']}2` },
      ),
    ]
    expect(made.map(({ status }) => status)).toEqual([201, 201])
    expect(made[1]!.answer).toEqual({ ...made[0]!.answer, key: null, keyState: 'shown_before' })
  })
})

describe('a request that was begun with a good key', () => {
  const addMember = (key: string, username: string): RawRequest => ({
    method: 'POST',
    path: '/apis/v1/users',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ username }),
  })
  const importMember = (key: string, username: string): RawRequest => ({
    method: 'POST',
    path: '/apis/v1/users/bulk-import',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=x' },
    body: `--x\r\nContent-Disposition: form-data; name="data"; filename="m.csv"\r\n\r\nusername\n${username}\r\n--x--\r\n`,
  })
  beforeAll(() => community.tenant((tx) => createMember(tx, { username: 'known' }, now)))
  /** Reads, though it is a POST. */
  const readMember = (key: string): RawRequest => ({
    method: 'POST',
    path: '/apis/v1/users/info',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ idOrEmail: 'known' }),
  })
  const addKey = (key: string, name: string): RawRequest => ({
    method: 'POST',
    path: '/v1/keys',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'community', name, permissions: ['bulk'] }),
  })

  /** Sends the head with a new key, waits until the key was seen, lets something happen, and sends the body. */
  async function during(make: typeof addMember, happen: (keyId: string) => unknown) {
    const permissions = ['createUser', 'getUserData', 'bulk']
    const { answer } = await create({ kind: 'community', name: 'Held', permissions })
    const name = randomUUID()
    const held = heldRequest(server, make(answer.key!, name))
    await expect.poll(async () => (await read(answer._id)).lastUsedAt).not.toBeNull()
    await happen(answer._id)
    const { status, code } = await held.finish()
    return [status, code]
  }
  const written = () =>
    community.tenant(async ({ db }) => {
      const of = (table: 'members' | 'jobs') =>
        db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('community_id', '=', community.id)
          .executeTakeFirstOrThrow()
      return [await of('members'), await of('jobs')]
    })

  const ends: [string, (keyId: string) => unknown, number, string][] = [
    ['is revoked', revoke, 401, 'unauthorized'],
    ['is rotated without an overlap', (id) => rotate(id, { overlapSeconds: 0 }), 401, 'unauthorized'],
    [
      'runs out',
      async (id) => {
        await change(id, { expiresAt: soon(20).toISOString() })
        now = soon(20)
      },
      401,
      'unauthorized',
    ],
    ['loses the permission', (id) => change(id, { permissions: [] }), 403, 'forbidden'],
  ]
  it.each(ends)(
    'writes and reads nothing when the key %s before its body is there',
    async (_, happen, status, code) => {
      const before = await written()
      expect(await during(addMember, happen)).toEqual([status, code])
      expect(await during(importMember, happen)).toEqual([status, code])
      expect(await during(readMember, happen)).toEqual([status, code])
      expect(await written()).toEqual(before)
    },
  )

  it.each<[string, (keyId: string) => unknown]>([
    ['gets another name', (id) => change(id, { name: 'Renamed' })],
    ['is rotated with an overlap', (id) => rotate(id, { overlapSeconds: 60 })],
  ])('is done when the key %s', async (_, happen) => {
    expect(await during(addMember, happen)).toEqual([201, undefined])
    expect(await during(importMember, happen)).toEqual([202, undefined])
    expect(await during(readMember, happen)).toEqual([200, undefined])
  })

  it('makes no key once the system key was rotated without an overlap', async () => {
    const own = await testCommunity(server, { at: now })
    const seen = async () => {
      const { answer } = await ask(server, 'GET /v1/keys', { bearer: own.systemKey })
      return answer.find(({ kind }) => kind === 'system')!
    }
    const { _id } = await seen()
    await expect.poll(async () => (await seen()).lastUsedAt).toBe(now.toISOString())
    now = soon(60)
    const held = heldRequest(server, addKey(own.systemKey, 'Back door'))
    const lastUsed = () =>
      own.tenant(({ db }) =>
        db
          .selectFrom('api_keys')
          .select('last_used_at')
          .where('community_id', '=', own.id)
          .where('id', '=', _id)
          .execute(),
      )
    await expect.poll(lastUsed).toEqual([{ last_used_at: now }])
    await rotate(_id, { overlapSeconds: 0 }, { bearer: own.systemKey })
    expect((await held.finish()).status).toBe(401)
  })

  /** How many wait for an advisory lock, by the transaction that makes them wait. */
  const waiting = async ({ db }: Tx) => {
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`.execute(db)
    return rows[0]!.n
  }
  const site = async () => {
    const { answer } = await createSiteKey()
    const { _id, accessId, key: accessKey } = answer
    const mint = (username: string) =>
      ask(server, 'POST /v2/api/widget-access-keys/token', {
        body: { accessId, accessKey, userIdentifiers: { 'data-username': username } },
      })
    return { _id, mint }
  }

  it('is done before whoever revokes the key hears that it ended', async () => {
    const { _id, mint } = await site()
    const username = randomUUID()
    const replies = await community.tenant(async (tx) => {
      // Who makes this member waits for its turn.
      await takeTurn(tx, 'username', username)
      const minted = mint(username)
      await expect.poll(() => waiting(tx)).toBe(1)
      const revoked = revoke(_id)
      await expect.poll(() => waiting(tx)).toBe(2)
      return { minted, revoked }
    })
    expect([(await replies.minted).status, (await replies.revoked).status]).toEqual([200, 200])
    expect((await mint(username)).status).toBe(401)
  })

  it('keeps nobody who revokes the key waiting while its file becomes a job, and makes none then', async () => {
    const { answer } = await create({ kind: 'community', name: 'Importing', permissions: ['bulk'] })
    const before = await written()
    const upload = importMember(answer.key!, randomUUID())
    const file = /\r\n\r\n(.*)\r\n--x--/s.exec(upload.body as string)![1]!
    const { imported } = await community.tenant(async (tx) => {
      // Two equal files are one job: who comes second waits for the first.
      await takeTurn(tx, 'file', createHash('sha256').update(file).digest('hex'))
      const imported = rawRequest(server, upload)
      await expect.poll(() => waiting(tx)).toBe(1)
      expect((await revoke(answer._id)).status).toBe(200)
      return { imported }
    })
    expect((await imported).status).toBe(401)
    expect(await written()).toEqual(before)
  })

  it('reads what it asks for without waiting for whoever changes the key', async () => {
    const { answer } = await create({ kind: 'community', name: 'Reading', permissions: ['getUserData'] })
    await community.tenant(async (tx) => {
      await rotateKey(tx, answer._id, 0, now)
      expect((await rawRequest(server, readMember(answer.key!))).status).toBe(200)
    })
  })

  it('gets no token by the secret that was proved, once another took its place', async () => {
    const { _id, mint } = await site()
    const reply = await community.tenant(async (tx) => {
      await rotateKey(tx, _id, 0, now)
      const minted = mint(randomUUID())
      await expect.poll(() => waiting(tx)).toBe(1)
      return { minted }
    })
    expect((await reply.minted).status).toBe(401)
  })

  it('changes nothing of a member when the key that minted its token is rotated without an overlap', async () => {
    const { _id, mint } = await site()
    const { answer } = await mint(randomUUID())
    const { answer: page } = await create({ kind: 'publishable', name: 'Page', origins: [community.origin] })
    const held = heldRequest(server, {
      method: 'PATCH',
      path: `/widget/v1/${page.key}/me`,
      headers: { authorization: `Bearer ${answer.embedToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ visibility: 'hidden' }),
    })
    await expect.poll(async () => (await read(page._id)).lastUsedAt).not.toBeNull()
    await rotate(_id, { overlapSeconds: 0 })
    expect((await held.finish()).status).toBe(401)
  })

  it('changes nothing of a member when the page is taken off the publishable key', async () => {
    const { mint } = await site()
    const { answer } = await mint(randomUUID())
    const { answer: page } = await create({ kind: 'publishable', name: 'Page', origins: [community.origin] })
    const held = heldRequest(server, {
      method: 'PATCH',
      path: `/widget/v1/${page.key}/me`,
      headers: {
        authorization: `Bearer ${answer.embedToken}`,
        'content-type': 'application/json',
        origin: community.origin,
      },
      body: JSON.stringify({ visibility: 'hidden' }),
    })
    await expect.poll(async () => (await read(page._id)).lastUsedAt).not.toBeNull()
    await change(page._id, { origins: ['https://elsewhere.example'] })
    const { status, code } = await held.finish()
    expect([status, code]).toEqual([403, 'origin_not_allowed'])
  })
})
