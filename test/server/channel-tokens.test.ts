import { createVerifier, type TokenErrorCode } from '@rai/bridge/verify'
import { beforeAll, describe, expect, it } from 'vitest'
import { updateChannel } from '../../packages/server/src/domain/channels.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { rotateSigningKey } from '../../packages/server/src/domain/keys/signing.js'
import { suspend } from '../../packages/server/src/domain/members/moderation.js'
import { ask } from '../helpers/api.js'
import { join, openChannel, pageOf } from '../helpers/channels.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date()
const server = await startTestServer({ clock: () => now })
const issuer = server.url
const origin = 'https://map.example.com'
const may: 'identity'[] = ['identity']
const page = { url: `${origin}/start`, capabilities: may, granted: may }
let community: TestCommunity
let other: TestCommunity
let amara: Awaited<ReturnType<typeof pageOf>>
let yuki: Awaited<ReturnType<typeof pageOf>>

beforeAll(async () => {
  ;[community, other] = [await testCommunity(server), await testCommunity(server)]
  for (const name of ['amara', 'yuki']) await join(community, name, { at: now })
  await join(other, 'amara', { at: now })
  ;[amara, yuki] = [await pageOf(server, community, 'amara'), await pageOf(server, community, 'yuki')]
})

const open = async (iframe: object = {}, of = community) =>
  (await openChannel(of, { topic: 'Map', type: 'iframe', iframe: { ...page, ...iframe } })).id
const operation = 'POST /widget/v1/{publishableKey}/channels/{channelId}/token'
const mint = (channelId: string, body: object = {}, who = amara) => who.ask(operation, { params: { channelId }, body })
const tokenOf = async (channelId: string, body: object = {}, who = amara) => {
  const { answer, status, text } = await mint(channelId, body, who)
  expect(status, text).toBe(200)
  return answer.token
}
const verifier = (changes: object = {}) =>
  createVerifier({ issuer, app: 'map.example.com', origin, now: () => now.getTime(), ...changes })
const refused = async (verified: Promise<unknown>): Promise<TokenErrorCode> =>
  verified.then(
    () => expect.fail('it was verified'),
    ({ code }) => code,
  )

describe('a channel token', () => {
  it('is verified by the page’s back-end, and says who looks and where', async () => {
    const channelId = await open()
    const { answer } = await mint(channelId, { nonce: 'of the back-end' })
    const claims = await verifier()(answer.token, { nonce: 'of the back-end' })
    expect(answer.expiresIn).toBe(300)
    expect(claims).toEqual({
      iss: issuer,
      sub: expect.stringMatching(/^[\w-]{43}$/),
      aud: [origin, 'map.example.com'],
      iat: expect.any(Number),
      exp: claims.iat + 300,
      jti: expect.any(String),
      nonce: 'of the back-end',
      community: community.id,
      channel: channelId,
    })
    expect((await verifier()(await tokenOf(channelId))).jti).not.toBe(claims.jti)
  })

  it('calls a member the same at one origin, and otherwise at another, and in another community', async () => {
    const sub = async (id: string, changes: object = {}, who = amara) =>
      (await verifier(changes)(await tokenOf(id, {}, who))).sub
    const here = await open()
    const mine = await sub(here)
    expect(await sub(await open({ url: `${origin}/elsewhere` }))).toBe(mine)
    const elsewhere = { app: 'quiz.example.com', origin: 'https://quiz.example.com' }
    const others = [
      await sub(here, {}, yuki),
      await sub(await open({ url: 'https://quiz.example.com/' }), elsewhere),
      await sub(await open({}, other), {}, await pageOf(server, other, 'amara')),
    ]
    const member = await amara.ask('GET /widget/v1/{publishableKey}/channels/{channelId}', {
      params: { channelId: here },
    })
    expect(new Set([mine, ...others]).size).toBe(4)
    expect(member.text).not.toContain(mine)
  })

  it.each<[string, TokenErrorCode, object]>([
    ['another app', 'audience', { app: 'quiz' }],
    ['another origin', 'audience', { origin: 'https://quiz.example.com' }],
    ['another server', 'issuer', { issuer: 'https://other.example', jwksUrl: `${issuer}/.well-known/jwks.json` }],
  ])('is no good for %s', async (_, code, changes) => {
    expect(await refused(verifier(changes)(await tokenOf(await open())))).toBe(code)
  })

  it('is good for one exchange, and for five minutes', async () => {
    const token = await tokenOf(await open(), { nonce: 'one' })
    expect(await refused(verifier()(token, { nonce: 'two' }))).toBe('nonce')
    const at = (seconds: number) => verifier({ now: () => now.getTime() + seconds * 1000 })(token, { nonce: 'one' })
    await at(299)
    expect(await refused(at(306))).toBe('expired')
  })

  it('is for the app that the operator named, or that the page asks for', async () => {
    const named = await open({ app: 'my-map' })
    expect((await verifier({ app: 'my-map' })(await tokenOf(named))).aud).toEqual([origin, 'my-map'])
    expect((await verifier({ app: 'my-api' })(await tokenOf(named, { audience: 'my-api' }))).aud).toContain('my-api')
    const asOther = await mint(named, { audience: 'https://quiz.example.com' })
    expect([asOther.status, asOther.paths]).toEqual([400, ['audience']])
  })

  it('is no embed token, nor is that one of these', async () => {
    const { publishableKey, origin: site } = community
    const bearer = await tokenOf(await open())
    const me = await ask(server, 'GET /widget/v1/{publishableKey}/me', {
      params: { publishableKey },
      bearer,
      origin: site,
    })
    expect([me.status, me.code]).toEqual([401, 'unauthorized'])
    expect(await refused(verifier()(amara.bearer))).toBe('malformed')
  })

  it('is kept by nobody: asked for again it is another', async () => {
    const channelId = await open()
    const again = () =>
      amara.ask(operation, { params: { channelId }, body: {}, headers: { 'idempotency-key': 'once' } })
    const [first, second] = [await again(), await again()]
    expect(second.answer.token).not.toBe(first.answer.token)
    expect(first.headers.get('cache-control')).toBe('private, no-store')
  })
})

describe('there is none', () => {
  it('for a page that was not granted to know who looks', async () => {
    const { status, code } = await mint(await open({ granted: [] }))
    expect([status, code]).toEqual([403, 'forbidden'])
  })

  it('where no page is shown: it was switched off, or the channel is another', async () => {
    const off = await open()
    await community.tenant((tx) => updateChannel(tx, off, { iframe: { isEnabled: false } }, null, now))
    for (const id of [off, (await openChannel(community)).id]) {
      const { status, code } = await mint(id)
      expect([status, code]).toEqual([409, 'conflict'])
    }
  })

  it('for a page whose channel shows that of another origin by now', async () => {
    const channelId = await open()
    await tokenOf(channelId, { origin })
    const url = 'https://quiz.example.com/'
    await community.tenant((tx) => updateChannel(tx, channelId, { iframe: { ...page, url } }, null, now))
    const { status, code } = await mint(channelId, { origin })
    expect([status, code]).toEqual([409, 'conflict'])
    await tokenOf(channelId, { origin: new URL(url).origin })
  })

  it('for who does not see the channel', async () => {
    const hidden = { [community.id]: { view_message_history: false } }
    const iframe = page
    const { id } = await openChannel(community, { type: 'iframe', iframe, permissions: hidden })
    for (const channelId of [id, await open({}, other)]) {
      const { status, code } = await mint(channelId)
      expect([status, code]).toEqual([404, 'not_found'])
    }
  })

  it('for a guest, nor for who is suspended', async () => {
    const channelId = await open()
    const { publishableKey, origin: site } = community
    const guest = await ask(server, operation, { params: { publishableKey, channelId }, body: {}, origin: site })
    expect([guest.status, guest.code]).toEqual([401, 'unauthorized'])
    const { id } = await join(community, 'bo', { at: now })
    const bo = await pageOf(server, community, 'bo')
    await tokenOf(channelId, {}, bo)
    const order = { userId: id, authority: 'community', actor: 'key' } as const
    await community.tenant((tx) => suspend(tx, order, new Date(now.getTime() + 60_000), now))
    const { status, code } = await mint(channelId, {}, bo)
    expect([status, code]).toEqual([403, 'suspended'])
  })
})

describe('the keys', () => {
  it('rotate without a gap: who verifies has the new one before it signs, and the one before while its tokens last', async () => {
    const channelId = await open()
    const verify = verifier()
    // The first key has been there for a while.
    now = new Date(now.getTime() + 10_000)
    const before = await tokenOf(channelId)
    await verify(before)
    const { config, database } = server
    await rotateSigningKey(database, rootKey(config.secretKey!), 15 * 60_000, now)
    now = new Date(now.getTime() + 2_000)
    const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid
    const keys = await fetch(`${issuer}/.well-known/jwks.json`)
    expect(keys.headers.get('cache-control')).toBe('public, max-age=3')
    expect(((await keys.json()) as { keys: object[] }).keys).toHaveLength(2)
    expect(kidOf(await tokenOf(channelId))).toBe(kidOf(before))
    now = new Date(now.getTime() + 60_000)
    const after = await tokenOf(channelId)
    expect(kidOf(after)).not.toBe(kidOf(before))
    for (const token of [before, after]) await verify(token)
  })
})
