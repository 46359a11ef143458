import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createClient } from '@redis/client'
import { freePort } from '../../packages/server/src/db/supervisor.js'

/** What Redis does best: a sorted set, and a hash of what its members are called. */
export interface RedisBoard {
  /** Nothing but the way there and back. */
  ping(): Promise<unknown>
  /** 0-based. */
  rank(id: string): Promise<number | null>
  /** Members from a 0-based position, with scores and names. */
  page(from: number, count: number): Promise<unknown>
}

/** Runs work beside a Redis of its own, or with null where this machine has none (Debian: `apt install redis-server`). */
export async function withRedis<T>(
  members: readonly { id: string; name: string; score: number }[],
  work: (redis: RedisBoard | null) => Promise<T>,
): Promise<T> {
  const port = await freePort()
  const child = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no'])
  const started = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    once(child, 'error').then(() => false),
  ])
  if (!started) return work(null)
  const client = createClient({ socket: { host: '127.0.0.1', port } })
  try {
    await client.connect()
    const atOnce = 10_000
    for (let from = 0; from < members.length; from += atOnce) {
      const some = members.slice(from, from + atOnce)
      await client.zAdd(
        'board',
        some.map(({ id, score }) => ({ value: id, score })),
      )
      await client.hSet('names', Object.fromEntries(some.map(({ id, name }) => [id, name])))
    }
    return await work({
      ping: () => client.ping(),
      rank: (id) => client.zRevRank('board', id),
      async page(from, count) {
        const rows = await client.zRangeWithScores('board', from, from + count - 1, { REV: true })
        const names = await client.hmGet(
          'names',
          rows.map(({ value }) => value),
        )
        return rows.map((row, i) => ({ ...row, name: names[i] }))
      },
    })
  } finally {
    client.destroy()
    child.kill()
    await once(child, 'exit')
  }
}
