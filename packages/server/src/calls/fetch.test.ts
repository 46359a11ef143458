import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createGuardedFetch, isPublic, type Resolve } from './fetch.js'

const options = { accept: 'image/*', maxBytes: 1000, timeoutMs: 10_000 }
const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
})

/** A server on an address of this machine. */
async function listen(host: string, answer: RequestListener, port = 0) {
  const server = createServer(answer)
  const listener = { server, requests: 0 }
  server.on('request', () => listener.requests++)
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server.listen(port, host), 'listening')
  return { ...listener, requests: () => listener.requests, port: (server.address() as AddressInfo).port }
}

/** Counts connections, whatever is said over them. */
async function trap() {
  let connections = 0
  const server = createTcpServer((socket) => {
    connections++
    socket.destroy()
  })
  closing.push(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

describe('a public address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.0', '2606:4700::1111', '2a00:1450::1'])(
    'is %s',
    (address) => expect(isPublic(address)).toBe(true),
  )

  it.each([
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.8.8.8'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1'],
    ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.1.1.1', '240.0.0.1'],
    ...['255.255.255.255', '::', '::1', '0:0:0:0:0:0:0:1', '::127.0.0.1', '::7f00:1', '::ffff:127.0.0.1'],
    ...['::ffff:7f00:1', '::ffff:8.8.8.8', '0:0:0:0:0:ffff:a00:1', '::ffff:0:7f00:1', '64:ff9b::127.0.0.1'],
    ...['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::1', '100::1', '2001::1', '2001:0:7f00:1::', '2001:2::1'],
    ...['2001:10::1', '2001:20::1', '2001:db8::1', '2002:7f00:1::', '2002:808:808::1', '3fff::1', '4000::1', '5f00::1'],
    ...['fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'ff02::1', 'ff0e::1', '', 'x'],
  ])('is not %j', (address) => expect(isPublic(address)).toBe(false))
})

describe('the guarded fetch', () => {
  it.each([
    ...['127.0.0.1', '0x7f.1', '0177.0.0.1', '2130706433', '0x7f000001', '127.1', '127.0.1', '１２７.０.０.１', '0'],
    ...['localhost', 'localhost.', 'LOCALHOST', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ...['[0:0:0:0:0:ffff:7f00:1]', '127。0。0。1', '%31%32%37.0.0.1', 'user@127.0.0.1', 'example.com@127.0.0.1'],
  ])('does not connect to %s', async (host) => {
    const { port, connections } = await trap()
    const guardedFetch = createGuardedFetch([])
    for (const scheme of ['https', 'http'])
      await expect(guardedFetch(`${scheme}://${host}:${port}/`, options)).rejects.toMatchObject({ name: 'CallFailure' })
    expect(connections()).toBe(0)
  })

  it.each([
    ...['ftp://8.8.8.8/', 'file:///etc/passwd', 'gopher://8.8.8.8/', 'data:image/png;base64,AA', 'http://8.8.8.8/', ''],
    ...[
      'https://8.8.8.8:22/',
      'https://8.8.8.8:25/',
      'https://8.8.8.8:5432/',
      'https://name:word@8.8.8.8/',
      '//8.8.8.8/',
    ],
  ])('does not call %j', async (url) => {
    await expect(createGuardedFetch([])(url, options)).rejects.toThrow('address')
  })

  // As an outsider would: by https, at its own port. Only the address is wrong.
  it.each([
    ...['127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.169.254', '0x7f.1', '2130706433', '0', '１２７.０.０.１'],
    ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[fd00::1]', '[fe80::1]', '[64:ff9b::7f00:1]'],
  ])('finds no public address in %s', async (host) => {
    await expect(createGuardedFetch([])(`https://${host}/`, options)).rejects.toThrow('not a public address')
  })

  it.each([
    [['127.0.0.1']],
    [['10.0.0.1']],
    [['::1']],
    [['fd00::1']],
    [['8.8.8.8', '127.0.0.1']],
    [['127.0.0.1', '8.8.8.8']],
    [['8.8.8.8', '::1']],
    [[]],
  ])('calls no name that means %j', async (addresses) => {
    const guardedFetch = createGuardedFetch([], async () => addresses)
    await expect(guardedFetch('https://name.example/', options)).rejects.toThrow('not a public address')
  })

  it('calls no name that has a private address beside a public one', async () => {
    const { port, connections } = await trap()
    const peer = await listen('127.0.0.2', (_, response) => response.end('hello'), port)
    for (const addresses of [['127.0.0.2', '127.0.0.1'], ['127.0.0.1', '127.0.0.2'], ['127.0.0.2', '::1'], []]) {
      const guardedFetch = createGuardedFetch([`127.0.0.2:${port}`], async () => addresses)
      await expect(guardedFetch(`http://both.example:${port}/`, options)).rejects.toThrow('not a public address')
    }
    expect([connections(), peer.requests()]).toEqual([0, 0])
  })

  it('goes to the address that was looked at, whatever the name means a moment later', async () => {
    const { port, connections } = await trap()
    // Stands for a public address.
    const peer = await listen('127.0.0.2', ({ headers }, response) => response.end(headers.host), port)
    let asked = 0
    const rebinding: Resolve = async () => [asked++ % 2 === 0 ? '127.0.0.2' : '127.0.0.1']
    const guardedFetch = createGuardedFetch([`127.0.0.2:${port}`], rebinding)
    const outcomes = new Map<string, number>()
    for (let tries = 0; tries < 200; tries++) {
      const outcome = await guardedFetch(`http://rebinding.example:${port}/`, options).then(
        ({ body }) => body.toString(),
        (error: Error) => error.message,
      )
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    expect(Object.fromEntries(outcomes)).toEqual({ [`rebinding.example:${port}`]: 100, 'not a public address': 100 })
    expect([connections(), peer.requests()]).toEqual([0, 100])
  })

  it('uses a connection again for the same addresses, and for no others', async () => {
    const sockets = new Set<unknown>()
    const answer: RequestListener = ({ socket }, response) => {
      sockets.add(socket)
      response.end()
    }
    const { port } = await listen('127.0.0.1', answer)
    await listen('127.0.0.2', answer, port)
    let meaning = ['127.0.0.1']
    const guardedFetch = createGuardedFetch([`127.0.0.1:${port}`, `127.0.0.2:${port}`], async () => meaning)
    const call = () => guardedFetch(`http://moving.example:${port}/`, { ...options, connectMs: 5000 })
    await call()
    await call()
    expect(sockets.size).toBe(1)
    meaning = ['127.0.0.2']
    await call()
    expect(sockets.size).toBe(2)
  })

  it('calls anew where the connection that was kept is closed under the call', async () => {
    let calls = 0
    const { port } = await listen('127.0.0.1', ({ socket }, response) => {
      // The second call comes over the connection of the first.
      if (++calls === 2) socket.resetAndDestroy()
      else response.end(String(calls))
    })
    const guardedFetch = createGuardedFetch([`127.0.0.1:${port}`])
    const call = async () => (await guardedFetch(`http://127.0.0.1:${port}/`, options)).body.toString()
    expect([await call(), await call()]).toEqual(['1', '3'])
  })

  it('follows no redirect', async () => {
    const { port, connections } = await trap()
    for (const status of [301, 302, 303, 307, 308]) {
      const peer = await listen('127.0.0.1', (_, response) =>
        response.writeHead(status, { location: `http://127.0.0.1:${port}/` }).end(),
      )
      const guardedFetch = createGuardedFetch([`127.0.0.1:${peer.port}`, `127.0.0.1:${port}`])
      expect((await guardedFetch(`http://127.0.0.1:${peer.port}/`, options)).status).toBe(status)
    }
    expect(connections()).toBe(0)
  })

  it.each<[string, RequestListener]>([
    ['too long', (_, response) => response.end('x'.repeat(options.maxBytes + 1))],
    ['endless', (_, response) => void setInterval(() => response.write('x'.repeat(200)), 1).unref()],
    ['broken off', (_, response) => void response.write('x', () => response.destroy())],
    ['none', (request) => request.socket.destroy()],
    ['in another protocol', ({ socket }) => socket.end('HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')],
  ])('fails when the answer is %s', async (_, answer) => {
    const { port, server } = await listen('127.0.0.1', answer)
    const guardedFetch = createGuardedFetch([`127.0.0.1:${port}`])
    await expect(guardedFetch(`http://127.0.0.1:${port}/`, options)).rejects.toMatchObject({ name: 'CallFailure' })
    await expect.poll(() => new Promise((resolve) => server.getConnections((_, n) => resolve(n)))).toBe(0)
  })

  it.each<[string, RequestListener, Resolve]>([
    ['nothing comes', () => {}, async () => ['127.0.0.1']],
    [
      'it comes byte by byte',
      (_, response) => void setInterval(() => response.write('x'), 50).unref(),
      async () => ['127.0.0.1'],
    ],
    ['the name has no end', (_, response) => response.end(), () => new Promise(() => {})],
  ])('ends in time when %s', async (_, answer, resolve) => {
    const { port } = await listen('127.0.0.1', answer)
    const guardedFetch = createGuardedFetch([`127.0.0.1:${port}`], resolve)
    await expect(guardedFetch(`http://slow.example:${port}/`, { ...options, timeoutMs: 300 })).rejects.toThrow()
  })

  it('ends when its caller does', async () => {
    const { port } = await listen('127.0.0.1', () => {})
    const stopping = new AbortController()
    const answer = createGuardedFetch([`127.0.0.1:${port}`])(`http://127.0.0.1:${port}/`, {
      ...options,
      signal: stopping.signal,
    })
    stopping.abort()
    await expect(answer).rejects.toMatchObject({ name: 'CallFailure' })
  })
})
