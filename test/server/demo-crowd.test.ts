import { expect, it } from 'vitest'
import { addCrowd } from '../../demo/crowd.js'
import { readDemo } from '../../packages/server/src/demo.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer({ config: { demo: true } })
const demo = { ...readDemo(server.config)!, apiUrl: server.url }

it('members of a crowd come, buy and claim by the public API; sent again, they visit once more and nobody is made twice', async () => {
  const counts = () =>
    server.database.tenant(demo.serverId, async ({ db }) => ({
      members: (await db.selectFrom('members').select('id').execute()).length,
      orders: (await db.selectFrom('orders').select('id').execute()).length,
    }))
  const before = await counts()
  const visits: number[] = []
  const done = await addCrowd(demo, 12, (visit) => visits.push(visit))
  expect(visits).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  expect(done.bought).toBeGreaterThan(0)
  const after = await counts()
  expect(after).toEqual({ members: before.members + 12, orders: before.orders + done.bought })

  await addCrowd(demo, 12, () => {})
  expect((await counts()).members).toBe(after.members)
})
