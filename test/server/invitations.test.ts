import { describe, expect, it } from 'vitest'
import { ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser } from '../helpers/database.js'
import { startMailServer } from '../helpers/mail-server.js'
import { startTestServer } from '../helpers/server.js'

const mailServer = await startMailServer()
let now = new Date('2026-11-23T12:00:00Z')
const server = await startTestServer({
  clock: () => now,
  config: { smtpUrl: mailServer.url },
  limits: { mail: { points: 2, seconds: 60 }, invitations: { points: 4, seconds: 60 } },
})
const password = 'seven hills before breakfast'

const invite = (community: { communityKey: string }, username: string, more: object = { sendEmail: true }) =>
  ask(server, 'POST /apis/v1/users', {
    bearer: community.communityKey,
    body: { username, email: `${username}@example.com`, firstname: 'Amara', lastname: 'Okafor', ...more },
  })
const logIn = (email: string, word = password) =>
  ask(server, 'POST /api/v1/auth/login', { body: { email, password: word } })
const choose = async (token: string, word = password) => {
  const body = new URLSearchParams({ token, password: word })
  const response = await fetch(`${server.url}/account/invitation`, { method: 'POST', body })
  return { status: response.status, title: /<h1>(.*?)<\/h1>/.exec(await response.text())?.[1] }
}
const notGood = { status: 400, title: 'This link is not good any more' }
const ready = { status: 200, title: 'Your account is ready' }

describe('a member who is invited', async () => {
  const community = await testCommunity(server)

  it('chooses a password by the link of a mail, and is this member with that login', async () => {
    expect((await invite(community, 'amara')).status).toBe(201)
    const mail = await mailServer.mail('amara@example.com')
    expect(mail.subject).toBe('You are a member of Test community')
    expect(mail.link).toBe(`${server.url}/account/invitation?token=${mail.token}`)
    expect(mail.raw).not.toContain(password)
    const looked = await (await fetch(mail.link)).text()
    expect(looked).toContain('amara@example.com')
    expect((await logIn('amara@example.com')).status).toBe(401)

    expect(await choose(mail.token, 'short')).toEqual({ status: 400, title: 'Choose a password' })
    expect(await choose(mail.token)).toEqual(ready)
    const { answer } = await logIn('amara@example.com')
    const joined = await ask(server, 'PUT /api/v1/servers/{serverId}/me', {
      params: { serverId: community.id },
      bearer: answer.accessToken,
    })
    expect(joined.answer.username).toBe('amara')
  })

  it('does so once, and within 7 days', async () => {
    await invite(community, 'once', { emailPassword: true })
    const { token } = await mailServer.mail('once@example.com')
    now = new Date(now.getTime() + 7 * 24 * 3_600_000 - 1000)
    const both = await Promise.all([choose(token), choose(token)])
    expect(both.sort((a, b) => a.status - b.status)).toEqual([ready, notGood])

    await invite(community, 'late')
    const late = await mailServer.mail('late@example.com')
    now = new Date(now.getTime() + 7 * 24 * 3_600_000)
    expect(await choose(late.token)).toEqual(notGood)
    expect((await logIn('late@example.com')).status).toBe(401)
  })

  it('is told to sign in where the address has an account', async () => {
    const other = await testCommunity(server)
    expect((await invite(other, 'amara')).status).toBe(201)
    const mail = await mailServer.mail('amara@example.com', 2)
    expect([mail.subject, mail.link]).toEqual(['You are a member of Test community', `${server.url}/account/forgot`])
  })

  it('has their own password, whatever a stranger registered with the address', async () => {
    const email = 'sought@example.com'
    const register = () =>
      ask(server, 'POST /api/v1/auth/register', {
        body: { email, password: 'the password of a stranger', firstname: 'x', lastname: 'y' },
      })
    await register()
    const strangers = await mailServer.mail(email)
    await invite(await testCommunity(server), 'sought')
    const { token } = await mailServer.mail(email, 2)
    expect(await choose(token)).toEqual(ready)
    expect((await logIn(email, 'the password of a stranger')).status).toBe(401)
    expect((await logIn(email)).status).toBe(200)
    const confirmed = await ask(server, 'POST /api/v1/auth/verify-email', { body: { token: strangers.token } })
    expect(confirmed.code).toBe('invalid_token')
  })

  it('gets a link that sets a password where they confirm by an earlier mail instead', async () => {
    const email = 'both@example.com'
    await ask(server, 'POST /api/v1/auth/register', {
      body: { email, password: 'the password of a stranger', firstname: 'x', lastname: 'y' },
    })
    const first = await mailServer.mail(email)
    await invite(await testCommunity(server), 'both')
    await mailServer.mail(email, 2)
    await ask(server, 'POST /api/v1/auth/verify-email', { body: { token: first.token } })
    expect((await logIn(email, 'the password of a stranger')).status).toBe(401)
    expect((await mailServer.mail(email, 3)).subject).toBe('Set a new password')
  })

  it('is not there, and gets no mail, where anything else is refused', async () => {
    const refused = await invite(community, 'once')
    expect([refused.status, refused.code]).toEqual([409, 'already_exists'])
    const nowhere = await invite(community, 'nowhere', { sendEmail: true, email: undefined })
    expect([nowhere.status, nowhere.paths]).toEqual([400, ['email']])
    const left = await asSuperuser(server.testDatabase.superuserUrl, (client) =>
      client.query('select 1 from invitations'),
    )
    expect(left.rowCount).toBe(0)
  })
})

describe('40: invitations', () => {
  it('are so many of one community, which says when there are more', async () => {
    const community = await testCommunity(server)
    for (const name of ['one', 'two', 'three', 'four']) expect((await invite(community, name)).status).toBe(201)
    const reply = await invite(community, 'five')
    expect([reply.status, reply.code, reply.headers.has('retry-after')]).toEqual([429, 'rate_limited', true])
    expect((await invite(community, 'five', {})).status).toBe(201)
  })

  it('are so many to one address, whoever invites', async () => {
    for (const status of [201, 201, 429])
      expect((await invite(await testCommunity(server), 'popular')).status).toBe(status)
  })
})
