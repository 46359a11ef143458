import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { createChannel } from '../../packages/server/src/domain/channels.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { ask } from '../helpers/api.js'
import { startBrowser, visit } from './browser.js'
import { startDemo } from './demo.js'

const { server, demo, community, events } = await startDemo()
const { siteUrl } = demo
await community.tenant(async (tx) => {
  await createChannel(tx, { topic: 'Trail talk', type: 'open' }, null, new Date())
  await createMember(tx, { username: 'amara', displayName: '<i>Amara</i> حداد' }, new Date())
})
const browser = await startBrowser()

const open = (options: Parameters<typeof visit>[2] = {}) => visit(browser, `${siteUrl}/events.html`, options)
const rows = (page: Page) => page.locator('#events > li')
const press = (page: Page, name: string) => page.getByRole('button', { name }).click()

describe('the page of events', () => {
  test('says that nothing has happened, and that nothing can while the server is told of no endpoint', async () => {
    const { page } = await open()
    await page.getByText('Nothing has happened yet').waitFor()
    await press(page, 'Send a test')
    await page.getByText('That did not work').waitFor()
  })

  test('shows what comes: verified, opened, as text, newest first', async () => {
    await events.connect(`${siteUrl}/hook`)
    const { page, exceptions, violations } = await open()
    await press(page, 'Send a test')
    await rows(page).nth(0).waitFor()
    await press(page, 'Amara says something')
    await rows(page).nth(1).waitFor()
    const said = rows(page).first()
    expect(await said.locator('.what').textContent()).toMatch(/^<i>Amara<\/i> حداد said in Trail talk: ./)
    expect(await said.locator('.tag').allTextContents()).toEqual(['✓ verified', '✓ decrypted'])
    await said.getByText('All of it').click()
    const [raw, opened] = await said.locator('pre').allTextContents()
    expect(raw).toMatch(/webhook-signature: v1,\S+/)
    expect(raw).not.toContain('Amara')
    expect(JSON.parse(opened!)).toMatchObject({ type: 'message.created', communityId: community.id })
    expect(await page.locator('#state').textContent()).toBe('Listening')
    expect([exceptions, await violations()]).toEqual([[], []])
  })

  test('refuses what is not from the server', async () => {
    const { page } = await open()
    await press(page, 'Forge one')
    await rows(page).first().getByText('Refused: it is not from the server').waitFor()
    await rows(page).first().getByText('✗ No matching signature found').waitFor()
    const answer = await fetch(`${siteUrl}/hook`, { method: 'POST', body: 'x'.repeat(300 * 1024) })
    expect(answer.status).toBe(413)
    expect((await fetch(`${siteUrl}/events`)).status).toBe(403)
  })

  test('shows what comes twice once, and goes on with the secrets of another start', async () => {
    await events.connect(`${siteUrl}/hook`)
    const bearer = community.systemKey
    const endpoints = (await ask(server, 'GET /v1/webhooks', { bearer })).answer
    expect(endpoints).toHaveLength(1)
    const params = { webhookId: endpoints[0]!._id }
    const { eventId } = (await ask(server, 'POST /v1/webhooks/{webhookId}/test', { bearer, params })).answer
    /** Waits until it has come so many times. */
    const came = async (times: number) =>
      expect
        .poll(
          async () => {
            const list = 'GET /v1/webhooks/{webhookId}/deliveries'
            const { answer } = await ask(server, list, { bearer, params, query: { limit: 1 } })
            // What was told of before is the newest until this one is on its way.
            return answer.items.find((one) => one.eventId === eventId)?.attempts.map(({ status }) => status)
          },
          { timeout: 20_000 },
        )
        .toEqual(Array.from({ length: times }, () => 204))
    await came(1)
    const again = { ...params, eventId }
    await ask(server, 'POST /v1/webhooks/{webhookId}/deliveries/{eventId}/replay', { bearer, params: again })
    await came(2)
    const { page } = await open()
    const copies = rows(page).filter({ hasText: eventId })
    await copies.first().waitFor()
    expect(await copies.count()).toBe(1)
  })

  test('says so when the back-end is out of reach', async () => {
    const { page } = await open({ prepare: (page) => page.route('**/events', (route) => route.abort()) })
    await page.getByText('The connection broke').waitFor()
    await press(page, 'Send a test')
    await page.getByText('That did not work').waitFor()
  })
})
