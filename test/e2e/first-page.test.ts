import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { memberCount, nameOf, startWorld } from './world.js'

const { server, site, community, line } = await startWorld()
const browser = await startBrowser()

/** What a site's own back-end does: asks for the first page and writes it into the tag. */
async function written(query: Record<string, string> = {}, attributes = '') {
  const board = `${server.url}/widget/v1/${community.publishableKey}/leaderboards/points`
  const { html } = await (await fetch(`${board}/first-page?${new URLSearchParams(query)}`)).json()
  return `<rai-leaderboard board="points" loading="eager" ${attributes}>${html}</rai-leaderboard>`
}

/** Each row as its cells' texts. */
const rowsOf = (page: Page) =>
  page
    .locator('rai-leaderboard tbody')
    .getByRole('row')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('.rank, .name, .score')].map((cell) => cell.textContent)),
    )

/** What the page saw: shifts of its layout, and how often the element said that it was there. */
const watch = `<script>
  globalThis.shifts = []
  globalThis.loads = 0
  new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true })
  addEventListener('rai-load', () => loads++)
</script>`
const seen = (page: Page) => page.evaluate('[shifts.length, loads]')

const first3 = [
  ['1', nameOf(1), '1,000'],
  ['2', nameOf(2), '990'],
  ['3', nameOf(3), '980'],
]

describe('a first page that a server wrote', () => {
  test('is a table that can be read, and looks like the element, without scripts', async () => {
    const url = site.put('/still', pageOf(await written({ limit: '10' })))
    const { page, console } = await visit(browser, url, { javaScriptEnabled: false })
    const table = page.getByRole('table', { name: 'Points, All time' })
    await table.waitFor()
    expect(await table.getByRole('columnheader').allTextContents()).toEqual(['Rank', 'Member', 'XP'])
    expect(await table.getAttribute('aria-rowcount')).toBe(String(memberCount + 1))
    expect(await rowsOf(page)).toHaveLength(10)
    expect((await rowsOf(page)).slice(0, 3)).toEqual(first3)
    const box = await page.locator('rai-leaderboard').boundingBox()
    expect([box?.height, await table.getByRole('row').nth(1).boundingBox()]).toMatchObject([480, { height: 48 }])
    expect(console).toEqual([])
  })

  test('stays until the element has rows, which then take its place: nothing moves, nothing stands there twice', async () => {
    const url = site.put('/live', pageOf(`${await written()}<p>Below</p>`, watch + line))
    let letGo = () => {}
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const { page, exceptions } = await visit(browser, url, {
      prepare: (page) => page.route(/\/widget\//, (route) => gate.then(() => route.continue())),
    })
    await page.locator('rai-leaderboard:state(loading)').waitFor()
    expect((await rowsOf(page)).slice(0, 3)).toEqual(first3)
    letGo()
    await page.getByRole('tab', { name: 'Week' }).waitFor()
    const ranks = (await rowsOf(page)).map(([rank]) => rank)
    expect(ranks).toEqual([...new Set(ranks)])
    expect(await page.getByRole('table').count()).toBe(1)
    await page.getByRole('tab', { name: 'Week' }).click()
    await page.getByRole('tab', { name: 'Week', selected: true }).waitFor()
    expect(await seen(page)).toEqual([0, 1])
    expect(exceptions).toEqual([])
  })

  test('stays for good where the API does not answer', async () => {
    const url = site.put('/alone', pageOf(await written(), watch + line))
    const { page } = await visit(browser, url, {
      prepare: (page) => page.route(/\/widget\//, (route) => route.abort()),
    })
    await page.locator('rai-leaderboard:state(error)').waitFor()
    expect((await rowsOf(page)).slice(0, 3)).toEqual(first3)
  })

  test.each([
    ['speaks the language that is asked for', { locale: 'de' }, 'Points, Gesamt', '1.000'],
    ['speaks English where it has no texts', { locale: 'xx' }, 'Points, All time', '1,000'],
    ['takes an odd tag for English', { locale: '"><b>' }, 'Points, All time', '1,000'],
  ])('%s', async (_, query, label, score) => {
    const { page } = await visit(browser, site.put('/spoken', pageOf(await written(query))), {
      javaScriptEnabled: false,
    })
    await page.getByRole('table', { name: label }).getByText(score).first().waitFor()
  })

  test('is written from right to left where the language is', async () => {
    const { page } = await visit(browser, site.put('/arabic', pageOf(await written({ locale: 'ar' }))), {
      javaScriptEnabled: false,
    })
    expect(await page.locator('[part=base]').getAttribute('dir')).toBe('rtl')
  })

  test('has its podium in the same table', async () => {
    const { page } = await visit(browser, site.put('/podium', pageOf(await written({ layout: 'podium' }))), {
      javaScriptEnabled: false,
    })
    const [first, second] = await Promise.all([1, 2].map((n) => page.locator(`.step-${n}`).boundingBox()))
    expect(second!.x).toBeLessThan(first!.x)
    expect((await rowsOf(page)).slice(0, 3)).toEqual(first3)
  })
})

describe('its styles', () => {
  const policy = (styles: string) => ({
    'Content-Security-Policy': `default-src 'none'; script-src ${server.url}; connect-src ${server.url}; style-src ${styles}`,
  })

  test('are a file, for pages whose policy allows no inline styles', async () => {
    const url = site.put('/strict', pageOf(await written(), line), policy(server.url))
    const { page, violations } = await visit(browser, url)
    await page.getByRole('tab', { name: 'Week' }).waitFor()
    expect(await violations()).toEqual([])
  })

  test('are missed until the script has come where the policy does not allow the file: the rows can be read', async () => {
    const url = site.put('/bare', pageOf(await written(), line), policy("'none'"))
    const { page, violations } = await visit(browser, url)
    await page.getByRole('tab', { name: 'Week' }).waitFor()
    expect(await violations()).toEqual(['style-src-elem'])
    expect((await rowsOf(page)).slice(0, 3)).toEqual(first3)
  })
})

test('a framed board can be read without scripts', async () => {
  const url = `${server.url}/embed/leaderboard?key=${community.publishableKey}&board=points&theme=dark`
  const { page } = await visit(browser, url, { javaScriptEnabled: false })
  await page.getByRole('table', { name: 'Points, All time' }).waitFor()
  expect((await rowsOf(page)).slice(0, 3)).toEqual(first3)
  const scheme = await page.locator('[part=base]').evaluate((base) => getComputedStyle(base).colorScheme)
  expect(scheme).toBe('dark')
})
