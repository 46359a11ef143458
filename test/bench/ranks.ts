import { sql } from 'kysely'
import { writeOnce } from '../../packages/server/src/db/connection.js'
import type { Tx } from '../../packages/server/src/db/database.js'
import { communityClock } from '../../packages/server/src/domain/clock.js'
import { createCommunity } from '../../packages/server/src/domain/communities.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { createBoard, rowsAround, rowsAt, runOf } from '../../packages/server/src/domain/leaderboards/index.js'
import { seededRandom } from '../helpers/random.js'
import { seedMembers } from '../helpers/seed.js'
import { type BenchDatabase, withDatabase } from './database.js'
import { type Bench, interleaved, median, type Row, timed } from './measure.js'
import { type RedisBoard, withRedis } from './redis.js'

/** RAI_BENCH_MEMBERS=1000000 is the full size. */
const many = Number(process.env.RAI_BENCH_MEMBERS ?? 200_000)
const few = 10_000
const rounds = 200
const deep = 0.9

export const bench: Bench = {
  title: `Ranks among ${many.toLocaleString('en')} members, in an open transaction, median of ${rounds} random members`,
  reference:
    'Redis on this machine, from the same process: PING, ZREVRANK, ZRANGE REV WITHSCORES and HMGET of names; then ' +
    `the same questions to our own board of ${few.toLocaleString('en')}`,
  run: () =>
    withDatabase(async (bench) => {
      const at = new Date()
      const [small, large] = [await makeBoard(bench, few, at), await makeBoard(bench, many, at)]
      return withRedis(large.members, async (redis) => {
        const beside = await large.reading((tx) => againstRedis(redis, questions(tx, large)))
        const smaller = await small.reading((tx) => medians(questions(tx, small)))
        const larger = await large.reading((tx) => medians(questions(tx, large)))
        const growth = Object.keys(larger).map((what) => ({
          what: `${what}, as of ${few.toLocaleString('en')}`,
          unit: 'ms',
          ours: larger[what]!,
          reference: smaller[what]!,
        }))
        return [...beside, ...growth]
      })
    }),
}

type BoardOf = Awaited<ReturnType<typeof makeBoard>>

async function makeBoard({ database, superuserUrl }: BenchDatabase, count: number, at: Date) {
  const communityId = newId()
  const board = await database.tenant(communityId, async (tx) => {
    await createCommunity(tx, { name: 'Bench' }, at)
    return createBoard(tx, { name: 'Bench', periods: ['all'] }, at)
  })
  const members = await seedMembers(superuserUrl, { communityId, members: count, boardId: board.id, at })
  const reading = <T>(work: (tx: Tx) => Promise<T>) => database.tenant(communityId, work, { snapshot: true })
  const run = runOf(board, await reading(communityClock), at)
  return { board, run, members, reading }
}

const nothing = writeOnce<{ one: number }>(({ one }) => sql`select ${one}::int`)

/** What is asked of a board: by us, and by who has a Redis. */
function questions(tx: Tx, { board, run, members }: BoardOf) {
  const random = seededRandom(1)
  const ids = Array.from({ length: rounds * 2 }, () => members[Math.floor(random() * members.length)]!.id)
  const last = Math.floor(members.length * deep)
  const page = (from: number) => ({
    ours: () => rowsAt(tx, board, run, { from, limit: 100 }, undefined),
    redis: (redis: RedisBoard) => redis.page(from - 1, 100),
  })
  return {
    'nothing: there and back': {
      ours: () => tx.send(nothing(tx.db, { one: 1 })),
      redis: (redis: RedisBoard) => redis.ping(),
    },
    'rank of one member': {
      ours: (round: number) => rowsAround(tx, board, run, ids[round]!, 0),
      redis: (redis: RedisBoard, round: number) => redis.rank(ids[round]!),
    },
    'top 100': page(1),
    '50 above and below': {
      ours: (round: number) => rowsAround(tx, board, run, ids[round]!, 50),
      redis: async (redis: RedisBoard, round: number) =>
        redis.page(Math.max(0, (await redis.rank(ids[round]!))! - 50), 101),
    },
    '100 from a place far down': page(last),
  }
}

async function againstRedis(redis: RedisBoard | null, asked: ReturnType<typeof questions>): Promise<Row[]> {
  const rows: Row[] = []
  for (const [what, { ours, redis: theirs }] of Object.entries(asked)) {
    const figures = await interleaved(
      rounds,
      (round) => timed(() => ours(round)),
      (round) => (redis ? timed(() => theirs(redis, round)) : Promise.resolve(Number.NaN)),
    )
    rows.push({ what, unit: 'ms', ...figures })
  }
  return rows
}

async function medians(asked: ReturnType<typeof questions>): Promise<Record<string, number>> {
  const all: Record<string, number> = {}
  for (const [what, { ours }] of Object.entries(asked)) {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push(await timed(() => ours(round)))
    all[what] = median(times)
  }
  return all
}
