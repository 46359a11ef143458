import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember, findMemberByAny } from '../../packages/server/src/domain/members/members.js'
import { createProducts } from '../../packages/server/src/domain/store/products.js'
import { changeStore } from '../../packages/server/src/domain/store/settings.js'
import { embedToken } from '../helpers/api.js'
import { faults, readable, startFaultProxy } from '../helpers/fault-proxy.js'
import { startBrowser } from './browser.js'
import { pageOf } from './site.js'
import { startWorld } from './world.js'

/** A store with a map for 100 coins that is sent to an address. */
const { server, site, community, line } = await startWorld()
const proxy = await startFaultProxy(server.url)
afterAll(proxy.stop)
const browser = await startBrowser()

const now = new Date()
await community.tenant(async (tx) => {
  await changeStore(tx, { isEnabled: true, title: 'The hut' }, now)
  const address = { name: 'address', label: 'Where to', options: [], required: true }
  await createProducts(tx, [{ name: 'Printed map', price: 100, questions: [address] }], now)
  for (const username of ['ada', 'ben', 'cleo']) {
    const { id } = await createMember(tx, { username }, now)
    const gift = {
      memberId: id,
      unit: 'currency',
      amount: 1000,
      reason: 'import',
      key: username,
      actor: 'test',
    } as const
    await post(tx, [gift], now)
  }
})

const address = '1 Hut Lane'

/** A browser in which a member is signed in: its pages share their storage, as tabs do. */
async function signedIn(username: string) {
  proxy.fail(undefined)
  const embed = { embedToken: await embedToken(server, community, username) }
  const tokenUrl = site.put(`/token-${username}`, JSON.stringify(embed), { 'Content-Type': 'application/json' })
  const head = line.replace('data-key', `data-api="${proxy.url}" data-token-url="${tokenUrl}" data-key`)
  const shop = site.put(`/shop-${username}`, pageOf('<rai-store></rai-store>', head))
  const context = await browser.newContext({ locale: 'en-GB' })
  return {
    async open(): Promise<Page> {
      const page = await context.newPage()
      await page.goto(shop, { waitUntil: 'commit' })
      return page
    },
    /** What the ledger has taken from them. */
    paid: () =>
      community.tenant(async (tx) => {
        const { id } = (await findMemberByAny(tx, username))!
        const entries = await tx.db
          .selectFrom('entries')
          .where('community_id', '=', tx.communityId)
          .where('member_id', '=', id)
          .where('amount', '<', 0)
          .select('amount')
          .execute()
        return entries.map(({ amount }) => -Number(amount))
      }),
  }
}

const part = (page: Page, name: string) => page.locator(`rai-store [part~=${name}]`).locator('visible=true')
const dialog = (page: Page) => page.locator('rai-store dialog')
const says = (page: Page, text: string) => dialog(page).getByText(text).first().waitFor()

/** At the confirmation, with a price and an answer. */
async function confirming(page: Page) {
  await part(page, 'open-button').click()
  await part(page, 'buy-button').click()
  await dialog(page).locator('[part~=confirm-button][aria-disabled=false]').waitFor()
  await dialog(page).getByLabel('Where to').fill(address)
}

/** What the browser keeps, for all tabs and for this one. */
const kept = (page: Page) =>
  page.evaluate(() => [localStorage, sessionStorage].map((all) => JSON.stringify({ ...all })))

describe('58 one purchase', () => {
  test('by a double click, with Enter held in another tab: both show it', async () => {
    const { open, paid } = await signedIn('ada')
    const [one, two] = [await open(), await open()]
    await confirming(one)
    await confirming(two)
    await part(one, 'confirm-button').dblclick()
    await two.bringToFront()
    for (let held = 0; held < 5; held++) await two.keyboard.down('Enter')
    await two.keyboard.up('Enter')
    await says(one, 'It is yours')
    await says(two, 'It is yours')
    expect(await paid()).toEqual([100])
    expect([await kept(one), await kept(two)]).toEqual([
      ['{}', '{}'],
      ['{}', '{}'],
    ])
  })

  test('whose answer was lost: it is looked for after a reload, and in a tab that is opened later', async () => {
    const { open, paid } = await signedIn('ben')
    const one = await open()
    await confirming(one)
    proxy.fail(faults.lost, '/store/orders')
    await part(one, 'confirm-button').click()
    await says(one, 'We do not know yet')
    const [everywhere, here] = await kept(one)
    expect([everywhere!.includes('quote'), everywhere!.includes(address), here!.includes(address)]).toEqual([
      true,
      false,
      true,
    ])
    const two = await open()
    await says(two, 'We do not know yet')
    proxy.fail(undefined)
    await one.reload({ waitUntil: 'commit' })
    await says(one, 'It is yours')
    await part(two, 'retry-button').click()
    await says(two, 'It is yours')
    expect(await paid()).toEqual([100])
    expect(await kept(one)).toEqual(['{}', '{}'])
  })

  test('that never came through: only the tab that knows the answers sends it again, after a reload too', async () => {
    const { open, paid } = await signedIn('cleo')
    const one = await open()
    await confirming(one)
    proxy.fail(readable(faults.error500), '/store/orders')
    await part(one, 'confirm-button').click()
    await says(one, 'We do not know yet')
    proxy.fail(undefined)
    const two = await open()
    await part(two, 'retry-button').waitFor()
    expect(await part(two, 'confirm-button').count()).toBe(0)
    await one.reload({ waitUntil: 'commit' })
    await part(one, 'confirm-button').click()
    await says(one, 'It is yours')
    await says(one, address)
    expect(await paid()).toEqual([100])
    expect(await kept(one)).toEqual(['{}', '{}'])
  })
})
