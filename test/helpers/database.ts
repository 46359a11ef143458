import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { type Database, openDatabase } from '../../packages/server/src/db/database.js'
import { distribute } from '../../packages/server/src/db/distribute.js'
import type { DatabaseUrls } from '../../packages/server/src/db/supervisor.js'
import { onNodes } from './citus.js'

/** A database of a test file's own, migrated and empty. */
export interface TestDatabase extends DatabaseUrls {
  /** Row-level security does not bind it: for looking at everything. */
  superuserUrl: string
  /** The same on every node of a cluster, the coordinator first; elsewhere there is one. */
  nodeUrls: string[]
}

/** Counting a large import again takes its time. */
const recountWithin = 180_000

/**
 * Makes a database and, after the file's last test, checks every invariant in it and drops it. Call it at the top of a
 * test file, before anything that uses it, because what is registered first is cleaned up last.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const cluster = inject('cluster')
  const name = `test_${randomBytes(6).toString('hex')}`
  await onNodes(cluster, `create database ${name} template rai owner rai_owner`)
  const named = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
  const database = {
    superuserUrl: named(cluster.superuserUrl),
    nodeUrls: [cluster.superuserUrl, ...cluster.workerUrls].map(named),
    url: named(cluster.url),
    migrateUrl: named(cluster.migrateUrl),
  }
  // A copy of a database has none of its settings.
  if (cluster.workerUrls.length > 0) await distribute(database.migrateUrl)
  afterAll(async () => {
    const broken = await asSuperuser(database.superuserUrl, brokenInvariants)
    await onNodes(cluster, `drop database ${name} with (force)`)
    if (broken.length > 0) throw new Error(`The tests left broken invariants:\n${broken.join('\n')}`)
  }, recountWithin)
  return database
}

/** The same, opened as the server opens it: for tests below HTTP. */
export async function openTestDatabase(): Promise<{ database: Database; testDatabase: TestDatabase }> {
  const testDatabase = await createTestDatabase()
  const database = await openDatabase(testDatabase.url, () => {})
  afterAll(() => database.close())
  return { database, testDatabase }
}

const invariants = readFileSync(join(import.meta.dirname, 'invariants.sql'), 'utf8')

/** What does not hold in a database (invariants.sql), one sentence each. Ask as a superuser. */
export async function brokenInvariants(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ invariant: string; community_id: string; detail: string }>(invariants)
  return rows.map((row) => `${row.invariant}: ${row.detail} (community ${row.community_id})`)
}

/** Runs work on a connection of a superuser's own. */
export async function asSuperuser<T>(superuserUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  // A Citus cluster lets nobody touch triggers otherwise; elsewhere it is a setting that nothing reads. To compile the
  // invariants, which a PostgreSQL of others does, takes far longer than to ask them.
  const options = '-c citus.enable_unsafe_triggers=on -c jit=off'
  const client = new pg.Client({ connectionString: superuserUrl, options })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Meanwhile no instance finds by looking what another one has numbered: it must be told. */
export async function withoutLooking({ superuserUrl }: TestDatabase, work: () => Promise<void>): Promise<void> {
  const run = (query: string) => asSuperuser(superuserUrl, (client) => client.query(query))
  await run('drop policy worker on relays')
  try {
    await work()
  } finally {
    await run('create policy worker on relays for select using (is_worker())')
  }
}

/** How many sessions of a database wait for a lock. */
export const waitingForLocks = ({ testDatabase }: { testDatabase: TestDatabase }): Promise<number> =>
  asSuperuser(testDatabase.superuserUrl, async (client) => {
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows[0]!.n
  })
