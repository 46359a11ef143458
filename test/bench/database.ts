import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase, type Tx } from '../../packages/server/src/db/database.js'
import { migrate } from '../../packages/server/src/db/migrate.js'
import { startPostgres } from '../../packages/server/src/db/supervisor.js'
import { createCommunity } from '../../packages/server/src/domain/communities.js'
import { newId } from '../../packages/server/src/domain/ids.js'

/** An embedded PostgreSQL with one empty community. */
export interface BenchDatabase {
  database: Database
  communityId: string
  superuserUrl: string
  tenant<T>(work: (tx: Tx) => Promise<T>, options?: { snapshot?: boolean }): Promise<T>
}

/** Runs work on a database that goes afterwards. */
export async function withDatabase<T>(work: (bench: BenchDatabase) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rai-bench-'))
  const postgres = await startPostgres(dataDir, { debug() {}, warn: console.warn })
  try {
    await migrate(postgres.migrateUrl, 'rai_app')
    const database = await openDatabase(postgres.url, () => {})
    try {
      const communityId = newId()
      const tenant: BenchDatabase['tenant'] = (some, options) => database.tenant(communityId, some, options)
      await tenant((tx) => createCommunity(tx, { name: 'Bench' }, new Date()))
      const superuserUrl = Object.assign(new URL(postgres.superuserUrl), { pathname: '/rai' }).href
      return await work({ database, communityId, superuserUrl, tenant })
    } finally {
      await database.close()
    }
  } finally {
    await postgres.stop()
    rmSync(dataDir, { recursive: true })
  }
}
