import { sql } from 'kysely'
import { newId } from '../../packages/server/src/domain/ids.js'
import { type BoardInput, countNext, createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { startFolding } from '../../packages/server/src/jobs/fold.js'
import { startRelay } from '../../packages/server/src/jobs/relay.js'
import { seededRandom } from '../helpers/random.js'
import { seedMembers } from '../helpers/seed.js'
import { type BenchDatabase, withDatabase } from './database.js'
import { type Bench, interleaved, type Row, timed } from './measure.js'

const members = 10_000
const rounds = 120
const atOnce = 8

export const bench: Bench = {
  title: `One award of XP among ${members.toLocaleString('en')} members, to the answer of the commit`,
  // The bar is for an award as such. What a board asks for is measured beside it: for each of its periods a score and a change
  // of counts, which the reference has no like of.
  reference:
    'through the same door, a transaction of two statements: insert a transaction, update a balance. It keeps no scores: ' +
    'its like is the award without a board',
  run: () =>
    withDatabase(async (bench) => {
      const at = new Date()
      const rows: Row[] = []
      const people = await seedMembers(bench.superuserUrl, { communityId: bench.communityId, members, at })
      const ids = people.map(({ id }) => id)
      const measure = async (what: string) => {
        const { ours, reference } = twoWays(bench, ids, at)
        const alone = await interleaved(
          rounds,
          () => timed(ours),
          () => timed(reference),
        )
        const each = async (work: () => Promise<unknown>) =>
          (await timed(() => Promise.all(Array.from({ length: atOnce }, work)))) / atOnce
        const together = await interleaved(
          rounds,
          () => each(ours),
          () => each(reference),
        )
        rows.push({ what: `${what}, alone`, unit: 'ms', ...alone })
        rows.push({ what: `${what}, ${atOnce} at once`, unit: 'ms each', ...together })
      }
      const makeBoard = async (input: BoardInput) => {
        await bench.tenant((tx) => createBoard(tx, input, at))
        while (await bench.tenant(countNext));
      }
      await measure('no board')
      await makeBoard({ name: 'All', periods: ['all'] })
      const folding = startFolding(bench.database, console)
      const relay = startRelay(bench.database, console, () => {})
      await measure('one board of one period')
      await makeBoard({ name: 'Bench' })
      await measure('two boards of six periods')
      await Promise.all([folding.stop(), relay.stop()])
      return rows
    }),
}

function twoWays({ tenant }: BenchDatabase, ids: readonly string[], at: Date) {
  const random = seededRandom(1)
  const someone = () => ids[Math.floor(random() * ids.length)]!
  return {
    ours: () =>
      tenant((tx) =>
        post(
          tx,
          [{ memberId: someone(), unit: 'xp', amount: 5, reason: 'adjustment', key: newId(), actor: 'bench' }],
          at,
        ),
      ),
    reference: () =>
      tenant(async (tx) => {
        const [id, memberId] = [newId(), someone()]
        await sql`insert into transactions (community_id, id, reason, key, actor, created_at)
          values (${tx.communityId}, ${id}, 'adjustment', ${id}, 'bench', ${at})`.execute(tx.db)
        await sql`update balances set amount = amount + 5
          where community_id = ${tx.communityId} and member_id = ${memberId} and unit = 'xp'`.execute(tx.db)
      }),
  }
}
