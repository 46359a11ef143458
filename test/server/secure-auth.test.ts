import { describe, expect, it } from 'vitest'
import { createMember, findMember } from '../../packages/server/src/domain/members/members.js'
import { createRole, rolesOf } from '../../packages/server/src/domain/roles.js'
import { type Ask, ask } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date()
let said = ''
const server = await startTestServer({
  clock: () => now,
  config: { logLevel: 'debug' },
  logTo: {
    write(line: string) {
      said += line
    },
  },
})
const community = await testCommunity(server)
const other = await testCommunity(server)

const profile = { email: 'amara@example.com', firstname: 'Amara', lastname: 'Okafor', displayname: 'Amara O.' }
const secureAuth = (query: Record<string, string | number>, { systemKey }: TestCommunity = community, more: Ask = {}) =>
  ask(server, 'GET /api/secureAuth', {
    query: { action: 'login', ...query },
    headers: { apiKey: systemKey, hostname: 'community.example', ...more.headers },
    ...(more.origin && { origin: more.origin }),
  })
const codeOf = (loginUrl: string) => new URL(loginUrl).searchParams.get('code')!
const redeem = (code: string) => ask(server, 'POST /api/v1/auth/redeem', { body: { code } })
const me = (bearer: string, serverId = community.id) =>
  ask(server, 'GET /api/v1/servers/{serverId}/me', { bearer, params: { serverId } })

describe('Secure Auth', () => {
  it('makes somebody who is not known yet, and signs them in by an address that works once', async () => {
    const unknown = await secureAuth({ userId: 'amara' })
    expect([unknown.status, JSON.parse(unknown.text).error, unknown.code]).toEqual([404, true, 'not_found'])
    const { status, text } = await secureAuth({ userId: 'amara', accessLevel: 3, ...profile })
    expect(status).toBe(200)
    const answer = JSON.parse(text)
    expect(answer).toEqual({
      error: false,
      loginUrl: expect.stringMatching(`^${server.url}/account/sign-in\\?code=rai_lc_\\w+$`),
      sessionId: expect.any(String),
      username: 'amara',
    })
    const code = codeOf(answer.loginUrl)
    const both = await Promise.all([redeem(code), redeem(code)])
    expect(both.map((reply) => reply.status).sort()).toEqual([200, 400])
    expect((await redeem(code)).code).toBe('invalid_token')
    const { answer: login } = both.find((reply) => reply.status === 200)!
    expect(login.user).toMatchObject({ displayName: 'Amara O.', email: profile.email, serverId: community.id })
    expect((await me(login.accessToken)).answer).toMatchObject({ username: 'amara', displayName: 'Amara O.' })
    // Known by now, and as before.
    const again = await secureAuth({ userId: 'amara', displayname: 'Somebody else' })
    expect((await me((await redeem(codeOf(again.answer.loginUrl))).answer.accessToken)).answer).toMatchObject({
      displayName: 'Amara O.',
    })
  })

  it('gives an address that is good for 60 seconds', async () => {
    const { answer } = await secureAuth({ userId: 'amara' })
    now = new Date(now.getTime() + 60_000)
    expect((await redeem(codeOf(answer.loginUrl))).code).toBe('invalid_token')
  })

  it('is a login in its community alone, and one member there', async () => {
    await other.tenant((tx) => createMember(tx, { username: 'amara', email: profile.email }, now))
    const { answer } = await redeem(codeOf((await secureAuth({ userId: 'amara' })).answer.loginUrl))
    expect((await me(answer.accessToken, other.id)).status).toBe(404)
    for (const serverId of [community.id, other.id]) {
      const linked = await ask(server, 'PUT /api/v1/servers/{serverId}/me', {
        bearer: answer.accessToken,
        params: { serverId },
      })
      expect([linked.status, linked.code]).toEqual([403, 'forbidden'])
    }
  })

  it('signs in no owner, whatever the level, and nobody who is banned', async () => {
    const { tenant, id: community_id } = community
    await tenant((tx) => createMember(tx, { username: 'owner', role: 'owner' }, now))
    const banned = await tenant((tx) => createMember(tx, { username: 'banned' }, now))
    await tenant((tx) =>
      tx.db
        .updateTable('members')
        .set({ status: 'banned' })
        .where('community_id', '=', community_id)
        .where('id', '=', banned.id)
        .execute(),
    )
    expect((await secureAuth({ userId: 'owner', accessLevel: 0 })).status).toBe(403)
    expect((await secureAuth({ userId: 'banned', ...profile })).code).toBe('banned')
  })

  it('rests while the member is suspended: nothing of a login is good then, and nothing of it is lost', async () => {
    const { tenant, id: community_id } = community
    const guest = { userId: 'guest', ...profile, email: 'guest@example.com' }
    const { answer: login } = await redeem(codeOf((await secureAuth(guest)).answer.loginUrl))
    const { answer: waiting } = await secureAuth(guest)
    const listed = async () => (await ask(server, 'GET /api/v1/servers', { bearer: login.accessToken })).answer
    const refresh = (refreshToken: string) => ask(server, 'POST /api/v1/auth/refresh', { body: { refreshToken } })
    const account = async (token: string) =>
      (await fetch(`${server.url}/account`, { headers: { cookie: `rai_login=${token}` } })).text()
    const { answer: next } = await refresh(login.refreshToken)
    expect(await listed()).toMatchObject([{ id: community_id }])
    expect(await account(login.accessToken)).toContain('You are signed in')
    const become = (status: 'suspended' | 'active') =>
      tenant((tx) =>
        tx.db
          .updateTable('members')
          .set({ status })
          .where('community_id', '=', community_id)
          .where('username', '=', 'guest')
          .execute(),
      )
    await become('suspended')
    for (const refused of [await refresh(next.refreshToken), await redeem(codeOf(waiting.loginUrl))])
      expect([refused.status, refused.code]).toEqual([403, 'suspended'])
    expect(await listed()).toEqual([])
    expect((await me(login.accessToken)).code).toBe('suspended')
    expect(await account(login.accessToken)).toContain('You are suspended here.')
    expect((await refresh(login.refreshToken)).code).toBe('unauthorized')
    await become('active')
    // Shown twice meanwhile, the first of the two tokens has ended the login.
    expect((await refresh(next.refreshToken)).code).toBe('unauthorized')
    const { answer: other } = await redeem(codeOf((await secureAuth(guest)).answer.loginUrl))
    await become('suspended')
    expect((await refresh(other.refreshToken)).code).toBe('suspended')
    expect((await refresh(other.refreshToken)).code).toBe('suspended')
    await become('active')
    expect((await refresh(other.refreshToken)).status).toBe(200)
  })

  it('gives the role that names the access level, and takes that of another', async () => {
    const { tenant } = community
    await tenant(async (tx) => {
      await createRole(tx, { title: 'By hand', position: 9 }, 'community', now)
      await createRole(tx, { title: 'Trader', accessLevel: 1 }, 'community', now)
      await createRole(tx, { title: 'Partner', accessLevel: 3, position: 2 }, 'community', now)
    })
    const rolesAt = async (accessLevel?: number) => {
      const query = { userId: 'level', ...profile, email: 'level@example.com' }
      expect((await secureAuth({ ...query, ...(accessLevel !== undefined && { accessLevel }) })).status).toBe(200)
      return tenant(async (tx) => {
        const roles = await rolesOf(tx, (await findMember(tx, { username: 'level' }))!)
        return roles.map(({ title }) => title)
      })
    }
    expect(await rolesAt(3)).toEqual(['@all', 'Partner'])
    expect(await rolesAt()).toEqual(['@all', 'Partner'])
    expect(await rolesAt(1)).toEqual(['@all', 'Trader'])
    // That of no role, and larger than any can be.
    for (const level of [7, 2 ** 50]) expect(await rolesAt(level)).toEqual(['@all'])
  })

  it.each(['', ' ', '-1', '1.5', '1e3', '0x1', 'admin', '9'.repeat(20)])(
    '31: refuses the level "%s"',
    async (accessLevel) => {
      const reply = await secureAuth({ userId: 'amara', accessLevel })
      expect([reply.status, reply.code, reply.paths]).toEqual([400, 'invalid_request', ['accessLevel']])
    },
  )

  it('is refused to browsers, wrong keys and other actions', async () => {
    const origin = 'https://site.example'
    expect((await secureAuth({ userId: 'amara' }, community, { origin })).code).toBe('secret_key_in_browser')
    const fetched = { headers: { 'sec-fetch-site': 'same-origin' } }
    expect((await secureAuth({ userId: 'amara' }, community, fetched)).code).toBe('secret_key_in_browser')
    expect((await ask(server, 'GET /api/secureAuth', { query: { userId: 'amara', action: 'login' } })).status).toBe(401)
    const weaker = { ...community, systemKey: community.communityKey }
    expect((await secureAuth({ userId: 'amara' }, weaker)).status).toBe(403)
    const action = await secureAuth({ userId: 'amara', action: 'logout' })
    expect([action.status, action.paths]).toEqual([400, ['action']])
  })

  it('names our own address, whatever the request calls us', async () => {
    const { answer } = await secureAuth({ userId: 'amara' }, community, {
      headers: { hostname: 'evil.test', 'x-forwarded-host': 'evil.test' },
    })
    expect(new URL(answer.loginUrl).origin).toBe(server.url)
  })
})

describe('its page', () => {
  const page = (path: string, init: RequestInit = {}) => fetch(server.url + path, { redirect: 'manual', ...init })
  const post = (path: string, fields: Record<string, string>, cookie = '') =>
    page(path, { method: 'POST', body: new URLSearchParams(fields), headers: { cookie } })

  it('signs in when the person says so, and out again', async () => {
    const { answer } = await secureAuth({ userId: 'amara' })
    const { pathname, search } = new URL(answer.loginUrl)
    const code = codeOf(answer.loginUrl)
    // Programs that follow links use nothing up.
    for (const method of ['HEAD', 'GET', 'GET']) {
      const looked = await page(pathname + search, { method })
      expect(looked.status).toBe(200)
      expect(looked.headers.get('referrer-policy')).toBe('no-referrer')
      expect(looked.headers.get('cache-control')).toBe('no-store')
      expect(looked.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    }
    const done = await post(pathname, { code })
    expect([done.status, done.headers.get('location')]).toEqual([303, '/account'])
    const set = done.headers.get('set-cookie')!
    expect(set).toMatch(/^rai_login=rai_at_\w+; Path=\/account; HttpOnly; SameSite=Strict; Max-Age=900$/)
    const cookie = set.split(';')[0]!
    expect(await (await page('/account', { headers: { cookie } })).text()).toContain('As <bdi>Amara O.</bdi>')
    // The API heeds no cookie.
    const api = await fetch(`${server.url}/api/v1/servers/${community.id}/me`, { headers: { cookie } })
    expect(api.status).toBe(401)
    const out = await post('/account', {}, cookie)
    expect(out.headers.get('set-cookie')).toMatch(/^rai_login=; .*Max-Age=0/)
    expect(await (await page('/account', { headers: { cookie } })).text()).toContain('You are not signed in')
    const again = await post(pathname, { code })
    expect([again.status, await again.text()]).toEqual([400, expect.stringContaining('This link is not good any more')])
    expect(said).not.toContain(code)
    expect(said).not.toContain(cookie.split('=')[1])
  })
})
