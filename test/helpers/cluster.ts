import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { distribute } from '../../packages/server/src/db/distribute.js'
import { migrate } from '../../packages/server/src/db/migrate.js'
import { type DatabaseUrls, prepareRoles, startPostgres } from '../../packages/server/src/db/supervisor.js'
import { citusNodes, closeTemplate, joinNodes, type Nodes, onNodes } from './citus.js'

/** The PostgreSQL of one test run. Its database `rai` is migrated and empty: the template of every test database. */
export interface Cluster extends DatabaseUrls, Nodes {}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: Cluster
  }
}

/**
 * One PostgreSQL for the whole run: the embedded one, or the throw-away cluster whose superuser RAI_TEST_DATABASE_URL
 * names. With RAI_TEST_CITUS=1 that is a Citus coordinator, and every test database is spread over its workers.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const external = process.env.RAI_TEST_DATABASE_URL
  const { cluster, stop } = external ? await joinExternal(external) : await startEmbedded()
  await migrate(cluster.migrateUrl, 'rai_app')
  if (cluster.workerUrls.length > 0) {
    await distribute(cluster.migrateUrl)
    await closeTemplate(cluster, 'rai')
  }
  project.provide('cluster', cluster)
  return stop
}

async function joinExternal(superuserUrl: string) {
  const isCitus = process.env.RAI_TEST_CITUS === '1'
  const nodes = isCitus ? await citusNodes(superuserUrl) : { superuserUrl, workerUrls: [] }
  // An earlier run may have left another state of the migrations.
  await onNodes(nodes, 'drop database if exists rai with (force)')
  const cluster = { ...nodes, ...(await prepareRoles(superuserUrl)) }
  if (isCitus) await joinNodes(nodes, 'rai')
  return { cluster, stop: async () => {} }
}

async function startEmbedded() {
  const dataDir = mkdtempSync(join(tmpdir(), 'rai-test-'))
  const { superuserUrl, url, migrateUrl, stop } = await startPostgres(dataDir, { debug() {}, warn: console.warn })
  const cluster = { superuserUrl, workerUrls: [], url, migrateUrl }
  // It does not outlive the machine. What must is tested on databases that servers start themselves.
  for (const query of ['alter system set fsync = off', 'select pg_reload_conf()']) await onNodes(cluster, query)
  return {
    cluster,
    stop: async () => {
      await stop()
      rmSync(dataDir, { recursive: true })
    },
  }
}
