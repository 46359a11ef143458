import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import type { DemoFile } from '../../packages/server/src/demo.js'
import { ask } from '../helpers/api.js'
import { asSuperuser } from '../helpers/database.js'
import { times } from '../helpers/long.js'
import { embeddedPostgres, type ServerProcess, startProcess } from '../helpers/process.js'
import { startReceiver, verified } from '../helpers/receiver.js'

const root = mkdtempSync(join(tmpdir(), 'rai-webhooks-'))
const dataDir = join(root, 'data')
const receiver = await startReceiver()
let server: ServerProcess
const start = async () => {
  server = await startProcess({ RAI_DATA: dataDir, RAI_WEBHOOK_ALLOW: receiver.place })
  await server.ready
}
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  rmSync(root, { recursive: true, force: true })
})

const kills = times(1, 20)
const events = times(200, 10_000)
/** What is under way to one endpoint. */
const atOnce = 5

test('13: every event that was committed arrives, though the server is killed again and again', async () => {
  await start()
  const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile
  const bearer = demo.communityKey
  const body = { url: receiver.url, events: ['user.joined'] }
  const { answer } = await ask(server, 'POST /v1/webhooks', { bearer: demo.systemKey, body })
  let made = 0
  let isDone = false
  /** Makes members one after the other, also while the server is away. */
  const making = (async () => {
    while (made < events) {
      const one = { bearer, body: { username: `walker ${made}` } }
      const status = await ask(server, 'POST /apis/v1/users', one).then(
        ({ status }) => status,
        () => 0,
      )
      // 409: it was made by the request before, whose answer was lost.
      if (status === 201 || status === 409) made++
      else await server.ready.catch(() => {})
    }
    isDone = true
  })()
  for (let n = 1; n <= kills; n++) {
    const enough = (n * events) / (kills + 1)
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(enough), { timeout: 120_000, interval: 5 })
    server.child.kill('SIGKILL')
    await server.ended
    await start()
  }
  await making
  expect(isDone).toBe(true)
  const committed = await asSuperuser(embeddedPostgres(dataDir).superuserUrl, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `select e.id from events e join members m on m.community_id = e.community_id and m.id = e.subject
       where e.type = 'user.joined' and m.username like 'walker %'`,
    )
    return rows.map(({ id }) => id)
  })
  expect(committed).toHaveLength(events)
  await expect.poll(() => new Set(receiver.ids()).size, { timeout: 60_000 }).toBe(events)
  expect(new Set(receiver.ids())).toEqual(new Set(committed))
  for (const request of receiver.received) verified(answer.key!, request)
  expect(receiver.received.length - events).toBeLessThanOrEqual(Math.max(events / 100, atOnce * kills))
}, 600_000)
