import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { startBrowser, visit } from './browser.js'
import { startDemo } from './demo.js'

/** The demo, with three of its members. */
const { demo, community } = await startDemo()
const { siteUrl } = demo
const now = new Date()
await community.tenant(async (tx) => {
  await createBoard(tx, { name: 'Trail points', slug: 'trail-points', periods: ['all', 'week'] }, now)
  const scores = { amara: 300, zoe: 200, finn: 100 }
  for (const [username, amount] of Object.entries(scores)) {
    const { id } = await createMember(tx, { username, displayName: username.toUpperCase() }, now)
    await post(tx, [{ memberId: id, unit: 'xp', amount, reason: 'import', key: username, actor: 'test' }], now)
  }
})
const browser = await startBrowser()

/** Narrow enough for a plain list, without a podium. */
const open = (path: string) => visit(browser, siteUrl + path, { viewport: { width: 640, height: 900 } })
const names = async (page: Page) =>
  (await page.locator('rai-leaderboard [part~=name]').allTextContents()).map((text) => text.trim())
const signIn = async (page: Page, member: string) => {
  await page.getByLabel('Member').selectOption(member)
  await page.getByRole('button', { name: 'A hike, 60' }).and(page.locator(':enabled')).waitFor()
}

describe('the page of a member', () => {
  test('marks the member’s own row', async () => {
    const { page, exceptions } = await open('/member.html')
    await page.locator('rai-leaderboard').getByText('FINN').waitFor()
    expect(await page.locator('rai-leaderboard [part~=row-me]').count()).toBe(0)
    await signIn(page, 'finn')
    await page.locator('rai-leaderboard [part~=row-me]').filter({ hasText: 'FINN' }).first().waitFor()
    expect(exceptions).toEqual([])
  })

  test('tells it by more than colour where the system takes colours away', async () => {
    const { page } = await open('/member.html')
    await page.locator('rai-leaderboard').getByText('FINN').waitFor()
    await signIn(page, 'finn')
    await page.emulateMedia({ forcedColors: 'active' })
    const own = page.locator('rai-leaderboard [part~=row-me]').first()
    await expect.poll(() => own.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid')
    const tab = page.locator('rai-leaderboard [part~=tab]')
    const backgrounds = await tab.evaluateAll((tabs) => tabs.map((each) => getComputedStyle(each).backgroundColor))
    expect(new Set(backgrounds).size).toBe(2)
  })

  test('moves the row when points are awarded, without a reload, on the pages of others too', async () => {
    const member = await open('/member.html')
    const guest = await open('/leaderboard.html')
    await signIn(member.page, 'finn')
    await expect.poll(() => names(guest.page)).toEqual(['AMARA', 'ZOE', 'FINN'])
    await member.page.getByRole('button', { name: 'A big one, 500' }).click()
    await expect.poll(() => names(guest.page), { timeout: 20_000 }).toEqual(['FINN', 'AMARA', 'ZOE'])
    await expect.poll(() => names(member.page), { timeout: 20_000 }).toEqual(['FINN', 'AMARA', 'ZOE'])
    expect(guest.requests.filter((url) => url.endsWith('/leaderboard.html'))).toHaveLength(1)
  })

  test('keeps the token in memory: in no address, cookie or storage', async () => {
    const { page, requests } = await open('/member.html')
    await signIn(page, 'zoe')
    await page.locator('rai-leaderboard [part~=row-me]').first().waitFor()
    expect(requests.filter((url) => url.includes('eyJ'))).toEqual([])
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie)
    expect(kept).toBe('{}')
  })
})

describe('the demo’s back-end', () => {
  test.each(['/token', '/session', '/award'])('answers %s to its own pages only', async (path) => {
    const response = await fetch(siteUrl + path, { headers: { Cookie: 'member=finn' } })
    expect(response.status).toBe(403)
  })

  test.each([
    ['nobody', ''],
    ['somebody it does not know', 'member=mara'],
  ])('mints no token for %s', async (_, cookie) => {
    const response = await fetch(`${siteUrl}/token`, { headers: { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' } })
    expect([response.status, await response.text()]).toEqual([204, ''])
  })

  test('shows no secret key on any page', async () => {
    for (const page of [
      '',
      'leaderboard.html',
      'member.html',
      'states.html',
      'member-states.html',
      'member.js',
      'site.css',
    ]) {
      const text = await (await fetch(`${siteUrl}/${page}`)).text()
      expect(text).not.toMatch(/rai_(sk|sys|wsk|wid)_/)
    }
  })
})
