import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../packages/server/src/db/migrate.js'
import { type DatabaseUrls, prepareRoles, startPostgres } from '../../packages/server/src/db/supervisor.js'

/** The PostgreSQL of one test run. Its database `rai` is migrated and empty: the template of every test database. */
export interface Cluster extends DatabaseUrls {
  superuserUrl: string
}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: Cluster
  }
}

/**
 * One PostgreSQL for the whole run: the embedded one, or the throw-away cluster whose superuser RAI_TEST_DATABASE_URL
 * names.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const external = process.env.RAI_TEST_DATABASE_URL
  const { cluster, stop } = external ? await joinExternal(external) : await startEmbedded()
  await migrate(cluster.migrateUrl, 'rai_app')
  project.provide('cluster', cluster)
  return stop
}

async function joinExternal(superuserUrl: string) {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  // An earlier run may have left another state of the migrations.
  await client.query('drop database if exists rai with (force)')
  await client.end()
  return { cluster: { superuserUrl, ...(await prepareRoles(superuserUrl)) }, stop: async () => {} }
}

async function startEmbedded() {
  const dataDir = mkdtempSync(join(tmpdir(), 'rai-test-'))
  const { superuserUrl, url, migrateUrl, stop } = await startPostgres(dataDir, { debug() {}, warn: console.warn })
  return {
    cluster: { superuserUrl, url, migrateUrl },
    stop: async () => {
      await stop()
      rmSync(dataDir, { recursive: true })
    },
  }
}
