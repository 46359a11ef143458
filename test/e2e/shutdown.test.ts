import type { CDPSession, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { fillFor, haveContent, tagsOf } from './widgets.js'
import { firstRow, queue, startWorld, tag } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { site, line } = world
const browser = await startBrowser()

const all = tagsOf(widgets)
/** How many streams a page with all of them has: one for who is signed in to one of them, and one for the others. */
const streamsOfAll = 2

declare const rai: ((...call: unknown[]) => Promise<unknown>) & { version?: string }
declare const answers: string[]

/** Adds the one line as a page does that begins again. */
const beginAgain = (page: Page) =>
  page.evaluate((html) => {
    const script = document.createElement('script')
    Object.assign(script, { src: /src="([^"]+)/.exec(html)![1] })
    script.dataset.key = /data-key="([^"]+)/.exec(html)![1]!
    document.head.append(script)
  }, line)

describe('a page that shuts us down', () => {
  test('has its own content back, and nothing of ours runs, asks or listens any more', async () => {
    const ownWords = all.replaceAll('></', '><p>In print.</p></')
    const { page, requests, exceptions } = await visit(
      browser,
      site.page(pageOf(`${ownWords}<div id="host"></div>`, queue + line)),
      {
        prepare: (page) => page.clock.install(),
      },
    )
    const streams = new Set<string>()
    page.on('request', (request) => request.url().endsWith('/stream') && streams.add(request.url()))
    page.on('requestfailed', (request) => streams.delete(request.url()))
    await page.evaluate(async (html) => {
      const root = document.querySelector('#host')!.attachShadow({ mode: 'open' })
      root.innerHTML = html
      Object.assign(globalThis, { answers: [] })
      await rai('scan', root)
      await rai('on', 'rai-load', () => answers.push('loaded'))
    }, ownWords)
    await haveContent(page, widgets)
    const areSeen = () => page.getByText('In print.').filter({ visible: true }).count()
    await expect.poll(areSeen).toBe(0)
    await expect.poll(() => [streams.size, requests.length > 0]).toEqual([streamsOfAll, true])

    expect(await page.evaluate(() => rai('shutdown'))).toBeUndefined()
    await expect.poll(areSeen).toBe(2 * widgets.length)
    const sheets = () =>
      [document, document.querySelector('#host')!.shadowRoot!].map(({ adoptedStyleSheets: { length } }) => length)
    expect(await page.evaluate(sheets)).toEqual([0, 0])
    const ended = async () => {
      await page.clock.runFor(1000)
      return streams.size
    }
    await expect.poll(ended).toBe(0)
    const before = requests.length
    await page.evaluate((html) => document.body.append(document.createRange().createContextualFragment(html)), all)
    await page.clock.runFor('10:00')
    await page.evaluate(() => document.dispatchEvent(new Event('rai-load')))
    expect(requests).toHaveLength(before)
    expect(exceptions).toEqual([])
  })

  test('is served anew by another script tag, which answers what was called meanwhile', async () => {
    const { page, exceptions, console } = await visit(browser, site.page(pageOf(all, line)))
    await haveContent(page, widgets)
    await page.evaluate(() => rai('shutdown'))
    for (const { tag, content } of widgets) expect(await page.locator(`${tag} ${content}`).count(), tag).toBe(0)
    await page.evaluate(() => {
      Object.assign(globalThis, { answers: [] })
      const again = rai('identify', async () => {
        answers.push('asked')
        return null
      })
      again.then(() => answers.push('answered'))
    })
    expect(await page.evaluate(() => [rai.version, answers])).toEqual([undefined, []])
    await beginAgain(page)
    await haveContent(page, widgets)
    await expect.poll(() => page.evaluate(() => answers.toSorted())).toEqual(['answered', 'asked'])
    expect(await page.evaluate(() => typeof rai.version)).toBe('string')
    expect([exceptions, console.filter((text) => text.includes('[rai]'))]).toEqual([[], []])
  })

  test('keeps nothing of who was signed in', async () => {
    const { page } = await visit(browser, site.page(pageOf(tag, queue + line)))
    await firstRow(page).waitFor()
    await page.evaluate(async () => {
      await rai('identify', () => 'eyJ.a.b')
      await rai('shutdown')
    })
    const source = () => {
      const { getToken, tokenUrl } = (globalThis as unknown as Record<symbol, Record<string, unknown>>)[
        Symbol.for('rai.settings')
      ]!
      return [getToken, tokenUrl]
    }
    expect(await page.evaluate(source)).toEqual([undefined, undefined])
  })

  test.each([
    ['the elements stay', ''],
    ['the elements go and come', 'remove'],
  ])(
    'leaves nothing behind when it begins and ends 50 times and %s',
    async (_, how) => {
      const { page, exceptions } = await visit(browser, site.page(pageOf(`<main>${tag}</main>`)))
      const devtools = await page.context().newCDPSession(page)
      const cycle = async () => {
        if (how)
          await page
            .locator('main')
            .evaluate((main, html) => main.replaceChildren(document.createRange().createContextualFragment(html)), tag)
        await beginAgain(page)
        await firstRow(page).waitFor()
        await page.evaluate(() => rai('shutdown'))
        await page.evaluate(() => document.querySelector('script')!.remove())
        if (how) await page.locator('main').evaluate((main) => main.replaceChildren())
      }
      const settled = async () => {
        await expect.poll(() => instances(devtools, 'ReadableStreamDefaultReader')).toBe(0)
        return held(devtools)
      }
      for (let warmUp = 0; warmUp < 5; warmUp++) await cycle()
      const before = await settled()
      for (let count = 0; count < 50; count++) await cycle()
      const after = await settled()
      expect(after.listeners - before.listeners).toBeLessThanOrEqual(0)
      expect(after.nodes - before.nodes).toBeLessThanOrEqual(20)
      for (const [name, count] of Object.entries(before.instances))
        expect(after.instances[name]! - count, name).toBeLessThanOrEqual(2)
      expect(exceptions).toEqual([])
    },
    120_000,
  )
})

const kinds = ['MutationObserver', 'IntersectionObserver', 'ResizeObserver', 'CSSStyleSheet', 'AbortController']

/** What lives in a page, once what nobody needs has been collected. */
async function held(devtools: CDPSession) {
  for (let times = 0; times < 2; times++) await devtools.send('HeapProfiler.collectGarbage')
  const { jsEventListeners: listeners, nodes } = await devtools.send('Memory.getDOMCounters')
  const counts: Record<string, number> = {}
  for (const kind of kinds) counts[kind] = await instances(devtools, kind)
  return { listeners, nodes, instances: counts }
}

/** How many objects of a class live. */
async function instances(devtools: CDPSession, name: string): Promise<number> {
  const { result } = await devtools.send('Runtime.evaluate', {
    expression: `${name}.prototype`,
    objectGroup: 'counted',
  })
  const { objects } = await devtools.send('Runtime.queryObjects', {
    prototypeObjectId: result.objectId!,
    objectGroup: 'counted',
  })
  const { result: length } = await devtools.send('Runtime.callFunctionOn', {
    objectId: objects.objectId!,
    functionDeclaration: 'function () { return this.length }',
    returnByValue: true,
  })
  await devtools.send('Runtime.releaseObjectGroup', { objectGroup: 'counted' })
  return length.value
}
