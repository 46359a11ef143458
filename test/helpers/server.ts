import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Config } from '../../packages/server/src/config.js'
import type { Database } from '../../packages/server/src/db/database.js'
import { type StartOptions, startServer } from '../../packages/server/src/start.js'
import { quietConfig } from './config.js'
import { createTestDatabase, type TestDatabase } from './database.js'

export interface TestServer {
  url: string
  config: Config
  database: Database
  testDatabase: TestDatabase
}

export interface TestServerOptions extends StartOptions {
  /** What differs from a quiet server without a demo. */
  config?: Partial<Config>
}

/**
 * A real server on a free port with a database of its own, which holds its own answers against the contract. Both go
 * after the file's last test. Call it at the top of a test file.
 */
export async function startTestServer({ config: changes, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const testDatabase = await createTestDatabase()
  const config = await quietConfig({
    dataDir: join(tmpdir(), `rai-test-${randomUUID()}`),
    database: testDatabase,
    secretKey: randomBytes(32),
    ...changes,
  })
  const { url, database, stop } = await startServer(config, { checkAnswers: true, ...options })
  afterAll(stop)
  return { url, config, database, testDatabase }
}
