import { describe, expect, it } from 'vitest'
import { families, type Route, type RouteKey } from '../../packages/contract/src/index.js'
import { createPasswords } from '../../packages/server/src/domain/accounts/passwords.js'
import { ask } from '../helpers/api.js'
import { newAccount } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

let hashes = 0
const server = await startTestServer({
  config: { trustProxy: true },
  limits: { login: { points: 200, seconds: 60 } },
  onHash: () => hashes++,
})
const password = 'seven hills before breakfast'
const { hash } = createPasswords()

let people = 0
async function person(): Promise<string> {
  const email = `person${++people}@example.com`
  await newAccount(server, { email, passwordHash: await hash(password) })
  return email
}
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
const logIn = (email: string, word: string, address: string) =>
  ask(server, 'POST /api/v1/auth/login', { body: { email, password: word }, ...from(address) })

describe('A4: who tries passwords', () => {
  it.each(['that has an account', 'that has none'])(
    'has ten tries for an address %s, from one network, and then waits',
    async (which) => {
      const email = which.endsWith('none') ? `nobody${++people}@example.com` : await person()
      hashes = 0
      const tries = await Promise.all(
        Array.from({ length: 12 }, () => logIn(email, 'not the one at all', '203.0.113.1')),
      )
      expect(tries.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), 429, 429])
      expect(hashes).toBe(10)
      const late = await logIn(email.toUpperCase(), password, '203.0.113.1')
      expect([late.status, late.code]).toEqual([429, 'rate_limited'])
      expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(600)
    },
  )

  it('does not lock its owner out, who is elsewhere', async () => {
    const email = await person()
    for (let n = 0; n < 11; n++) await logIn(email, 'not the one at all', '203.0.113.2')
    expect((await logIn(email, password, '203.0.113.2')).status).toBe(429)
    expect((await logIn(email, password, '198.51.100.7')).status).toBe(200)
  })

  it('begins to count again after the right one', async () => {
    const email = await person()
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 9; n++) expect((await logIn(email, 'not the one at all', '203.0.113.3')).status).toBe(401)
      expect((await logIn(email, password, '203.0.113.3')).status).toBe(200)
    }
  })

  it('is stopped from everywhere together as well', async () => {
    const email = await person()
    const tries = await Promise.all(
      Array.from({ length: 101 }, (_, n) => logIn(email, 'not the one at all', `192.0.2.${n}`)),
    )
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(1)
  })
})

describe('mails', () => {
  it('to one address are five an hour, whoever asks for them', async () => {
    const email = 'flooded@example.com'
    const body = { email, password, firstname: '', lastname: '' }
    const replies = [
      await ask(server, 'POST /api/v1/auth/register', { body, ...from('203.0.113.4') }),
      await ask(server, 'POST /api/v1/auth/resend-verification', { body: { email }, ...from('203.0.113.5') }),
      await ask(server, 'POST /api/v1/auth/forgot-password', { body: { email }, ...from('203.0.113.6') }),
      await ask(server, 'POST /api/v1/auth/register', { body, ...from('203.0.113.7') }),
      await ask(server, 'POST /api/v1/auth/forgot-password', { body: { email }, ...from('203.0.113.8') }),
      await ask(server, 'POST /api/v1/auth/forgot-password', { body: { email }, ...from('203.0.113.9') }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 429])
    expect(Number(replies[5]!.headers.get('retry-after'))).toBeGreaterThan(3000)
  })

  const operations = Object.entries(families.system as Record<string, Route>).filter(([, { access }]) =>
    access.principals.includes('anyone'),
  )
  it.each(operations)('and %s count once for their network', async (key, { body: schema }) => {
    const email = `counted${++people}@example.com`
    const values = { email, password, firstname: '', lastname: '', token: 'none', code: 'none', refreshToken: 'none' }
    const { shape } = schema as unknown as { shape: object }
    const body = Object.fromEntries(Object.entries(values).filter(([name]) => name in shape))
    const { headers } = await ask(server, key as RouteKey, { body, ...from('203.0.113.11') })
    expect(headers.get('ratelimit')!.match(/"login"/g)).toHaveLength(1)
  })

  it('and sign-ins from one network have a limit together', async () => {
    const address = '203.0.113.10'
    const statuses: number[] = []
    for (let n = 0; n < 201; n++) {
      const body = { refreshToken: 'none' }
      statuses.push((await ask(server, 'POST /api/v1/auth/refresh', { body, ...from(address) })).status)
    }
    expect(statuses.slice(0, 200).every((status) => status === 401)).toBe(true)
    expect(statuses[200]).toBe(429)
  })
})
