import { newId } from '../../packages/server/src/domain/ids.js'
import { countNext, createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { seededRandom } from '../helpers/random.js'
import { seedMembers } from '../helpers/seed.js'
import { withDatabase } from './database.js'
import { type Bench, timed } from './measure.js'

/** RAI_BENCH_COUNTED=200000 is the full size. */
const members = Number(process.env.RAI_BENCH_COUNTED ?? 20_000)
const awards = 500
/** Of all awards, the part that takes no longer. */
const parts = { 'median award': 0.5, '99th of 100 awards': 0.99, 'slowest award': 1 }

export const bench: Bench = {
  title: `Awards while a board of ${members.toLocaleString('en')} members and five periods is counted from the ledger`,
  reference: 'the same awards before, while nothing is counted',
  run: () =>
    withDatabase(async ({ tenant, superuserUrl, communityId }) => {
      const at = new Date()
      const people = await seedMembers(superuserUrl, { communityId, members, at })
      const random = seededRandom(1)
      const award = () => {
        const { id: memberId } = people[Math.floor(random() * members)]!
        const move = { memberId, unit: 'xp', amount: 5, reason: 'adjustment', key: newId(), actor: 'bench' } as const
        return timed(() => tenant((tx) => post(tx, [move], at)))
      }
      const before: number[] = []
      for (let n = 0; n < awards; n++) before.push(await award())

      const beside: number[] = []
      let counting = true
      const count = async () => {
        await tenant((tx) => createBoard(tx, { name: 'Bench' }, at))
        while (await tenant(countNext));
      }
      const awarding = async () => {
        while (counting) beside.push(await award())
      }
      await Promise.all([
        count().finally(() => {
          counting = false
        }),
        awarding(),
      ])
      return Object.entries(parts).map(([what, part]) => ({
        what,
        unit: 'ms',
        ours: longest(beside, part),
        reference: longest(before, part),
      }))
    }),
}

const longest = (times: readonly number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.ceil(times.length * part) - 1]!
