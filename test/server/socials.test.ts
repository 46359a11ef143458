import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { type BodyOf, type Hint, isKnownBy, type NetworkAbilities, socialNetworks } from '@rai/contract'
import sharp from 'sharp'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countFacts } from '../../packages/server/src/domain/facts.js'
import { rewardsByDay } from '../../packages/server/src/domain/members/activity.js'
import { deleteMember, eraseNext } from '../../packages/server/src/domain/members/deletions.js'
import { balancesOf, createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { type Ask, ask, embedToken, formOf } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { expectOneAnswer } from '../helpers/intents.js'
import { missingId, signedIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

/** What an operator's endpoint is told, and says. */
const endpoint = await startEndpoint()
let now = new Date('2026-11-27T12:00:00Z')
const server = await startTestServer({ clock: () => now, config: { callsAllow: [endpoint.address] } })
const community = await testCommunity(server, { at: now })
const { tenant, systemKey: bearer, origin } = community
let png: Buffer
beforeAll(async () => {
  png = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#c03' } })
    .png()
    .toBuffer()
})

/** Time passes for everybody. */
const wait = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000)
}
const aDay = 86_400

type NewQuest = BodyOf<'POST /v1/socials'>
const reward = { xp: 20, currency: 5 }
const create = (body: object, by = bearer) => ask(server, 'POST /v1/socials', { bearer: by, body })
const newQuest = async (body: Partial<NewQuest> = {}) => {
  const base = { title: 'Visit us', network: 'web', action: 'visit', proof: 'self', reward }
  const { answer, status, text } = await create({ ...base, ...body })
  expect(status, text).toBe(201)
  return answer._id
}
const change = (questId: string, body: object) =>
  ask(server, 'PATCH /v1/socials/{questId}', { bearer, params: { questId }, body })

let names = 0
const newMember = (timeZone: string | null = null) =>
  tenant((tx) => createMember(tx, { username: `member ${++names}`, timeZone }, now))
const holds = ({ id }: Member) => tenant((tx) => balancesOf(tx, id))

const tokens = new Map<string, { token: Promise<string>; from: Date }>()
/** As a member on a page, with a token that is good now. */
async function as({ id, username }: Member): Promise<Ask> {
  const known = tokens.get(id)
  const isGood = known && now >= known.from && now.getTime() - known.from.getTime() < 600_000
  const { token } = isGood ? known : { token: embedToken(server, community, username) }
  if (!isGood) tokens.set(id, { token, from: now })
  return { bearer: await token, origin }
}
const base = { publishableKey: community.publishableKey }
const socialsOf = async (member: Member) =>
  (await ask(server, 'GET /widget/v1/{publishableKey}/socials', { ...(await as(member)), params: base })).answer.items
const see = async (questId: string, member: Member) => (await socialsOf(member)).find(({ id }) => id === questId)!
const start = async (questId: string, member: Member) => {
  const key = 'POST /widget/v1/{publishableKey}/socials/{questId}/start'
  return ask(server, key, { ...(await as(member)), params: { ...base, questId } })
}
const claimKey = 'POST /widget/v1/{publishableKey}/socials/{questId}/claim'
const tryClaim = async (questId: string, member: Member, body: object | FormData = {}, headers = {}) => {
  const sent = body instanceof FormData ? { form: body } : { body }
  return ask(server, claimKey, { ...(await as(member)), params: { ...base, questId }, headers, ...sent })
}
const claim = async (questId: string, member: Member, body: object | FormData = {}) => {
  const { answer, status, text } = await tryClaim(questId, member, body)
  expect(status, text).toBe(200)
  return answer.progress!
}

describe('the table of networks', () => {
  it('promises nothing that cannot be known: an account only where its network tells, and codes for what is told', () => {
    for (const [network, { actions }] of Object.entries<NetworkAbilities>(socialNetworks))
      for (const [action, proofs] of Object.entries(actions)) {
        expect(new Set(proofs).size, `${network} ${action}`).toBe(proofs.length)
        expect(proofs.length, `${network} ${action}`).toBeGreaterThan(0)
        if (action === 'code' || action === 'quiz') expect(proofs).toEqual(['code'])
      }
    const told = Object.entries<NetworkAbilities>(socialNetworks).flatMap(([network, { actions }]) =>
      Object.entries(actions).flatMap(([action, proofs]) =>
        proofs.includes('account') ? [`${network} ${action}`] : [],
      ),
    )
    expect(told.sort()).toEqual([
      'discord join',
      'github follow',
      'reddit join',
      'twitch follow',
      'twitch subscribe',
      'web invite',
      'youtube subscribe',
    ])
    expect(isKnownBy('instagram', 'follow', 'account')).toBe(false)
    expect(isKnownBy('instagram', 'quiz', 'code')).toBe(false)
  })

  it('is told to operators, with no credentials at first', async () => {
    const { answer } = await ask(server, 'GET /v1/social-networks', { bearer })
    expect(answer.map(({ network }) => network).sort()).toEqual(Object.keys(socialNetworks).sort())
    const discord = answer.find(({ network }) => network === 'discord')!
    expect(discord).toMatchObject({
      name: 'Discord',
      isConnectable: true,
      credentials: null,
      redirectUrl: `${server.url}/connect/callback`,
    })
    expect(discord.actions[0]).toEqual({ action: 'join', proofs: ['account', 'api', 'code', 'review', 'self'] })
  })
})

describe('a quest', () => {
  it('is what it was created as, changes in what is sent, and goes', async () => {
    const questId = await newQuest({ title: ' Share us ', network: 'x', action: 'share', link: 'https://a.example/' })
    const params = { questId }
    const read = () => ask(server, 'GET /v1/socials/{questId}', { bearer, params })
    expect((await read()).answer).toMatchObject({
      title: 'Share us',
      network: 'x',
      action: 'share',
      proof: 'self',
      link: 'https://a.example/',
      repeat: 'once',
      reward,
      isEnabled: true,
      __v: 0,
    })
    expect((await change(questId, { proof: 'review', asks: ['link', 'picture'] })).answer).toMatchObject({
      title: 'Share us',
      proof: 'review',
      asks: ['link', 'picture'],
      __v: 1,
    })
    const gone = await ask(server, 'DELETE /v1/socials/{questId}', { bearer, params })
    expect(gone.answer).toEqual({ _id: questId })
    expect((await read()).status).toBe(404)
    const { answer } = await ask(server, 'GET /v1/socials', { bearer })
    expect(answer.some(({ _id }) => _id === questId)).toBe(false)
  })

  it.each<[string, object, string[]]>([
    ['a proof that nobody has', { network: 'instagram', action: 'follow', proof: 'account' }, ['proof']],
    ['an action that the network does not have', { network: 'github', action: 'quiz', proof: 'code' }, ['proof']],
    ['codes without one', { action: 'code', proof: 'code' }, ['codes']],
    ['a review of nothing', { proof: 'review', asks: [] }, ['asks']],
    [
      'fewer options than attempts',
      { action: 'code', proof: 'code', codes: ['a'], options: ['a', 'b'], attempts: 2 },
      ['attempts'],
    ],
    ['an endpoint that is not named', { proof: 'api' }, ['endpoint']],
    ['an endpoint without https', { proof: 'api', endpoint: 'http://a.example/' }, ['endpoint']],
    ['an endpoint at another port', { proof: 'api', endpoint: 'https://a.example:8443/' }, ['endpoint']],
    ['an account without what to look for', { network: 'discord', action: 'join', proof: 'account' }, ['target']],
    ['an end before its beginning', { startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }, ['endsAt']],
    ['a script as a link', { link: 'javascript:alert(1)' }, ['link']],
    ['fields that there are not', { community_id: missingId }, ['community_id']],
  ])('is refused with %s', async (_, body, paths) => {
    const refused = await create({ title: 'No', network: 'web', action: 'visit', proof: 'self', ...body })
    expect([refused.status, refused.code, refused.paths]).toEqual([400, 'invalid_request', paths])
  })

  it('has as many codes as there may be, and as long', async () => {
    const codes = Array.from({ length: 100 }, (_, n) => String(n).padEnd(200, '木'))
    await newQuest({ action: 'code', proof: 'code', codes, isEnabled: false })
  })

  it('that needs a signature or an application waits until there is one', async () => {
    const elsewhere = await testCommunity(server)
    const api = { title: 'No', network: 'web', action: 'visit', proof: 'api', endpoint: 'https://a.example' }
    const account = { title: 'No', network: 'discord', action: 'join', proof: 'account', target: '1' }
    for (const body of [api, account]) expect((await create(body, elsewhere.systemKey)).code).toBe('conflict')
  })

  it('is for keys with the permission, and for who may administrate', async () => {
    const without = await testCommunity(server, { permissions: ['leaderboard'] })
    expect((await create({ title: 'x' }, without.communityKey)).code).toBe('forbidden')
    const owner = await signedIn(server, community, { username: 'The owner', role: 'owner' }, now)
    const query = { serverId: community.id }
    expect((await ask(server, 'GET /v1/socials', { bearer: owner.bearer, query })).status).toBe(200)
    const plain = await signedIn(server, community, { username: 'Nobody else' }, now)
    expect((await ask(server, 'GET /v1/socials', { bearer: plain.bearer, query })).code).toBe('forbidden')
  })

  it('is shown in its order while it can be done, to visitors without a link or progress', async () => {
    const [second, first] = [await newQuest({ displayOrder: 9 }), await newQuest({ displayOrder: 8 })]
    const never = [
      await newQuest({ isEnabled: false }),
      await newQuest({ startsAt: new Date(now.getTime() + 1000).toISOString() }),
      await newQuest({ endsAt: now.toISOString() }),
    ]
    const { answer } = await ask(server, 'GET /widget/v1/{publishableKey}/socials', { origin, params: base })
    const ids = answer.items.map(({ id }) => id)
    expect(ids.indexOf(first)).toBeLessThan(ids.indexOf(second))
    for (const id of never) expect(ids).not.toContain(id)
    for (const { link, share, progress } of answer.items) expect([link, share, progress]).toEqual([null, null, null])
    const member = await newMember()
    for (const questId of never) expect((await tryClaim(questId, member)).code).toBe('not_found')
  })

  it('leads a member where they go by their own code, and to where the network lets them write', async () => {
    const member = await newMember()
    const own = `https://a.example/?ref=${member.id.slice(-12)}`
    const share = { action: 'share', link: 'https://a.example/?ref={code}', shareText: 'Hike & talk' } as const
    const seen = await see(await newQuest({ network: 'x', ...share }), member)
    expect(seen.share).toEqual({ url: own, text: 'Hike & talk' })
    expect(seen.link).toBe(`https://x.com/intent/post?${new URLSearchParams({ url: own, text: 'Hike & talk' })}`)
    const written = await see(await newQuest({ network: 'whatsapp', ...share }), member)
    expect(new URL(written.link!).searchParams.get('text')).toBe(`Hike & talk ${own}`)
    const plain = await see(await newQuest({ network: 'tiktok', ...share }), member)
    expect(plain.link).toBe(own)
    const visit = await see(await newQuest({ link: share.link }), member)
    expect([visit.link, visit.share]).toEqual([own, null])
  })
})

describe('saying so oneself', () => {
  it('goes from idle by opened to done, once, with what it gives on the balance', async () => {
    const [member, questId] = [await newMember(), await newQuest()]
    expect((await see(questId, member)).progress).toMatchObject({ state: 'idle', openedAt: null, times: 0 })
    const began = now
    expect((await start(questId, member)).answer.progress).toMatchObject({ state: 'opened' })
    wait(5)
    // Again is as once.
    expect((await start(questId, member)).answer.progress).toMatchObject({ openedAt: began.toISOString() })
    expect(await claim(questId, member)).toMatchObject({ state: 'done', given: reward, until: null, times: 1 })
    expect(await claim(questId, member)).toMatchObject({ state: 'done', times: 1 })
    expect(await holds(member)).toEqual(reward)
    // As milestones count it.
    const query = { kind: 'social', subject: questId, since: null, until: null } as const
    expect(await tenant((tx) => countFacts(tx, member.id, [query]))).toEqual([1])
  })

  it('is one credit for 20 claims at once, whatever key they come with', async () => {
    const [member, questId] = [await newMember(), await newQuest()]
    const asks = Array.from({ length: 20 }, (_, n) =>
      tryClaim(questId, member, {}, n % 2 ? { 'idempotency-key': `claim ${n}` } : {}),
    )
    for (const { status, text, answer } of await Promise.all(asks)) {
      expect(status, text).toBe(200)
      expect(answer.progress).toMatchObject({ state: 'done', times: 1 })
    }
    expect(await holds(member)).toEqual(reward)
  })

  it('18, 19: has one answer too where the same is said again and again', async () => {
    const quest = await newQuest()
    const member = await newMember()
    // They have come today: what that counts for waits for boards as well.
    await see(quest, member)
    const send = (body: object) => (headers: object) => tryClaim(quest, member, body, headers)
    await expectOneAnswer(server, community, send({}), send({ note: 'Another one' }))
    expect(await holds(member)).toEqual({ xp: 20, currency: 5 })
  })

  it('takes as long as it takes: what was opened a moment ago waits', async () => {
    const [member, questId] = [await newMember(), await newQuest({ waitSeconds: 30 })]
    const until = new Date(now.getTime() + 30_000).toISOString()
    // What was not begun is begun by the claim.
    expect(await claim(questId, member)).toMatchObject({ state: 'waiting', reason: 'too_soon', until })
    wait(29)
    expect(await claim(questId, member)).toMatchObject({ state: 'waiting', until })
    wait(1)
    expect((await see(questId, member)).progress).toMatchObject({ state: 'opened', reason: null })
    expect(await claim(questId, member)).toMatchObject({ state: 'done' })
  })

  it('can be done again on the next day of the member, and in their next week', async () => {
    now = new Date('2026-12-04T15:30:00Z') // A Friday: in Tokyo, Saturday at half past midnight.
    const tokyo = await newMember('Asia/Tokyo')
    const [daily, weekly] = [await newQuest({ repeat: 'daily' }), await newQuest({ repeat: 'weekly' })]
    expect(await claim(daily, tokyo)).toMatchObject({ state: 'done', until: '2026-12-05T15:00:00.000Z' })
    wait(1)
    expect(await claim(weekly, tokyo)).toMatchObject({ state: 'done', until: '2026-12-06T15:00:00.000Z' })
    now = new Date('2026-12-05T14:59:59Z')
    expect(await claim(daily, tokyo)).toMatchObject({ state: 'done', times: 1 })
    now = new Date('2026-12-05T15:00:00Z')
    expect((await see(daily, tokyo)).progress).toMatchObject({ state: 'idle', times: 1 })
    expect(await claim(daily, tokyo)).toMatchObject({ state: 'done', times: 2 })
    expect(await claim(weekly, tokyo)).toMatchObject({ times: 1 })
    now = new Date('2026-12-06T15:00:00Z')
    expect(await claim(weekly, tokyo)).toMatchObject({ times: 2 })
    expect(await holds(tokyo)).toEqual({ xp: 80, currency: 20 })
    const clock = { timeZone: 'UTC', weekStart: 1, reviewHours: 12 }
    const days = await tenant((tx) => rewardsByDay(tx, tokyo.id, ['social'], '2026-12-01', clock))
    expect([...days.values()].reduce((sum, { social = 0 }) => sum + social, 0)).toBe(4)
  })

  it('gives more for every so many days in a row, by the member’s calendar', async () => {
    const bonus = { every: 3, reward: { xp: 7, currency: 1 } }
    const [member, other] = [await newMember('Asia/Tokyo'), await newMember()]
    const questId = await newQuest({ repeat: 'daily', bonus })
    const seen = async () => (await see(questId, member)).progress!.bonus!.have
    const on = async (day: string, who = member) => {
      // 00:30 on that day in Tokyo.
      now = new Date(Date.parse(`${day}T00:30:00+09:00`))
      const before = await seen()
      const { given, bonus } = await claim(questId, who)
      return { before, given: given!.xp, after: bonus!.have }
    }
    expect((await see(questId, member)).progress!.bonus).toEqual({ have: 0, need: 3, reward: bonus.reward })
    expect(await on('2026-12-01')).toEqual({ before: 0, given: 20, after: 1 })
    expect(await on('2026-12-02')).toEqual({ before: 1, given: 20, after: 2 })
    expect(await on('2026-12-03')).toEqual({ before: 2, given: 27, after: 3 })
    expect(await on('2026-12-04')).toEqual({ before: 0, given: 20, after: 1 })
    // A day is missed.
    expect(await on('2026-12-06')).toEqual({ before: 0, given: 20, after: 1 })
    for (const day of ['2026-12-07', '2026-12-08']) await on(day)
    expect(await holds(member)).toEqual({ xp: 7 * 20 + 2 * 7, currency: 7 * 5 + 2 })
    expect((await claim(questId, other)).given).toEqual(reward)
    const weekly = await newQuest({ repeat: 'weekly', bonus: { ...bonus, every: 2 } })
    const given = []
    for (const day of ['2026-12-09', '2026-12-14', '2026-12-28']) {
      now = new Date(`${day}T12:00:00Z`)
      given.push((await claim(weekly, member)).given!.xp)
    }
    expect(given).toEqual([20, 27, 20])
    const refused = await create({ title: 'Once', network: 'web', action: 'visit', proof: 'self', bonus })
    expect(refused.paths).toEqual(['bonus'])
  })

  it('gives no day by another time zone', async () => {
    now = new Date('2026-12-10T12:00:00Z')
    const [member, questId] = [await newMember('Pacific/Kiritimati'), await newQuest({ repeat: 'daily' })]
    expect(await claim(questId, member)).toMatchObject({ state: 'done' }) // On the 11th there.
    const moved = { ...(await as(member)), params: base, body: { timeZone: 'Pacific/Niue' } }
    expect((await ask(server, 'PATCH /widget/v1/{publishableKey}/me', moved)).status).toBe(200)
    expect(await claim(questId, member)).toMatchObject({ state: 'done', times: 1 }) // It is the 10th there.
  })

  it('gives of the units that members earn', async () => {
    const elsewhere = await testCommunity(server)
    const units = {
      xp: { name: 'XP', icon: '', enabled: true },
      currency: { name: 'Coins', icon: '', enabled: false },
    }
    await ask(server, 'PATCH /v1/gamification', { bearer: elsewhere.systemKey, body: { units } })
    const body = { title: 'Q', network: 'web', action: 'visit', proof: 'self', reward }
    const questId = (await create(body, elsewhere.systemKey)).answer._id
    const member = await elsewhere.tenant((tx) => createMember(tx, { username: 'here' }, now))
    const token = await embedToken(server, elsewhere, 'here')
    const params = { publishableKey: elsewhere.publishableKey, questId }
    const { answer } = await ask(server, claimKey, { bearer: token, origin, params, body: {} })
    expect(answer).toMatchObject({ reward: { xp: 20, currency: 0 }, progress: { given: { xp: 20, currency: 0 } } })
    expect(await elsewhere.tenant((tx) => balancesOf(tx, member.id))).toEqual({ xp: 20, currency: 0 })
  })

  it('tells the member’s own pages, and everybody’s of a quest', async () => {
    const [member, other, questId] = [await newMember(), await newMember(), await newQuest()]
    const stream = await openStream(server, community, { authorization: `Bearer ${(await as(member)).bearer}` })
    await claim(questId, other)
    await claim(questId, member)
    await change(questId, { title: 'Other' })
    const isChange = ({ type }: Hint) => type === 'social.changed'
    await stream.until((hint) => isChange(hint) && hint.id === null)
    expect(new Set(stream.hints.filter(isChange).map(({ id }) => id))).toEqual(new Set([member.id, null]))
    stream.close()
  })
})

describe('a code', () => {
  const codes = ['Larch', 'Arolla Pine']
  it('is any of them, in whichever case, and asked for', async () => {
    const questId = await newQuest({ action: 'code', proof: 'code', codes, question: 'Which tree?', options: codes })
    const member = await newMember()
    const seen = await see(questId, member)
    expect(seen).toMatchObject({ question: 'Which tree?', options: codes, progress: { attemptsLeft: 1 } })
    expect(JSON.stringify(await see(questId, await newMember()))).not.toContain('"codes"')
    const refused = await tryClaim(questId, member)
    expect([refused.code, refused.paths]).toEqual(['invalid_request', ['code']])
    expect(await claim(questId, member, { code: ' arolla pine ' })).toMatchObject({ state: 'done', reason: null })
  })

  it('that is wrong is told, cools down, and can be wrong so often', async () => {
    const questId = await newQuest({ action: 'code', proof: 'code', codes, attempts: 2, cooldownSeconds: 60 })
    const member = await newMember()
    const until = new Date(now.getTime() + 60_000).toISOString()
    const wrong = { reason: 'wrong_code', attemptsLeft: 1 }
    expect(await claim(questId, member, { code: 'Oak' })).toMatchObject({ state: 'cooling_down', until, ...wrong })
    // Not looked at, though it is right.
    expect(await claim(questId, member, { code: 'Larch' })).toMatchObject({ state: 'cooling_down', ...wrong })
    wait(60)
    expect((await see(questId, member)).progress).toMatchObject({ state: 'failed', until: null, ...wrong })
    const over = { state: 'failed', reason: 'attempts_used', attemptsLeft: 0, until: null }
    expect(await claim(questId, member, { code: 'Beech' })).toMatchObject(over)
    wait(aDay)
    expect(await claim(questId, member, { code: 'Larch' })).toMatchObject(over)
    expect(await holds(member)).toEqual({ xp: 0, currency: 0 })
  })

  it('is looked at once of 20 that are guessed at once', async () => {
    const questId = await newQuest({ action: 'code', proof: 'code', codes, attempts: 3, cooldownSeconds: 0 })
    const member = await newMember()
    const guesses = Array.from({ length: 20 }, (_, n) => tryClaim(questId, member, { code: `guess ${n}` }))
    await Promise.all(guesses)
    expect(await claim(questId, member, { code: 'Larch' })).toMatchObject({ reason: 'attempts_used', attemptsLeft: 0 })
  })

  it('can be tried again in the next period', async () => {
    const questId = await newQuest({ action: 'code', proof: 'code', codes, attempts: 1, repeat: 'daily' })
    const member = await newMember()
    const tomorrow = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1))
    const over = { reason: 'attempts_used', until: tomorrow.toISOString() }
    expect(await claim(questId, member, { code: 'Oak' })).toMatchObject(over)
    now = tomorrow
    expect(await claim(questId, member, { code: 'Larch' })).toMatchObject({ state: 'done' })
  })
})

describe('a review', () => {
  const list = async (query = {}) => (await ask(server, 'GET /v1/social-reviews', { bearer, query })).answer.items
  const approve = (reviewId: string) =>
    ask(server, 'POST /v1/social-reviews/{reviewId}/approve', { bearer, params: { reviewId } })
  const reject = (reviewId: string, reason = 'It is not public.') =>
    ask(server, 'POST /v1/social-reviews/{reviewId}/reject', { bearer, params: { reviewId }, body: { reason } })
  const asks = ['note', 'link', 'picture'] as const
  const form = () => formOf({ note: 'See here', link: 'https://x.com/a/1', picture: png })

  it('asks for all that it needs, waits in the queue, and is credited once when it is approved', async () => {
    const member = await newMember()
    const questId = await newQuest({ network: 'x', action: 'post', proof: 'review', asks: [...asks], reviewHours: 24 })
    const refused = await tryClaim(questId, member, { note: 'See here' })
    expect([refused.code, refused.paths]).toEqual(['invalid_request', ['link', 'picture']])
    const until = new Date(now.getTime() + 24 * 3_600_000).toISOString()
    expect(await claim(questId, member, form())).toMatchObject({ state: 'in_review', reason: null, until })
    expect(await claim(questId, member, form())).toMatchObject({ state: 'in_review' })
    const [review, ...others] = await list({ questId })
    expect(others).toEqual([])
    expect(review).toMatchObject({
      questTitle: 'Visit us',
      username: member.username,
      note: 'See here',
      state: 'waiting',
    })
    expect((await fetch(review!.picture!)).headers.get('content-type')).toBe('image/webp')
    const decided = await Promise.all(Array.from({ length: 5 }, () => approve(review!._id)))
    for (const { answer } of decided) expect(answer).toMatchObject({ state: 'approved', picture: null })
    await expect.poll(async () => (await fetch(review!.picture!)).status).toBe(404)
    expect((await see(questId, member)).progress).toMatchObject({ state: 'done', given: reward, times: 1 })
    expect(await holds(member)).toEqual(reward)
    expect((await reject(review!._id)).code).toBe('conflict')
  })

  it('is turned down in words that the member reads, who may try again after a while', async () => {
    const [member, questId] = [await newMember(), await newQuest({ proof: 'review', asks: ['link'] })]
    const sent = { link: 'https://x.com/a/1' }
    await claim(questId, member, sent)
    const [review] = await list({ questId })
    expect((await reject(review!._id)).answer).toMatchObject({ state: 'rejected', reason: 'It is not public.' })
    const turnedDown = { reason: 'rejected', rejection: 'It is not public.' }
    expect(await claim(questId, member, sent)).toMatchObject({ state: 'cooling_down', ...turnedDown })
    wait(60)
    expect((await see(questId, member)).progress).toMatchObject({ state: 'failed', ...turnedDown })
    expect(await claim(questId, member, sent)).toMatchObject({ state: 'in_review', rejection: null })
    expect((await list({ questId, state: 'rejected' })).length).toBe(1)
    expect((await list({ questId })).length).toBe(1)
    expect((await approve(missingId)).code).toBe('not_found')
  })

  it('can be decided after the quest is gone, and goes with who is erased', async () => {
    const [member, gone] = [await newMember(), await newMember()]
    const questId = await newQuest({ proof: 'review', asks: ['picture'] })
    for (const who of [member, gone]) {
      wait(1)
      await claim(questId, who, formOf({ picture: png }))
    }
    const [review, other] = await list({ questId })
    await ask(server, 'DELETE /v1/socials/{questId}', { bearer, params: { questId } })
    expect((await approve(review!._id)).answer.state).toBe('approved')
    expect(await holds(member)).toEqual(reward)
    await tenant((tx) => deleteMember(tx, gone, now))
    expect((await approve(other!._id)).code).toBe('not_found')
    wait(31 * aDay)
    await tenant((tx) => eraseNext(tx, now))
    const left = await tenant((tx) =>
      tx.db.selectFrom('social_reviews').selectAll().where('id', '=', other!._id).execute(),
    )
    expect(left).toEqual([])
  })
})

describe('an operator’s endpoint', () => {
  let secret: string
  beforeAll(async () => {
    const made = await ask(server, 'POST /v1/social-secret', { bearer })
    secret = made.answer.key!
  })
  const apiQuest = (body: Partial<NewQuest> = {}) => newQuest({ proof: 'api', endpoint: endpoint.url, ...body })

  it('is asked with a signature, says yes, and is not asked again', async () => {
    const [member, questId] = [await newMember(), await apiQuest()]
    endpoint.says = { body: { done: 'yes' } }
    const before = endpoint.asked.length
    expect(await claim(questId, member)).toMatchObject({ state: 'done', given: reward })
    expect(await claim(questId, member)).toMatchObject({ state: 'done', times: 1 })
    const [question, ...others] = endpoint.asked.slice(before)
    expect(others).toEqual([])
    const { body, headers } = question!
    // The clock of these tests is not the verifier's.
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = headers
    const verifier = new Webhook(secret)
    expect(signature).toBe(verifier.sign(id as string, new Date(Number(at) * 1000), body))
    expect(Number(at)).toBe(Math.floor(now.getTime() / 1000))
    expect(JSON.parse(body)).toEqual({
      questId,
      userId: member.id,
      externalId: null,
      username: member.username,
      action: 'visit',
      network: 'web',
      openedAt: now.toISOString(),
    })
  })

  it('is asked once by 20 claims at once, of which the others see that it is, or was', async () => {
    const [member, questId] = [await newMember(), await apiQuest()]
    const before = endpoint.asked.length
    endpoint.says = { body: { done: 'yes' } }
    const replies = await Promise.all(Array.from({ length: 20 }, () => tryClaim(questId, member)))
    for (const { answer } of replies) expect(answer.progress!.state).toMatch(/^(checking|done)$/)
    expect(endpoint.asked.length).toBe(before + 1)
    expect(await holds(member)).toEqual(reward)
  })

  it.each<[string, Says, object]>([
    ['no', { body: { done: 'no' } }, { state: 'cooling_down', reason: 'not_yet' }],
    ['later', { body: { done: 'later' } }, { state: 'waiting', reason: 'later' }],
    ['something else', { body: { done: true } }, { state: 'cooling_down', reason: 'unreachable' }],
    ['nothing that is JSON', { body: '<html>' }, { state: 'cooling_down', reason: 'unreachable' }],
    ['that it is broken', { status: 500, body: {} }, { state: 'cooling_down', reason: 'unreachable' }],
    ['to go elsewhere', { status: 302, body: {}, headers: { location: '/yes' } }, { reason: 'unreachable' }],
    ['more than anybody reads', { body: 'x'.repeat(100_000) }, { reason: 'unreachable' }],
  ])('says %s, and is asked no more for a while', async (_, says, progress) => {
    const [member, questId] = [await newMember(), await apiQuest({ cooldownSeconds: 60 })]
    endpoint.says = says
    const before = endpoint.asked.length
    const until = new Date(now.getTime() + 60_000).toISOString()
    expect(await claim(questId, member)).toMatchObject({ until, ...progress })
    wait(59)
    expect(await claim(questId, member)).toMatchObject({ until, ...progress })
    expect(endpoint.asked.length).toBe(before + 1)
    wait(1)
    endpoint.says = { body: { done: 'yes' } }
    expect(await claim(questId, member)).toMatchObject({ state: 'done' })
  })

  it.each(['seconds', 'a date'])('is heeded where it says in %s when to come back', async (by) => {
    const [member, questId] = [await newMember(), await apiQuest({ cooldownSeconds: 1 })]
    const at = new Date(Math.ceil(now.getTime() / 1000) * 1000 + 600_000)
    const seconds = (at.getTime() - now.getTime()) / 1000
    const after = by === 'seconds' ? String(Math.round(seconds)) : at.toUTCString()
    endpoint.says = { status: 429, body: {}, headers: { 'retry-after': after } }
    const { until } = await claim(questId, member)
    expect(Math.abs(Date.parse(until!) - at.getTime())).toBeLessThan(1000)
    const before = endpoint.asked.length
    wait(599)
    await claim(questId, member)
    expect(endpoint.asked.length).toBe(before)
  })

  it('is believed for the day on which it was asked', async () => {
    const [member, questId] = [await newMember(), await apiQuest({ repeat: 'daily' })]
    now = new Date(Math.ceil(now.getTime() / (aDay * 1000)) * aDay * 1000 - 1000)
    endpoint.says = {
      get body() {
        wait(2)
        return { done: 'yes' }
      },
    }
    expect(await claim(questId, member)).toMatchObject({ state: 'idle', times: 1 })
    expect(await holds(member)).toEqual(reward)
  })

  it('leaves the turn of a request that was killed', async () => {
    const [member, questId] = [await newMember(), await apiQuest()]
    await start(questId, member)
    const checking_until = new Date(now.getTime() + 20_000)
    await tenant((tx) =>
      tx.db.updateTable('social_progress').set({ checking_until }).where('quest_id', '=', questId).execute(),
    )
    endpoint.says = { body: { done: 'yes' } }
    expect(await claim(questId, member)).toMatchObject({ state: 'checking', until: checking_until.toISOString() })
    wait(20)
    expect(await claim(questId, member)).toMatchObject({ state: 'done' })
  })

  it('is never one that only this machine can reach', async () => {
    let connections = 0
    const trap = createTcpServer((socket) => {
      connections++
      socket.destroy()
    })
    await once(trap.listen(0, '127.0.0.1'), 'listening')
    const { port } = trap.address() as AddressInfo
    for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::ffff:7f00:1]', 'user@127.0.0.1'])
      for (const scheme of ['http', 'https']) {
        const body = { title: 'No', network: 'web', action: 'visit', proof: 'api' }
        const refused = await create({ ...body, endpoint: `${scheme}://${host}:${port}/` })
        expect([refused.code, refused.paths]).toEqual(['invalid_request', ['endpoint']])
      }
    expect(connections).toBe(0)
    trap.close()
  })

  it('is signed for by a secret that is shown once', async () => {
    const elsewhere = await testCommunity(server)
    const asked = { bearer: elsewhere.systemKey, headers: { 'idempotency-key': 'secret' } }
    const first = await ask(server, 'POST /v1/social-secret', asked)
    expect(first.answer).toEqual({ key: expect.stringMatching(/^whsec_/), keyState: 'shown' })
    const again = await ask(server, 'POST /v1/social-secret', asked)
    expect(again.answer).toEqual({ key: null, keyState: 'shown_before' })
  })
})

describe('bringing others', () => {
  const referralOf = async (member: Member) =>
    (await ask(server, 'GET /widget/v1/{publishableKey}/referral', { ...(await as(member)), params: base })).answer
  const page = 'https://site.example/join?by={code}'
  const nothing = { enabled: false, xp: 0, currency: 0 }
  const rule = { ...nothing, cooldownSeconds: 0, limitPerDay: null }
  const setRule = (referral: object) => {
    const earning = {
      message: rule,
      reply: rule,
      reaction: rule,
      referral: { ...rule, ...referral },
      dailyLogin: nothing,
    }
    return ask(server, 'PATCH /v1/gamification', { bearer, body: { earning } })
  }
  const bring = async (referral: string) => {
    const username = `brought ${++names}`
    const { answer, status, text } = await ask(server, 'POST /apis/v1/users', { bearer, body: { username, referral } })
    expect(status, text).toBeLessThan(300)
    return { id: answer._id, username } as Member
  }
  /** A token for whoever is called so, who is made if they are not there yet. */
  const mint = async (username: string, referral: string) => {
    const userIdentifiers = { 'data-username': username }
    return ask(server, 'POST /v2/api/widget-access-keys/token', { body: { ...access, userIdentifiers, referral } })
  }
  let access: { accessId: string; accessKey: string }
  beforeAll(async () => {
    const key = {
      kind: 'widgetAccess',
      name: 'Makes members',
      origins: [origin],
      identifiers: { 'data-username': '@username' },
      createMember: true,
    } as const
    const { answer } = await ask(server, 'POST /v1/keys', { bearer, body: key })
    access = { accessId: answer.accessId!, accessKey: answer.key! }
    await setRule({ enabled: true, xp: 30, currency: 3 })
    const body = { page, referred: { xp: 10, currency: 1 } }
    expect((await ask(server, 'PATCH /v1/referral', { bearer, body })).answer).toMatchObject({ ...body, __v: 1 })
  })

  it('has a link of one’s own, and gives both sides once', async () => {
    const member = await newMember()
    const first = await referralOf(member)
    expect(first).toMatchObject({
      code: member.referral_code,
      link: page.replace('{code}', member.referral_code),
      count: 0,
      earned: { xp: 0, currency: 0 },
      rewards: { referrer: { xp: 30, currency: 3 }, referred: { xp: 10, currency: 1 } },
      limitPerDay: null,
    })
    const brought = await bring(first.code)
    expect(await holds(brought)).toEqual({ xp: 10, currency: 1 })
    expect(await holds(member)).toEqual({ xp: 30, currency: 3 })
    expect(await referralOf(member)).toMatchObject({ count: 1, earned: { xp: 30, currency: 3 } })
  })

  it('works where a token makes the member, and for nobody who is one already', async () => {
    const member = await newMember()
    for (const username of ['came by a link', 'came by a link', member.username])
      expect((await mint(username, member.referral_code)).status).toBe(200)
    expect(await referralOf(member)).toMatchObject({ count: 1, earned: { xp: 30, currency: 3 } })
  })

  it('has no effect with a code that is nobody’s, or of somebody who is gone', async () => {
    const gone = await newMember()
    await tenant((tx) => deleteMember(tx, gone, now))
    const nobody = ['x', '123456789012', gone.referral_code]
    for (const [n, code] of nobody.entries()) {
      const name = `nobody brought ${n}`
      expect((await mint(name, code)).status).toBe(200)
      const [who] = await tenant((tx) => tx.db.selectFrom('members').selectAll().where('username', '=', name).execute())
      expect(await holds(who!)).toEqual({ xp: 0, currency: 0 })
      const body = { username: `refused ${n}`, referral: code }
      expect((await ask(server, 'POST /apis/v1/users', { bearer, body })).paths).toEqual(['referral'])
    }
  })

  it('gives so often a day, and after a time; who comes is counted all the same', async () => {
    const member = await newMember()
    await setRule({ enabled: true, xp: 30, cooldownSeconds: 60, limitPerDay: 2 })
    for (const seconds of [0, 59, 1, 60, 60]) {
      wait(seconds)
      await bring(member.referral_code)
    }
    // The first, not the second, the third, no more that day.
    expect(await referralOf(member)).toMatchObject({ count: 5, earned: { xp: 60 }, limitPerDay: 2 })
    wait(aDay)
    await bring(member.referral_code)
    expect(await holds(member)).toMatchObject({ xp: 90 })
    await setRule({ enabled: true, xp: 30, currency: 3 })
  })

  it('gives no more than that to many who come at once', async () => {
    const member = await newMember()
    await setRule({ enabled: true, xp: 30, limitPerDay: 3 })
    await Promise.all(Array.from({ length: 8 }, () => bring(member.referral_code)))
    expect(await referralOf(member)).toMatchObject({ count: 8, earned: { xp: 90 } })
    expect(await holds(member)).toMatchObject({ xp: 90 })
  })

  it('is counted by a quest of its own', async () => {
    const member = await newMember()
    const questId = await newQuest({ action: 'invite', proof: 'account', quantity: 2, cooldownSeconds: 0 })
    await bring(member.referral_code)
    const seen = await see(questId, member)
    expect(seen).toMatchObject({ link: page.replace('{code}', member.referral_code), account: null })
    expect(seen.progress!.count).toEqual({ have: 1, need: 2 })
    expect(await claim(questId, member)).toMatchObject({ state: 'failed', reason: 'not_yet' })
    const gone = await bring(member.referral_code)
    await tenant((tx) => deleteMember(tx, gone, now))
    expect(await claim(questId, member)).toMatchObject({ reason: 'not_yet', count: { have: 1, need: 2 } })
    await bring(member.referral_code)
    expect(await claim(questId, member)).toMatchObject({ state: 'done', count: { have: 2, need: 2 } })
  })
})

interface Says {
  status?: number
  body: unknown
  headers?: Record<string, string>
}

async function startEndpoint() {
  const asked: { headers: IncomingHttpHeaders; body: string }[] = []
  const endpoint = { asked, says: { body: { done: 'no' } } as Says, url: '', address: '' }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    asked.push({ headers: request.headers, body })
    const { status = 200, body: said, headers } = endpoint.says
    response.writeHead(status, headers)
    response.end(typeof said === 'string' ? said : JSON.stringify(said))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterAll(() => server.close())
  endpoint.address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  endpoint.url = `http://${endpoint.address}/done`
  return endpoint
}
