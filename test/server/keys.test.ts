import type { RouteKey } from '@rai/contract'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../packages/server/src/db/database.js'
import {
  createKey,
  findKey,
  keyById,
  type NewKey,
  revokeKey,
  rotateKey,
} from '../../packages/server/src/domain/keys/keys.js'
import { isWellFormed } from '../../packages/server/src/domain/keys/text.js'
import { ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser } from '../helpers/database.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date()
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server)
const newKey = (input: Partial<NewKey>) =>
  community.tenant((tx) =>
    createKey(tx, { kind: 'community', name: 'Test', permissions: ['leaderboard'], ...input }, now),
  )

/** Another last character than the right one. */
const mistyped = (key: string) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
const list = (bearer: string | undefined) => ask(server, 'GET /v1/leaderboards', { bearer })
const config = (publishableKey: string, origin?: string) =>
  ask(server, 'GET /widget/v1/{publishableKey}/config', { params: { publishableKey }, origin })

describe('34: a key', () => {
  it.each(['https://site.example/', 'https://*.site.example', 'https://bücher.example', 'null', '*', 'site.example'])(
    'is not made for %s, which no page has as its origin',
    async (origin) => {
      await expect(newKey({ kind: 'publishable', origins: [origin] })).rejects.toMatchObject({
        code: 'invalid_request',
      })
    },
  )

  it('is a prefix, 256 random bits and a checksum, in letters that a double click selects', async () => {
    const { publishableKey, communityKey, systemKey, widgetAccess } = community
    for (const [prefix, key] of Object.entries({
      rai_pk_: publishableKey,
      rai_sk_: communityKey,
      rai_sys_: systemKey,
      rai_wid_: widgetAccess.accessId,
      rai_wsk_: widgetAccess.accessKey,
    })) {
      expect(key).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]{49}$`))
      expect(isWellFormed(key)).toBe(true)
      expect(isWellFormed(mistyped(key))).toBe(false)
    }
  })

  it('is nowhere in the database: what is there cannot ask', async () => {
    const { key, accessId } = await newKey({ kind: 'widget_access' })
    const dump = await asSuperuser(server.testDatabase.superuserUrl, async (client) => {
      const { rows } = await client.query("select k::text as row, encode(hash, 'hex') as hash from api_keys k")
      return JSON.stringify(rows)
    })
    expect(dump).toContain(accessId)
    expect(dump).not.toContain(key)
    expect(dump).not.toContain(key.slice(8, 40))
  })

  it('with a wrong checksum is refused without asking the database', async () => {
    const database = await openDatabase(server.testDatabase.url, () => {})
    await database.close()
    await expect(findKey(database, community.communityKey, now)).rejects.toThrow()
    for (const text of [
      mistyped(community.communityKey),
      'rai_sk_',
      '',
      'x'.repeat(10_000),
      `${community.communityKey}\n`,
    ])
      await expect(findKey(database, text, now), text).resolves.toBeUndefined()
  })
})

describe('a back-end', () => {
  it('gets in by a community or system key, in either header', async () => {
    for (const headers of [
      { authorization: `Bearer ${community.communityKey}` },
      { authorization: `bearer  ${community.systemKey}` },
      { 'x-api-key': community.systemKey },
      { 'x-api-key': community.communityKey },
    ] as Record<string, string>[])
      expect((await ask(server, 'GET /v1/leaderboards', { headers })).status).toBe(200)
  })

  it.each([
    ['no key', undefined],
    ['a key that was never made', 'rai_sk_0000000000000000000000000000000000000000000000000'],
    ['a key with a wrong checksum', mistyped(community.communityKey)],
    ['a key with something behind it', `${community.communityKey}x`],
    ['something else', 'hello'],
  ])('is refused with %s', async (_, bearer) => {
    const reply = await list(bearer)
    expect([reply.status, reply.code]).toEqual([401, 'unauthorized'])
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('is refused with another scheme, whatever key stands in it', async () => {
    const basic = Buffer.from(`x:${community.systemKey}`).toString('base64')
    for (const authorization of [`Basic ${basic}`, community.systemKey, `Bearer ${community.systemKey} x`, 'Bearer'])
      expect((await ask(server, 'GET /v1/leaderboards', { headers: { authorization } })).status).toBe(401)
  })

  it('is refused by the very next request after its key was revoked', async () => {
    const { id, key } = await newKey({})
    expect((await list(key)).status).toBe(200)
    await community.tenant((tx) => revokeKey(tx, id, now))
    expect((await list(key)).status).toBe(401)
    await expect(community.tenant((tx) => revokeKey(tx, id, now))).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is refused from the moment its key expires', async () => {
    const { key } = await newKey({ expiresAt: new Date(now.getTime() + 60_000) })
    expect((await list(key)).status).toBe(200)
    now = new Date(now.getTime() + 60_000)
    expect((await list(key)).status).toBe(401)
  })

  it('34: gets in by the old secret and the new one until the overlap ends, by the new one alone afterwards', async () => {
    const { id, key: first } = await newKey({})
    const rotate = (overlapMs: number) => community.tenant((tx) => rotateKey(tx, id, overlapMs, now))
    const { secret: second } = await rotate(60_000)
    expect([(await list(first)).status, (await list(second)).status]).toEqual([200, 200])
    now = new Date(now.getTime() + 60_000)
    expect([(await list(first)).status, (await list(second)).status]).toEqual([401, 200])
    // The one before the last ends with the next rotation, whatever it was promised.
    const { secret: third } = await rotate(60_000)
    const { secret: fourth } = await rotate(60_000)
    expect(await Promise.all([second, third, fourth].map(async (key) => (await list(key)).status))).toEqual([
      401, 200, 200,
    ])
    const { secret: fifth } = await rotate(0)
    expect(await Promise.all([fourth, fifth].map(async (key) => (await list(key)).status))).toEqual([401, 200])
    await community.tenant((tx) => revokeKey(tx, id, now))
    expect((await list(fifth)).status).toBe(401)
  })

  it('uses a key that says when each of its secrets was used last, to the minute', async () => {
    const { id, key: first } = await newKey({})
    const uses = async () => {
      const { last_used_at, previous_used_at } = await community.tenant((tx) => keyById(tx, id))
      return [last_used_at, previous_used_at]
    }
    const start = now
    expect(await uses()).toEqual([null, null])
    await list(first)
    await expect.poll(uses).toEqual([start, null])
    await community.tenant((tx) => rotateKey(tx, id, 600_000, now))
    expect(await uses()).toEqual([null, start])
    now = new Date(start.getTime() + 61_000)
    await list(first)
    await expect.poll(uses).toEqual([null, now])
  })

  it('has one system key', async () => {
    await expect(newKey({ kind: 'system', permissions: [] })).rejects.toThrow('api_keys_system')
  })

  it('needs the permission that the operation names, and is told which', async () => {
    const { key } = await newKey({ permissions: ['createUser'] })
    const reply = await list(key)
    expect([reply.status, reply.code]).toEqual([403, 'forbidden'])
    expect(reply.text).toContain('leaderboard')
  })

  it('cannot use the keys that are for pages and for minting', async () => {
    const { publishableKey, widgetAccess } = community
    for (const bearer of [publishableKey, widgetAccess.accessKey]) expect((await list(bearer)).code).toBe('forbidden')
    expect((await list(widgetAccess.accessId)).code).toBe('unauthorized')
  })
})

describe('a page', () => {
  const look = 'https://good.example'
  const key = newKey({ kind: 'publishable', origins: [look, 'http://other.example:8080'] })

  it('may read from an origin of the key, and is told so for itself alone', async () => {
    const { status, headers } = await config((await key).key, look)
    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBe(look)
    expect(headers.get('vary')).toContain('Origin')
    expect(headers.has('access-control-allow-credentials')).toBe(false)
  })

  it.each([
    'https://good.example.evil.test',
    'https://evilgood.example',
    'https://sub.good.example',
    'https://good.example:8443',
    'http://good.example',
    'https://good.example.',
    'https://GOOD.example',
    'HTTPS://good.example',
    'https://good.example/',
    'https://good.example, https://evil.test',
    'https://user@good.example',
    'https://good.exаmple',
    'https://xn--bcher-kva.example',
    'http://other.example',
    'null',
    'file://',
    'http://localhost',
    'http://127.0.0.1:3000',
    '*',
  ])('35: may not from %s', async (origin) => {
    const encoded = Buffer.from(origin).toString('latin1')
    for (const operation of [
      'GET /widget/v1/{publishableKey}/config',
      'GET /widget/v1/{publishableKey}/stream',
    ] as RouteKey[]) {
      const reply = await ask(server, operation, { params: { publishableKey: (await key).key }, origin: encoded })
      expect([reply.status, reply.code]).toEqual([403, 'origin_not_allowed'])
      // The page may read why: otherwise it would take it for a broken network.
      expect(reply.headers.has('access-control-allow-origin')).toBe(true)
    }
  })

  it('on localhost may while the key is in test mode', async () => {
    const testKey = await newKey({ kind: 'publishable', testMode: true })
    for (const origin of ['http://localhost', 'http://localhost:5173', 'https://127.0.0.1:8443', 'http://[::1]:3000'])
      expect((await config(testKey.key, origin)).headers.get('access-control-allow-origin')).toBe(origin)
    for (const origin of [
      'http://localhost.evil.test',
      'http://127.0.0.1.evil.test',
      'http://localhost:5173.evil.test',
    ])
      expect((await config(testKey.key, origin)).code).toBe('origin_not_allowed')
  })

  it('of our own server may, and so may what is no page: both send no foreign origin', async () => {
    expect((await config((await key).key, server.url)).status).toBe(200)
    expect((await config((await key).key)).status).toBe(200)
  })

  it('is told before it asks with a token what it may send', async () => {
    const preflight = async (origin: string) =>
      fetch(`${server.url}/widget/v1/${(await key).key}/me`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization',
        },
      })
    const good = await preflight(look)
    expect([good.status, good.headers.get('access-control-allow-origin')]).toEqual([204, look])
    expect(good.headers.get('access-control-allow-methods')).toBe('GET, PATCH, HEAD, OPTIONS')
    expect(good.headers.get('access-control-allow-headers')).toContain('Authorization')
    expect(Number(good.headers.get('access-control-max-age'))).toBeGreaterThan(0)
    const bad = await preflight('https://evil.test')
    expect([bad.status, bad.headers.get('access-control-allow-methods')]).toEqual([403, null])
  })

  it.each([
    ['a mistyped key', mistyped(community.publishableKey)],
    ['nothing like a key', 'x'],
    ['a null character', '\0'],
  ])('is refused with %s in its path', async (_, text) => {
    const reply = await config(text, look)
    expect(reply.status).toBe(401)
  })

  it('is refused after its key was revoked', async () => {
    const { id, key: gone } = await newKey({ kind: 'publishable', origins: [look] })
    expect((await config(gone, look)).status).toBe(200)
    await community.tenant((tx) => revokeKey(tx, id, now))
    expect((await config(gone, look)).status).toBe(401)
  })
})
