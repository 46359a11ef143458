import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ask } from '../helpers/api.js'
import { asSuperuser, createTestDatabase } from '../helpers/database.js'
import { startMailServer } from '../helpers/mail-server.js'
import { startProcess } from '../helpers/process.js'
import { startTestServer } from '../helpers/server.js'

const person = { password: 'seven hills before breakfast', firstname: 'Amara', lastname: 'Okafor' }
const register = (server: { url: string }, email: string) =>
  ask(server, 'POST /api/v1/auth/register', { body: { email, ...person } })

describe('a mail', async () => {
  const mailServer = await startMailServer()
  let now = new Date()
  let said = ''
  const server = await startTestServer({
    clock: () => now,
    config: { smtpUrl: mailServer.url, logLevel: 'info', mailFrom: 'Club <club@rai.example>' },
    logTo: {
      write(line: string) {
        said += line
      },
    },
  })
  const waiting = () =>
    asSuperuser(server.testDatabase.superuserUrl, async (client) => {
      const { rows } = await client.query<{ attempts: number; due_at: Date }>('select attempts, due_at from mails')
      return rows
    })

  it('is tried again, later and later, while the mail server cannot take it', async () => {
    mailServer.answers.push(451, 451)
    await register(server, 'patient@example.com')
    const waits: number[] = []
    for (const attempts of [1, 2]) {
      await expect.poll(waiting).toMatchObject([{ attempts, due_at: expect.any(Date) }])
      // Once its outcome is known, the mail is due sooner than whoever takes it has time for.
      await expect.poll(async () => (await waiting())[0]!.due_at.getTime() - now.getTime()).toBeLessThan(20_000)
      waits.push((await waiting())[0]!.due_at.getTime() - now.getTime())
      now = (await waiting())[0]!.due_at
    }
    expect(waits).toEqual([2000, 4000])
    const mail = await mailServer.mail('patient@example.com')
    expect(mail.raw).toContain('From: Club <club@rai.example>')
    expect(mail.raw).toContain('Auto-Submitted: auto-generated')
    await expect.poll(waiting).toEqual([])
    const verified = await ask(server, 'POST /api/v1/auth/verify-email', { body: { token: mail.token } })
    expect(verified.status).toBe(200)
  })

  it('is given up when it is refused for good, and the log says which and no more', async () => {
    mailServer.answers.push(550)
    said = ''
    await register(server, 'refused@example.com')
    await expect.poll(() => said).toContain('a mail was given up')
    expect(said).not.toContain('refused@example.com')
    await expect.poll(waiting).toEqual([])
    expect(mailServer.mails.filter(({ to }) => to === 'refused@example.com')).toEqual([])
  })

  it('is not written by whom it is for: no header, no second address', async () => {
    for (const email of ['a@example.com\r\nBcc: b@example.com', 'a@example.com, b@example.com', 'a@example.com>']) {
      const reply = await register(server, email)
      expect([reply.status, reply.paths]).toEqual([400, ['email']])
    }
  })
})

describe.each([
  ['a wrong password', 'rai:wrong@', 535],
  ['none', '', 530],
])('a mail server that wants a password and is told %s', async (_, credential, code) => {
  const mailServer = await startMailServer('right')
  let said = ''
  const server = await startTestServer({
    config: { smtpUrl: mailServer.url.replace('//', `//${credential}`), logLevel: 'info' },
    logTo: {
      write(line: string) {
        said += line
      },
    },
  })

  it('is waited for, and the log says what it answers', async () => {
    await register(server, 'waiting@example.com')
    await expect.poll(() => said).toMatch(/a mail (could not be sent|was given up)/)
    expect(said).toContain(`"responseCode":${code}`)
    expect(said).not.toContain('a mail was given up')
    const { rows } = await asSuperuser(server.testDatabase.superuserUrl, (client) => client.query('select from mails'))
    expect(rows).toHaveLength(1)
  })
})

describe('without a mail server', () => {
  it('a mail becomes a file that nobody else may read', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'rai-mail-'))
    afterAll(() => rmSync(dataDir, { recursive: true }))
    const server = await startTestServer({ config: { dataDir } })
    await register(server, 'file@example.com')
    const folder = join(dataDir, 'mail')
    const files = () => {
      try {
        return readdirSync(folder).filter((name) => name.endsWith('.json'))
      } catch {
        return []
      }
    }
    await expect.poll(files).toHaveLength(1)
    const [name] = files()
    expect(statSync(join(folder, name!)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(join(folder, name!), 'utf8'))).toMatchObject({
      to: 'file@example.com',
      subject: 'Confirm your address',
      text: expect.stringContaining(`${server.url}/account/verify?token=rai_lt_`),
    })
  })
})

describe.each([
  ['while the mail server takes none', 451, 'tried again'],
  ['while it hands the mail over', 'hang', ''],
] as const)('a server that is killed %s', async (_, answer, says) => {
  const mailServer = await startMailServer()
  const { url, migrateUrl } = await createTestDatabase()
  const env = {
    DATABASE_URL: url,
    RAI_MIGRATE_URL: migrateUrl,
    RAI_SECRET_KEY: randomBytes(32).toString('base64'),
    RAI_DEMO: '0',
    SMTP_URL: mailServer.url,
  }

  it('loses no mail', async () => {
    mailServer.answers.push(answer)
    const first = await startProcess(env)
    await first.ready
    expect((await register(first, 'kept@example.com')).status).toBe(202)
    await expect.poll(() => mailServer.answers).toEqual([])
    await expect.poll(first.said).toContain(says)
    first.child.kill('SIGKILL')
    await first.ended
    const second = await startProcess(env)
    await second.ready
    // Whoever looks waits for who was at it.
    await expect.poll(() => mailServer.mails.length, { timeout: 60_000 }).toBe(1)
    const { token } = await mailServer.mail('kept@example.com')
    expect((await ask(second, 'POST /api/v1/auth/verify-email', { body: { token } })).status).toBe(200)
  }, 120_000)
})
