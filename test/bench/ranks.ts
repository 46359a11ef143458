import { sql } from 'kysely'
import type { Tx } from '../../packages/server/src/db/database.js'
import { communityClock } from '../../packages/server/src/domain/clock.js'
import { createBoard, rowsAround, rowsAt, runOf } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { seededRandom } from '../helpers/random.js'
import { withDatabase } from './database.js'
import { type Bench, interleaved, timed } from './measure.js'

const members = Number(process.env.RAI_BENCH_MEMBERS ?? 200_000)
const rounds = 60

/** Fills a community by SQL that keeps every invariant of the ledger; scores are skewed and shared, as real ones are. */
const seed = (tx: Tx, at: Date) => sql`
  with people as (
    insert into members (community_id, id, number, username, display_name)
    select ${tx.communityId}::uuid, gen_random_uuid(), n, 'member' || n, 'member' || n from generate_series(1, ${members}::int) n
    returning id, number
  ), scored as (
    select id, gen_random_uuid() as transaction_id, (300 + 2e9 * power((number * 7919 % ${members}::int)::float / ${members}::int, 12))::bigint as score
    from people
  ), posted as (
    insert into transactions (community_id, id, reason, key, actor, created_at)
    select ${tx.communityId}::uuid, transaction_id, 'import', transaction_id::text, 'bench', ${at}::timestamptz from scored
  ), entered as (
    insert into entries (community_id, transaction_id, n, member_id, community_account, unit, amount, created_at)
    select ${tx.communityId}::uuid, transaction_id, 0, id, null, 'xp', score, ${at}::timestamptz from scored
    union all
    select ${tx.communityId}::uuid, transaction_id, 1, null, 'issued', 'xp', -score, ${at}::timestamptz from scored
  )
  insert into balances (community_id, member_id, unit, amount) select ${tx.communityId}::uuid, id, 'xp', score from scored`

export const bench: Bench = {
  title: `Ranks among ${members.toLocaleString('en')} members, median of ${rounds} random members`,
  reference:
    'the same rows in the same transaction by count(*) and OFFSET over the same index; an award: insert and update by key',
  run: () =>
    withDatabase(async ({ tenant, superuserUrl }) => {
      const at = new Date()
      await tenant((tx) => seed(tx, at).execute(tx.db))
      const board = await tenant((tx) => createBoard(tx, { name: 'Bench', periods: ['all'] }, at))
      const { asSuperuser } = await import('../helpers/database.js')
      await asSuperuser(superuserUrl.replace(/\/[^/]*$/, '/rai'), (client) => client.query('vacuum analyze'))
      const clock = await tenant(communityClock)
      const run = runOf(board, clock, at)
      const random = seededRandom(1)
      const numbers = Array.from({ length: rounds * 2 }, () => 1 + Math.floor(random() * members))
      const idOf = async (number: number) =>
        tenant(
          async (tx) =>
            (
              await tx.db
                .selectFrom('members')
                .select('id')
                .where('community_id', '=', tx.communityId)
                .where('number', '=', number)
                .executeTakeFirstOrThrow()
            ).id,
        )
      const ids = await Promise.all(numbers.map(idOf))
      const reading = <T>(work: (tx: Tx) => Promise<T>) => timed(() => tenant(work, { snapshot: true }))
      const inRun = (tx: Tx) => sql`
        from board_scores s join members m on m.community_id = s.community_id and m.id = s.member_id
        where s.community_id = ${tx.communityId} and s.board_id = ${board.id} and s.period = 'all'
          and s.period_start = ${run.start}::date and s.ranked`
      const page = (tx: Tx, offset: number, limit: number) =>
        sql`select s.*, m.display_name ${inRun(tx)} order by s.score desc, s.reached_at, s.member_id offset ${offset} limit ${limit}`.execute(
          tx.db,
        )
      const rankByCount = async (tx: Tx, id: string) => {
        const { rows } = await sql<{ above: number }>`
          select count(*) as above from board_scores s, (
            select score from board_scores where community_id = ${tx.communityId} and board_id = ${board.id} and member_id = ${id}
          ) mine
          where s.community_id = ${tx.communityId} and s.board_id = ${board.id} and s.period = 'all'
          and s.period_start = ${run.start}::date and s.ranked
            and s.score > mine.score`.execute(tx.db)
        return rows[0]!.above
      }
      const deep = Math.floor(members * 0.9)
      let key = 0
      return [
        {
          what: 'top 100',
          unit: 'ms',
          ...(await interleaved(
            rounds,
            () => reading((tx) => rowsAt(tx, board, run, { from: 1, limit: 100 }, undefined)),
            () => reading((tx) => page(tx, 0, 100)),
          )),
        },
        {
          what: 'rank of one member',
          unit: 'ms',
          ...(await interleaved(
            rounds,
            (round) => reading((tx) => rowsAround(tx, board, run, ids[round]!, 0)),
            (round) => reading((tx) => rankByCount(tx, ids[round]!)),
          )),
        },
        {
          what: '50 above and below',
          unit: 'ms',
          ...(await interleaved(
            rounds,
            (round) => reading((tx) => rowsAround(tx, board, run, ids[round]!, 50)),
            (round) => reading(async (tx) => page(tx, Math.max(0, (await rankByCount(tx, ids[round]!)) - 50), 101)),
          )),
        },
        {
          what: `page at position ${deep.toLocaleString('en')}`,
          unit: 'ms',
          ...(await interleaved(
            rounds,
            () => reading((tx) => rowsAt(tx, board, run, { from: deep, limit: 100 }, undefined)),
            () => reading((tx) => page(tx, deep, 100)),
          )),
        },
        {
          what: 'award',
          unit: 'ms',
          ...(await interleaved(
            rounds * 3,
            (round) =>
              timed(() =>
                tenant((tx) =>
                  post(
                    tx,
                    [
                      {
                        memberId: ids[round % ids.length]!,
                        unit: 'xp',
                        amount: 5,
                        reason: 'adjustment',
                        key: `bench ${++key}`,
                        actor: 'bench',
                      },
                    ],
                    at,
                  ),
                ),
              ),
            (round) =>
              timed(() =>
                tenant(async (tx) => {
                  await sql`insert into counters (community_id, name, value) values (${tx.communityId}, ${`bench ${++key}`}, 5)`.execute(
                    tx.db,
                  )
                  await sql`update members set revision = revision + 1 where community_id = ${tx.communityId} and id = ${ids[round % ids.length]!}`.execute(
                    tx.db,
                  )
                }),
              ),
          )),
        },
      ]
    }),
}
