import { beforeAll, describe, expect, it } from 'vitest'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { type Ask, ask } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { missingId, type Person, signedIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

/** A moment later each time that somebody looks: what is made later has a later id. */
let moment = Date.now()
const server = await startTestServer({ clock: () => new Date(++moment) })
let community: TestCommunity
let bearer: string

/** Somebody who signed in, with some roles. */
async function person(username: string, roleIds: readonly string[] = [], role?: 'owner'): Promise<Person> {
  const who = await signedIn(server, community, { username, ...(role && { role }) })
  for (const roleId of roleIds)
    await ask(server, 'POST /api/v1/roles/{roleId}/add', { bearer, params: { roleId }, body: { userId: who.id } })
  return who
}
const newRole = async (title: string, allows: object = {}) =>
  (await ask(server, 'POST /api/v1/roles', { bearer, body: { title, ...allows } })).answer._id

/** How somebody asks: a login says where. */
const as = (who: string | Person): Ask =>
  typeof who === 'string' ? { bearer: who } : { bearer: who.bearer, query: { serverId: community.id } }
const create = (body: object, who: string | Person = bearer) =>
  ask(server, 'POST /api/v1/channels', { ...as(who), body })
const made = async (topic: string, more: object = {}) => {
  const { answer, status, text } = await create({ topic, channelType: 'open', ...more })
  expect(status, text).toBe(201)
  return answer
}
const update = (channelId: string, body: object, who: string | Person = bearer) =>
  ask(server, 'PUT /api/v1/channels/{channelId}', { ...as(who), params: { channelId }, body })
const remove = (channelId: string, who: string | Person = bearer) =>
  ask(server, 'DELETE /api/v1/channels/{channelId}', { ...as(who), params: { channelId } })
const list = async (who: string | Person = bearer, query: Record<string, number> = {}) => {
  const how = as(who)
  return (await ask(server, 'GET /api/v1/channels', { ...how, query: { ...how.query, ...query } })).answer
}
const topics = async (who: string | Person) => (await list(who)).map(({ topic }) => topic)
const page = { url: 'https://app.example.com/start' }

beforeAll(async () => {
  community = await testCommunity(server)
  bearer = community.systemKey
})

describe('a channel', () => {
  it('is created and answered as documented', async () => {
    const { status, text, answer } = await create({ topic: ' Town square ', channelType: 'open' })
    expect(status).toBe(201)
    expect(JSON.parse(text)).toEqual({
      meta: {
        success: true,
        message: 'Channel has been created successfully',
        devMessage: 'Channel has been created successfully',
      },
      body: {
        _id: answer._id,
        serverId: community.id,
        topic: 'Town square',
        channelType: 'open',
        description: '',
        permissions: [],
        allowedUsers: [],
        order: 0,
        slowModeSeconds: 0,
        iframe: null,
        userId: null,
        createdAt: answer.createdAt,
        updatedAt: answer.createdAt,
        __v: 0,
      },
    })
    expect(await list()).toContainEqual(answer)
  })

  it('may be of every type', async () => {
    const { id } = await community.tenant((tx) => createMember(tx, { username: 'listed' }, new Date()))
    const more: Record<string, object> = { direct: { allowedUsers: [id] }, iframe: { iframe: page } }
    for (const channelType of ['open', 'whisper', 'announcement', 'direct', 'forum', 'iframe'])
      expect(await made('Typed', { channelType, ...more[channelType] })).toMatchObject({ channelType })
  })

  it.each<[string, object, string[]]>([
    ['no topic', { channelType: 'open' }, ['topic']],
    ['a line break in it', { topic: 'a\nb', channelType: 'open' }, ['topic']],
    ['no type', { topic: 'x' }, ['channelType']],
    ['a type that there is not', { topic: 'x', channelType: 'audio' }, ['channelType']],
    ['fields that are not known', { topic: 'x', channelType: 'open', userId: '1' }, ['userId']],
    ['a wait of a day', { topic: 'x', channelType: 'open', slowModeSeconds: 86_400 }, ['slowModeSeconds']],
    ['nobody in a direct one', { topic: 'x', channelType: 'direct' }, ['allowedUsers']],
    ['somebody in an open one', { topic: 'x', channelType: 'open', allowedUsers: [] }, ['allowedUsers']],
    ['no page', { topic: 'x', channelType: 'iframe' }, ['iframe']],
    ['a page in a forum', { topic: 'x', channelType: 'forum', iframe: page }, ['iframe']],
    [
      'a role twice',
      { topic: 'x', channelType: 'open', permissions: Array(2).fill({ roleId: missingId, channelPermissions: {} }) },
      ['permissions'],
    ],
    [
      'a permission that there is not',
      {
        topic: 'x',
        channelType: 'open',
        permissions: [{ roleId: missingId, channelPermissions: { manage_roles: true } }],
      },
      ['permissions.0.channelPermissions.manage_roles'],
    ],
  ])('is not created with %s', async (_, body, paths) => {
    const { status, code, paths: wrong } = await create(body)
    expect([status, code, wrong]).toEqual([400, 'invalid_request', paths])
  })

  it('names nobody and no role of another community', async () => {
    const other = await testCommunity(server)
    const stranger = await other.tenant((tx) => createMember(tx, { username: 'stranger' }, new Date()))
    for (const userId of [stranger.id, missingId, 'x']) {
      const { code, paths } = await create({ topic: 'x', channelType: 'direct', allowedUsers: [userId] })
      expect([code, paths]).toEqual(['unknown_reference', ['allowedUsers.0']])
    }
    const theirs = await ask(server, 'POST /api/v1/roles', { bearer: other.systemKey, body: { title: 'Theirs' } })
    for (const roleId of [theirs.answer._id, other.id, missingId, 'x']) {
      const permissions = [{ roleId, channelPermissions: { post_messages: false } }]
      const { code, paths } = await create({ topic: 'x', channelType: 'open', permissions })
      expect([code, paths]).toEqual(['unknown_reference', ['permissions.0.roleId']])
    }
  })

  it('keeps what an update does not send', async () => {
    const roleId = await newRole('Readers')
    const permissions = [{ roleId, channelPermissions: { post_messages: false } }]
    const before = await made('Before', { description: 'Old words', order: 7, slowModeSeconds: 30, permissions })
    expect(before).toMatchObject({ permissions, order: 7, slowModeSeconds: 30 })
    // The documented request.
    const { status, answer } = await update(before._id, { topic: 'After', channelType: 'forum' })
    expect(status).toBe(200)
    expect(answer).toEqual({
      ...before,
      topic: 'After',
      channelType: 'forum',
      updatedAt: expect.any(String),
      __v: 1,
    })
    expect((await update(before._id, { permissions: [], order: 0 })).answer).toMatchObject({
      permissions: [],
      order: 0,
      slowModeSeconds: 30,
      __v: 2,
    })
  })

  it('goes on naming a role that was deleted, which means nothing then', async () => {
    const roleId = await newRole('Short-lived')
    const permissions = [{ roleId, channelPermissions: { view_message_history: true } }]
    const hidden = { roleId: community.id, channelPermissions: { view_message_history: false } }
    const { _id } = await made('Left alone', { permissions: [...permissions, hidden] })
    const holder = await person('holder', [roleId])
    expect(await topics(holder)).toContain('Left alone')
    await ask(server, 'DELETE /api/v1/roles/{id}', { bearer, params: { id: roleId } })
    expect(await topics(holder)).not.toContain('Left alone')
    expect((await update(_id, { permissions })).status).toBe(200)
  })

  it('is gone when it is deleted', async () => {
    const { _id } = await made('To go')
    expect((await remove(_id)).answer).toEqual({ _id })
    expect(await topics(bearer)).not.toContain('To go')
    for (const { status, code } of [await remove(_id), await update(_id, { topic: 'Back' }), await remove('x')])
      expect([status, code]).toEqual([404, 'not_found'])
  })

  it('tells by an event that it changed', async () => {
    const { _id } = await made('Told')
    await update(_id, { topic: 'Told again' })
    await remove(_id)
    const events = await community.tenant(({ db }) =>
      db
        .selectFrom('events')
        .select('type')
        .where('community_id', '=', community.id)
        .where('subject', '=', _id)
        .execute(),
    )
    expect(events).toEqual(Array(3).fill({ type: 'channel.changed' }))
  })
})

describe('a direct channel', () => {
  it('stays one, and no other becomes one', async () => {
    const { id } = await person('talker')
    const direct = await made('Between us', { channelType: 'direct', allowedUsers: [id] })
    const open = await made('For all')
    for (const reply of [
      await update(direct._id, { channelType: 'open' }),
      await update(open._id, { channelType: 'direct', allowedUsers: [id] }),
    ])
      expect([reply.status, reply.code]).toEqual([409, 'conflict'])
  })

  it('is for the members that it lists, whatever others may', async () => {
    const admins = await newRole('Admins', { server_permissions: { server_administrator: true } })
    const [ada, bo, admin, owner] = [
      await person('ada'),
      await person('bo'),
      await person('admin', [admins]),
      await person('boss', [], 'owner'),
    ]
    const { _id } = await made('Ada and Bo', { channelType: 'direct', allowedUsers: [ada.id, bo.id] })
    for (const who of [ada, bo, bearer]) expect(await topics(who)).toContain('Ada and Bo')
    for (const who of [admin, owner]) {
      expect(await topics(who)).not.toContain('Ada and Bo')
      for (const { status } of [await update(_id, { topic: 'Mine' }, who), await remove(_id, who)])
        expect(status).toBe(404)
    }
    const { answer } = await ask(server, 'GET /apis/v1/channels', { bearer: community.communityKey })
    expect(answer.map((channel) => channel._id)).not.toContain(_id)
    await update(_id, { allowedUsers: [ada.id] })
    expect(await topics(bo)).not.toContain('Ada and Bo')
  })

  it('may be for a role too, and whoever makes one is in it', async () => {
    const [team, editors] = [
      await newRole('Team'),
      await newRole('Editors', { server_permissions: { manage_channels: true } }),
    ]
    const [member, editor] = [await person('teammate', [team]), await person('editor', [editors])]
    const permissions = [{ roleId: team, channelPermissions: { view_message_history: true } }]
    const body = { topic: 'The team', channelType: 'direct', allowedUsers: [], permissions }
    const { answer } = await create(body, editor)
    expect(answer.allowedUsers).toEqual([editor.id])
    for (const who of [member, editor]) expect(await topics(who)).toContain('The team')
    expect(await topics(await person('passer-by'))).not.toContain('The team')
  })
})

describe('who sees a channel', () => {
  const view = (roleId: string, view_message_history: boolean) => ({
    roleId,
    channelPermissions: { view_message_history },
  })

  it('is decided by what it says of their roles, then of everybody, then by what roles may everywhere', async () => {
    const [staff, muted] = [await newRole('Staff'), await newRole('Muted')]
    const [anybody, staffer, both, mute] = [
      await person('anybody'),
      await person('staffer', [staff]),
      await person('both', [staff, muted]),
      await person('mute', [muted]),
    ]
    const everybody = community.id
    await made('Staff room', { permissions: [view(everybody, false), view(staff, true), view(muted, false)] })
    await made('Without the muted', { permissions: [view(muted, false)] })
    const seen = async (who: Person) =>
      (await topics(who)).filter((topic) => ['Staff room', 'Without the muted'].includes(topic))
    expect(await seen(anybody)).toEqual(['Without the muted'])
    expect(await seen(staffer)).toEqual(['Staff room', 'Without the muted'])
    expect(await seen(both)).toEqual(['Staff room'])
    expect(await seen(mute)).toEqual([])
  })

  it('is every administrator', async () => {
    const owner = await person('owner', [], 'owner')
    await made('Hidden from all', { permissions: [view(community.id, false)] })
    expect(await topics(owner)).toContain('Hidden from all')
  })

  it('follows their roles at once', async () => {
    const insiders = await newRole('Insiders')
    const insider = await person('insider', [insiders])
    await made('Inside', { permissions: [view(community.id, false), view(insiders, true)] })
    expect(await topics(insider)).toContain('Inside')
    await ask(server, 'POST /api/v1/roles/{roleId}/remove', {
      bearer,
      params: { roleId: insiders },
      body: { userId: insider.id },
    })
    expect(await topics(insider)).not.toContain('Inside')
  })
})

describe('a member who may manage channels', () => {
  let editor: Person
  beforeAll(async () => {
    editor = await person('manager', [await newRole('Managers', { server_permissions: { manage_channels: true } })])
  })

  it('makes, changes and deletes those that they see', async () => {
    const { status, answer } = await create({ topic: 'Theirs', channelType: 'open' }, editor)
    expect([status, answer.userId]).toEqual([201, expect.stringMatching(/^\d+$/)])
    expect((await update(answer._id, { topic: 'Changed' }, editor)).answer.topic).toBe('Changed')
    expect((await remove(answer._id, editor)).status).toBe(200)
    const permissions = [{ roleId: community.id, channelPermissions: { view_message_history: false } }]
    const { _id } = await made('Out of sight', { permissions })
    expect((await update(_id, { topic: 'Found' }, editor)).status).toBe(404)
  })

  it('lets nobody do there what they may not do themselves', async () => {
    const allowing = (flags: object) => ({ permissions: [{ roleId: community.id, channelPermissions: flags }] })
    const { _id } = await made('Kept', allowing({ manage_messages: true }))
    const beyond = await update(_id, allowing({ manage_messages: true, delete_messages: true }), editor)
    expect([beyond.status, beyond.code]).toEqual([403, 'forbidden'])
    expect((await create({ topic: 'x', channelType: 'open', ...allowing({ pinable: true }) }, editor)).status).toBe(403)
    const within = allowing({ manage_messages: true, post_messages: false, share_links: true })
    expect((await update(_id, within, editor)).status).toBe(200)
    expect((await update(_id, allowing({ post_messages: true }), editor)).status).toBe(200)
  })

  it('leaves out no refusal of what they may not do themselves', async () => {
    const moderators = await newRole('Moderators', { channel_permissions: { delete_messages: true } })
    const refusing = (flags: object) => ({ permissions: [{ roleId: moderators, channelPermissions: flags }] })
    const { _id } = await made('Kept as it was', refusing({ delete_messages: false, share_links: false }))
    for (const body of [{ permissions: [] }, refusing({}), refusing({ delete_messages: true })]) {
      const { status, code } = await update(_id, body, editor)
      expect([status, code]).toEqual([403, 'forbidden'])
    }
    expect((await update(_id, refusing({ delete_messages: false }), editor)).status).toBe(200)
    // What a role that is gone was refused means nothing.
    await ask(server, 'DELETE /api/v1/roles/{id}', { bearer, params: { id: moderators } })
    expect((await update(_id, { permissions: [] }, editor)).status).toBe(200)
  })

  it('is nobody without that permission', async () => {
    const plain = await person('plain')
    const { _id } = await made('Not theirs')
    for (const { status, code } of [
      await create({ topic: 'x', channelType: 'open' }, plain),
      await update(_id, { topic: 'x' }, plain),
      await remove(_id, plain),
    ])
      expect([status, code]).toEqual([403, 'forbidden'])
  })
})

describe('the page of an iframe channel', () => {
  const framed = async (iframe: object) => made('App', { channelType: 'iframe', iframe })

  it('may nothing that is not granted, and talks from its own origin', async () => {
    expect((await framed(page)).iframe).toEqual({
      url: 'https://app.example.com/start',
      origin: 'https://app.example.com',
      capabilities: [],
      granted: [],
      height: { mode: 'fill' },
      allow: [],
      allowPopups: false,
      isEnabled: true,
      app: 'app.example.com',
    })
  })

  it.each([
    'https://app.example.com',
    'https://app.example.com/a/b?c=d&e=%20#f',
    'https://app.example.com:8443/',
    'https://xn--bcher-kva.example/',
    'http://127.0.0.1:4402/',
    'http://localhost/',
  ])('may be at %s', async (url) => {
    expect((await framed({ url })).iframe).toMatchObject({ url, origin: new URL(url).origin })
  })

  it.each([
    'http://app.example.com/',
    'http://localhost.example.com/',
    'javascript:alert(1)',
    'data:text/html,x',
    'blob:https://app.example.com/x',
    '//app.example.com/',
    'https:app.example.com',
    'https:///app.example.com/',
    'HTTPS://app.example.com/',
    'https://App.Example.com/',
    'https://bücher.example/',
    'https://app.example.com:443/',
    'https://user@app.example.com/',
    'https://app.example.com@evil.example/',
    'https://good.example\\@evil.example/',
    'https://app.example.com\\evil',
    'https://app.example.com/a b',
    'https://app.example.com/\ta',
    ' https://app.example.com/',
    'https://app.example.com;script-src/',
    'https://app.example.com,evil.example/',
    'https://0x7f.1/',
    `https://app.example.com/${'a'.repeat(2000)}`,
    '',
  ])('is never at %j', async (url) => {
    const { status, paths } = await create({ topic: 'x', channelType: 'iframe', iframe: { url } })
    expect([status, paths]).toEqual([400, ['iframe.url']])
  })

  it.each<[string, object, string[]]>([
    [
      'grants what it does not ask for',
      { capabilities: ['toast'], granted: ['toast', 'purchase'] },
      ['iframe.granted'],
    ],
    ['asks for what there is not', { capabilities: ['everything'] }, ['iframe.capabilities.0']],
    ['asks twice', { capabilities: ['toast', 'toast'] }, ['iframe.capabilities']],
    ['may pay by the browser', { allow: ['payment'] }, ['iframe.allow.0']],
    ['says its own origin', { origin: 'https://evil.example' }, ['iframe.origin']],
    ['has a height without a number', { height: { mode: 'fixed' } }, ['iframe.height.pixels']],
    ['has a number for all the room', { height: { mode: 'fill', pixels: 100 } }, ['iframe.height.pixels']],
    ['is higher than any page', { height: { mode: 'fit', pixels: 4001 } }, ['iframe.height.pixels']],
  ])('is refused where it %s', async (_, more, paths) => {
    const { status, paths: wrong } = await create({ topic: 'x', channelType: 'iframe', iframe: { ...page, ...more } })
    expect([status, wrong]).toEqual([400, paths])
  })

  it('changes in what is sent, and is switched off by one word', async () => {
    const granted = { capabilities: ['identity', 'toast'], granted: ['toast'], allow: ['camera'], allowPopups: true }
    const { _id, iframe } = await framed({ ...page, ...granted, height: { mode: 'fixed', pixels: 400 } })
    const off = await update(_id, { iframe: { isEnabled: false } })
    expect(off.answer.iframe).toEqual({ ...iframe, isEnabled: false })
    const moved = await update(_id, { iframe: { url: 'https://app.example.com/other' } })
    expect(moved.answer.iframe).toEqual({ ...off.answer.iframe, url: 'https://app.example.com/other' })
    expect((await update(_id, { iframe: { capabilities: [] } })).paths).toEqual(['iframe.granted'])
  })

  it('begins anew at another origin: nothing that was granted goes with it', async () => {
    const { _id } = await framed({ ...page, capabilities: ['toast'], granted: ['toast'], allow: ['camera'] })
    const { answer } = await update(_id, { iframe: { url: 'https://elsewhere.example/', capabilities: ['toast'] } })
    expect(answer.iframe).toMatchObject({
      origin: 'https://elsewhere.example',
      capabilities: ['toast'],
      granted: [],
      allow: [],
      app: 'elsewhere.example',
    })
  })

  it('comes and goes with the type of its channel', async () => {
    const { _id } = await made('Becomes an app')
    expect((await update(_id, { channelType: 'iframe' })).paths).toEqual(['iframe'])
    expect((await update(_id, { channelType: 'iframe', iframe: page })).answer.iframe).toMatchObject(page)
    expect((await update(_id, { channelType: 'open' })).answer.iframe).toBeNull()
  })
})

describe('the channels of a community', () => {
  let own: TestCommunity
  const ordered = ['First', 'Second', 'Third', 'Fourth']
  beforeAll(async () => {
    own = await testCommunity(server)
    for (const [topic, order] of [
      ['Third', 1],
      ['Fourth', 1],
      ['First', 0],
      ['Second', 0],
    ] as const)
      await create({ topic, channelType: 'open', order }, own.systemKey)
  })

  it('stand in order, the oldest first, page by page', async () => {
    expect((await list(own.systemKey)).map(({ topic }) => topic)).toEqual(ordered)
    const second = await list(own.systemKey, { limit: 3, page: 2 })
    expect(second.map(({ topic }) => topic)).toEqual(['Fourth'])
  })

  it('are the same by the path of the server', async () => {
    const what = { bearer: own.systemKey, params: { serverId: own.id } }
    const { answer } = await ask(server, 'GET /api/v1/servers/{serverId}/channels', what)
    expect(answer).toEqual(await list(own.systemKey))
  })

  it('are at most 500, however many are asked for at once', async () => {
    const { id, tenant, systemKey } = await testCommunity(server)
    const at = new Date()
    const row = { community_id: id, topic: 'One of many', type: 'open' as const, created_at: at, updated_at: at }
    await tenant(({ db }) =>
      db
        .insertInto('channels')
        .values(Array.from({ length: 498 }, () => ({ ...row, id: crypto.randomUUID() })))
        .execute(),
    )
    const another = async () => (await create({ topic: 'One more', channelType: 'open' }, systemKey)).status
    expect((await Promise.all(Array.from({ length: 4 }, another))).sort()).toEqual([201, 201, 409, 409])
    const all = await list(systemKey)
    expect(all).toHaveLength(500)
    await remove(all[0]!._id, systemKey)
    expect(await another()).toBe(201)
  })

  it('are told to back-ends as documented', async () => {
    const { text } = await ask(server, 'GET /apis/v1/channels', { bearer: own.communityKey })
    expect(JSON.parse(text)).toEqual({
      status: 'success',
      message: 'Channels fetched successfully',
      data: ordered.map((topic) => ({ _id: expect.any(String), topic, channelType: 'open' })),
    })
  })
})
