import { beforeAll, describe, expect, it } from 'vitest'
import { emit } from '../../packages/server/src/domain/events.js'
import { ban, unban } from '../../packages/server/src/domain/members/moderation.js'
import { deleteMessage, eraseMessages } from '../../packages/server/src/domain/messages/messages.js'
import { ask } from '../helpers/api.js'
import { join, openChannel, pageOf } from '../helpers/channels.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { missingId, signedIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

type Page = Awaited<ReturnType<typeof pageOf>>

/** A moment later each time that somebody looks. */
let moment = Date.now()
const server = await startTestServer({ clock: () => new Date(++moment) })
let community: TestCommunity
let amara: Page
let yuki: Page
/** May do everything in channels, and nothing else. */
let guide: Page
let ids: Record<'amara' | 'yuki' | 'guide', string>

beforeAll(async () => {
  const at = new Date(moment)
  community = await testCommunity(server, { at })
  const channelPermissions = { manage_messages: true, delete_messages: true, pinable: true }
  ids = {
    amara: (await join(community, 'amara', { at })).id,
    yuki: (await join(community, 'yuki', { at })).id,
    guide: (await join(community, 'guide', { at, channelPermissions })).id,
  }
  const pages = ['amara', 'yuki', 'guide'].map((name) => pageOf(server, community, name))
  ;[amara, yuki, guide] = (await Promise.all(pages)) as [Page, Page, Page]
})

const open = (channel: Parameters<typeof openChannel>[1] = {}) => openChannel(community, channel)
const said = async (page: Page, channelId: string, text: string) => {
  const { answer, status, text: raw } = await page.say(channelId, text)
  expect(status, raw).toBe(201)
  return answer
}
const texts = async (page: Page, channelId: string, query: Record<string, string | number> = {}) =>
  (await page.read(channelId, query)).answer.items.map(({ text }) => text)

describe('a message', () => {
  it('is answered as it is read', async () => {
    const { id: channelId } = await open()
    const { answer } = await amara.say(channelId, 'Hello, **all**', { clientId: 'first' })
    expect(answer).toEqual({
      id: expect.any(String),
      channelId,
      topicId: null,
      author: { id: ids.amara, name: 'amara', avatarUrl: null },
      text: 'Hello, **all**',
      replyTo: null,
      reactions: [],
      mentions: [],
      attachments: [],
      cards: [],
      isPinned: false,
      isViaApi: false,
      clientId: 'first',
      createdAt: expect.any(String),
      editedAt: null,
      deletedAt: null,
    })
    expect((await amara.read(channelId)).answer).toEqual({ items: [answer], hasBefore: false, hasAfter: false })
    expect((await yuki.message(answer.id)).answer).toEqual({ ...answer, clientId: null })
  })

  it('is said once, however often it is sent', async () => {
    const { id: channelId } = await open()
    const sent = await Promise.all([1, 2, 3, 4].map(() => amara.say(channelId, 'Once', { clientId: 'a' })))
    expect(new Set(sent.map(({ answer }) => answer.id)).size).toBe(1)
    expect(await texts(yuki, channelId)).toEqual(['Once'])
  })

  it('comes in one order, in which it is read both ways', async () => {
    const { id: channelId } = await open()
    await Promise.all(Array.from({ length: 12 }, (_, n) => (n % 2 ? amara : yuki).say(channelId, `${n}`)))
    const all = (await amara.read(channelId)).answer.items
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort())
    expect(all.map(({ createdAt }) => createdAt)).toEqual(all.map(({ createdAt }) => createdAt).sort())
    const pages = async (name: 'before' | 'after', from: string, more: 'hasBefore' | 'hasAfter') => {
      const found = []
      for (let at = from; ; ) {
        const { answer } = await amara.read(channelId, { [name]: at, limit: 5 })
        found.push(answer.items)
        if (!answer[more]) return found
        at = answer.items.at(name === 'before' ? 0 : -1)!.id
      }
    }
    expect((await pages('before', all.at(-1)!.id, 'hasBefore')).reverse().flat()).toEqual(all.slice(0, -1))
    expect((await pages('after', all[0]!.id, 'hasAfter')).flat()).toEqual(all.slice(1))
    const around = (await amara.read(channelId, { around: all[6]!.id, limit: 4 })).answer
    expect(around).toEqual({ items: all.slice(4, 8), hasBefore: true, hasAfter: true })
  })

  it('keeps its place when it was deleted, and goes on being one to read from', async () => {
    const { id: channelId } = await open()
    const [one, two, three] = [
      await said(amara, channelId, 'One'),
      await said(amara, channelId, 'Two'),
      await said(amara, channelId, 'Three'),
    ]
    await yuki.react(two.id, '🎉')
    expect((await amara.remove(two.id)).answer).toEqual({ id: two.id })
    const { items } = (await yuki.read(channelId)).answer
    expect(items.map(({ id, text, deletedAt }) => [id, text, deletedAt !== null])).toEqual([
      [one.id, 'One', false],
      [two.id, '', true],
      [three.id, 'Three', false],
    ])
    expect(items[1]!.reactions).toEqual([])
    expect(await texts(yuki, channelId, { after: two.id })).toEqual(['Three'])
    for (const reply of [
      await yuki.message(two.id),
      await yuki.react(two.id, '🎉'),
      await yuki.reply(two.id, 'To what?'),
      await amara.edit(two.id, 'Again'),
      await amara.remove(two.id),
    ])
      expect([reply.status, reply.code]).toEqual([404, 'not_found'])
  })

  it('is changed and deleted by who said it, and by whose roles allow it', async () => {
    const { id: channelId } = await open()
    const { id } = await said(amara, channelId, 'Helo')
    for (const reply of [await yuki.edit(id, 'No'), await yuki.remove(id)]) expect(reply.code).toBe('forbidden')
    expect((await amara.edit(id, 'Hello')).answer).toMatchObject({ text: 'Hello', editedAt: expect.any(String) })
    expect((await guide.edit(id, 'Hello!')).answer).toMatchObject({ text: 'Hello!', author: { id: ids.amara } })
    expect((await guide.remove(id)).status).toBe(200)
    const { answer } = await ask(server, 'GET /v1/audit', { bearer: community.systemKey })
    // What one does to one's own stands nowhere else.
    expect(answer.items.filter(({ objects }) => objects.messageId === id).map(({ operation }) => operation)).toEqual([
      'DELETE /widget/v1/{publishableKey}/messages/{messageId}',
      'PATCH /widget/v1/{publishableKey}/messages/{messageId}',
    ])
  })

  it('answers another, and shows how that begins', async () => {
    const { id: channelId } = await open()
    const { id } = await said(amara, channelId, 'Who comes?')
    const { answer } = await yuki.reply(id, 'I do')
    expect(answer.replyTo).toEqual({
      id,
      author: { id: ids.amara, name: 'amara', avatarUrl: null },
      text: 'Who comes?',
    })
    await amara.remove(id)
    expect((await yuki.message(answer.id)).answer.replyTo).toMatchObject({ id, text: '' })
  })

  it('is pinned by whose roles allow it', async () => {
    const { id: channelId } = await open()
    const [one, two] = [await said(amara, channelId, 'One'), await said(amara, channelId, 'Two')]
    const path = '/widget/v1/{publishableKey}/messages/{messageId}/pin'
    const pin = (page: Page, messageId: string) => page.ask(`PUT ${path}`, { params: { messageId } })
    expect((await pin(amara, one.id)).code).toBe('forbidden')
    for (const { id } of [one, two, one]) expect((await pin(guide, id)).answer).toMatchObject({ id, isPinned: true })
    const pins = async () =>
      (
        await yuki.ask('GET /widget/v1/{publishableKey}/channels/{channelId}/pins', { params: { channelId } })
      ).answer.items.map(({ text }) => text)
    expect(await pins()).toEqual(['Two', 'One'])
    await guide.ask(`DELETE ${path}`, { params: { messageId: two.id } })
    await amara.remove(one.id)
    expect(await pins()).toEqual([])
  })

  it.each([
    ['nothing', ''],
    ['spaces', ' \n '],
    ['longer than it may be', 'x'.repeat(4001)],
  ])('is not %s', async (_, text) => {
    const { id } = await open()
    expect((await amara.say(id, text)).paths).toEqual(['text'])
  })
})

describe('a reaction', () => {
  it('is one of a member and an emoji, by itself or by its name', async () => {
    const { id: channelId } = await open()
    const { id } = await said(amara, channelId, 'We made it')
    await yuki.react(id, ':heart:')
    await yuki.react(id, '❤️')
    await yuki.react(id, '\u2764')
    await guide.react(id, '👩🏽‍🚀')
    expect((await amara.react(id, '❤️')).answer.reactions).toEqual([
      { emoji: '❤️', count: 2, isMine: true },
      { emoji: '👩🏽‍🚀', count: 1, isMine: false },
    ])
    expect((await yuki.unreact(id, ':heart:')).answer.reactions[0]).toMatchObject({ count: 1, isMine: false })
    expect((await yuki.unreact(id, ':heart:')).status).toBe(200)
    const who = await amara.ask('GET /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}', {
      params: { messageId: id, emoji: '❤️' },
    })
    expect(who.answer).toEqual({ items: [{ id: ids.amara, name: 'amara', avatarUrl: null }], nextCursor: null })
  })

  it('is one of twenty different ones, however many come at once', async () => {
    const { id: channelId } = await open()
    const { id } = await said(amara, channelId, 'All of them')
    const emojis = [...'🍇🍈🍉🍊🍋🍌🍍🥭🍎🍏🍐🍑🍒🍓🥝🍅🥥🥑🍆🥔🥕🌽🥒🥬🥦🧄🧅🥜🌰🍞']
    const replies = await Promise.all(emojis.map((emoji, n) => (n % 2 ? yuki : guide).react(id, emoji)))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(20)
    expect(new Set(replies.flatMap(({ status, code }) => (status === 200 ? [] : code)))).toEqual(new Set(['conflict']))
    expect((await amara.message(id)).answer.reactions).toHaveLength(20)
  })

  it('is none to what is being deleted', async () => {
    const { id: channelId } = await open()
    const { id } = await said(amara, channelId, 'Gone')
    const reaction = await community.tenant(async (tx) => {
      await deleteMessage(tx, { onlooker: null, isBackEnd: true, only: null }, id, new Date(++moment))
      const reaction = yuki.react(id, '🎉')
      // It is well on its way before the other one ends.
      for (const text of ['One', 'Two', 'Three']) await said(amara, channelId, text)
      return { reaction }
    })
    expect((await reaction.reaction).code).toBe('not_found')
    const [gone] = (await amara.read(channelId)).answer.items
    expect(gone).toMatchObject({ id, text: '', reactions: [] })
  })

  it.each(['x', ':nothing:', ':__proto__:', '🎉🎉', '<b>'])('is not %s', async (emoji) => {
    const { id: channelId } = await open()
    const { id } = await said(amara, channelId, 'Hm')
    expect((await yuki.react(id, emoji)).paths).toEqual(['emoji'])
  })
})

describe('what is unread', () => {
  const standing = async (page: Page, channelId: string) => {
    const { unread, mentions, readTo, isMuted } = (await page.channel(channelId)).answer
    return { unread, mentions, readTo, isMuted }
  }

  it('is what others said since, and who is named is told', async () => {
    const { id: channelId } = await open()
    const first = await said(amara, channelId, 'First')
    const named = await said(amara, channelId, `Come, <@${ids.yuki}> and <@${missingId}>`)
    expect(named.mentions).toEqual([{ id: ids.yuki, name: 'yuki', avatarUrl: null }])
    expect(await standing(yuki, channelId)).toEqual({ unread: 2, mentions: 1, readTo: null, isMuted: false })
    expect(await standing(amara, channelId)).toMatchObject({ unread: 0, mentions: 0 })
    const read = { unread: 0, mentions: 0, readTo: named.id, isMuted: false }
    expect((await yuki.seen(channelId, named.id)).answer).toEqual(read)
    // Another tab, which is behind.
    expect((await yuki.seen(channelId, first.id)).answer).toEqual(read)
    await said(amara, channelId, 'Third')
    const muted = await yuki.ask('PUT /widget/v1/{publishableKey}/channels/{channelId}/mute', {
      params: { channelId },
      body: { isMuted: true },
    })
    expect(muted.answer).toEqual({ ...read, unread: 1, isMuted: true })
    const { answer } = await yuki.ask('GET /widget/v1/{publishableKey}/channels')
    expect(answer.items.find(({ id }) => id === channelId)).toMatchObject({ unread: 1, isMuted: true })
    const elsewhere = await open()
    expect((await yuki.seen(elsewhere.id, named.id)).code).toBe('not_found')
  })

  it('is nothing from before one came', async () => {
    const { id: channelId } = await open()
    await said(amara, channelId, 'Early')
    await join(community, 'late', { at: new Date(moment + 1000) })
    moment += 2000
    const late = await pageOf(server, community, 'late')
    expect(await standing(late, channelId)).toMatchObject({ unread: 0 })
    await said(amara, channelId, 'Late')
    expect(await standing(late, channelId)).toMatchObject({ unread: 1 })
  })
})

describe('in a channel', () => {
  const may = async (page: Page, channelId: string) => (await page.channel(channelId)).answer.may

  it('of announcements, who looks after it writes, and others react', async () => {
    const { id: channelId } = await open({ type: 'announcement' })
    expect((await amara.say(channelId, 'Me too')).code).toBe('forbidden')
    expect([(await may(amara, channelId)).post, (await may(guide, channelId)).post]).toEqual([false, true])
    const { id } = await said(guide, channelId, 'News')
    expect((await amara.reply(id, 'Me too')).code).toBe('forbidden')
    expect((await amara.react(id, '🎉')).status).toBe(200)
  })

  it('that whispers, a member reads who whispers and themselves', async () => {
    const { id: channelId } = await open({ type: 'whisper' })
    const whisper = await said(guide, channelId, 'Psst')
    const answer = await said(amara, channelId, `Yes? <@${ids.yuki}>`)
    const back = (await guide.reply(answer.id, 'Nothing')).answer
    expect(back.replyTo).toMatchObject({ text: answer.text })
    expect(await texts(guide, channelId)).toEqual(['Psst', answer.text, 'Nothing'])
    expect(await texts(amara, channelId)).toEqual(['Psst', answer.text, 'Nothing'])
    expect(await texts(yuki, channelId)).toEqual(['Psst', 'Nothing'])
    // Nor by a quote, by its id or by what is counted.
    expect((await yuki.message(back.id)).answer.replyTo).toBeNull()
    for (const reply of [await yuki.message(answer.id), await yuki.react(answer.id, '🎉')])
      expect(reply.code).toBe('not_found')
    expect((await yuki.channel(channelId)).answer).toMatchObject({ unread: 2, mentions: 0 })
    expect((await yuki.read(channelId, { around: answer.id })).answer.items.map(({ id }) => id)).toEqual([
      whisper.id,
      back.id,
    ])
  })

  it('that is direct, nobody else finds anything', async () => {
    const { id: channelId } = await open({ type: 'direct', members: [ids.amara, ids.yuki] })
    const { id } = await said(amara, channelId, 'Only you')
    expect(await texts(yuki, channelId)).toEqual(['Only you'])
    for (const reply of [
      await guide.channel(channelId),
      await guide.read(channelId),
      await guide.say(channelId, 'Hello?'),
      await guide.message(id),
      await guide.remove(id),
      await guide.seen(channelId, id),
    ])
      expect([reply.status, reply.code]).toEqual([404, 'not_found'])
  })

  it('that is a forum, everything belongs to a topic', async () => {
    const { id: channelId } = await open({ type: 'forum' })
    const begin = (title: string, more: object = {}) =>
      amara.ask('POST /widget/v1/{publishableKey}/channels/{channelId}/topics', {
        params: { channelId },
        body: { title, text: `About ${title}`, ...more },
      })
    const boots = (await begin('Boots', { clientId: 'a' })).answer
    expect(boots).toMatchObject({ title: 'Boots', author: { id: ids.amara } })
    expect((await begin('Boots', { clientId: 'a' })).answer).toEqual(boots)
    const maps = (await begin('Maps')).answer
    await yuki.say(channelId, 'These', { topicId: boots.id })
    const topics = (query: Record<string, string | number> = {}) =>
      yuki.ask('GET /widget/v1/{publishableKey}/channels/{channelId}/topics', { params: { channelId }, query })
    expect((await topics()).answer.items.map(({ title }) => title)).toEqual(['Boots', 'Maps'])
    const first = (await topics({ limit: 1 })).answer
    expect((await topics({ limit: 1, cursor: first.nextCursor! })).answer.items).toEqual([maps])
    expect(await texts(yuki, channelId, { topicId: boots.id })).toEqual(['About Boots', 'These'])
    expect((await yuki.say(channelId, 'Where?')).code).toBe('invalid_request')
    expect((await yuki.say(channelId, 'Where?', { topicId: missingId })).code).toBe('unknown_reference')
    const square = await open()
    expect((await yuki.say(square.id, 'Where?', { topicId: boots.id })).code).toBe('invalid_request')
    // What a topic is called goes with the message that began it, and with no other.
    const [began, answer] = (await yuki.read(channelId, { topicId: boots.id })).answer.items
    await yuki.remove(answer!.id)
    expect((await topics()).answer.items.map(({ title }) => title)).toEqual(['Boots', 'Maps'])
    await guide.remove(began!.id)
    expect((await topics()).answer.items.map(({ title }) => title)).toEqual(['', 'Maps'])
  })

  it('that shows a page, nothing is said', async () => {
    const { id: channelId } = await open({ type: 'iframe', iframe: { url: 'https://app.example.com/' } })
    expect((await amara.say(channelId, 'Hello?')).code).toBe('conflict')
    expect((await amara.channel(channelId)).answer).toMatchObject({
      may: { post: false },
      iframe: { origin: 'https://app.example.com' },
    })
  })

  it('that is slow, a member waits as long as they are told', async () => {
    const { id: channelId } = await open({ slowModeSeconds: 30 })
    await said(amara, channelId, 'One')
    const early = await amara.say(channelId, 'Two')
    expect([early.status, early.code]).toEqual([429, 'slow_mode'])
    expect(Number(early.headers.get('retry-after'))).toBe(30)
    await said(yuki, channelId, 'Another')
    for (const text of ['Not', 'slow']) await said(guide, channelId, text)
    moment = Date.parse(early.facts!.availableAt!)
    await said(amara, channelId, 'Two')
  })

  it('is written what its roles allow', async () => {
    const refused = { post_messages: false, share_links: false, allow_mentions: false }
    const quiet = await open({ permissions: { [community.id]: refused } })
    expect((await amara.say(quiet.id, 'Hi')).code).toBe('forbidden')
    const plain = await open({ permissions: { [community.id]: { ...refused, post_messages: true } } })
    for (const text of ['See HTTPS://x.example', `<@${ids.yuki}>`]) {
      expect((await amara.say(plain.id, text)).code, text).toBe('forbidden')
      const { id } = await said(amara, plain.id, 'Hi')
      expect((await amara.edit(id, text)).code, text).toBe('forbidden')
    }
    expect(await may(amara, plain.id)).toMatchObject({ post: true, mention: false, shareLinks: false })
  })

  it('is written nothing by who is banned', async () => {
    const { id: channelId } = await open()
    const { id: userId } = await join(community, 'banned')
    const banned = await pageOf(server, community, 'banned')
    await said(banned, channelId, 'Before')
    const order = { userId, authority: 'community', actor: 'test' } as const
    await community.tenant((tx) => ban(tx, order, new Date(++moment)))
    expect((await banned.say(channelId, 'After')).status).toBe(403)
    await community.tenant((tx) => unban(tx, order, new Date(++moment)))
    await said(banned, channelId, 'After')
  })
})

describe('the stream', () => {
  it('tells of messages whoever may read them, and nobody else', async () => {
    const serverPermissions = { server_administrator: true }
    await join(community, 'admin', { at: new Date(moment), serverPermissions })
    const { bearer } = await pageOf(server, community, 'admin')
    const listen = (token?: string) =>
      openStream(server, community, token === undefined ? {} : { authorization: `Bearer ${token}` })
    const streams = {
      amara: await listen(amara.bearer),
      yuki: await listen(yuki.bearer),
      admin: await listen(bearer),
      visitor: await listen(),
    }
    for (const stream of Object.values(streams)) await stream.read()
    const direct = await open({ type: 'direct', members: [ids.amara, ids.yuki] })
    const whisper = await open({ type: 'whisper' })
    const square = await open()
    const secret = await said(amara, direct.id, 'Only you')
    await yuki.react(secret.id, '🎉')
    await yuki.edit((await said(yuki, square.id, 'Helo')).id, 'Hello')
    const back = await said(amara, whisper.id, 'Yes?')
    await amara.remove(back.id)
    const last = await said(amara, square.id, 'Hello')
    await community.tenant((tx) => emit(tx, 'config.changed', null))
    const heard = async (stream: Awaited<ReturnType<typeof listen>>) => {
      await stream.until(({ type }) => type === 'config.changed')
      stream.close()
      const topics = { [direct.id]: 'direct', [whisper.id]: 'whisper', [square.id]: 'square' }
      return stream.hints.flatMap(({ type, channelId }) =>
        /^(message|reaction)\./.test(type) ? `${type} ${topics[channelId!]}` : [],
      )
    }
    const openly = ['message.created square', 'message.updated square', 'message.created square']
    const directly = ['message.created direct', 'reaction.changed direct']
    const whispered = ['message.created whisper', 'message.deleted whisper']
    const sorted = (hints: string[]) => hints.toSorted()
    expect(sorted(await heard(streams.amara))).toEqual(sorted([...openly, ...directly, ...whispered]))
    expect(sorted(await heard(streams.yuki))).toEqual(sorted([...openly, ...directly]))
    expect(sorted(await heard(streams.admin))).toEqual(sorted([...openly, ...whispered]))
    expect(await heard(streams.visitor)).toEqual([])
    expect(streams.yuki.hints).toContainEqual({
      seq: expect.any(Number),
      type: 'message.created',
      id: last.id,
      channelId: square.id,
    })
    // Which channel it is may be for nobody else to know.
    expect(new Set(streams.admin.hints.flatMap(({ type, id }) => (type === 'channel.changed' ? [id] : [])))).toEqual(
      new Set([null]),
    )
    expect(streams.visitor.hints.map(({ type }) => type)).not.toContain('channel.changed')
  })
})

describe('who writes', () => {
  it('is told of, to those who see the channel, once in three seconds', async () => {
    const direct = await open({ type: 'direct', members: [ids.amara, ids.yuki] })
    const listen = (page: Page) => openStream(server, community, { authorization: `Bearer ${page.bearer}` })
    const streams = [await listen(amara), await listen(yuki), await listen(guide)] as const
    for (const stream of streams) await stream.read()
    const type = async (page: Page, channelId: string) =>
      (await page.ask('PUT /widget/v1/{publishableKey}/channels/{channelId}/typing', { params: { channelId } })).status
    expect([await type(amara, direct.id), await type(amara, direct.id), await type(guide, direct.id)]).toEqual([
      200, 200, 404,
    ])
    await community.tenant((tx) => emit(tx, 'config.changed', null))
    const heard = await Promise.all(
      streams.map(async (stream) => {
        await stream.until(({ type }) => type === 'config.changed')
        stream.close()
        return stream.hints.flatMap(({ type, id, channelId }) => (type === 'channel.typing' ? [[id, channelId]] : []))
      }),
    )
    expect(heard).toEqual([[], [[ids.amara, direct.id]], []])
    const told = () =>
      community.tenant(({ db, communityId }) =>
        db
          .selectFrom('events')
          .select('id')
          .where('community_id', '=', communityId)
          .where('type', '=', 'channel.typing')
          .execute(),
      )
    expect(await told()).toHaveLength(1)
    moment += 3000
    await type(amara, direct.id)
    expect(await told()).toHaveLength(2)
  })
})

describe('a search', () => {
  it('finds a text in any case, newest first, and nothing that the member may not read', async () => {
    const { id: channelId } = await open({ type: 'whisper' })
    for (const text of ['100% wool', 'WOOL socks', 'cotton']) await said(guide, channelId, text)
    await said(amara, channelId, 'My wool')
    const find = (page: Page, query: Record<string, string | number>) =>
      page.ask('GET /widget/v1/{publishableKey}/channels/{channelId}/search', { params: { channelId }, query })
    const found = async (page: Page, text: string) => (await find(page, { text })).answer.items.map((item) => item.text)
    expect(await found(yuki, 'wool')).toEqual(['WOOL socks', '100% wool'])
    expect(await found(amara, 'wool')).toEqual(['My wool', 'WOOL socks', '100% wool'])
    expect(await found(yuki, '%')).toEqual(['100% wool'])
    expect(await found(yuki, '_')).toEqual([])
    const first = (await find(yuki, { text: 'wool', limit: 1 })).answer
    const second = (await find(yuki, { text: 'wool', limit: 1, cursor: first.nextCursor! })).answer
    expect([first, second].map(({ items }) => items[0]!.text)).toEqual(['WOOL socks', '100% wool'])
    expect(second.nextCursor).toBeNull()
  })
})

describe('those who look after channels', () => {
  const bearer = () => community.systemKey

  it('read what was reported, also when it says nothing any more, and close it', async () => {
    const { id: channelId } = await open()
    const { id: messageId } = await said(amara, channelId, 'Cheap boots!')
    const report = (page: Page, reason: string) =>
      page.ask('POST /widget/v1/{publishableKey}/messages/{messageId}/reports', {
        params: { messageId },
        body: { reason },
      })
    for (const reason of ['An advertisement', 'Again']) expect((await report(yuki, reason)).status).toBe(200)
    expect((await report(yuki, ' ')).paths).toEqual(['reason'])
    await amara.remove(messageId)
    const read = async (query: Record<string, string> = {}) =>
      (
        await ask(server, 'GET /apis/v1/communities/{communityId}/message-reports', {
          bearer: bearer(),
          params: { communityId: community.id },
          query,
        })
      ).answer.items
    const reports = await read()
    expect(reports).toEqual([
      {
        _id: expect.any(String),
        messageId,
        channelId,
        authorId: ids.amara,
        text: 'Cheap boots!',
        userId: ids.yuki,
        reason: 'An advertisement',
        isClosed: false,
        createdAt: expect.any(String),
      },
    ])
    const params = { communityId: community.id, reportId: reports[0]!._id }
    const body = { isClosed: true }
    const closed = await ask(server, 'PUT /apis/v1/communities/{communityId}/message-reports/{reportId}', {
      bearer: bearer(),
      params,
      body,
    })
    expect(closed.answer).toEqual({ ...reports[0], isClosed: true })
    expect([await read({ isClosed: 'false' }), await read({ isClosed: 'true' })]).toEqual([[], [closed.answer]])
  })

  it('delete the messages of others by login and key, but for those of direct channels', async () => {
    const square = await open()
    const direct = await open({ type: 'direct', members: [ids.amara, ids.yuki] })
    const [open1, open2, secret] = [
      await said(amara, square.id, 'One'),
      await said(amara, square.id, 'Two'),
      await said(amara, direct.id, 'Only you'),
    ]
    const at = new Date(moment)
    const owner = await signedIn(server, community, { username: 'owner', role: 'owner' }, at)
    const plain = await signedIn(server, community, { username: 'plain' }, at)
    const remove = (messageId: string, bearer: string) =>
      ask(server, 'DELETE /apis/v1/communities/{communityId}/messages/{messageId}', {
        bearer,
        params: { communityId: community.id, messageId },
      })
    expect((await remove(open1.id, plain.bearer)).code).toBe('forbidden')
    expect((await remove(open1.id, owner.bearer)).answer).toEqual({ _id: open1.id })
    expect((await remove(open2.id, bearer())).answer).toEqual({ _id: open2.id })
    for (const reply of [await remove(secret.id, owner.bearer), await remove(secret.id, bearer())])
      expect(reply.code).toBe('not_found')
    const { answer } = await ask(server, 'GET /v1/audit', { bearer: bearer() })
    expect(answer.items.filter(({ operation }) => operation.startsWith('DELETE /apis/v1/communities'))).toHaveLength(2)
  })
})

describe('what members say', () => {
  it('is gone with them when they are erased, and its place stays', async () => {
    const { id: channelId } = await open()
    const { id: memberId } = await join(community, 'leaving', { at: new Date(moment) })
    const leaving = await pageOf(server, community, 'leaving')
    const [first, second] = [await said(amara, channelId, 'First'), await said(leaving, channelId, 'Second')]
    await leaving.react(first.id, '🎉')
    await leaving.seen(channelId, first.id)
    const reported = await said(leaving, channelId, 'My address is …')
    await yuki.ask('POST /widget/v1/{publishableKey}/messages/{messageId}/reports', {
      params: { messageId: reported.id },
      body: { reason: 'Too much' },
    })
    await leaving.remove(reported.id)
    const forum = await open({ type: 'forum' })
    await leaving.ask('POST /widget/v1/{publishableKey}/channels/{channelId}/topics', {
      params: { channelId: forum.id },
      body: { title: 'Who I am', text: 'I am …' },
    })
    expect(await community.tenant((tx) => eraseMessages(tx, [memberId], new Date(++moment)))).toBe(true)
    const { items } = (await yuki.read(channelId)).answer
    expect(items.map(({ id, text }) => [id, text])).toEqual([
      [first.id, 'First'],
      [second.id, ''],
      [reported.id, ''],
    ])
    const kept = await community.tenant(async ({ db }) => [
      ...(await db.selectFrom('message_reports').select('text').where('message_id', '=', reported.id).execute()),
      ...(await db.selectFrom('topics').select('title').where('channel_id', '=', forum.id).execute()),
    ])
    expect(kept).toEqual([{ title: '' }])
    expect(items[0]!.reactions).toEqual([])
    expect((await leaving.channel(channelId)).answer.readTo).toBeNull()
  })

  it('is counted and paid by the rules, each message of others once for a reaction', async () => {
    const place = await testCommunity(server, { at: new Date(moment) })
    for (const name of ['amara', 'yuki']) await join(place, name, { at: new Date(moment) })
    const rule = { enabled: true, currency: 0, cooldownSeconds: 0, limitPerDay: null }
    const { answer: settings } = await ask(server, 'GET /v1/gamification', { bearer: place.systemKey })
    const earning = {
      ...settings.earning,
      message: { ...rule, xp: 10, cooldownSeconds: 60 },
      reply: { ...rule, xp: 5 },
      reaction: { ...rule, xp: 2 },
    }
    const set = await ask(server, 'PATCH /v1/gamification', { bearer: place.systemKey, body: { earning } })
    expect(set.status, set.text).toBe(200)
    const [writer, other] = [await pageOf(server, place, 'amara'), await pageOf(server, place, 'yuki')]
    const { id: channelId } = await openChannel(place)
    const theirs = await said(other, channelId, 'Hello')
    const own = await said(writer, channelId, 'One')
    // Too soon to be paid.
    await said(writer, channelId, 'Two')
    await writer.reply(theirs.id, 'Hello you')
    for (const emoji of ['🎉', '💖']) await writer.react(theirs.id, emoji)
    await writer.unreact(theirs.id, '🎉')
    await writer.react(theirs.id, '🎉')
    await writer.react(own.id, '🎉')
    const { answer } = await ask(server, 'POST /apis/v1/users/info', {
      bearer: place.systemKey,
      body: { idOrEmail: 'amara' },
    })
    expect(answer).toMatchObject({ xp: 17, totalMessages: 2, replySent: 1, totalReactions: 1 })
  })
})
