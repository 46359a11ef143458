import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Ask, ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date()
let said = ''
const logTo = {
  write(line: string) {
    said += line
  },
}
const server = await startTestServer({ clock: () => now, config: { logLevel: 'info' }, logTo })
const community = await testCommunity(server, { at: now })
const bearer = community.systemKey
const create = (body: object, headers: Record<string, string> = {}) =>
  ask(server, 'POST /v1/keys', { bearer, body, headers })
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
    const { answer } = await create({
      kind: 'widgetAccess',
      name: 'Site',
      origins: [community.origin],
      identifiers: { 'data-username': '@username' },
      createMember: true,
    })
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

it('the log says which key did what to which, and no secret', async () => {
  const by = await systemKeyId()
  said = ''
  const { answer } = await create({ kind: 'community', name: 'Written down', permissions: [] })
  const { answer: rotated } = await rotate(answer._id)
  await change(answer._id, { name: 'Other' })
  await revoke(answer._id)
  const lines = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ msg }) => msg)).toEqual(
    ['created', 'rotated', 'changed', 'revoked'].map((what) => `a key was ${what}`),
  )
  for (const line of lines) expect(line).toMatchObject({ communityId: community.id, key: answer._id, by })
  for (const secret of [answer.key!, rotated.key!, bearer]) expect(said).not.toContain(secret)
})
