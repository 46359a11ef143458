import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, FrameLocator, Page } from 'playwright-core'
import sharp from 'sharp'
import { expect } from 'vitest'
import type { NewChannel } from '../../packages/server/src/domain/channels.js'
import { createKey } from '../../packages/server/src/domain/keys/keys.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import {
  createMilestone,
  type MilestoneInput,
  type StageInput,
} from '../../packages/server/src/domain/milestones/milestones.js'
import { createQuest } from '../../packages/server/src/domain/socials/quests.js'
import { createCategory } from '../../packages/server/src/domain/store/categories.js'
import { createProducts } from '../../packages/server/src/domain/store/products.js'
import { changeStore } from '../../packages/server/src/domain/store/settings.js'
import { ask, embedToken, formOf } from '../helpers/api.js'
import { pageOf as memberPageOf, openChannel } from '../helpers/channels.js'
import { testCommunity } from '../helpers/community.js'
import { awaitsCode } from './browser.js'
import { elsewhere, pageOf, startSite } from './site.js'
import { usernameOf, type World } from './world.js'

/** What the tests that every widget must pass need to know of one. */
export interface Widget {
  tag: string
  /** What tests are called by; one tag may stand for two widgets. */
  name: string
  /** The attributes that make it show much, one thing, nothing, and something whose time is told. */
  attributes: Record<'full' | 'one' | 'empty' | 'ending', string>
  /** What is drawn only where there is content. */
  content: string
  /** What it says of the time of the last: that it ends in twelve hours, or was today. */
  endsSoon: RegExp
  /** Where the sign that a name is made of is seen as a whole. */
  sign: string
  /** Fields of its answers that hold what people write, and addresses that people give. */
  texts: string[]
  addresses: string[]
}

/** A new element is one entry here. */
interface Entry extends Omit<Widget, 'attributes' | 'endsSoon' | 'name'> {
  /** Adds to a world what it shows. */
  fill(world: World, now: Date, endsAt: Date): Promise<Widget['attributes']>
  endsSoon(endsAt: Date): RegExp
}

const halfDay = 43_200_000
/** In less than twelve hours, as a clock that runs. */
const inHours = () => /^Ends in \W?1[12]:\d\d:\d\d/

/** A moment, whatever the visitor's clock says. */
function atMoment(endsAt: Date): RegExp {
  const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(endsAt)
  return new RegExp(`\\bUntil \\W?${moment.replaceAll(/\s/g, '\\s')}`)
}

/** The day of the world, also where it ends while a test runs. */
function onThisDay(): RegExp {
  const isLate = new Date(Date.now() + 1_800_000).getDate() !== new Date().getDate()
  return isLate ? /^(Today|Yesterday)$/ : /^Today$/
}

const entries: Entry[] = [
  {
    tag: 'rai-leaderboard',
    content: '[data-id]',
    endsSoon: inHours,
    sign: '[part~=avatar]',
    texts: ['name', 'description', 'text'],
    addresses: ['avatarUrl', 'link'],
    async fill({ community }, now, endsAt) {
      await community.tenant(async (tx) => {
        const { id } = await createMember(tx, { username: usernameOf(0), displayName: 'Only One' }, now)
        const one = { memberId: id, unit: 'currency', amount: 5, reason: 'import', key: 'one', actor: 'test' } as const
        await post(tx, [one], now)
        const board = (slug: string, more = {}) => createBoard(tx, { name: slug, slug, ...more }, now)
        const button = { enabled: true, text: 'Read the rules', link: 'https://example.com/rules' }
        const settings = { widget: { whitelistedDomains: [], size: null, button } }
        await board('full', { name: 'Full', description: 'Points of this year', periods: ['all', 'year'], settings })
        await board('one', { name: 'One', metric: 'currency', periods: ['all'] })
        // Counts coins from now on, and nobody gets any.
        await board('none', { name: 'None', metric: 'currency', startsAt: new Date(+now + 1) })
        await board('ending', { name: 'Ending', startsAt: new Date(+now - halfDay), endsAt })
      })
      return { full: 'board="full"', one: 'board="one"', empty: 'board="none"', ending: 'board="ending"' }
    },
  },
  {
    tag: 'rai-milestone',
    content: '[data-id], [part~=path]',
    endsSoon: inHours,
    sign: '[part~=milestone-button]',
    texts: ['name', 'title', 'subject', 'description'],
    addresses: ['link', 'image'],
    async fill({ community, server, site }, now, endsAt) {
      const bare = await testCommunity(server, { origin: site.origin })
      const earned = (atLeast: number) => ({ kind: 'earned', unit: 'xp', atLeast }) as const
      const friends = { kind: 'referral', atLeast: 2, link: 'https://example.com/invite' } as const
      const stage = (name: string, conditions: StageInput['conditions']): StageInput => ({
        ...{ name, description: 'Step by step.', conditions, xp: 0, currency: 10, badgeId: null },
        ...{ multipliers: [], supply: null },
      })
      let displayOrder = 0
      return community.tenant(async (tx) => {
        const milestone = async (
          name: string,
          stages: StageInput[],
          more: Omit<MilestoneInput, 'name' | 'stages'> = {},
        ) =>
          `milestone="${(await createMilestone(tx, { name, stages, displayOrder: displayOrder++, ...more }, now)).id}"`
        const one = await milestone(
          'Long trail',
          [
            stage('First steps', earned(100)),
            stage('Into the hills', { kind: 'any', conditions: [friends, { kind: 'streak', days: 7 }] }),
            stage('Summit', earned(1000)),
          ],
          { description: 'From the first step to the top.', icon: '🥾', labels: ['Hikes'] },
        )
        const ending = await milestone('This week', [stage('Three hikes', earned(30))], { endsAt, labels: ['Short'] })
        for (let n = 1; n <= 6; n++) await milestone(`Peak ${n}`, [stage('Up', earned(n * 10))])
        return { full: '', one, empty: `api-key="${bare.publishableKey}"`, ending }
      })
    },
  },
  {
    tag: 'rai-store',
    content: '[data-id]',
    endsSoon: atMoment,
    sign: '[part~=name]',
    texts: ['name', 'title', 'description'],
    addresses: ['url'],
    async fill({ server, community }, now, endsAt) {
      let pictured = ''
      const attributes = await community.tenant(async (tx) => {
        let displayOrder = 0
        await changeStore(tx, { isEnabled: true, title: 'The hut', description: 'For who walked far.' }, now)
        const items = Array.from({ length: 12 }, (_, n) => ({
          name: `Item ${n}`,
          description: 'Holds soup.',
          price: n * 10,
          displayOrder: n,
          ...(n % 5 === 0 && { stock: n / 5 }),
        }))
        pictured = (await createProducts(tx, items, now))[0]!.id
        const category = async (name: string, ...items: { name: string; endsAt?: Date }[]) => {
          const { id: categoryId } = await createCategory(tx, { name, displayOrder: displayOrder++ }, now)
          if (items.length)
            await createProducts(
              tx,
              items.map((item) => ({ price: 10, categoryId, displayOrder: 12 + displayOrder, ...item })),
              now,
            )
          return `category="${categoryId}"`
        }
        return {
          full: '',
          one: await category('One', { name: 'Only one' }),
          empty: await category('None'),
          ending: await category('Ending', { name: 'Ending', endsAt }),
        }
      })
      const image = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#c03' } })
        .png()
        .toBuffer()
      const of = { bearer: community.communityKey, params: { productId: pictured } }
      await ask(server, 'PUT /v1/products/{productId}/image', { ...of, form: formOf({ image }) })
      return attributes
    },
  },
  {
    tag: 'rai-socials',
    content: '[data-id]',
    endsSoon: atMoment,
    sign: '[part~=network]',
    texts: ['name', 'title', 'description', 'question', 'paidPromotion'],
    addresses: ['link', 'url'],
    fill({ community }, now, endsAt) {
      return community.tenant(async (tx) => {
        const reward = { xp: 20, currency: 5 }
        const quests: Parameters<typeof createQuest>[1][] = [
          { title: 'Watch the film', network: 'youtube', action: 'watch', proof: 'self' },
          { title: 'Show us a summit', network: 'instagram', action: 'post', proof: 'review', repeat: 'weekly' },
          { title: 'Find the word', network: 'web', action: 'code', proof: 'code', codes: ['Edelweiss'] },
          ...Array.from({ length: 6 }, (_, n) => ({
            ...({ title: `Visit hut ${n}`, network: 'web', action: 'visit', proof: 'self', repeat: 'daily' } as const),
          })),
          {
            title: 'Join before noon',
            network: 'discord',
            action: 'join',
            proof: 'self',
            endsAt: endsAt.toISOString(),
          },
        ]
        for (const [displayOrder, quest] of quests.entries())
          await createQuest(tx, { reward, description: 'As often as you like.', displayOrder, ...quest }, now)
        const of = (network: string) => `network="${network}"`
        return { full: '', one: of('youtube'), empty: of('reddit'), ending: of('discord') }
      })
    },
  },
  {
    tag: 'rai-channel',
    content: '[part~=log]',
    endsSoon: onThisDay,
    sign: '[part~=avatar]',
    texts: ['topic', 'description', 'text', 'name'],
    addresses: ['avatarUrl'],
    async fill(world) {
      const { server, community } = world
      const signedIn = await signedInAlone(world)
      const [viewer, other, third] = await Promise.all(
        [1, 2, 3].map((place) => memberPageOf(server, community, usernameOf(place))),
      )
      let order = 0
      async function opened(topic: string, said: readonly string[] = []) {
        const { id } = await openChannel(community, { topic, description: 'What we walk next.', order: order++ })
        const ids: string[] = []
        for (const [n, text] of said.entries()) ids.push((await (n % 3 === 1 ? third : other)!.say(id, text)).answer.id)
        return { id, ids }
      }
      const full = await opened('Trail talk', [
        'Who walks on **Sunday**?',
        'I do.\n\n- boots\n- soup\n- *maps*',
        '> Leave early\n\nAt six, as `always`.',
        '```\nhut  12:00\nlake 15:00\n```',
        ...Array.from({ length: 6 }, (_, n) => `Step ${n}`),
        'This one is taken back.',
      ])
      const [question, list] = full.ids
      await third!.reply(question!, 'Me too')
      await viewer!.say(full.id, 'I come along.')
      for (const one of [viewer!, third!]) await one.react(question!, '👍')
      await third!.edit(list!, 'I do, with\n\n- boots\n- soup\n- *maps*')
      await third!.remove(full.ids.at(-1)!)
      const one = await opened('Lost and found', ['A red glove at the hut.'])
      const today = await opened('Weather', ['Snow this morning.'])
      const none = await opened('Nobody yet')
      // What is new would be told once, and not at the next look.
      for (const { id } of [full, one, today]) {
        const { items } = (await viewer!.read(id)).answer
        await viewer!.seen(id, items.at(-1)!.id)
      }
      const of = ({ id }: { id: string }) => `channel="${id}" ${signedIn}`
      return { full: of(full), one: of(one), empty: of(none), ending: of(today) }
    },
  },
]

/**
 * Attributes that sign a member in to one element of a page and to no other: it has a key of its own, and with it what it
 * knows for itself.
 */
async function signedInAlone({ server, community, site }: World): Promise<string> {
  const origins = [site.origin, elsewhere(site.origin)]
  const { key, access } = await community.tenant(async (tx) => ({
    key: await createKey(tx, { kind: 'publishable', name: 'Members', origins }, new Date()),
    access: await createKey(
      tx,
      { kind: 'widget_access', name: 'Members', origins, identifiers: { 'data-username': '@username' } },
      new Date(),
    ),
  }))
  const widgetAccess = { accessId: access.accessId!, accessKey: access.key }
  const token = async () =>
    JSON.stringify({ embedToken: await embedToken(server, { ...community, widgetAccess }, usernameOf(1)) })
  site.put('/token', token, { 'Content-Type': 'application/json' })
  return `api-key="${key.key}" token-url="/token"`
}

/** A channel that shows a page of another origin, for tests of one widget at a time: it shares its tag. */
export async function framedFor(world: World): Promise<Widget> {
  const app = await startSite()
  const folder = join(import.meta.dirname, '../../packages/bridge/dist')
  for (const name of readdirSync(folder, { recursive: true }).map(String))
    if (name.endsWith('.js'))
      app.put(`/bridge/${name}`, readFileSync(join(folder, name), 'utf8'), { 'Content-Type': 'text/javascript' })
  const connecting = `<script type="module">import { connect } from '/bridge/guest/index.js'; await connect()</script>`
  const url = app.put('/app', pageOf(`<p>Two litres of water.</p>${connecting}`))
  const channel: Partial<NewChannel> = { topic: 'Packing list', type: 'iframe', order: 9, iframe: { url } }
  const { id } = await openChannel(world.community, channel)
  const shows = `channel="${id}" ${await signedInAlone(world)}`
  return {
    tag: 'rai-channel',
    name: 'rai-channel (a page)',
    content: 'iframe',
    attributes: { full: shows, one: shows, empty: shows, ending: shows },
    endsSoon: /^$/,
    sign: '',
    texts: [],
    addresses: [],
  }
}

/** Adds to a world what widgets show; answers the widgets. */
export async function fillFor(world: World): Promise<Widget[]> {
  const now = new Date()
  const endsAt = new Date(+now + halfDay)
  const widgets: Widget[] = []
  for (const { fill, endsSoon, ...widget } of entries)
    widgets.push({
      ...widget,
      name: widget.tag,
      attributes: await fill(world, now, endsAt),
      endsSoon: endsSoon(endsAt),
    })
  return widgets
}

/** A widget as a page writes it. What is said more of it wins, as the first of two attributes of one name does. */
export const tagOf = ({ tag, attributes }: Widget, shows: keyof Widget['attributes'] = 'full', more = '') =>
  `<${tag} ${more} ${attributes[shows]}></${tag}>`

/** Widgets one below the other, however far down. */
export const tagsOf = (widgets: readonly Widget[], shows?: keyof Widget['attributes'], more = '') =>
  widgets.map((widget) => tagOf(widget, shows, `loading="eager" ${more}`)).join('')

/** Until all have content. */
export const haveContent = (page: Page | FrameLocator, widgets: readonly Widget[]) =>
  Promise.all(widgets.map(({ tag, content }) => page.locator(`${tag} ${content}`).first().waitFor()))

/** A page of a stranger around some widgets, as whole as a page should be. */
export const widgetPage = (body: string, line: string) => pageOf(`<main><h1>A stranger’s page</h1>${body}</main>`, line)

export const phone: BrowserContextOptions = { viewport: { width: 400, height: 800 } }

/** Until the first one of each widget is in a state (none: it has content), has all that it asked for, and is no longer drawn. */
export async function settled(page: Page, widgets: readonly Widget[], state?: string): Promise<void> {
  const all = ['loading', 'empty', 'error', 'stale']
  const tags = widgets.map(({ tag }) => tag)
  const statesNow = () =>
    page.evaluate(
      ([tags, all]) =>
        tags.map((tag) => {
          const element = document.querySelector(`${tag}:defined`)
          return element ? all.filter((name) => element.matches(`:state(${name})`)) : ['no code']
        }),
      [tags, all] as const,
    )
  await expect.poll(statesNow).toEqual(tags.map(() => (state ? [state] : [])))
  // Compared in the page: long texts would take longer to come here than to be drawn.
  await page.evaluate(() => delete (globalThis as unknown as { before?: string }).before)
  const isStill = async () => {
    const isSame = await page.evaluate((names) => {
      const drawn = [...document.querySelectorAll(names)].map(({ shadowRoot }) => shadowRoot!.innerHTML)
      const now = `${performance.getEntriesByType('resource').length} ${drawn.join()}`
      const kept = globalThis as unknown as { before?: string }
      const isSame = now === kept.before
      kept.before = now
      return isSame
    }, tags.join())
    return isSame && !awaitsCode(page)
  }
  await expect.poll(isStill, { interval: 300 }).toBe(true)
}
