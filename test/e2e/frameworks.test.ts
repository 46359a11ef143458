import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import { build, type Rolldown, type UserConfig } from 'vite'
import solid from 'vite-plugin-solid'
import { beforeAll, describe, expect, test } from 'vitest'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { findMemberByAny } from '../../packages/server/src/domain/members/members.js'
import { embedToken } from '../helpers/api.js'
import { startBrowser, visit } from './browser.js'
import type { Stage, Wanted } from './frameworks/start.js'
import { pageOf } from './site.js'
import { fillFor, type Widget } from './widgets.js'
import { nameOf, startWorld, usernameOf } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { server, site, community } = world
const browser = await startBrowser()

await community.tenant((tx) => createBoard(tx, { name: 'Climb', slug: 'climb', metric: 'currency' }, new Date()))
await give(1, 10)
let climbs = 0

/** Gives the member in some place of the other board coins. */
async function give(place: number, amount: number): Promise<void> {
  const key = `climb:${place}:${amount}`
  await community.tenant(async (tx) => {
    const { id } = (await findMemberByAny(tx, usernameOf(place)))!
    await post(tx, [{ memberId: id, unit: 'currency', amount, reason: 'import', key, actor: 'test' }], new Date())
  })
}

/** An app of each, with every element in it, and what its framework wants of Vite. */
const frameworks: Record<string, { app: string; config?: UserConfig }> = {
  React: { app: 'react/app.jsx' },
  Vue: {
    app: 'vue/app.js',
    config: { plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('rai-') } } })] },
  },
  Angular: { app: 'angular/app.ts', config: { oxc: { decorator: { legacy: true } } } },
  Svelte: { app: 'svelte/app.svelte.js', config: { plugins: [svelte({ configFile: false })] } },
  Solid: { app: 'solid/app.jsx', config: { plugins: [solid()] } },
  Preact: { app: 'preact/app.jsx', config: { oxc: { jsx: { importSource: 'preact' } } } },
}

declare const stage: Stage

const plain: Wanted = {
  shown: true,
  apiUrl: server.url,
  apiKey: community.publishableKey,
  tag: 'rai-leaderboard',
  what: 'points',
  limit: 5,
  withoutHeader: false,
}

/** Builds an app, with what its framework checks during development, such as React's strict mode; answers its page. */
async function pageOfApp({ app, config }: (typeof frameworks)[string]): Promise<string> {
  const folder = `/${app.split('/')[0]}/`
  const { output } = (await build({
    ...config,
    root: join(import.meta.dirname, 'frameworks'),
    configFile: false,
    logLevel: 'warn',
    mode: 'development',
    base: folder,
    define: { 'process.env.NODE_ENV': '"development"' },
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: join(import.meta.dirname, 'frameworks', app), output: { entryFileNames: 'app.js' } },
    },
  })) as Rolldown.RolldownOutput
  for (const file of output)
    if (file.type === 'chunk') site.put(folder + file.fileName, file.code, { 'Content-Type': 'text/javascript' })
  return site.put(folder, pageOf(`<div id="app"></div><script type="module" src="app.js"></script>`))
}

async function open(address: string, tag = plain.tag) {
  const visited = await visit(browser, address)
  const { page } = visited
  const isStream = (url: string) => url.endsWith('/stream')
  let streams = 0
  page.on('request', (request) => isStream(request.url()) && streams++)
  for (const end of ['requestfinished', 'requestfailed'] as const)
    page.on(end as 'requestfailed', (request) => isStream(request.url()) && streams--)
  await page.waitForFunction(() => 'stage' in globalThis)
  return {
    ...visited,
    widget: page.locator(tag),
    /** How many streams are open. */
    streams: () => streams,
    draw: (change: Partial<Wanted> = {}) => page.evaluate((wanted) => stage.draw(wanted), { ...plain, ...change }),
    heard: () => page.evaluate(() => stage.heard),
  }
}

type Opened = Awaited<ReturnType<typeof open>>

const firstFive = [1, 2, 3, 4, 5].map(nameOf)
const rows = ({ widget }: Opened) => widget.locator('[data-id] [part~=name]').allInnerTexts()
const partOf = ({ widget }: Opened, part: string) => widget.locator(`[part~=${part}]`)

/** Each is shown by the framework's own means: see its app. */
const checks: Record<string, (app: Opened) => Promise<void>> = {
  async 'an element without children shows its rows, which are asked for once'(app) {
    await app.draw()
    await expect.poll(() => rows(app)).toEqual(firstFive)
    expect(app.requests.filter((url) => url.includes('/rows?'))).toHaveLength(1)
  },
  async 'children stand in their slots, and follow what is drawn next'(app) {
    await app.draw({ title: 'Of the week' })
    await app.widget.getByText('Of the week').waitFor()
    await app.draw({ title: 'Of the year' })
    await app.widget.getByText('Of the year').waitFor()
    await expect.poll(() => rows(app)).toEqual(firstFive)
    expect(await app.widget.getByText('Points').isVisible()).toBe(false)
  },
  async 'an element that is hidden leaves nothing open, and one that is shown again has its rows'(app) {
    await app.draw()
    await expect.poll(app.streams).toBe(1)
    await app.draw({ shown: false })
    await expect.poll(async () => [await app.widget.count(), app.streams()]).toEqual([0, 0])
    await app.draw()
    await expect.poll(() => rows(app)).toEqual(firstFive)
    await expect.poll(app.streams).toBe(1)
    await app.page.evaluate(() => stage.unmount())
    await expect.poll(async () => [await app.widget.count(), app.streams()]).toEqual([0, 0])
  },
  async 'a string, a number and a boolean arrive, and again when they change'(app) {
    await app.draw({ withoutHeader: true })
    await expect.poll(() => rows(app)).toEqual(firstFive)
    expect(await partOf(app, 'header').count()).toBe(0)
    await app.draw({ limit: 3 })
    await expect.poll(() => rows(app)).toEqual(firstFive.slice(0, 3))
    await app.widget.getByText('Points').waitFor()
    await app.draw({ what: 'climb' })
    await app.widget.getByText('Climb').waitFor()
  },
  async 'rich data arrives as a property'(app) {
    await app.draw({ greeting: 'Hello' })
    await app.widget.getByText(`Hello, ${nameOf(1)}`, { exact: true }).waitFor()
    await app.draw({ greeting: 'Goodbye' })
    await app.widget.getByText(`Goodbye, ${nameOf(1)}`, { exact: true }).waitFor()
    await app.draw()
    await expect.poll(() => rows(app)).toEqual(firstFive)
  },
  async 'a property of several words arrives'(app) {
    await app.draw({ token: await embedToken(server, community, usernameOf(2)) })
    await partOf(app, 'row-me')
      .filter({ hasText: nameOf(2) })
      .first()
      .waitFor()
  },
  async 'an event is heard by a listener that is added to the element'(app) {
    await app.draw()
    await expect.poll(app.heard).toEqual([{ type: 'rai-load' }])
  },
  async 'an event is heard by a listener in the template'(app) {
    const place = 10 + ++climbs
    await give(place, 1)
    await app.draw({ what: 'climb', limit: 100, token: await embedToken(server, community, usernameOf(place)) })
    await partOf(app, 'row-me').first().waitFor()
    await give(place, 100 * climbs)
    await expect.poll(app.heard).toContainEqual({ type: 'rai-rank-change', rank: 1 })
  },
}

/** What of the other elements is read where one thing is shown and where all is, and how a member asks for something. */
const others: Record<string, { one: string; full: string; asks: string; ask(app: Opened): Promise<void> }> = {
  'rai-milestone': {
    one: 'Long trail',
    full: 'Peak 1',
    asks: 'rai-claim-request',
    ask: (app) => partOf(app, 'claim-button').first().click(),
  },
  'rai-store': {
    one: 'Only one',
    full: 'Item 1',
    asks: 'rai-wish-request',
    ask: (app) => partOf(app, 'wish-button').first().click(),
  },
  'rai-socials': {
    one: 'Watch the film',
    full: 'Find the word',
    asks: 'rai-claim-request',
    async ask(app) {
      await partOf(app, 'quest-button').first().click()
      await partOf(app, 'claim-button').first().click()
    },
  },
  'rai-channel': {
    one: 'A red glove at the hut.',
    full: 'I come along.',
    asks: 'rai-send-request',
    async ask(app) {
      await partOf(app, 'field').fill('It is mine.')
      await partOf(app, 'field').press('Enter')
    },
  },
}

/** The value of the attribute that says what is shown. */
const whatOf = (attributes: string) => /^(?:board|milestone|category|network|channel)="([^"]*)"/.exec(attributes)?.[1]

/** All that can be had of an element, in one page: each page is a visitor who loads everything. */
async function useAll(app: Opened, { tag, attributes }: Widget): Promise<void> {
  const { one, full, asks, ask } = others[tag]!
  const token = await embedToken(server, community, usernameOf(1))
  const draw = (shows: 'one' | 'full', more: Partial<Wanted> = {}) =>
    app.draw({ tag, what: whatOf(attributes[shows]), token, ...more })
  const said = (text: string) => app.widget.getByText(text, { exact: true }).first()
  const title = app.widget.locator('[part~=header] [part~=title]:not(.visually-hidden)')

  await draw('one')
  await said(one).waitFor()
  await expect.poll(app.heard).toContainEqual({ type: 'rai-load' })
  await draw('one', { title: 'Of the week' })
  await said('Of the week').waitFor()
  await draw('one', { title: 'Of the year' })
  await said('Of the year').waitFor()
  await draw('one', { withoutHeader: true })
  await expect.poll(() => title.count()).toBe(0)
  await draw('one')
  await expect.poll(() => title.count()).toBe(1)
  await draw('full')
  await said(full).waitFor()
  await draw('one')
  await said(one).waitFor()
  await ask(app)
  await expect.poll(app.heard).toContainEqual({ type: asks })

  await expect.poll(app.streams).toBe(1)
  await draw('one', { shown: false })
  await expect.poll(async () => [await app.widget.count(), app.streams()]).toEqual([0, 0])
  await draw('one')
  await said(one).waitFor()
  await expect.poll(app.streams).toBe(1)
  await app.page.evaluate(() => stage.unmount())
  await expect.poll(async () => [await app.widget.count(), app.streams()]).toEqual([0, 0])
}

describe.each(Object.entries(frameworks))('59 with %s', (_, framework) => {
  let address: string
  beforeAll(async () => {
    address = await pageOfApp(framework)
  })

  /** Lit says of itself that it is built for development, too. */
  function expectQuiet(app: Opened) {
    expect(app.exceptions).toEqual([])
    expect(app.console.filter((text) => /^(error|warning): (?!Lit is in dev mode)/.test(text))).toEqual([])
  }

  test.each(Object.entries(checks))('%s', async (_, check) => {
    const app = await open(address)
    await check(app)
    expectQuiet(app)
  })

  test.each(widgets.filter(({ tag }) => tag in others))(
    '<$tag>: what is set, written into it and listened to arrives, and nothing is left of it',
    async (widget) => {
      const app = await open(address, widget.tag)
      await useAll(app, widget)
      expectQuiet(app)
    },
  )
})
