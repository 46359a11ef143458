import { createCipheriv, randomBytes, randomUUID } from 'node:crypto'
import { sign as signAsGithub } from '@octokit/webhooks-methods'
import type { AnswerOf, BodyOf } from '@rai/contract'
import { CompactEncrypt } from 'jose'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { beforeEach, describe, expect, it } from 'vitest'
import { createChannel } from '../../packages/server/src/domain/channels.js'
import { createField } from '../../packages/server/src/domain/fields/fields.js'
import { valuesOf } from '../../packages/server/src/domain/fields/values.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { balancesOf, createMember, findMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { type Ask, ask, type Reply, rawRequest } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { times } from '../helpers/long.js'
import { noLimits } from '../helpers/operations.js'
import { startTestServer } from '../helpers/server.js'

type NewHook = Partial<BodyOf<'POST /v1/hooks'>>
type Made = AnswerOf<'POST /v1/hooks'>

/** How far the server's clock is ahead of the machine's. */
let aheadMs = 0
const clock = () => new Date(Date.now() + aheadMs)
const minutes = 60_000
const hours = 60 * minutes
const server = await startTestServer({ clock, limits: noLimits })

let community: TestCommunity
let bearer: string
let member: Member
let channelId: string
beforeEach(async () => {
  aheadMs = 0
  community = await testCommunity(server)
  bearer = community.systemKey
  await community.tenant(async (tx) => {
    member = await createMember(tx, { username: 'amara' }, new Date())
    channelId = (await createChannel(tx, { topic: 'News', type: 'open' }, null, new Date())).id
    const fields = { club: 'single-line-text', visits: 'number', secret: 'number' } as const
    for (const [field, type] of Object.entries(fields))
      await createField(tx, { field, name: field, type, creatorId: null }, new Date())
  })
})

const create = (body: NewHook = {}) => {
  const action = { kind: 'message' as const, channelId, userId: member.id }
  return ask(server, 'POST /v1/hooks', { bearer, body: { name: 'Hook', action, ...body } })
}
const newHook = async (body: NewHook = {}): Promise<Made> => {
  const { status, text, answer } = await create(body)
  expect(status, text).toBe(201)
  return answer
}
const change = (hookId: string, body: object) =>
  ask(server, 'PATCH /v1/hooks/{hookId}', { bearer, params: { hookId }, body })
const rotate = (hookId: string, secret: string) =>
  ask(server, 'POST /v1/hooks/{hookId}/rotate', { bearer, params: { hookId }, body: { secret } })
const calls = async (hookId: string, query: Ask['query'] = {}) =>
  (await ask(server, 'GET /v1/hooks/{hookId}/calls', { bearer, params: { hookId }, query })).answer.items

type Headers = Record<string, string>
type Answer = AnswerOf<'POST /hooks/v1/{hookAddress}'>
/** Calls a hook as another system would, with these bytes. */
const call = ({ url }: Pick<Made, 'url'>, body: string | Buffer, headers: Headers = {}) =>
  rawRequest(server, {
    method: 'POST',
    path: new URL(url!).pathname,
    headers: { 'content-type': 'application/json', ...headers },
    body,
  }) as Promise<Reply<Answer>>
/** What Standard Webhooks' own library sends. */
const signed = (secret: string, body: string, { id = `msg_${randomUUID()}`, at = clock() } = {}): Headers => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': new Webhook(secret).sign(id, at, body),
})

const said = async () =>
  community.tenant((tx) =>
    tx.db.selectFrom('messages').select(['text', 'author_id']).where('community_id', '=', community.id).execute(),
  )
const coins = async () => (await community.tenant((tx) => balancesOf(tx, member.id))).currency
const give = (amount: number) =>
  community.tenant((tx) =>
    post(
      tx,
      [{ memberId: member.id, unit: 'currency', amount, reason: 'adjustment', key: randomUUID(), actor: 'test' }],
      new Date(),
    ),
  )
const json = JSON.stringify
const hello = json({ message: 'A new hut has opened!' })
const add = (amount = 25, more: object = {}) => json({ user: 'amara', operation: 'add', amount, ...more })
const currency = { action: { kind: 'currency' as const } }

describe('a hook for messages', () => {
  it('says what a signed call says, as its member', async () => {
    const hook = await newHook({ signature: 'standard' })
    const reply = await call(hook, hello, signed(hook.signingSecret!, hello))
    expect(reply.status, reply.text).toBe(200)
    expect(reply.answer).toMatchObject({ messageId: expect.any(String), userId: null, currency: null })
    expect(await said()).toEqual([{ text: 'A new hut has opened!', author_id: member.id }])
  })

  it('needs no more than its address, where it asks for nothing else', async () => {
    const hook = await newHook()
    for (const _ of [1, 2]) expect((await call(hook, hello, { 'content-type': 'text/plain' })).status).toBe(200)
    expect(await said()).toHaveLength(2)
  })

  it('says nothing that its member may not say', async () => {
    const hook = await newHook()
    await community.tenant((tx) =>
      tx.db
        .updateTable('members')
        .set({ status: 'suspended' })
        .where('community_id', '=', community.id)
        .where('id', '=', member.id)
        .execute(),
    )
    expect(await call(hook, hello)).toMatchObject({ status: 403, code: 'forbidden' })
    expect(await said()).toEqual([])
  })
})

describe('a hook for fields', () => {
  it('sets those that it is for, and no others', async () => {
    const action = { kind: 'fields' as const, fields: ['club', 'visits'] }
    const hook = await newHook({ action, requiresKey: true })
    const headers = { 'x-api-key': hook.key! }
    const set = (customFields: { fieldIdorName: string; value: unknown }[]) =>
      call(hook, json({ user: 'amara', customFields }), headers)
    const club = { fieldIdorName: 'club', value: 'Alpine' }
    const reply = await set([club, { fieldIdorName: 'visits', value: 12 }])
    expect(reply.answer, reply.text).toMatchObject({ userId: member.id, messageId: null })
    const wrong = [
      await set([club, { fieldIdorName: 'secret', value: 1 }]),
      await set([club, { fieldIdorName: 'visits', value: 'many' }]),
      await set([club, club]),
    ]
    expect(wrong.map(({ code }) => code)).toEqual(['unknown_reference', 'invalid_request', 'invalid_request'])
    expect(wrong.map(({ paths }) => paths[0])).toEqual([
      'customFields.1.fieldIdorName',
      'customFields.1.value',
      'customFields.1.fieldIdorName',
    ])
    const now = await community.tenant((tx) => findMember(tx, { id: member.id }))
    expect(now!.fields).toEqual({ club: 'Alpine' })
    expect(await community.tenant((tx) => valuesOf(tx, member.id))).toEqual({ visits: 12 })
  })
})

describe('a hook for currency', () => {
  let hook: Made
  let headers: Headers
  beforeEach(async () => {
    hook = await newHook({ ...currency, requiresKey: true })
    headers = { 'x-api-key': hook.key! }
  })
  const move = (operation: string, amount: number, user = 'amara') =>
    call(hook, json({ user, operation, amount }), headers)

  it('adds, subtracts and overwrites through the ledger', async () => {
    const has = []
    for (const [operation, amount] of [
      ['overwrite', 40],
      ['add', 25],
      ['subtract', 5],
      ['overwrite', 10],
      ['overwrite', 10],
    ] as const)
      has.push((await move(operation, amount)).answer.currency)
    expect(has).toEqual([40, 65, 60, 10, 10])
    const entries = await community.tenant((tx) =>
      tx.db
        .selectFrom('entries as e')
        .innerJoin('transactions as t', (join) =>
          join.onRef('t.community_id', '=', 'e.community_id').onRef('t.id', '=', 'e.transaction_id'),
        )
        .select(['e.amount', 't.reason', 't.actor'])
        .where('e.community_id', '=', community.id)
        .where('e.member_id', '=', member.id)
        .orderBy('e.transaction_id')
        .execute(),
    )
    expect(entries.map(({ amount }) => amount)).toEqual([40, 25, -5, -50])
    expect(new Set(entries.map(({ reason, actor }) => `${reason} ${actor}`))).toEqual(new Set([`webhook ${hook._id}`]))
  })

  it('takes nothing below nothing, and names what else is wrong', async () => {
    await give(10)
    expect(await move('subtract', 11)).toMatchObject({ status: 409, code: 'not_enough' })
    expect(await move('add', 2 ** 53 - 1)).toMatchObject({ status: 409, code: 'conflict' })
    expect(await move('add', 1, 'nobody')).toMatchObject({ status: 404, code: 'not_found' })
    for (const body of [
      add(0),
      add(-1),
      add(1.5),
      json({ user: 'amara', amount: 1 }),
      add(1, { role: 'owner' }),
      '[]',
      '""',
    ])
      expect(await call(hook, body, headers), body).toMatchObject({ status: 400, code: 'invalid_request' })
    for (const body of ['{', '{"user":"a","user":"b"}', Buffer.from([0xff])])
      expect(await call(hook, body, headers)).toMatchObject({ status: 400, code: 'invalid_json' })
    expect(await coins()).toBe(10)
  })

  it('leaves one amount, however many overwrite it at once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => move('overwrite', 7)))
    expect(await coins()).toBe(7)
  })
})

describe('14: who is let in', () => {
  /** All that a hook can want to see, and calls that show it. */
  const full = async () => {
    const hook = await newHook({ ...currency, requiresKey: true, signature: 'standard' })
    const body = add()
    const headers: Headers = { 'x-api-key': hook.key!, ...signed(hook.signingSecret!, body) }
    return { hook, body, headers }
  }

  it('hears the same whatever is wrong, and does nothing', async () => {
    const { hook, body, headers } = await full()
    const other = await newHook({ ...currency, requiresKey: true, signature: 'standard' })
    const { 'x-api-key': _, ...keyless } = headers
    const at = (ms: number) => ({ ...headers, ...signed(hook.signingSecret!, body, { at: new Date(Date.now() + ms) }) })
    const madeUp = { url: hook.url!.replace(/.{10}$/, '0000000000') }
    const replies = [
      await call(hook, body, keyless),
      await call(hook, body, { ...headers, 'x-api-key': other.key! }),
      await call(hook, body, { ...headers, 'x-api-key': bearer }),
      await call(hook, body, { ...headers, ...signed(other.signingSecret!, body) }),
      await call(hook, add(26), headers),
      await call(hook, `${body} `, headers),
      await call(hook, body, { ...headers, 'webhook-id': 'msg_2' }),
      await call(hook, body, at(-5 * minutes - 2000)),
      await call(hook, body, at(5 * minutes + 2000)),
      await call(hook, body, { ...headers, 'webhook-signature': '' }),
      await call(hook, body, { ...headers, 'x-encrypted': 'true' }),
      await call(other, body, headers),
      await call(madeUp, body, headers),
      await call({ url: `${server.url}/hooks/v1/${hook._id}` }, body, headers),
    ]
    for (const { status, code, text, requestId } of replies) {
      expect([status, code]).toEqual([401, 'unauthorized'])
      expect(text.replace(requestId!, '')).toBe(replies[0]!.text.replace(replies[0]!.requestId!, ''))
    }
    expect(await coins()).toBe(0)
    // Whoever signs a little early or late is let in.
    expect((await call(hook, body, at(-4 * minutes))).status).toBe(200)
    expect((await call(hook, body, at(4 * minutes))).status).toBe(200)
    expect(await coins()).toBe(50)
  })

  it('has a signature that no change leaves good', async () => {
    const { hook, body, headers } = await full()
    const signature = headers['webhook-signature']!
    const changed = new Set<string>()
    for (let n = 0; changed.size < times(60, 2000); n++) {
      const at = n % signature.length
      const letter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=, '[Math.floor(n / 3) % 67]!
      const other = signature.slice(0, at) + letter + signature.slice(at + 1)
      if (other !== signature) changed.add(other)
    }
    for (const other of changed)
      expect((await call(hook, body, { ...headers, 'webhook-signature': other })).status, other).toBe(401)
    const beside = { ...headers, 'webhook-signature': `v1a,x v1,AAAA ${signature}` }
    expect((await call(hook, body, beside)).status).toBe(200)
  })

  it('sends no more than 256 KB, and takes no address from elsewhere', async () => {
    const { hook, headers } = await full()
    expect(await call(hook, Buffer.alloc(256 * 1024 + 1, ' '), headers)).toMatchObject({
      status: 413,
      code: 'too_large',
    })
    const large = `${add()}${' '.repeat(250 * 1024)}`
    expect((await call(hook, large, { ...headers, ...signed(hook.signingSecret!, large) })).status).toBe(200)
    expect(hook.url).toBe(`${server.url}/hooks/v1/${new URL(hook.url!).pathname.split('/').at(-1)}`)
  })

  it('calls a hook of its own community, whatever else is known', async () => {
    const { hook, body, headers } = await full()
    const away = await testCommunity(server, { origin: 'https://away.example' })
    const params = { hookId: hook._id }
    for (const key of ['GET /v1/hooks/{hookId}', 'GET /v1/hooks/{hookId}/calls', 'DELETE /v1/hooks/{hookId}'] as const)
      expect((await ask(server, key, { bearer: away.systemKey, params })).status, key).toBe(404)
    expect((await ask(server, 'GET /v1/hooks', { bearer: away.systemKey })).answer).toEqual([])
    expect((await call(hook, body, headers)).status).toBe(200)
  })

  it('is counted like every other key', async () => {
    const { headers } = await call(await newHook(), hello)
    expect(headers.get('ratelimit-policy')).toContain('"key"')
  })
})

describe('14: other systems’ own libraries', () => {
  it('are let in: Standard Webhooks and Svix', async () => {
    const hook = await newHook({ ...currency, signature: 'standard' })
    const [body, at] = [add(), clock()]
    expect((await call(hook, body, signed(hook.signingSecret!, body))).status).toBe(200)
    const svix = {
      'svix-id': 'msg_svix',
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': new SvixWebhook(hook.signingSecret!).sign('msg_svix', at, body),
    }
    expect((await call(hook, body, svix)).status).toBe(200)
    expect((await call(hook, add(26), svix)).status).toBe(401)
    expect(await coins()).toBe(50)
  })

  it('are let in: Stripe, by a secret that it made', async () => {
    const secret = 'whsec_0123456789abcdefghijklmnopqrstuv'
    const hook = await newHook({ ...currency, signature: 'stripe', signingSecret: secret })
    expect(hook.signingSecret).toBeNull()
    const header = (payload: string, ms = 0, by = secret) => ({
      'stripe-signature': Stripe.webhooks.generateTestHeaderString({
        payload,
        secret: by,
        timestamp: Math.floor((Date.now() + ms) / 1000),
      }),
    })
    const body = add(25, { id: 'evt_1' })
    const first = await call(hook, body, header(body))
    expect(first.status, first.text).toBe(200)
    // Sent again, it has another time, and may say a little more.
    const again = `${body} `
    expect((await call(hook, again, header(again, 60_000))).answer).toEqual(first.answer)
    for (const wrong of [
      header(body, -6 * minutes),
      header(body, 0, 'whsec_other'),
      header(add(26)),
      { 'stripe-signature': 't=1' },
    ])
      expect((await call(hook, body, wrong)).status).toBe(401)
    expect(await coins()).toBe(25)
  })

  it('are let in: GitHub, each body once', async () => {
    const hook = await newHook({ ...currency, signature: 'github', signingSecret: 'a secret of theirs' })
    const header = async (body: string, secret = 'a secret of theirs') => ({
      'x-hub-signature-256': await signAsGithub(secret, body),
      'x-github-delivery': randomUUID(),
    })
    const body = add()
    const first = await call(hook, body, await header(body))
    expect(first.status, first.text).toBe(200)
    expect((await call(hook, body, await header(body))).answer).toEqual(first.answer)
    expect((await call(hook, body, await header(body, 'another secret'))).status).toBe(401)
    expect((await call(hook, add(26), await header(body))).status).toBe(401)
    expect(await coins()).toBe(25)
  })
})

describe('an encrypted call', () => {
  const encryptionKey = 'abcdefghijklmnopqrstuvwxyz012345'
  const key = Buffer.from(encryptionKey)
  const encrypted = { 'x-encrypted': 'true' }
  const base64 = (bytes: Buffer) => bytes.toString('base64')
  const gcm = (text: string, { iv = randomBytes(12), by = key } = {}) => {
    const cipher = createCipheriv('aes-256-gcm', by, iv)
    const data = Buffer.concat([cipher.update(text), cipher.final()])
    return { iv: base64(iv), data: base64(data), tag: base64(cipher.getAuthTag()) }
  }
  const cbc = (text: string) => {
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-256-cbc', key, iv)
    return { iv: base64(iv), data: base64(Buffer.concat([cipher.update(text), cipher.final()])) }
  }
  const jwe = (text: string, by = key) =>
    new CompactEncrypt(Buffer.from(text)).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(by)

  it('is opened by AES-256-GCM, with its tag beside the data or behind them', async () => {
    const hook = await newHook({ encryption: 'aes-256-gcm', encryptionKey })
    expect(hook.encryptionKey).toBeNull()
    const { iv, data, tag } = gcm(hello)
    const behind = gcm(hello, { iv: randomBytes(16) })
    const joined = base64(Buffer.concat([behind.data, behind.tag].map((text) => Buffer.from(text, 'base64'))))
    expect((await call(hook, json({ iv, data, tag }), encrypted)).status).toBe(200)
    expect((await call(hook, json({ iv: behind.iv, data: joined }), encrypted)).status).toBe(200)
    expect(await said()).toHaveLength(2)
    const flip = (text: string) => {
      const bytes = Buffer.from(text, 'base64')
      bytes[0]! ^= 1
      return base64(bytes)
    }
    const short = base64(Buffer.from(tag, 'base64').subarray(0, 12))
    const wrong = [
      { iv: flip(iv), data, tag },
      { iv, data: flip(data), tag },
      { iv, data, tag: flip(tag) },
      { iv, data, tag: short },
      { iv, data },
      { iv: '', data, tag },
      { iv, data, tag, more: 1 },
      gcm(hello, { by: randomBytes(32) }),
    ]
    for (const envelope of wrong) expect((await call(hook, json(envelope), encrypted)).status, json(envelope)).toBe(401)
    for (const body of ['', '[]', 'x', hello]) expect((await call(hook, body, encrypted)).status, body).toBe(401)
    expect((await call(hook, hello)).status).toBe(401)
    expect((await call(hook, json(gcm(hello)), { 'x-encrypted': 'false' })).status).toBe(401)
    expect(await said()).toHaveLength(2)
  })

  it('is opened by AES-256-CBC, where it is signed or shows a key', async () => {
    const alone = await create({ encryption: 'aes-256-cbc', encryptionKey })
    expect(alone).toMatchObject({ status: 400, code: 'invalid_request', paths: ['encryption'] })
    const hook = await newHook({ ...currency, encryption: 'aes-256-cbc', encryptionKey, signature: 'standard' })
    const send = (body: string, secret = hook.signingSecret!) =>
      call(hook, body, { ...encrypted, ...signed(secret, body) })
    expect((await send(json(cbc(add())))).answer.currency).toBe(25)
    const { data, iv } = cbc(add())
    for (const envelope of [
      { iv, data: data.slice(4) },
      { iv, data, tag: data },
      { iv: data.slice(0, 16), data },
    ])
      expect((await send(json(envelope))).status).toBe(401)
    expect((await call(hook, json({ iv, data }), encrypted)).status).toBe(401)
    expect(await coins()).toBe(25)
  })

  it('15: is opened as a JWE that jose makes', async () => {
    const hook = await newHook({ ...currency, encryption: 'jwe', requiresKey: true })
    const headers = { ...encrypted, 'x-api-key': hook.key!, 'content-type': 'application/jose' }
    const own = Buffer.from(hook.encryptionKey!)
    expect(own).toHaveLength(32)
    expect((await call(hook, await jwe(add(), own), headers)).answer.currency).toBe(25)
    const token = await jwe(add(), own)
    for (let n = 0; n < token.length; n += 7) {
      const flipped = token.slice(0, n) + (token[n] === 'A' ? 'B' : 'A') + token.slice(n + 1)
      expect((await call(hook, flipped, headers)).status, flipped).toBe(401)
    }
    const unknown = new CompactEncrypt(Buffer.from(add())).setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM' })
    expect((await call(hook, await unknown.encrypt(own), headers)).status).toBe(401)
    expect((await call(hook, await jwe(add(), key), headers)).status).toBe(401)
    expect(await coins()).toBe(25)
  })

  it('counts once, whatever name is written on it', async () => {
    const hook = await newHook({ encryption: 'aes-256-gcm', encryptionKey })
    const body = json(gcm(hello))
    const first = await call(hook, body, { ...encrypted, 'idempotency-key': 'a' })
    const spaced = json(JSON.parse(body)).replaceAll(',', ' , ')
    expect((await call(hook, spaced, { ...encrypted, 'idempotency-key': 'b' })).answer).toEqual(first.answer)
    // Encrypted anew it is the same call by its name, and that cipher is known from then on too.
    const anew = json(gcm(hello))
    expect((await call(hook, anew, { ...encrypted, 'idempotency-key': 'a' })).answer).toEqual(first.answer)
    expect((await call(hook, anew, { ...encrypted, 'idempotency-key': 'c' })).answer).toEqual(first.answer)
    expect(await said()).toHaveLength(1)
  })
})

describe('14: a repeat', () => {
  it('has one effect and the same answer, also after a day, and by another secret', async () => {
    const hook = await newHook({ ...currency, signature: 'standard' })
    const body = add()
    const first = await call(hook, body, signed(hook.signingSecret!, body, { id: 'msg_1' }))
    expect(first.answer).toEqual({ _id: expect.any(String), messageId: null, userId: member.id, currency: 25 })
    await give(100)
    aheadMs = 25 * hours
    const { answer } = await rotate(hook._id, 'signingSecret')
    const again = await call(hook, body, signed(answer.signingSecret!, body, { id: 'msg_1' }))
    expect([again.status, again.answer]).toEqual([200, first.answer])
    expect(await coins()).toBe(125)
    expect((await call(hook, body, signed(answer.signingSecret!, body, { id: 'msg_2' }))).answer.currency).toBe(150)
  })

  it('has one effect, though 50 come at once', async () => {
    const hook = await newHook({ ...currency, signature: 'standard' })
    const body = add()
    const headers = signed(hook.signingSecret!, body)
    const replies = await Promise.all(Array.from({ length: 50 }, () => call(hook, body, headers)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(replies.map(({ answer }) => json(answer))).size).toBe(1)
    expect(await coins()).toBe(25)
    const outcomes = (await calls(hook._id, { limit: 100 })).map(({ outcome }) => outcome)
    expect(outcomes.toSorted()).toEqual(['done', ...Array<string>(49).fill('repeated')])
  })

  it.each<[string, (name: string) => { headers?: Headers; more?: object }]>([
    ['webhook-id', (name) => ({ headers: { 'webhook-id': name } })],
    ['Idempotency-Key', (name) => ({ headers: { 'idempotency-key': name } })],
    ['an id in the body', (name) => ({ more: { id: name } })],
  ])('is told by %s, where nothing is signed; another content of that name is refused', async (_, named) => {
    const hook = await newHook({ ...currency, requiresKey: true })
    const send = (amount: number, name: string) => {
      const { headers, more } = named(name)
      return call(hook, add(amount, more), { 'x-api-key': hook.key!, ...headers })
    }
    const first = await send(25, 'one')
    expect((await send(25, 'one')).answer).toEqual(first.answer)
    expect(await send(26, 'one')).toMatchObject({ status: 422, code: 'idempotency_mismatch' })
    expect((await send(25, 'two')).answer.currency).toBe(50)
  })

  it('is another call at another hook, and none of one that was refused', async () => {
    const [one, two] = [
      await newHook({ ...currency, requiresKey: true }),
      await newHook({ ...currency, requiresKey: true }),
    ]
    const send = (hook: Made) =>
      call(hook, json({ user: 'amara', operation: 'subtract', amount: 5 }), {
        'x-api-key': hook.key!,
        'webhook-id': 'same',
      })
    expect((await send(one)).code).toBe('not_enough')
    await give(20)
    expect((await send(one)).answer.currency).toBe(15)
    expect((await send(two)).answer.currency).toBe(10)
  })
})

describe('the log', () => {
  it('has what became of each call, newest first, and why somebody was not let in', async () => {
    const hook = await newHook({ ...currency, requiresKey: true })
    const headers = { 'x-api-key': hook.key!, 'webhook-id': 'order-1' }
    const { answer } = await call(hook, add(), headers)
    await call(hook, add(), headers)
    await call(hook, add(26), headers)
    for (const _ of [1, 2, 3]) await call(hook, add())
    const log = await calls(hook._id)
    expect(log).toMatchObject([
      { outcome: 'refused', code: 'unauthorized', reason: 'The key is missing, or is another one.', externalId: null },
      { outcome: 'refused', code: 'idempotency_mismatch' },
      { outcome: 'repeated', code: null, externalId: 'order-1', repeats: answer._id },
      { outcome: 'done', _id: answer._id, externalId: 'order-1', userId: member.id },
    ])
    expect(await calls(hook._id, { outcome: 'done' })).toHaveLength(1)
    const page = { bearer, params: { hookId: hook._id }, query: { limit: 2 } }
    const { nextCursor } = (await ask(server, 'GET /v1/hooks/{hookId}/calls', page)).answer
    expect(await calls(hook._id, { cursor: nextCursor! })).toEqual(log.slice(2))
    // A minute later it says so again.
    aheadMs = 61_000
    await call(hook, add())
    expect(await calls(hook._id, { outcome: 'refused' })).toHaveLength(3)
  })
})

describe('hooks', () => {
  it('are made, read, changed and deleted; their secrets are shown once', async () => {
    const made = await newHook({ name: ' Shop ', requiresKey: true, signature: 'standard', encryption: 'jwe' })
    const { url, key, signingSecret, encryptionKey, ...hook } = made
    expect(hook).toMatchObject({ name: 'Shop', description: '', isEnabled: true, previousSecretEndsAt: null })
    expect([key, signingSecret, encryptionKey]).toEqual([
      expect.stringMatching(/^rai_hk_/),
      expect.stringMatching(/^whsec_/),
      expect.stringMatching(/^[\w-]{32}$/),
    ])
    expect(hook.urlHint).toBe(`rai_hook_…${url!.slice(-4)}`)
    const params = { hookId: hook._id }
    const read = await ask(server, 'GET /v1/hooks/{hookId}', { bearer, params })
    expect(read.answer).toEqual(hook)
    const list = await ask(server, 'GET /v1/hooks', { bearer })
    expect(list.answer).toEqual([hook])
    for (const { text } of [read, list])
      for (const secret of [url!.slice(-40), key!, signingSecret!, encryptionKey!]) expect(text).not.toContain(secret)
    const changed = await change(hook._id, { description: 'Orders', isEnabled: false })
    expect(changed.answer).toMatchObject({ description: 'Orders', url: null, key: null, signingSecret: null, __v: 1 })
    expect((await ask(server, 'DELETE /v1/hooks/{hookId}', { bearer, params })).answer).toEqual({ _id: hook._id })
    expect((await ask(server, 'GET /v1/hooks/{hookId}', { bearer, params })).status).toBe(404)
    expect((await call(made, hello)).status).toBe(401)
  })

  it('show a repeat of the request that made them no secret', async () => {
    const request = {
      bearer,
      headers: { 'idempotency-key': 'make' },
      body: { name: 'Once', ...currency, requiresKey: true },
    }
    const { answer } = await ask(server, 'POST /v1/hooks', request)
    const again = (await ask(server, 'POST /v1/hooks', request)).answer
    expect(again).toEqual({ ...answer, url: null, key: null })
  })

  it('do nothing while they are not enabled', async () => {
    const hook = await newHook({ isEnabled: false })
    expect(await call(hook, hello)).toMatchObject({ status: 409, code: 'conflict' })
    await change(hook._id, { isEnabled: true })
    expect((await call(hook, hello)).status).toBe(200)
  })

  it('that move what members have need a key or a signature', async () => {
    const fields = { action: { kind: 'fields' as const, fields: ['club'] } }
    for (const action of [currency, fields]) {
      expect(await create(action)).toMatchObject({ status: 400, code: 'invalid_request', paths: ['action.kind'] })
      expect(await create({ ...action, encryption: 'aes-256-gcm' })).toMatchObject({ status: 400 })
    }
    const hook = await newHook({ ...currency, requiresKey: true })
    expect(await change(hook._id, { requiresKey: false })).toMatchObject({ status: 400, code: 'invalid_request' })
    expect((await change(hook._id, { requiresKey: false, signature: 'standard' })).status).toBe(200)
    expect((await call(hook, add(), { 'x-api-key': hook.key! })).status).toBe(401)
  })

  it('refuse what they could not do, and secrets that do not fit', async () => {
    const message = (more: object) => ({ action: { kind: 'message' as const, channelId, userId: member.id, ...more } })
    const wrong: [NewHook, string, string][] = [
      [message({ channelId: 'x' }), 'unknown_reference', 'action.channelId'],
      [message({ userId: 'x' }), 'unknown_reference', 'action.userId'],
      [
        { action: { kind: 'fields', fields: ['club', 'x'] }, requiresKey: true },
        'unknown_reference',
        'action.fields.1',
      ],
      [{ signature: 'standard', signingSecret: 'whsec_c2hvcnQ=' }, 'invalid_request', 'signingSecret'],
      [{ signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }, 'invalid_request', 'signingSecret'],
      [{ encryptionKey: 'abcdefghijklmnopqrstuvwxyz012345' }, 'invalid_request', 'encryptionKey'],
      [{ encryption: 'jwe', encryptionKey: 'short' }, 'invalid_request', 'encryptionKey'],
    ]
    for (const [input, code, path] of wrong) {
      const reply = await create(input)
      expect([reply.code, reply.paths[0]], json(input)).toEqual([code, path])
    }
    expect((await ask(server, 'GET /v1/hooks', { bearer })).answer).toEqual([])
  })

  it('get other secrets: the one before is good for a day, but for addresses and encryption', async () => {
    const hook = await newHook({ ...currency, requiresKey: true, signature: 'standard' })
    const send = (key: string, secret: string, url = hook.url) => {
      const body = add(1)
      return call({ url }, body, { 'x-api-key': key, ...signed(secret, body) })
    }
    const key = (await rotate(hook._id, 'key')).answer.key!
    const rotated = (await rotate(hook._id, 'signingSecret')).answer
    const secret = rotated.signingSecret!
    expect(Date.parse(rotated.previousSecretEndsAt!)).toBeGreaterThan(Date.now() + 23 * hours)
    for (const [one, other] of [
      [key, secret],
      [hook.key!, hook.signingSecret!],
    ] as const)
      expect((await send(one, other)).status).toBe(200)
    aheadMs = 24 * hours + minutes
    expect((await send(hook.key!, secret)).status).toBe(401)
    expect((await send(key, hook.signingSecret!)).status).toBe(401)
    expect((await send(key, secret)).status).toBe(200)
    const { url } = (await rotate(hook._id, 'url')).answer
    expect((await send(key, secret)).status).toBe(401)
    expect((await send(key, secret, url)).status).toBe(200)
    expect(await rotate(hook._id, 'encryptionKey')).toMatchObject({ status: 409, code: 'conflict' })
    expect(await coins()).toBe(4)
  })

  it('are at most 50', async () => {
    for (let n = 0; n < 50; n++) await newHook()
    expect(await create()).toMatchObject({ status: 409, code: 'conflict' })
  })
})
