import { beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

const direct = await startTestServer({ limits: { address: { points: 5, seconds: 60 } } })
const proxied = await startTestServer({
  config: { trustProxy: true },
  limits: {
    address: { points: 3, seconds: 60 },
    key: { points: 2, seconds: 60 },
    page: { points: 2, seconds: 60 },
    streams: 2,
  },
})
let community: TestCommunity

beforeAll(async () => {
  community = await testCommunity(proxied)
})

/** Asks as if from an address of one's own, so that only the limit under test counts. */
let addresses = 0
const fromElsewhere = () => ({ 'x-forwarded-for': `10.0.${++addresses >> 8}.${addresses & 255}` })

describe('limits', () => {
  it('hold for an address whatever it claims to be, on every path, and say how long to wait', async () => {
    const replies = []
    for (const path of [
      '/healthz',
      '/v1/leaderboards',
      '/nothing',
      '/rai.js',
      '/reference',
      '/healthz',
      '/widget/v1/x/config',
    ])
      replies.push(await fetch(direct.url + path, { headers: fromElsewhere() }))
    expect(replies.map(({ status }) => status === 429)).toEqual([false, false, false, false, false, true, true])
    const { headers } = replies[5]!
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(headers.get('ratelimit')).toMatch(/^"address";r=0;t=\d+$/)
    expect(await replies[5]!.json()).toMatchObject({ code: 'rate_limited', status: 429 })
  })

  it('believe the proxy in front when there is one', async () => {
    for (let n = 0; n < 4; n++) {
      expect((await ask(proxied, 'GET /healthz', { headers: fromElsewhere() })).status).toBe(200)
    }
  })

  it('believe that proxy alone: what an asker wrote into its header before does not count', async () => {
    const statuses = []
    for (let n = 0; n < 4; n++) {
      const headers = { 'x-forwarded-for': `10.9.9.${n}, 10.8.8.8` }
      statuses.push((await ask(proxied, 'GET /healthz', { headers })).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429])
  })

  it('count one IPv6 network as one address', async () => {
    const statuses = []
    for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:a:b:c:d', '2001:db8:0:0::ffff']) {
      const headers = { 'x-forwarded-for': address }
      statuses.push((await ask(proxied, 'GET /healthz', { headers })).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429])
  })

  it('hold for a secret key from everywhere', async () => {
    const statuses = []
    for (let n = 0; n < 3; n++) {
      const reply = await ask(proxied, 'GET /v1/leaderboards', {
        bearer: community.communityKey,
        headers: fromElsewhere(),
      })
      statuses.push(reply.status)
      if (reply.status === 429) expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
    expect(statuses).toEqual([200, 200, 429])
    // Another key of the same community has a count of its own.
    const other = await ask(proxied, 'GET /v1/leaderboards', { bearer: community.systemKey, headers: fromElsewhere() })
    expect(other.status).toBe(200)
  })

  it('hold for a publishable key, and a page can read that they do', async () => {
    const params = { publishableKey: community.publishableKey }
    const { origin } = community
    const replies = []
    for (let n = 0; n < 3; n++)
      replies.push(
        await ask(proxied, 'GET /widget/v1/{publishableKey}/config', { params, origin, headers: fromElsewhere() }),
      )
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(replies[2]!.headers.get('access-control-allow-origin')).toBe(origin)
    expect(replies[2]!.headers.get('access-control-expose-headers')).toContain('Retry-After')
  })

  it('hold for a widget access key', async () => {
    const body = { ...community.widgetAccess, userIdentifiers: { 'data-username': 'nobody' } }
    const statuses = []
    for (let n = 0; n < 3; n++)
      statuses.push(
        (await ask(proxied, 'POST /v2/api/widget-access-keys/token', { body, headers: fromElsewhere() })).status,
      )
    expect(statuses).toEqual([404, 404, 429])
  })
})
