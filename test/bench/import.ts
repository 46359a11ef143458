import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { applyNext } from '../../packages/server/src/domain/bulk/apply.js'
import { createJob } from '../../packages/server/src/domain/bulk/jobs.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { startFolding } from '../../packages/server/src/jobs/fold.js'
import { asSuperuser } from '../helpers/database.js'
import { withDatabase } from './database.js'
import { type Bench, timed } from './measure.js'

const members = Number(process.env.RAI_BENCH_IMPORT ?? 50_000)
/** Every table that an import fills. */
const filled = ['members', 'transactions', 'entries', 'balances', 'board_scores', 'board_counts']

export const bench: Bench = {
  title: `Import of ${members.toLocaleString('en')} members with XP, from CSV text to ranks in five periods`,
  reference: 'COPY of all resulting rows into copies of the same tables with the same indexes',
  run: () =>
    withDatabase(async ({ database, communityId, tenant, superuserUrl }) => {
      const at = new Date()
      await tenant((tx) => createBoard(tx, { name: 'Bench' }, at))
      const text = gunzipSync(readFileSync(join(import.meta.dirname, '../data/scores.csv.gz'))).toString()
      const csv = Buffer.from(
        text
          .split('\n')
          .slice(0, members + 1)
          .join('\n'),
      )
      async function* file() {
        for (let from = 0; from < csv.length; from += 65_536) yield csv.subarray(from, from + 65_536)
      }
      const job = {
        type: 'bulk-import',
        map: { score: 'xp' },
        emitEvents: false,
        actor: 'bench',
        fileHash: createHash('sha256').update(csv).digest(),
      } as const

      const ours = await timed(async () => {
        await tenant((tx) => createJob(tx, job, file(), at))
        const folding = startFolding(database, console)
        while (await tenant((tx) => applyNext(tx, () => at))) folding.wake(communityId)
        await folding.stop()
      })
      const reference = await asSuperuser(superuserUrl, async (client) => {
        await client.query('create schema reference')
        // The database may run as another user.
        const folder = mkdtempSync(join(tmpdir(), 'rai-copy-'))
        chmodSync(folder, 0o777)
        const copies = await Promise.all(
          filled.map(async (table) => {
            const { rows } = await client.query<{ columns: string }>(
              `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
               where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'`,
              [table],
            )
            return { table: `${table} (${rows[0]!.columns})`, name: table, file: join(folder, table) }
          }),
        )
        for (const { table, name, file } of copies) {
          await client.query(`create table reference.${name} (like public.${name} including all)`)
          await client.query(`copy public.${table} to '${file}' (format binary)`)
        }
        const taken = await timed(async () => {
          for (const { table, file } of copies)
            await client.query(`copy reference.${table} from '${file}' (format binary)`)
        })
        rmSync(folder, { recursive: true })
        return taken
      })
      return [{ what: 'whole import', ours: ours / 1000, reference: reference / 1000, unit: 's' }]
    }),
}
