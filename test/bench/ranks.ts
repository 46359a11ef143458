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
import { type Bench, interleaved, type Row, timed } from './measure.js'
import { type RedisBoard, withRedis } from './redis.js'

/** The size that the bars are for: a few minutes, most of them to fill the board. */
const many = Number(process.env.RAI_BENCH_MEMBERS ?? 1_000_000)
const few = 10_000
const rounds = 200
const deep = 0.9
/** How many times as long as among few our own answer may take among many. */
const growthBar = 3

export const bench: Bench = {
  title: `Ranks among ${many.toLocaleString('en')} members, in an open transaction, median of ${rounds} random members`,
  reference:
    'Redis on this machine, from the same process: PING, ZREVRANK, ZRANGE REV WITHSCORES and HMGET of names; then ' +
    `the same questions to our own board of ${few.toLocaleString('en')}`,
  run: () =>
    withDatabase(async (bench) => {
      const at = new Date()
      const [small, large] = [await makeBoard(bench, few, at), await makeBoard(bench, many, at)]
      return withRedis(large.members, (redis) =>
        large.reading((tx) =>
          small.reading((smallTx) => measure(redis, questions(tx, large), questions(smallTx, small))),
        ),
      )
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
interface Question {
  ours(round: number): Promise<unknown>
  redis(redis: RedisBoard, round: number): Promise<unknown>
  /** How many times as long as Redis ours may take. */
  bar?: number
}
type Questions = Readonly<Record<string, Question>>

function questions(tx: Tx, { board, run, members }: BoardOf): Questions {
  const random = seededRandom(1)
  const ids = Array.from({ length: rounds * 2 }, () => members[Math.floor(random() * members.length)]!.id)
  const last = Math.floor(members.length * deep)
  const page = (from: number): Question => ({
    ours: () => rowsAt(tx, board, run, { from, limit: 100 }, undefined),
    redis: (redis) => redis.page(from - 1, 100),
    bar: 4,
  })
  return {
    'nothing: there and back': {
      ours: () => tx.send(nothing(tx.db, { one: 1 })),
      redis: (redis) => redis.ping(),
    },
    'rank of one member': {
      ours: (round) => rowsAround(tx, board, run, ids[round]!, 0),
      redis: (redis, round) => redis.rank(ids[round]!),
      bar: 5,
    },
    'top 100': page(1),
    '50 above and below': {
      ours: (round) => rowsAround(tx, board, run, ids[round]!, 50),
      redis: async (redis, round) => redis.page(Math.max(0, (await redis.rank(ids[round]!))! - 50), 101),
      bar: 4,
    },
    '100 from a place far down': page(last),
  }
}

async function measure(redis: RedisBoard | null, large: Questions, small: Questions): Promise<Row[]> {
  const beside: Row[] = []
  const growth: Row[] = []
  for (const [what, { ours, redis: theirs, bar }] of Object.entries(large)) {
    const asked = (round: number) => timed(() => ours(round))
    const besideRedis = await interleaved(rounds, asked, (round) =>
      redis ? timed(() => theirs(redis, round)) : Promise.resolve(Number.NaN),
    )
    beside.push({ what, unit: 'ms', bar, ...besideRedis })
    const besideSmall = await interleaved(rounds, asked, (round) => timed(() => small[what]!.ours(round)))
    growth.push({ what: `${what}, as of ${few.toLocaleString('en')}`, unit: 'ms', bar: growthBar, ...besideSmall })
  }
  return [...beside, ...growth]
}
