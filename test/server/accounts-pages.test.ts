import { describe, expect, it } from 'vitest'
import { ask } from '../helpers/api.js'
import { startMailServer } from '../helpers/mail-server.js'
import { startTestServer } from '../helpers/server.js'

const mailServer = await startMailServer()
const many = { points: 100_000, seconds: 60 }
let said = ''
const server = await startTestServer({
  config: { smtpUrl: mailServer.url, logLevel: 'trace' },
  limits: { login: many, mail: { points: 3, seconds: 60 } },
  logTo: {
    write(line: string) {
      said += line
    },
  },
})
const password = 'seven hills before breakfast'

interface Seen {
  status: number
  headers: Headers
  html: string
  title: string
}
async function page(path: string, fields?: Record<string, string>, headers: HeadersInit = {}): Promise<Seen> {
  const init = fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}
  const response = await fetch(new URL(path, server.url), { redirect: 'manual', headers, ...init })
  const html = await response.text()
  return { status: response.status, headers: response.headers, html, title: /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? '' }
}

/** The fields of a page's form, as a browser would send them. */
const fieldsOf = ({ html }: Seen): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input[^>]*\bname="(\w+)"[^>]*\bvalue="([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
  )

let people = 0
async function register(): Promise<string> {
  const email = `page${++people}@example.com`
  const body = { email, password, firstname: 'Amara', lastname: 'Okafor' }
  expect((await ask(server, 'POST /api/v1/auth/register', { body })).status).toBe(202)
  return email
}
const logIn = async (email: string, word = password) =>
  (await ask(server, 'POST /api/v1/auth/login', { body: { email, password: word } })).status

describe('the pages that mails lead to', () => {
  it('confirm an address, by a form and not by being looked at', async () => {
    const email = await register()
    const { link, token } = await mailServer.mail(email)
    const looked = [await page(link), await page(link)]
    expect(looked.map(({ status, title }) => [status, title])).toEqual(Array(2).fill([200, 'Confirm your address']))
    expect(await logIn(email)).toBe(401)
    const done = await page('/account/verify', fieldsOf(looked[0]!))
    expect([done.status, done.title]).toEqual([200, 'Your address is confirmed'])
    expect(await logIn(email)).toBe(200)
    for (const again of [await page(link), await page('/account/verify', { token })])
      expect([again.status, again.title]).toEqual([400, 'This link is not good any more'])
  })

  it('set a new password, and say what is wrong with one', async () => {
    const email = await register()
    await page('/account/verify', { token: (await mailServer.mail(email)).token })
    const asked = await page('/account/forgot', { email })
    expect([asked.status, asked.title]).toEqual([200, 'Look into your mail'])
    const { link } = await mailServer.mail(email, 2)
    const form = await page(link)
    expect(form.html).toContain(`For <bdi>${email}</bdi>`)
    for (const [word, problem] of [
      ['too short', 'must have at least 15 characters'],
      ['passwordpassword', 'is one of the most common'],
    ]) {
      const refused = await page('/account/reset', { ...fieldsOf(form), password: word! })
      expect([refused.status, refused.title]).toEqual([400, 'Set a new password'])
      expect(refused.html).toMatch(new RegExp(`role="alert" id="problem">This password ${problem}`))
      expect(refused.html).not.toContain(word)
    }
    const done = await page('/account/reset', { ...fieldsOf(form), password: 'eight valleys after supper' })
    expect([done.status, done.title]).toEqual([200, 'Your password is set'])
    expect([await logIn(email), await logIn(email, 'eight valleys after supper')]).toEqual([401, 200])
  })

  it('say that a password has to be set where an address was registered more than once', async () => {
    const email = await register()
    const body = { email, password: 'what the stranger would like to use', firstname: '', lastname: '' }
    await ask(server, 'POST /api/v1/auth/register', { body })
    const { link } = await mailServer.mail(email)
    const looked = await page(link)
    expect(looked.html).toContain('If it was not you who registered, do not confirm')
    const done = await page('/account/verify', fieldsOf(looked))
    expect([done.status, done.title]).toEqual([200, 'Your address is confirmed'])
    expect(done.html).toContain('none of those passwords counts')
    await mailServer.mail(email, 3)
    const subjects = mailServer.mails.filter(({ to }) => to === email).map(({ subject }) => subject)
    expect(subjects).toContain('Set a new password')
  })

  it('show the form for an address again, with what is wrong with it', async () => {
    const refused = await page('/account/forgot', { email: 'user@localhost' })
    expect([refused.status, refused.title]).toEqual([400, 'Forgotten your password?'])
    expect(refused.html).toContain('id="problem">This must be an address such as name@example.com.')
    expect(refused.html).toMatch(/<input id="email"[^>]* aria-describedby="problem" aria-invalid="true">/)
    expect((await page('/account/forgot', {})).title).toBe('Forgotten your password?')
  })

  it('count a form once', async () => {
    const { headers } = await page('/account/forgot', { email: 'counted@example.com' })
    expect(headers.get('ratelimit')!.match(/"login"/g)).toHaveLength(1)
  })

  it('say the same of an address that has no account', async () => {
    const known = await register()
    await page('/account/verify', { token: (await mailServer.mail(known)).token })
    const [one, other] = [
      await page('/account/forgot', { email: known }),
      await page('/account/forgot', { email: 'x@example.com' }),
    ]
    const strip = ({ html }: Seen, email: string) => html.replaceAll(email, '').replace(/nonce="[^"]+"/, '')
    expect(strip(other, 'x@example.com')).toBe(strip(one, known))
  })

  it('show what went wrong as a page: nonsense, too much, too often', async () => {
    const refused = [
      await page('/account/verify'),
      await page('/account/reset?token=%00'),
      await page('/account/reset?token=a&token=b'),
      await page('/account/sign-in?code=rai_lc_x', { code: 'x' }),
    ]
    for (const { status, title } of refused) expect([status, title]).toEqual([400, 'This link is not good any more'])
    expect((await page('/account/forgot', { email: 'x'.repeat(20_000) })).status).toBe(413)
    for (let n = 0; n < 3; n++) await page('/account/forgot', { email: 'often@example.com' })
    const often = await page('/account/forgot', { email: 'Often@example.com' })
    expect([often.status, often.title]).toEqual([429, 'That did not work'])
    expect(Number(often.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  })

  it.each(['/account/verify', '/account/reset', '/account/forgot', '/account/sign-in', '/account'])(
    '%s runs no script, is framed nowhere and tells nobody where it was',
    async (path) => {
      const { headers, html } = await page(path)
      const nonce = /<style nonce="([^"]+)">/.exec(html)![1]
      expect(headers.get('content-security-policy')).toBe(
        `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      )
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(html).not.toMatch(/<script|style=|\son\w+=|(?:src|href)="https?:/)
    },
  )

  it.each(['cross-site', 'same-site'])('take no form of a page that is %s', async (site) => {
    const email = await register()
    const { link, token } = await mailServer.mail(email)
    const forged = await page('/account/verify', { token }, { 'sec-fetch-site': site })
    expect([forged.status, forged.title]).toEqual([403, 'That did not work'])
    const own = await page('/account/verify', fieldsOf(await page(link)), { 'sec-fetch-site': 'same-origin' })
    expect(own.status).toBe(200)
  })

  it('write text that is given them as text', async () => {
    const { html } = await page('/account/verify?token="><b>bold</b>')
    expect(html).not.toContain('<b>')
    const { html: said } = await page('/account/forgot', { email: '"<b>"@example.com' })
    expect(said).not.toContain('<b>')
  })

  it('leave no token in the log', () => {
    const tokens = mailServer.mails.map(({ token }) => token).filter(Boolean)
    expect(tokens.length).toBeGreaterThan(2)
    for (const token of tokens) expect(said).not.toContain(token)
  })
})
