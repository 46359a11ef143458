import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { DemoFile } from '../../packages/server/src/demo.js'
import { ask } from '../helpers/api.js'
import { asSuperuser } from '../helpers/database.js'
import { times } from '../helpers/long.js'
import { embeddedPostgres, type ServerProcess, startProcess } from '../helpers/process.js'

const root = mkdtempSync(join(tmpdir(), 'rai-hooks-'))
const dataDir = join(root, 'data')
let server: ServerProcess
const start = async () => {
  server = await startProcess({ RAI_DATA: dataDir })
  await server.ready
}
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  rmSync(root, { recursive: true, force: true })
})

const kills = times(1, 20)
const wanted = times(100, 2000)
/** How many calls are under way. */
const atOnce = 4

test('14: every call has one effect, though the server is killed again and again', async () => {
  await start()
  const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile
  const bearer = demo.systemKey
  const username = 'walker'
  expect((await ask(server, 'POST /apis/v1/users', { bearer, body: { username } })).status).toBe(201)
  const body = { name: 'Steps', action: { kind: 'currency' }, requiresKey: true }
  const { url, key } = (await ask(server, 'POST /v1/hooks', { bearer, body })).answer
  const hookAddress = new URL(url!).pathname.split('/').at(-1)!
  let next = 0
  let done = 0
  /** Sends one call after the other, each until it is answered, also while the server is away. */
  const send = async () => {
    while (next < wanted) {
      const headers = { 'x-api-key': key!, 'idempotency-key': `step-${next++}` }
      const call = { params: { hookAddress }, headers, body: { user: username, operation: 'add', amount: 1 } }
      const answered = () =>
        ask(server, 'POST /hooks/v1/{hookAddress}', call).then(
          ({ status }) => status,
          () => 0,
        )
      while ((await answered()) !== 200) await server.ready.catch(() => {})
      done++
    }
  }
  const sending = Promise.all(Array.from({ length: atOnce }, send))
  for (let n = 1; n <= kills; n++) {
    await expect.poll(() => done, { timeout: 120_000, interval: 5 }).toBeGreaterThan((n * wanted) / (kills + 1))
    server.child.kill('SIGKILL')
    await server.ended
    await start()
  }
  await sending
  const [kept] = await asSuperuser(embeddedPostgres(dataDir).superuserUrl, async (client) => {
    const { rows } = await client.query<{ amount: number; done: number; names: number }>(
      `select (select amount from balances b join members m on m.community_id = b.community_id and m.id = b.member_id
               where m.username = $1 and b.unit = 'currency') as amount,
         (select count(*) from hook_calls where outcome = 'done') as done,
         (select count(*) from hook_call_names) as names`,
      [username],
    )
    return rows
  })
  expect(kept).toEqual({ amount: wanted, done: wanted, names: wanted })
}, 600_000)
