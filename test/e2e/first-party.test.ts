import { readdirSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { embedToken } from '../helpers/api.js'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { fillFor, haveContent, tagsOf } from './widgets.js'
import { firstRow, nameOf, startWorld, tag, usernameOf } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { server, community } = world
const browser = await startBrowser()
const prefix = '/community'

/** What a site's proxy passed on. */
const passed: { path: string; headers: IncomingHttpHeaders }[] = []
const pages = new Map<string, string>()
/** A site that has all of ours below a path of its own, and cookies. */
const site = createServer((incoming, response) => {
  const path = incoming.url!
  if (path === '/token')
    return void embedToken(server, community, usernameOf(1)).then((token) =>
      response.end(JSON.stringify({ embedToken: token })),
    )
  if (!path.startsWith(`${prefix}/`))
    return void response
      .writeHead(200, {
        'Content-Type': 'text/html',
        'Set-Cookie': 'session=secret',
        'Content-Security-Policy': "default-src 'self'",
      })
      .end(pages.get(path))
  passed.push({ path: path.slice(prefix.length), headers: incoming.headers })
  const { method, headers } = incoming
  const onward = request(server.url + path.slice(prefix.length), { method, headers }, (answer) =>
    answer.pipe(response.writeHead(answer.statusCode!, answer.headers)),
  )
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  incoming.pipe(onward)
})
await new Promise<void>((done) => site.listen(0, '127.0.0.1', done))
afterAll(() => {
  site.closeAllConnections()
  site.close()
})
const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`

/**
 * Shapes that the general (not site-specific) rules of the common block lists refuse in addresses: words of advertising,
 * counting and social buttons, as file names, folders or parts between separators.
 */
const refused = [
  /[/._-](ads?|adv|advert(s|ising|isement)?|banners?|sponsor(s|ed)?|promo)[/._?=-]/i,
  /[/._-](analytics?|beacons?|collect|metrics?|pixels?|stat(s|istics)?|telemetry|track(er|ing)?|counter|log(ger|ging)?)[/._?=-]/i,
  /[/._-](social|share|sharing|like|follow)-?(bar|box|button|buttons|widget|icons?)?[/._?=-]/i,
  /[/._-](popups?|popunder|overlay-?ad|interstitial)[/._?=-]/i,
  /[?&](ad_?id|utm_\w+|fbclid|gclid)=/i,
]
const isRefused = (address: string) => refused.some((pattern) => pattern.test(address))

test.each([
  [' through a path with a slash at its end', `${origin}${prefix}/`],
  ['', `${origin}${prefix}`],
  [' by a path alone', prefix],
])('a site that serves all of it itself%s shows live rows and its member, and sends us no cookie', async (_, api) => {
  passed.length = 0
  const attributes = `data-api="${api}" data-token-url="/token" data-key="${community.publishableKey}"`
  // Pictures come from wherever the server has them.
  const others = tagsOf(widgets, 'one')
  pages.set('/', pageOf(tag + others, `<script async src="${prefix}/rai.js" ${attributes}></script>`))
  const { page, requests, exceptions, violations } = await visit(browser, origin)
  await firstRow(page).waitFor()
  await haveContent(page, widgets)
  await page
    .locator('rai-leaderboard [part~=row-me]')
    .filter({ hasText: nameOf(1) })
    .first()
    .waitFor()
  const asked = (part: string) => passed.filter(({ path }) => path.includes(part))
  await expect.poll(() => asked('/stream').length).toBeGreaterThan(0)
  expect(requests.filter((url) => /[^:]\/\//.test(url))).toEqual([])
  expect(requests.filter((url) => !url.startsWith(origin))).toEqual([])
  expect(requests.filter(isRefused)).toEqual([])
  const toApi = asked('/widget/')
  expect(toApi.length).toBeGreaterThan(2)
  expect(toApi.filter(({ headers }) => headers.cookie)).toEqual([])
  expect(toApi.some(({ headers }) => headers.authorization)).toBe(true)
  expect([exceptions, await violations()]).toEqual([[], []])
})

test('a change is told through the proxy without a reload', async () => {
  const attributes = `data-api="${origin}${prefix}" data-key="${community.publishableKey}"`
  pages.set('/', pageOf(tag, `<script async src="${prefix}/rai.js" ${attributes}></script>`))
  const { page } = await visit(browser, origin)
  await firstRow(page).waitFor()
  await expect.poll(() => passed.some(({ path }) => path.endsWith('/stream'))).toBe(true)
  const now = new Date()
  await community.tenant(async (tx) => {
    const { id } = await createMember(tx, { username: 'newcomer', displayName: 'A newcomer' }, now)
    await post(tx, [{ memberId: id, unit: 'xp', amount: 99_000, reason: 'import', key: 'live', actor: 'test' }], now)
  })
  await page.locator('rai-leaderboard [part~=name]').first().filter({ hasText: 'A newcomer' }).waitFor()
})

test('no file of ours has a name that the shapes of block lists refuse', () => {
  const files = readdirSync(join(import.meta.dirname, '../../packages/loader/dist'), { recursive: true }).map(String)
  expect(files.length).toBeGreaterThan(10)
  expect(files.filter((file) => isRefused(`/${file}`))).toEqual([])
  expect(['/js/ads.js', '/c/track-1.js', '/social-button.js'].filter(isRefused)).toHaveLength(3)
})
