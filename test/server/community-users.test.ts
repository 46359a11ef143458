import { beforeAll, describe, expect, it } from 'vitest'
import { createMember, type Member, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { changeRoles, createRole } from '../../packages/server/src/domain/roles.js'
import { ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { type Person, signedIn, signIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const start = new Date('2026-11-23T12:00:00Z')
let now = start
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server)
const { communityKey: bearer, tenant } = community
const params = { communityId: community.id }

let amara: Member
let bo: Person
let owner: Person
beforeAll(async () => {
  amara = await tenant((tx) =>
    createMember(
      tx,
      { username: 'amara', displayName: 'Émile Amara', firstName: 'Amara', lastName: 'O', email: 'Amara@Example.com' },
      now,
    ),
  )
  bo = await signedIn(server, community, { username: 'bo' }, now)
  owner = await signedIn(server, community, { username: 'cai', role: 'owner' }, now)
  await tenant((tx) => createMember(tx, { username: '2', displayName: 'émigré' }, now))
  const gone = await tenant((tx) => createMember(tx, { username: 'gone' }, now))
  await tenant((tx) => tx.db.updateTable('members').set({ status: 'deleted' }).where('id', '=', gone.id).execute())
})

const list = (query: Record<string, string | number> = {}, key = bearer) =>
  ask(server, 'GET /apis/v1/communities/{communityId}/users', { bearer: key, params, query })
const names = async (query: Record<string, string | number>) =>
  (await list(query)).answer.map(({ username }) => username)
const read = (userId: string, query: Record<string, string> = {}, key = bearer) =>
  ask(server, 'GET /apis/v1/users/{userId}', { bearer: key, params: { userId }, query })

const shown = () => ({
  _id: amara.id,
  id: '1',
  avatar: null,
  displayName: 'Émile Amara',
  username: 'amara',
  firstName: 'Amara',
  lastName: 'O',
  email: 'Amara@Example.com',
  isOnline: false,
  lastLogin: null,
  status: 'active',
  createdAt: start.toISOString(),
  updatedAt: start.toISOString(),
  __v: 0,
})

describe('the members of a community', () => {
  it('are listed page by page, newest first, without who was deleted', async () => {
    const reply = await list({ limit: 3 })
    expect(JSON.parse(reply.text)).toMatchObject({
      meta: { status: 'success', statusCode: 200, page: 1, limit: 3, total: 4 },
      message: 'Get community users success.',
    })
    expect(reply.answer.map(({ username }) => username)).toEqual(['2', 'cai', 'bo'])
    expect((await list({ limit: 3, page: 2 })).answer).toEqual([shown()])
  })

  it('are sorted as is asked', async () => {
    expect(await names({ sort: 'username:asc' })).toEqual(['2', 'amara', 'bo', 'cai'])
    expect(await names({ sort: 'displayName:desc' })).toEqual(['amara', '2', 'cai', 'bo'])
    expect(await names({ sort: 'createdAt:asc' })).toEqual(['amara', 'bo', 'cai', '2'])
  })

  it('are found by how a name begins, or by a whole username, e-mail or number', async () => {
    expect(await names({ search: 'ÉMI', sort: 'createdAt:asc' })).toEqual(['amara', '2'])
    expect(await names({ search: 'amara@example.COM' })).toEqual(['amara'])
    expect(await names({ search: '2', sort: 'createdAt:asc' })).toEqual(['bo', '2'])
    for (const search of ['amar', 'gone', '%', "' or true --", '\\'])
      expect(await names({ search }), search).toEqual([])
    expect((await list({ search: 'ÉMI', limit: 1 })).text).toContain('"total":2')
  })

  it('are told with the fields that are asked for', async () => {
    const { answer } = await list({ fields: 'displayName, email', search: 'amara' })
    expect(answer).toEqual([{ _id: amara.id, displayName: 'Émile Amara', email: 'Amara@Example.com' }])
    expect((await list({ fields: 'email,password' })).paths).toEqual(['fields'])
  })

  it.each([
    [{ page: 101, limit: 100 }, 'page'],
    [{ limit: 101 }, 'limit'],
    [{ page: 0 }, 'page'],
    [{ sort: 'email:asc' }, 'sort'],
    [{ search: ' ' }, 'search'],
    [{ role: 'owner' }, 'role'],
  ])('are not listed with %j', async (query, path) => {
    const reply = await list(query)
    expect([reply.status, reply.paths]).toEqual([400, [path]])
  })
})

describe('a member', () => {
  it('is read as documented', async () => {
    const reply = await read(amara.id)
    expect(JSON.parse(reply.text)).toEqual({
      meta: { status: 'success', statusCode: 200 },
      message: 'Get user success.',
      data: shown(),
    })
  })

  it('is read in the fields that are selected', async () => {
    expect((await read(amara.id, { email: 'true', id: 'true', avatar: 'false' })).answer).toEqual({
      id: '1',
      email: 'Amara@Example.com',
    })
    const { email: _, ...others } = shown()
    expect((await read(amara.id, { email: 'false' })).answer).toEqual(others)
    expect((await read(amara.id, { email: '1' })).paths).toEqual(['email'])
    expect((await read(amara.id, { password: 'true' })).paths).toEqual(['password'])
  })

  it('reads their own record by login, and nobody else’s; the owner reads all', async () => {
    const where = { serverId: community.id }
    expect((await read(bo.id, where, bo.bearer)).answer.username).toBe('bo')
    const refused = [await read(amara.id, where, bo.bearer), await read(community.id, where, bo.bearer)]
    expect(refused.map(({ status }) => status)).toEqual([404, 404])
    expect((await read(amara.id, where, owner.bearer)).answer).toEqual(shown())
    expect((await read('1', where, owner.bearer)).answer).toEqual(shown())
    expect((await read(bo.id, {}, bo.bearer)).status).toBe(404)
    expect((await list({}, bo.bearer)).status).toBe(403)
    expect((await list({ limit: 1 }, owner.bearer)).status).toBe(200)
  })

  it('is read by a member whose roles make them an administrator', async () => {
    const deputy = await signedIn(server, community, { username: 'deputy' }, now)
    const serverPermissions = { server_administrator: true }
    await tenant(async (tx) => {
      const role = await createRole(tx, { title: 'Deputy', serverPermissions }, 'community', now)
      await changeRoles(tx, deputy, { add: [role.id] }, now)
    })
    expect((await read(amara.id, { serverId: community.id }, deputy.bearer)).answer).toEqual(shown())
    expect((await list({ limit: 1 }, deputy.bearer)).status).toBe(200)
  })

  it('has a picture that is told while they are not hidden', async () => {
    const avatarId = '01890000-0000-7000-8000-000000000001'
    const { id } = bo
    await tenant((tx) => tx.db.updateTable('members').set({ avatar_id: avatarId }).where('id', '=', id).execute())
    expect((await read(id)).answer.avatar).toBe(`${server.url}/avatars/${community.id}/${avatarId}.webp`)
    await tenant((tx) => setVisibility(tx, id, 'hidden', now))
    expect((await read(id)).answer.avatar).toBeNull()
  })

  it('is online while a visit goes on, in lists too', async () => {
    const eli = await signedIn(server, community, { username: 'eli' }, now)
    const own = { serverId: community.id }
    const listed = async () => (await list({ limit: 1, fields: '_id,isOnline,lastLogin' })).answer[0]
    const never = { _id: eli.id, isOnline: false, lastLogin: null }
    expect(await listed()).toEqual(never)
    const came = { isOnline: true, lastLogin: start.toISOString() }
    expect((await read(eli.id, own, eli.bearer)).answer).toMatchObject(came)
    now = new Date(start.getTime() + 30 * 60_000 - 1)
    expect(await listed()).toEqual({ _id: eli.id, ...came })
    now = new Date(start.getTime() + 30 * 60_000)
    expect(await listed()).toEqual({ _id: eli.id, ...came, isOnline: false })
    expect((await read(eli.id)).answer).toMatchObject({ ...came, isOnline: false })
    const bearer = await signIn(server, { accountId: eli.account_id! }, now)
    expect((await read(eli.id, own, bearer)).answer).toMatchObject({ isOnline: true, lastLogin: now.toISOString() })
    await tenant((tx) => tx.db.updateTable('members').set({ status: 'suspended' }).where('id', '=', eli.id).execute())
    expect((await read(eli.id)).answer).toMatchObject({ isOnline: false, lastLogin: now.toISOString() })
    now = start
  })

  it.each(['x', '99', 'amara', '01890000-0000-7000-8000-000000000000'])('is not there by %j', async (name) => {
    const reply = await read(name)
    expect([reply.status, reply.code]).toEqual([404, 'not_found'])
  })
})

it('refuses in the words of its family, also where nothing is', async () => {
  const reply = await ask(server, 'GET /apis/v1/users/{userId}', { params: { userId: amara.id } })
  expect(JSON.parse(reply.text)).toEqual({
    meta: { status: 'error', statusCode: 401, code: 'unauthorized', requestId: reply.requestId },
    message: expect.any(String),
    data: null,
  })
  const nothing = await (await fetch(`${server.url}/apis/v1/communities/x/y`)).json()
  expect(nothing).toMatchObject({ meta: { status: 'error', code: 'not_found' }, data: null })
})
