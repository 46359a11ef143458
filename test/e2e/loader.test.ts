import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { type Fault, faults, startFaultProxy } from '../helpers/fault-proxy.js'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { fillFor, haveContent, tagsOf } from './widgets.js'
import { firstRow, nameOf, queue, startWorld, tag, withFallback } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { server, site, line } = world
const browser = await startBrowser()

const open = (html: string, prepare: (page: Page) => Promise<unknown> = async () => {}) =>
  visit(browser, site.page(html), { prepare })
const chunksIn = (requests: string[]) => requests.filter((url) => /\/c\/[^/]+\.js/.test(url))
/** Something that a page's own script left on the window. */
const left = <T>(page: Page, name: string) =>
  page.evaluate((key) => (globalThis as unknown as Record<string, unknown>)[key], name) as Promise<T>

declare const rai: (...call: unknown[]) => Promise<unknown>

describe('one line and one tag', () => {
  test.each([
    ['in the head', pageOf(tag, line)],
    ['before the tag', pageOf(line + tag)],
    ['after the tag', pageOf(tag + line)],
    ['as a module', pageOf(tag + line.replace('async', 'type="module"'))],
  ])('draw the rows, the line being %s', async (_, html) => {
    const { page, exceptions } = await open(html)
    await firstRow(page).waitFor()
    expect(exceptions).toEqual([])
  })

  test('51 draw what each widget has where the page’s storage and cookies are locked', async () => {
    const { page, exceptions } = await open(pageOf(tagsOf(widgets), line), (page) =>
      page.addInitScript(() => {
        const get = () => {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        }
        for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
          Object.defineProperty(globalThis, name, { get })
        Object.defineProperty(Document.prototype, 'cookie', { get, set: get })
      }),
    )
    await haveContent(page, widgets)
    expect(exceptions).toEqual([])
  })

  test('draw the rows where names of the page shadow the globals that the loader uses', async () => {
    const shadows = '<img name="currentScript"><form name="rai"><input name="version"></form>'
    const { page, exceptions } = await open(pageOf(shadows + tag, '') + line)
    await firstRow(page).waitFor()
    expect(exceptions).toEqual([])
  })

  test('leave no cookie and nothing in storage', async () => {
    const { page } = await open(pageOf(tagsOf(widgets), line))
    await haveContent(page, widgets)
    expect(await page.context().cookies()).toEqual([])
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
  })

  test('say on the console what is missing when there is no key, and on the page that there is nothing', async () => {
    const { page, console } = await open(pageOf(tag, line.replace(/ data-key="\w+"/, '')))
    await page.getByText('Not available here').waitFor()
    await page.locator('rai-leaderboard:state(error)').waitFor()
    expect(console.filter((text) => text.startsWith('error: [rai]'))).toEqual([
      `error: [rai] No data-key: ${server.url}/rai.js`,
    ])
  })
})

describe('only what the page has', () => {
  test('a page without a tag fetches the loader and nothing else', async () => {
    const { page, requests } = await open(pageOf('<p>No widget here.</p>', line))
    await page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))
    await page.waitForLoadState('networkidle')
    expect(requests.filter((url) => url.startsWith(server.url))).toEqual([`${server.url}/rai.js`])
  })

  test('a tag far below is loaded when it comes near, and not before', async () => {
    const { page, requests } = await open(pageOf(`<div style="height: 3000px"></div>${tag}`, line))
    await page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))
    await page.waitForLoadState('networkidle')
    expect(chunksIn(requests)).toEqual([])
    await page.mouse.wheel(0, 2300)
    await firstRow(page).waitFor()
  })

  test('a tag far below with loading="eager" is loaded at once', async () => {
    const eager = tag.replace(' board', ' loading="eager" board')
    const { page } = await open(pageOf(`<div style="height: 3000px"></div>${eager}`, line))
    await page.locator('rai-leaderboard:defined').waitFor({ state: 'attached' })
  })

  test('a tag inside a hidden part is loaded when it is shown', async () => {
    const { page, requests } = await open(pageOf(`<div id="tab" hidden>${tag}</div>`, line))
    await page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))
    await page.waitForLoadState('networkidle')
    expect(chunksIn(requests)).toEqual([])
    await page.locator('#tab').evaluate((tab) => tab.removeAttribute('hidden'))
    await firstRow(page).waitFor()
  })
})

describe('what a tag will show', () => {
  test('is asked for while its code is on its way, and only once', async () => {
    let held = { letGo: () => {}, waiting: () => 0 }
    const { page, requests } = await open(pageOf(tag, line), async (page) => {
      held = await hold(page, /\/c\/(?!commands)/)
    })
    const rows = () => requests.filter((url) => url.includes('/leaderboards/points/rows'))
    await expect.poll(() => [held.waiting() > 0, rows().length]).toEqual([true, 1])
    held.letGo()
    await firstRow(page).waitFor()
    await page.locator('rai-leaderboard').getByText(nameOf(5)).waitFor()
    expect(rows()).toHaveLength(1)
  })

  test('is asked for again by the element when it could not be had so early', async () => {
    let times = 0
    const { page, exceptions } = await open(pageOf(tag, line), (page) =>
      page.route(/\/rows\?/, (route) => (times++ === 0 ? route.abort() : route.continue())),
    )
    await firstRow(page).waitFor()
    expect([times > 1, exceptions]).toEqual([true, []])
  })

  test('is asked for again by the element when the code came so late that it is old', async () => {
    let held = { letGo: () => {}, waiting: () => 0 }
    const { page, requests } = await open(pageOf(tag, line), async (page) => {
      await page.clock.install()
      held = await hold(page, /\/c\/(?!commands)/)
    })
    const rows = () => requests.filter((url) => url.includes('/leaderboards/points/rows')).length
    await expect.poll(() => [held.waiting() > 0, rows()]).toEqual([true, 1])
    await page.clock.fastForward(5000)
    held.letGo()
    await firstRow(page).waitFor()
    expect(rows()).toBe(2)
  })

  test('is left to the element where that has settings of its own', async () => {
    let held = { letGo: () => {}, waiting: () => 0 }
    const own = tag.replace('board=', 'period="week" board=')
    const { page, requests } = await open(pageOf(own, line), async (page) => {
      held = await hold(page, /\/c\/(?!commands)/)
    })
    await expect.poll(held.waiting).toBeGreaterThan(1)
    expect(requests.filter((url) => url.includes('/widget/'))).toEqual([])
    held.letGo()
    await page.locator('rai-leaderboard:defined').waitFor()
  })
})

describe('tags that come and go', () => {
  test('a tag that comes late is drawn', async () => {
    const { page } = await open(pageOf('<main></main>', line))
    await page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))
    await page.locator('main').evaluate((main) => {
      const element = document.createElement('rai-leaderboard')
      element.setAttribute('board', 'points')
      main.append(element)
    })
    await firstRow(page).waitFor()
  })

  test('a tag that moves keeps its rows', async () => {
    const { page, exceptions } = await open(pageOf(`${tag}<footer></footer>`, line))
    await firstRow(page).waitFor()
    await page.evaluate(() => document.querySelector('footer')!.append(document.querySelector('rai-leaderboard')!))
    await page.locator('footer rai-leaderboard').getByText(nameOf(1)).first().waitFor()
    expect(exceptions).toEqual([])
  })

  test('a tag in a shadow root is drawn once the root is scanned', async () => {
    const { page } = await open(pageOf('<div id="host"></div>', line))
    await page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))
    await page.evaluate(async () => {
      const root = document.querySelector('#host')!.attachShadow({ mode: 'open' })
      await rai('scan', root)
      const element = document.createElement('rai-leaderboard')
      element.setAttribute('board', 'points')
      root.append(element)
    })
    await firstRow(page).waitFor()
  })
})

describe('commands', () => {
  test('that were given before the loader came are answered in order', async () => {
    const calls = `<script>
      globalThis.answers = []
      const note = (name) => (answer) => answers.push([name, typeof answer])
      rai('configure', { theme: 'dark' }).then(note('configure'))
      rai('on', 'rai-load', () => { globalThis.loaded = true }).then(note('on'))
      rai('nonsense').catch(note('nonsense'))
      rai('logout').then(note('logout'))
    </script>`
    const { page } = await open(pageOf(queue + calls + tag, line))
    await page.waitForFunction(() => (globalThis as unknown as { loaded?: boolean }).loaded)
    expect(await left(page, 'answers')).toEqual([
      ['configure', 'undefined'],
      ['on', 'function'],
      ['nonsense', 'object'],
      ['logout', 'undefined'],
    ])
    expect(
      await page.evaluate(
        () => (globalThis as unknown as Record<symbol, { theme: string }>)[Symbol.for('rai.settings')]!.theme,
      ),
    ).toBe('dark')
  })

  test('with what they do not take are rejected in words', async () => {
    const { page } = await open(pageOf('', line))
    await page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))
    const messages = await page.evaluate(() => {
      const calls = [
        ['identify'],
        ['identify', ''],
        ['configure'],
        ['configure', { tema: 'dark' }],
        ['on', 'rai-load'],
        ['scan', 'x'],
        ['constructor'],
      ]
      return Promise.all(calls.map((call) => rai(...call).then(String, (error: Error) => error.message)))
    })
    expect(messages).toEqual([
      '[rai] identify takes an embed token, an address, or a function that answers a token',
      '[rai] identify takes an embed token, an address, or a function that answers a token',
      '[rai] configure takes key, api, tokenUrl, theme, locale, not undefined',
      '[rai] configure takes key, api, tokenUrl, theme, locale, not tema',
      '[rai] on takes the name of an event and a function',
      '[rai] scan takes a shadow root',
      '[rai] Unknown command "constructor"',
    ])
  })

  test('work again after their code could not be had', async () => {
    let broken = true
    const { page } = await open(pageOf('', line), (page) =>
      page.route(/\/c\/commands-/, (route) => (broken ? route.abort() : route.continue())),
    )
    await page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))
    const call = () =>
      page.evaluate(() =>
        rai('logout').then(
          () => 'done',
          () => 'failed',
        ),
      )
    expect(await call()).toBe('failed')
    broken = false
    expect(await call()).toBe('done')
  })

  test('that are not known are rejected', async () => {
    const { page } = await open(pageOf('', line))
    await page.waitForFunction(() => 'rai' in globalThis && 'version' in (rai as object))
    const message = await page.evaluate(() => rai('identfy').catch((error: Error) => error.message))
    expect(message).toBe('[rai] Unknown command "identfy"')
  })
})

describe('48 two loaders on a page', () => {
  test('of the same version work as one', async () => {
    const { page, console, exceptions } = await open(pageOf(tag, line + line.replace('/rai.js', '/v1/rai.js')))
    await firstRow(page).waitFor()
    expect(console.filter((text) => text.includes('[rai]'))).toEqual([])
    expect(exceptions).toEqual([])
  })

  test('of different versions leave the first one, and tell the page once', async () => {
    const script = readFileSync(join(import.meta.dirname, '../../packages/loader/dist/rai.js'), 'utf8')
    const { version } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../packages/loader/package.json'), 'utf8'),
    )
    for (const other of ['7.0.0', '8.0.0'])
      site.put(`/${other}.js`, script.replaceAll(version, other), { 'Content-Type': 'text/javascript' })
    const listen = `<script>
      globalThis.conflicts = []
      addEventListener('rai-version-conflict', ({ running, refused }) => conflicts.push({ running, refused }), true)
    </script>`
    const others = '<script src="/7.0.0.js"></script><script src="/8.0.0.js"></script>'
    const { page, exceptions } = await open(pageOf(listen + line.replace(' async', '') + others + tag))
    await firstRow(page).waitFor()
    expect(await left(page, 'conflicts')).toEqual([{ running: version, refused: '7.0.0' }])
    expect(await page.evaluate(() => (rai as unknown as { version: string }).version)).toBe(version)
    expect(exceptions).toEqual([])
  })
})

describe('when the code of a tag does not come', async () => {
  const proxy = await startFaultProxy(server.url)
  afterAll(proxy.stop)
  const brokenLine = line.replace(server.url, proxy.url).replace('data-key', `data-api="${server.url}" data-key`)
  const listen = `<script>
    globalThis.errors = []
    addEventListener('rai-error', ({ target, code }) => errors.push([target.localName, code]))
  </script>`

  const chunk = '/c/rai-leaderboard'
  const asked = () => proxy.seen.filter(({ path }) => path.startsWith(chunk)).length
  const failures = (page: Page) => left<unknown[]>(page, 'errors')

  /** Opens a page whose chunk goes wrong, and moves its clock until the loader has given up. */
  async function openBroken(fault: Fault, body = withFallback) {
    proxy.fail(fault, chunk)
    const before = asked()
    const visited = await open(pageOf(listen + body, brokenLine), (page) => page.clock.install())
    await expect.poll(asked).toBeGreaterThan(before)
    // In small steps: what goes over the network takes its time by another clock.
    const givenUp = async () => {
      await visited.page.clock.runFor(200)
      return (await failures(visited.page)).length
    }
    await expect.poll(givenUp, { timeout: 30_000 }).toBe(1)
    return visited
  }

  test.each([
    ['is refused', faults.reset],
    ['is a 500', faults.error500],
    ['is a page of somebody else', faults.portal],
    ['does not answer within ten seconds', faults.hang],
  ])('because it %s: fallback, event and one line on the console', async (_, fault) => {
    const { page, console, exceptions } = await openBroken(fault)
    expect(await failures(page)).toEqual([['rai-leaderboard', 'network']])
    expect(await page.getByText('See the printed list.').isVisible()).toBe(true)
    const lines = console.filter((text) => text.includes('[rai]'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(`error: [rai] <rai-leaderboard>: ${proxy.url}/c/rai-leaderboard-`)
    expect(exceptions).toEqual([])
  })

  test('it is asked for twice', async () => {
    const before = asked()
    await openBroken(faults.error500)
    expect(asked() - before).toBe(2)
  })

  test('an empty tag says so itself', async () => {
    const { page } = await openBroken(faults.error500, tag)
    const text = () =>
      page.locator('rai-leaderboard').evaluate((element) => getComputedStyle(element, '::before').content)
    await expect.poll(text).toBe('"This could not be loaded."')
  })

  test('the second try succeeds when the fault is over', async () => {
    proxy.fail(undefined)
    proxy.fail(faults.error500, '/c/')
    const before = asked()
    const { page } = await open(pageOf(withFallback, brokenLine))
    await expect.poll(asked).toBeGreaterThan(before)
    proxy.fail(undefined, '/c/')
    await firstRow(page).waitFor()
    expect(await page.getByText('See the printed list.').isVisible()).toBe(false)
  })

  test('it is tried again when the visitor is back online', async () => {
    const { page } = await openBroken(faults.reset)
    proxy.fail(undefined, chunk)
    await page.evaluate(() => dispatchEvent(new Event('online')))
    for (let second = 0; second < 4; second++) await page.clock.runFor(1000)
    await firstRow(page).waitFor()
  })

  test('code that comes after ten seconds still works', async () => {
    const held: (() => void)[] = []
    const { page, console } = await openBroken((_, pass) => held.push(pass))
    expect(console.filter((text) => text.includes('timeout'))).toHaveLength(1)
    proxy.fail(undefined, chunk)
    for (const pass of held) pass()
    await firstRow(page).waitFor()
  })
})

/** Lets requests of a page wait until they are let go. */
async function hold(page: Page, addresses: RegExp) {
  let waiting = 0
  let letGo = () => {}
  const gate = new Promise<void>((open) => {
    letGo = open
  })
  await page.route(addresses, async (route) => {
    waiting++
    await gate
    await route.continue()
  })
  return { letGo, waiting: () => waiting }
}

describe('a part that never comes', () => {
  /** Waits for the first row while the page's clock runs, in small steps: the network has a clock of its own. */
  async function rowsWithout(part: RegExp, html: string) {
    const { page, exceptions } = await open(pageOf(html, line), async (page) => {
      await page.clock.install()
      await page.route(part, () => {})
    })
    const seen = async () => {
      await page.clock.runFor(200)
      return firstRow(page).isVisible()
    }
    await expect.poll(seen).toBe(true)
    expect(exceptions).toEqual([])
    return page
  }

  test('leaves a list in English where it is the language', async () => {
    const page = await rowsWithout(/\/c\/de-/, tag.replace(' board', ' locale="de" board'))
    expect(await page.locator('rai-leaderboard').getByRole('tab', { name: 'All time' }).count()).toBe(1)
  })

  test('leaves a list without a podium', async () => {
    const page = await rowsWithout(/\/c\/layouts-/, tag)
    expect(await page.locator('rai-leaderboard [part~=podium]').count()).toBe(0)
  })

  test('leaves the first rows where it is what one does with them', async () => {
    const page = await rowsWithout(/\/c\/interaction-/, tag.replace(' board', ' layout="table" board'))
    expect(await page.locator('rai-leaderboard [part~=row]').count()).toBe(12)
  })
})

describe('layout', () => {
  const watch = `<script>
    globalThis.shifts = []
    const where = ({ node, previousRect: from, currentRect: to }) => [node?.nodeName, from.y, from.height, to.y, to.height]
    new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ sources }) => sources.map(where))))
      .observe({ type: 'layout-shift', buffered: true })
  </script>`
  const reserve = '<style>rai-leaderboard:not(:defined) { display: block; min-block-size: 30rem }</style>'
  const below = '<p>What stands below must not move.</p>'

  test.each([
    ['after the loader has come, however late code and rows are', '', /\/c\/|\/widget\//],
    ['at all on a page that reserves the height as documented, however late the loader is', reserve, /rai\.js/],
  ])('nothing moves %s', async (_, style, late) => {
    let held = { letGo: () => {}, waiting: () => 0 }
    const { page } = await open(
      pageOf(tag + below, watch + style + line.replace(' async', style && ' async')),
      async (page) => {
        held = await hold(page, late)
      },
    )
    await page.getByText('must not move').waitFor()
    await expect.poll(held.waiting).toBeGreaterThan(0)
    held.letGo()
    await firstRow(page).waitFor()
    expect(await left(page, 'shifts')).toEqual([])
  })
})

describe('56 the back/forward cache', () => {
  const elsewhere = site.put('/elsewhere', pageOf('<p>Elsewhere</p>'))
  const all = tagsOf(widgets)

  /** Leaves the page and comes back; answers why the browser could not keep it. Here it never can: the headless shell keeps no page. */
  async function reasonsAfterReturn(html: string) {
    const { page } = await open(`${html}<a href="${elsewhere}">Leave</a>`)
    const reasons: string[] = []
    const devtools = await page.context().newCDPSession(page)
    devtools.on('Page.backForwardCacheNotUsed', ({ notRestoredExplanations }) =>
      reasons.push(...notRestoredExplanations.map(({ reason }) => reason)),
    )
    await devtools.send('Page.enable')
    if (html.includes(all)) await haveContent(page, widgets)
    await page.getByText('Leave', { exact: true }).click()
    await page.getByText('Elsewhere').waitFor()
    await page.evaluate(() => void setTimeout(() => history.back()))
    await page.getByText('Leave', { exact: true }).waitFor()
    return reasons.filter(
      (reason) => !['BackForwardCacheDisabledForDelegate', 'BrowsingInstanceNotSwapped'].includes(reason),
    )
  }

  test('can keep a page with live widgets', async () => {
    expect(await reasonsAfterReturn(pageOf(all, line))).toEqual([])
  })

  test('cannot keep a page that listens to unload, which shows that we would see it', async () => {
    const html = pageOf('<p>Old</p><script>addEventListener("unload", () => {})</script>')
    expect(await reasonsAfterReturn(html)).not.toEqual([])
  })
})
