import { type AnswerOf, channelPermissions, type ServerPermission, serverPermissions } from '@rai/contract'
import { beforeEach, describe, expect, it } from 'vitest'
import { type BoardInput, createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { changeRoles, createRole, type RoleInput, takeRole } from '../../packages/server/src/domain/roles.js'
import { type Ask, ask, embedToken } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { waitingForLocks } from '../helpers/database.js'
import { earn, signIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

const server = await startTestServer()
const now = new Date()
let community: TestCommunity
let bearer: string
beforeEach(async () => {
  community = await testCommunity(server)
  bearer = community.systemKey
})

type Role = AnswerOf<'POST /api/v1/roles'>
const create = (body: object, more: Ask = { bearer }) => ask(server, 'POST /api/v1/roles', { body, ...more })
const update = (id: string, body: object, more: Ask = { bearer }) =>
  ask(server, 'PUT /api/v1/roles/{id}', { params: { id }, body, ...more })
const remove = (id: string, more: Ask = { bearer }) =>
  ask(server, 'DELETE /api/v1/roles/{id}', { params: { id }, ...more })
const list = async () =>
  (await ask(server, 'GET /api/v1/servers/{serverId}/roles', { bearer, params: { serverId: community.id } })).answer
const rolesOf = (id: string, more: Ask = { bearer }) =>
  ask(server, 'GET /api/v1/roles/{id}', { params: { id }, ...more })
const give = (roleId: string, userId: string, more: Ask = { bearer }) =>
  ask(server, 'POST /api/v1/roles/{roleId}/add', { params: { roleId }, body: { userId }, ...more })
const take = (roleId: string, userId: string, more: Ask = { bearer }) =>
  ask(server, 'POST /api/v1/roles/{roleId}/remove', { params: { roleId }, body: { userId }, ...more })
const titles = (roles: readonly Role[]) => roles.map(({ title }) => title)
const given = (group: Record<string, boolean>) => Object.keys(group).filter((name) => group[name])

const newMember = (username: string, more: object = {}) =>
  community.tenant((tx) => createMember(tx, { username, ...more }, now))
const newRole = (title: string, input: RoleInput = {}) =>
  community.tenant((tx) => createRole(tx, { ...input, title }, 'community', now))
/** How a member asks who signed in. */
const login = async ({ id: memberId }: Member) => ({
  bearer: await signIn(server, { communityId: community.id, memberId }),
  query: { serverId: community.id },
})
/** A member who signed in, with one role that stands at 10. */
const manager = async (names: readonly ServerPermission[] = ['manage_roles', 'warn_members']) => {
  const member = await newMember('manager')
  const role = await newRole('Manager', { position: 10, serverPermissions: flags(names) })
  await community.tenant((tx) => changeRoles(tx, member, { add: [role.id] }, now))
  return { member, role, asks: await login(member) }
}
const flags = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, true]))
const outcome = ({ status, code }: { status: number; code: string | undefined }) => [status, code]
const forbidden = [403, 'forbidden']

describe('a role', () => {
  it('is created as documented, and answered with both groups in full', async () => {
    const { status, text, answer } = await create({
      class: 'red',
      title: 'Moderator',
      order: 3,
      billable: true,
      server_permissions: {
        allow_dm: false,
        warn_members: true,
        overwrite_language: true,
        server_administrator: false,
      },
      channel_permissions: { post_messages: true, pinable: true, share_Attachments: true },
    })
    expect(status).toBe(201)
    const none = (all: object) => Object.fromEntries(Object.keys(all).map((name) => [name, false]))
    expect(JSON.parse(text)).toEqual({
      meta: expect.objectContaining({ success: true, message: 'Role has been created successfully' }),
      body: {
        _id: answer._id,
        serverId: community.id,
        title: 'Moderator',
        description: '',
        class: 'red',
        order: 3,
        billable: true,
        accessLevel: null,
        serverPermissions: { ...none(serverPermissions), warn_members: true, overwrite_language_settings: true },
        channelPermissions: {
          ...none(channelPermissions),
          post_messages: true,
          pinable: true,
          share_attachments: true,
        },
        createdAt: expect.any(String),
        updatedAt: answer.createdAt,
        __v: 0,
      },
    })
    expect(await list()).toContainEqual(answer)
  })

  it('takes what it answers, which wins over the other spelling', async () => {
    const { answer } = await create({
      title: 'Both',
      server_permissions: { warn_members: true, overwrite_language: true, ban_members: true },
      serverPermissions: { warn_members: false, overwrite_language_settings: false },
    })
    expect(given(answer.serverPermissions)).toEqual(['ban_members'])
    const { _id, serverId: _, createdAt: _c, updatedAt: _u, __v, ...fields } = answer
    const again = await update(_id, fields)
    expect(again.answer).toEqual({ ...answer, updatedAt: again.answer.updatedAt, __v: __v + 1 })
  })

  it('keeps what a change does not send', async () => {
    const { answer: before } = await create({
      title: 'Helper',
      class: 'green',
      description: 'Who helps',
      server_permissions: { warn_members: true, kick_members: true },
      channel_permissions: { pinable: true },
    })
    expect(before.order).toBe(1)
    const { answer: after } = await update(before._id, { order: 7, server_permissions: { kick_members: false } })
    expect(after).toEqual({
      ...before,
      order: 7,
      serverPermissions: { ...before.serverPermissions, kick_members: false },
      updatedAt: after.updatedAt,
      __v: 1,
    })
  })

  it('is listed from the lowest to the highest, the older first of two that stand alike', async () => {
    for (const [title, order] of [
      ['C', 5],
      ['A', 5],
      ['B', 2],
    ] as const)
      await create({ title, order })
    expect(titles(await list())).toEqual(['@all', 'B', 'C', 'A'])
  })

  it.each<[string, object, string[]]>([
    ['no title', { order: 1 }, ['title']],
    ['an empty one', { title: ' ' }, ['title']],
    ['a place below everybody', { title: 'x', order: 0 }, ['order']],
    ['a place that is none', { title: 'x', order: 1.5 }, ['order']],
    ['a permission that is not known', { title: 'x', server_permissions: { fly: true } }, ['server_permissions.fly']],
    [
      'one of the other group',
      { title: 'x', channelPermissions: { ban_members: true } },
      ['channelPermissions.ban_members'],
    ],
    ['words for yes', { title: 'x', channel_permissions: { pinable: 'yes' } }, ['channel_permissions.pinable']],
    ['fields that are not known', { title: 'x', _id: 'x' }, ['_id']],
    [
      'an access level that makes administrators',
      { title: 'x', accessLevel: 3, server_permissions: { server_administrator: true } },
      ['accessLevel'],
    ],
  ])('31: is not created with %s', async (_, body, paths) => {
    const reply = await create(body)
    expect([reply.status, reply.code, reply.paths]).toEqual([400, 'invalid_request', paths])
  })

  it('shares neither its title nor its access level with another', async () => {
    const { answer: one } = await create({ title: 'One', accessLevel: 1 })
    const { answer: two } = await create({ title: 'Two', accessLevel: 2 })
    for (const title of ['One', ' One ', '@all'])
      expect(outcome(await create({ title })), title).toEqual([409, 'already_exists'])
    expect(outcome(await update(two._id, { title: 'One' }))).toEqual([409, 'already_exists'])
    expect(outcome(await update(two._id, { accessLevel: 1 }))).toEqual([409, 'already_exists'])
    await update(one._id, { accessLevel: null })
    expect((await update(two._id, { accessLevel: 1 })).answer.accessLevel).toBe(1)
    expect(outcome(await update(two._id, { serverPermissions: { server_administrator: true } }))).toEqual([
      400,
      'invalid_request',
    ])
  })

  it('is one of 250', async () => {
    await community.tenant((tx) =>
      tx.db
        .insertInto('roles')
        .values(
          Array.from({ length: 250 }, (_, n) => ({
            community_id: community.id,
            id: crypto.randomUUID(),
            title: `Role ${n}`,
            position: 1,
            access_level: null,
            created_at: now,
            updated_at: now,
          })),
        )
        .execute(),
    )
    expect(outcome(await create({ title: 'One more' }))).toEqual([409, 'conflict'])
    await remove((await list()).at(-1)!._id)
    expect((await create({ title: 'One more' })).status).toBe(201)
  })

  it('is gone once it is deleted, from all who had it', async () => {
    const { answer: role } = await create({ title: 'Short-lived' })
    const { id } = await newMember('amara')
    await give(role._id, id)
    expect((await remove(role._id)).answer).toEqual({ _id: role._id })
    expect(titles((await rolesOf(id)).answer)).toEqual(['@all'])
    for (const reply of [await remove(role._id), await update(role._id, {}), await give(role._id, id)])
      expect(outcome(reply)).toEqual([404, 'not_found'])
    expect((await create({ title: 'Short-lived' })).status).toBe(201)
  })
})

describe('the role of everybody', () => {
  it('is there from the beginning', async () => {
    const [all, ...others] = await list()
    expect(others).toEqual([])
    expect(all).toMatchObject({ _id: community.id, serverId: community.id, title: '@all', order: 0, billable: false })
    expect(given(all!.serverPermissions)).toEqual(['allow_dm', 'create_invite'])
    expect(given(all!.channelPermissions)).not.toContain('manage_messages')
  })

  it('changes in its permissions, and in nothing else', async () => {
    const { answer: all } = await update(community.id, { server_permissions: { create_invite: false } })
    expect([given(all.serverPermissions), all.__v]).toEqual([['allow_dm'], 1])
    expect(await list()).toEqual([all])
    const changes = { title: 'Everyone', class: 'red', order: 3, billable: true, description: 'x', accessLevel: 1 }
    const refused = await update(community.id, changes)
    expect([refused.code, refused.paths.sort()]).toEqual(['invalid_request', Object.keys(changes).sort()])
    // As a client sends it that always sends all.
    const { title, order, billable, channelPermissions } = all
    const again = await update(community.id, { title, order, class: all.class, billable, channelPermissions })
    expect(again.status).toBe(200)
  })

  it('can neither be deleted nor given nor taken', async () => {
    const { id } = await newMember('amara')
    for (const reply of [await remove(community.id), await give(community.id, id), await take(community.id, id)])
      expect(outcome(reply)).toEqual([409, 'conflict'])
  })
})

describe('the roles of a user', () => {
  it('are given and taken, by id and by short number, and twice is as once', async () => {
    const amara = await newMember('amara')
    const number = String(amara.number)
    const { answer: guide } = await create({ title: 'Guide', order: 5 })
    const { answer: helper } = await create({ title: 'Helper', order: 2 })
    const first = await give(guide._id, amara.id)
    expect([first.status, titles(first.answer)]).toEqual([200, ['@all', 'Guide']])
    for (let n = 0; n < 2; n++)
      expect(titles((await give(helper._id, number)).answer)).toEqual(['@all', 'Helper', 'Guide'])
    expect((await rolesOf(number)).answer).toEqual((await rolesOf(amara.id)).answer)
    expect(JSON.parse((await rolesOf(number)).text).meta.message).toBe('User roles fetched successfully')
    const info = await ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail: number } })
    expect(info.answer).toMatchObject({ roles: ['@all', 'Helper', 'Guide'], highestRole: 'Guide' })
    for (let n = 0; n < 2; n++) expect(titles((await take(guide._id, number)).answer)).toEqual(['@all', 'Helper'])
  })

  it('are all given where several are at once', async () => {
    const { id } = await newMember('amara')
    const roles = await Promise.all([1, 2, 3, 4].map((n) => newRole(`Role ${n}`)))
    await Promise.all(roles.map((role) => give(role.id, id)))
    expect((await rolesOf(id)).answer).toHaveLength(5)
  })

  it('are those of nobody who is not there', async () => {
    const gone = await newMember('gone')
    await community.tenant((tx) =>
      tx.db
        .updateTable('members')
        .set({ status: 'deleted' })
        .where('community_id', '=', community.id)
        .where('id', '=', gone.id)
        .execute(),
    )
    const role = await newRole('Guide')
    const other = await testCommunity(server)
    const foreign = await other.tenant((tx) => createMember(tx, { username: 'foreign' }, now))
    for (const userId of [gone.id, foreign.id, '0', '99', 'gone', 'x'])
      for (const reply of [await rolesOf(userId), await give(role.id, userId)])
        expect(outcome(reply), userId).toEqual([404, 'not_found'])
  })
})

describe('29: who manages roles', () => {
  it('decides on those below the highest of theirs that may decide alone', async () => {
    const { member, role, asks } = await manager()
    expect((await create({ title: 'Below', order: 9 }, asks)).status).toBe(201)
    const higher = await newRole('Higher', { position: 11 })
    const alike = await newRole('Alike', { position: 10 })
    const below = await newRole('Lower', { position: 3 })
    for (const order of [10, 11]) expect(outcome(await create({ title: 'x', order }, asks))).toEqual(forbidden)
    expect(outcome(await update(below.id, { order: 10 }, asks))).toEqual(forbidden)
    for (const { id } of [role, alike, higher]) {
      expect(outcome(await update(id, { order: 1 }, asks))).toEqual(forbidden)
      expect(outcome(await remove(id, asks))).toEqual(forbidden)
      expect(outcome(await give(id, member.id, asks))).toEqual(forbidden)
      expect(outcome(await take(id, member.id, asks))).toEqual(forbidden)
    }
    expect((await update(below.id, { order: 4 }, asks)).status).toBe(200)
    for (const change of [give, take]) expect((await change(below.id, member.id, asks)).status).toBe(200)
    expect((await remove(below.id, asks)).status).toBe(200)
  })

  it('stands no higher by a role that decides on nothing', async () => {
    for (const names of [['manage_roles'], ['server_administrator']] as const) {
      community = await testCommunity(server)
      bearer = community.systemKey
      const { member, role, asks } = await manager(names)
      const veteran = await newRole('Veteran', { position: 20, serverPermissions: { warn_members: true } })
      const deputy = await newRole('Deputy', { position: 15 })
      await give(veteran.id, member.id)
      for (const { id } of [veteran, deputy, role]) expect(outcome(await take(id, member.id, asks))).toEqual(forbidden)
      expect(outcome(await create({ title: 'x', order: 10 }, asks))).toEqual(forbidden)
      expect(
        (await create({ title: 'Below', order: 9, server_permissions: { warn_members: true } }, asks)).status,
      ).toBe(201)
    }
  })

  it('gives no permission that they lack themselves, in no way', async () => {
    const { asks } = await manager()
    const { id } = await newMember('amara')
    const strong = await newRole('Strong', { position: 2, serverPermissions: { ban_members: true } })
    const tries = [
      await create({ title: 'x', server_permissions: { warn_members: true, ban_members: true } }, asks),
      await create({ title: 'x', channel_permissions: { manage_messages: true } }, asks),
      await create({ title: 'x', serverPermissions: { server_administrator: true } }, asks),
      await update(strong.id, { server_permissions: { kick_members: true } }, asks),
      await update(strong.id, { accessLevel: 3 }, asks),
      await update(community.id, { server_permissions: { ban_members: true } }, asks),
      await give(strong.id, id, asks),
    ]
    for (const reply of tries) expect(outcome(reply)).toEqual(forbidden)
    expect(tries[0]!.text).toContain('ban_members')
    // What is given already they need not have to change the rest, or to take it.
    expect(
      (await update(strong.id, { title: 'Stronger', server_permissions: { warn_members: true } }, asks)).status,
    ).toBe(200)
    await give(strong.id, id)
    expect((await take(strong.id, id, asks)).status).toBe(200)
    const weaker = await update(strong.id, { server_permissions: { ban_members: false } }, asks)
    expect(given(weaker.answer.serverPermissions)).toEqual(['warn_members'])
    expect((await update(strong.id, { accessLevel: 3 }, asks)).status).toBe(200)
    // What everybody has counts as theirs.
    await update(community.id, { server_permissions: { kick_members: true } })
    expect((await update(strong.id, { server_permissions: { kick_members: true } }, asks)).status).toBe(200)
  })

  it('gives everything as an administrator, but for what stands above', async () => {
    const { asks } = await manager(['server_administrator'])
    const role = await create({ title: 'Second', order: 9, server_permissions: { server_administrator: true } }, asks)
    expect(role.status).toBe(201)
    expect(outcome(await create({ title: 'Equal', order: 10 }, asks))).toEqual(forbidden)
    expect((await update(community.id, { channel_permissions: { pinable: true } }, asks)).status).toBe(200)
  })

  it('decides on all as the owner', async () => {
    const asks = await login(await newMember('owner', { role: 'owner' }))
    const { answer } = await create({ title: 'Top', order: 10_000, server_permissions: { manage_roles: true } }, asks)
    expect((await give(answer._id, '1', asks)).status).toBe(200)
    expect((await remove(answer._id, asks)).status).toBe(200)
  })

  it('decides on none where everybody may manage roles', async () => {
    await update(community.id, { server_permissions: { manage_roles: true } })
    const asks = await login(await newMember('amara'))
    expect(outcome(await create({ title: 'x' }, asks))).toEqual(forbidden)
    expect(outcome(await update(community.id, {}, asks))).toEqual(forbidden)
  })

  it('is asked for the roles of the moment in which they change', async () => {
    const { member, role, asks } = await manager()
    let reply: ReturnType<typeof create> | undefined
    // The role is taken while the request of its holder waits for that to be done.
    await community.tenant(async (tx) => {
      await takeRole(tx, { roleId: role.id, userId: member.id }, 'community', now)
      reply = create({ title: 'Late' }, asks)
      for (let waiting = 0; waiting === 0; ) waiting = await waitingForLocks(server)
    })
    expect(outcome(await reply!)).toEqual(forbidden)
    expect(titles(await list())).not.toContain('Late')
  })
})

describe('a leaderboard for a role', () => {
  let amara: Member
  let bo: Member
  let guide: Awaited<ReturnType<typeof newRole>>
  beforeEach(async () => {
    amara = await newMember('amara')
    bo = await newMember('bo')
    guide = await newRole('Guide')
    await earn(community, amara.id, 50)
    await earn(community, bo.id, 40)
  })

  const newBoard = (input: Partial<BoardInput>) =>
    community.tenant((tx) => createBoard(tx, { name: 'Guides', ...input }, now))
  const on = (idOrSlug: string, token?: string) => ({
    params: { publishableKey: community.publishableKey, idOrSlug },
    origin: community.origin,
    bearer: token,
  })
  const rows = (idOrSlug: string, token?: string) =>
    ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', on(idOrSlug, token))
  const ranked = async (idOrSlug: string) =>
    (await rows(idOrSlug)).answer.items.map(({ member, score }) => `${member.name} ${score}`)

  it('ranks who has it, with every point from before, and those who are named', async () => {
    const board = await newBoard({ rankedRoles: [guide.id] })
    const both = await newBoard({ rankedRoles: [guide.id], rankedMembers: [bo.id] })
    const everybody = await newBoard({ rankedRoles: [community.id] })
    const boards = async () => Promise.all([board, both, everybody].map(({ id }) => ranked(id)))
    expect(await boards()).toEqual([[], ['bo 40'], ['amara 50', 'bo 40']])
    await give(guide.id, amara.id)
    await earn(community, amara.id, 5)
    expect(await boards()).toEqual([['amara 55'], ['amara 55', 'bo 40'], ['amara 55', 'bo 40']])
    await take(guide.id, amara.id)
    await earn(community, amara.id, 5)
    expect(await boards()).toEqual([[], ['bo 40'], ['amara 60', 'bo 40']])
    const token = await embedToken(server, community, 'amara')
    const mine = await ask(
      server,
      'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me',
      on(board.id, token),
    )
    expect(mine.answer.state).toBe('not_eligible')
  })

  it('ranks who has it when two changes come at once, each from what was before both', async () => {
    const other = await newRole('Other')
    const boards = await Promise.all([guide, other].map(({ id }) => newBoard({ rankedRoles: [id] })))
    let second: Promise<Member> | undefined
    await community.tenant(async (tx) => {
      await changeRoles(tx, amara, { add: [guide.id] }, now)
      second = community.tenant((tx) => changeRoles(tx, amara, { add: [other.id], remove: [guide.id] }, now))
      for (let waiting = 0; waiting === 0; ) waiting = await waitingForLocks(server)
    })
    expect((await second!).role_ids).toEqual([other.id])
    expect(await Promise.all(boards.map(({ id }) => ranked(id)))).toEqual([[], ['amara 50']])
  })

  it('is shown to who has it, and to nobody else, from the next moment on', async () => {
    const board = await newBoard({ viewingRoles: [guide.id] })
    const members = await newBoard({ viewingRoles: [community.id] })
    const token = await embedToken(server, community, 'amara')
    const seen = async (bearer?: string) => {
      const page = { params: { publishableKey: community.publishableKey }, origin: community.origin, bearer }
      const { answer } = await ask(server, 'GET /widget/v1/{publishableKey}/config', page)
      const statuses = await Promise.all([board, members].map(async ({ id }) => (await rows(id, bearer)).status))
      return [answer.leaderboards.map(({ id }) => id).sort(), statuses]
    }
    expect(await seen()).toEqual([[], [404, 404]])
    expect(await seen(token)).toEqual([[members.id], [404, 200]])
    const stream = await openStream(server, community, { authorization: `Bearer ${token}` })
    await stream.read()
    await give(guide.id, amara.id)
    await stream.until(({ type, id }) => type === 'config.changed' && id === amara.id)
    expect(await seen(token)).toEqual([[board.id, members.id].sort(), [200, 200]])
    await earn(community, bo.id, 1)
    await stream.until(({ type, id }) => type === 'leaderboard.changed' && id === board.id)
    stream.close()
    await take(guide.id, amara.id)
    expect(await seen(token)).toEqual([[members.id], [404, 200]])
  })

  it('keeps its role from being deleted: it would be for everybody then', async () => {
    const board = await newBoard({ viewingRoles: [guide.id] })
    const refused = await remove(guide.id)
    expect(outcome(refused)).toEqual([409, 'conflict'])
    expect(refused.text).toContain('Guides')
    const patch = { params: { leaderboardId: board.id }, bearer, body: { allowedRolesToView: [] } }
    expect((await ask(server, 'PATCH /v1/leaderboards/{leaderboardId}', patch)).status).toBe(200)
    expect((await remove(guide.id)).status).toBe(200)
  })

  it('is made by its documented fields, of roles that are there', async () => {
    const body = { name: 'x', allowedRolesToRank: [guide.id], allowedRolesToView: [community.id, guide.id] }
    const { answer } = await ask(server, 'POST /v1/leaderboards', { bearer, body })
    expect(answer).toMatchObject(body)
    const other = await testCommunity(server)
    const foreign = await other.tenant((tx) => createRole(tx, { title: 'Foreign' }, 'community', now))
    const reply = await ask(server, 'POST /v1/leaderboards', {
      bearer,
      body: { name: 'x', allowedRolesToRank: [guide.id, foreign.id], allowedRolesToView: [other.id] },
    })
    expect([reply.code, reply.paths]).toEqual(['unknown_reference', ['allowedRolesToRank.1']])
  })
})
