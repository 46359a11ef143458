import { describe, expect, test } from 'vitest'
import { createChannel } from '../../packages/server/src/domain/channels.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { ask } from '../helpers/api.js'
import { startBrowser, visit } from './browser.js'
import { startDemo } from './demo.js'

const { server, demo, community, hooks } = await startDemo()
const { channelId } = await community.tenant(async (tx) => {
  await createMember(tx, { username: 'amara', displayName: 'Amara Haddad' }, new Date())
  return { channelId: (await createChannel(tx, { topic: 'Trail talk', type: 'open' }, null, new Date())).id }
})
const browser = await startBrowser()
const bearer = community.systemKey

/** The page, and what one presses on one of its cards. */
async function open() {
  const one = await visit(browser, `${demo.siteUrl}/hooks.html`)
  const rows = one.page.locator('#calls > li')
  const press = async (kind: string, name: string) => {
    const before = await rows.count()
    await one.page.locator(`[data-kind=${kind}]`).getByRole('button', { name }).click()
    await rows.nth(before).waitFor()
    return rows.first()
  }
  return { ...one, press }
}

describe('the page of hooks', () => {
  test('says so while there is none', async () => {
    const { page } = await visit(browser, `${demo.siteUrl}/hooks.html`)
    await page.getByText('Nothing was called yet').waitFor()
    await page.getByRole('button', { name: 'Call it' }).first().click()
    await page.getByText('That did not work').waitFor()
  })

  test('has things done by calls that are signed, once each', async () => {
    // Each start makes others.
    for (let start = 0; start < 2; start++) await hooks.connect()
    expect((await ask(server, 'GET /v1/hooks', { bearer })).answer).toHaveLength(3)
    const { press, exceptions, violations } = await open()
    for (const [kind, sentence] of [
      ['message', /^Amara says in the channel: ./],
      ['fields', /^Amara’s favourite hut is ./],
      ['currency', /^Amara has 25 coins$/],
    ] as const) {
      const row = await press(kind, 'Call it')
      expect(await row.locator('.what').textContent()).toMatch(sentence)
      expect(await row.locator('.tag').allTextContents()).toEqual(['✓ let in'])
      const again = await press(kind, 'Once more')
      expect(await again.locator('.what').textContent()).toBe(await row.locator('.what').textContent())
      expect(await again.locator('.tag').allTextContents()).toEqual(['✓ a repeat: nothing more was done'])
    }
    const said = await ask(server, 'GET /apis/v1/messages', { bearer, query: { channel_id: channelId } })
    expect(said.answer.messages).toHaveLength(1)
    const amara = await ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail: 'amara' } })
    expect(JSON.stringify(amara.answer)).toMatch(/"hut"/)
    expect([exceptions, await violations()]).toEqual([[], []])
  })

  test('is refused what another secret has signed', async () => {
    const { press } = await open()
    for (const kind of ['message', 'fields', 'currency']) {
      const row = await press(kind, 'Forge it')
      expect(await row.locator('.what').textContent()).toMatch(/^Refused: ./)
      expect(await row.locator('.tag').allTextContents()).toEqual(['✗ 401 unauthorized'])
    }
    const said = await ask(server, 'GET /apis/v1/messages', { bearer, query: { channel_id: channelId } })
    expect(said.answer.messages).toHaveLength(1)
    const body = JSON.stringify({ kind: 'message', how: 'sign' })
    expect((await fetch(`${demo.siteUrl}/calls`, { method: 'POST', body })).status).toBe(403)
  })
})
