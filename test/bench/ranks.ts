import { sql } from 'kysely'
import type { Tx } from '../../packages/server/src/db/database.js'
import { communityClock } from '../../packages/server/src/domain/clock.js'
import {
  countNext,
  createBoard,
  rowsAround,
  rowsAt,
  runOf,
} from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { seededRandom } from '../helpers/random.js'
import { withDatabase } from './database.js'
import { type Bench, interleaved, timed } from './measure.js'
import { seedMembers } from './seed.js'

const members = Number(process.env.RAI_BENCH_MEMBERS ?? 200_000)
const rounds = 60

export const bench: Bench = {
  title: `Ranks among ${members.toLocaleString('en')} members, median of ${rounds} random members`,
  reference:
    'the same rows in the same transaction by count(*) and OFFSET over the same index; an award: insert and update by key',
  run: () =>
    withDatabase(async ({ tenant, superuserUrl }) => {
      const at = new Date()
      await tenant((tx) => seedMembers(tx, members, at))
      const board = await tenant((tx) => createBoard(tx, { name: 'Bench', periods: ['all'] }, at))
      while (await tenant(countNext));
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
