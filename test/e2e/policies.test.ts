import { describe, expect, test } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { fillFor, haveContent, tagsOf } from './widgets.js'
import { startWorld, tag, withFallback } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { server, site, line } = world
const browser = await startBrowser()

const nonce = 'r4nd0m'
const trusted = line.replace('async', `async nonce="${nonce}"`)
/** Lit as the page's own: it has taken the name that every copy of Lit wants. */
const ownLit = `<script nonce="${nonce}">trustedTypes.createPolicy('lit-html', { createHTML: (text) => text })</script>`
const base = [
  "default-src 'none'",
  `script-src 'nonce-${nonce}' 'strict-dynamic'`,
  "style-src 'self'",
  // The page's own back-end says who is signed in.
  `connect-src 'self' ${server.url}; img-src ${server.url}`,
]
const trustedTypes = "require-trusted-types-for 'script'"

const open = (html: string, policy: string[]) =>
  visit(browser, site.page(html, policy.length ? { 'Content-Security-Policy': policy.join('; ') } : {}))

describe('44 under a page’s security policy', () => {
  test.each([
    ['without one', line, []],
    ['of nonces and strict-dynamic', trusted, base],
    ['of styles from nowhere', trusted, [...base.slice(0, 2), "style-src 'none'", base[3]!]],
    ['of one script host, without nonces', line, ["default-src 'none'", `script-src ${server.url}`, base[3]!]],
    [
      'of trusted types, beside the page’s own Lit',
      ownLit + trusted,
      [...base, trustedTypes, 'trusted-types lit-html rai-html'],
    ],
  ])('%s, widgets work and nothing is refused', async (_, head, policy) => {
    const { page, exceptions, console, violations } = await open(pageOf(tagsOf(widgets), head), policy)
    await haveContent(page, widgets)
    await page.locator('rai-leaderboard').getByRole('tab', { name: 'Year' }).click()
    await page.locator('rai-leaderboard').getByRole('tab', { name: 'Year', selected: true }).waitFor()
    // What a click opens is code and styles that come later.
    for (const [opener, dialog] of [
      ['rai-store [part~=open-button]', 'rai-store dialog'],
      ['rai-milestone [part~=milestone-button]', 'rai-milestone dialog'],
    ] as const) {
      await page.locator(opener).first().click()
      await page.locator(dialog).locator('visible=true').waitFor()
      await page.keyboard.press('Escape')
    }
    await page.locator('rai-socials [part~=quest-button]').first().click()
    await page.locator('rai-socials [part~=quest-detail]').waitFor()
    await page.locator('rai-channel [part~=message]').last().hover()
    await page.locator('rai-channel [part~=react-button]').click()
    await page.locator('rai-channel [part~=picker]').locator('visible=true').waitFor()
    expect(await violations()).toEqual([])
    expect(exceptions).toEqual([])
    expect(console.filter((text) => text.startsWith('error:'))).toEqual([])
  })

  test.each([["trusted-types 'none'"], ['trusted-types lit-html']])(
    'that has no place for our types (%s), the page keeps its fallback and is told what to add',
    async (types) => {
      const { page, exceptions, console } = await open(pageOf(withFallback + tag, trusted), [
        ...base,
        trustedTypes,
        types,
      ])
      const told = () => console.filter((text) => text.includes('[rai]'))
      await expect.poll(() => told().length).toBe(1)
      expect(told()[0]).toContain('trusted-types rai-html')
      expect(await page.getByText('See the printed list.').isVisible()).toBe(true)
      const empty = page.locator('rai-leaderboard').last()
      expect(await empty.evaluate((element) => getComputedStyle(element, '::before').content)).toContain(
        'could not be loaded',
      )
      expect(exceptions).toEqual([])
    },
  )

  test('that isolates the page from other origins, widgets work', async () => {
    const isolated = {
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Cross-Origin-Opener-Policy': 'same-origin',
    }
    const { page, exceptions, console } = await visit(browser, site.page(pageOf(tagsOf(widgets), line), isolated))
    await haveContent(page, widgets)
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    expect([exceptions, console.filter((text) => text.startsWith('error:'))]).toEqual([[], []])
  })
})
