import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { embedToken } from '../helpers/api.js'
import { startBrowser, type Visit, visit } from './browser.js'
import { pageOf } from './site.js'
import { firstRow, queue, startWorld, tag, usernameOf, withFallback } from './world.js'

const { server, site, community, line } = await startWorld()
const browser = await startBrowser()

const waiting = line.replace('async', 'async data-consent="wait"')
const open = (html: string, prepare?: (page: Page) => Promise<unknown>) =>
  visit(browser, site.page(html), { ...(prepare && { prepare }) })
const asked = ({ requests }: Visit) => requests.filter((url) => url.startsWith(server.url))
const loaded = (page: Page) => page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))

declare const rai: (...call: unknown[]) => Promise<unknown>
declare const shifts: unknown[]
declare const answers: string[]

/** What the page has not agreed to. */
const kept = (page: Page) => page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length])

describe('a page that waits for consent', () => {
  const watch = `<script>
    globalThis.shifts = []
    new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true })
  </script>`
  const calls = `<script>
    globalThis.answers = []
    rai('on', 'rai-load', () => answers.push('loaded')).then(() => answers.push('on'))
    rai('identify', async () => { answers.push('asked'); return null }).then(() => answers.push('identify'))
  </script>`

  test('asks for nothing but the loader, keeps nothing, and shows its own content', async () => {
    const visited = await open(pageOf(withFallback, queue + calls + waiting))
    const { page, console, exceptions } = visited
    await loaded(page)
    // What consent managers call yes and no: only a true of the page itself agrees.
    for (const given of [false, 'false', 'yes', 1]) await page.evaluate((given) => rai('consent', given), given)
    await page.evaluate(() => document.body.append(document.createElement('rai-leaderboard')))
    await page.waitForLoadState('networkidle')
    expect(asked(visited)).toEqual([`${server.url}/rai.js`])
    expect(await kept(page)).toEqual(['', 0, 0])
    expect(await page.getByText('See the printed list.').isVisible()).toBe(true)
    expect(await page.evaluate(() => answers)).toEqual([])
    expect([console.filter((text) => text.startsWith('error')), exceptions]).toEqual([[], []])
  })

  test('shows the rows and answers the calls once it is given, and nothing moves', async () => {
    const { page, exceptions } = await open(
      pageOf(`${tag}<p>What stands below must not move.</p>`, watch + queue + calls + waiting.replace(' async', '')),
    )
    await loaded(page)
    await page.evaluate(() => rai('consent', true))
    await firstRow(page).waitFor()
    await expect.poll(() => page.evaluate(() => answers.toSorted())).toEqual(['asked', 'identify', 'loaded', 'on'])
    expect(await page.evaluate(() => shifts)).toEqual([])
    expect(exceptions).toEqual([])
  })

  test('takes a consent that was given before the loader came', async () => {
    const { page } = await open(pageOf(tag, `${queue}<script>rai('consent', true)</script>${waiting}`))
    await firstRow(page).waitFor()
  })

  test('goes on without a word where it is not asked for', async () => {
    const { page } = await open(pageOf(tag, `${queue}<script>rai('consent', true)</script>${line}`))
    await firstRow(page).waitFor()
  })
})

describe('a consent that is withdrawn', () => {
  test('ends every request, keeps the fallback and forgets the token; given again, all comes back', async () => {
    const identify = `<script>
      globalThis.answers = []
      rai('identify', async () => { answers.push('asked'); return null })
    </script>`
    const visited = await open(pageOf(withFallback, queue + identify + line), (page) => page.clock.install())
    const { page, exceptions } = visited
    const running = underWay(page)
    await firstRow(page).waitFor()
    await expect.poll(() => [...running].filter((url) => url.endsWith('/stream')).length).toBe(1)
    expect(await page.evaluate(() => answers)).toEqual(['asked'])

    await page.evaluate(() => rai('consent', false))
    await page.getByText('See the printed list.').waitFor()
    await expect.poll(() => quiet(page, running)).toEqual([])
    const before = asked(visited).length
    await page.clock.runFor('10:00')
    expect(asked(visited)).toHaveLength(before)

    await page.evaluate(() => rai('consent', true))
    await firstRow(page).waitFor()
    await expect.poll(() => page.evaluate(() => answers)).toEqual(['asked', 'asked'])
    expect(exceptions).toEqual([])
  })
})

describe('a consent that a member withdraws', () => {
  const own = '[part~=row-me]'

  test('asks for nothing more, and takes no other word', async () => {
    const token = JSON.stringify(await embedToken(server, community, usernameOf(3)))
    const identify = `<script>rai('identify', ${token})</script>`
    const visited = await open(pageOf(tag, queue + identify + line), (page) => page.clock.install())
    const { page } = visited
    const running = underWay(page)
    await page.locator(own).first().waitFor()
    const streams = () => [...running].filter((url) => url.endsWith('/stream')).length
    await expect.poll(streams).toBe(1)
    // What happened before the stream opened is asked for within some seconds; then nothing else is under way.
    await page.clock.runFor('00:06')
    await expect.poll(async () => [(await quiet(page, running)).length, streams()]).toEqual([1, 1])
    const before = asked(visited).length
    await expect(page.evaluate(() => rai('consent', 'no'))).rejects.toThrow('[rai] consent takes true or false')
    await page.evaluate(() => rai('consent', false))
    await expect.poll(() => quiet(page, running)).toEqual([])
    expect(asked(visited).slice(before)).toEqual([])
  })

  test('and gives again signs them in again, whichever element knows them', async () => {
    const token = await embedToken(server, community, usernameOf(3))
    const { page } = await open(pageOf(`${tag}${tag}`, queue + line))
    await firstRow(page).waitFor()
    await page.evaluate((token) => {
      const [first] = document.querySelectorAll('rai-leaderboard')
      Object.assign(first!, { getToken: async () => token })
    }, token)
    const both = page.locator(`rai-leaderboard ${own}`)
    await expect.poll(() => both.count()).toBeGreaterThan(1)
    await page.evaluate(() => rai('consent', false))
    await expect.poll(() => both.count()).toBe(0)
    await page.evaluate(() => rai('consent', true))
    await expect.poll(() => both.count()).toBeGreaterThan(1)
  })
})

test('elements that an app brings itself ask for nothing while the page is paused', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { pageSettings } from '@rai/widgets'
        pageSettings().paused = true
        import('@rai/widgets/define')
        globalThis.resume = () => Object.assign(pageSettings(), { paused: false }).dispatchEvent(new Event('change'))`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const app = site.put('/app.js', outputFiles[0]!.text, { 'Content-Type': 'text/javascript' })
  const own = withFallback.replace(' board', ` api-url="${server.url}" api-key="${community.publishableKey}" board`)
  const visited = await open(pageOf(own, `<script type="module" src="${app}"></script>`))
  const { page } = visited
  await page.locator('rai-leaderboard:defined').waitFor()
  await page.waitForLoadState('networkidle')
  expect(asked(visited)).toEqual([])
  expect(await page.getByText('See the printed list.').isVisible()).toBe(true)
  await page.evaluate(() => (globalThis as unknown as { resume(): void }).resume())
  await firstRow(page).waitFor()
})

/** Requests that have not ended, from now on. */
function underWay(page: Page): Set<string> {
  const urls = new Set<string>()
  page.on('request', (request) => urls.add(request.url()))
  for (const end of ['requestfinished', 'requestfailed'] as const)
    page.on(end as 'requestfinished', (request) => urls.delete(request.url()))
  return urls
}

/** What is still under way after another second of the page's clock. */
async function quiet(page: Page, running: Set<string>): Promise<string[]> {
  await page.clock.runFor(1000)
  return [...running]
}
