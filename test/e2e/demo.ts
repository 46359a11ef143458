import { afterAll } from 'vitest'
import { createEvents, type Events } from '../../demo/events.js'
import { createHooks, type Hooks } from '../../demo/hooks.js'
import { createSite } from '../../demo/site.js'
import { freePort } from '../../packages/server/src/db/supervisor.js'
import type { DemoFile } from '../../packages/server/src/demo.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { startTestServer, type TestServer } from '../helpers/server.js'

/** The demo's own pages and back-end, with a server and an empty community of a test's own. Call it at the top of a test file. */
export async function startDemo(): Promise<{
  server: TestServer
  demo: DemoFile
  community: TestCommunity
  events: Events
  hooks: Hooks
  /** Where pages of others may be that the site frames. */
  appsUrl: string
}> {
  const siteUrl = `http://127.0.0.1:${await freePort()}`
  const server = await startTestServer({ config: { webhookAllow: [new URL(siteUrl).host] } })
  const community = await testCommunity(server, { origin: siteUrl })
  const owner = { email: '', password: '' }
  const demo = { ...community, apiUrl: server.url, siteUrl, serverId: community.id, owner }
  const events = createEvents(demo)
  const hooks = createHooks(demo)
  const appsUrl = `http://127.0.0.1:${await freePort()}`
  const site = createSite(demo, server.config, events, appsUrl, hooks)
  await new Promise<void>((done) => site.listen(Number(new URL(siteUrl).port), '127.0.0.1', done))
  afterAll(() => {
    site.closeAllConnections()
    site.close()
  })
  return { server, demo, community, events, hooks, appsUrl }
}
