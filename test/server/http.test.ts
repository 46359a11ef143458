import type { RouteKey } from '@rai/contract'
import { describe, expect, it } from 'vitest'
import { ask, rawRequest, readReply } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer()
const community = await testCommunity(server)
const bearer = community.systemKey
const authorization = `Bearer ${bearer}`
const json = { authorization, 'content-type': 'application/json' }

/** Posts a text as it is. */
const post = (body: string | Buffer, headers: Record<string, string> = json, path = '/v1/leaderboards') =>
  rawRequest(server, { method: 'POST', path, headers, body })

describe('every answer', () => {
  it('names its request, and keeps a name that was given', async () => {
    const own = await ask(server, 'GET /healthz')
    expect(own.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    const given = await ask(server, 'GET /healthz', { headers: { 'x-request-id': 'deploy-2026.11_a' } })
    expect(given.headers.get('x-request-id')).toBe('deploy-2026.11_a')
    const forged = await ask(server, 'GET /healthz', { headers: { 'x-request-id': 'a b","level":60' } })
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('carries headers that keep browsers from guessing, framing and telling on', async () => {
    for (const { headers } of [await ask(server, 'GET /healthz'), await ask(server, 'GET /v1/leaderboards')]) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'no-store',
        'x-rai-version': '1',
      })
    }
  })

  it('40: says which limits were counted', async () => {
    const { headers } = await ask(server, 'GET /v1/leaderboards', { bearer })
    expect(headers.get('ratelimit-policy')).toBe('"address";q=6000;w=60, "key";q=6000;w=60')
    expect(headers.get('ratelimit')).toMatch(/^"address";r=\d+;t=\d+, "key";r=\d+;t=\d+$/)
  })
})

describe('30: a path that is not there', () => {
  it.each([
    ['/widget/v1/nothing/here', 'application/problem+json', { type: 'urn:rai:error:not_found', status: 404 }],
    ['/v2/api/widget-access-keys/nothing', 'application/json', { status: 'error', code: 'not_found' }],
    ['/apis/v1/nothing', 'application/json', { status: 'error', code: 'not_found' }],
    ['/v1/nothing', 'application/json', { meta: { status: 'error', statusCode: 404, code: 'not_found' }, data: null }],
    ['/nothing', 'application/problem+json', { code: 'not_found' }],
  ])('%s is refused in the form of its family', async (path, media, envelope) => {
    const reply = await rawRequest(server, { method: 'POST', path, headers: { 'content-type': 'text/odd' }, body: 'x' })
    expect(reply.status).toBe(404)
    expect(reply.headers.get('content-type')).toContain(media)
    expect(JSON.parse(reply.text)).toMatchObject(envelope)
    expect(reply.requestId).toBe(reply.headers.get('x-request-id'))
  })

  it.each(['/v1/leaderboards/%E0%A4%A', '/%zz', '/widget/v1/%zz/config'])(
    'is refused like any other when its text cannot be decoded: %s',
    async (path) => {
      const reply = await rawRequest(server, { method: 'GET', path, headers: json })
      expect([reply.status, reply.code]).toEqual([400, 'invalid_request'])
      expect(reply.requestId).toBe(reply.headers.get('x-request-id'))
      expect(Object.fromEntries(reply.headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'ratelimit-policy': '"address";q=6000;w=60',
      })
    },
  )
})

describe('methods', () => {
  it.each(['PUT', 'PATCH', 'DELETE', 'TRACE'])(
    '%s is refused where it has no meaning, naming those that have',
    async (method) => {
      const reply = await rawRequest(server, { method, path: '/v1/leaderboards', headers: json })
      expect([reply.status, reply.code]).toEqual([405, 'method_not_allowed'])
      expect(reply.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS')
    },
  )

  it('HEAD answers like GET, without the body', async () => {
    const reply = await rawRequest(server, { method: 'HEAD', path: '/v1/leaderboards', headers: { authorization } })
    expect([reply.status, reply.text]).toEqual([200, ''])
    expect(Number(reply.headers.get('content-length'))).toBeGreaterThan(2)
  })

  it('OPTIONS names the methods, and opens nothing to pages that may not ask', async () => {
    const headers = { origin: community.origin, 'access-control-request-method': 'POST' }
    const reply = await rawRequest(server, { method: 'OPTIONS', path: '/v1/leaderboards', headers })
    expect([reply.status, reply.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS'])
    expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('bodies', () => {
  it.each([
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['JSON of another kind', 'application/merge-patch+json'],
    ['JSON in another encoding', 'application/json; charset=utf-16'],
    ['no type at all', undefined],
  ])('of %s are refused', async (_, type) => {
    const reply = await post('{"name":"x"}', { authorization, ...(type && { 'content-type': type }) })
    expect([reply.status, reply.code]).toEqual([415, 'unsupported_media_type'])
  })

  it('that are compressed are refused', async () => {
    const reply = await post('{"name":"x"}', { ...json, 'content-encoding': 'gzip' })
    expect([reply.status, reply.code]).toEqual([415, 'unsupported_media_type'])
  })

  it('32: may hold 256 KB and no more', async () => {
    const sized = (bytes: number) => `{"name":"big","description":"${'x'.repeat(bytes - 33)}"}`.padEnd(bytes)
    const largest = await post(sized(256 * 1024))
    // Read in full, then refused by the schema.
    expect([largest.status, largest.paths]).toEqual([400, ['description']])
    const larger = await post(sized(256 * 1024 + 1))
    expect([larger.status, larger.code]).toEqual([413, 'too_large'])
  })

  it.each<[RouteKey, object]>([
    ['POST /v2/api/widget-access-keys/token', community.widgetAccess],
    ['POST /v2/api/widget-access-keys/validate', { embedToken: 'x' }],
    ['POST /apis/v1/users/info', { idOrEmail: 'x' }],
  ])('of %s may hold 16 KB', async (key, body) => {
    const [, path] = key.split(' ') as [string, string]
    const sized = (bytes: number) => post(JSON.stringify(body).padEnd(bytes), json, path)
    expect((await sized(16 * 1024)).status).not.toBe(413)
    const larger = await sized(16 * 1024 + 1)
    expect([larger.status, larger.code]).toEqual([413, 'too_large'])
  })

  it('may name 1,000 things in one place, and are told of the first 20 that are wrong', async () => {
    const names = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`unknown${n}`, n]))
    const list = (length: number) => ({ name: 'x', allowedUsersToRank: Array(length).fill(0) })
    for (const body of [names(1000), list(1000)]) {
      const reply = await ask(server, 'POST /v1/leaderboards', { bearer, body })
      expect([reply.status, reply.code, reply.paths.length]).toEqual([400, 'invalid_request', 21])
      expect(reply.text).toContain('There is more')
      expect(reply.text.length).toBeLessThan(3000)
    }
    for (const body of [names(1001), list(1001)]) {
      const reply = await ask(server, 'POST /v1/leaderboards', { bearer, body })
      expect([reply.status, reply.code, reply.paths]).toEqual([400, 'invalid_json', []])
    }
  })

  it.each<[RouteKey, object, string]>([
    ['POST /v1/leaderboards', {}, 'name is missing'],
    ['POST /v1/leaderboards', { name: 7 }, 'name must be a text'],
    ['POST /v1/leaderboards', { name: '' }, 'name must not be empty'],
    ['POST /v1/leaderboards', { name: 'x'.repeat(101) }, 'name must have at most 100 characters'],
    ['POST /v1/leaderboards', { name: 'x', allowedTimeFilters: [] }, 'allowedTimeFilters must not be empty'],
    ['POST /v1/leaderboards', { name: 'x', colour: 'red' }, 'colour is not known here'],
    ['POST /v1/leaderboards', { name: 'x', displayOrder: -1 }, 'displayOrder must be at least 0'],
    ['POST /v1/leaderboards', { name: 'x', displayOrder: 1.5 }, 'displayOrder must be a whole number'],
    ['POST /v1/leaderboards', { name: 'x', isEnabled: 'yes' }, 'isEnabled must be true or false'],
    ['POST /v1/leaderboards', { name: 'x', image: 'x' }, 'image must be a web address'],
    [
      'POST /v1/leaderboards',
      { name: 'x', rankingField: 'points' },
      'rankingField must be one of xp, currencies or be field: and the name of a field',
    ],
    [
      'POST /v1/leaderboards',
      { name: 'x', startDate: '1 May' },
      'startDate must be a day such as 2026-11-23 or be a time in UTC such as 2026-11-23T12:00:00.000Z',
    ],
    ['POST /v1/leaderboards', [], 'it must be an object'],
    ['POST /v1/keys', { kind: 'secret' }, 'kind must be one of publishable, community, widgetAccess'],
    ['POST /v1/keys', { kind: 'publishable', name: 'x' }, 'origins is missing'],
  ])('of %s that are %j are refused in plain words', async (key, body, words) => {
    const reply = await ask(server, key, { bearer, body })
    expect([reply.status, JSON.parse(reply.text).message]).toEqual([400, `The body is not valid: ${words}.`])
  })

  it('that are wrong in several places say so, and where', async () => {
    const reply = await ask(server, 'POST /v1/keys', { bearer, body: { kind: 'publishable' } })
    expect([JSON.parse(reply.text).message, reply.paths]).toEqual([
      'The body is not valid: name is missing. The details list what else is wrong.',
      ['name', 'origins'],
    ])
    const query = await ask(server, 'GET /v1/leaderboards', { bearer, query: { limit: 'many' } })
    expect(JSON.parse(query.text).message).toBe('The query is not valid: limit must be a number.')
  })

  it('are not repeated in the answer, however long a wrong name is', async () => {
    const long = 'y'.repeat(100_000)
    for (const body of [`{"name":"x","${long}":1}`, `{"${long}":1,"${long}":2}`]) {
      const reply = await post(body)
      expect(reply.status).toBe(400)
      expect(reply.text.length).toBeLessThan(1000)
    }
  })

  it('name a member by at most ten identifiers', async () => {
    const mint = (count: number, prefix: string) => {
      const userIdentifiers = Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, 'x']))
      const body = { ...community.widgetAccess, userIdentifiers }
      return ask(server, 'POST /v2/api/widget-access-keys/token', { body })
    }
    expect((await mint(11, 'data-')).paths).toEqual(['userIdentifiers'])
    expect((await mint(10, 'data-')).paths[0]).toBe('userIdentifiers.data-0')
    const bad = await mint(900, 'X')
    expect([bad.status, bad.paths.length]).toEqual([400, 21])
    expect(bad.text.length).toBeLessThan(3000)
  })

  it.each([
    ['is empty', ''],
    ['is cut off', '{"name":"x"'],
    ['has a comma too many', '{"name":"x",}'],
    ['holds a bare word', '{"name":NaN}'],
    ['is not UTF-8', Buffer.from([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
    ['names a field twice', '{"name":"x","name":"y"}'],
    ['names a field twice, once in other letters', '{"name":"x","n\\u0061me":"y"}'],
    ['names a prototype', '{"name":"x","__proto__":{"isAdmin":true}}'],
    ['names a prototype in other letters', '{"name":"x","\\u005f_proto__":{"isAdmin":true}}'],
    ['names a prototype by its constructor', '{"name":"x","constructor":{"prototype":{"isAdmin":true}}}'],
    ['is nested too deep', `{"name":${'['.repeat(64)}${']'.repeat(64)}}`],
    ['is nested much too deep', `${'['.repeat(100_000)}`],
    ['holds a null character', '{"name":"a\\u0000b"}'],
    ['holds half a character', '{"name":"a\\ud800b"}'],
  ])('31, 32: are refused when the JSON %s', async (_, body) => {
    const reply = await post(body)
    expect(reply.status).toBe(400)
    expect(['invalid_json', 'invalid_request']).toContain(reply.code)
    expect({}).not.toHaveProperty('isAdmin')
  })

  it('are taken with a type that says UTF-8, and nested as deep as allowed', async () => {
    const reply = await post(`{"name":${'['.repeat(63)}${']'.repeat(63)}}`, {
      ...json,
      'content-type': 'Application/JSON; charset="UTF-8"',
    })
    expect([reply.code, reply.paths]).toEqual(['invalid_request', ['name']])
  })

  it.each<[string, unknown, string[]]>([
    ['an unknown field', { name: 'x', isAdmin: true, communityID: 'y' }, ['isAdmin', 'communityID']],
    ['an object for a text', { name: { $ne: 1 } }, ['name']],
    ['an array for a text', { name: ['x'] }, ['name']],
    ['a number for a text', { name: 1 }, ['name']],
    ['null for a text', { name: null }, ['name']],
    ['a text for a boolean', { name: 'x', isEnabled: 'true' }, ['isEnabled']],
    ['a fraction for a whole number', { name: 'x', displayOrder: 1.5 }, ['displayOrder']],
    ['a number beyond exactness', { name: 'x', displayOrder: 2 ** 60 }, ['displayOrder']],
    ['a list instead of an object', [], ['']],
    [
      'something wrong deep inside',
      { name: 'x', widget: { enabled: 1 } },
      ['widget.enabled', 'widget.whitelistedDomains'],
    ],
  ])('31: are refused for %s, with its path', async (_, body, paths) => {
    const reply = await ask(server, 'POST /v1/leaderboards', { bearer, body })
    expect([reply.status, reply.code]).toEqual([400, 'invalid_request'])
    expect(reply.paths).toEqual(expect.arrayContaining(paths))
  })
})

describe('queries', () => {
  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'page=0',
    'page=1.5',
    'limit=1&limit=2',
    'colour=red',
    'sort=id:asc',
    '__proto__=1',
  ])('%s is refused', async (query) => {
    const reply = await rawRequest(server, {
      method: 'GET',
      path: `/v1/leaderboards?${query}`,
      headers: { authorization },
    })
    expect([reply.status, reply.code]).toEqual([400, 'invalid_request'])
  })

  it('cannot carry a null character to the database', async () => {
    for (const path of [
      '/v1/leaderboards?search=keyword:a%00b',
      '/v1/leaderboards/a%00b',
      '/v1/leaderboards?a%00b=1',
    ]) {
      const reply = await rawRequest(server, { method: 'GET', path, headers: { authorization } })
      expect([reply.status, reply.code], path).toEqual([400, 'invalid_request'])
    }
  })
})

describe('a secret key from a browser', () => {
  it.each([
    ['in Authorization', { authorization: `Bearer ${community.communityKey}` }],
    ['in X-API-Key', { 'x-api-key': community.systemKey }],
  ])('is refused even though it is good: %s', async (_, headers) => {
    const reply = await ask(server, 'GET /v1/leaderboards', { origin: community.origin, headers })
    expect([reply.status, reply.code]).toEqual([403, 'secret_key_in_browser'])
    expect(reply.headers.has('access-control-allow-origin')).toBe(false)
  })

  it('is refused where a publishable key and a token belong', async () => {
    const reply = await ask(server, 'GET /widget/v1/{publishableKey}/config', {
      params: { publishableKey: community.publishableKey },
      bearer,
      origin: community.origin,
    })
    expect([reply.status, reply.code]).toEqual([403, 'secret_key_in_browser'])
  })

  it('is refused where a page of our own origin reads, of which browsers do not say the origin', async () => {
    const headers = { 'sec-fetch-site': 'same-origin' }
    const reply = await ask(server, 'GET /v1/leaderboards', { bearer, headers })
    expect([reply.status, reply.code]).toEqual([403, 'secret_key_in_browser'])
    const minting = await ask(server, 'POST /v2/api/widget-access-keys/token', { headers, body: {} })
    expect(minting.code).toBe('secret_key_in_browser')
  })

  it('is taken from a back-end that runs on Node, whose fetch sends some of what browsers send', async () => {
    const headers = { authorization, 'sec-fetch-mode': 'cors' }
    const reply = await rawRequest(server, { method: 'GET', path: '/v1/leaderboards', headers })
    expect(reply.status).toBe(200)
  })

  it.each([
    ['a community key', community.communityKey],
    ['a system key', community.systemKey],
    ['a widget access id', community.widgetAccess.accessId],
    ['a widget access secret', community.widgetAccess.accessKey],
    ['a key of a kind to come', 'rai_uk_x'],
  ])('is refused where a publishable key belongs, and the page can read why: %s', async (_, publishableKey) => {
    const { origin } = community
    const reply = await ask(server, 'GET /widget/v1/{publishableKey}/config', { params: { publishableKey }, origin })
    expect([reply.status, reply.code]).toEqual([403, 'secret_key_in_browser'])
    expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
  })

  it('is refused where tokens are minted, before its body is read', async () => {
    const reply = await ask(server, 'POST /v2/api/widget-access-keys/token', { origin: community.origin, body: {} })
    expect([reply.status, reply.code]).toEqual([403, 'secret_key_in_browser'])
  })
})

describe('what a proxy would say', () => {
  it('is not believed: neither the host nor the address', async () => {
    const headers = {
      authorization,
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-for': '1.2.3.4',
    }
    const reply = await rawRequest(server, { method: 'GET', path: '/openapi.json', headers })
    expect(JSON.parse(reply.text).servers).toMatchObject([{ url: server.url }])
  })
})

describe('health', () => {
  it('is well while the database answers, for anyone', async () => {
    const reply = await readReply(await fetch(`${server.url}/healthz`, { headers: { origin: 'https://any.example' } }))
    expect([reply.status, reply.answer]).toEqual([200, { status: 'ok' }])
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
  })
})
