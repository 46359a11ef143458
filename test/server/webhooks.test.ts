import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnswerOf, BodyOf } from '@rai/contract'
import { compactDecrypt } from 'jose'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { signatureHeaders } from '../../packages/server/src/calls/sign.js'
import { freePort } from '../../packages/server/src/db/supervisor.js'
import { emitEach } from '../../packages/server/src/domain/events.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { deleteMember, eraseNext } from '../../packages/server/src/domain/members/deletions.js'
import { createMember, findMemberByAny } from '../../packages/server/src/domain/members/members.js'
import { createEndpoint } from '../../packages/server/src/domain/webhooks/endpoints.js'
import { startServer } from '../../packages/server/src/start.js'
import { ask } from '../helpers/api.js'
import { join as enter, openChannel, pageOf } from '../helpers/channels.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { quietConfig } from '../helpers/config.js'
import { times } from '../helpers/long.js'
import { missingId } from '../helpers/people.js'
import { type Answer, type Received, type Receiver, startReceiver, verified } from '../helpers/receiver.js'
import { startTestServer } from '../helpers/server.js'
import { naughtyStrings } from '../helpers/strings.js'

type NewEndpoint = Partial<BodyOf<'POST /v1/webhooks'>>
type Endpoint = AnswerOf<'POST /v1/webhooks'>

const receivers = await Promise.all([startReceiver(), startReceiver(), startReceiver()])
const [receiver, second, third] = receivers as [Receiver, Receiver, Receiver]
/** How far the server's clock is ahead of the machine's. */
let aheadMs = 0
const clock = () => new Date(Date.now() + aheadMs)
const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes
const days = 24 * hours
/** What names mean that are sent to. */
const names: Record<string, string[]> = {
  'inside.example': ['127.0.0.1'],
  'both.example': ['93.184.216.34', '127.0.0.1'],
}
const server = await startTestServer({
  clock,
  config: { webhookAllow: receivers.map(({ place }) => place) },
  resolve: async (name) => names[name]!,
})
let community: TestCommunity
let bearer: string
beforeEach(async () => {
  aheadMs = 0
  for (const one of receivers) {
    one.received.length = 0
    one.answer = 200
  }
  community = await testCommunity(server)
  bearer = community.communityKey
})

// What still waits to be tried again would come into the next test.
afterEach(async () => {
  for (const { _id } of (await ask(server, 'GET /v1/webhooks', { bearer })).answer) await remove(_id)
})

const create = async (body: NewEndpoint = {}) => {
  const all = { url: receiver.url, events: ['user.joined' as const], ...body }
  return ask(server, 'POST /v1/webhooks', { bearer, body: all })
}
const newEndpoint = async (body: NewEndpoint = {}): Promise<Endpoint> => (await create(body)).answer
const change = (webhookId: string, body: object) =>
  ask(server, 'PATCH /v1/webhooks/{webhookId}', { bearer, params: { webhookId }, body })
const remove = (webhookId: string) => ask(server, 'DELETE /v1/webhooks/{webhookId}', { bearer, params: { webhookId } })
const read = async (webhookId: string) =>
  (await ask(server, 'GET /v1/webhooks/{webhookId}', { bearer, params: { webhookId } })).answer
const deliveries = async (webhookId: string, query: Record<string, string> = {}) =>
  (await ask(server, 'GET /v1/webhooks/{webhookId}/deliveries', { bearer, params: { webhookId }, query })).answer.items
let joined = 0
const joins = (username = `walker ${++joined}`) => community.tenant((tx) => createMember(tx, { username }, new Date()))
/** Waits until a receiver has had so many requests. */
const arrived = async (n: number, at = receiver): Promise<Received[]> => {
  await expect.poll(() => at.received.length, { timeout: 10_000, interval: 5 }).toBe(n)
  return at.received
}
/** Waits until an endpoint's only delivery has had so many attempts, and answers it. */
const attempted = async (webhookId: string, n: number, timeout = 10 * seconds) =>
  vi.waitFor(
    async () => {
      const [delivery] = await deliveries(webhookId)
      expect(delivery?.attempts).toHaveLength(n)
      return delivery!
    },
    { timeout, interval: 10 },
  )

describe('what is sent', () => {
  it('1: is signed as the standard’s own example is', () => {
    const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
    expect(signatureHeaders(id, '{"test": 2432232314}', [secret], new Date(1_614_265_330_000))).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('tells who joined, who bought what, and who came', async () => {
    const { key } = await newEndpoint()
    const member = await community.tenant((tx) =>
      createMember(tx, { username: 'ada', displayName: 'Ada', email: 'ada@home.example' }, new Date()),
    )
    const [request] = await arrived(1)
    expect(verified(key!, request!)).toEqual({
      type: 'user.joined',
      timestamp: expect.stringMatching(/Z$/),
      sequence: expect.any(Number),
      communityId: community.id,
      data: {
        user: { _id: member.id, id: '1', username: 'ada', displayName: 'Ada', email: 'ada@home.example' },
      },
    })
    expect(request!.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'rai' })
    expect(request!.headers['webhook-id']).toMatch(/^[\da-f-]{36}$/)
    expect(request!.headers['x-encrypted']).toBeUndefined()
  })

  it('is only what an endpoint asked for, in the order of its numbers', async () => {
    const { key } = await newEndpoint({ events: ['user.visited', 'user.joined'] })
    await newEndpoint({ url: second.url, events: ['user.visited'] })
    const { id } = await joins()
    await community.tenant((tx) => emitEach(tx, 'user.visited', [id]))
    const said = (await arrived(2)).map((request) => verified(key!, request) as { type: string; sequence: number })
    const inOrder = said.toSorted((a, b) => a.sequence - b.sequence)
    expect(inOrder.map(({ type }) => type)).toEqual(['user.joined', 'user.visited'])
    expect((await arrived(1, second))[0]!.body.toString()).toContain('"user.visited"')
  })

  it('W1: verifies whatever people are called', async () => {
    const { key } = await newEndpoint()
    const odd = [...Object.values(naughtyStrings), '\u2028\u2029', '🏔️👩‍👩‍👧‍👧', 'x'.repeat(100)]
      .filter((text) => text.trim() !== '' && text.length <= 100 && !/[\p{Cc}\p{Surrogate}]/u.test(text))
      .slice(0, times(40, 10_000))
    await community.tenant(async (tx) => {
      for (const displayName of odd) await createMember(tx, { username: `odd ${++joined}`, displayName }, new Date())
    })
    const requests = await arrived(odd.length)
    const said = requests.map((request) => (verified(key!, request) as { data: { user: object } }).data.user)
    expect(new Set(said.map((user) => (user as { displayName: string }).displayName))).toEqual(
      new Set(odd.map((text) => text.trim())),
    )
  })

  it('4: is nothing of a change that was rolled back', async () => {
    await newEndpoint()
    for (let n = 0; n < times(20, 1000); n++) {
      const work = community.tenant(async (tx) => {
        await createMember(tx, { username: `nobody ${n}` }, new Date())
        throw new Error('no')
      })
      await expect(work).rejects.toThrow('no')
    }
    await joins('somebody')
    expect((await arrived(1))[0]!.body.toString()).toContain('somebody')
  })

  it('goes with whom it tells of', async () => {
    const { _id } = await newEndpoint()
    const member = await joins()
    await attempted(_id, 1)
    const longAfter = new Date(Date.now() + 31 * days)
    await community.tenant((tx) => deleteMember(tx, member, new Date()))
    await community.tenant((tx) => eraseNext(tx, longAfter))
    expect(await deliveries(_id)).toEqual([])
  })
})

describe('messages', () => {
  const events = ['message.created' as const]
  /** What somebody says who is in the community. */
  const amara = async () => {
    await enter(community, 'amara')
    return pageOf(server, community, 'amara')
  }
  const saidIn = (request: Received): string => JSON.parse(request.body.toString()).data.message.message

  it('are told of, whoever they are sent by', async () => {
    const { key } = await newEndpoint({ events })
    const { id } = await openChannel(community, { topic: 'Forum', type: 'forum' })
    const page = await amara()
    const topic = await page.ask('POST /widget/v1/{publishableKey}/channels/{channelId}/topics', {
      params: { channelId: id },
      body: { title: 'Boots', text: 'Which ones?' },
    })
    const [request] = await arrived(1)
    expect(verified(key!, request!)).toEqual({
      type: 'message.created',
      timestamp: expect.stringMatching(/Z$/),
      sequence: expect.any(Number),
      communityId: community.id,
      data: {
        user: expect.objectContaining({ username: 'amara', email: 'amara@people.example' }),
        channel: { _id: id, topic: 'Forum', channelType: 'forum' },
        message: {
          _id: topic.answer.lastMessageId,
          message: 'Which ones?',
          replyTo: null,
          forumTopicId: topic.answer.id,
          attachments: [],
        },
      },
    })
    await page.reply(topic.answer.lastMessageId, 'These')
    expect(verified(key!, (await arrived(2))[1]!)).toMatchObject({
      data: { message: { message: 'These', replyTo: topic.answer.lastMessageId, forumTopicId: topic.answer.id } },
    })
    await ask(server, 'POST /apis/v1/messages/send', {
      bearer,
      body: { channelId: id, forumTopicId: topic.answer.id, message: 'By a key', sender: 'amara' },
    })
    expect(saidIn((await arrived(3))[2]!)).toBe('By a key')
  })

  it('are told of from some channels only, where an endpoint says so', async () => {
    const [here, there] = [await openChannel(community), await openChannel(community)]
    const { _id, channelIds } = await newEndpoint({ events: [...events, 'user.joined'], channelIds: [here.id] })
    expect(channelIds).toEqual([here.id])
    await newEndpoint({ url: second.url, events })
    const page = await amara()
    await page.say(there.id, 'there')
    await page.say(here.id, 'here')
    expect((await arrived(2, second)).map(saidIn).toSorted()).toEqual(['here', 'there'])
    const requests = await arrived(2)
    expect(requests.map(({ body }) => JSON.parse(body.toString()).type).toSorted()).toEqual([
      ...['message.created', 'user.joined'],
    ])
    expect(requests.map(({ body }) => body.toString()).join()).not.toContain('"there"')
    expect((await change(_id, { channelIds: null })).answer.channelIds).toBeNull()
    await page.say(there.id, 'there again')
    await arrived(3)
  })

  it('are told of from no channel that is not here, or is between members', async () => {
    const other = await openChannel(await testCommunity(server))
    const member = await enter(community, 'yuki')
    const direct = await openChannel(community, { type: 'direct', members: [member.id] })
    const here = await openChannel(community)
    for (const wrong of [other.id, direct.id, missingId, 'x'])
      expect(await create({ events, channelIds: [here.id, wrong] })).toMatchObject({
        ...{ code: 'unknown_reference', paths: ['channelIds.1'] },
      })
    const { _id } = await newEndpoint({ events, channelIds: [here.id] })
    expect(await change(_id, { channelIds: [other.id] })).toMatchObject({ paths: ['channelIds.0'] })
    expect((await change(_id, { channelIds: [] })).code).toBe('invalid_request')
    expect((await read(_id)).channelIds).toEqual([here.id])
  })

  it('between members are told to nobody', async () => {
    await newEndpoint({ events })
    const page = await amara()
    const yuki = await enter(community, 'yuki')
    const author = await community.tenant((tx) => findMemberByAny(tx, 'amara'))
    const direct = await openChannel(community, { type: 'direct', members: [author!.id, yuki.id] })
    const open = await openChannel(community)
    expect((await page.say(direct.id, 'between us')).status).toBe(201)
    await page.say(open.id, 'to all')
    expect((await arrived(1)).map(saidIn)).toEqual(['to all'])
  })

  it('that are deleted are told of no more', async () => {
    receiver.answer = 500
    const { _id } = await newEndpoint({ events })
    await newEndpoint({ url: second.url, events })
    const { id } = await openChannel(community)
    const page = await amara()
    const said = await page.say(id, 'a secret')
    await arrived(1, second)
    await attempted(_id, 1)
    await page.remove(said.answer.id)
    await expect.poll(() => deliveries(_id), { timeout: 10_000 }).toEqual([])
    // What waited for its next attempt is gone.
    receiver.received.length = 0
    receiver.answer = 200
    aheadMs = minutes
    await page.say(id, 'another')
    expect((await arrived(1)).map(saidIn)).toEqual(['another'])
    const rows = await community.tenant((tx) => tx.db.selectFrom('webhook_messages').select('payload').execute())
    expect(JSON.stringify(rows)).not.toContain('a secret')
  })

  it('that are deleted while others are on their way are told of no more', async () => {
    const held: { end(): void }[] = []
    receiver.answer = (response) => void held.push(response)
    await newEndpoint({ events })
    const { id } = await openChannel(community)
    const page = await amara()
    const said = new Map<string, string>()
    for (let n = 1; n <= 10; n++) said.set(`no. ${n}`, (await page.say(id, `no. ${n}`)).answer.id)
    // Five at once, and the others behind them.
    const first = (await arrived(5)).map(saidIn)
    const others = [...said].filter(([text]) => !first.includes(text))
    for (const [, messageId] of others) await page.remove(messageId)
    receiver.answer = 200
    for (const response of held) response.end()
    await page.say(id, 'another')
    expect((await arrived(6)).map(saidIn)).toEqual([...first, 'another'])
  })

  it('of an author who is erased are kept nowhere', async () => {
    const { _id } = await newEndpoint({ events })
    const { id } = await openChannel(community)
    await (await amara()).say(id, 'my words')
    await attempted(_id, 1)
    const author = await community.tenant((tx) => findMemberByAny(tx, 'amara'))
    await community.tenant((tx) => deleteMember(tx, author!, new Date()))
    await community.tenant((tx) => eraseNext(tx, new Date(Date.now() + 31 * days)))
    expect(await deliveries(_id)).toEqual([])
    const rows = await community.tenant((tx) => tx.db.selectFrom('webhook_messages').select('payload').execute())
    expect(rows).toEqual([])
  })
})

describe('an endpoint', () => {
  it('shows its secret once', async () => {
    const headers = { 'idempotency-key': 'once' }
    const body = { url: receiver.url, events: ['user.joined'] }
    const first = await ask(server, 'POST /v1/webhooks', { bearer, body, headers })
    expect(first.answer).toMatchObject({ key: expect.stringMatching(/^whsec_/), keyState: 'shown', isEnabled: true })
    expect(Buffer.from(first.answer.key!.slice(6), 'base64')).toHaveLength(32)
    const again = await ask(server, 'POST /v1/webhooks', { bearer, body, headers })
    expect(again.answer).toEqual({ ...first.answer, key: null, keyState: 'shown_before' })
    const { key, keyState, encryptionKey, ...shown } = first.answer
    expect(await read(first.answer._id)).toEqual(shown)
    expect((await ask(server, 'GET /v1/webhooks', { bearer })).answer).toEqual([shown])
    const { answer: log } = await ask(server, 'GET /v1/audit', { bearer: community.systemKey })
    expect(log.items).toMatchObject([{ operation: 'POST /v1/webhooks', objects: { _id: shown._id } }])
    expect(JSON.stringify(log)).not.toContain(receiver.place)
  })

  it('is changed and deleted', async () => {
    const { _id } = await newEndpoint()
    expect((await change(_id, { description: ' CRM ', events: ['user.visited'] })).answer).toMatchObject({
      ...{ description: 'CRM', events: ['user.visited'], url: receiver.url, key: null, __v: 1 },
    })
    const params = { webhookId: _id }
    expect((await remove(_id)).status).toBe(200)
    expect((await ask(server, 'GET /v1/webhooks/{webhookId}', { bearer, params })).code).toBe('not_found')
    expect((await remove(_id)).code).toBe('not_found')
  })

  it('is one of fifty at most', async () => {
    const { url } = receiver
    await community.tenant(async (tx) => {
      for (let n = 0; n < 50; n++)
        await createEndpoint(tx, rootKey(server.config.secretKey!), { url, events: ['user.joined'] }, new Date())
    })
    expect((await create()).code).toBe('conflict')
  })

  it('3: verifies by both secrets for a day after a rotation, and then by the new one', async () => {
    const { _id, key: before } = await newEndpoint()
    const { answer } = await ask(server, 'POST /v1/webhooks/{webhookId}/rotate', { bearer, params: { webhookId: _id } })
    expect(answer.key).not.toBe(before)
    expect(new Date(answer.previousSecretEndsAt!).getTime() - Date.now()).toBeGreaterThan(23.9 * hours)
    await joins()
    const [during] = await arrived(1)
    expect(during!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    expect(verified(before!, during!)).toEqual(verified(answer.key!, during!))
    aheadMs = 24 * hours
    await joins()
    const after = (await arrived(2))[1]!
    expect(after.headers['webhook-signature']).toMatch(/^v1,\S+$/)
    // As whoever verifies a day later sees it.
    const verifyAt = (secret: string) => {
      vi.setSystemTime(clock())
      try {
        return new Webhook(secret).verify(after.body, after.headers as Record<string, string>)
      } finally {
        vi.useRealTimers()
      }
    }
    expect(verifyAt(answer.key!)).toMatchObject({ type: 'user.joined' })
    expect(() => verifyAt(before!)).toThrow('No matching signature')
    expect((await read(_id)).previousSecretEndsAt).toBeNull()
  })

  it('15: is sent what only its key opens', async () => {
    const { _id, key, encryptionKey } = await newEndpoint({ encryption: 'jwe' })
    const secret = Buffer.from(encryptionKey!, 'base64url')
    await joins('secret')
    const [request] = await arrived(1)
    const { headers, body } = request!
    expect(headers).toMatchObject({ 'x-encrypted': 'true', 'content-type': 'application/jose' })
    new Webhook(key!).verify(body, headers as Record<string, string>, { jsonParse: false })
    const opened = await compactDecrypt(body.toString(), secret)
    expect(opened.protectedHeader).toMatchObject({ alg: 'dir', enc: 'A256GCM' })
    expect(JSON.parse(Buffer.from(opened.plaintext).toString())).toMatchObject({
      data: { user: { username: 'secret' } },
    })
    for (let n = 0; n < times(100, 10_000); n++) {
      const at = n % body.length
      const flipped = Buffer.from(body)
      flipped[at]! ^= 1
      await expect(compactDecrypt(flipped.toString(), secret)).rejects.toThrow()
    }
    const nonces = new Set<string>()
    for (let n = 0; n < times(20, 1000); n++) await joins()
    for (const { body } of await arrived(1 + times(20, 1000))) nonces.add(body.toString().split('.')[2]!)
    expect(nonces.size).toBe(1 + times(20, 1000))
    // Off and on again is another key.
    expect((await change(_id, { encryption: 'none' })).answer.encryptionKey).toBeNull()
    expect((await change(_id, { encryption: 'jwe' })).answer.encryptionKey).not.toBe(encryptionKey)
  })

  it('15: is sent what only its own private key opens, where it gave a public one', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
    const { encryptionKey } = await newEndpoint({ encryption: 'jwe', publicKey: pem })
    expect(encryptionKey).toBeNull()
    await joins('secret')
    const opened = await compactDecrypt((await arrived(1))[0]!.body.toString(), privateKey)
    expect(opened.protectedHeader).toMatchObject({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
    expect(Buffer.from(opened.plaintext).toString()).toContain('"secret"')
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
    for (const wrong of ['x', short.export({ type: 'spki', format: 'pem' }) as string])
      expect((await create({ publicKey: wrong })).paths).toEqual(['publicKey'])
    const ownPrivate = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    expect((await create({ publicKey: ownPrivate })).paths).toEqual(['publicKey'])
  })

  it.each([
    ...['http://example.com/', 'https://127.0.0.1/', 'https://0.0.0.0/', 'https://10.0.0.1/', 'https://172.16.0.1/'],
    ...['https://192.168.1.1/', 'https://169.254.169.254/latest/', 'https://100.64.0.1/', 'https://192.0.0.1/'],
    ...['https://198.18.0.1/', 'https://224.0.0.1/', 'https://240.0.0.1/', 'https://[::]/', 'https://[::1]/'],
    ...['https://[fc00::1]/', 'https://[fe80::1]/', 'https://[ff02::1]/', 'https://[::ffff:127.0.0.1]/'],
    ...['https://[::ffff:7f00:1]/', 'https://[64:ff9b::7f00:1]/', 'https://[2002:7f00:1::]/', 'https://[2001::1]/'],
    ...[
      'https://2130706433/',
      'https://0x7f000001/',
      'https://0177.0.0.1/',
      'https://127.1/',
      'https://１２７.０.０.１/',
    ],
    ...[
      'https://localhost/',
      'https://localhost./',
      'https://a.localhost/',
      'https://intranet/',
      'https://a@b.example/',
    ],
    ...['https://example.com:22/', 'https://example.com:25/', 'https://example.com:5432/', 'ftp://example.com/'],
  ])('11: cannot be at %s', async (url) => {
    const { status, paths } = await create({ url })
    expect([status, paths]).toEqual([400, ['url']])
  })

  it('11: is sent nothing where its name means this network, or also does', async () => {
    for (const name of ['inside', 'both']) {
      const { _id } = await newEndpoint({ url: `https://${name}.example/` })
      await joins()
      const { attempts } = await attempted(_id, 1)
      expect(attempts).toMatchObject([{ status: null, error: 'not a public address', answer: '' }])
      await remove(_id)
    }
    expect(receiver.received).toEqual([])
  })

  it('11: is looked up at each attempt, and sent nothing when its name has come to mean this network', async () => {
    const port = Number(receiver.place.split(':')[1])
    let connections = 0
    const trap = createServer((socket) => socket.destroy(void connections++))
    onTestFinished(() => void trap.close())
    await once(trap.listen(port, '127.0.0.2'), 'listening')
    names['moves.example'] = ['127.0.0.1']
    receiver.answer = 500
    const { _id } = await newEndpoint({ url: `http://moves.example:${port}/` })
    await joins()
    await attempted(_id, 1)
    for (const [n, moved] of [['127.0.0.2'], ['127.0.0.1', '127.0.0.2']].entries()) {
      names['moves.example'] = moved
      aheadMs += 6 * minutes
      expect((await attempted(_id, n + 2)).attempts[0]).toMatchObject({ status: null, error: 'not a public address' })
    }
    names['moves.example'] = ['127.0.0.1']
    receiver.answer = 200
    aheadMs += hours
    expect((await attempted(_id, 4)).status).toBe('delivered')
    expect([connections, receiver.received.length]).toEqual([0, 2])
  })

  it('is tried', async () => {
    const { _id, key } = await newEndpoint()
    await newEndpoint({ url: second.url })
    const params = { webhookId: _id }
    const { answer } = await ask(server, 'POST /v1/webhooks/{webhookId}/test', { bearer, params })
    const [request] = await arrived(1)
    expect(request!.headers['webhook-id']).toBe(answer.eventId)
    expect(verified(key!, request!)).toMatchObject({ type: 'webhook.test', data: { endpoint: { _id } } })
    await change(_id, { isEnabled: false })
    expect((await ask(server, 'POST /v1/webhooks/{webhookId}/test', { bearer, params })).code).toBe('conflict')
    expect(second.received).toEqual([])
  })
})

describe('an attempt that fails', () => {
  it('2: is made again under the same id at another time', async () => {
    receiver.answer = 500
    const { _id, key } = await newEndpoint()
    await joins()
    for (let n = 1; n <= 3; n++) {
      await attempted(_id, n)
      aheadMs += 6 * minutes
    }
    const [first, ...others] = receiver.received
    expect(verified(key!, first!)).toMatchObject({ type: 'user.joined' })
    for (const { headers, body } of others) {
      expect(headers['webhook-id']).toBe(first!.headers['webhook-id'])
      expect(body).toEqual(first!.body)
    }
    const stamps = receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']))
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b))
    expect(new Set(stamps).size).toBe(3)
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-signature'])).size).toBe(3)
  })

  it('5: is followed by nine others as planned, and by none after that', async () => {
    receiver.answer = 500
    const { _id } = await newEndpoint()
    await joins()
    const gaps = [5 * seconds, 5 * minutes, 30 * minutes, 2 * hours, 5 * hours]
    for (const [n, gap] of [...gaps, 10 * hours, 14 * hours, 20 * hours, 24 * hours].entries()) {
      const { attempts, nextAttemptAt, status } = await attempted(_id, n + 1)
      expect(status).toBe('pending')
      const wait = new Date(nextAttemptAt!).getTime() - new Date(attempts[0]!.at).getTime()
      expect(wait / gap).toBeGreaterThan(0.8)
      expect((wait - 1 * seconds) / gap).toBeLessThan(1.2)
      aheadMs += wait
    }
    expect(await attempted(_id, 10)).toMatchObject({ status: 'exhausted', nextAttemptAt: null })
    expect(await deliveries(_id, { status: 'exhausted' })).toHaveLength(1)
    expect(await deliveries(_id, { status: 'pending' })).toEqual([])
  })

  it.each([301, 302, 303, 307, 308])('6: is one that leads elsewhere by %s', async (status) => {
    receiver.answer = (response) => response.writeHead(status, { location: second.url }).end()
    const { _id } = await newEndpoint()
    await joins()
    expect(await attempted(_id, 1)).toMatchObject({ status: 'pending', attempts: [{ status }] })
    expect(second.received).toEqual([])
  })

  it('7: is the last one after 410', async () => {
    receiver.answer = 410
    const { _id } = await newEndpoint()
    const { key } = await newEndpoint({ url: second.url, events: ['webhook.endpoint.disabled'] })
    await joins()
    const [told] = await arrived(1, second)
    expect(verified(key!, told!)).toMatchObject({ data: { endpoint: { _id, url: receiver.url }, reason: 'gone' } })
    expect(await read(_id)).toMatchObject({ isEnabled: false, disabledReason: 'gone' })
    await joins()
    await vi.waitFor(async () => expect(await deliveries(_id, { status: 'held' })).toHaveLength(2))
    // Whoever enables it again is told everything.
    receiver.answer = 200
    expect((await change(_id, { isEnabled: true })).answer).toMatchObject({ isEnabled: true, failingSince: null })
    await arrived(3)
    expect(new Set(receiver.ids()).size).toBe(2)
  })

  it.each([
    ['seconds', () => '600', 429],
    ['seconds', () => '600', 503],
    ['a date', () => new Date(Date.now() + 600_000).toUTCString(), 429],
  ])('8: waits as long as it is told in %s', async (_, retryAfter, status) => {
    receiver.answer = (response) => response.writeHead(status, { 'retry-after': retryAfter() }).end()
    const { _id } = await newEndpoint()
    await joins()
    const { nextAttemptAt } = await attempted(_id, 1)
    expect(new Date(nextAttemptAt!).getTime() - Date.now()).toBeGreaterThan(590 * seconds)
    // What comes meanwhile waits as well.
    receiver.answer = 200
    await joins()
    await vi.waitFor(async () => expect(await deliveries(_id)).toHaveLength(2))
    expect(receiver.received).toHaveLength(1)
    aheadMs = 11 * minutes
    await arrived(3)
  })

  it('10: is none because of what is answered, of which little is read and less is kept', async () => {
    let closed = false
    receiver.answer = (response) => {
      response.writeHead(200)
      response.on('close', () => {
        closed = true
      })
      const more = () => void (!closed && response.write('\0x'.repeat(32_000), more))
      more()
    }
    const { _id } = await newEndpoint()
    await joins()
    const { status, attempts } = await attempted(_id, 1)
    expect([status, attempts[0]!.status]).toEqual(['delivered', 200])
    expect(Buffer.byteLength(attempts[0]!.answer)).toBeLessThanOrEqual(1024)
    await expect.poll(() => closed).toBe(true)
  })

  it('is one without an answer, or with one that breaks off', async () => {
    receiver.answer = (response) => response.writeHead(200).write('x', () => response.destroy())
    second.answer = (response) => response.destroy()
    third.answer = ({ socket }) => socket!.end('HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
    const broken = await newEndpoint()
    const none = await newEndpoint({ url: second.url })
    const other = await newEndpoint({ url: third.url })
    await joins()
    for (const { _id } of [broken, none, other])
      expect(await attempted(_id, 1)).toMatchObject({ status: 'pending', attempts: [{ status: null }] })
  })

  it('W6: is told to others after two and a half days of nothing else, and disables after five', async () => {
    receiver.answer = 500
    const { _id } = await newEndpoint()
    const events = ['webhook.endpoint.failing', 'webhook.endpoint.disabled'] as const
    await newEndpoint({ url: second.url, events: [...events] })
    await joins()
    await attempted(_id, 1)
    const failsAgain = async (after: number) => {
      // What failed before is tried again then, too.
      const before = receiver.received.length
      aheadMs = after
      await joins()
      await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBeGreaterThan(before)
    }
    await failsAgain(2.4 * days)
    await failsAgain(2.6 * days)
    await arrived(1, second)
    await failsAgain(2.7 * days)
    // What was under way then may be the failure that ends it: nothing more is tried after that.
    aheadMs = 5 * days
    await joins()
    const told = await arrived(2, second)
    expect(told.map(({ body }) => JSON.parse(body.toString()))).toMatchObject([
      { type: events[0], data: { endpoint: { _id } } },
      { type: events[1], data: { endpoint: { _id }, reason: 'failing' } },
    ])
    expect(await read(_id)).toMatchObject({ disabledReason: 'failing', failingSince: expect.any(String) })
  })

  it('starts the five days anew after a success', async () => {
    receiver.answer = 500
    const { _id } = await newEndpoint()
    await joins()
    await attempted(_id, 1)
    expect((await read(_id)).failingSince).not.toBeNull()
    receiver.answer = 200
    aheadMs = 10 * seconds
    await attempted(_id, 2)
    expect((await read(_id)).failingSince).toBeNull()
  })
})

describe('9: others', () => {
  it('wait for nobody who does not answer, and none is asked more than five things at once', async () => {
    let open = 0
    receiver.answer = () => void open++
    third.answer = (response) => response.destroy()
    const { _id } = await newEndpoint()
    await newEndpoint({ url: third.url })
    await newEndpoint({ url: second.url })
    const n = times(60, 1000)
    await community.tenant(async (tx) => {
      for (let i = 0; i < n; i++) await createMember(tx, { username: `queued ${++joined}` }, new Date())
    })
    await arrived(n, second)
    expect(new Set(second.ids()).size).toBe(n)
    expect(open).toBe(5)
    expect((await deliveries(_id, { status: 'pending', limit: '100' })).length).toBe(Math.min(n, 100))
  })

  it.each<[string, Answer]>([
    ['says nothing', () => {}],
    ['answers byte by byte', (response) => void setInterval(() => response.write('x'), 500).unref()],
  ])(
    'are no longer waited for after fifteen seconds: one that %s',
    async (_, answer) => {
      receiver.answer = answer
      const { _id } = await newEndpoint()
      await joins()
      const { status, attempts } = await attempted(_id, 1, 40 * seconds)
      expect(status).toBe('pending')
      expect(attempts).toMatchObject([{ status: null, answer: '' }])
      expect(attempts[0]!.latencyMs).toBeGreaterThanOrEqual(14.9 * seconds)
    },
    60_000,
  )
})

describe('12: what was sent', () => {
  it('is sent again by its id', async () => {
    const { _id, key } = await newEndpoint()
    await joins()
    const { eventId } = await attempted(_id, 1)
    const params = { webhookId: _id, eventId }
    const replay = 'POST /v1/webhooks/{webhookId}/deliveries/{eventId}/replay'
    expect((await ask(server, replay, { bearer, params })).answer).toMatchObject({ eventId, status: 'pending' })
    const requests = await arrived(2)
    expect(requests.map((request) => verified(key!, request))).toHaveLength(2)
    expect(receiver.ids()).toEqual([eventId, eventId])
    expect((await attempted(_id, 2)).status).toBe('delivered')
    for (const wrong of [missingId, 'x'])
      expect((await ask(server, replay, { bearer, params: { ...params, eventId: wrong } })).code).toBe('not_found')
    await change(_id, { isEnabled: false })
    expect((await ask(server, replay, { bearer, params })).code).toBe('conflict')
  })

  it('is sent again by its time', async () => {
    const { _id } = await newEndpoint()
    for (let n = 0; n < 3; n++) await joins()
    await arrived(3)
    await vi.waitFor(async () => expect(await deliveries(_id, { status: 'delivered' })).toHaveLength(3))
    const range = { from: new Date(Date.now() - hours).toISOString(), to: new Date(Date.now() + hours).toISOString() }
    const replay = (body: object) =>
      ask(server, 'POST /v1/webhooks/{webhookId}/replay', { bearer, params: { webhookId: _id }, body })
    expect((await replay(range)).answer).toEqual({ count: 0 })
    expect((await replay({ ...range, from: range.to, status: 'delivered' })).answer).toEqual({ count: 0 })
    expect((await replay({ ...range, status: 'delivered' })).answer).toEqual({ count: 3 })
    await arrived(6)
    expect(new Set(receiver.ids()).size).toBe(3)
    await change(_id, { isEnabled: false })
    expect((await replay(range)).code).toBe('conflict')
  })

  it('is asked for ten times a second at most', async () => {
    const { _id } = await newEndpoint()
    const params = { webhookId: _id, eventId: missingId }
    const replay = 'POST /v1/webhooks/{webhookId}/deliveries/{eventId}/replay'
    const codes = await Promise.all(
      Array.from({ length: 30 }, async () => (await ask(server, replay, { bearer, params })).code),
    )
    expect(codes).toContain('rate_limited')
    expect(codes).toContain('not_found')
  })

  it('W12: is listed with every attempt, newest first', async () => {
    receiver.answer = (response) => response.writeHead(500).end('not today')
    const { _id } = await newEndpoint()
    await joins('first')
    await attempted(_id, 1)
    receiver.answer = 204
    await joins('second')
    await vi.waitFor(async () => expect(await deliveries(_id, { status: 'delivered' })).toHaveLength(1))
    const params = { webhookId: _id }
    const list = 'GET /v1/webhooks/{webhookId}/deliveries'
    const { answer } = await ask(server, list, { bearer, params, query: { limit: 1 } })
    expect(answer.items).toMatchObject([{ status: 'delivered', attempts: [{ status: 204, error: null, answer: '' }] }])
    const rest = await ask(server, list, { bearer, params, query: { limit: 1, cursor: answer.nextCursor! } })
    expect(rest.answer).toMatchObject({
      items: [{ type: 'user.joined', status: 'pending', attempts: [{ status: 500, answer: 'not today' }] }],
      nextCursor: null,
    })
  })
})

describe('the recipe in the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rai-recipe-'))
  const root = join(import.meta.dirname, '../..')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const text = readFileSync(join(root, 'packages/server/README.md'), 'utf8').split('\n## Verify a webhook\n')[1]!
  const recipes = [...text.split('\n## ')[0]!.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!)
  /** Runs one of them as it stands there, with what it reads. */
  const run = async (n: number, setting: string, value: string) => {
    vi.stubEnv(setting, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const file = join(folder, `${n}.mjs`)
    writeFileSync(file, recipes[n]!)
    return import(/* @vite-ignore */ pathToFileURL(file).href)
  }

  it('verifies, and refuses what is not from us', async () => {
    const { key } = await newEndpoint()
    await joins('ada')
    const { body, headers } = (await arrived(1))[0]!
    const { handle } = await run(0, 'RAI_WEBHOOK_SECRET', key!)
    expect(handle(body, headers)).toMatchObject({ type: 'user.joined', data: { user: { username: 'ada' } } })
    expect(() => handle(`${body} `, headers)).toThrow('No matching signature')
  })

  it('opens what is encrypted', async () => {
    const { encryptionKey } = await newEndpoint({ encryption: 'jwe' })
    await joins('ada')
    const { body } = (await arrived(1))[0]!
    const { open } = await run(1, 'RAI_WEBHOOK_ENCRYPTION_KEY', encryptionKey!)
    expect(await open(body.toString())).toMatchObject({ type: 'user.joined', data: { user: { username: 'ada' } } })
  })
})

describe('two instances', () => {
  let stop: () => Promise<void>
  beforeAll(async () => {
    const config = await quietConfig({
      ...server.config,
      port: undefined as never,
      dataDir: join(tmpdir(), randomUUID()),
    })
    const other = await startServer({ ...config, port: await freePort() }, { clock })
    stop = other.stop
  })
  afterAll(() => stop())

  it('send nothing twice', async () => {
    await newEndpoint()
    const n = times(100, 10_000)
    for (let i = 0; i < n; i += 20)
      await community.tenant(async (tx) => {
        for (let j = 0; j < 20; j++) await createMember(tx, { username: `both ${++joined}` }, new Date())
      })
    await arrived(n)
    expect(new Set(receiver.ids()).size).toBe(n)
  })
})
