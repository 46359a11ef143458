/**
 * What browser tests run against: a real server in a process of its own, filled, with the site's back-end beside it.
 * Prints one line of JSON when it is ready (BrowserWorld), and stops when its parent does.
 * Run as `tsx test/helpers/browser-world.ts <origin of the test pages>`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Unit } from '@rai/contract'
import { ensureFields, findFields } from '../../packages/server/src/domain/fields/fields.js'
import { setValues } from '../../packages/server/src/domain/fields/values.js'
import { changeGamification } from '../../packages/server/src/domain/gamification/settings.js'
import { visit } from '../../packages/server/src/domain/gamification/visits.js'
import { createBoard, findShownBoard, updateBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { type Move, post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { claimStage } from '../../packages/server/src/domain/milestones/claiming.js'
import { createMilestone, type StageInput } from '../../packages/server/src/domain/milestones/milestones.js'
import { startServer } from '../../packages/server/src/start.js'
import { openBrowserChannels } from './browser-channels.js'
import { openBrowserQuests, silentAddress } from './browser-quests.js'
import { openBrowserShop } from './browser-shop.js'
import { type TestCommunity, testCommunity } from './community.js'
import { quietConfig } from './config.js'
import { type FaultProxy, faults, readable, startFaultProxy } from './fault-proxy.js'
import { startLinkedPages } from './linked-pages.js'

/** What a test page is told. */
export interface BrowserWorld {
  apiUrl: string
  /** The site's back-end and the hand that breaks things: see `answers`. */
  siteUrl: string
  /** A community with boards and members; one without a board. */
  key: string
  keyWithoutBoards: string
  /** One with a store; members are `shopper-1` … */
  shopKey: string
  /** A community with milestones, by their names, and members of its own: see `fillMilestones`. */
  milestones: { key: string; ids: Record<string, string> }
  /** One with quests, by their titles; members are `doer-1` … */
  quests: { key: string; ids: Record<string, string> }
  /** One that talks, in channels that tests open; members are `talker-1` …, and `guide`, who may do everything there. */
  channelsKey: string
  /** Pages that messages link to. */
  pagesUrl: string
}

/** Members are `member-1` … in the order of their points. */
export const memberCount = 520

/** Names that tempt a widget to break. */
const names: Record<number, string> = {
  6: '<img src=x onerror=alert(1)> & "friends"',
  7: 'Wolfeschlegelsteinhausenbergerdorff-Schwarzenegger-Featherstonehaugh the Seventh of Nowhere in Particular',
  8: '\u202Eevil gnirts',
  9: 'سارة المنصوري',
}

async function fill(community: TestCommunity): Promise<Map<string, string>> {
  const now = new Date()
  const day = 86_400_000
  const earlier = new Date(+now - 2 * day)
  const ids = new Map<string, string>()
  await community.tenant(async (tx) => {
    const board = (slug: string, more = {}) =>
      createBoard(tx, { name: slug, slug, periods: ['week', 'month', 'all'], ...more }, now)
    await board('champions', { name: 'Champions', displayOrder: -1 })
    await board('wordy', { description: 'All the words there are. '.repeat(200) })
    await board('live', { name: 'Live', metric: 'currency', periods: ['all'] })
    await board('soon', { startsAt: new Date(+now + day / 2), endsAt: new Date(+now + 30 * day) })
    await board('cup', { metric: 'currency', requiresOptIn: true, periods: ['all'] })
    await board('review', { startsAt: new Date(+now - 30 * day), endsAt: new Date(+now - day / 24), periods: ['all'] })
    await board('brief', { startsAt: new Date(+now - day), endsAt: new Date(+now + day), periods: ['all'] })
    await board('over', { startsAt: new Date(+now - 30 * day), endsAt: new Date(+now - day), periods: ['all'] })
    const prizes = [
      { from: 4, to: 10, title: 'A cap' },
      { from: 2, to: 3, title: 'Socks', description: 'Two pairs', link: 'https://prizes.example/socks' },
      { from: 1, to: 1, title: 'Boots', amount: { unit: 'currency' as const, amount: 1500 } },
    ]
    const settings = { prizeTerms: 'https://prizes.example/terms' }
    const season = { startsAt: new Date(+now - 30 * day), endsAt: new Date(+now - day), reviewHours: 0 }
    const won = { name: 'Season', slug: 'season', metric: 'currency' as const, periods: ['all' as const] }
    // Made before it ended: its winners are found when the server comes to it.
    await createBoard(tx, { ...won, ...season, prizes, settings }, earlier)
    await ensureFields(tx, { kilometres: 'Kilometres', steps: 'Steps' }, now)
    await board('distance', { metric: 'field:kilometres', periods: ['all'] })
    await board('steps', { metric: 'field:steps', periods: ['all'] })
    await board('calendar', { periods: ['day', 'week', 'month', 'year', 'all'] })
    const whole = await board('groups', { periods: ['week', 'all'] })
    const moves: Move[] = []
    for (let n = 1; n <= memberCount; n++) {
      const displayName = names[n] ?? `Member ${String(n).padStart(3, '0')}`
      const { id } = await createMember(tx, { username: `member-${n}`, displayName }, now)
      ids.set(`member-${n}`, id)
      const give = (unit: Unit, amount: number) =>
        moves.push({ memberId: id, unit, amount, reason: 'import', key: `start:${unit}:${n}`, actor: 'test' })
      // The places 4 and 5 share a score.
      if (n <= 500) give('xp', (n === 5 ? memberCount - 4 : memberCount - n) * 100)
      // Those who live tests hide and move are not on the other board, or last on it.
      if (n > 480) give('currency', (521 - n) * 10)
    }
    const coins = moves.filter(({ unit }) => unit === 'currency')
    await post(tx, coins, earlier)
    await post(
      tx,
      moves.filter((move) => !coins.includes(move)),
      now,
    )
    const some = (from: number) => [...ids.values()].slice(from, from + 12)
    const fieldId = (await findFields(tx, ['kilometres'])).get('kilometres')!.id
    const distances = some(0).map((memberId, n) => ({ memberId, fieldId, value: 12_345 - n }))
    const cause = { at: now, source: 'api', actor: 'test' } as const
    await setValues(tx, distances, cause)
    const stepsId = (await findFields(tx, ['steps'])).get('steps')!.id
    const steps = distances.map(({ memberId }, n) => ({ memberId, fieldId: stepsId, value: 6_000_000_000 - n }))
    await setValues(tx, steps, cause)
    for (const [n, name] of ['North', 'South', 'A very long name of a group of members'].entries())
      await board(`group-${n}`, {
        name,
        displayOrder: n,
        segmentOf: whole.id,
        rankedMembers: some(12 * n),
        periods: ['week', 'all'],
      })
    const leagues = await board('leagues', { periods: ['week', 'all'] })
    const yearly = { name: 'Yearly league', segmentOf: leagues.id, rankedMembers: some(0) }
    await board('yearly-league', { ...yearly, periods: ['year'] })
  })
  return ids
}

const giver = { reason: 'import', actor: 'test' } as const

/** Milestones in every state for members with 350 XP: `walker-1` and so on, one for each test that claims. */
async function fillMilestones(community: TestCommunity): Promise<Record<string, string>> {
  const now = new Date()
  const inDays = (days: number) => new Date(+now + days * 86_400_000)
  const ids: Record<string, string> = {}
  await community.tenant(async (tx) => {
    const earned = (atLeast: number) => ({ kind: 'earned', unit: 'xp', atLeast }) as const
    const stage = (name: string, conditions: StageInput['conditions'], more: Partial<StageInput> = {}): StageInput => ({
      name,
      conditions,
      description: '',
      xp: 0,
      currency: 10,
      badgeId: null,
      multipliers: [],
      supply: null,
      ...more,
    })
    const milestone = async (name: string, stages: StageInput[], more = {}) => {
      const displayOrder = Object.keys(ids).length
      ids[name] = (await createMilestone(tx, { name, stages, displayOrder, ...more }, now)).id
    }
    const friends = { kind: 'referral', atLeast: 2, link: 'https://site.example/invite' } as const
    await milestone(
      'Long trail',
      [
        stage('First steps', earned(100)),
        stage(
          'Into the hills',
          {
            kind: 'all',
            conditions: [earned(500), { kind: 'any', conditions: [friends, { kind: 'streak', days: 7 }] }],
          },
          { description: 'Long days.', supply: 40, multipliers: [{ percent: 200 }] },
        ),
        stage('Summit', earned(1000)),
      ],
      { description: 'From the first step to the top.', icon: '🥾', labels: ['Hikes'], endsAt: inDays(20) },
    )
    await milestone('Soon', [stage('Snow', earned(10))], { startsAt: inDays(0.5), labels: ['Winter'] })
    await milestone('Founders', [stage('Founder', earned(300), { supply: 1 })])
    await milestone('Autumn', [stage('Leaves', earned(900))], { endsAt: inDays(-1) })
    await milestone('Guides', [stage('Lead', earned(10))], { requires: { kind: 'streak', days: 30 } })
    await milestone('Welcome', [stage('Hello', earned(1), { currency: 0 })])
    await milestone('Gift', [stage('Unwrap', earned(300))])
    for (let n = 1; n <= 12; n++) {
      const { id } = await createMember(tx, { username: `walker-${n}` }, now)
      walkers.set(`walker-${n}`, id)
      await post(tx, [{ ...giver, memberId: id, unit: 'xp', amount: 350, key: `start:${n}` }], inDays(-2))
    }
    // One whose streak broke yesterday, and can be had back.
    const streaks = { rewards: [], freezes: { everyDays: 7, max: 0 }, repair: { days: 3, price: 20 } }
    const tiers = [
      { name: 'Stroller', icon: '👟', levels: [0, 100, 200] as [number, number, number] },
      { name: 'Hiker', icon: '🥾', levels: [300, 400, 500] as [number, number, number] },
    ]
    await changeGamification(tx, { streaks, tiers }, 'community', now)
    for (const days of [-4, -3, -2, 0]) await visit(tx, walkers.get('walker-8')!, inDays(days))
  })
  await community.tenant((tx) => claimStage(tx, ids.Founders!, 1, walkers.get('walker-12')!, new Date()))
  return ids
}

/** The members of the community with milestones. */
const walkers = new Map<string, string>()

const [, , origin = ''] = process.argv
const dataDir = mkdtempSync(join(tmpdir(), 'rai-browser-'))
const pages = await startLinkedPages()
const callsAllow = [silentAddress, pages.place]
const server = await startServer(await quietConfig({ dataDir, demoSite: origin, callsAllow, linkCards: true }), {
  checkAnswers: true,
})
const community = await testCommunity(server, { origin })
const ids = await fill(community)
const bare = await testCommunity(server, { origin })
const shop = await openBrowserShop(server, origin)
const quests = await openBrowserQuests(server, origin)
const channels = await openBrowserChannels(server, origin)
const stepped = await testCommunity(server, { origin })
const milestones = await fillMilestones(stepped)
/** Who can sign in, and where. */
const homeOf = (member: string) => (walkers.has(member) ? stepped : community)
const accessOf = (member: string) => {
  if (member.startsWith('shopper')) return shop.widgetAccess
  if (member.startsWith('doer')) return quests.widgetAccess
  return (/^(talker|guide)/.test(member) ? channels : homeOf(member)).widgetAccess
}
const proxies = new Map<string, FaultProxy>()
let awards = 0

interface Asked {
  board: string
  name: string
  member: string
  amount: number
  unit: Unit
  proxy: string
  part: string
  fault?: keyof typeof faults
  reason?: string
  /** What to change of a product, as JSON. */
  change: string
  channel: string
  message: string
}

/** What a test page can ask the site for, by path. Everything is sent as a query. */
const answers: Record<string, (asked: Asked) => Promise<unknown>> = {
  /** An embed token, as the site's back-end gets it for whoever is signed in there. */
  async '/token'({ member }) {
    const response = await fetch(`${server.url}/v2/api/widget-access-keys/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...accessOf(member),
        userIdentifiers: { 'data-username': member },
      }),
    })
    if (!response.ok) throw new Error(await response.text())
    return response.json()
  },

  /** Gives a member points. */
  async '/award'({ member, amount, unit }) {
    const memberId = (ids.get(member) ?? walkers.get(member))!
    const move = { ...giver, memberId, unit, amount: Number(amount), key: `award:${awards++}` }
    await homeOf(member).tenant((tx) => post(tx, [move], new Date()))
  },

  /** Ends a board in eight seconds. */
  async '/end'({ board }) {
    await community.tenant(async (tx) => {
      const now = Date.now()
      return updateBoard(tx, (await findShownBoard(tx, board))!.id, { endsAt: new Date(now + 8000) }, new Date(now))
    })
  },

  /** Gives a board another name, as its operator would. */
  async '/rename'({ board, name }) {
    await community.tenant(async (tx) => updateBoard(tx, (await findShownBoard(tx, board))!.id, { name }, new Date()))
  },

  /** Changes an item of the store. */
  async '/change'({ name, change }) {
    await shop.change(name, JSON.parse(change))
  },

  /** Gives a shopper coins. */
  async '/give'({ member, amount }) {
    await shop.give(member, Number(amount))
  },

  /** How many orders a shopper has. */
  async '/orders'({ member }) {
    return shop.orders(member)
  },

  /** Turns down what members have sent in, with a reason, or credits it. */
  async '/decide'({ reason }) {
    await quests.decide(reason)
  },

  /** Opens a channel, given as JSON; answers its id. */
  async '/channel'({ change }) {
    return channels.open(JSON.parse(change))
  },

  /** Changes one. */
  async '/change-channel'({ channel, change }) {
    await channels.change(channel, JSON.parse(change))
  },

  /** Lets a member say something in a channel, or so many things at once. Answers the last one's id. */
  async '/say'({ member, channel, name, amount = 1 }) {
    return channels.say(member, channel, name, Number(amount))
  },

  /** What a member does about a message on another page of theirs. */
  async '/message'({ member, message, name, part }) {
    const page = await channels.page(member)
    const { status } = await (part === 'edit'
      ? page.edit(message, name)
      : part === 'react'
        ? page.react(message, name)
        : part === 'reply'
          ? page.reply(message, name)
          : page.remove(message))
    return status
  },

  /** What is said in a channel, oldest first. */
  async '/said'({ member, channel }) {
    const { answer } = await (await channels.page(member)).read(channel, { limit: 100 })
    return answer.items
  },

  /** Another address of the API, which can be broken without breaking it for other tests. */
  async '/proxy'() {
    const proxy = await startFaultProxy(server.url)
    proxies.set(proxy.url, proxy)
    return proxy.url
  },

  /** Breaks a proxy's answers whose path contains `part`, or mends them. */
  async '/fault'({ proxy, part, fault }) {
    proxies.get(proxy)?.fail(fault && readable(faults[fault]), part)
  },

  /** How many requests with `part` in their path a proxy has seen, leaving out browsers' own preflights. */
  async '/count'({ proxy, part }) {
    return proxies.get(proxy)?.seen.filter(({ method, path }) => method !== 'OPTIONS' && path.includes(part)).length
  },
}

const site = createServer(async ({ url = '/', method }: IncomingMessage, response) => {
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Access-Control-Allow-Headers', '*')
  const { pathname, searchParams } = new URL(url, 'http://site')
  const answer = answers[pathname]
  if (!answer || method === 'OPTIONS') return response.writeHead(answer ? 204 : 404).end()
  const asked = Object.fromEntries(searchParams) as unknown as Asked
  response.setHeader('Content-Type', 'application/json')
  try {
    response.end(JSON.stringify((await answer(asked)) ?? null))
  } catch (error) {
    response.writeHead(500).end(JSON.stringify(String(error)))
  }
})
await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening))

const world: BrowserWorld = {
  apiUrl: server.url,
  siteUrl: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
  key: community.publishableKey,
  keyWithoutBoards: bare.publishableKey,
  shopKey: shop.key,
  milestones: { key: stepped.publishableKey, ids: milestones },
  quests: { key: quests.key, ids: quests.ids },
  channelsKey: channels.key,
  pagesUrl: pages.url,
}
console.log(JSON.stringify(world))

/** Whatever still holds on then is cut off: PostgreSQL ends with this process, however it ends. */
const stopWithinMs = 5_000

process.on('disconnect', async () => {
  setTimeout(() => process.exit(), stopWithinMs)
  for (const proxy of proxies.values()) await proxy.stop()
  pages.close()
  site.closeAllConnections()
  site.close()
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
  process.exit()
})
