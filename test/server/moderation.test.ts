import type { ServerPermission } from '@rai/contract'
import { beforeEach, describe, expect, it } from 'vitest'
import { createUserKey } from '../../packages/server/src/domain/keys/keys.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, findMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { changeRoles, createRole, rolesOf } from '../../packages/server/src/domain/roles.js'
import { type Ask, ask, embedToken } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { waitingForLocks } from '../helpers/database.js'
import { earn, newAccount, signIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

const start = new Date('2026-11-23T12:00:00Z')
let now = start
const later = (seconds: number) => new Date(start.getTime() + seconds * 1000)
const server = await startTestServer({ clock: () => now })
let community: TestCommunity
let system: Ask
/** Somebody with points, who has signed in by everything that there is. */
let amara: Member
beforeEach(async () => {
  now = start
  community = await testCommunity(server)
  system = { bearer: community.systemKey }
  amara = await make('amara')
  await community.tenant((tx) => createBoard(tx, { name: 'Points', slug: 'points' }, now))
  await earn(community, amara.id, 10, { at: now })
})

const make = (username: string, more: object = {}) =>
  community.tenant((tx) => createMember(tx, { username, ...more }, start))
const hasRole = async (member: Member, title: string, position: number, names: readonly ServerPermission[]) =>
  community.tenant(async (tx) => {
    const serverPermissions = Object.fromEntries(names.map((name) => [name, true]))
    const role = await createRole(tx, { title, position, serverPermissions }, 'community', now)
    await changeRoles(tx, member, { add: [role.id] }, now)
    return role
  })
/** How a member asks who signed in. */
const login = async ({ id: memberId }: Member): Promise<Ask> => ({
  bearer: await signIn(server, { communityId: community.id, memberId }, now),
  query: { serverId: community.id },
})

type Action = 'warn' | 'suspend' | 'unsuspend' | 'kick' | 'ban' | 'unban'
const bodies: Record<Action, object | undefined> = {
  warn: { reason: 'Off topic' },
  suspend: { until: later(60).toISOString(), reason: 'Two warnings' },
  unsuspend: undefined,
  kick: { reason: 'Read the rules' },
  ban: {},
  unban: undefined,
}
/** Each a moment after the one before. */
const act = (action: Action, userId: string, who: Ask = system, body: object | undefined = bodies[action]) => {
  now = new Date(now.getTime() + 1)
  const params = { userId }
  return ask(server, `POST /api/v1/users/{userId}/${action}`, { params, ...(body && { body }), ...who })
}
const moderations = async (userId: string, who: Ask = system) =>
  (await ask(server, 'GET /api/v1/users/{userId}/moderations', { params: { userId }, ...who })).answer
const outcome = ({ status, code }: { status: number; code: string | undefined }) => [status, code]

/** Everything by which somebody is signed in, and whether it is good. */
async function everyWayIn(member: Member) {
  const { publishableKey, origin } = community
  const token = await embedToken(server, community, member.username)
  const asks = await login(member)
  const { key } = await community.tenant((tx) =>
    createUserKey(tx, { name: 'Script', permissions: [], memberId: member.id }, now),
  )
  const stream = await openStream(server, { publishableKey, origin }, { authorization: `Bearer ${token}` })
  const good = async () => [
    (await ask(server, 'GET /widget/v1/{publishableKey}/me', { params: { publishableKey }, bearer: token })).status,
    (await ask(server, 'GET /api/v1/servers/{serverId}/me', { ...asks, query: {}, params: { serverId: community.id } }))
      .status,
    (await ask(server, 'GET /apis/v1/api-key', { bearer: key })).status,
  ]
  return { stream, good }
}
const allGood = [200, 200, 200]
const keptOut = [403, 403, 403]
/** Of who was sent away: none of it is theirs any more. */
const noneGood = [401, 404, 401]
const ranked = async () => {
  const { publishableKey } = community
  const rows = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
    params: { publishableKey, idOrSlug: 'points' },
  })
  return rows.answer.items.map(({ member }) => member.name)
}

describe('a member who is suspended', () => {
  it('is nobody by whatever they signed in with, at once, and is back at the moment that was said', async () => {
    const { stream, good } = await everyWayIn(amara)
    expect([await good(), await ranked()]).toEqual([allGood, ['amara']])
    const { answer } = await act('suspend', amara.id)
    expect(answer).toEqual({ _id: amara.id, status: 'suspended', suspendedUntil: later(60).toISOString() })
    expect([await good(), await ranked()]).toEqual([keptOut, []])
    await expect(embedToken(server, community, 'amara')).rejects.toThrow('suspended')
    await stream.ended()
    now = later(59)
    expect(await good()).toEqual(keptOut)
    now = later(60)
    await expect.poll(good).toEqual(allGood)
    expect(await ranked()).toEqual(['amara'])
  })

  it('is back when somebody says so, and until another moment when somebody says that', async () => {
    await act('suspend', amara.id)
    const until = later(120).toISOString()
    expect((await act('suspend', amara.id, system, { until })).answer.suspendedUntil).toBe(until)
    expect((await act('unsuspend', String(amara.number))).answer).toEqual({
      _id: amara.id,
      status: 'active',
      suspendedUntil: null,
    })
    expect((await act('unsuspend', amara.id)).status).toBe(200)
    expect((await moderations(amara.id)).items.map(({ action }) => action)).toEqual(['unsuspend', 'suspend', 'suspend'])
  })

  it('comes back from being deleted as if the time had passed here', async () => {
    const manage = (action: 'delete' | 'restore') =>
      ask(server, 'POST /apis/v1/users/manage', { ...system, body: { action, user: 'amara' } })
    const statusOf = async () =>
      (await ask(server, 'GET /apis/v1/users/{userId}', { ...system, params: { userId: amara.id } })).answer?.status
    await act('suspend', amara.id)
    await manage('delete')
    await manage('restore')
    expect(await statusOf()).toBe('suspended')
    await manage('delete')
    expect(outcome(await act('unsuspend', amara.id))).toEqual([404, 'not_found'])
    now = later(60)
    const isOver = async () =>
      (await community.tenant((tx) => tx.db.selectFrom('member_suspensions').selectAll().execute())).length === 0
    await expect.poll(isOver).toBe(true)
    await manage('restore')
    expect(await statusOf()).toBe('active')
  })

  it('is not suspended until a moment that is past, nor when banned', async () => {
    const until = later(0).toISOString()
    expect((await act('suspend', amara.id, system, { until })).paths).toEqual(['until'])
    await act('ban', amara.id)
    expect(outcome(await act('suspend', amara.id))).toEqual([409, 'conflict'])
    expect((await act('unsuspend', amara.id)).answer.status).toBe('banned')
  })
})

describe('a member who is banned', () => {
  it('is nobody until unbanned, and has everything then', async () => {
    const { stream, good } = await everyWayIn(amara)
    await act('suspend', amara.id)
    expect((await act('ban', amara.id)).answer).toEqual({ _id: amara.id, status: 'banned', suspendedUntil: null })
    expect((await act('ban', amara.id)).status).toBe(200)
    await stream.ended()
    expect([await good(), await ranked()]).toEqual([keptOut, []])
    const taken = await ask(server, 'POST /apis/v1/users', { ...system, body: { username: 'amara' } })
    expect(taken.code).toBe('already_exists')
    expect((await act('unban', amara.id)).answer.status).toBe('active')
    expect([await good(), await ranked()]).toEqual([allGood, ['amara']])
    expect((await act('unban', amara.id)).status).toBe(200)
    expect((await moderations(amara.id)).items.map(({ action }) => action)).toEqual(['unban', 'ban', 'suspend'])
  })
})

describe('whoever is kept out', () => {
  const { until, reason } = bodies.suspend as { until: string; reason: string }

  it('is told until when and why, by whatever they ask with, and nobody else is', async () => {
    const { publishableKey } = community
    const asks = await login(amara)
    const bearer = await embedToken(server, community, 'amara')
    const { key } = await community.tenant((tx) =>
      createUserKey(tx, { name: 'Script', permissions: [], memberId: amara.id }, now),
    )
    await act('suspend', amara.id)
    const token = await ask(server, 'GET /widget/v1/{publishableKey}/me', { params: { publishableKey }, bearer })
    expect([...outcome(token), token.facts]).toEqual([403, 'suspended', { availableAt: until, reason }])
    const sentence = `You are suspended here until ${until}. Why: ${reason}`
    for (const reply of [
      token,
      await ask(server, 'GET /api/v1/servers/{serverId}/me', {
        ...asks,
        query: {},
        params: { serverId: community.id },
      }),
      await ask(server, 'PATCH /widget/v1/{publishableKey}/me', {
        params: { publishableKey },
        bearer,
        body: { visibility: 'hidden' },
      }),
      await ask(server, 'GET /apis/v1/api-key', { bearer: key }),
      await ask(server, 'GET /api/secureAuth', {
        query: { userId: 'amara', action: 'login' },
        headers: { apiKey: community.systemKey, hostname: 'site.example' },
      }),
    ]) {
      expect(outcome(reply)).toEqual([403, 'suspended'])
      expect(reply.text).toContain(sentence)
    }
    await make('bo')
    const others = await embedToken(server, community, 'bo')
    const seen = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
      params: { publishableKey, idOrSlug: 'points' },
      bearer: others,
    })
    expect(seen.text).not.toContain(reason)
  })

  it('hears the last reason, and none where none was given', async () => {
    const { publishableKey } = community
    const bearer = await embedToken(server, community, 'amara')
    const me = () => ask(server, 'GET /widget/v1/{publishableKey}/me', { params: { publishableKey }, bearer })
    await act('suspend', amara.id)
    const longer = later(120).toISOString()
    await act('suspend', amara.id, system, { until: longer })
    expect((await me()).facts).toEqual({ availableAt: longer })
    await act('ban', amara.id, system, { reason: 'Spam' })
    const banned = await me()
    expect([...outcome(banned), banned.facts]).toEqual([403, 'banned', { reason: 'Spam' }])
    expect(banned.text).toContain('You are banned here. Why: Spam')
  })
})

describe('a member who is kicked', () => {
  it('comes again by signing in anew, without roles, and with all that they earned', async () => {
    await hasRole(amara, 'Guide', 5, ['kick_members'])
    const { stream, good } = await everyWayIn(amara)
    const code = await ask(server, 'GET /api/secureAuth', {
      query: { userId: 'amara', action: 'login' },
      headers: { apiKey: community.systemKey, hostname: 'site.example' },
    })
    expect(await good()).toEqual(allGood)
    expect((await act('kick', amara.id)).answer.status).toBe('active')
    await stream.ended()
    expect(await good()).toEqual(noneGood)
    const unused = new URL(code.answer.loginUrl).searchParams.get('code')!
    expect((await ask(server, 'POST /api/v1/auth/redeem', { body: { code: unused } })).code).toBe('invalid_token')
    expect(await ranked()).toEqual(['amara'])
    // In the same second.
    now = new Date(now.getTime() + 1)
    const again = await everyWayIn(amara)
    expect(await again.good()).toEqual(allGood)
    expect(await good()).toEqual(noneGood)
    const member = await community.tenant((tx) => findMember(tx, { id: amara.id }))
    expect(await community.tenant((tx) => rolesOf(tx, member!))).toHaveLength(1)
    await again.stream.close()
  })

  it('loses the roles that they were given while the kick waited, unless those lift them above it', async () => {
    const guard = await make('guard')
    await hasRole(guard, 'Guard', 5, ['kick_members'])
    const roles = [await hasRole(await make('bo'), 'Late', 3, []), await hasRole(await make('cai'), 'High', 7, [])]
    const asks = await login(guard)
    const outcomes: unknown[] = []
    for (const { id } of roles) {
      let kicked: ReturnType<typeof act> | undefined
      await community.tenant(async (tx) => {
        await changeRoles(tx, amara, { add: [id] }, now)
        kicked = act('kick', amara.id, asks)
        for (let waiting = 0; waiting === 0; ) waiting = await waitingForLocks(server)
      })
      outcomes.push((await kicked!).code)
    }
    expect(outcomes).toEqual([undefined, 'forbidden'])
    const member = await community.tenant((tx) => findMember(tx, { id: amara.id }))
    expect(member!.role_ids).toEqual([roles[1]!.id])
  })

  it('is out by a login with a password as well', async () => {
    const accountId = await newAccount(server, { email: 'bo@example.com' }, now)
    const before = await signIn(server, { accountId }, now)
    const bo = await make('bo', { accountId })
    const mine = async (bearer: string) =>
      (await ask(server, 'GET /api/v1/servers/{serverId}/me', { bearer, params: { serverId: community.id } })).status
    expect(await mine(before)).toBe(200)
    await act('kick', bo.id)
    expect(await mine(before)).toBe(404)
    now = later(1)
    expect(await mine(await signIn(server, { accountId }, now))).toBe(200)
  })
})

describe('a warning', () => {
  it('is read by the member and by moderators, newest first, and by nobody else', async () => {
    for (const reason of ['First', 'Second', 'Third'])
      expect((await act('warn', amara.id, system, { reason })).answer.status).toBe('active')
    const items = (await moderations(amara.id)).items
    expect(items.map(({ reason }) => reason)).toEqual(['Third', 'Second', 'First'])
    expect(items[0]).toEqual({
      _id: expect.any(String),
      userId: amara.id,
      action: 'warn',
      reason: 'Third',
      until: null,
      actor: expect.any(String),
      createdAt: later(0.003).toISOString(),
    })
    const own = await login(amara)
    const first = await moderations(amara.id, { ...own, query: { ...own.query, limit: 2 } })
    const cursor = first.nextCursor!
    const rest = await moderations(amara.id, { ...own, query: { ...own.query, cursor } })
    // Who did it spoke for the community.
    expect([...first.items, ...rest.items]).toEqual(items.map((item) => ({ ...item, actor: null })))
    const bo = await make('bo')
    const others = await login(bo)
    const read = () =>
      ask(server, 'GET /api/v1/users/{userId}/moderations', { params: { userId: amara.id }, ...others })
    expect(outcome(await read())).toEqual([404, 'not_found'])
    await hasRole(bo, 'Kicker', 1, ['kick_members'])
    expect((await read()).answer.items).toEqual(items)
    const { id } = await community.tenant((tx) =>
      tx.db.selectFrom('api_keys').select('id').where('kind', '=', 'system').executeTakeFirstOrThrow(),
    )
    expect(items.map(({ actor }) => actor)).toEqual([id, id, id])
  })

  it('says why', async () => {
    expect((await act('warn', amara.id, system, {})).paths).toEqual(['reason'])
    expect((await act('warn', amara.id, system, { reason: '' })).paths).toEqual(['reason'])
  })
})

it('is written down in the audit log what was done, and not what was so already', async () => {
  for (const action of ['ban', 'ban', 'unsuspend', 'unban', 'unban'] as const) await act(action, amara.id)
  const { items } = (await ask(server, 'GET /v1/audit', { ...system })).answer
  expect(items.map(({ operation }) => operation.split('/').at(-1))).toEqual(['unban', 'ban'])
})

const rights = {
  warn: 'warn_members',
  suspend: 'suspend_members',
  unsuspend: 'suspend_members',
  kick: 'kick_members',
  ban: 'ban_members',
  unban: 'ban_members',
} as const satisfies Record<Action, ServerPermission>

describe.each(Object.entries(rights) as [Action, ServerPermission][])('who may %s', (action, may) => {
  it('stands above the member by a role that allows it', async () => {
    const guard = await make('guard')
    await hasRole(guard, 'Guard', 5, [may])
    const asks = await login(guard)
    // There is something to end.
    if (action === 'unsuspend') await act('suspend', amara.id)
    if (action === 'unban') await act('ban', amara.id)
    expect((await act(action, amara.id, asks)).status).toBe(200)
    const [entry] = (await ask(server, 'GET /v1/audit', { ...system, query: { limit: 1 } })).answer.items
    expect(entry).toMatchObject({
      operation: `POST /api/v1/users/{userId}/${action}`,
      actor: { kind: 'loginMember', _id: guard.id },
      objects: { userId: amara.id },
    })
    expect(JSON.stringify(entry)).not.toContain('warnings')
    // Another role of theirs, such as one by XP, lifts them above nobody.
    await hasRole(guard, 'Star', 50, [])
    const bo = await make('bo')
    await hasRole(bo, 'Equal', 5, [])
    expect(outcome(await act(action, bo.id, asks))).toEqual([403, 'forbidden'])
    expect(outcome(await act(action, guard.id, asks))).toEqual([403, 'forbidden'])
    expect((await act(action, bo.id)).status).toBe(200)
  })

  it('does not do it to an owner, who may do it to everybody', async () => {
    const owner = await make('owner', { role: 'owner' })
    await hasRole(amara, 'Administrator', 100, ['server_administrator'])
    for (const who of [system, await login(amara), await login(owner)])
      expect(outcome(await act(action, owner.id, who))).toEqual([409, 'conflict'])
    expect((await act(action, amara.id, await login(owner))).status).toBe(200)
  })
})

it('is erased with the member why anything was done to them', async () => {
  await act('warn', amara.id)
  await act('suspend', amara.id)
  await ask(server, 'POST /apis/v1/users/manage', { ...system, body: { action: 'delete', user: 'amara' } })
  now = later(31 * 24 * 60 * 60)
  const left = () =>
    community.tenant(async ({ db }) => [
      ...(await db.selectFrom('moderations').selectAll().execute()),
      ...(await db.selectFrom('member_suspensions').selectAll().execute()),
    ])
  await expect.poll(left).toEqual([])
})
