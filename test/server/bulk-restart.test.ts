import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { DemoFile } from '../../packages/server/src/demo.js'
import { expectJob, readJob, uploadCsv } from '../helpers/bulk.js'
import { asSuperuser, brokenInvariants } from '../helpers/database.js'
import { embeddedPostgres, type ServerProcess, startProcess } from '../helpers/process.js'

const root = mkdtempSync(join(tmpdir(), 'rai-bulk-'))
const dataDir = join(root, 'data')
const rows = 8_000
const names = Array.from({ length: rows }, (_, n) => `walker ${n}`)

let server: ServerProcess
let demo: DemoFile
let key: string

beforeAll(async () => {
  server = await startProcess({ RAI_DATA: dataDir })
  await server.ready
  demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile
  key = demo.communityKey
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  rmSync(root, { recursive: true, force: true })
})

/** Kills the server whenever the job has done another part, and starts it again; answers how often. */
async function killWhileItRuns(jobId: string): Promise<number> {
  let kills = 0
  for (let seen = 0; kills < 3; kills++) {
    const job = await vi.waitFor(
      async () => {
        const job = await readJob(server.url, key, jobId)
        expect(job.processed).toBeGreaterThan(seen)
        return job
      },
      { timeout: 30_000, interval: 10 },
    )
    if (job.status === 'completed') break
    seen = job.processed
    server.child.kill('SIGKILL')
    await server.ended
    server = await startProcess({ RAI_DATA: dataDir })
    await server.ready
  }
  return kills
}

/** How many walkers there are, what they hold together, and what is wrong in the database. */
const look = () =>
  asSuperuser(embeddedPostgres(dataDir).superuserUrl, async (client) => {
    const { rows } = await client.query<{ members: number; xp: number }>(
      `select count(*)::int as members, sum(b.amount)::int as xp
       from members m join balances b on b.member_id = m.id and b.unit = 'xp' where m.username like 'walker %'`,
    )
    return { ...rows[0], broken: await brokenInvariants(client) }
  })

test('42: an import that is killed again and again makes every member once', async () => {
  const csv = `username,xp\n${names.map((name) => `${name},3`).join('\n')}\n`
  const { body } = await uploadCsv(server.url, key, 'import', csv)
  expect(await killWhileItRuns(body.data!.jobId)).toBeGreaterThan(0)
  const job = await expectJob(server.url, key, body.data!.jobId, 60_000)
  expect(job).toMatchObject({ status: 'completed', succeeded: rows, skipped: 0, failed: 0 })
  expect(await look()).toEqual({ members: rows, xp: rows * 3, broken: [] })
}, 180_000)

test('an update that is killed again and again adds every point once', async () => {
  const csv = `username,xp_op,xp\n${names.map((name) => `${name},add,4`).join('\n')}\n`
  const { body } = await uploadCsv(server.url, key, 'update', csv)
  expect(await killWhileItRuns(body.data!.jobId)).toBeGreaterThan(0)
  const job = await expectJob(server.url, key, body.data!.jobId, 60_000)
  expect(job).toMatchObject({ status: 'completed', succeeded: rows, failed: 0 })
  expect(await look()).toEqual({ members: rows, xp: rows * 7, broken: [] })
}, 180_000)

test('a board that is killed again and again while it is counted says so, and comes out right', async () => {
  const headers = { authorization: `Bearer ${demo.communityKey}`, 'content-type': 'application/json' }
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`${server.url}${path}`, { headers, ...init })
    return { status: answer.status, body: await answer.json() }
  }
  const made = await ask('/v1/leaderboards', {
    method: 'POST',
    body: JSON.stringify({ name: 'Killed', slug: 'killed' }),
  })
  expect(made.body.data).toMatchObject({ isCounting: true })
  const rowsPath = `/widget/v1/${demo.publishableKey}/leaderboards/killed/rows?limit=1`
  const readRows = () => ask(rowsPath, { headers: { origin: demo.siteUrl } })
  let kills = 0
  for (; kills < 3; kills++) {
    const { status, body } = await readRows()
    if (status === 200) break
    expect([status, body.code]).toEqual([503, 'unavailable'])
    // The log says why, and not where in the code.
    await expect.poll(server.said).toMatch(/"reason":"The leaderboard is being counted[^\n]*could not be served/)
    expect(server.said()).not.toMatch(/"stack"[^\n]*could not be served/)
    server.child.kill('SIGKILL')
    await server.ended
    server = await startProcess({ RAI_DATA: dataDir })
    await server.ready
    expect((await look()).broken).toEqual([])
  }
  expect(kills).toBeGreaterThan(0)
  await vi.waitFor(
    async () => {
      const { body } = await ask(`/v1/leaderboards/${made.body.data._id}`)
      expect(body.data.isCounting).toBe(false)
    },
    { timeout: 60_000, interval: 100 },
  )
  const { body } = await readRows()
  expect(body.total).toBeGreaterThanOrEqual(rows)
  // Counted again for other periods, it shows what it did until it is through.
  const again = { method: 'PATCH', body: JSON.stringify({ allowedTimeFilters: ['all-time'] }) }
  const path = `/v1/leaderboards/${made.body.data._id}`
  expect((await ask(path, again)).body.data).toMatchObject({ isCounting: true })
  const shown = await readRows()
  expect([shown.status, shown.body.total]).toEqual([200, body.total])
  server.child.kill('SIGKILL')
  await server.ended
  server = await startProcess({ RAI_DATA: dataDir })
  await server.ready
  for (let isCounting = true; isCounting; ) {
    const { status, body: now } = await readRows()
    expect([status, now.total]).toEqual([200, body.total])
    isCounting = (await ask(path)).body.data.isCounting
  }
  expect((await look()).broken).toEqual([])
}, 180_000)
