import type { Page, Request } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { type Fault, faults, limitedFor, readable, startFaultProxy } from '../helpers/fault-proxy.js'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { fillFor, haveContent, tagsOf, type Widget } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { server, site, line } = world
const proxy = await startFaultProxy(server.url)
afterAll(proxy.stop)
const browser = await startBrowser()

const minute = 60_000
/** So many requests of a page an origin is sent at the same time; the others wait in the browser until one ends. */
const connections = 6
/** How far the page's clock goes at once where nothing is watched closely. */
const step = 1000
const day = 86_400_000

interface Opening {
  /** What happens to every answer of the API. */
  fault?: Fault
  /** Where the page looks for the API. */
  api?: string
  /** How wrong the visitor's clock is. */
  wrongBy?: number
  shows?: keyof Widget['attributes']
}

let pages = 0

/** Opens a page with some widgets whose clock stands still until it is moved. */
async function open(shown: readonly Widget[], { fault, api = proxy.url, wrongBy = 0, shows = 'full' }: Opening = {}) {
  proxy.fail(undefined)
  if (fault) proxy.fail(readable(fault), '/widget/')
  // A whole second, as the dates of HTTP have no less.
  const start = Math.ceil(Date.now() / 1000) * 1000 + wrongBy
  const asked: string[] = []
  let waiting = 0
  const head = line.replace('data-key', `data-api="${api}" data-key`)
  const visited = await visit(browser, site.put(`/faults-${++pages}`, pageOf(tagsOf(shown, shows), head)), {
    async prepare(page) {
      await page.clock.install({ time: start - 1000 })
      await page.clock.pauseAt(start)
      const isAsked = (url: string) => url.startsWith(`${api}/widget/`)
      // Code that is on its way is waited for as well: what was asked early for it grows old.
      const isWaited = (url: string) => !url.endsWith('/stream')
      page.on('request', (request) => {
        if (isAsked(request.url())) asked.push(request.url())
        if (isWaited(request.url())) waiting++
      })
      const onEnd = (request: Request) => void (isWaited(request.url()) && waiting--)
      page.on('requestfinished', onEnd).on('requestfailed', onEnd)
    },
  })
  const { page } = visited
  const now = () => page.evaluate(() => Date.now())
  const elements = shown.map((widget) => ({ ...widget, element: page.locator(widget.tag).first() }))
  type Shown = (typeof elements)[number]
  const every = async (holds: (one: Shown) => Promise<boolean>) => {
    for (const one of elements) if (!(await holds(one))) return false
    return true
  }
  const isIn = (state: string) => (one: Shown) =>
    one.element.evaluate((element, name) => element.matches(`:state(${name})`), state)
  const hasContent = async ({ element, content }: Shown) => (await element.locator(content).count()) > 0
  return {
    ...visited,
    elements,
    asked,
    /** Whether all elements are in one of their states: `loading`, `empty`, `error`, `stale`. */
    are: (state: string) => every(isIn(state)),
    areAny: async (state: string) => !(await every(async (one) => !(await isIn(state)(one)))),
    haveContent: () => every(hasContent),
    /** Content, words with a way on, or content that says it is old. */
    areSettled: () => every(async (one) => (await isIn('error')(one)) || hasContent(one)),
    /** Milliseconds that the page has seen pass. */
    elapsed: async () => (await now()) - start,
    /**
     * Lets the page's time pass, a little at a time, until something holds. Time waits for answers that are on their way,
     * so that a slow machine is no slow network.
     */
    passes: (holds: () => Promise<boolean>, step = 100) =>
      expect
        .poll(
          async () => {
            if (await holds()) return true
            if (waiting <= proxy.hanging || proxy.hanging >= connections) await page.clock.runFor(step)
            return false
          },
          { interval: 5, timeout: 40_000 },
        )
        .toBe(true),
  }
}

type Opened = Awaited<ReturnType<typeof open>>

/** Until something is known the elements say so, at the latest half a second after they were drawn. */
async function showSomething({ elements }: Opened) {
  for (const { element, tag } of elements) {
    await element.and(element.page().locator(':defined')).waitFor()
    const shown = await element.evaluate((element) => {
      const animations = element.shadowRoot!.getAnimations()
      return {
        height: element.clientHeight,
        delay: Math.max(0, ...animations.map((one) => one.effect!.getTiming().delay!)),
      }
    })
    expect(shown.delay, tag).toBeLessThanOrEqual(500)
    expect(shown.height, tag).toBeGreaterThan(0)
    await element.locator('.skeleton, [part~=error], [part~=list]').first().waitFor()
  }
}

/** So often a page may ask within a minute while what its elements need fails. */
const most = 4
/** How often the same was asked for, at most. */
const mostOften = (urls: readonly string[]) =>
  Math.max(...urls.map((url) => urls.filter((other) => other === url).length))

const late: (() => void)[] = []

const faultsOfAnswers: Record<string, Opening> = {
  'the address has no server': { api: 'http://nowhere.test' },
  'an answer breaks off': { fault: faults.cutInBody },
  'the server fails': { fault: faults.error500 },
  'a gateway answers with a page': { fault: faults.page502 },
  'the key is refused': { fault: faults.refused401 },
  'the page is not allowed': { fault: faults.refused403 },
  'nothing is there': { fault: faults.refused404 },
  'there are too many requests, for some seconds': { fault: limitedFor(30) },
  'there are too many requests, until a time': { fault: (...all) => limitedFor(new Date(Date.now() + 30_000))(...all) },
  'answers are empty': { fault: faults.empty },
  'answers end early': { fault: faults.truncated },
  'answers have other types': { fault: faults.wrongTypes },
  'answers have ten megabytes': { fault: faults.huge },
  'answers come after a minute': {
    fault(response, pass) {
      faults.hang(response)
      late.push(pass)
    },
  },
}

describe('53 widgets on a page when', () => {
  // What was refused is not asked for again because another's answer came: each of them has a button that works.
  test.each(Object.entries(faultsOfAnswers))(
    '%s: tell within ten seconds, ask four times a minute at most, and go on when asked to',
    async (_, opening) => {
      const opened = await open(widgets, opening)
      await showSomething(opened)
      await opened.passes(opened.areSettled)
      expect(await opened.elapsed()).toBeLessThanOrEqual(10_000)
      expect(await opened.are('error')).toBe(true)
      // A step before the minute is over: one step more would reach into the next one, which has its own four.
      await opened.passes(async () => (await opened.elapsed()) > minute - 2 * step, step)
      expect(mostOften(opened.asked)).toBeLessThanOrEqual(most)
      expect(opened.asked.length).toBeLessThanOrEqual(most * widgets.length)
      for (const pass of late.splice(0)) pass()
      if (!opening.api) {
        proxy.fail(undefined)
        for (const { element } of opened.elements) await element.locator('[part~=retry-button]').click()
        await opened.passes(opened.haveContent)
      }
      expect(opened.exceptions).toEqual([])
    },
  )

  test.each([
    ['ahead', day],
    ['behind', -day],
  ])('the visitor’s clock is a day %s: show content, and the right time that is left', async (_, wrongBy) => {
    const opened = await open(widgets, { wrongBy, shows: 'ending' })
    await opened.passes(opened.haveContent)
    expect(await opened.elapsed()).toBeLessThanOrEqual(10_000)
    for (const { element, endsSoon } of opened.elements) await element.getByText(endsSoon).first().waitFor()
    expect(opened.exceptions).toEqual([])
  })

  test('the line is slow (400 ms, 50 KB/s): show content within ten seconds', async () => {
    proxy.fail(undefined)
    const { page, exceptions } = await visit(browser, site.put('/slow', pageOf(tagsOf(widgets), line)), {
      async prepare(page) {
        const devtools = await page.context().newCDPSession(page)
        await devtools.send('Network.enable')
        const speed = { downloadThroughput: 50_000, uploadThroughput: 50_000 }
        await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 400, ...speed })
      },
    })
    page.setDefaultTimeout(10_000)
    await haveContent(page, widgets)
    expect(exceptions).toEqual([])
  })

  test('the visitor goes offline later: keep their content, say that it is old, and no longer when they are back', async () => {
    const opened = await open(widgets)
    await opened.passes(opened.haveContent)
    await opened.passes(async () => opened.asked.some((url) => url.endsWith('/stream')))
    await opened.page.context().setOffline(true)
    proxy.cut()
    const before = opened.asked.length
    const start = await opened.elapsed()
    await opened.passes(async () => (await opened.elapsed()) - start >= minute, step)
    const asked = opened.asked.slice(before)
    expect(mostOften(asked)).toBeLessThanOrEqual(most)
    expect(asked.length).toBeLessThanOrEqual(most * widgets.length)
    expect([await opened.haveContent(), await opened.are('stale')]).toEqual([true, true])
    await opened.page.context().setOffline(false)
    await opened.passes(async () => !(await opened.areAny('stale')))
    expect(opened.exceptions).toEqual([])
  })

  test('the server says as a time how long to wait: ask nothing before, and then by themselves', async () => {
    await asksAgainWhenToldTo(widgets, (now) => new Date(now + 30_000))
  })
})

describe.each(widgets)('53 <$name> alone when', (widget) => {
  test('the visitor is offline at the start: says so, and goes on by itself when they are back', async () => {
    const opened = await open([widget])
    await opened.passes(opened.haveContent)
    // The code is there by now, as it is from a browser's cache; for another address nothing else is.
    const other = await startFaultProxy(server.url)
    try {
      await opened.page.context().setOffline(true)
      await opened.page
        .locator(widget.tag)
        .first()
        .evaluate((element, url) => {
          element.setAttribute('api-url', url)
          element.replaceWith(element.cloneNode())
        }, other.url)
      await showSomething(opened)
      const start = await opened.elapsed()
      await opened.passes(opened.areSettled)
      expect((await opened.elapsed()) - start).toBeLessThanOrEqual(10_000)
      expect(await opened.are('error')).toBe(true)
      await opened.page.context().setOffline(false)
      await opened.passes(opened.haveContent)
      expect(opened.exceptions).toEqual([])
    } finally {
      await other.stop()
    }
  })

  test('the server says in seconds how long to wait: asks nothing before, and then by itself', async () => {
    await asksAgainWhenToldTo([widget], () => 30)
  })

  test('the API fails and nobody can see the page: asks nothing, and once more when they can', async () => {
    const opened = await open([widget], { fault: faults.error500 })
    await opened.passes(() => opened.are('error'))
    await setVisible(opened.page, false)
    const before = opened.asked.length
    const at = await opened.elapsed()
    await opened.passes(async () => (await opened.elapsed()) - at >= 10 * minute, 10_000)
    expect(opened.asked.length).toBe(before)
    proxy.fail(undefined)
    await setVisible(opened.page, true)
    await opened.passes(opened.haveContent)
    expect(opened.exceptions).toEqual([])
  })
})

/** Opens a page whose requests are too many for half a minute. */
async function asksAgainWhenToldTo(shown: readonly Widget[], wait: (now: number) => number | Date) {
  const opened = await open(shown, {
    fault: (...all) => limitedFor(wait(Math.ceil(Date.now() / 1000) * 1000))(...all),
  })
  await opened.passes(() => opened.are('error'))
  const before = opened.asked.length
  const at = await opened.elapsed()
  await opened.passes(async () => (await opened.elapsed()) - at >= 27_000, step)
  expect(opened.asked.length).toBe(before)
  proxy.fail(undefined)
  await opened.passes(opened.haveContent)
  expect(await opened.elapsed()).toBeLessThanOrEqual(36_000)
}

/** A headless page is always seen: this says otherwise, as the browser would. */
function setVisible(page: Page, visible: boolean) {
  return page.evaluate(
    (state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
    },
    visible ? 'visible' : 'hidden',
  )
}
