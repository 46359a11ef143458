import { sql } from 'kysely'
import type { Tx } from '../../packages/server/src/db/database.js'

/** So many members are made by one statement: statements have a time limit. */
const atOnce = 20_000

/**
 * Fills a community with ranked members by SQL that keeps every invariant of the ledger. Scores are skewed and shared, as
 * real ones are; member 1 has the highest.
 */
export async function seedMembers(tx: Tx, members: number, at: Date): Promise<void> {
  for (let first = 1; first <= members; first += atOnce) {
    const last = Math.min(members, first + atOnce - 1)
    await sql`
      with people as (
        insert into members (community_id, id, number, username, display_name)
        select ${tx.communityId}::uuid, gen_random_uuid(), n, 'member' || n, 'Member ' || n
        from generate_series(${first}::int, ${last}::int) n
        returning id, number
      ), scored as (
        select id, gen_random_uuid() as transaction_id,
          (300 + 2e9 * power((${members}::int - (number - 1) * 7919 % ${members}::int)::float / ${members}::int, 12))::bigint as score
        from people
      ), posted as (
        insert into transactions (community_id, id, reason, key, actor, created_at)
        select ${tx.communityId}::uuid, transaction_id, 'import', transaction_id::text, 'bench', ${at}::timestamptz from scored
      ), entered as (
        insert into entries (community_id, transaction_id, n, member_id, community_account, unit, amount, created_at)
        select ${tx.communityId}::uuid, transaction_id, 0, id, null, 'xp', score, ${at}::timestamptz from scored
        union all
        select ${tx.communityId}::uuid, transaction_id, 1, null, 'issued', 'xp', -score, ${at}::timestamptz from scored
      ), gained as (
        insert into gains (community_id, member_id, unit, day, amount)
        select ${tx.communityId}::uuid, id, 'xp', (${at}::timestamptz at time zone 'UTC')::date, score from scored
      )
      insert into balances (community_id, member_id, unit, amount)
      select ${tx.communityId}::uuid, id, 'xp', score from scored`.execute(tx.db)
  }
}
