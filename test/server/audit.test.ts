import { type AnswerOf, isWrite, type Method, type Principal, type Route, type RouteKey } from '@rai/contract'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { writeDown } from '../../packages/server/src/domain/audit.js'
import { isId, newId } from '../../packages/server/src/domain/ids.js'
import { createKey } from '../../packages/server/src/domain/keys/keys.js'
import { createMember, findMember } from '../../packages/server/src/domain/members/members.js'
import { createRole } from '../../packages/server/src/domain/roles.js'
import { type Arrived, deedOf, isAudited } from '../../packages/server/src/http/audit.js'
import type { Login } from '../../packages/server/src/http/context.js'
import { startPruning } from '../../packages/server/src/jobs/prune.js'
import { type Ask, ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser } from '../helpers/database.js'
import {
  isAllowed,
  knock,
  makePlace,
  network,
  noLimits,
  operations,
  type Place,
  visitors,
} from '../helpers/operations.js'
import { startTestServer } from '../helpers/server.js'

/** How far the server's clock is ahead of ours. */
let aheadMs = 0
const server = await startTestServer({
  clock: () => new Date(Date.now() + aheadMs),
  limits: noLimits,
})
let place: Place
beforeAll(async () => {
  place = await makePlace(server, 'https://site.example')
})

type Entry = AnswerOf<'GET /v1/audit'>['items'][number]
const log = async (query: Ask['query'] = {}, bearer = place.systemKey) =>
  (await ask(server, 'GET /v1/audit', { bearer, query: { limit: 100, ...query } })).answer.items
const of = (entries: Entry[], requestId: string | undefined) => entries.filter((entry) => entry.requestId === requestId)

const shownBy = (name: string) => visitors.find((visitor) => visitor.name === name)!
const isWritten = (key: RouteKey, route: Route, as: Principal) => isAudited(key.split(' ')[0] as Method, route, as)
const bySystemKey = operations.filter(
  ([key, route]) => route.access.principals.includes('systemKey') && isWritten(key, route, 'systemKey'),
)
/** Every operation, with somebody who may ask and of whom nothing is written down. */
const untold = operations.flatMap(([key, route]) => {
  const who = visitors.find((visitor) => {
    const { as = 'anyone', also = [] } = visitor
    return isAllowed(route, visitor) && ![as, ...also].some((one) => isWritten(key, route, one))
  })
  return who ? [{ key, route, who, as: who.name }] : []
})

describe('the audit log', () => {
  it.each(bySystemKey)('tells of %s, once, in ids and names', async (key, route) => {
    const requestId = newId()
    const who = shownBy('the system key').shows(place, route)
    const reply = await knock(key, place, { ...who, headers: { 'x-request-id': requestId } })
    expect(reply.status, reply.text).toBeLessThan(300)
    const [entry, ...more] = of(await log(), requestId)
    expect(entry).toMatchObject({ operation: key, actor: { kind: 'systemKey' }, refusal: null, origin: null })
    expect(more).toEqual([])
    expect(Object.values(entry!.objects).filter((id) => !isId(id))).toEqual([])
    const known = Object.keys((route.body as { shape?: object } | undefined)?.shape ?? {})
    if (known.length > 0) expect([...known, ...(route.pictures ?? [])]).toEqual(expect.arrayContaining(entry!.fields))
    const things = [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    // A network has no id: its name is what is said of it.
    const ids = things.filter((name) => name !== 'network')
    expect(Object.keys(entry!.objects)).toEqual(expect.arrayContaining(ids))
    if (ids.length < things.length) expect(entry!.action).toBe(network)
  })

  it.each(untold)('says nothing of $key by $as', async ({ key, route, who }) => {
    const requestId = newId()
    await knock(key, place, { ...who.shows(place, route), headers: { 'x-request-id': requestId } })
    expect(of(await log(), requestId)).toEqual([])
  })

  it('leaves out members and values that back-ends write, and a key that its owner revokes', () => {
    const writes = untold.filter(
      ({ key, route }) => isWrite(key.split(' ')[0] as Method, route) && route.access.principals.includes('systemKey'),
    )
    expect(writes.map(({ key }) => key)).toEqual(
      expect.arrayContaining([
        'POST /apis/v1/users',
        'POST /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories',
        'DELETE /apis/v1/users/{userId}/api-keys/{keyId}',
      ]),
    )
  })

  it('says who was given a role or a badge, or lost them or a key, also where they were named by their number', async () => {
    const { bearer, roleId, memberId, tenant } = { ...place, bearer: place.systemKey }
    const { number } = (await tenant((tx) => findMember(tx, { id: memberId })))!
    const userId = String(number)
    const params = { roleId }
    await ask(server, 'POST /api/v1/roles/{roleId}/add', { bearer, params, body: { userId } })
    await ask(server, 'POST /api/v1/roles/{roleId}/remove', { bearer, params, body: { userId } })
    const badge = { bearer, params: { badgeId: place.badgeId }, body: { userId } }
    await ask(server, 'POST /api/v1/badges/{badgeId}/award', badge)
    await ask(server, 'POST /api/v1/badges/{badgeId}/remove', badge)
    const key = { kind: 'user', name: 'To go', memberId } as const
    const { id: keyId } = await tenant((tx) => createKey(tx, key, new Date()))
    await ask(server, 'DELETE /apis/v1/users/{userId}/api-keys/{keyId}', { bearer, params: { userId, keyId } })
    expect((await log()).slice(0, 5).map(({ objects }) => objects)).toEqual([
      { _id: keyId, keyId, userId: memberId },
      { badgeId: place.badgeId, userId: memberId },
      { badgeId: place.badgeId, userId: memberId },
      { roleId, userId: memberId },
      { roleId, userId: memberId },
    ])
  })

  it('says of Secure Auth when it has changed somebody’s roles, and not that it signs them in', async () => {
    const { systemKey, tenant } = await testCommunity(server)
    await tenant((tx) => createRole(tx, { title: 'Level', accessLevel: 3 }, 'community', new Date()))
    // A username is erased, also one that looks like an id.
    const userId = newId()
    const signIn = (accessLevel?: number) =>
      ask(server, 'GET /api/secureAuth', {
        bearer: systemKey,
        query: {
          userId,
          action: 'login',
          email: 'level@home.example',
          ...(accessLevel !== undefined && { accessLevel }),
        },
      })
    for (const level of [undefined, 3, 3, undefined, 0]) expect((await signIn(level)).status).toBe(200)
    const { id } = (await tenant((tx) => findMember(tx, { username: userId })))!
    const entry = { operation: 'GET /api/secureAuth', objects: { userId: id } }
    expect(await log({}, systemKey)).toMatchObject([entry, entry])
  })

  it('tells a member’s deletion from their return, and is read by operation', async () => {
    const { systemKey: bearer, tenant } = await testCommunity(server)
    const { id } = await tenant((tx) => createMember(tx, { username: 'amara' }, new Date()))
    const operation = 'POST /apis/v1/users/manage'
    for (const action of ['delete', 'restore'])
      await ask(server, operation, { bearer, body: { action, user: 'amara' } })
    await ask(server, 'PATCH /v1/gamification', { bearer, body: { tiers: [] } })
    const entries = await log({ operation }, bearer)
    expect(entries.map(({ action, objects }) => [action, objects])).toEqual([
      ['restore', { _id: id }],
      ['delete', { _id: id }],
    ])
    expect((await log({}, bearer)).map(({ action }) => action)).toEqual([null, 'restore', 'delete'])
  })

  it('has no external id, also where it looks like one of ours', () => {
    const request = { id: newId(), method: 'POST', headers: {}, routeOptions: { url: '/v1/things' } }
    const [communityId, externalId] = [newId(), newId()]
    const parts = { params: undefined, query: { externalId }, body: { externalId, communityId }, pictures: [] }
    const { objects } = deedOf(request as Arrived, { kind: 'login' } as Login, parts)
    expect(objects).toEqual({ communityId })
  })

  it('says who did what to which key, and no secret', async () => {
    const [owner] = place.ownerTokens
    const query = { serverId: place.id }
    const asOwner = { bearer: owner, query }
    const made = await ask(server, 'POST /v1/keys', {
      ...asOwner,
      body: { kind: 'community', name: 'Written down', permissions: [] },
    })
    const keyId = made.answer._id
    const params = { keyId }
    const rotated = await ask(server, 'POST /v1/keys/{keyId}/rotate', { ...asOwner, params, body: {} })
    await ask(server, 'PATCH /v1/keys/{keyId}', { bearer: place.systemKey, params, body: { name: 'Other' } })
    await ask(server, 'DELETE /v1/keys/{keyId}', { ...asOwner, params })
    const entries = (await log()).slice(0, 4)
    expect(entries.map(({ operation, fields, actor }) => [operation, fields, actor.kind])).toEqual([
      ['DELETE /v1/keys/{keyId}', [], 'owner'],
      ['PATCH /v1/keys/{keyId}', ['name'], 'systemKey'],
      ['POST /v1/keys/{keyId}/rotate', ['overlapSeconds'], 'owner'],
      ['POST /v1/keys', ['kind', 'name', 'permissions'], 'owner'],
    ])
    for (const { objects } of entries) expect(objects._id).toBe(keyId)
    expect((await log(query, owner)).map(({ _id }) => _id)).toEqual((await log()).map(({ _id }) => _id))
    for (const secret of [made.answer.key!, rotated.answer.key!, 'Written down', 'Other'])
      expect(JSON.stringify(entries)).not.toContain(secret)
  })

  it('begins with the server’s creation', async () => {
    const [bearer] = place.accessTokens
    const { answer } = await ask(server, 'POST /api/v1/servers', { bearer, body: { name: 'Mine' } })
    expect(await log({ serverId: answer.id }, bearer)).toMatchObject([
      {
        operation: 'POST /api/v1/servers',
        actor: { kind: 'login', _id: null },
        objects: { _id: answer.id },
        fields: ['name'],
      },
    ])
  })

  it('says nothing of what was refused, or done before with the same Idempotency-Key', async () => {
    const board = (body: object, key: string) =>
      ask(server, 'POST /v1/leaderboards', { bearer: place.communityKey, body, headers: { 'idempotency-key': key } })
    const before = await log()
    expect((await board({ name: 'x', slug: 'Not a slug' }, 'refused')).status).toBe(400)
    const first = await board({ name: 'Once' }, 'repeated')
    expect((await board({ name: 'Once' }, 'repeated')).headers.get('idempotent-replayed')).toBe('true')
    const entries = await log()
    expect(entries).toHaveLength(before.length + 1)
    expect(entries[0]).toMatchObject({ actor: { kind: 'communityKey' }, objects: { _id: first.answer._id } })
  })

  it('is read by pages, and by time', async () => {
    const { id, systemKey, tenant } = await testCommunity(server)
    const start = Date.parse('2026-11-27T12:00:00Z')
    for (let n = 0; n < 5; n++)
      await tenant((tx) =>
        writeDown(tx, { operation: `${n}`, actor: { kind: 'machine', id: null } }, new Date(start + n * 1000)),
      )
    const read = async (query: Ask['query']) => {
      const { answer } = await ask(server, 'GET /v1/audit', { bearer: systemKey, query: { serverId: id, ...query } })
      return { read: answer.items.map(({ operation }) => operation), cursor: answer.nextCursor }
    }
    const first = await read({ limit: 2 })
    const second = await read({ limit: 2, cursor: first.cursor! })
    const third = await read({ limit: 2, cursor: second.cursor! })
    expect([first.read, second.read, third]).toEqual([['4', '3'], ['2', '1'], { read: ['0'], cursor: null }])
    const range = { from: '2026-11-27T12:00:01Z', to: '2026-11-27T12:00:03Z' }
    expect((await read(range)).read).toEqual(['2', '1'])
    expect((await read({ from: '0001-01-01T00:00:00Z', to: '9998-01-01T00:00:00Z' })).read).toHaveLength(5)
    const wrong = await ask(server, 'GET /v1/audit', { bearer: systemKey, query: { cursor: 'x' } })
    expect([wrong.status, wrong.paths]).toEqual([400, ['cursor']])
  })
})

describe('a secret key that comes from a browser', () => {
  const fromPage = (headers: Record<string, string>, origin = 'https://shop.example') =>
    ask(server, 'GET /v1/leaderboards', { origin, headers })

  it('is reported to its owner, with the page that sent it, once an hour', async () => {
    const { systemKey, communityKey, publishableKey } = await testCommunity(server)
    const refused = await fromPage({ authorization: `Bearer ${communityKey}` })
    expect(refused.code).toBe('secret_key_in_browser')
    await fromPage({ authorization: `Bearer ${communityKey}` })
    const keys = (await ask(server, 'GET /v1/keys', { bearer: systemKey })).answer
    const entry = {
      operation: 'GET /v1/leaderboards',
      actor: { kind: 'communityKey', _id: keys.find(({ kind }) => kind === 'community')!._id },
      refusal: 'secret_key_in_browser',
      origin: 'https://shop.example',
      requestId: refused.requestId,
    }
    expect(await log({}, systemKey)).toMatchObject([entry])
    aheadMs = 60 * 60_000
    await fromPage({ authorization: `Bearer ${communityKey}` })
    expect(await log({}, systemKey)).toHaveLength(2)
    const inPath = await ask(server, 'GET /widget/v1/{publishableKey}/config', {
      params: { publishableKey: systemKey },
      origin: 'https://shop.example',
    })
    expect(inPath.code).toBe('secret_key_in_browser')
    const [newest] = await log({}, systemKey)
    expect(newest).toMatchObject({ operation: 'GET /widget/v1/{publishableKey}/config', actor: { kind: 'systemKey' } })
    expect(JSON.stringify(await log({}, systemKey))).not.toMatch(
      new RegExp(`${communityKey}|${systemKey}|${publishableKey}`),
    )
  })

  it('is reported once when many pages send it at once', async () => {
    const { systemKey } = await testCommunity(server)
    await Promise.all(Array.from({ length: 10 }, () => fromPage({ 'x-api-key': systemKey })))
    expect(await log({}, systemKey)).toHaveLength(1)
  })

  it('is refused in the same words when that cannot be written down', async () => {
    const { systemKey } = await testCommunity(server)
    const rename = (from: string, to: string) =>
      asSuperuser(server.testDatabase.superuserUrl, (client) => client.query(`alter table ${from} rename to ${to}`))
    await rename('audit_log', 'audit_log_gone')
    onTestFinished(async () => void (await rename('audit_log_gone', 'audit_log')))
    expect((await fromPage({ 'x-api-key': systemKey })).code).toBe('secret_key_in_browser')
  })

  it('is reported without a page that is none, and not at all when it is nobody’s', async () => {
    const { systemKey } = await testCommunity(server)
    await fromPage({ 'x-api-key': systemKey }, 'null')
    await fromPage({ 'x-api-key': `${systemKey.slice(0, -1)}!` })
    expect(await log({}, systemKey)).toMatchObject([{ origin: null, refusal: 'secret_key_in_browser' }])
  })
})

describe('an entry', () => {
  const days = (n: number) => new Date(Date.now() - n * 24 * 60 * 60_000)

  it('is changed by nobody, and deleted only when it is 400 days old', async () => {
    const { id, tenant, systemKey } = await testCommunity(server)
    for (const [operation, at] of [
      ['old', days(401)],
      ['young', days(399)],
    ] as const)
      await tenant((tx) => writeDown(tx, { operation, actor: { kind: 'machine', id: null } }, at))
    const change = (statement: string) =>
      tenant((tx) => sql`${sql.raw(statement)} where community_id = ${id}`.execute(tx.db))
    await expect(change("update audit_log set operation = ''")).rejects.toThrow('is immutable')
    await expect(change('delete from audit_log')).rejects.toThrow('keeps its rows for 400 days')
    await expect(sql`truncate audit_log`.execute(server.database.global)).rejects.toThrow('permission denied')
    const pruning = startPruning(server.database, { error: expect.unreachable })
    onTestFinished(pruning.stop)
    pruning.wake(id)
    await expect.poll(async () => (await log({}, systemKey)).map(({ operation }) => operation)).toEqual(['young'])
  })
})
