import axios from 'axios'
import axiosRetry from 'axios-retry'
import got from 'got'
import ky from 'ky'
import { Agent, RetryAgent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { testCommunity } from '../helpers/community.js'
import { type Fault, startFaultProxy } from '../helpers/fault-proxy.js'
import { startTestServer } from '../helpers/server.js'

/** The clients that back-ends are written with, as they come: none is told how to try again. */
const withRetries = axios.create()
axiosRetry(withRetries)
const agent = new RetryAgent(new Agent())
const clients: Record<string, (url: string, key: string) => Promise<number>> = {
  ky: async (url, key) => (await ky(url, { headers: { 'x-api-key': key } })).status,
  got: async (url, key) => (await got(url, { headers: { 'x-api-key': key } })).statusCode,
  'undici with a RetryAgent': async (url, key) => {
    const { statusCode, body } = await request(url, { headers: { 'x-api-key': key }, dispatcher: agent })
    await body.dump()
    return statusCode
  },
  'axios with axios-retry': async (url, key) => (await withRetries.get(url, { headers: { 'x-api-key': key } })).status,
}

/** Every answer's status, in order. */
let statuses: number[] = []
const logTo = {
  write(line: string) {
    const { msg, status } = JSON.parse(line)
    if (msg === 'answered') statuses.push(status)
  },
}
const server = await startTestServer({
  limits: { key: { points: 3, seconds: 2 } },
  config: { logLevel: 'debug' },
  logTo,
})

describe.each(Object.entries(clients))('40: %s', (_, get) => {
  it('waits as long as a refusal for too many requests says, and asks once more', async () => {
    const { communityKey } = await testCommunity(server)
    statuses = []
    while (!statuses.includes(429)) expect(await get(`${server.url}/v1/leaderboards`, communityKey)).toBe(200)
    expect(statuses.filter((status) => status !== 200)).toEqual([429])
    expect(statuses.at(-1)).toBe(200)
  })

  it('waits as long as a server that is busy says, and asks once more', async () => {
    const { communityKey } = await testCommunity(server)
    const proxy = await startFaultProxy(server.url)
    let until = 0
    let refused = 0
    const busy: Fault = (response, pass) => {
      until ||= Date.now() + 900
      if (Date.now() >= until) return pass()
      refused++
      response.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '1' }).end('{}')
    }
    proxy.fail(busy)
    expect(await get(`${proxy.url}/v1/leaderboards`, communityKey)).toBe(200)
    expect(refused).toBe(1)
    await proxy.stop()
  })
})
