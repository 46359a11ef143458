import axios, { type AxiosResponse } from 'axios'
import { beforeAll, describe, expect, it } from 'vitest'
import { createKey, revokeKey } from '../../packages/server/src/domain/keys/keys.js'
import { suspend } from '../../packages/server/src/domain/members/moderation.js'
import { ask } from '../helpers/api.js'
import { join, openChannel, pageOf } from '../helpers/channels.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { missingId, signedIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer()
let community: TestCommunity
let away: TestCommunity

beforeAll(async () => {
  community = await testCommunity(server)
  away = await testCommunity(server)
  await join(community, 'amara')
  await join(community, 'yuki')
  await join(away, 'stranger')
})

/**
 * The public automation client of the original, as its HTTP library sends: it knows the documented paths and bodies, a key
 * and these headers, and takes every answer but 2xx for a failure.
 */
const automation = (key: string, url = server.url) => {
  const client = axios.create({
    baseURL: `${url}/apis/v1`,
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'User-Agent': 'axios/1.15.2',
      'Accept-Encoding': 'gzip, compress, deflate, br',
      Authorization: `Bearer ${key}`,
    },
  })
  const send = (path: string, body: object) => client.post(`/messages/${path}`, body)
  return { channels: () => client.get('/channels'), send }
}
const refusal = (asked: Promise<AxiosResponse>) =>
  asked.then(
    ({ data }) => expect.fail(JSON.stringify(data)),
    ({ response }) => ({ ...response.data, status: response.status, headers: response.headers }),
  )

describe('R1: the public automation client', () => {
  it('lists channels', async () => {
    const { id } = await openChannel(community, { topic: 'Forum', type: 'forum' })
    const { data } = await automation(community.communityKey).channels()
    expect(data).toMatchObject({ status: 'success' })
    expect(data.data).toContainEqual({ _id: id, topic: 'Forum', channelType: 'forum' })
  })

  it.each(['amara', 'AMARA@people.example'])('sends a message as %s', async (sender) => {
    const { id: channelId } = await openChannel(community)
    const { data } = await automation(community.communityKey).send('send', { channelId, message: 'Hi all', sender })
    expect(data).toEqual({
      status: 'success',
      message: 'Message sent successfully',
      data: {
        _id: expect.any(String),
        channelId,
        forumTopicId: null,
        replyTo: null,
        message: 'Hi all',
        attachments: [],
        sender: { _id: expect.any(String), username: 'amara' },
        createdAt: expect.any(String),
      },
    })
  })

  it('sends a message to a topic of a forum, and to no forum without one', async () => {
    const { id: channelId } = await openChannel(community, { type: 'forum' })
    const yuki = await pageOf(server, community, 'yuki')
    const topic = await yuki.ask('POST /widget/v1/{publishableKey}/channels/{channelId}/topics', {
      params: { channelId },
      body: { title: 'Boots', text: 'Which ones?' },
    })
    const client = automation(community.communityKey)
    const message = { channelId, message: 'These.', sender: 'amara' }
    const { data } = await client.send('send', { ...message, forumTopicId: topic.answer.id })
    expect(data.data).toMatchObject({ forumTopicId: topic.answer.id })
    expect(await refusal(client.send('send', message))).toMatchObject({ status: 400, code: 'invalid_request' })
    const unknown = client.send('send', { ...message, forumTopicId: missingId })
    expect(await refusal(unknown)).toMatchObject({ status: 400, code: 'unknown_reference' })
  })

  it('replies and reacts', async () => {
    const { id: channelId } = await openChannel(community)
    const client = automation(community.communityKey)
    const first = (await client.send('send', { channelId, message: 'Who comes?', sender: 'amara' })).data.data
    const reply = await client.send('reply', { messageId: first._id, message: 'I do', sender: 'yuki' })
    expect(reply.data).toMatchObject({
      status: 'success',
      message: 'Message reply successfully',
      data: { channelId, replyTo: first._id, message: 'I do' },
    })
    const reaction = { messageId: first._id, emoji: ':sparkling_heart:', sender: 'yuki@people.example' }
    expect((await client.send('react', reaction)).data).toEqual({
      status: 'success',
      message: 'Reaction added successfully',
      data: { _id: first._id, emoji: '💖' },
    })
  })

  it('is told of a wrong key, and of a revoked one', async () => {
    const { id, key } = await community.tenant((tx) =>
      createKey(tx, { kind: 'community', name: 'Old', permissions: ['sendMessages'] }, new Date()),
    )
    await automation(key).channels()
    await community.tenant((tx) => revokeKey(tx, id, new Date()))
    for (const wrong of ['rai_sk_wrong', key])
      expect(await refusal(automation(wrong).channels())).toMatchObject({
        status: 401,
        code: 'unauthorized',
        message: expect.any(String),
      })
  })

  it('is told of a sender who is not here, and of one who is elsewhere, in the same words', async () => {
    const { id: channelId } = await openChannel(community)
    const said = []
    for (const sender of ['nobody', 'stranger', 'stranger@people.example']) {
      const { status, code, message } = await refusal(
        automation(community.communityKey).send('send', { channelId, message: 'Hi', sender }),
      )
      expect([status, code]).toEqual([404, 'not_found'])
      said.push(message)
    }
    expect(new Set(said).size).toBe(1)
  })

  it('finds no channel and no message of another community', async () => {
    const { id: channelId } = await openChannel(away)
    const theirs = await automation(away.communityKey).send('send', { channelId, message: 'Ours', sender: 'stranger' })
    const client = automation(community.communityKey)
    const about = { message: 'Hi', sender: 'amara' }
    const messageId = theirs.data.data._id
    for (const [path, body] of [
      ['send', { channelId, ...about }],
      ['reply', { messageId, ...about }],
      ['react', { messageId, emoji: '💖', sender: 'amara' }],
    ] as const)
      expect(await refusal(client.send(path, body))).toMatchObject({ status: 404, code: 'not_found' })
  })

  it('is told how long to wait where it asks too often', async () => {
    const strict = await startTestServer({ limits: { key: { points: 2, seconds: 60 } } })
    const { communityKey } = await testCommunity(strict)
    const client = automation(communityKey, strict.url)
    await client.channels()
    await client.channels()
    const { status, code, headers } = await refusal(client.channels())
    expect([status, code]).toEqual([429, 'rate_limited'])
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
  })
})

describe('a back-end', () => {
  const send = (body: object, bearer = community.communityKey) =>
    ask(server, 'POST /apis/v1/messages/send', { bearer, body })

  it('says nothing for whoever may not say it', async () => {
    const announcements = await openChannel(community, { type: 'announcement' })
    const frame = await openChannel(community, { type: 'iframe', iframe: { url: 'https://app.example.com/' } })
    const { id: suspended } = await join(community, 'suspended')
    const hour = new Date(Date.now() + 3_600_000)
    await community.tenant((tx) =>
      suspend(tx, { userId: suspended, authority: 'community', actor: 'test' }, hour, new Date()),
    )
    const square = await openChannel(community)
    const direct = await openChannel(community, { type: 'direct', members: [suspended] })
    for (const [channelId, sender, status, code] of [
      [announcements.id, 'amara', 403, 'forbidden'],
      [frame.id, 'amara', 409, 'conflict'],
      [square.id, 'suspended', 403, 'forbidden'],
      [direct.id, 'amara', 404, 'not_found'],
      [missingId, 'amara', 404, 'not_found'],
      ['x', 'amara', 404, 'not_found'],
    ] as const) {
      const reply = await send({ channelId, message: 'Hi', sender })
      expect([reply.status, reply.code], reply.text).toEqual([status, code])
    }
    expect((await send({ channelId: square.id, message: 'Hi' })).paths).toEqual(['sender'])
  })

  it('says once what it calls by the same name', async () => {
    const { id: channelId } = await openChannel(community)
    const say = (sender: string) => send({ channelId, message: 'Once', sender, clientId: 'a' })
    const all = await Promise.all([1, 2, 3, 4].map(() => say('amara')))
    expect(new Set(all.map(({ answer }) => answer._id)).size).toBe(1)
    expect((await say('yuki')).answer._id).not.toBe(all[0]!.answer._id)
  })

  it('reads the newest messages first, of a channel or of a member', async () => {
    const channel = await openChannel(community, { topic: 'Read me' })
    const { id } = await join(community, 'reader')
    for (const [message, sender] of [
      ['One', 'reader'],
      ['Two', 'amara'],
      ['Three', 'reader'],
    ])
      await send({ channelId: channel.id, message, sender })
    const read = async (query: Record<string, string | number>) =>
      (await ask(server, 'GET /apis/v1/messages', { bearer: community.communityKey, query })).answer
    const of = async (query: Record<string, string | number>) =>
      (await read(query)).messages.map(({ message }) => message)
    expect(await of({ channel_id: channel.id })).toEqual(['Three', 'Two', 'One'])
    expect(await of({ channel_id: channel.id, count: 1 })).toEqual(['Three'])
    expect(await of({ user_id: id })).toEqual(['Three', 'One'])
    expect(await of({ email: 'reader@people.example' })).toEqual(['Three', 'One'])
    expect((await read({ user_id: id, count: 1 })).messages).toEqual([
      {
        id: expect.any(String),
        message: 'Three',
        attachments: [],
        user: { user_id: expect.stringMatching(/^\d+$/), email: 'reader@people.example' },
        channel: { channel_id: channel.id, name: 'Read me' },
        timestamp: expect.any(String),
      },
    ])
  })
})

describe('a user key', () => {
  it('speaks for its owner and for nobody else, in the channels that it is for', async () => {
    const owner = await signedIn(server, community, { username: 'owner of a key' })
    const [square, other] = [await openChannel(community), await openChannel(community)]
    const bearer = (
      await community.tenant((tx) =>
        createKey(
          tx,
          {
            kind: 'user',
            name: 'Mine',
            memberId: owner.id,
            permissions: ['sendMessages', 'readOwnMessages'],
            channelIds: [square.id],
          },
          new Date(),
        ),
      )
    ).key
    const send = (body: object) => ask(server, 'POST /apis/v1/messages', { bearer, body })
    const own = await send({ channelId: square.id, message: 'Mine' })
    expect(own.answer).toMatchObject({ sender: { _id: owner.id, username: 'owner of a key' } })
    expect((await send({ channelId: square.id, message: 'Mine', sender: 'owner of a key' })).status).toBe(200)
    for (const sender of ['amara', 'amara@people.example', 'nobody'])
      expect((await send({ channelId: square.id, message: 'Theirs', sender })).code).toBe('forbidden')
    expect((await send({ channelId: other.id, message: 'Elsewhere' })).code).toBe('not_found')
    const read = (query: Record<string, string>) => ask(server, 'GET /apis/v1/messages', { bearer, query })
    await automation(community.communityKey).send('send', {
      channelId: square.id,
      message: 'Not mine',
      sender: 'amara',
    })
    expect((await read({})).answer.messages.map(({ message }) => message)).toEqual(['Mine', 'Mine'])
    expect((await read({ email: 'amara@people.example' })).code).toBe('forbidden')
    expect((await read({ channel_id: other.id })).code).toBe('not_found')
  })
})
