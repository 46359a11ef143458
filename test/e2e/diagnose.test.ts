import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { embedToken } from '../helpers/api.js'
import { startFaultProxy } from '../helpers/fault-proxy.js'
import { startBrowser, visit } from './browser.js'
import { pageOf, startSite } from './site.js'
import { firstRow, queue, startWorld, tag, usernameOf } from './world.js'

const { server, site, community, line } = await startWorld()
const stranger = await startSite()
const browser = await startBrowser()

const { publishableKey } = community
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../packages/loader/package.json'), 'utf8'))
const hint = `rai_pk_…${publishableKey.slice(-4)}`
const hour = 3_600_000

declare const rai: (...call: unknown[]) => Promise<unknown>
interface Diagnosis {
  key: { reason: string }
  policy: string
  blocked: string[]
  token: { sub?: unknown; exp?: unknown }
  clockSkew: number
}
const diagnose = () => rai('diagnose') as Promise<Diagnosis>

test('tells versions, key, policy, token, clock, stream, elements and storage of a page that works, and no secret', async () => {
  const token = await embedToken(server, community, usernameOf(1))
  const { page, console } = await visit(browser, site.page(pageOf(tag, queue + line)), {
    prepare: (page) => page.clock.install({ time: Date.now() - hour }),
  })
  await page.evaluate((token) => rai('identify', token), token)
  await firstRow(page).waitFor()
  const diagnosis = await page.evaluate(diagnose)
  const { sub, exp } = diagnosis.token
  expect(diagnosis).toMatchObject({
    versions: { loader: version, elements: { 'rai-leaderboard': version }, contract: '1' },
    key: { hint, accepted: true },
    policy: `script-src ${server.url}; connect-src ${server.url}; trusted-types rai-html`,
    blocked: [],
    token: { aud: [site.origin], reason: 'a member' },
    stream: 'opens',
    elements: [{ tag: 'rai-leaderboard', name: 'points', version, state: 'ready' }],
    storage: 'open (not used)',
  })
  expect([typeof sub, typeof exp]).toEqual(['string', 'number'])
  expect(Math.abs(diagnosis.clockSkew - hour / 1000)).toBeLessThan(60)

  const screens = console.filter((text) => text.startsWith('info: [rai]'))
  expect(screens).toHaveLength(1)
  for (const text of [`key              ${hint}: accepted`, 'stream           opens', 'points 0'])
    expect(screens[0]).toContain(text)
  for (const text of [screens[0]!, JSON.stringify(diagnosis)])
    for (const secret of [publishableKey, token]) expect(text).not.toContain(secret)
})

test('tells a site that the key does not list that it is refused', async () => {
  const { page } = await visit(browser, stranger.page(pageOf(tag, queue + line)))
  await page.locator('rai-leaderboard:state(error)').waitFor()
  expect(await page.evaluate(diagnose)).toMatchObject({
    key: { accepted: false, reason: '403 origin_not_allowed' },
    token: { reason: 'a guest: the page names no source of tokens' },
    stream: '403 origin_not_allowed',
    elements: [{ state: 'error' }],
  })
})

test('tells what the page’s policy refuses', async () => {
  const proxy = await startFaultProxy(server.url)
  const html = pageOf(tag, queue + line.replace('data-key', `data-api="${proxy.url}" data-key`))
  const policy = `default-src 'none'; script-src ${server.url} 'unsafe-inline'; connect-src ${server.url}`
  const { page } = await visit(browser, site.page(html, { 'Content-Security-Policy': policy }))
  await page.locator('rai-leaderboard:state(error)').waitFor()
  const diagnosis = await page.evaluate(diagnose)
  expect(diagnosis.key.reason).toMatch(/^not reached/)
  expect(diagnosis.blocked).toContain(`connect-src: ${proxy.url}/widget/v1/${hint}/config`)
  expect(diagnosis.policy).toBe(
    `script-src ${server.url}; connect-src ${proxy.url} ${server.url}; trusted-types rai-html`,
  )
  expect(proxy.seen).toEqual([])
  await proxy.stop()
})

test('tells when a source of tokens fails', async () => {
  const { page } = await visit(
    browser,
    site.page(pageOf(tag, queue + line.replace('data-key', 'data-token-url="/none" data-key'))),
  )
  const { token } = await page.evaluate(diagnose)
  expect(token).toEqual({ reason: 'no token: the source answers 404' })
})

test('tells a page without a key that it has none', async () => {
  const { page } = await visit(browser, site.page(pageOf(tag, queue + line.replace(/ data-key="\w+"/, ''))))
  await page.locator('rai-leaderboard:state(error)').waitFor()
  expect((await page.evaluate(diagnose)).key).toEqual({ hint: '', accepted: false, reason: 'no data-key' })
})
