import { beginningOfTime } from '../../packages/server/src/domain/time.js'
import { asSuperuser } from './database.js'

const nobody = '00000000-0000-0000-0000-000000000000'

/**
 * Fills a community with members who have earned XP, by SQL that keeps every invariant of the ledger; scores are skewed
 * and shared, as real ones are. Counts them on a board by all time too, which must have been made before.
 * @param superuserUrl Of the database: foreign keys are not looked up, so that a million members take a minute or two.
 */
export async function seedMembers(
  superuserUrl: string,
  { communityId, members, boardId, at }: { communityId: string; members: number; boardId?: string; at: Date },
): Promise<{ id: string; name: string; score: number }[]> {
  return asSuperuser(superuserUrl, async (client) => {
    await client.query('set session_replication_role = replica')
    await client.query(`create temp table seeded as
      select n as number, gen_random_uuid() as id, gen_random_uuid() as transaction_id,
        (300 + 2e9 * power((n * 7919::bigint % ${members})::float / ${members}, 12))::bigint as score
      from generate_series(1, ${members}) n`)
    const into = (text: string) => client.query(text.replaceAll('$community', `'${communityId}'::uuid`), [at])
    await into(`insert into members (community_id, id, number, username, display_name, created_at)
      select $community, id, number, 'member' || number, 'Member ' || number, $1 from seeded`)
    await into(`insert into transactions (community_id, id, reason, key, actor, created_at)
      select $community, transaction_id, 'import', transaction_id, 'bench', $1 from seeded`)
    await into(`insert into entries (community_id, transaction_id, n, member_id, community_account, unit, amount, created_at)
      select $community, transaction_id, 0, id, null, 'xp', score, $1::timestamptz from seeded union all
      select $community, transaction_id, 1, null, 'issued', 'xp', -score, $1 from seeded`)
    await client.query(`insert into balances (community_id, member_id, unit, amount)
      select '${communityId}', id, 'xp', score from seeded`)
    await into(`insert into gains (community_id, member_id, unit, day, amount)
      select $community, id, 'xp', ($1::timestamptz at time zone 'UTC')::date, score from seeded`)
    if (boardId) {
      await into(`insert into board_scores (community_id, board_id, period, period_start, member_id, score, reached_at, ranked)
        select $community, '${boardId}', 'all', '${beginningOfTime}', id, score, $1, true from seeded`)
      await client.query(`insert into board_counts
          (community_id, board_id, period, period_start, level, negated, reached_at, member_id, n)
        select community_id, board_id, period, period_start, level, case i when 0 then -9223372036854775807 else negated end,
          case i when 0 then '-infinity' else reached_at end, case i when 0 then '${nobody}' else member_id end, least(size, total - i)
        from (
          select *, row_number() over (order by negated, reached_at, member_id) - 1 as i, count(*) over () as total
          from board_scores where board_id = '${boardId}'
        ) s cross join (values (0, 200), (1, 20000)) as stretch (level, size)
        where i % size = 0`)
    }
    // As autovacuum and checkpoints leave tables that have been there for a while.
    await client.query('vacuum analyze')
    await client.query('checkpoint')
    const { rows } = await client.query<{ id: string; name: string; score: string }>(
      `select id, 'Member ' || number as name, score from seeded`,
    )
    return rows.map((row) => ({ ...row, score: Number(row.score) }))
  })
}
