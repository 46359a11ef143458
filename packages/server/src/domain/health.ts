import { sql } from 'kysely'
import type { Database } from '../db/database.js'

/** @throws when the database does not answer. */
export async function pingDatabase({ global }: Database): Promise<void> {
  await sql`select 1`.execute(global)
}
