import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Permission, permissions } from '@rai/contract'
import { afterAll } from 'vitest'
import type { Config } from '../../packages/server/src/config.js'
import type { Database, Tx } from '../../packages/server/src/db/database.js'
import { freePort } from '../../packages/server/src/db/supervisor.js'
import { createCommunity } from '../../packages/server/src/domain/communities.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { createKey } from '../../packages/server/src/domain/keys.js'
import { startServer } from '../../packages/server/src/start.js'
import { createTestDatabase, type TestDatabase } from './database.js'

export interface TestServer {
  url: string
  config: Config
  database: Database
  testDatabase: TestDatabase
}

export interface TestServerOptions {
  /** What differs from a quiet server without a demo. */
  config?: Partial<Config>
  clock?: () => Date
}

/** A real server on a free port with a database of its own; both go after the file's last test. Call it at the top of a test file. */
export async function startTestServer({ config: changes, clock }: TestServerOptions = {}): Promise<TestServer> {
  const testDatabase = await createTestDatabase()
  const port = await freePort()
  const config: Config = {
    host: '127.0.0.1',
    port,
    publicUrl: `http://127.0.0.1:${port}`,
    dataDir: join(tmpdir(), `rai-test-${port}`),
    database: testDatabase,
    secretKey: randomBytes(32),
    demo: false,
    demoSite: 'http://127.0.0.1:4401',
    logLevel: 'silent',
    trustProxy: false,
    ...changes,
  }
  const { url, database, stop } = await startServer(config, clock)
  afterAll(stop)
  return { url, config, database, testDatabase }
}

export interface TestCommunity {
  id: string
  /** The page that the publishable key and the widget access key allow. */
  origin: string
  publishableKey: string
  communityKey: string
  systemKey: string
  widgetAccess: { accessId: string; accessKey: string }
  /** One transaction inside the community. */
  tenant<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

export interface TestCommunityOptions {
  timeZone?: string
  origin?: string
  /** What the community key may do; everything by default. */
  permissions?: readonly Permission[]
  at?: Date
}

/** A community with one key of each kind. The access key takes `data-username`, and `data-customer-id` as an external id. */
export async function testCommunity(
  { database }: Pick<TestServer, 'database'>,
  {
    timeZone = 'UTC',
    origin = 'https://site.example',
    permissions: granted = permissions,
    at = new Date(),
  }: TestCommunityOptions = {},
): Promise<TestCommunity> {
  const id = newId()
  const tenant: TestCommunity['tenant'] = (work) => database.tenant(id, work)
  const keys = await tenant(async (tx) => {
    await createCommunity(tx, { name: 'Test community', timeZone }, at)
    const name = 'Test'
    const origins = [origin]
    const identifiers = { 'data-username': '@username', 'data-customer-id': 'customer-id' }
    return {
      publishable: await createKey(tx, { kind: 'publishable', name, origins }, at),
      community: await createKey(tx, { kind: 'community', name, permissions: [...granted] }, at),
      system: await createKey(tx, { kind: 'system', name }, at),
      access: await createKey(tx, { kind: 'widget_access', name, origins, identifiers }, at),
    }
  })
  return {
    id,
    origin,
    publishableKey: keys.publishable.key,
    communityKey: keys.community.key,
    systemKey: keys.system.key,
    widgetAccess: { accessId: keys.access.accessId!, accessKey: keys.access.key },
    tenant,
  }
}
