import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { fillFor, haveContent, tagsOf } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { site, line } = world
const browser = await startBrowser()

const all = tagsOf(widgets)

const script = { 'Content-Type': 'text/javascript; charset=utf-8' }
const loaders = (requests: string[]) => requests.filter((url) => url.endsWith('/rai.js'))

/** A page that is left for another one and come back to without the browser loading anything anew. */
interface Case {
  name: string
  /** Answers the address of a page without a widget. */
  start(): string | Promise<string>
}

const cases: Case[] = [
  {
    name: 'Turbo',
    start() {
      const head = `<script src="${site.shipped('@hotwired/turbo/dist/turbo.es2017-umd.js')}"></script>${line}`
      site.put('/turbo/board', pageOf(`${all}<a href="/turbo">Home</a>`, head))
      return site.put('/turbo', pageOf('<h1>Welcome</h1><a href="/turbo/board">Board</a>', head))
    },
  },
  {
    name: 'htmx',
    start() {
      const head = `<script src="${site.shipped('htmx.org/dist/htmx.min.js')}"></script>${line}`
      const page = (content: string, to: string, text: string) =>
        pageOf(
          `<main>${content}<a href="${to}" hx-get="${to}" hx-select="main" hx-target="main" hx-swap="outerHTML" hx-push-url="true">${text}</a></main>`,
          head,
        )
      site.put('/htmx/board', page(all, '/htmx', 'Home'))
      return site.put('/htmx', page('<h1>Welcome</h1>', '/htmx/board', 'Board'))
    },
  },
  {
    name: 'React Router',
    async start() {
      const { outputFiles } = await build({
        stdin: { contents: reactApp, loader: 'jsx', resolveDir: import.meta.dirname },
        bundle: true,
        write: false,
        define: { 'process.env.NODE_ENV': '"production"' },
      })
      const app = site.put('/react/app.js', outputFiles[0]!.text, script)
      const html = pageOf(`<div id="app"></div><script src="${app}"></script>`, line)
      site.put('/react/board', html)
      return site.put('/react', html)
    },
  },
  {
    name: 'a router that puts another body in place, as Astro’s does',
    start() {
      const router = `<script>
        const go = async (to) => {
          const next = new DOMParser().parseFromString(await (await fetch(to)).text(), 'text/html')
          document.body.replaceWith(next.body)
        }
        addEventListener('popstate', () => go(location.href))
        addEventListener('click', (event) => {
          if (!event.target.matches('a')) return
          event.preventDefault()
          history.pushState(null, '', event.target.href)
          go(event.target.href)
        })
      </script>`
      site.put('/swap/board', pageOf(`${all}<a href="/swap">Home</a>`, router + line))
      return site.put('/swap', pageOf('<h1>Welcome</h1><a href="/swap/board">Board</a>', router + line))
    },
  },
]

/** Attributes as they are written, by name. */
function pairsOf(attributes: string) {
  return [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!] as const)
}

const reactApp = `
  import { createElement as h } from 'react'
  import { createRoot } from 'react-dom/client'
  import { BrowserRouter, Link, Route, Routes } from 'react-router'
  const Home = () => h('main', null, h('h1', null, 'Welcome'), h(Link, { to: '/react/board' }, 'Board'))
  const widgets = ${JSON.stringify(widgets.map(({ tag, attributes }) => [tag, Object.fromEntries(pairsOf(attributes.full))]))}
  const Board = () => h('main', null, widgets.map(([tag, attributes]) => h(tag, { key: tag, loading: 'eager', ...attributes })), h(Link, { to: '/react' }, 'Home'))
  const route = (path, element) => h(Route, { path, element: h(element) })
  createRoot(document.querySelector('#app')).render(
    h(BrowserRouter, null, h(Routes, null, route('/react', Home), route('/react/board', Board))))`

describe('a page that never loads anew shows widgets wherever it leads, and lets them go again', () => {
  test.each(cases)('with $name', async ({ start }) => {
    const { page, exceptions, requests } = await visit(browser, await start())
    for (let round = 0; round < 2; round++) {
      await page.getByRole('link', { name: 'Board' }).click()
      await haveContent(page, widgets)
      await page.getByRole('link', { name: 'Home' }).click()
      await page.getByText('Welcome').waitFor()
      expect(await page.locator(widgets.map(({ tag }) => tag).join()).count()).toBe(0)
    }
    await page.goBack()
    await haveContent(page, widgets)
    expect(exceptions).toEqual([])
    expect(loaders(requests)).toHaveLength(1)
  })
})
