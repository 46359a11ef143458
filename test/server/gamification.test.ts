import { beforeEach, describe, expect, it } from 'vitest'
import { earn as earnBy } from '../../packages/server/src/domain/gamification/earning.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { takeBoards, takeCounts } from '../../packages/server/src/domain/locks.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { createRole, deleteRole, giveRole, type RoleInput, updateRole } from '../../packages/server/src/domain/roles.js'
import { addDays, dayOf, momentOf } from '../../packages/server/src/domain/time.js'
import { ask, embedToken } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { waitingForLocks } from '../helpers/database.js'
import { earn, signedIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const noon = new Date('2026-11-23T12:00:00Z')
let now = noon
const server = await startTestServer({ clock: () => now })
let community: TestCommunity
let bearer: string
beforeEach(async () => {
  now = noon
  community = await testCommunity(server, { timeZone: 'Europe/Berlin', at: now })
  bearer = community.systemKey
})

const read = async (as = bearer) => (await ask(server, 'GET /v1/gamification', { bearer: as })).answer
const set = (body: object, as = bearer) => ask(server, 'PATCH /v1/gamification', { bearer: as, body })
const params = () => ({ publishableKey: community.publishableKey })
const config = async () => (await ask(server, 'GET /widget/v1/{publishableKey}/config', { params: params() })).answer
const makeMember = (username = 'ada', more: object = {}) =>
  community.tenant((tx) => createMember(tx, { username, ...more }, now))
/** Signs a member in, asks for their own, and tells the answer. */
const me = async (username = 'ada') => {
  const token = await embedToken(server, community, username)
  return (await ask(server, 'GET /widget/v1/{publishableKey}/me', { params: params(), bearer: token })).answer
}
const change = async (body: object) => {
  const token = await embedToken(server, community, 'ada')
  return ask(server, 'PATCH /widget/v1/{publishableKey}/me', { params: params(), bearer: token, body })
}
const info = async (idOrEmail = 'ada') =>
  (await ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail } })).answer
/** Every move of a member: why, of what, how much, by which key. */
const moves = (memberId: string) =>
  community.tenant((tx) =>
    tx.db
      .selectFrom('entries as e')
      .innerJoin('transactions as t', (join) =>
        join.onRef('t.community_id', '=', 'e.community_id').onRef('t.id', '=', 'e.transaction_id'),
      )
      .select(['t.reason', 'e.unit', 'e.amount', 't.key'])
      .where('e.community_id', '=', community.id)
      .where('e.member_id', '=', memberId)
      .orderBy('t.key')
      .execute(),
  )
const dailyLogin = (xp: number, currency = 0) => {
  const rule = { enabled: false, xp: 0, currency: 0 }
  const repeated = { ...rule, cooldownSeconds: 0, limitPerDay: null }
  return {
    earning: {
      message: repeated,
      reply: repeated,
      reaction: repeated,
      referral: repeated,
      dailyLogin: { enabled: true, xp, currency },
    },
  }
}
const units = {
  xp: { name: 'Stars', icon: '⭐', enabled: true },
  currency: { name: 'Shells', forms: { one: 'Shell' }, icon: '🐚', enabled: true },
}
const tiers = [
  { name: 'Walker', icon: '🥾', levels: [0, 100, 250] },
  { name: 'Guide', icon: '🧭', levels: [500, 1000, 2000] },
]

describe('gamification settings', () => {
  it('give nothing at first', async () => {
    const { units, earning, streaks, tiers, updatedAt, __v } = await read()
    expect(units).toEqual({
      xp: { name: 'XP', icon: '', enabled: true },
      currency: { name: 'Coins', icon: '', enabled: true },
    })
    expect(Object.values(earning).map(({ enabled }) => enabled)).toEqual([false, false, false, false, false])
    expect([streaks.rewards, streaks.freezes.max, tiers, updatedAt, __v]).toEqual([[], 0, [], null, 0])
  })

  it('are changed a part at a time, and the other parts stay', async () => {
    const earning = dailyLogin(5).earning
    const message = { enabled: true, xp: 10, currency: 1, cooldownSeconds: 3, limitPerDay: 50 }
    const first = await set({ earning: { ...earning, message }, tiers })
    expect([first.status, first.answer.earning.message, first.answer.tiers]).toEqual([200, message, tiers])
    expect(first.answer).toMatchObject({ updatedAt: now.toISOString(), __v: 1 })
    const second = await set({ tiers: [], units })
    expect(second.answer).toEqual({ ...first.answer, tiers: [], units, __v: 2 })
    expect(await read()).toEqual(second.answer)
  })

  it('keep both of two changes of different parts at once', async () => {
    const streaks = { rewards: [{ days: 7, xp: 50, currency: 5 }], freezes: { everyDays: 7, max: 1 } }
    const replies = await Promise.all([set({ tiers }), set({ streaks }), set(dailyLogin(5)), set({ units })])
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(await read()).toMatchObject({ tiers, streaks, units, ...dailyLogin(5), __v: 4 })
  })

  it('are for the system key, the owner, and who may administrate, who gives by them no role that stands at or above theirs', async () => {
    expect((await set({ tiers }, community.communityKey)).status).toBe(403)
    const query = { serverId: community.id }
    const [low, high] = await Promise.all(
      [1, 2].map((position) =>
        community.tenant((tx) => createRole(tx, { title: `Role ${position}`, position }, 'community', now)),
      ),
    )
    const byXp = (xp: number, ...roles: (typeof low)[]) => ({
      xpRoles: roles.map((role) => ({ roleId: role!.id, xp })),
    })
    const statuses = async (bearer: string) => {
      const each = [{ tiers }, byXp(10, low), byXp(10, high), byXp(20, low, high)]
      const replies: number[] = []
      for (const body of each)
        replies.push((await ask(server, 'PATCH /v1/gamification', { bearer, query, body })).status)
      return replies
    }
    const { bearer: member } = await signedIn(server, community, { username: 'member' }, now)
    expect(await statuses(member)).toEqual([403, 403, 403, 403])
    await community.tenant(async (tx) => {
      const input = { title: 'Chief', position: 2, serverPermissions: { server_administrator: true } }
      const { id: roleId } = await createRole(tx, input, 'community', now)
      await giveRole(tx, { roleId, userId: '1' }, 'community', now)
    })
    expect(await statuses(member)).toEqual([200, 200, 403, 403])
    const owner = await signedIn(server, community, { username: 'owner', role: 'owner' }, now)
    expect(await statuses(owner.bearer)).toEqual([200, 200, 200, 200])
  })

  const rule = { enabled: true, xp: 1, currency: 0 }
  const levels = (...all: unknown[]) => ({ tiers: all.map((levels) => ({ name: 'T', icon: '', levels })) })
  const rewards = (...all: object[]) => ({ streaks: { rewards: all, freezes: { everyDays: 7, max: 0 } } })
  it.each<[string, object, string]>([
    ['a part that is not known', { levels: [] }, 'levels'],
    ['a unit without a name', { units: { ...units, xp: { ...units.xp, name: ' ' } } }, 'units.xp.name'],
    [
      'an icon that is a text',
      { units: { ...units, xp: { ...units.xp, icon: 'a very long icon' + '!' } } },
      'units.xp.icon',
    ],
    [
      'a name beside numbers of no kind',
      { units: { ...units, xp: { ...units.xp, forms: { some: 'Star' } } } },
      'units.xp.forms.some',
    ],
    ['half of the units', { units: { xp: units.xp } }, 'units.currency'],
    ['a rule that takes', { earning: { ...dailyLogin(-1).earning } }, 'earning.dailyLogin.xp'],
    ['a rule that gives parts', { earning: { ...dailyLogin(0.5).earning } }, 'earning.dailyLogin.xp'],
    [
      'a cooldown of a login',
      { earning: { ...dailyLogin(1).earning, dailyLogin: { ...rule, cooldownSeconds: 1 } } },
      'earning.dailyLogin.cooldownSeconds',
    ],
    [
      'a message without a cooldown',
      { earning: { ...dailyLogin(1).earning, message: rule } },
      'earning.message.cooldownSeconds',
    ],
    ['a tier of two levels', levels([0, 1]), 'tiers.0.levels'],
    ['a level that asks for no more', levels([0, 100, 100]), 'tiers'],
    ['a tier that asks for less than the one before', levels([0, 1, 2], [2, 3, 4]), 'tiers'],
    [
      'two rewards for one day',
      rewards({ days: 7, xp: 1, currency: 0 }, { days: 7, xp: 2, currency: 0 }),
      'streaks.rewards',
    ],
    ['a streak of a day', rewards({ days: 1, xp: 1, currency: 0 }), 'streaks.rewards.0.days'],
  ])('31: refuse %s', async (_, body, path) => {
    const reply = await set(body)
    expect([reply.status, reply.code]).toEqual([400, 'invalid_request'])
    expect(reply.paths).toContain(path)
    expect((await read()).__v).toBe(0)
  })

  it('tell pages what units are called and which tiers there are', async () => {
    await community.tenant((tx) => createBoard(tx, { name: 'Board' }, now))
    await set({ units, tiers })
    const shown = await config()
    expect([shown.units, shown.tiers]).toEqual([units, tiers])
    expect(shown.leaderboards[0]!.metric).toEqual({ unit: 'xp', name: 'Stars' })
  })

  it('have no tiers while there is no XP to earn', async () => {
    await makeMember()
    await set({ units: { ...units, xp: { ...units.xp, enabled: false } }, tiers })
    expect([(await config()).tiers, (await me()).tier]).toEqual([[], null])
  })
})

describe('a tier', () => {
  it('is the highest level that a member’s XP reach', async () => {
    const { id: memberId } = await makeMember()
    await set({ tiers: [{ ...tiers[0]!, levels: [10, 100, 250] }, tiers[1]!] })
    const standings: unknown[] = []
    for (const amount of [9, 1, 89, 1, 400, 1500]) {
      await earn(community, memberId, amount, { at: now })
      const { tier, balances } = await me()
      standings.push([balances.xp, tier && [tier.number, tier.name, tier.level, tier.nextXp]])
    }
    expect(standings).toEqual([
      [9, null],
      [10, [1, 'Walker', 1, 100]],
      [99, [1, 'Walker', 1, 100]],
      [100, [1, 'Walker', 2, 250]],
      [500, [2, 'Guide', 1, 1000]],
      [2000, [2, 'Guide', 3, null]],
    ])
  })
})

describe('a rule for what can be done many times', () => {
  const noPace = { cooldownSeconds: 0, limitPerDay: null }
  const pays = (rule: 'message' | 'referral', pace: object) => {
    const { earning } = dailyLogin(0)
    return { earning: { ...earning, [rule]: { enabled: true, xp: 10, currency: 2, ...noPace, ...pace } } }
  }
  const write = async (memberId: string, message: string) =>
    (await community.tenant((tx) => earnBy(tx, memberId, 'message', message, now))).length > 0
  const newcomer = (username: string, referral: string) =>
    ask(server, 'POST /apis/v1/users', { bearer, body: { username, referral } })
  const balance = async () => {
    const { xp, coins } = await info()
    return [xp, coins]
  }
  const seconds = (n: number) => new Date(noon.getTime() + n * 1000)

  it('pays for each thing once, when its cooldown is over and the day has room', async () => {
    const { id } = await makeMember()
    expect(await write(id, 'a')).toBe(false)
    await set(pays('message', { cooldownSeconds: 60, limitPerDay: 2 }))
    expect([await write(id, 'a'), await write(id, 'a'), await write(id, 'b')]).toEqual([true, false, false])
    now = seconds(60)
    // What was paid for takes no place from another.
    expect([await write(id, 'a'), await write(id, 'b')]).toEqual([false, true])
    now = seconds(120)
    expect(await write(id, 'c')).toBe(false)
    // Berlin's next day.
    now = new Date('2026-11-23T23:00:00Z')
    expect(await write(id, 'c')).toBe(true)
    expect(await balance()).toEqual([30, 6])
    expect((await moves(id))[0]).toEqual({
      reason: 'message',
      unit: 'currency',
      amount: 2,
      key: `message:${id}:a:currency`,
    })
  })

  it('pays as often as it says however much happens at once', async () => {
    const { id } = await makeMember()
    await set(pays('message', { limitPerDay: 3 }))
    const paid = await Promise.all(Array.from({ length: 12 }, (_, n) => write(id, `message ${n}`)))
    expect(paid.filter(Boolean)).toHaveLength(3)
    expect(await balance()).toEqual([30, 6])
    const other = await makeMember('bo')
    expect(await write(other.id, 'message 0')).toBe(true)
  })

  it('pays whoever brought somebody new, and nobody who is suspended', async () => {
    const { id, number } = await makeMember()
    await set(pays('referral', { limitPerDay: 2 }))
    for (const [n, referral] of [id, String(number), 'ada'].entries())
      expect((await newcomer(`new ${n}`, referral)).status).toBe(201)
    expect(await balance()).toEqual([20, 4])
    const { id: rich } = await makeMember('bo')
    await earn(community, rich, Number.MAX_SAFE_INTEGER, { at: now })
    expect((await newcomer('newest', 'bo')).status).toBe(201)
    const brought = await community.tenant((tx) =>
      tx.db.selectFrom('members').select('username').where('referred_by', '=', id).orderBy('number').execute(),
    )
    expect(brought.map(({ username }) => username)).toEqual(['new 0', 'new 1', 'new 2'])
    const { id: foreign } = await (await testCommunity(server)).tenant((tx) => createMember(tx, { username: 'x' }, now))
    for (const nobody of ['nobody', foreign]) {
      const reply = await newcomer('new', nobody)
      expect([reply.status, reply.code, reply.paths]).toEqual([400, 'unknown_reference', ['referral']])
    }
    now = seconds(24 * 3600)
    await community.tenant((tx) =>
      tx.db.updateTable('members').set({ status: 'suspended' }).where('id', '=', id).execute(),
    )
    expect((await newcomer('new 3', 'ada')).status).toBe(201)
    expect(await balance()).toEqual([20, 4])
  })

  it('pays more XP to who has a role that does, and the daily login too', async () => {
    const ada = await makeMember()
    const roles = await Promise.all(
      [150, 125, 200].map((percent) =>
        community.tenant((tx) => createRole(tx, { title: `${percent} %` }, 'community', now)),
      ),
    )
    const roleBoosts = roles.map(({ id: roleId, title }) => ({ roleId, percent: Number.parseInt(title, 10) }))
    expect((await set({ ...dailyLogin(5, 5), roleBoosts })).answer.roleBoosts).toEqual(roleBoosts)
    for (const { id: roleId } of roles)
      await community.tenant((tx) => giveRole(tx, { roleId, userId: ada.id }, 'community', now))
    await community.tenant((tx) => deleteRole(tx, roles[2]!.id, 'community'))
    // 7.5 by the first; the last is gone.
    expect((await me()).balances).toEqual({ xp: 7, currency: 5 })
    await makeMember('bo')
    expect((await me('bo')).balances).toEqual({ xp: 5, currency: 5 })
    const unknown = await set({ roleBoosts: [{ roleId: community.id, percent: 200 }] })
    expect([unknown.status, unknown.paths]).toEqual([400, ['roleBoosts.0.roleId']])
    expect((await set({ roleBoosts: [{ roleId: roles[0]!.id, percent: 100 }] })).paths).toEqual([
      'roleBoosts.0.percent',
    ])
  })
})

describe('roles by XP', () => {
  const newRole = (title: string, input: Omit<RoleInput, 'title'> = {}) =>
    community.tenant((tx) => createRole(tx, { title, ...input }, 'community', now))
  const administrator = { serverPermissions: { server_administrator: true } }

  it('are had by whoever comes with so much, and stay', async () => {
    const { id: memberId } = await makeMember()
    const made = [1, 2, 3].map((position) => newRole(`Role ${position}`, { position }))
    const xpRoles = (await Promise.all(made)).map(({ id }, n) => ({ roleId: id, xp: 10 ** (n + 1) }))
    expect((await set({ xpRoles })).answer.xpRoles).toEqual(xpRoles)
    await earn(community, memberId, 99, { at: now })
    expect((await info()).roles).toEqual(['@all'])
    await me()
    expect((await info()).roles).toEqual(['@all', 'Role 1'])
    await set(dailyLogin(1))
    now = new Date(now.getTime() + 24 * 3_600_000)
    await me()
    expect((await info()).roles).toEqual(['@all', 'Role 1', 'Role 2'])
    await earn(community, memberId, -100, { at: now })
    now = new Date(now.getTime() + 24 * 3_600_000)
    await me()
    expect((await info()).roles).toEqual(['@all', 'Role 1', 'Role 2'])
  })

  it('hold no member while they wait for counts: whoever holds these may want that member', async () => {
    const { id } = await makeMember()
    const role = await newRole('By XP')
    await set({ ...dailyLogin(5), xpRoles: [{ roleId: role.id, xp: 5 }] })
    await community.tenant((tx) => createBoard(tx, { name: 'Board', rankedRoles: [role.id] }, now))
    let came: ReturnType<typeof me> | undefined
    await community.tenant(async (tx) => {
      await takeCounts(tx)
      came = me()
      for (let waiting = 0; waiting === 0; ) waiting = await waitingForLocks(server)
      const members = tx.db.selectFrom('members').where('community_id', '=', community.id).where('id', '=', id)
      await members.select('id').forNoKeyUpdate().noWait().execute()
    })
    expect((await came!).balances.xp).toBe(5)
    expect((await info()).roles).toEqual(['@all', 'By XP'])
  })

  it('are none that is not there, that everybody has, or that may administrate', async () => {
    const { id: foreign } = await testCommunity(server)
    for (const roleId of [foreign, community.id, 'x']) {
      const reply = await set({ xpRoles: [{ roleId, xp: 1 }] })
      expect([reply.status, reply.code, reply.paths]).toEqual([400, 'unknown_reference', ['xpRoles.0.roleId']])
    }
    const { id: roleId } = await newRole('Chief', administrator)
    const reply = await set({ xpRoles: [{ roleId, xp: 1 }] })
    expect([reply.status, reply.code, reply.paths]).toEqual([400, 'invalid_request', ['xpRoles.0.roleId']])
    expect((await read()).__v).toBe(0)
  })

  it('are not given any more once they may administrate, and are forgotten when they are deleted', async () => {
    const { id: memberId } = await makeMember()
    await earn(community, memberId, 100, { at: now })
    const [rising, going] = [await newRole('Rising'), await newRole('Going')]
    await set({ xpRoles: [rising, going].map(({ id }) => ({ roleId: id, xp: 1 })) })
    await community.tenant((tx) => updateRole(tx, rising.id, administrator, 'community', now))
    await community.tenant((tx) => deleteRole(tx, going.id, 'community'))
    await me()
    expect([(await info()).roles, (await read()).xpRoles]).toEqual([['@all'], []])
  })
})

describe('a daily login', () => {
  const days = (n: number) => momentOf(addDays(dayOf(noon, 'UTC'), n), 'UTC', 12 * 3_600_000)

  it('gives once a day, in the answer to the request that it came with', async () => {
    const { id } = await makeMember()
    await set(dailyLogin(5, 2))
    expect((await me()).balances).toEqual({ xp: 5, currency: 2 })
    expect((await me()).balances).toEqual({ xp: 5, currency: 2 })
    now = days(1)
    expect((await me()).balances).toEqual({ xp: 10, currency: 4 })
    const move = { reason: 'daily_login', amount: 5, unit: 'xp' }
    expect(await moves(id)).toMatchObject([
      { ...move, amount: 2, unit: 'currency', key: `daily_login:${id}:2026-11-23:currency` },
      { ...move, key: `daily_login:${id}:2026-11-23:xp` },
      { ...move, amount: 2, unit: 'currency' },
      move,
    ])
  })

  it('18: gives once, though ten requests come at once', async () => {
    const { id } = await makeMember()
    await set(dailyLogin(5))
    const token = await embedToken(server, community, 'ada')
    const asked = Array.from({ length: 10 }, () =>
      ask(server, 'GET /widget/v1/{publishableKey}/me', { params: params(), bearer: token }),
    )
    for (const { answer } of await Promise.all(asked)) expect(answer.balances.xp).toBe(5)
    expect(await moves(id)).toHaveLength(1)
  })

  it('gives only of the units that members earn, and nothing where the rule is off', async () => {
    const { id } = await makeMember()
    await set({ ...dailyLogin(5, 2), units: { ...units, currency: { ...units.currency, enabled: false } } })
    expect((await me()).balances).toEqual({ xp: 5, currency: 0 })
    now = days(1)
    await set({ earning: { ...dailyLogin(5).earning, dailyLogin: { enabled: false, xp: 5, currency: 2 } } })
    expect((await me()).balances).toEqual({ xp: 5, currency: 0 })
    expect(await moves(id)).toHaveLength(1)
  })

  it('comes with any request as the member, by widget or by login, and with none about them', async () => {
    await makeMember()
    await set(dailyLogin(5))
    await embedToken(server, community, 'ada')
    expect(await info()).toMatchObject({ xp: 0, visitCount: 0, loginStreak: 0 })
    await config()
    expect((await info()).xp).toBe(0)
    const token = await embedToken(server, community, 'ada')
    await ask(server, 'GET /widget/v1/{publishableKey}/config', { params: params(), bearer: token })
    expect(await info()).toMatchObject({ xp: 5, visitCount: 1, loginStreak: 1 })
    const { bearer: accessToken } = await signedIn(
      server,
      community,
      { username: 'member', email: 'member@example.com' },
      now,
    )
    const path = { serverId: community.id }
    await ask(server, 'GET /api/v1/servers/{serverId}/me', { bearer: accessToken, params: path })
    expect(await info('member')).toMatchObject({ xp: 5, visitCount: 1, loginStreak: 1 })
  })

  it('happens once a day as an event, and once in 30 minutes as a visit', async () => {
    const { id } = await makeMember()
    const minutes = (n: number) => new Date(noon.getTime() + n * 60_000)
    for (const n of [0, 29, 30, 59, 61]) {
      now = minutes(n)
      await me()
    }
    expect((await info()).visitCount).toBe(3)
    const events = await community.tenant((tx) =>
      tx.db
        .selectFrom('events')
        .select('subject')
        .where('community_id', '=', community.id)
        .where('type', '=', 'user.visited')
        .execute(),
    )
    expect(events).toEqual([{ subject: id }])
  })

  it('is a day of the member’s own time zone, and of the community’s where they have none', async () => {
    await makeMember('ada', { timeZone: 'America/New_York' })
    await makeMember('bo')
    await set(dailyLogin(5))
    // 23:30 and then 00:30 in Berlin.
    for (const [time, ada, bo] of [
      ['2026-11-23T22:30:00Z', 5, 5],
      ['2026-11-23T23:30:00Z', 5, 10],
      ['2026-11-24T04:59:00Z', 5, 10],
      ['2026-11-24T05:00:00Z', 10, 10],
    ] as const) {
      now = new Date(time)
      expect([(await me('ada')).balances.xp, (await me('bo')).balances.xp], time).toEqual([ada, bo])
    }
  })

  it('is not gained by another time zone', async () => {
    await makeMember('ada', { timeZone: 'Pacific/Pago_Pago' })
    await set(dailyLogin(5))
    now = new Date('2026-11-24T10:30:00Z')
    await me()
    const moved = await change({ timeZone: 'Pacific/Kiritimati' })
    expect([moved.status, moved.answer.member.timeZone]).toEqual([200, 'Pacific/Kiritimati'])
    for (const [time, xp, days] of [
      ['2026-11-24T11:30:00Z', 5, 1],
      ['2026-11-25T09:59:00Z', 5, 1],
      ['2026-11-25T10:00:00Z', 10, 2],
    ] as const) {
      now = new Date(time)
      const { balances, streak } = await me()
      expect([balances.xp, streak.days], time).toEqual([xp, days])
    }
  })

  it('refuses what is no time zone, and takes the community’s back', async () => {
    await makeMember()
    const reply = await change({ timeZone: 'Mars/Olympus' })
    expect([reply.status, reply.paths]).toEqual([400, ['timeZone']])
    const made = { username: 'bo', timeZone: 'Mars/Olympus' }
    expect((await ask(server, 'POST /apis/v1/users', { bearer, body: made })).paths).toEqual(['timeZone'])
    await change({ timeZone: 'Asia/Tokyo' })
    expect((await change({ visibility: 'hidden' })).answer.member.timeZone).toBe('Asia/Tokyo')
    expect((await change({ timeZone: null })).answer.member).toMatchObject({ timeZone: null, visibility: 'hidden' })
  })

  it('counts days in a row, gives what a long streak does, and tells what is left of it', async () => {
    const { id } = await makeMember()
    await set({ streaks: { rewards: [{ days: 3, xp: 50, currency: 7 }], freezes: { everyDays: 3, max: 1 } } })
    for (const n of [0, 1]) {
      now = days(n)
      await me()
    }
    now = days(2)
    expect(await me()).toMatchObject({
      balances: { xp: 50, currency: 7 },
      streak: { days: 3, longest: 3, freezes: 1 },
    })
    expect((await moves(id)).map(({ reason, key }) => [reason, key])).toEqual([
      ['streak', `streak:${id}:2026-11-25:currency`],
      ['streak', `streak:${id}:2026-11-25:xp`],
    ])
    now = days(4)
    expect((await info()).loginStreak).toBe(3)
    now = days(5)
    expect((await info()).loginStreak).toBe(0)
    expect((await me()).streak).toEqual({ days: 1, longest: 3, freezes: 0 })
  })

  it('waits for a board that is being changed, and is not lost by it', async () => {
    await makeMember()
    await set(dailyLogin(5))
    let came: ReturnType<typeof me> | undefined
    await community.tenant(async (tx) => {
      await takeBoards(tx)
      came = me()
      for (let waiting = 0; waiting === 0; ) waiting = await waitingForLocks(server)
    })
    expect((await came!).balances.xp).toBe(5)
  })

  it('gives what the balance has room for, and refuses nobody', async () => {
    const { id: memberId } = await makeMember()
    await set(dailyLogin(5))
    await earn(community, memberId, Number.MAX_SAFE_INTEGER - 2, { at: now })
    expect(await me()).toMatchObject({ balances: { xp: Number.MAX_SAFE_INTEGER }, streak: { days: 1 } })
  })
})
