import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask } from '../helpers/api.js'
import { startBrowser, visit } from './browser.js'
import { startDemo } from './demo.js'

const { server, demo, community } = await startDemo()
const { siteUrl } = demo
const browser = await startBrowser()

const password = 'seven hills before breakfast'
const register = (email: string) =>
  ask(server, 'POST /api/v1/auth/register', { body: { email, password, firstname: 'Amara', lastname: 'Okafor' } })
const logIn = async (email: string, word: string) =>
  (await ask(server, 'POST /api/v1/auth/login', { body: { email, password: word } })).status

/** Waits for a mail in the demo's inbox and follows its link. */
async function followMail(page: Page, to: string, subject: string): Promise<void> {
  const mail = page.locator('article').filter({ hasText: to }).filter({ hasText: subject })
  await expect
    .poll(async () => {
      await page.goto(`${siteUrl}/inbox`)
      return mail.count()
    })
    .toBe(1)
  await mail.getByRole('link').click()
}
const title = (page: Page) => page.getByRole('heading', { level: 1 }).textContent()

describe('a person with a mailbox and no scripts', () => {
  test('confirms an address, forgets the password and sets a new one', async () => {
    const email = 'amara@example.com'
    const { page, console: lines } = await visit(browser, `${siteUrl}/inbox`, { javaScriptEnabled: false })
    expect(await page.getByText('None yet').count()).toBe(1)
    await register(email)
    await followMail(page, email, 'Confirm your address')
    expect(await title(page)).toBe('Confirm your address')
    await page.getByRole('button').press('Enter')
    await expect.poll(() => title(page)).toBe('Your address is confirmed')
    expect(new URL(page.url()).search).toBe('')
    expect(await logIn(email, password)).toBe(200)

    await page.goto(`${server.url}/account/forgot`)
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('E-mail').press('Enter')
    await expect.poll(() => title(page)).toBe('Look into your mail')
    await followMail(page, email, 'Set a new password')
    await page.getByLabel('New password').fill('passwordpassword')
    await page.getByRole('button').click()
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('is one of the most common')
    await page.getByLabel('New password').fill('eight valleys after supper')
    await page.getByRole('button').click()
    await expect.poll(() => title(page)).toBe('Your password is set')
    expect(await logIn(email, 'eight valleys after supper')).toBe(200)
    expect(lines.filter((line) => line.startsWith('error') && !line.includes('400'))).toEqual([])
  })

  test('sees no mails by another name of the machine, as a page elsewhere would ask', async () => {
    const elsewhere = siteUrl.replace('127.0.0.1', 'localhost')
    expect((await fetch(`${elsewhere}/inbox`)).status).toBe(403)
  })
})

let people = 0
const someone = () => `somebody.with.a.long.name.${++people}@subdomain.of.example.com`

/** Where a site's back-end would send the browser of somebody whose name is written from right to left. */
async function loginUrl(): Promise<string> {
  const { answer } = await ask(server, 'GET /api/secureAuth', {
    bearer: community.systemKey,
    query: { userId: 'leila', action: 'login', email: 'leila@example.com', displayname: 'ليلى حداد' },
  })
  return answer.loginUrl
}

/** Every page in the states that it has. */
const pages: Record<string, (page: Page) => Promise<unknown>> = {
  'a form to confirm': async (page) => {
    const email = someone()
    await register(email)
    await followMail(page, email, 'Confirm your address')
  },
  'a form with a problem': async (page) => {
    const email = someone()
    await register(email)
    await followMail(page, email, 'Confirm your address')
    await page.getByRole('button').click()
    await page.getByText('Your address is confirmed').waitFor()
    const asked = await ask(server, 'POST /api/v1/auth/forgot-password', { body: { email } })
    expect(asked.status, asked.text).toBe(202)
    await followMail(page, email, 'Set a new password')
    await page.getByLabel('New password').fill('passwordpassword')
    await page.getByRole('button').click()
    await page.getByRole('alert').waitFor()
  },
  'a form for an address': (page) => page.goto(`${server.url}/account/forgot`),
  'a form for an address that is none': async (page) => {
    await page.goto(`${server.url}/account/forgot`)
    await page.getByLabel('E-mail').fill('user@localhost')
    await page.getByRole('button').click()
    await page.getByRole('alert').waitFor()
  },
  'a link that is over': (page) => page.goto(`${server.url}/account/verify?token=x`),
  'an address of Secure Auth': async (page) => page.goto(await loginUrl()),
  'somebody signed in': async (page) => {
    await page.goto(await loginUrl())
    await page.getByRole('button').click()
    await page.getByText('You are signed in').waitFor()
  },
  'nobody signed in': (page) => page.goto(`${server.url}/account`),
}

describe.each(['light', 'dark'] as const)('the pages, %s', (colorScheme) => {
  test.each(Object.keys(pages))(
    '%s: nothing that axe finds wrong, nothing that overflows, nothing refused',
    async (name) => {
      const { page, violations } = await visit(browser, `${siteUrl}/inbox`, {
        colorScheme,
        viewport: { width: 320, height: 640 },
      })
      await pages[name]!(page)
      expect(await violations()).toEqual([])
      const found = await page.evaluate(async (source) => {
        new Function(source)()
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document)
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`)
      }, axe.source)
      expect(found).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
    },
  )
})
