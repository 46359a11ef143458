import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { StartFailure } from '../config.js'
import { asOwner } from './migrate.js'
import { statementsOf } from './script.js'

const placeTables = readFileSync(new URL('./citus.sql', import.meta.url), 'utf8')

/**
 * Gives the tables and what is in them their place on the nodes of a Citus cluster (citus.sql). Run again, it does the
 * same for tables that came since.
 * @param migrateUrl The role that owns the tables, on the coordinator.
 * @throws StartFailure that says what the cluster lacks, and who must do what about it.
 */
export async function distribute(migrateUrl: string): Promise<void> {
  await asOwner(migrateUrl, async (client, alone) => {
    await needExtension(client)
    await needNodes(client)
    await alone(async () => {
      try {
        for (const statement of statementsOf(placeTables)) await client.query(statement)
      } catch (error) {
        throw new StartFailure(`The tables cannot be distributed, and are as they were: ${(error as Error).message}`)
      }
    })
  })
}

async function needExtension(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ made: boolean; available: boolean }>(
    `select exists (select from pg_extension where extname = 'citus') as made,
      exists (select from pg_available_extensions where name = 'citus') as available`,
  )
  const { made, available } = rows[0]!
  if (made) return
  if (!available) {
    throw new StartFailure(
      'This PostgreSQL has no Citus. Install it on every node, put it first in shared_preload_libraries and restart them.',
    )
  }
  await client.query('create extension citus').catch((error: Error) => {
    throw new StartFailure(
      `The extension cannot be made: ${error.message}. ` +
        'A superuser must run "create extension citus" in this database, on every node.',
    )
  })
}

async function needNodes(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ coordinator: boolean; workers: boolean }>(
    `select coalesce(bool_or(groupid = 0), false) as coordinator, coalesce(bool_or(shouldhaveshards), false) as workers
     from pg_dist_node where isactive and noderole = 'primary'`,
  )
  const { coordinator, workers } = rows[0]!
  const missing = [
    ...(coordinator ? [] : [`the coordinator does not know itself: select citus_set_coordinator_host('HOST', 5432)`]),
    ...(workers ? [] : [`there is no worker: select citus_add_node('HOST', 5432) for each`]),
  ]
  if (missing.length > 0) {
    throw new StartFailure(
      `The cluster is not whole. On the coordinator, in this database, a superuser must mend this:\n- ${missing.join('\n- ')}`,
    )
  }
}
