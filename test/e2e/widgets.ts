import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { pageOf } from './site.js'
import { usernameOf, type World } from './world.js'

/**
 * What the tests that every widget must pass need to know of one. A new element is one entry here, with what it shows in
 * `fillFor`.
 */
export interface Widget {
  tag: string
  /** The attributes that make it show much, one thing, nothing, and something that ends in twelve hours. */
  attributes: Record<'full' | 'one' | 'empty' | 'ending', string>
  /** What is drawn only where there is content. */
  content: string
  /** What it says of the thing that ends. */
  endsSoon: RegExp
  /** Fields of its answers that hold what people write, and addresses that people give. */
  texts: string[]
  addresses: string[]
}

export const widgets: Widget[] = [
  {
    tag: 'rai-leaderboard',
    attributes: { full: 'board="full"', one: 'board="one"', empty: 'board="none"', ending: 'board="ending"' },
    content: '[data-id]',
    endsSoon: /^Ends in \W?1[12]:\d\d:\d\d/,
    texts: ['name', 'description', 'text'],
    addresses: ['avatarUrl', 'link'],
  },
]

/** A widget as a page writes it. */
export const tagOf = ({ tag, attributes }: Widget, shows: keyof Widget['attributes'] = 'full', more = '') =>
  `<${tag} ${attributes[shows]} ${more}></${tag}>`

/** Adds to a world what widgets show. */
export async function fillFor({ community }: World): Promise<void> {
  const now = new Date()
  const halfDay = 43_200_000
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
    await board('ending', { name: 'Ending', startsAt: new Date(+now - halfDay), endsAt: new Date(+now + halfDay) })
  })
}

/** A page of a stranger around some widgets, as whole as a page should be. */
export const widgetPage = (body: string, line: string) => pageOf(`<main><h1>A stranger’s page</h1>${body}</main>`, line)

export const phone: BrowserContextOptions = { viewport: { width: 400, height: 800 } }

/** Until the first widget is in a state (none: it has content), has all that it asked for, and is no longer drawn. */
export async function settled(page: Page, tag: string, state?: string): Promise<void> {
  const all = ['loading', 'empty', 'error', 'stale']
  const statesNow = () =>
    page
      .locator(`${tag}:defined`)
      .first()
      .evaluate((element, names) => names.filter((name) => element.matches(`:state(${name})`)), all)
  await expect.poll(statesNow).toEqual(state ? [state] : [])
  let before = ''
  const isStill = async () => {
    const now = await page.evaluate(
      (name) =>
        `${performance.getEntriesByType('resource').length} ${[...document.querySelectorAll(name)]
          .map(({ shadowRoot }) => shadowRoot!.innerHTML)
          .join()}`,
      tag,
    )
    const still = now === before
    before = now
    return still
  }
  await expect.poll(isStill, { interval: 300 }).toBe(true)
}
