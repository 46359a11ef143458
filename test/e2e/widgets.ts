import type { BrowserContextOptions, FrameLocator, Page } from 'playwright-core'
import sharp from 'sharp'
import { expect } from 'vitest'
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
import { ask, formOf } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { awaitsCode } from './browser.js'
import { pageOf } from './site.js'
import { usernameOf, type World } from './world.js'

/** What the tests that every widget must pass need to know of one. */
export interface Widget {
  tag: string
  /** The attributes that make it show much, one thing, nothing, and something that ends in twelve hours. */
  attributes: Record<'full' | 'one' | 'empty' | 'ending', string>
  /** What is drawn only where there is content. */
  content: string
  /** What it says of the thing that ends. */
  endsSoon: RegExp
  /** Where the sign that a name is made of is seen as a whole. */
  sign: string
  /** Fields of its answers that hold what people write, and addresses that people give. */
  texts: string[]
  addresses: string[]
}

/** A new element is one entry here. */
interface Entry extends Omit<Widget, 'attributes' | 'endsSoon'> {
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
]

/** Adds to a world what widgets show; answers the widgets. */
export async function fillFor(world: World): Promise<Widget[]> {
  const now = new Date()
  const endsAt = new Date(+now + halfDay)
  const widgets: Widget[] = []
  for (const { fill, endsSoon, ...widget } of entries)
    widgets.push({ ...widget, attributes: await fill(world, now, endsAt), endsSoon: endsSoon(endsAt) })
  return widgets
}

/** A widget as a page writes it. */
export const tagOf = ({ tag, attributes }: Widget, shows: keyof Widget['attributes'] = 'full', more = '') =>
  `<${tag} ${attributes[shows]} ${more}></${tag}>`

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
