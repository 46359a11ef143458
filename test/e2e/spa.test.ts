import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { firstRow, startWorld, tag } from './world.js'

const { site, line } = await startWorld()
const browser = await startBrowser()

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
      site.put('/turbo/board', pageOf(`${tag}<a href="/turbo">Home</a>`, head))
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
      site.put('/htmx/board', page(tag, '/htmx', 'Home'))
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
      site.put('/swap/board', pageOf(`${tag}<a href="/swap">Home</a>`, router + line))
      return site.put('/swap', pageOf('<h1>Welcome</h1><a href="/swap/board">Board</a>', router + line))
    },
  },
]

const reactApp = `
  import { createElement as h } from 'react'
  import { createRoot } from 'react-dom/client'
  import { BrowserRouter, Link, Route, Routes } from 'react-router'
  const Home = () => h('main', null, h('h1', null, 'Welcome'), h(Link, { to: '/react/board' }, 'Board'))
  const Board = () => h('main', null, h('rai-leaderboard', { board: 'points' }), h(Link, { to: '/react' }, 'Home'))
  const route = (path, element) => h(Route, { path, element: h(element) })
  createRoot(document.querySelector('#app')).render(
    h(BrowserRouter, null, h(Routes, null, route('/react', Home), route('/react/board', Board))))`

describe('a page that never loads anew shows the widget wherever it leads, and lets it go again', () => {
  test.each(cases)('with $name', async ({ start }) => {
    const { page, exceptions, requests } = await visit(browser, await start())
    for (let round = 0; round < 2; round++) {
      await page.getByRole('link', { name: 'Board' }).click()
      await firstRow(page).waitFor()
      await page.getByRole('link', { name: 'Home' }).click()
      await page.getByText('Welcome').waitFor()
      expect(await page.locator('rai-leaderboard').count()).toBe(0)
    }
    await page.goBack()
    await firstRow(page).waitFor()
    expect(exceptions).toEqual([])
    expect(loaders(requests)).toHaveLength(1)
  })
})
