import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { faults, startFaultProxy } from '../helpers/fault-proxy.js'
import { startBrowser, visit } from './browser.js'
import { fillFor, framedFor, phone, settled, tagOf, tagsOf, widgetPage } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const framed = await framedFor(world)
const { server, site, line } = world
const silence = await startFaultProxy(server.url)
silence.fail(faults.hang)
afterAll(silence.stop)
const browser = await startBrowser()

const silent = line.replace('data-key', `data-api="${silence.url}" data-key`)

/** The parts of all widgets of a page, by the widget. */
const partsOf = (page: Page, selector = '*') =>
  widgets.map(({ tag }) => ({ tag, parts: page.locator(`${tag} ${selector}`) }))

describe('63 widgets', () => {
  const address = site.put('/widgets', widgetPage(tagsOf(widgets), line))
  const waiting = site.put('/waiting', widgetPage(tagsOf(widgets), silent))

  test.each([
    ['waiting', waiting, 'loading'],
    ['full', address, undefined],
  ])('move nothing where less motion is wanted: %s', async (_, url, state) => {
    const { page } = await visit(browser, url, { ...phone, reducedMotion: 'reduce' })
    await settled(page, widgets, state)
    // What follows a scrollbar moves only with the visitor's own hand.
    const running = (tag: string) =>
      page.locator(tag).evaluate((element) => {
        const all = element.shadowRoot!.getAnimations()
        return all.filter(({ playState, timeline }) => playState === 'running' && timeline === document.timeline).length
      })
    for (const { tag } of widgets) await expect.poll(() => running(tag), { message: tag }).toBe(0)
  })

  test('show where the focus is, and what is chosen, in forced colours', async () => {
    const { page } = await visit(browser, address, { ...phone, forcedColors: 'active' })
    await settled(page, widgets)
    const focused: Record<string, number> = {}
    for (;;) {
      await page.keyboard.press('Tab')
      const { tag, ring } = await page.evaluate(() => {
        const inner = document.activeElement?.shadowRoot?.activeElement
        const tag = document.activeElement!.localName
        if (!inner) return { tag }
        // A box around a field may show the focus for it.
        for (let at: Element | null = inner; at; at = at.parentElement) {
          const { outlineStyle, outlineWidth } = getComputedStyle(at)
          if (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1) return { tag, ring: outlineStyle }
        }
        return { tag, ring: `none on ${inner.outerHTML.slice(0, 100)}` }
      })
      if (ring === undefined) break
      expect(ring, tag).toMatch(/^(solid|auto)$/)
      focused[tag] = (focused[tag] ?? 0) + 1
    }
    for (const { tag } of widgets) expect(focused[tag], tag).toBeGreaterThan(1)
    for (const { tag, parts } of partsOf(page, '[aria-selected]')) {
      const tabs = await parts.evaluateAll((all) =>
        all.map((tab) => `${tab.getAttribute('aria-selected')} ${getComputedStyle(tab).backgroundColor}`),
      )
      expect(new Set(tabs).size, tag).toBe(new Set(tabs.map((tab) => tab.split(' ')[0])).size)
    }
  })

  test.each([
    ['320 pixels', { viewport: { width: 320, height: 640 } }],
    ['1280 by 1024 pixels, four times as large', { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 }],
  ])('need no scrolling in two directions on %s', async (_, options) => {
    const { page } = await visit(browser, address, options)
    await settled(page, widgets)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
    for (const { tag, parts } of partsOf(page)) {
      const both = await parts.evaluateAll(
        (all) =>
          all.filter((inner) => {
            const { overflowX, overflowY } = getComputedStyle(inner)
            const scrolls = (overflow: string) => overflow === 'auto' || overflow === 'scroll'
            return (
              scrolls(overflowX) &&
              scrolls(overflowY) &&
              inner.scrollWidth > inner.clientWidth &&
              inner.scrollHeight > inner.clientHeight
            )
          }).length,
      )
      expect(both, tag).toBe(0)
    }
  })
})

describe.each([...widgets, framed])('<$name> that throws while it is drawn', (widget) => {
  test('harms neither its neighbour nor the page', async () => {
    const html = widgetPage(`${tagOf(widget)}${tagOf(widget, 'one')}<output></output>`, line)
    const { page, exceptions, console } = await visit(browser, site.put(`/${widget.tag}-throws`, html), phone)
    await settled(page, [widget])
    await page.evaluate((tag) => {
      const [first] = document.querySelectorAll<HTMLElement & { render(): unknown; requestUpdate(): void }>(tag)
      first!.render = () => {
        throw new Error('planted')
      }
      first!.requestUpdate()
      addEventListener('rai-error', ({ target }) => {
        document.querySelector('output')!.textContent = (target as Element).localName
      })
    }, widget.tag)
    await page.locator('output').getByText(widget.tag).waitFor()
    await page.locator(widget.tag).last().locator(widget.content).first().waitFor()
    expect(console.filter((text) => text.includes('could not draw itself'))).not.toEqual([])
    expect(exceptions).toEqual([])
  })
})
