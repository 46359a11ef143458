import type { CDPSession, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { fillFor, phone, settled, tagOf, type Widget, widgetPage } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { site, line } = world
const browser = await startBrowser()

const lives = 1000
const warmUp = 50

/** What of a widget is in memory: instances, and what the page's nodes, listeners and objects amount to. */
async function measure(devtools: CDPSession, tag: string) {
  await devtools.send('HeapProfiler.collectGarbage')
  await devtools.send('HeapProfiler.collectGarbage')
  const objectGroup = 'measure'
  const expression = `customElements.get('${tag}').prototype`
  const { result } = await devtools.send('Runtime.evaluate', { expression, objectGroup })
  const { objects } = await devtools.send('Runtime.queryObjects', { prototypeObjectId: result.objectId!, objectGroup })
  const { result: count } = await devtools.send('Runtime.callFunctionOn', {
    objectId: objects.objectId!,
    functionDeclaration: 'function () { return this.length }',
  })
  await devtools.send('Runtime.releaseObjectGroup', { objectGroup })
  await devtools.send('HeapProfiler.collectGarbage')
  const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  return { instances: count.value as number, nodes, listeners: jsEventListeners, heap: usedSize }
}

/** Puts a copy of the page's widget there, lets it draw all that it shows, and takes it away, so many times. */
const live = (page: Page, { tag, content }: Pick<Widget, 'tag' | 'content'>, times: number) =>
  page.evaluate(
    async ([name, selector, count]) => {
      const model = document.querySelector(name)!
      for (let n = 0; n < count; n++) {
        const element = model.cloneNode() as HTMLElement & { updateComplete: Promise<unknown> }
        model.after(element)
        await element.updateComplete
        while (selector && !element.shadowRoot!.querySelector(selector)) await new Promise((soon) => setTimeout(soon))
        element.remove()
      }
    },
    [tag, content, times] as const,
  )

describe.each(widgets)('54 <$name>', (widget) => {
  test('leaves nothing behind after a thousand lives', { timeout: 240_000 }, async () => {
    const page = await open(widget)
    const devtools = await page.context().newCDPSession(page)
    await live(page, widget, warmUp)
    // What the first of them have asked for is no other's.
    await settled(page, [widget])
    const before = await measure(devtools, widget.tag)
    await live(page, widget, lives)
    const grown = async () => {
      const after = await measure(devtools, widget.tag)
      return {
        // The one that stands there, and one that the garbage collector may not have reached.
        instances: Math.max(2, after.instances),
        listeners: Math.max(0, after.listeners - before.listeners),
        nodes: Math.max(20, after.nodes - before.nodes),
        bytesEach: Math.max(1024, Math.round((after.heap - before.heap) / lives)),
      }
    }
    // What waits for a timer is let go with it.
    await expect.poll(grown).toEqual({ instances: 2, listeners: 0, nodes: 20, bytesEach: 1024 })
  })

  test('keeps its content and adds no listener when it is moved a hundred times', async () => {
    const page = await open(widget)
    const devtools = await page.context().newCDPSession(page)
    const move = () =>
      page.evaluate((name) => {
        const element = document.querySelector(name)!
        const [main, aside] = [document.querySelector('main')!, document.querySelector('aside')!]
        for (let n = 0; n < 100; n++) (n % 2 ? main : aside).append(element)
      }, widget.tag)
    const drawn = page.locator(`${widget.tag} ${widget.content}`)
    await move()
    await settled(page, [widget])
    // Before it is measured: the tool that looks adds listeners of its own.
    const content = await drawn.count()
    expect(content).toBeGreaterThan(0)
    const before = await measure(devtools, widget.tag)
    await move()
    await settled(page, [widget])
    expect(await drawn.count()).toBe(content)
    const grown = async () => {
      const { instances, listeners } = await measure(devtools, widget.tag)
      return { instances, more: Math.max(0, listeners - before.listeners) }
    }
    await expect.poll(grown).toEqual({ instances: 1, more: 0 })
  })
})

test('54 an element that leaves something behind is seen', async () => {
  const page = await open(widgets[0]!)
  const devtools = await page.context().newCDPSession(page)
  await page.evaluate(() => {
    class Leaking extends HTMLElement {
      connectedCallback() {
        addEventListener('resize', () => this.remove())
      }
    }
    customElements.define('leaking-element', Leaking)
    document.body.append(document.createElement('leaking-element'))
  })
  const before = await measure(devtools, 'leaking-element')
  await live(page, { tag: 'leaking-element', content: '' }, warmUp)
  const { instances, listeners } = await measure(devtools, 'leaking-element')
  expect([instances, listeners - before.listeners]).toEqual([warmUp + 1, warmUp])
})

/** A page with one of a widget, which has all that it shows. */
async function open(widget: Widget): Promise<Page> {
  const html = widgetPage(`${tagOf(widget)}<aside></aside>`, line)
  const { page } = await visit(browser, site.put('/lives', html), phone)
  await settled(page, [widget])
  return page
}
