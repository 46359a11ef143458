import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../packages/server/src/db/database.js'
import { migrate } from '../../packages/server/src/db/migrate.js'
import { startPostgres } from '../../packages/server/src/db/supervisor.js'
import { type Ask, ask, type Reply } from '../helpers/api.js'
import { asSuperuser, brokenInvariants } from '../helpers/database.js'
import { type Halted, startDatabaseProxy } from '../helpers/database-proxy.js'
import { times } from '../helpers/long.js'
import { type ServerProcess, startProcess } from '../helpers/process.js'
import { openShop } from '../helpers/store.js'

/*
 * Everything that moves what members have, halted between each of its statements while the server is killed, or the database
 * under it. Whoever asked says the same again; it has happened once. A PostgreSQL of its own, because that is killed too.
 */

const root = mkdtempSync(join(tmpdir(), 'rai-kill-'))
const postgres = await startPostgres(root, { debug() {}, warn() {} })
afterAll(async () => {
  await postgres.stop()
  rmSync(root, { recursive: true })
})
await migrate(postgres.migrateUrl, 'rai_app')
const database = await openDatabase(postgres.url, () => {})
afterAll(() => database.close())
const superuserUrl = Object.assign(new URL(postgres.superuserUrl), { pathname: '/rai' }).href
const { url, halt } = await startDatabaseProxy(postgres.url)

const env = {
  DATABASE_URL: url,
  RAI_MIGRATE_URL: postgres.migrateUrl,
  RAI_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  RAI_DATA: join(root, 'data'),
  RAI_DEMO: '0',
  // In tokens, which outlive the port.
  PUBLIC_URL: 'https://rai.example',
}
const readyWithin = 10_000
let server: ServerProcess
async function start(): Promise<void> {
  server = await startProcess(env)
  await server.ready
}
/** Where the server is changes whenever it was killed. */
const place = {
  database,
  get url() {
    return server.url
  },
}

const at = new Date()
const who = 'ada'
let shop: Awaited<ReturnType<typeof openShop>>
let productId: string
beforeAll(async () => {
  await start()
  shop = await openShop(place, () => at)
  await shop.member(who, 100_000)
  productId = (await shop.product({ price: 10, stock: 1000 }))._id
})

/** What has happened in all. */
const effects = () =>
  asSuperuser(superuserUrl, async (client) => {
    const { rows } = await client.query<Record<'coins' | 'orders' | 'returned' | 'sold' | 'claims' | 'quests', number>>(
      `select (select amount from balances where unit = 'currency')::int as coins, (select count(*) from orders)::int as orders,
         (select count(*) from orders where returned_at is not null)::int as returned, (select sold from products)::int as sold,
         (select count(*) from milestone_claims)::int as claims,
         (select count(*) from social_progress where state = 'done')::int as quests`,
    )
    return rows[0]!
  })
type Effects = Awaited<ReturnType<typeof effects>>

interface Operation {
  /** Makes what is asked for, and answers how it is asked under a key of its own. */
  prepare(): Promise<(headers: { 'idempotency-key': string }) => Promise<Reply>>
  /** What it changes. */
  changes: Partial<Effects>
}

/** As the member on a page. */
const onPage = async (params: Record<string, string> = {}): Promise<Ask> => {
  const { publishableKey, origin } = shop.community
  return { params: { publishableKey, ...params }, origin, bearer: await shop.tokenOf(who) }
}

const operations: Record<string, Operation> = {
  'a purchase': {
    async prepare() {
      const { quote } = (await shop.quote(productId, who)).answer
      const asked = { ...(await onPage()), body: { quote } }
      return (headers) => ask(place, 'POST /widget/v1/{publishableKey}/store/orders', { ...asked, headers })
    },
    changes: { coins: -10, orders: 1, sold: 1 },
  },
  'a refund': {
    async prepare() {
      const { quote } = (await shop.quote(productId, who)).answer
      const { order } = (await shop.order(quote, who)).answer
      const { communityKey: bearer } = shop.community
      const asked = { bearer, params: { orderId: order.id }, body: { statusId: 'refunded' } }
      return (headers) => ask(place, 'PUT /v1/orders/{orderId}', { ...asked, headers })
    },
    changes: { coins: 10, returned: 1, sold: -1 },
  },
  'a claim of a stage': {
    async prepare() {
      const conditions = { kind: 'role', roleId: shop.community.id } as const
      const { _id } = (
        await ask(place, 'POST /v1/milestones', {
          bearer: shop.community.communityKey,
          body: { name: 'Stage', stages: [{ name: 'Stage', conditions, rewards: { coins: 7 }, supply: 1 }] },
        })
      ).answer
      const asked = await onPage({ milestoneId: _id, n: '1' })
      const key = 'POST /widget/v1/{publishableKey}/milestones/{milestoneId}/stages/{n}/claim'
      return (headers) => ask(place, key, { ...asked, headers })
    },
    changes: { coins: 7, claims: 1 },
  },
  'a claim of a quest': {
    async prepare() {
      const { _id } = (
        await ask(place, 'POST /v1/socials', {
          bearer: shop.community.systemKey,
          body: { title: 'Quest', network: 'web', action: 'visit', proof: 'self', reward: { xp: 0, currency: 3 } },
        })
      ).answer
      const asked = { ...(await onPage({ questId: _id })), body: {} }
      return (headers) => ask(place, 'POST /widget/v1/{publishableKey}/socials/{questId}/claim', { ...asked, headers })
    },
    changes: { coins: 3, quests: 1 },
  },
}

/** The server, as if the machine had lost it. Who asked it hears nothing. */
async function killServer({ cut }: Halted): Promise<void> {
  server.child.kill('SIGKILL')
  await server.ended
  cut()
}

/** The process that serves the connection: PostgreSQL ends all others too, and recovers. */
async function killBackend({ port }: Halted): Promise<void> {
  const pid = await asSuperuser(superuserUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pid from pg_stat_activity where client_port = $1', [
      port,
    ])
    return rows[0]!.pid
  })
  process.kill(pid, 'SIGKILL')
}

/** All of PostgreSQL, which whoever started it starts again. */
async function killPostmaster(): Promise<void> {
  const pid = await asSuperuser(superuserUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
    )
    return rows[0]!.pid
  })
  process.kill(pid, 'SIGKILL')
}

let asked = 0
/**
 * Asks for something, kills meanwhile, and says the same until it is answered.
 * @returns The statement before which it was, or undefined where there are not so many.
 */
async function killAt(
  { prepare, changes }: Operation,
  point: number | 'committed',
  kill: (connection: Halted) => Promise<void>,
): Promise<string | undefined> {
  const send = await prepare()
  const before = await effects()
  const key = `kill point ${++asked}`
  const headers = { 'idempotency-key': key }
  const halted = halt(key, point, kill)
  /** The answer, if there is one. The database is away, or the first try not yet seen to be over: else a refusal is a fault. */
  const answered = async () => {
    const reply = await send(headers).catch(() => undefined)
    if (reply) expect([200, 201, 409, 503], reply.text).toContain(reply.status)
    return reply && reply.status < 300 ? reply : undefined
  }
  let isHalted = false
  halted.then(() => {
    isHalted = true
  })
  let reply: Reply | undefined
  // It may be refused before it comes to the point, while the database recovers from what was before.
  while (!isHalted) reply = await answered()
  const statement = await halted
  const killedAt = performance.now()
  if (server.child.killed) await start()
  for (let again: Reply | undefined; !again; ) {
    expect(performance.now() - killedAt, `ready again after ${statement}`).toBeLessThan(readyWithin)
    again = await answered()
    reply ??= again
    // Whatever was acknowledged once is said again.
    if (again) expect(again.text).toBe(reply?.text)
  }
  const expected = Object.entries(before).map(([what, n]) => [what, n + (changes[what as keyof Effects] ?? 0)])
  expect(await effects(), `killed at ${statement}`).toEqual(Object.fromEntries(expected))
  return statement
}

const points: string[] = []
const kinds = Object.entries(operations)
const few = kinds.slice(0, times(1, kinds.length))

describe.each([
  ['the server', killServer, kinds, times(15, 1)],
  ['the process of a connection', killBackend, few, times(99, 3)],
  ['PostgreSQL', killPostmaster, few, times(99, 3)],
] as const)('20: %s is killed', (what, kill, some, everyNth) => {
  it.each(some)('between the statements of %s, and behind the last', { timeout: 600_000 }, async (name, operation) => {
    const first = 5 + 2 * kinds.findIndex(([kind]) => kind === name)
    for (let point = first % everyNth; ; point += everyNth) {
      const statement = await killAt(operation, point, kill)
      if (statement === undefined) break
      points.push(`${what}, ${name}, before statement ${point}: ${statement}`)
    }
    expect(await killAt(operation, 'committed', kill)).toBe('committed')
    points.push(`${what}, ${name}, committed`)
  })
})

it(`20: leaves nothing wrong, at ${times(12, 40)} points or more`, async () => {
  expect(points.length, points.join('\n')).toBeGreaterThanOrEqual(times(12, 40))
  expect(await asSuperuser(superuserUrl, brokenInvariants)).toEqual([])
})
