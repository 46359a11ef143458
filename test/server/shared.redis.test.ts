import { beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../packages/server/src/db/supervisor.js'
import { ask } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { withoutLooking } from '../helpers/database.js'
import { startRedis } from '../helpers/redis.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

/** Two instances that share a database and a Redis, and hear nothing by NOTIFY. */
const redis = await startRedis()
const limits = { key: { points: 4, seconds: 60 } }
const one = await startTestServer({ limits, config: { redisUrl: redis.url, notify: false } })
const config = { database: one.testDatabase, secretKey: one.config.secretKey, notify: false }
const two = await startTestServer({ limits, config: { ...config, redisUrl: redis.url } })

let community: TestCommunity
beforeEach(async () => {
  community = await testCommunity(one)
})
const statusAt = async (server: typeof one) =>
  (await ask(server, 'GET /v1/leaderboards', { bearer: community.communityKey })).status
const statuses = async (...servers: (typeof one)[]) => {
  const seen = []
  for (const server of servers) seen.push(await statusAt(server))
  return seen
}
/** By a key that is new each time, until both count it together. */
const untilShared = () =>
  expect
    .poll(async () => {
      community = await testCommunity(one)
      return statuses(one, two, one, two, one)
    })
    .toEqual([200, 200, 200, 200, 429])

describe('instances with one Redis', () => {
  it('count requests together, and say what is left of them', async () => {
    await untilShared()
    community = await testCommunity(one)
    await statusAt(one)
    const { headers } = await ask(two, 'GET /v1/leaderboards', { bearer: community.communityKey })
    expect(headers.get('ratelimit')).toMatch(/"key";r=2;t=\d+$/)
  })

  it('hear by it what happened at another', async () => {
    await withoutLooking(one.testDatabase, async () => {
      const stream = await openStream(two, community)
      await stream.read()
      await ask(one, 'POST /v1/leaderboards', { bearer: community.systemKey, body: { name: 'Stars' } })
      await stream.until(({ type }) => type === 'config.changed')
      stream.close()
    })
  })

  it('count by themselves while it hangs, and together when it goes on', async () => {
    redis.signal('SIGSTOP')
    expect(await statuses(one, one, one, one, one, two)).toEqual([200, 200, 200, 200, 429, 200])
    redis.signal('SIGCONT')
    await untilShared()
  })

  it('count by themselves and find news by looking while it is gone, and together when it is back', async () => {
    await redis.kill()
    expect(await statuses(one, one, one, one, one, two)).toEqual([200, 200, 200, 200, 429, 200])
    const stream = await openStream(two, community)
    await stream.read()
    await ask(one, 'POST /v1/leaderboards', { bearer: community.systemKey, body: { name: 'Stars' } })
    await stream.until(({ type }) => type === 'config.changed')
    stream.close()
    await redis.start()
    await untilShared()
  })

  it('start without it as well', async () => {
    const redisUrl = `redis://127.0.0.1:${await freePort()}`
    const alone = await startTestServer({ limits, config: { ...config, redisUrl } })
    expect(await statuses(alone, alone, alone, alone, alone)).toEqual([200, 200, 200, 200, 429])
  })
})
