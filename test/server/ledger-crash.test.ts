import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RouteKey } from '@rai/contract'
import { afterAll, describe, expect, it } from 'vitest'
import type { DemoFile } from '../../packages/server/src/demo.js'
import { type Ask, ask } from '../helpers/api.js'
import { expectJob, runCsv, uploadCsv } from '../helpers/bulk.js'
import { asSuperuser, brokenInvariants, createTestDatabase } from '../helpers/database.js'
import { times } from '../helpers/long.js'
import { embeddedPostgres, type ServerProcess, startProcess } from '../helpers/process.js'

const testDatabase = await createTestDatabase()
const root = mkdtempSync(join(tmpdir(), 'rai-crash-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Those who award by files, four of which a community may have on their way, those who make members, and those who buy. */
const awarders = 4
const makers = 4
const buyers = 8
const clients = awarders + makers + buyers
const writesEach = times(16, 100)
const kills = times(5, 100)
/** What everybody who awards gives in the end. */
const sum = (writesEach * (writesEach + 1)) / 2

/** In tokens, which outlive the port. */
const PUBLIC_URL = 'https://rai.example'

const databases = {
  'its own database': {},
  'a database of the operator’s': {
    DATABASE_URL: testDatabase.url,
    RAI_MIGRATE_URL: testDatabase.migrateUrl,
    RAI_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  },
}

describe.each(Object.entries(databases))('20: a server on %s that is killed while everybody works', (_, external) => {
  it('does each write once, and forgets none that it acknowledged', async () => {
    const dataDir = mkdtempSync(join(root, 'data-'))
    const env = { ...external, PUBLIC_URL, RAI_DATA: dataDir }
    let server = await startProcess(env)
    await server.ready
    const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile
    const { communityKey: key, systemKey, publishableKey } = demo
    // Who comes is given nothing for that: it would be counted here.
    const { answer: settings } = await ask(server, 'GET /v1/gamification', { bearer: systemKey })
    const earning = { ...settings.earning, dailyLogin: { ...settings.earning.dailyLogin, enabled: false } }
    await ask(server, 'PATCH /v1/gamification', { bearer: systemKey, body: { earning } })
    // What the points of the first file are enough for, and of the last one: members who have them, of whom the demo has some,
    // are given coins.
    for (const quantity of [1, sum])
      await ask(server, 'POST /api/v1/badges', {
        bearer: systemKey,
        body: { title: `${quantity} points`, action: 'xp', quantity, awardCurrencyQuantity: 10 },
      })
    // Each buyer has coins to buy so often, and every second time is paid back.
    const price = 10
    const { answer: product } = await ask(server, 'POST /v1/products', {
      bearer: systemKey,
      body: { name: 'Lamp', price, stock: buyers * writesEach },
    })
    const rich = Array.from({ length: buyers }, (_, n) => `buyer-${n},${writesEach * price}\n`)
    await runCsv(server.url, key, 'import', `username,currency\n${rich.join('')}`)
    /** Whoever lost the server waits here for the next one. */
    let restarted: Promise<ServerProcess> = Promise.resolve(server)
    let acknowledged = 0
    let working = clients

    /** Repeats a write, under its own key, until somebody has answered it. */
    async function insist<T>(write: (url: string) => Promise<{ status: number; answer: T }>): Promise<T> {
      for (;;) {
        const { url } = await restarted
        const { status, answer } = await write(url).catch(() => ({ status: 0, answer: undefined }))
        if (status >= 200 && status < 300) {
          acknowledged++
          return answer as T
        }
        // Killed under it, still starting, or the first try still under way: anything else is a fault.
        expect([0, 409, 503]).toContain(status)
      }
    }

    async function createMember(url: string, name: string) {
      const answer = await fetch(`${url}/apis/v1/users`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'idempotency-key': `make ${name}`,
        },
        body: JSON.stringify({ username: name }),
      })
      return { status: answer.status, answer: ((await answer.json()) as { data: { _id: string } }).data?._id }
    }

    async function award(url: string, name: string, n: number) {
      const idempotencyKey = `award ${name} ${n}`
      const { status, body } = await uploadCsv(url, key, 'update', `username,xp_op,xp\n${name},add,${n}\n`, {
        idempotencyKey,
      })
      return { status, answer: body.data?.jobId }
    }

    async function awardOften(client: number) {
      const name = `awarded-${client}`
      await insist((url) => createMember(url, name))
      const jobs: string[] = []
      for (let n = 1; n <= writesEach; n++) jobs.push((await insist((url) => award(url, name, n)))!)
      // Asked again long after, it is still the same.
      expect(await insist((url) => award(url, name, 1))).toBe(jobs[0])
      working--
      return jobs
    }

    async function makeMany(client: number) {
      const make = (n: number) => insist((url) => createMember(url, `made-${client}-${n}`))
      const first = await make(1)
      for (let n = 2; n <= writesEach; n++) await make(n)
      expect(await make(1)).toBe(first)
      working--
      return []
    }

    /** Asks for an operation under a key that is named like what is meant. */
    const insistOn = <K extends RouteKey>(name: string, operation: K, asked: Ask) =>
      insist((url) => ask({ url }, operation, { ...asked, headers: { 'idempotency-key': name } }))

    async function buyOften(client: number) {
      const name = `buyer-${client}`
      const { embedToken: bearer } = await insist((url) =>
        ask({ url }, 'POST /v2/api/widget-access-keys/token', {
          body: { ...demo.widgetAccess, userIdentifiers: { 'data-username': name } },
        }),
      )
      const page = { bearer, origin: demo.siteUrl, params: { publishableKey } }
      for (let n = 1; n <= writesEach; n++) {
        const store = 'widget/v1/{publishableKey}/store'
        const body = { itemId: product._id }
        const { quote } = await insist((url) => ask({ url }, `POST /${store}/quotes`, { ...page, body }))
        const bought = { ...page, body: { quote } }
        const { order } = await insistOn(`${name} buys ${n}`, `POST /${store}/orders`, bought)
        if (n % 2) continue
        const paidBack = { bearer: key, params: { orderId: order.id }, body: { statusId: 'refunded' } }
        await insistOn(`${name} is paid back ${n}`, 'PUT /v1/orders/{orderId}', paidBack)
      }
      working--
      return []
    }

    async function kill() {
      let killed = 0
      for (; killed < kills && working > 0; killed++) {
        const before = acknowledged
        while (working > 0 && acknowledged < before + clients / 2) await new Promise(setImmediate)
        restarted = (async () => {
          server.child.kill('SIGKILL')
          await server.ended
          server = await startProcess(env)
          await server.ready
          return server
        })()
        await restarted
      }
      return killed
    }

    const [jobs, killed] = await Promise.all([
      Promise.all([
        ...Array.from({ length: awarders }, (_, n) => awardOften(n)),
        ...Array.from({ length: makers }, (_, n) => makeMany(n)),
        ...Array.from({ length: buyers }, (_, n) => buyOften(n)),
      ]),
      kill(),
    ])
    expect(killed).toBe(kills)
    for (const jobId of jobs.flat())
      expect(await expectJob(server.url, key, jobId, 60_000)).toMatchObject({ status: 'completed', succeeded: 1 })
    const url = 'DATABASE_URL' in external ? testDatabase.superuserUrl : embeddedPostgres(dataDir).superuserUrl
    await asSuperuser(url, async (client) => {
      const { rows } = await client.query(
        `select split_part(m.username, '-', 1) as what, count(*)::int as n, min(b.amount)::int as least, max(b.amount)::int as most
         from members m left join balances b on b.community_id = m.community_id and b.member_id = m.id and b.unit = 'xp'
         where m.username ~ '^(awarded|made)-' group by 1 order by 1`,
      )
      expect(rows).toEqual([
        { what: 'awarded', n: awarders, least: sum, most: sum },
        { what: 'made', n: makers * writesEach, least: null, most: null },
      ])
      const coins = await client.query(
        `select distinct amount::int from balances b join members m on m.community_id = b.community_id and m.id = b.member_id
         where username ~ '^awarded-' and unit = 'currency'`,
      )
      expect(coins.rows).toEqual([{ amount: 20 }])
      const bought = await client.query(
        `select count(*)::int as orders, count(returned_at)::int as returned, min(p.sold)::int as sold,
           min(b.amount)::int as least, max(b.amount)::int as most
         from orders o join products p on p.id = o.product_id
         join balances b on b.community_id = o.community_id and b.member_id = o.member_id and b.unit = 'currency'
         where p.id = $1`,
        [product._id],
      )
      const returnedEach = Math.floor(writesEach / 2)
      const [sold, returned] = [buyers * (writesEach - returnedEach), buyers * returnedEach]
      const left = returnedEach * price
      expect(bought.rows).toEqual([{ orders: buyers * writesEach, returned, sold, least: left, most: left }])
      expect(await brokenInvariants(client)).toEqual([])
    })
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
  }, 600_000)
})
