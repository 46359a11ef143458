import type { BrowserContextOptions, Page } from 'playwright-core'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { addStateBoards } from '../../demo/boards.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { axeOn } from './axe.js'
import { startBrowser, visit } from './browser.js'
import { startDemo } from './demo.js'

/** The demo's page of all states, with a member who scored in each season. */
const { demo, community } = await startDemo()
await community.tenant(async (tx) => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
  const { id } = await createMember(tx, { username: 'amara', displayName: 'Amara Okafor' }, daysAgo(200))
  for (const days of [0, 10, 100]) {
    const move = { memberId: id, unit: 'xp', amount: 300, reason: 'import', key: `${days}`, actor: 'test' } as const
    await post(tx, [move], daysAgo(days))
  }
  await createBoard(tx, { name: 'Trail points', slug: 'trail-points', periods: ['all', 'week'] }, new Date())
})
await addStateBoards(demo)
const browser = await startBrowser()

/** By the captions of that page: what must be read there. */
const states: Record<string, (string | RegExp)[]> = {
  'Not started': ['Not started yet', /^Ranking begins /, /^Starts in /],
  'In review: over, and not final yet': ['Amara Okafor', /^In review, final in /],
  Ended: ['Amara Okafor', 'Ended'],
  Empty: ['No scores yet', 'The first one to score leads the list.'],
  'The gateway answers 502': ['That did not work', 'Try again'],
  'The connection breaks': ['No connection', 'Try again'],
  'Works for three seconds, then breaks: the rows stay, with their time': [
    'Amara Okafor',
    /^As of \W?\d+:\d\d/,
    'Try again',
  ],
  'A board that is not there': ['Nothing here', /^Reference /],
  'A key that is not known': ['Not available here', /^Reference /],
}

const looks: Record<string, BrowserContextOptions> = {
  'light and wide': { colorScheme: 'light', viewport: { width: 1200, height: 900 } },
  'dark and narrow': { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
}

describe.each(Object.entries(looks))('a picture of every state, %s:', (_, look) => {
  let page: Page
  beforeAll(async () => {
    const options = { ...look, reducedMotion: 'reduce', bypassCSP: true } as const
    const prepare = (page: Page) => page.clock.install()
    page = (await visit(browser, `${demo.siteUrl}/states.html`, { ...options, prepare })).page
  })

  test.each(Object.entries(states))('%s', async (caption, texts) => {
    const figure = page.getByRole('figure', { name: caption, exact: true })
    await figure.scrollIntoViewIfNeeded()
    const widget = figure.locator('rai-leaderboard')
    for (const text of texts) {
      const words = widget.getByText(text, { exact: true }).first()
      // That rows are old is noticed at the next look, half a minute later.
      const isRead = async () => {
        await page.clock.runFor(1000)
        return words.isVisible()
      }
      await expect.poll(isRead).toBe(true)
      // Dark on light or light on dark, and nothing lies over it.
      const { channels } = await sharp(await words.screenshot()).stats()
      expect(Math.max(...channels.map(({ min, max }) => max - min))).toBeGreaterThan(90)
    }
    // Only where all of a board is to be seen it has not room enough here: then the whole is scrolled.
    const outside = await widget.evaluate((element, mayScroll) => {
      const box = element.getBoundingClientRect()
      const base = element.shadowRoot!.querySelector('.base')!
      const first = box.top - base.scrollTop
      const edge = mayScroll ? { ...box.toJSON(), top: first, bottom: first + base.scrollHeight + 2 } : box
      return [...element.shadowRoot!.querySelectorAll('*')]
        .filter((node) => node.checkVisibility() && !node.closest('.scroller *, .visually-hidden'))
        .filter((node) => {
          const { left, right, top, bottom } = node.getBoundingClientRect()
          return left < edge.left || right > edge.right || top < edge.top || bottom > edge.bottom
        })
        .map(({ outerHTML }) => outerHTML.slice(0, 100))
    }, texts.includes('Amara Okafor'))
    expect(outside).toEqual([])
    expect(await axeOn(widget)).toEqual([])
  })
})
