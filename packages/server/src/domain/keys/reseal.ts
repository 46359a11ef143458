import { sql } from 'kysely'
import type { Database } from '../../db/database.js'
import type { RootKey } from './secrets.js'

const tables = ['social_secrets', 'social_networks', 'social_accounts', 'webhook_secrets', 'pairwise_secrets'] as const

/** Seals every secret of communities anew, by the root key as it is now: what a key before it sealed needs that one no longer. */
export async function resealSecrets(database: Database, rootKey: RootKey): Promise<void> {
  for (const table of tables) {
    const communities = await database.worker((db) =>
      db.selectFrom(table).select('community_id').distinct().where('sealed', 'is not', null).execute(),
    )
    for (const { community_id } of communities) {
      await database.tenant(community_id, async (tx) => {
        const rows = await tx.db
          .selectFrom(table)
          .select('sealed')
          .where('community_id', '=', community_id)
          .where('sealed', 'is not', null)
          .execute()
        const before = rows.map(({ sealed }) => sealed!)
        const after = before.map((sealed) => rootKey.wrap(rootKey.unwrap(sealed)))
        // What is sealed twice is never the same: it names its row.
        await sql`
          update ${sql.table(table)} t set sealed = r.after
          from unnest(${sql.val(before)}::bytea[], ${sql.val(after)}::bytea[]) as r (before, after)
          where t.community_id = ${community_id} and t.sealed = r.before`.execute(tx.db)
      })
    }
  }
}
