import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createKey, type NewKey, revokeKey, rotateKey } from '../../packages/server/src/domain/keys/keys.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { createKeyRing, type SigningKey } from '../../packages/server/src/domain/keys/signing.js'
import { createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser, openTestDatabase, waitingForLocks } from '../helpers/database.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

const start = new Date()
let now = start
const server = await startTestServer({ clock: () => now })
const empty = await openTestDatabase()
const community = await testCommunity(server)
const other = await testCommunity(server)
const { origin, widgetAccess } = community
let member: Member

beforeAll(async () => {
  member = await community.tenant((tx) =>
    createMember(tx, { username: 'amara', externalIds: [{ type: 'externalId', value: '42' }] }, now),
  )
  await community.tenant((tx) => createMember(tx, { username: 'bo', email: 'bo@example.com' }, now))
})

const mint = (userIdentifiers: Record<string, string>, more: object = {}) =>
  ask(server, 'POST /v2/api/widget-access-keys/token', { body: { ...widgetAccess, userIdentifiers, ...more } })
const me = (bearer: string, from: string | undefined = origin, { publishableKey } = community) =>
  ask(server, 'GET /widget/v1/{publishableKey}/me', { params: { publishableKey }, bearer, origin: from })
const validate = (token: string) =>
  ask(server, 'POST /v2/api/widget-access-keys/validate', {
    body: { embedToken: token },
    origin: 'https://any.example',
  })
const accessKey = async (input: Partial<NewKey>) => {
  const created = await community.tenant((tx) =>
    createKey(tx, { kind: 'widget_access', name: 'Test', origins: [origin], ...input }, now),
  )
  return { id: created.id, accessId: created.accessId!, accessKey: created.key }
}
const decode = (token: string) =>
  token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))

describe('an embed token', () => {
  it('names one member of one community on the key’s pages for 15 minutes', async () => {
    const { status, answer, text } = await mint({ 'data-username': 'amara' })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual({ status: 'success', message: 'Embed token created', data: answer })
    expect(answer.expiresIn).toBe(900)
    const [header, payload] = decode(answer.embedToken)
    expect(header).toEqual({ alg: 'EdDSA', typ: 'rai-embed+jwt', kid: expect.any(String) })
    expect(payload).toMatchObject({ iss: server.url, sub: member.id, aud: [origin], community: community.id })
    expect(payload.exp - payload.iat).toBe(900)
    const reply = await me(answer.embedToken)
    expect([reply.status, reply.answer.member.username]).toEqual([200, 'amara'])
    expect(reply.headers.get('cache-control')).toContain('no-store')
  })

  it('verifies with the public key set, which holds nothing private', async () => {
    const token = await embedToken(server, community, 'amara')
    const { answer } = await ask(server, 'GET /.well-known/jwks.json')
    const [{ kid }] = decode(token)
    expect(answer.keys.map((key) => key.kid)).toContain(kid)
    for (const key of answer.keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  })

  it('is validated for whoever holds it, with what is left of its time', async () => {
    const token = await embedToken(server, community, 'amara')
    now = new Date(now.getTime() + 60_000)
    const { answer } = await validate(token)
    expect(answer).toMatchObject({ valid: true, communityId: community.id, userId: member.id })
    expect(answer.expiresIn).toBeGreaterThan(835)
    expect(answer.expiresIn).toBeLessThanOrEqual(841)
    const bad = await validate('not.a.token')
    expect([bad.status, bad.answer]).toEqual([200, { valid: false, communityId: null, userId: null, expiresIn: null }])
  })

  it('is for the one origin that was asked for, if the key lists it', async () => {
    const { accessKey: secret, accessId } = await accessKey({
      origins: [origin, 'https://second.example'],
      identifiers: { 'data-username': '@username' },
    })
    const asked = { accessId, accessKey: secret, origin }
    const { answer } = await mint({ 'data-username': 'amara' }, asked)
    expect(decode(answer.embedToken)[1].aud).toEqual([origin])
    const refused = await mint({ 'data-username': 'amara' }, { ...asked, origin: 'https://third.example' })
    expect([refused.status, refused.code]).toEqual([403, 'origin_not_allowed'])
  })

  it('is not minted by a key that lists no page', async () => {
    const key = await accessKey({ origins: [], identifiers: { 'data-username': '@username' } })
    expect((await mint({ 'data-username': 'amara' }, key)).code).toBe('invalid_request')
    const { accessId, accessKey: secret } = key
    expect((await mint({ 'data-username': 'amara' }, { accessId, accessKey: secret })).code).toBe('origin_not_allowed')
  })

  it.each<[string, Partial<typeof widgetAccess>]>([
    ['another key’s secret', { accessKey: other.widgetAccess.accessKey }],
    ['another key’s id', { accessId: other.widgetAccess.accessId }],
    ['a mistyped secret', { accessKey: `${widgetAccess.accessKey.slice(0, -1)}-` }],
    ['a community key', { accessKey: community.communityKey }],
    ['halves the wrong way round', { accessId: widgetAccess.accessKey, accessKey: widgetAccess.accessId }],
    ['nothing', { accessId: '', accessKey: '' }],
  ])('is not minted for %s', async (_, credential) => {
    const reply = await mint({ 'data-username': 'amara' }, credential)
    expect([reply.status, reply.code]).toEqual([401, 'unauthorized'])
  })
})

describe('identifiers', () => {
  it('name a member by what the key declares them to mean, and agree', async () => {
    for (const identifiers of [{ 'data-customer-id': '42' }, { 'data-customer-id': '42', 'data-username': 'amara' }])
      expect(decode((await mint(identifiers)).answer.embedToken)[1].sub).toBe(member.id)
    const { accessId, accessKey: secret } = await accessKey({ identifiers: { 'data-id': '@id' } })
    const byId = await mint({ 'data-id': member.id }, { accessId, accessKey: secret })
    expect(decode(byId.answer.embedToken)[1].sub).toBe(member.id)
  })

  it.each<[string, Record<string, string>]>([
    ['nobody', { 'data-username': 'nobody' }],
    ['somebody in other letters', { 'data-username': 'Amara' }],
    ['two members', { 'data-username': 'bo', 'data-customer-id': '42' }],
    ['a member and nobody', { 'data-username': 'amara', 'data-customer-id': '43' }],
    ['a member by e-mail', { 'data-username': 'bo@example.com' }],
  ])('that name %s are not found', async (_, identifiers) => {
    const reply = await mint(identifiers)
    expect([reply.status, reply.code]).toEqual([404, 'not_found'])
  })

  it('that the key does not declare are refused by name', async () => {
    const reply = await mint({ 'data-username': 'amara', 'data-email': 'bo@example.com' })
    expect([reply.status, reply.paths]).toEqual([400, ['userIdentifiers.data-email']])
  })

  it('must be data-… names, and at least one', async () => {
    expect((await mint({ username: 'amara' })).status).toBe(400)
    expect((await mint({})).status).toBe(400)
  })

  it('of another community name nobody here', async () => {
    await other.tenant((tx) => createMember(tx, { username: 'theirs' }, now))
    expect((await mint({ 'data-username': 'theirs' })).status).toBe(404)
  })

  it('make the member once, where the key says so, however many ask at once', async () => {
    const identifiers = { 'data-username': '@username', 'data-customer-id': 'externalId' } as const
    const { accessId, accessKey: secret } = await accessKey({ identifiers, createMember: true })
    const ids = { 'data-username': 'newcomer', 'data-customer-id': 'n-1' }
    const replies = await Promise.all(Array.from({ length: 8 }, () => mint(ids, { accessId, accessKey: secret })))
    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(new Set(replies.map(({ answer }) => decode(answer.embedToken)[1].sub)).size).toBe(1)
    const nameless = await mint(
      { 'data-username': 'two\nlines', 'data-customer-id': 'n-3' },
      { accessId, accessKey: secret },
    )
    expect([nameless.status, nameless.code]).toEqual([400, 'invalid_request'])
    // Without a username there is nobody to make.
    const unnamed = await mint({ 'data-customer-id': 'n-2' }, { accessId, accessKey: secret })
    expect(unnamed.status).toBe(404)
  })
})

describe('a token is good no more', () => {
  it('on another page, or without the publishable key of its community', async () => {
    const token = await embedToken(server, community, 'amara')
    expect((await me(token)).status).toBe(200)
    expect((await me(token, 'https://evil.test')).status).toBe(403)
    expect((await me(token, origin, other)).status).toBe(401)
  })

  it('on a page that the publishable key lists and the token does not', async () => {
    const wide = await community.tenant((tx) =>
      createKey(tx, { kind: 'publishable', name: 'Wide', origins: [origin, 'https://second.example'] }, now),
    )
    const token = await embedToken(server, community, 'amara')
    const page = { ...community, publishableKey: wide.key }
    expect((await me(token, origin, page)).status).toBe(200)
    const reply = await me(token, 'https://second.example', page)
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([401, 'https://second.example'])
  })

  it('after its access key was revoked', async () => {
    const { id, ...key } = await accessKey({ identifiers: { 'data-username': '@username' } })
    const { answer } = await mint({ 'data-username': 'amara' }, key)
    expect((await me(answer.embedToken)).status).toBe(200)
    await community.tenant((tx) => revokeKey(tx, id, now))
    expect((await me(answer.embedToken)).code).toBe('unauthorized')
    expect((await validate(answer.embedToken)).answer.valid).toBe(false)
    expect((await mint({ 'data-username': 'amara' }, key)).status).toBe(401)
  })

  it('after its member was suspended, and none is minted for them', async () => {
    const token = await embedToken(server, community, 'bo')
    expect((await me(token)).status).toBe(200)
    await community.tenant((tx) =>
      tx.db
        .updateTable('members')
        .set({ status: 'suspended' })
        .where('community_id', '=', community.id)
        .where('username', '=', 'bo')
        .execute(),
    )
    expect((await me(token)).code).toBe('suspended')
    expect((await validate(token)).answer.valid).toBe(false)
    expect((await mint({ 'data-username': 'bo' })).code).toBe('suspended')
  })

  it('when its access key is rotated without an overlap, and so does its stream', async () => {
    const { id, accessId, accessKey: first } = await accessKey({ identifiers: { 'data-username': '@username' } })
    const tokenBy = async (secret: string) =>
      (await mint({ 'data-username': 'amara' }, { accessId, accessKey: secret })).answer.embedToken
    const rotate = (overlapMs: number) => community.tenant((tx) => rotateKey(tx, id, overlapMs, now))
    const token = await tokenBy(first)
    await rotate(60_000)
    expect((await me(token)).status).toBe(200)
    const headers = { authorization: `Bearer ${token}` }
    const stream = await openStream(server, community, headers)
    const { secret } = await rotate(0)
    expect([(await me(token)).code, (await validate(token)).answer.valid]).toEqual(['unauthorized', false])
    await stream.ended()
    expect((await openStream(server, community, headers)).response.status).toBe(401)
    expect((await me(await tokenBy(secret))).status).toBe(200)
  })

  it('after 15 minutes, but for what two clocks may differ', async () => {
    const token = await embedToken(server, community, 'amara')
    now = new Date(now.getTime() + 902_000)
    expect((await me(token)).status).toBe(200)
    now = new Date(now.getTime() + 10_000)
    const reply = await me(token)
    expect([reply.status, reply.code]).toEqual([401, 'token_expired'])
    expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
  })
})

describe('39: a forged token', () => {
  let privateKey: KeyObject
  let kid: string
  const seconds = () => Math.floor(now.getTime() / 1000)

  beforeAll(async () => {
    await embedToken(server, community, 'amara')
    const row = await server.database.global.selectFrom('signing_keys').selectAll().executeTakeFirstOrThrow()
    kid = row.kid
    const key = rootKey(server.config.secretKey!).unwrap(row.private_wrapped)
    privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  })

  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  type Signer = (text: string) => Buffer
  const honest: Signer = (text) => sign(null, Buffer.from(text), privateKey)
  /** The token that we would mint, with some of it changed. */
  async function forge(header: object, payload: object, signer: Signer = honest): Promise<string> {
    const [, good] = decode(await embedToken(server, community, 'amara'))
    const text = `${part({ alg: 'EdDSA', typ: 'rai-embed+jwt', kid, ...header })}.${part({ ...good, ...payload })}`
    return `${text}.${signer(text).toString('base64url')}`
  }

  it('starts from one that is good', async () => {
    expect((await me(await forge({}, {}))).status).toBe(200)
  })

  const stranger = generateKeyPairSync('ed25519')
  const publicPem = () => createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }) as string
  const rawPublic = () => createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  const hmac =
    (secret: () => string | Buffer): Signer =>
    (text) =>
      createHmac('sha256', secret()).update(text).digest()

  it.each<[string, object, object, Signer?]>([
    ['no signature', { alg: 'none' }, {}, () => Buffer.alloc(0)],
    ['no signature, spelled oddly', { alg: 'nOnE' }, {}, () => Buffer.alloc(0)],
    ['an empty signature', {}, {}, () => Buffer.alloc(0)],
    ['a signature by HS256 with our public key as text', { alg: 'HS256' }, {}, hmac(publicPem)],
    ['a signature by HS256 with our public key as bytes', { alg: 'HS256' }, {}, hmac(rawPublic)],
    ['a stranger’s signature', {}, {}, (text) => sign(null, Buffer.from(text), stranger.privateKey)],
    [
      'a stranger’s key in its header',
      { jwk: stranger.publicKey.export({ format: 'jwk' }) },
      {},
      (text) => sign(null, Buffer.from(text), stranger.privateKey),
    ],
    ['another algorithm’s name', { alg: 'ES256' }, {}],
    ['another type', { typ: 'JWT' }, {}],
    ['a channel token’s type', { typ: 'rai-channel+jwt' }, {}],
    ['no type', { typ: undefined }, {}],
    ['a path for a key id', { kid: '../../../../dev/null' }, {}],
    ['SQL for a key id', { kid: "' or 1=1 --" }, {}],
    ['an address for a key id', { kid: 'https://evil.test/jwks.json' }, {}],
    ['an object for a key id', { kid: { $ne: null } }, {}],
    ['no key id', { kid: undefined }, {}],
    ['a header that must be understood', { crit: ['exp'] }, {}],
    ['another issuer', {}, { iss: 'https://evil.test' }],
    ['no issuer', {}, { iss: undefined }],
    ['another audience', {}, { aud: ['https://evil.test'] }],
    ['an audience that contains ours', {}, { aud: [`${origin}.evil.test`] }],
    ['no audience', {}, { aud: undefined }],
    ['no end', {}, { exp: undefined }],
    ['an end that is no number', {}, { exp: 'never' }],
    ['an end in the past', {}, { exp: 1 }],
    ['a beginning in the future', {}, { nbf: 99_999_999_999 }],
    ['no member', {}, { sub: undefined }],
    ['a member that is nobody', {}, { sub: '01890000-0000-7000-8000-000000000000' }],
    ['SQL for a member', {}, { sub: "' or 1=1 --" }],
    ['another community', {}, { community: other.id }],
    ['no community', {}, { community: undefined }],
    ['SQL for a community', {}, { community: "'; drop table members; --" }],
    ['no access key', {}, { key: undefined }],
    ['another community’s access key', {}, { key: '01890000-0000-7000-8000-000000000000' }],
  ])('with %s is refused', async (_, header, payload, signer) => {
    const token = await forge(header, payload, signer)
    const reply = await me(token)
    expect([reply.status, reply.code]).toEqual([
      401,
      'exp' in payload && payload.exp === 1 ? 'token_expired' : 'unauthorized',
    ])
    if (!('aud' in payload && payload.aud !== undefined)) expect((await validate(token)).answer.valid).toBe(false)
  })

  it('with a later end, or anything else changed after signing, is refused', async () => {
    const [header, payload, signature] = (await embedToken(server, community, 'amara')).split('.') as [
      string,
      string,
      string,
    ]
    const longer = part({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), exp: seconds() + 1e6 })
    // The first character: an Ed25519 signature ends in a byte of which one in sixteen is zero already.
    const other = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)
    for (const token of [`${header}.${longer}.${signature}`, `${header}.${payload}.${other}`])
      expect((await me(token)).code).toBe('unauthorized')
  })

  it('of any size is refused', async () => {
    // Headers end at 16 KB in Node; what gets past them is a body.
    expect((await me(`${'a'.repeat(5000)}.b.c`)).status).toBe(401)
    expect((await validate('a'.repeat(1_000_000))).status).toBe(413)
    expect((await validate('a'.repeat(4097))).status).toBe(400)
  })

  it('by another installation’s key is refused, and does not let ours be asked for at will', async () => {
    const token = await forge({ kid: '01890000-0000-7000-8000-000000000000' }, {}, (text) =>
      sign(null, Buffer.from(text), stranger.privateKey),
    )
    for (let n = 0; n < 20; n++) expect((await me(token)).code).toBe('unauthorized')
  })
})

describe('the first signing key of an installation', () => {
  it('is waited for by whoever asks while it is made', async () => {
    const keys = createKeyRing(empty.database, rootKey(randomBytes(32)))
    const asked: Promise<SigningKey>[] = []
    await asSuperuser(empty.testDatabase.superuserUrl, async (client) => {
      await client.query("begin; select pg_advisory_xact_lock(hashtextextended('rai signing keys', 0))")
      asked.push(keys.signer(now))
      for (let waiting = 0; waiting === 0; ) waiting = await waitingForLocks(empty)
      asked.push(keys.signer(now))
      await client.query('commit')
    })
    const [first, second] = await Promise.all(asked)
    expect(second?.jwk.kid).toBe(first!.jwk.kid)
  })
})
