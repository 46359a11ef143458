import { beforeEach, describe, expect, it } from 'vitest'
import { awardBadge } from '../../packages/server/src/domain/badges/awards.js'
import { createBadge } from '../../packages/server/src/domain/badges/badges.js'
import { balancesOf, createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { momentOf } from '../../packages/server/src/domain/time.js'
import { ask, embedToken } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { earn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const start = new Date('2026-10-20T12:00:00Z')
let now = start
const server = await startTestServer({ clock: () => now })
let community: TestCommunity
let ada: Member
beforeEach(async () => {
  now = start
  community = await testCommunity(server, { timeZone: 'UTC', at: now })
  ada = await newMember('ada', 'Europe/Berlin')
})

const newMember = (username: string, timeZone: string | null = null) =>
  community.tenant((tx) => createMember(tx, { username, timeZone }, now))
const set = (body: object) => ask(server, 'PATCH /v1/gamification', { bearer: community.systemKey, body })
type What = 'streak' | 'tiers' | 'recap'
const read = async <W extends What>(what: W, query: Record<string, string> = {}) => {
  const params = { publishableKey: community.publishableKey }
  const bearer = await embedToken(server, community, 'ada')
  return ask(server, `GET /widget/v1/{publishableKey}/${what}`, { params, query, bearer, origin: community.origin })
}
const streak = async (query: Record<string, string> = {}) => (await read('streak', query)).answer

describe('a streak’s calendar', () => {
  const freezes = { everyDays: 3, max: 2 }
  const hour = 3_600_000
  /** Comes at an hour of a day on a clock in Berlin. */
  const come = async (day: string, hours = 12, zone = 'Europe/Berlin') => {
    now = momentOf(day, zone, hours * hour)
    return streak()
  }

  it('has the days of a month on which the member came, by their own clock, also where it changes', async () => {
    // The clock in Berlin goes back on the 25th: that day has 25 hours, and the hour before midnight is tomorrow nowhere.
    await come('2026-10-24', 23.5)
    await come('2026-10-25', 0)
    const { calendar, ...rest } = await come('2026-10-25', 23.5)
    expect(calendar).toEqual([
      { day: '2026-10-24', state: 'came' },
      { day: '2026-10-25', state: 'came' },
    ])
    expect(rest).toMatchObject({
      ...{ days: 2, longest: 2, today: '2026-10-25', timeZone: 'Europe/Berlin', month: '2026-10', next: null },
      now: now.toISOString(),
    })
    expect(await come('2026-10-26', 0.1)).toMatchObject({ days: 3, today: '2026-10-26' })
  })

  it('has no day twice where the clock goes forward', async () => {
    now = new Date('2027-03-20T12:00:00Z')
    await come('2027-03-27', 23.9)
    await come('2027-03-28', 3)
    const { calendar } = await come('2027-03-29', 0)
    expect(calendar.map(({ day }) => day)).toEqual(['2027-03-27', '2027-03-28', '2027-03-29'])
  })

  it('shows which missed days freezes saved, and what is left of them', async () => {
    await set({ streaks: { rewards: [], freezes } })
    for (const day of ['2026-10-28', '2026-10-29', '2026-10-30']) await come(day)
    expect((await streak()).freezes).toEqual({ left: 1, max: 2, everyDays: 3 })
    const { days, freezes: left, calendar } = await come('2026-11-01')
    expect([days, left.left, calendar]).toEqual([4, 0, [{ day: '2026-11-01', state: 'came' }]])
    expect((await streak({ month: '2026-10' })).calendar).toEqual([
      { day: '2026-10-28', state: 'came' },
      { day: '2026-10-29', state: 'came' },
      { day: '2026-10-30', state: 'came' },
      { day: '2026-10-31', state: 'saved' },
    ])
    // Nothing is left to save this one.
    expect(await come('2026-11-03')).toMatchObject({ days: 1, longest: 4 })
    expect((await streak()).calendar.map(({ day }) => day)).toEqual(['2026-11-01', '2026-11-03'])
  })

  it('that broke can be had back for a time and a price, once, and goes on as if nothing had been missed', async () => {
    const rewards = [
      { days: 2, xp: 1, currency: 0 },
      { days: 4, xp: 100, currency: 0 },
    ]
    await set({ streaks: { rewards, freezes: { everyDays: 30, max: 0 }, repair: { days: 2, price: 50 } } })
    const repair = async () => {
      const params = { publishableKey: community.publishableKey }
      const bearer = await embedToken(server, community, 'ada')
      return ask(server, 'POST /widget/v1/{publishableKey}/streak/repair', { params, bearer, origin: community.origin })
    }
    for (const day of ['2026-10-26', '2026-10-27', '2026-10-28']) await come(day)
    expect([(await streak()).repair, (await repair()).code]).toEqual([null, 'conflict'])
    const broken = await come('2026-10-30')
    const until = momentOf('2026-11-01', 'Europe/Berlin').toISOString()
    expect(broken).toMatchObject({ days: 1, longest: 3, repair: { days: 3, price: 50, until } })
    const poor = await repair()
    expect([poor.code, poor.facts]).toEqual(['not_enough', { missing: 50 }])
    await earn(community, ada.id, 80, { unit: 'currency', at: now })
    const both = await Promise.all([repair(), repair()])
    expect(both.map(({ status, code }) => code ?? status).toSorted()).toEqual([200, 'conflict'])
    expect(await streak()).toMatchObject({ days: 4, longest: 4, repair: null })
    expect((await streak()).calendar.slice(-2)).toEqual([
      { day: '2026-10-29', state: 'saved' },
      { day: '2026-10-30', state: 'came' },
    ])
    const { xp, currency } = await community.tenant((tx) => balancesOf(tx, ada.id))
    expect([xp, currency]).toEqual([101, 30])
    expect(await come('2026-10-31')).toMatchObject({ days: 5 })
    // Too long ago, or too long away.
    expect(await come('2026-11-02')).toMatchObject({ days: 1, repair: { days: 5 } })
    now = momentOf('2026-11-04', 'Europe/Berlin')
    expect([(await streak()).repair, (await repair()).code]).toEqual([null, 'conflict'])
    for (const day of ['2026-11-05', '2026-11-06']) await come(day)
    expect((await come('2026-11-20')).repair).toBeNull()
  })

  it('goes on with the member into another time zone, without a day that was none', async () => {
    await come('2026-10-24')
    const zone = 'Pacific/Auckland'
    const bearer = await embedToken(server, community, 'ada')
    const params = { publishableKey: community.publishableKey }
    await ask(server, 'PATCH /widget/v1/{publishableKey}/me', { params, bearer, body: { timeZone: zone } })
    // It is the 25th there before the 24th has ended in Berlin.
    expect((await come('2026-10-25', 1, zone)).calendar.map(({ day }) => day)).toEqual(['2026-10-24'])
    expect((await come('2026-10-26', 1, zone)).calendar.map(({ day }) => day)).toEqual(['2026-10-24', '2026-10-26'])
    expect((await streak()).days).toBe(2)
  })

  it('tells what the next long streak gives', async () => {
    const rewards = [
      { days: 7, xp: 50, currency: 5 },
      { days: 3, xp: 10, currency: 0 },
    ]
    await set({ streaks: { rewards, freezes } })
    expect((await streak()).next).toEqual({ days: 3, xp: 10, currency: 0 })
    for (const day of ['2026-10-21', '2026-10-22']) await come(day)
    expect((await streak()).next).toEqual({ days: 7, xp: 50, currency: 5 })
  })

  it('is of a month', async () => {
    for (const month of ['2026-13', '2026-1', '2026', 'now'])
      expect((await read('streak', { month })).paths).toEqual(['month'])
    expect((await streak({ month: '1999-02' })).calendar).toEqual([])
  })
})

describe('the ladder of tiers', () => {
  const tiers = [
    { name: 'Walker', icon: '🥾', levels: [10, 100, 250] },
    { name: 'Guide', icon: '🧭', levels: [500, 1000, 2000] },
  ]
  const ladder = async () => (await read('tiers')).answer

  it('shows every level, where the member stands, and how far the next one is', async () => {
    await set({ tiers })
    const { levels, ...rest } = await ladder()
    expect(levels.map(({ tier, level, xp }) => [tier, level, xp])).toEqual([
      [1, 1, 10],
      [1, 2, 100],
      [1, 3, 250],
      [2, 1, 500],
      [2, 2, 1000],
      [2, 3, 2000],
    ])
    const first = { tier: 1, name: 'Walker', icon: '🥾', level: 1, xp: 10 }
    expect(rest).toMatchObject({ xp: 0, current: null, next: { ...first, missing: 10, percent: 0 } })
    await earn(community, ada.id, 499, { at: now })
    expect(await ladder()).toMatchObject({
      ...{ xp: 499, current: { ...first, level: 3, xp: 250 } },
      next: { tier: 2, name: 'Guide', level: 1, xp: 500, missing: 1, percent: 99 },
    })
    await earn(community, ada.id, 1501, { at: now })
    expect(await ladder()).toMatchObject({ xp: 2000, current: { tier: 2, level: 3 }, next: null })
  })

  it('tells of the level that a member was on, until they are again', async () => {
    await set({ tiers })
    await earn(community, ada.id, 1200, { at: now })
    expect(await ladder()).toMatchObject({ current: { level: 2 }, lost: null })
    await earn(community, ada.id, -150, { at: now })
    expect(await ladder()).toMatchObject({ xp: 1050, current: { tier: 2, level: 2 }, lost: null })
    await earn(community, ada.id, -900, { at: now })
    const lost = { tier: 2, name: 'Guide', icon: '🧭', level: 2, xp: 1000 }
    expect(await ladder()).toMatchObject({ current: { tier: 1, level: 2 }, lost: { ...lost, missing: 850 } })
    await earn(community, ada.id, 800, { at: now })
    await earn(community, ada.id, -1, { at: now })
    expect(await ladder()).toMatchObject({ xp: 949, lost: { ...lost, missing: 51 } })
    await earn(community, ada.id, 51, { at: now })
    expect(await ladder()).toMatchObject({ xp: 1000, lost: null })
  })

  it('shows visitors the levels alone, and nothing while nobody earns XP', async () => {
    await set({ tiers })
    const params = { publishableKey: community.publishableKey }
    const visitors = async () => (await ask(server, 'GET /widget/v1/{publishableKey}/tiers', { params })).answer
    expect(await visitors()).toMatchObject({ xp: null, current: null, next: null, lost: null })
    expect((await visitors()).levels).toHaveLength(6)
    const unit = { name: 'XP', icon: '', enabled: true }
    await set({ units: { xp: { ...unit, enabled: false }, currency: unit } })
    expect(await ladder()).toMatchObject({ levels: [], current: null, next: null })
  })
})

describe('a recap', () => {
  const recap = async (query: Record<string, string> = {}) => (await read('recap', query)).answer
  const at = (time: string) => {
    now = new Date(time)
    return { at: now }
  }

  it('tells what a month was like: gains, spending, the best day, badges, days and stages', async () => {
    const badge = await community.tenant((tx) => createBadge(tx, { title: 'Trail angel' }, now))
    const other = await community.tenant((tx) => createBadge(tx, { title: 'Too early' }, now))
    const stages = [{ name: 'Come', conditions: { kind: 'visit', atLeast: 1 }, rewards: { coins: 4 } }]
    const made = await ask(server, 'POST /v1/milestones', {
      bearer: community.communityKey,
      body: { name: 'First steps', stages },
    })
    await community.tenant((tx) => awardBadge(tx, other, ada.id, now, 'test'))
    await earn(community, ada.id, 1000, at('2026-10-31T23:59:59.999Z'))
    await earn(community, ada.id, 30, at('2026-11-01T00:00:00.000Z'))
    await earn(community, ada.id, 20, { ...at('2026-11-01T09:00:00.000Z'), unit: 'currency' })
    const currency = { unit: 'currency', reason: 'purchase' } as const
    await earn(community, ada.id, -15, { ...at('2026-11-02T09:00:00.000Z'), ...currency })
    await earn(community, ada.id, 5, { ...at('2026-11-03T09:00:00.000Z'), ...currency, reason: 'refund' })
    await earn(community, ada.id, 30, at('2026-11-04T12:00:00.000Z'))
    await community.tenant((tx) => awardBadge(tx, badge, ada.id, now, 'test'))
    const params = { publishableKey: community.publishableKey, milestoneId: made.answer._id, n: '1' }
    const bearer = await embedToken(server, community, 'ada')
    await ask(server, 'POST /widget/v1/{publishableKey}/milestones/{milestoneId}/stages/{n}/claim', { params, bearer })
    const november = {
      ...{ period: 'month', start: '2026-11-01', endsAt: '2026-12-01T00:00:00.000Z' },
      ...{ earned: { xp: 60, currency: 24 }, spent: 10, days: 1, stages: 1 },
      bestDay: { day: '2026-11-01', xp: 30, currency: 20 },
      badges: [{ id: badge.id, title: 'Trail angel', image: null, awardedAt: now.toISOString() }],
    }
    expect(await recap()).toEqual({ ...november, now: now.toISOString() })
    now = new Date('2026-12-01T00:00:00.000Z')
    expect(await recap({ start: '2026-11-01' })).toEqual({ ...november, now: now.toISOString() })
    expect(await recap()).toMatchObject({
      earned: { xp: 0, currency: 0 },
      spent: 0,
      bestDay: null,
      badges: [],
      days: 1,
    })
    expect(await recap({ period: 'year' })).toMatchObject({
      ...{ start: '2026-01-01', earned: { xp: 1060, currency: 24 }, days: 2 },
      bestDay: { day: '2026-10-31', xp: 1000 },
    })
    expect(await recap({ period: 'all' })).toMatchObject({ start: null, endsAt: null, earned: { xp: 1060 }, days: 2 })
  })

  it('is of a period that there is', async () => {
    expect((await read('recap', { start: '2026-11-02' })).paths).toEqual(['start'])
    expect((await read('recap', { period: 'century' })).paths).toEqual(['period'])
  })
})
