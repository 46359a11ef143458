import {
  type Condition,
  filterMembers,
  type Place,
  type Shown,
} from '../../packages/server/src/domain/members/filter.js'
import { seedMembers } from '../helpers/seed.js'
import { withDatabase } from './database.js'
import { type Bench, interleaved, type Row, timed } from './measure.js'

/** The size that the bar is for. */
const many = Number(process.env.RAI_BENCH_MEMBERS ?? 1_000_000)
const rounds = 100
const page = 200
const deep = 0.9
const shown: readonly Shown[] = [
  { kind: 'property', column: 'username' },
  { kind: 'balance', unit: 'xp' },
]
/** How many times as long as the first page a deep one may take. */
const bar = 1.5

export const bench: Bench = {
  title: `A page of ${page} of ${many.toLocaleString('en')} members by cursor, behind ${deep * 100} % of them, in an open transaction`,
  reference: 'the first page of the same filter',
  run: () =>
    withDatabase(async ({ superuserUrl, communityId, tenant }) => {
      const at = new Date()
      await seedMembers(superuserUrl, { communityId, members: many, at })
      const filters: Record<string, readonly Condition[]> = {
        everybody: [],
        'a name that all have': [{ kind: 'text', column: 'first_name', value: '' }],
        'a range of joining': [{ kind: 'joined', from: at }],
        'a range of XP': [{ kind: 'balance', unit: 'xp', from: 1 }],
        'a range of XP and one of joining': [
          { kind: 'balance', unit: 'xp', from: 1 },
          { kind: 'joined', from: at },
        ],
      }
      const rows: Row[] = []
      for (const [what, conditions] of Object.entries(filters)) {
        await tenant(
          async (tx) => {
            const { next } = await filterMembers(tx, conditions, shown, { skip: Math.floor(many * deep), limit: 1 })
            const read = (after?: Place) => timed(() => filterMembers(tx, conditions, shown, { after, limit: page }))
            rows.push({
              what,
              unit: 'ms',
              bar,
              ...(await interleaved(
                rounds,
                () => read(next),
                () => read(),
              )),
            })
          },
          { snapshot: true },
        )
      }
      return rows
    }),
}
