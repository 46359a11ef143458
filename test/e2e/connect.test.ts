import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startNetworks, type TestAccount } from '../helpers/networks.js'
import { startTestServer } from '../helpers/server.js'
import { startBrowser } from './browser.js'
import { pageOf, startSite } from './site.js'

/** A community with an application at GitHub, and a quest that asks it. */
const networks = await startNetworks()
const site = await startSite()
const server = await startTestServer({ reach: networks.reach, config: { callsAllow: [networks.address] } })
const community = await testCommunity(server, { origin: site.origin })
const bearer = community.communityKey
const github = { bearer, params: { network: 'github' }, body: networks.client } as const
await ask(server, 'PUT /v1/social-networks/{network}', github)
const follow = {
  title: 'Follow us',
  network: 'github',
  action: 'follow',
  proof: 'account',
  target: 'trailclub',
} as const
const reward = { xp: 20, currency: 0 }
await ask(server, 'POST /v1/socials', { bearer, body: { ...follow, reward, cooldownSeconds: 0 } })
const browser = await startBrowser()

const line = `<script async src="${server.url}/rai.js" data-key="${community.publishableKey}" data-token-url="/token"></script>`
const html = pageOf('<rai-socials without-referral></rai-socials>', line)
let members = 0

/** Names stand isolated, as they may be written the other way. */
const connectedAs = ({ name }: TestAccount) => new RegExp(`^Connected as \\W?${name}\\W?$`)

/**
 * A new member's browser at their page, for which the network's site is one of a test's: it asks whether they agree.
 * @param policy What the page lets itself do.
 */
async function memberAt(policy?: string) {
  const username = `member-${++members}`
  await community.tenant((tx) => createMember(tx, { username, displayName: `Member ${members}` }, new Date()))
  const token = JSON.stringify({ embedToken: await embedToken(server, community, username) })
  const account = networks.newAccount('github')
  const context = await browser.newContext({ locale: 'en-GB' })
  /** Addresses at which it was asked whether they agree. */
  const asked: URL[] = []
  const links = (address: string) => {
    const agreed = networks.agree(address, account)
    const refused = new URL(agreed)
    refused.search = new URLSearchParams({
      error: 'access_denied',
      state: agreed.searchParams.get('state')!,
    }).toString()
    return { agreed: agreed.href, refused: refused.href }
  }
  await context.route('https://github.com/**', (route) => {
    const url = route.request().url()
    asked.push(new URL(url))
    const { agreed, refused } = links(url)
    const body = `<h1>GitHub</h1><a href="${agreed}">Agree</a> <a href="${refused}">Refuse</a>`
    return route.fulfill({ contentType: 'text/html', body: body.replaceAll('&', '&amp;') })
  })
  await context.route(`${site.origin}/token`, (route) =>
    route.fulfill({ contentType: 'application/json', body: token }),
  )
  const page = await context.newPage()
  const exceptions: string[] = []
  page.on('pageerror', (error) => exceptions.push(String(error)))
  const headers = policy ? { 'Content-Security-Policy': policy } : {}
  await page.goto(site.page(html, headers), { waitUntil: 'commit' })
  const accounts = page.locator('rai-socials [part~=accounts]')
  const connect = accounts.getByRole('button', { name: /^Connect your \W?GitHub/ })
  await connect.waitFor()
  return {
    page,
    account,
    asked,
    exceptions,
    accounts,
    connect,
    /** Clicks, and answers the window that opens. */
    async popup(): Promise<Page> {
      const [popup] = await Promise.all([context.waitForEvent('page'), connect.click()])
      await popup.getByRole('heading', { name: 'Connect your GitHub account' }).waitFor()
      return popup
    },
  }
}

/** From our page to the network's. */
async function leave(window: Page) {
  await window.getByRole('button', { name: 'Go to GitHub' }).click()
  await window.getByRole('heading', { name: 'GitHub', exact: true }).waitFor()
}

const exchanges = () => networks.log.filter((text) => text.endsWith('/access_token')).length

describe('connecting an account', () => {
  let before = 0
  beforeEach(() => {
    before = exchanges()
  })

  test('in a window of its own shows on the page at once, lets a quest be done, and is taken back', async () => {
    const { page, account, asked, accounts, popup, exceptions } = await memberAt()
    await page.locator('rai-socials [part~=quest-button]').click()
    await page
      .locator('rai-socials [part~=quest-detail]')
      .getByRole('button', { name: /^Connect/ })
      .waitFor()
    const window = await popup()
    await window.getByText(`Member ${members}`).waitFor()
    expect(await window.evaluate(() => opener)).toBe(null)
    expect(asked).toEqual([])
    await leave(window)
    const { searchParams } = asked[0]!
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: networks.client.clientId,
      code_challenge_method: 'S256',
      redirect_uri: `${server.url}/connect/callback`,
    })
    expect(searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    // What binds it to this browser and what proves who asks stay with us.
    expect(asked[0]!.href).not.toMatch(/verifier|rai_connect|secret/)
    await window.getByRole('link', { name: 'Agree' }).click()
    await window.getByRole('heading', { name: 'Connected', exact: true }).waitFor()
    await accounts.getByText(connectedAs(account)).waitFor()
    await window.close()
    account.has.add('trailclub')
    await page.locator('rai-socials [part~=claim-button]').click()
    await page.locator('rai-socials [part~=state]').getByText('Done').waitFor()
    await accounts.getByRole('button', { name: 'Disconnect' }).click()
    await accounts.getByRole('button', { name: 'Disconnect' }).click()
    await accounts.getByText('Disconnected', { exact: true }).waitFor()
    await expect.poll(() => [...networks.tokens.values()].includes(account)).toBe(false)
    expect([exchanges() - before, exceptions]).toEqual([1, []])
  })

  test('by a link in the same window where the browser opens none, and back to where one was', async () => {
    const { page, account, accounts, connect } = await memberAt('sandbox allow-scripts allow-same-origin allow-forms')
    await connect.click()
    const link = accounts.getByRole('link', { name: /^Go on to \W?GitHub/ })
    await link.waitFor()
    const focused = () => page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.getAttribute('part'))
    await expect.poll(focused).toBe('connect-link')
    const address = page.url()
    await link.click()
    await page.getByRole('heading', { name: 'Connect your GitHub account' }).waitFor()
    await leave(page)
    await page.getByRole('link', { name: 'Agree' }).click()
    await page.getByRole('link', { name: 'Go back' }).click()
    await accounts.getByText(connectedAs(account)).waitFor()
    expect(page.url()).toBe(address)
  })

  test('not where the member says no, nor where they close the window: they can begin anew', async () => {
    const { account, accounts, connect, popup } = await memberAt()
    const closed = await popup()
    await closed.close()
    const window = await popup()
    await leave(window)
    await window.getByRole('link', { name: 'Refuse' }).click()
    await window.getByText('GitHub gave us no permission, and nothing is stored.').waitFor()
    await window.close()
    expect(await connect.isVisible()).toBe(true)
    expect([await accounts.getByText('Not connected').count(), exchanges() - before]).toEqual([1, 0])
    const again = await popup()
    await leave(again)
    await again.getByRole('link', { name: 'Agree' }).click()
    await accounts.getByText(connectedAs(account)).waitFor()
  })

  test('not by what another browser began, a state that nobody gave, or a second time', async () => {
    const [stranger, victim] = [await memberAt(), await memberAt()]
    const [strange, own] = [await stranger.popup(), await victim.popup()]
    await leave(strange)
    await leave(own)
    const sent = (await strange.getByRole('link', { name: 'Agree' }).getAttribute('href'))!
    const isOver = () => own.getByRole('heading', { name: 'This link is not good any more' }).waitFor()
    const mine = (await own.getByRole('link', { name: 'Agree' }).getAttribute('href'))!
    await own.goto(sent)
    await isOver()
    await own.goto(mine.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))
    await isOver()
    expect(exchanges() - before).toBe(0)
    await own.goto(mine)
    await own.getByRole('heading', { name: 'Connected', exact: true }).waitFor()
    await victim.accounts.getByText(connectedAs(victim.account)).waitFor()
    await own.goto(mine)
    await isOver()
    expect(exchanges() - before).toBe(1)
    expect(await stranger.connect.isVisible()).toBe(true)
  })
})
