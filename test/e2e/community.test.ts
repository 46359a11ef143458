import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { createApps } from '../../demo/apps.js'
import { addPages } from '../../demo/community.js'
import { join, openChannel, pageOf } from '../helpers/channels.js'
import { startBrowser, visit } from './browser.js'
import { startDemo } from './demo.js'

const { server, demo, community, appsUrl } = await startDemo()
const apps = createApps(demo, appsUrl)
await new Promise<void>((done) => apps.listen(Number(new URL(appsUrl).port), '127.0.0.1', done))
afterAll(() => {
  apps.closeAllConnections()
  apps.close()
})
for (const name of ['amara', 'yuki']) await join(community, name)
const talk = await openChannel(community, { topic: 'Trail talk', order: 1 })
await addPages(demo, appsUrl)
const browser = await startBrowser()

async function signedIn() {
  const visited = await visit(browser, `${demo.siteUrl}/community.html`, { viewport: { width: 1100, height: 900 } })
  const { page } = visited
  await page.getByText('Sign in to come in').waitFor()
  await page.getByLabel('Member').selectOption('amara')
  await page.getByRole('link', { name: 'Trail talk' }).waitFor()
  return visited
}
const go = (page: Page, channel: string) => page.getByRole('link', { name: channel }).click()
const frameOf = (page: Page, channel: string) => page.frameLocator(`iframe[title="${channel}"]`)

test('a community shows channels, and pages of others in some of them', async () => {
  const { page, exceptions, violations } = await signedIn()

  await go(page, 'Packing list')
  const list = frameOf(page, 'Packing list')
  await list.getByText('Two litres of water').waitFor()
  const height = () => page.locator('iframe[title="Packing list"]').evaluate((frame: HTMLElement) => frame.offsetHeight)
  const closed = await height()
  await list.getByText('From the first snow').click()
  await expect.poll(height).toBeGreaterThan(closed + 100)

  // What others say where one is not looking is counted as they say it.
  const yuki = await pageOf(server, community, 'yuki')
  await yuki.say(talk.id, 'Who is out this weekend?')
  const badge = page.getByRole('link', { name: 'Trail talk' }).getByLabel('1 new')
  await badge.waitFor()
  await go(page, 'Trail talk')
  await page.locator('rai-channel').getByText('Who is out this weekend?', { exact: true }).waitFor()
  await badge.waitFor({ state: 'detached' })
  await go(page, 'Walks')
  const walks = frameOf(page, 'Walks')
  await walks.getByText('Where to, amara?').waitFor()
  await walks.getByRole('link', { name: 'Larch loop' }).click()
  await expect.poll(() => page.url()).toContain('#walks/larch-loop')
  // Its back-end believes the community's token, and nothing else.
  await walks.getByRole('button', { name: 'Count me in' }).click()
  await walks.getByText('You are in').waitFor()
  await page.getByText('See you at Larch loop.').first().waitFor()

  await walks.getByRole('button', { name: 'Tell the others' }).click()
  const draft = page.getByRole('dialog', { name: 'Say this in Trail talk?' })
  expect(await draft.getByLabel('Message').inputValue()).toContain('Who joins me for “Larch loop”')
  await draft.getByRole('button', { name: 'Send' }).click()
  await page.locator('rai-channel').getByText('Who joins me for “Larch loop”').first().waitFor()

  // It was hidden meanwhile, and not loaded again: it has heard of the message.
  await page.goBack()
  await walks.getByText('1 new in the community since you came').waitFor()
  expect(await page.locator('iframe[title="Walks"]').count()).toBe(1)
  await page.goBack()
  await walks.getByText('Where to, amara?').waitFor()

  await go(page, 'Hut camera')
  await page.getByText('This page does not answer').waitFor({ timeout: 30_000 })
  expect(exceptions).toEqual([])
  expect(await violations()).toEqual([])
})
