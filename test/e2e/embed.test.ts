import { readFileSync } from 'node:fs'
import { get, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createKey } from '../../packages/server/src/domain/keys/keys.js'
import { createBoard, defaultSettings } from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { ask as askApi } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startBrowser, visit } from './browser.js'
import { pageOf, startSite } from './site.js'
import { nameOf, startWorld } from './world.js'

const { server, site, community } = await startWorld()
const stranger = await startSite()
const browser = await startBrowser()

const address = (query: Record<string, string>) => `${server.url}/embed/leaderboard?${new URLSearchParams(query)}`
const known = address({ key: community.publishableKey, board: 'points' })
const framed = (url: string) =>
  pageOf(`<iframe src="${url.replaceAll('&', '&amp;')}" width="400" height="500"></iframe>`)

describe('the widget as a frame', () => {
  test('draws the rows on a site of the key, filling the frame', async () => {
    const { page, exceptions } = await visit(browser, site.put('/framed', framed(known)))
    const frame = page.frameLocator('iframe')
    await frame.getByText(nameOf(1)).first().waitFor()
    const box = await frame.locator('rai-leaderboard').evaluate((element) => {
      const { width, height } = element.getBoundingClientRect()
      return [width, height, innerWidth, innerHeight, document.documentElement.scrollHeight]
    })
    expect(box).toEqual([400, 500, 400, 500, 500])
    expect(exceptions).toEqual([])
  })

  test('is refused on any other site', async () => {
    const { page, console } = await visit(browser, stranger.put('/framed', framed(known)))
    await expect.poll(() => console.some((text) => text.includes('frame-ancestors'))).toBe(true)
    expect(await page.frameLocator('iframe').locator('rai-leaderboard').count()).toBe(0)
  })

  test('runs under a policy that refuses nothing of ours', async () => {
    const { page, exceptions, violations, console } = await visit(browser, known)
    await page.getByText(nameOf(1)).first().waitFor()
    expect(await violations()).toEqual([])
    expect(exceptions).toEqual([])
    expect(console.filter((text) => text.startsWith('error:'))).toEqual([])
  })

  test('takes board, period, theme and language from its address', async () => {
    const query = { key: community.publishableKey, board: 'points', period: 'week', theme: 'dark', locale: 'de' }
    const { page } = await visit(browser, address(query))
    await page.getByRole('tab', { name: 'Woche', selected: true }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('de')
    const scheme = () => page.locator('[part=base]').evaluate((base) => getComputedStyle(base).colorScheme)
    expect(await scheme()).toBe('dark')
  })

  test('shows milestones likewise, under the same policy', async () => {
    const url = `${server.url}/embed/milestone?${new URLSearchParams({ key: community.publishableKey, locale: 'de' })}`
    const { page, violations } = await visit(browser, site.put('/framed-milestones', framed(url)))
    await page.frameLocator('iframe').getByText('Noch keine Meilensteine').waitFor()
    expect((await fetch(url)).headers.get('content-security-policy')).toContain(`frame-ancestors ${site.origin}`)
    expect(await violations()).toEqual([])
  })

  test('draws the store too, and says whether there is one', async () => {
    const url = `${server.url}/embed/store?key=${community.publishableKey}`
    expect((await fetch(url)).status).toBe(404)
    const bearer = community.communityKey
    await askApi(server, 'PUT /v1/stores', { bearer, body: { isEnabled: true, title: 'The hut' } })
    await askApi(server, 'POST /v1/products', { bearer, body: { name: 'Enamel mug', price: 300 } })
    const { page, exceptions } = await visit(browser, site.put('/store', framed(url)))
    const frame = page.frameLocator('iframe')
    await frame.getByRole('button', { name: 'Enamel mug' }).click()
    await frame.getByRole('dialog', { name: 'Enamel mug' }).waitFor()
    expect(await frame.locator('rai-store').evaluate((element) => element.clientHeight)).toBe(500)
    expect(exceptions).toEqual([])
  })

  test('says in words that a key is not known, on any site', async () => {
    const { page } = await visit(browser, stranger.put('/unknown', framed(address({ key: 'rai_pk_unknown' }))))
    await page.frameLocator('iframe').getByText('This is not available').waitFor()
  })
})

describe('the answer for a frame', () => {
  const headersOf = async (url: string) => (await fetch(url)).headers

  test('says by its status whether there is such a board, which the page says in words', async () => {
    const unknown = address({ key: community.publishableKey, board: 'nope' })
    expect([(await fetch(known)).status, (await fetch(unknown)).status]).toEqual([200, 404])
    const { page } = await visit(browser, unknown)
    await page.getByText('It may have been moved or taken down.').waitFor()
  })

  test('may be framed by the key’s sites only, is never kept, and names no referrer', async () => {
    const headers = await headersOf(known)
    expect(headers.get('content-security-policy')).toMatch(new RegExp(`frame-ancestors ${site.origin}$`))
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'nonce-[\w+/=]{24}' 'strict-dynamic'/,
    )
    expect(headers.get('content-security-policy')).toContain(`; img-src ${new URL(known).origin}; `)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('may be framed by the board’s own pages only, where it has a list', async () => {
    const widget = { ...defaultSettings.widget, whitelistedDomains: [site.origin, 'https://elsewhere.example'] }
    await community.tenant((tx) =>
      createBoard(tx, { name: 'Inside', slug: 'inside', settings: { widget } }, new Date()),
    )
    await community.tenant((tx) =>
      createBoard(
        tx,
        {
          name: 'Outside',
          slug: 'outside',
          settings: { widget: { ...widget, whitelistedDomains: ['https://elsewhere.example'] } },
        },
        new Date(),
      ),
    )
    const policyOf = async (board: string) =>
      (await headersOf(address({ key: community.publishableKey, board }))).get('content-security-policy')
    // What the key does not list, a board cannot open.
    expect(await policyOf('inside')).toMatch(new RegExp(`frame-ancestors ${site.origin}$`))
    expect(await policyOf('outside')).toMatch(/frame-ancestors 'none'$/)
  })

  test('may be framed where the board may that it shows when its address names none', async () => {
    const own = await testCommunity(server, { origin: site.origin })
    const widget = { ...defaultSettings.widget, whitelistedDomains: ['https://elsewhere.example'] }
    const { members, shown } = await own.tenant(async (tx) => {
      const { id } = await createMember(tx, { username: 'ada' }, new Date())
      return {
        members: await createBoard(tx, { name: 'Members', viewingMembers: [id], displayOrder: 1 }, new Date()),
        shown: await createBoard(tx, { name: 'Shown', settings: { widget }, displayOrder: 2 }, new Date()),
      }
    })
    const response = await fetch(address({ key: own.publishableKey }))
    expect(response.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'$/)
    const html = await response.text()
    expect(html).toContain(`board="${shown.id}"`)
    expect(html).not.toContain(members.id)
  })

  test('has another nonce every time', async () => {
    const nonces = await Promise.all(
      [known, known].map(async (url) => /nonce-[^']+/.exec((await headersOf(url)).get('content-security-policy')!)![0]),
    )
    expect(nonces[0]).not.toBe(nonces[1])
  })

  test('may be framed by nobody when the key has no sites', async () => {
    const { key } = await community.tenant((tx) => createKey(tx, { kind: 'publishable', name: 'Nowhere' }, new Date()))
    expect((await headersOf(address({ key }))).get('content-security-policy')).toMatch(/frame-ancestors 'none'$/)
  })

  test.each([
    ['no key', {}],
    ['a key that is not known', { key: `rai_pk_${'a'.repeat(49)}` }],
    ['a secret key', { key: community.communityKey }],
  ])('is 404 for %s', async (_, query) => {
    const response = await fetch(address(query))
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  test.each([
    ['a null character', 'board=%00'],
    ['a line break', 'locale=a%0Ab'],
    ['a name twice', 'board=points&board=other'],
    ['a name without end', `board=${'x'.repeat(201)}`],
  ])('is 400 for %s in the address', async (_, more) => {
    const response = await fetch(`${server.url}/embed/leaderboard?key=${community.publishableKey}&${more}`)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await response.text()).toContain('This is not available')
  })

  test('shows what the address holds as text and nothing else', async () => {
    const hostile = `"><img src=x onerror=alert(1)><script>alert(1)</script>`
    const response = await fetch(
      address({ key: community.publishableKey, board: hostile, locale: hostile, theme: hostile, period: hostile }),
    )
    const html = await response.text()
    expect(html).not.toContain('<img')
    expect(html.match(/<script/g)).toHaveLength(1)
  })
})

describe('scripts for every page', () => {
  /** As a browser asks: Node's fetch adds headers of its own to conditional requests. */
  const ask = (path: string, headers: OutgoingHttpHeaders = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      get(server.url + path, { headers }, (answer) => resolve(answer.resume())).on('error', reject)
    })

  test.each(['/rai.js', '/v1/rai.js'])(
    '%s is asked for again after minutes, and answered 304 when it is the same',
    async (path) => {
      const { headers } = await ask(path)
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=300',
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
      })
      expect((await ask(path, { 'If-None-Match': headers.etag })).statusCode).toBe(304)
    },
  )

  test('every chunk that the build has named is there', async () => {
    const manifest = new URL('../../packages/loader/dist/manifest.json', import.meta.url)
    const chunks = Object.values<{ file: string }>(JSON.parse(readFileSync(manifest, 'utf8')))
    const scripts = chunks.map(({ file }) => file).filter((file) => file.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(30)
    const answers = await Promise.all(scripts.map(async (file) => [file, (await ask(`/${file}`)).statusCode]))
    expect(answers.filter(([, status]) => status !== 200)).toEqual([])
  })

  test('chunks are kept for a year', async () => {
    const loader = await (await fetch(`${server.url}/rai.js`)).text()
    const chunk = /c\/commands-[\w-]+\.js/.exec(loader)![0]
    for (const channel of ['', '/v1']) {
      const { headers, statusCode } = await ask(`${channel}/${chunk}`, { 'Accept-Encoding': 'gzip, br' })
      expect(statusCode).toBe(200)
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-encoding': 'br',
        vary: 'Accept-Encoding',
      })
    }
  })

  test.each(['/c/none.js', '/c/..%2fmanifest.json', '/c/core.js.br', '/manifest.json'])(
    '%s is not there',
    async (path) => {
      expect((await fetch(server.url + path)).status).toBe(404)
    },
  )
})
