import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { StartFailure } from '../config.js'
import { statementsOf } from './script.js'

/** Beside this module in the source; the build copies the folder beside the bundle. */
const ownMigrations = fileURLToPath(new URL('./migrations', import.meta.url))

/**
 * Brings the database's tables to what this version needs: every `.sql` file in the order of its name, each in one
 * transaction together with the row that remembers it. Instances that start at once wait for each other.
 * @param migrateUrl The role that owns the tables.
 * @param appRole The role that the server works as. It may read and write rows; when it is the owner itself, it already may.
 * @throws StartFailure when a file that already ran was changed, or a file does not run.
 */
export async function migrate(migrateUrl: string, appRole: string, folder: string = ownMigrations): Promise<void> {
  await asOwner(migrateUrl, async (client, alone) => {
    await alone(async () => {
      await client.query(
        `create table if not exists migrations (
          name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
      )
    })
    for (const name of readdirSync(folder)
      .filter((file) => file.endsWith('.sql'))
      .sort()) {
      const script = readFileSync(`${folder}/${name}`, 'utf8')
      await alone(() => apply(client, name, script))
    }
    await alone(() => grant(client, appRole))
  })
}

/**
 * Runs work that changes the shape of the database, on a connection of its owner's. `alone` makes one transaction of a
 * part of it, in which nobody else does such work.
 * @throws StartFailure when the database does not answer.
 */
export async function asOwner(
  migrateUrl: string,
  work: (client: pg.Client, alone: (part: () => Promise<void>) => Promise<void>) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: migrateUrl, application_name: 'rai migrate' })
  await client.connect().catch((error: Error) => {
    throw new StartFailure(`The database refuses its owner: ${error.message}. Check RAI_MIGRATE_URL.`)
  })
  try {
    await work(client, async (part) => {
      // The lock ends with the transaction.
      await client.query("begin; select pg_advisory_xact_lock(hashtextextended('rai migrations', 0))")
      await part()
      await client.query('commit')
    })
  } finally {
    await client.end()
  }
}

async function apply(client: pg.Client, name: string, script: string): Promise<void> {
  const checksum = createHash('sha256').update(script).digest('hex')
  const { rows } = await client.query<{ checksum: string }>('select checksum from migrations where name = $1', [name])
  if (rows[0]?.checksum === checksum) return
  if (rows[0]) {
    throw new StartFailure(
      `The migration ${name} was changed after it ran here. Put the old text back and write a new migration instead.`,
    )
  }
  try {
    for (const statement of statementsOf(script)) await client.query(statement)
  } catch (error) {
    throw new StartFailure(`The migration ${name} does not run: ${(error as Error).message}`)
  }
  await client.query('insert into migrations (name, checksum) values ($1, $2)', [name, checksum])
}

async function grant(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query<{ owner: boolean }>('select current_user = $1 as owner', [role])
  if (rows[0]!.owner) return
  const name = client.escapeIdentifier(role)
  await client.query(
    `grant usage on schema public to ${name};
    grant select, insert, update, delete on all tables in schema public to ${name};
    revoke all on migrations from ${name}`,
  )
}
