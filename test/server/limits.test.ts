import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { ask } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { startTestServer, type TestServer } from '../helpers/server.js'

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

describe('40: limits', () => {
  it('hold for an address whatever it claims to be, on every path, and say how long to wait', async () => {
    const replies = []
    for (const path of [
      '/healthz',
      '/v1/leaderboards',
      '/nothing',
      '/rai.js',
      '/reference',
      '/%zz',
      '/widget/v1/x/config',
    ])
      replies.push(await fetch(direct.url + path, { headers: fromElsewhere() }))
    expect(replies.map(({ status }) => status === 429)).toEqual([false, false, false, false, false, true, true])
    const { headers } = replies[5]!
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(headers.get('ratelimit')).toMatch(/^"address";r=0;t=\d+$/)
    expect(await replies[5]!.json()).toMatchObject({ code: 'rate_limited', status: 429 })
  })

  it.each([
    ['an address with its port', ['10.7.0.1:1000', '10.7.0.1:2000', '10.7.0.1']],
    ['a network with ports', ['[2001:db8:7::1]:1000', '[2001:db8:7::2]', '2001:db8:7::3']],
    ['a network in other letters', ['2001:db8:8::1', '2001:0DB8:0008::2', '2001:db8:8:0:a:b:1.2.3.4']],
    ['an IPv4 address as IPv6 writes it', ['10.7.0.2', '::ffff:10.7.0.2', '::FFFF:10.7.0.2']],
    ['what is no address', ['1:2:3:4:5:6:7:8:9::1', 'unknown', 'fe80::1%', '10.7.0.300', '[::1', ':::', '10.1.1.1, x']],
    ['an address with a zone', ['fe80::1%a:b:c:d:e:f:a:b', 'fe80::1%eth0', 'fe80::2']],
  ])('count %s as one, and never fail', async (_, addresses) => {
    const statuses = []
    for (let n = 0; n < 4; n++) {
      const headers = { 'x-forwarded-for': addresses[n % addresses.length]! }
      statuses.push((await ask(proxied, 'GET /healthz', { headers })).status)
    }
    for (const address of addresses) {
      statuses.push((await ask(proxied, 'GET /healthz', { headers: { 'x-forwarded-for': address } })).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429, ...addresses.map(() => 429)])
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

/** A connection that says just this. */
function say(server: TestServer, words: string): Socket {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.write(words)
  return socket
}

describe('a body that does not arrive', async () => {
  const server = await startTestServer({ limits: { bodyMs: 200 } })
  const { communityKey } = await testCommunity(server)
  const half = (path: string, key: string, type = 'application/json', begun = '{"na', length = 1000) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${begun}`
  const form = 'multipart/form-data; boundary=x'

  it('is waited for so long, and the connection ends', async () => {
    const answer = await text(say(server, half('/v1/leaderboards', communityKey)))
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(answer).toContain('"code":"request_timeout"')
    expect(answer).toMatch(/\r\nx-request-id: [\w-]+\r\n/i)
  })

  it('is waited for no longer after the request was refused', async () => {
    for (const [path, key, type, status] of [
      ['/v1/leaderboards', 'x', undefined, 401],
      ['/nothing', communityKey, undefined, 404],
      ['/healthz', communityKey, undefined, 405],
      ['/%zz', communityKey, undefined, 400],
      ['/apis/v1/users/bulk-import', 'x', form, 401],
    ] as const)
      expect(await text(say(server, half(path, key, type)))).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  it('stops nothing when its request is being answered already, to somebody who does not read', async () => {
    const get = 'GET /reference/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n'
    const greedy = say(server, `${`${get}\r\n`.repeat(6)}${get}Content-Length: 1\r\n\r\n`)
    // By then its own time would have been over as well.
    expect(await text(say(server, half('/v1/leaderboards', communityKey)))).toContain(' 408 ')
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    greedy.destroy()
  })

  it('is waited for when it is an upload by a key that may', async () => {
    const file =
      '--x\r\nContent-Disposition: form-data; name="data"; filename="m.csv"\r\n\r\nusername\nada\n\r\n--x--\r\n'
    const path = '/apis/v1/users/bulk-import'
    const upload = say(server, half(path, communityKey, form, file.slice(0, 80), file.length))
    // By then its own time would have been over as well.
    expect(await text(say(server, half('/v1/leaderboards', communityKey)))).toContain(' 408 ')
    upload.write(file.slice(80))
    const [first] = (await upload.iterator().next()).value.toString().split('\r\n')
    expect(first).toBe('HTTP/1.1 202 Accepted')
    upload.destroy()
  })
})

describe('connections', async () => {
  const server = await startTestServer({ limits: { connections: 2 } })

  it('are so many at once, and more when some have ended', async () => {
    const open = [1, 2].map(() => say(server, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
    for (const socket of open) expect(String((await socket.iterator().next()).value)).toContain('200 OK')
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
    for (const socket of open) socket.destroy()
    await vi.waitFor(async () => expect((await fetch(`${server.url}/healthz`)).status).toBe(200), { interval: 20 })
  })

  const perAddress = { connectionsPerAddress: 2 }
  const narrow = await startTestServer({ limits: perAddress })
  const behindProxy = await startTestServer({ config: { trustProxy: true }, limits: perAddress })
  const unfinished = 'GET /healthz HTTP/1.1\r\nX: '

  it('are so many from one address, whatever they are used for, and more when some have ended', async () => {
    const open = [1, 2].map(() => say(narrow, unfinished))
    await Promise.all(open.map((socket) => once(socket, 'connect')))
    await expect(fetch(`${narrow.url}/healthz`)).rejects.toThrow()
    const other = connect({ port: Number(new URL(narrow.url).port), host: '127.0.0.1', localAddress: '127.0.0.77' })
    other.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(await text(other)).toContain('200 OK')
    for (const socket of open) socket.destroy()
    await vi.waitFor(async () => expect((await fetch(`${narrow.url}/healthz`)).status).toBe(200), { interval: 20 })
  })

  it('are not counted by address where all come from the proxy', async () => {
    const open = [1, 2].map(() => say(behindProxy, unfinished))
    await Promise.all(open.map((socket) => once(socket, 'connect')))
    expect((await fetch(`${behindProxy.url}/healthz`)).status).toBe(200)
    for (const socket of open) socket.destroy()
  })
})
