import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { Pool } from 'undici'
import { createGuardedFetch } from '../../packages/server/src/calls/fetch.js'
import { emitEach } from '../../packages/server/src/domain/events.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { createEndpoint } from '../../packages/server/src/domain/webhooks/endpoints.js'
import { startRelay } from '../../packages/server/src/jobs/relay.js'
import { startWebhooks } from '../../packages/server/src/jobs/webhooks.js'
import { seedMembers } from '../helpers/seed.js'
import { type BenchDatabase, withDatabase } from './database.js'
import { type Bench, interleaved, type Row, sharedNow } from './measure.js'

const endpoints = 4
/** How much is under way to one endpoint. */
const atOnce = 5
const events = 250
const deliveries = endpoints * events
const rounds = 9
const root = rootKey(Buffer.alloc(32, 1))

export const bench: Bench = {
  title: `Events of one community to ${endpoints} endpoints, ${atOnce} under way to each`,
  reference: 'as many loops of bare undici over connections that stay open, each inserting a row for each delivery',
  run: () =>
    withDatabase(async (bench) => {
      const receiver = fork(join(import.meta.dirname, 'webhooks-receiver.ts'))
      const port = (await next(receiver)) as number
      const place = `127.0.0.1:${port}`
      const log = { error: console.error }
      const fetchGuarded = createGuardedFetch([place])
      const config = { filesUrl: 'http://127.0.0.1' }
      const webhooks = startWebhooks(bench.database, log, root, () => new Date(), fetchGuarded, config)
      const relay = startRelay(bench.database, log, (communityId) => webhooks.wake(communityId))
      bench.database.onWork((work, communityId) => {
        if (work === 'events') relay.wake(communityId)
        if (work === 'webhooks') webhooks.wake(communityId)
      })
      const pool = new pg.Pool({ connectionString: bench.superuserUrl, max: 10 })
      // It ends before its connections do, and the database may end them first.
      pool.on('error', () => {})
      const undici = new Pool(`http://${place}`, { connections: endpoints * atOnce })
      try {
        await pool.query(
          'create table bench_deliveries (id uuid primary key, status int not null, at timestamptz not null)',
        )
        return await measure(bench, place, receiver, pool, undici)
      } finally {
        await Promise.all([relay.stop(), webhooks.stop()])
        await undici.close()
        await pool.end()
        receiver.disconnect()
      }
    }),
}

async function measure(
  { tenant, superuserUrl, communityId }: BenchDatabase,
  place: string,
  receiver: ChildProcess,
  pool: pg.Pool,
  undici: Pool,
): Promise<Row[]> {
  const at = new Date()
  const people = await seedMembers(superuserUrl, { communityId, members: events, at })
  const ids = people.map(({ id }) => id)
  await tenant(async (tx) => {
    for (let n = 0; n < endpoints; n++)
      await createEndpoint(tx, root, { url: `http://${place}/${n}`, events: ['user.visited'] }, at)
  })
  /** When so many have come, after what sends them was begun. */
  const come = async (n: number, send: () => Promise<unknown>): Promise<number> => {
    receiver.send(n)
    const [last] = await Promise.all([next(receiver), send()])
    return last as number
  }
  const isWritten = async () => {
    const { rows } = await pool.query(`select from webhook_deliveries where status = 'pending' limit 1`)
    return rows.length === 0
  }
  const body = JSON.stringify({ type: 'user.visited', data: { user: 'x'.repeat(250) } })
  const sendBare = async (): Promise<void> => {
    const { statusCode, body: answer } = await undici.request({ method: 'POST', path: '/', body })
    await answer.dump()
    await pool.query('insert into bench_deliveries values ($1, $2, now())', [newId(), statusCode])
  }

  const many = await interleaved(
    rounds,
    async () => {
      const begun = sharedNow()
      await come(deliveries, () => tenant((tx) => emitEach(tx, 'user.visited', ids)))
      while (!(await isWritten()));
      return (sharedNow() - begun) / deliveries
    },
    async () => {
      const begun = sharedNow()
      let left = deliveries
      const loop = async () => {
        while (left-- > 0) await sendBare()
      }
      await come(deliveries, () => Promise.all(Array.from({ length: endpoints * atOnce }, loop)))
      return (sharedNow() - begun) / deliveries
    },
  )
  const one = await interleaved(
    100,
    async () => {
      let committed = 0
      const last = await come(endpoints, async () => {
        await tenant((tx) => emitEach(tx, 'user.visited', ids.slice(0, 1)))
        committed = sharedNow()
      })
      while (!(await isWritten()));
      return last - committed
    },
    async () => {
      const begun = sharedNow()
      return (await come(endpoints, () => Promise.all(Array.from({ length: endpoints }, sendBare)))) - begun
    },
  )
  return [
    { what: `${deliveries.toLocaleString('en')} deliveries, to the last row`, unit: 'ms each', bar: 2, ...many },
    { what: 'one event, from its commit to the last endpoint (50 ms at most)', unit: 'ms', ...one },
  ]
}

async function next(receiver: ChildProcess): Promise<unknown> {
  const settled = new AbortController()
  const { signal } = settled
  try {
    const ended = once(receiver, 'exit', { signal }).then(() => Promise.reject(new Error('the receiver ended')))
    const [message] = await Promise.race([once(receiver, 'message', { signal }), ended])
    return message
  } finally {
    settled.abort()
  }
}
