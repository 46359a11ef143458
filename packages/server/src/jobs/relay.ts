import { webhookEvents } from '@rai/contract'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { type Loop, startLoop } from './loop.js'

/** How many events are numbered in one transaction. */
const batch = 1000

/**
 * Numbers committed events, community by community. Whoever holds the community's row in `relays` numbers; another
 * instance passes it over. Because numbers are given after the commit and by one at a time, a reader that has seen
 * number n has seen every event up to n.
 * @param numbered Called after the commit with the community whose events have new numbers, the last of these, and whether
 * webhooks tell of some of them.
 */
export function startRelay(
  database: Database,
  log: Pick<Logger, 'error'>,
  numbered: (communityId: string, seq: number, isTold: boolean) => void,
): Loop {
  return startLoop(database, log, {
    name: 'relay',
    find: async (db) => {
      const rows = await db.selectFrom('events').select('community_id').distinct().where('seq', 'is', null).execute()
      return rows.map((row) => row.community_id)
    },
    run: async (communityId) => {
      const { count, last, isTold } = await database.tenant(communityId, async (tx) => {
        await tx.db
          .insertInto('relays')
          .values({ community_id: communityId, last_seq: 0 })
          .onConflict((oc) => oc.doNothing())
          .execute()
        const relay = await tx.db
          .selectFrom('relays')
          .select('last_seq')
          .where('community_id', '=', communityId)
          .forUpdate()
          .skipLocked()
          .executeTakeFirst()
        if (!relay) return { count: 0, last: 0, isTold: false }
        const { rows } = await sql<{ count: number; last: number; isTold: boolean }>`
          with fresh as (
            select id, row_number() over (order by created_at, id) as n
            from (
              select id, created_at from events
              where community_id = ${communityId} and seq is null order by created_at, id limit ${batch}
            ) e
          ), numbered as (
            update events e set seq = ${relay.last_seq}::bigint + fresh.n from fresh
            where e.community_id = ${communityId} and e.id = fresh.id returning type
          )
          update relays set last_seq = last_seq + (select count(*) from numbered)
          where community_id = ${communityId} returning last_seq as last, last_seq - ${relay.last_seq}::bigint as count,
            exists(select from numbered where type = any(${sql.val(webhookEvents)})) as "isTold"`.execute(tx.db)
        return rows[0]!
      })
      if (count > 0) numbered(communityId, last, isTold)
      return count === batch
    },
  })
}
