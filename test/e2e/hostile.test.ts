import { describe, expect, test } from 'vitest'
import { createKey } from '../../packages/server/src/domain/keys/keys.js'
import { startBrowser, visit } from './browser.js'
import { elsewhere, pageOf } from './site.js'
import { fillFor, haveContent, phone, settled, tagsOf, widgetPage } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { site, community, line } = world
const browser = await startBrowser()

/** How often the same was asked of the API, at most; streams are not asked for. */
function mostOften(requests: readonly string[]): number {
  const asked = requests.filter((url) => url.includes('/widget/') && !url.endsWith('/stream'))
  return Math.max(0, ...asked.map((url) => asked.filter((other) => other === url).length))
}
const names = widgets.map(({ tag }) => tag)

describe('55 a page', () => {
  test('moves its elements a hundred times, and they keep their content without asking again for each move', async () => {
    const { page, requests, exceptions } = await visit(
      browser,
      site.page(pageOf(`<main>${tagsOf(widgets)}</main><footer></footer>`, line)),
    )
    await settled(page, widgets)
    const before = requests.length
    await page.evaluate((tags) => {
      for (let times = 0; times < 100; times++)
        for (const name of tags)
          document.querySelector(times % 2 ? 'main' : 'footer')!.append(document.querySelector(name)!)
    }, names)
    await haveContent(page, widgets)
    await settled(page, widgets)
    expect(mostOften(requests.slice(before))).toBeLessThanOrEqual(3)
    expect(exceptions).toEqual([])
  })

  test('gives them another parent a hundred times while they ask, and they show their content', async () => {
    const { page, requests, exceptions } = await visit(browser, site.page(pageOf(tagsOf(widgets), line)))
    for (const name of names) await page.locator(`${name}:defined`).waitFor()
    await page.evaluate(async (tags) => {
      for (let times = 0; times < 100; times++) {
        for (const name of tags) {
          const parent = document.createElement('div')
          document.body.append(parent)
          parent.append(document.querySelector(name)!)
        }
        await Promise.resolve()
      }
    }, names)
    await haveContent(page, widgets)
    await settled(page, widgets)
    expect(mostOften(requests)).toBeLessThanOrEqual(3)
    expect(exceptions).toEqual([])
  })

  test.each(widgets)(
    'changes an attribute of <$tag> a thousand times in one task, and nothing is asked for more than three times',
    async (widget) => {
      const { tag, attributes } = widget
      const { page, requests, exceptions } = await visit(
        browser,
        site.page(pageOf(`<${tag} ${attributes.one}></${tag}>`, line)),
      )
      const element = page.locator(tag)
      await settled(page, [widget])
      const [, name, value] = /^([\w-]+)="([^"]*)"/.exec(attributes.ending)!
      const before = requests.length
      await element.evaluate(
        (one, [attribute, last]) => {
          const first = one.getAttribute(attribute)!
          for (let times = 0; times < 1000; times++) one.setAttribute(attribute, times % 2 ? last : first)
        },
        [name!, value!] as const,
      )
      await settled(page, [widget])
      await haveContent(page, [widget])
      expect(mostOften(requests.slice(before))).toBeLessThanOrEqual(3)
      expect(exceptions).toEqual([])
    },
  )
})

const style = (css: string) => `<style>${css}</style>`
const sheet = (file: string) => `<link rel="stylesheet" href="${site.shipped(file)}">`

/** Style sheets as sites have them, by who wrote them. */
const sheets: Record<string, string> = {
  Bootstrap: sheet('bootstrap/dist/css/bootstrap.min.css'),
  Bulma: sheet('bulma/css/bulma.min.css'),
  'Tailwind (its preflight)': sheet('tailwindcss/preflight.css'),
  Pico: sheet('@picocss/pico/css/pico.min.css'),
  'one who shouts at everything': style(`html, body, * {
    background: yellow !important; color: red !important; cursor: wait !important; direction: ltr !important;
    font-style: italic !important; font-weight: 900 !important; letter-spacing: 4px !important; line-height: 3 !important;
    list-style: square !important; text-align: right !important; text-indent: 2em !important; text-shadow: 1px 1px red !important;
    text-transform: uppercase !important; transition: all 1s !important; white-space: pre !important; word-spacing: 9px !important;
    -webkit-text-fill-color: red !important; -webkit-text-stroke: 1px red !important;
  }`),
  'one who resets everything, and gives tags their place again': style(
    `*, *::before, *::after { all: unset } head { display: none } main, main > * { display: block }
    main > * { block-size: 30rem }`,
  ),
}

/** What every node of the page's widgets looks like: its place in the widget, and all that CSS says of it, by names that are the same for all. */
async function lookOf(head: string) {
  const own = style(`body { margin: 0 !important } main { max-inline-size: none !important; padding: 0 !important }
    main > * { --rai-font: monospace; inline-size: 340px !important }`)
  const html = widgetPage(tagsOf(widgets, 'full', 'theme="light"'), head + own + line)
  const { page, exceptions } = await visit(browser, site.page(html), { ...phone, reducedMotion: 'reduce' })
  await settled(page, widgets)
  const look = await page.evaluate(
    (tags) => {
      // How letters are smoothed belongs to the page's type, as the typeface does. Variables show in what they are used for.
      const names = [...getComputedStyle(document.body)].filter((name) => !/^(--|-webkit-font-smoothing)/.test(name))
      const nodes = tags.flatMap((tag) => {
        const element = document.querySelector(tag)!
        const at = element.getBoundingClientRect()
        const seen = [...element.shadowRoot!.querySelectorAll('*')].filter((node) => node.getClientRects().length > 0)
        return seen.map((node) => {
          const { x, y, width, height } = node.getBoundingClientRect()
          const style = getComputedStyle(node)
          const box = [x - at.x, y - at.y, width, height].map(Math.round).join(' ')
          return {
            node: `${tag} ${node.localName}.${node.classList}`,
            values: [box, ...names.map((name) => style.getPropertyValue(name))],
          }
        })
      })
      return { names: ['box', ...names], nodes }
    },
    widgets.map(({ tag }) => tag),
  )
  await page.context().close()
  expect(exceptions).toEqual([])
  return look
}

describe('49 widgets look the same on a page with the styles of', () => {
  let plain: Awaited<ReturnType<typeof lookOf>> | undefined

  test.each(Object.entries(sheets))('%s', async (_, head) => {
    plain ??= await lookOf('')
    const { names, nodes } = plain
    for (const { tag } of widgets)
      expect(nodes.filter(({ node }) => node.startsWith(tag)).length, tag).toBeGreaterThan(50)
    const styled = await lookOf(head)
    const differences = nodes.flatMap(({ node, values }, n) =>
      values.flatMap((value, at) => {
        const now = styled.nodes[n]?.values[at]
        return value === now ? [] : [`${node} ${names[at]}: ${value} became ${now}`]
      }),
    )
    expect([styled.nodes.length, differences]).toEqual([nodes.length, []])
  })
})

const script = (code: string) => `<script>${code}</script>`
const library = (file: string) => `<script src="${site.shipped(file)}"></script>`

/** What a page's own scripts and names do to the globals that we stand on. */
const globals: Record<string, string> = {
  'zone.js, which wraps whatever waits': library('zone.js/bundles/zone.umd.min.js'),
  'core-js, which puts its own in place of what it mistrusts': library('core-js-bundle/minified.js'),
  'SES, which freezes every built-in object': library('ses/dist/lockdown.umd.js') + script('lockdown()'),
  'an old Prototype, which gives arrays and strings methods of its own': script(`
    for (const { prototype } of [Array, String, Date, Number])
      prototype.toJSON = function () { return '"' + this + '"' }
    Array.prototype.each = Array.prototype.forEach
    Array.prototype.first = Array.prototype.last = Array.prototype.include = Array.prototype.clear = function () {}
    Array.prototype.entries = Array.prototype.toArray = function () { return [...this] }
    Array.from = (list) => list ? [].slice.call(list) : []
    Function.prototype.bind = function (that, ...first) {
      const bound = this
      return function (...rest) { return bound.apply(that, [...first, ...rest]) }
    }
    Element.prototype.hide = Element.prototype.show = Element.prototype.update = function () { return this }`),
  'things that everything inherits and every loop meets': script(`
    Object.prototype.$family = Object.prototype['a b'] = Object.prototype.forEach = function () {}
    Array.prototype.extra = Function.prototype.extra = String.prototype.extra = function () {}`),
  'wrappers around what loads and defines': script(`
    const { fetch: request, Promise: Native, IntersectionObserver: Observer, requestAnimationFrame: frame } = window
    window.fetch = function (...args) { return request.apply(this, args).then((answer) => answer) }
    window.Promise = class extends Native {}
    window.IntersectionObserver = class extends Observer {}
    window.requestAnimationFrame = (run) => frame.call(window, (time) => run(time))
    const define = customElements.define
    customElements.define = function (name, ...rest) { return define.call(this, name.toLowerCase(), ...rest) }
    const listen = EventTarget.prototype.addEventListener
    EventTarget.prototype.addEventListener = function (...args) { return listen.apply(this ?? window, args) }`),
  'elements that are named as globals are': [
    'fetch',
    'customElements',
    'rai',
    'RAI',
    'litNonce',
    'litHtmlVersions',
    'litElementVersions',
    'reactiveElementVersions',
    'litHtmlPolyfillSupport',
    'nanostoresGlobal',
    'name',
    'status',
    'origin',
    'settings',
    'title',
    'currentScript',
    'body',
    'location',
    'trustedTypes',
  ]
    .map((name) => `<form name="${name}"><input name="version"></form><img id="${name}" name="${name}" alt="">`)
    .join(''),
}

describe('widgets work on a page with', () => {
  test.each(Object.entries(globals))('%s', async (_, before) => {
    const { page, exceptions, console } = await visit(browser, site.page(pageOf(before + line + tagsOf(widgets))))
    await haveContent(page, widgets)
    await page.locator('rai-leaderboard').getByRole('tab', { name: 'Year' }).click()
    await page.locator('rai-leaderboard').getByRole('tab', { name: 'Year', selected: true }).waitFor()
    expect([exceptions, console.filter((text) => text.includes('[rai]'))]).toEqual([[], []])
  })
})

const frame = (address: string, more = '') => `<iframe ${more} src="${address}" width="600" height="600"></iframe>`

describe('a page without what others have', () => {
  test('51 in a frame of another site shows its widgets', async () => {
    const inner = site.page(pageOf(tagsOf(widgets), line))
    const { page, exceptions } = await visit(browser, elsewhere(site.page(pageOf(frame(inner)))))
    await haveContent(page.frameLocator('iframe'), widgets)
    expect(exceptions).toEqual([])
  })

  test('51 in a frame whose sandbox takes its origin away is not the key’s site, and says so', async () => {
    const inner = site.page(pageOf(tagsOf(widgets), line))
    const { page, exceptions } = await visit(browser, site.page(pageOf(frame(inner, 'sandbox="allow-scripts"'))))
    const framed = page.frameLocator('iframe')
    for (const { tag, content } of widgets) {
      await framed.locator(`${tag}:state(error)`).waitFor()
      expect(await framed.locator(`${tag} ${content}`).count(), tag).toBe(0)
    }
    expect(exceptions).toEqual([])
  })

  test('52 over plain http, without crypto.randomUUID, shows its widgets', async () => {
    const { key } = await community.tenant((tx) =>
      createKey(tx, { kind: 'publishable', name: 'Plain', origins: [elsewhere(site.origin)] }, new Date()),
    )
    const html = pageOf(tagsOf(widgets), line.replace(community.publishableKey, key))
    const { page, exceptions } = await visit(browser, elsewhere(site.page(html)))
    await haveContent(page, widgets)
    expect(await page.evaluate(() => [isSecureContext, 'randomUUID' in crypto])).toEqual([false, false])
    expect(exceptions).toEqual([])
  })
})
