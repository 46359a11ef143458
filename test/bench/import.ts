import { chmodSync, createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { applyNext } from '../../packages/server/src/domain/bulk/apply.js'
import { createJob } from '../../packages/server/src/domain/bulk/jobs.js'
import { spool } from '../../packages/server/src/domain/bulk/spool.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { startFolding } from '../../packages/server/src/jobs/fold.js'
import { asSuperuser } from '../helpers/database.js'
import { withDatabase } from './database.js'
import { type Bench, timed } from './measure.js'

/** Every table that an import fills. */
const filled = ['members', 'transactions', 'entries', 'balances', 'board_scores', 'board_counts']
/** By so many bytes an import should make the server larger at most. */
const allowed = 100_000_000

export const bench: Bench = {
  title: 'Import of 226,972 members with XP, from the uploaded file to ranks in five periods',
  reference:
    'COPY of all resulting rows into copies of the same tables with the same indexes; for the memory: before the import',
  run: () =>
    withDatabase(async ({ database, communityId, tenant, superuserUrl }) => {
      const at = new Date()
      await tenant((tx) => createBoard(tx, { name: 'Bench' }, at))
      const work = async () => {
        // It comes in pieces, as an upload does.
        const csv = createReadStream(join(import.meta.dirname, '../data/scores.csv.gz')).pipe(createGunzip())
        const file = await spool(csv)
        const type = 'bulk-import'
        const input = { type, map: { score: 'xp' }, emitEvents: false, actor: 'bench', fileHash: file.hash } as const
        await tenant((tx) => createJob(tx, input, file.read(), at))
        await file.close()
        const folding = startFolding(database, console)
        while (await tenant((tx) => applyNext(tx, () => at))) folding.wake(communityId)
        await folding.stop()
      }
      let memory = { before: 0, most: 0 }
      const ours = await timed(async () => {
        memory = await memoryOf(work)
      })
      const { before, most } = memory
      const bar = Math.round((1 + allowed / before) * 100) / 100
      const reference = await copied(superuserUrl)
      return [
        { what: 'whole import', unit: 's', ours: ours / 1000, reference: reference / 1000 },
        { what: 'memory of the server', unit: 'MB', ours: most / 1e6, reference: before / 1e6, bar },
      ]
    }),
}

/** How many bytes of memory this process has before it works, and at most while it does. */
async function memoryOf(work: () => Promise<void>): Promise<{ before: number; most: number }> {
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 20)
  await work()
  clearInterval(timer)
  return { before, most }
}

/** How many milliseconds it takes to copy everything that is there into tables that are like those. */
const copied = (superuserUrl: string): Promise<number> =>
  asSuperuser(superuserUrl, async (client) => {
    await client.query('create schema reference')
    // The database may run as another user.
    const folder = mkdtempSync(join(tmpdir(), 'rai-copy-'))
    chmodSync(folder, 0o777)
    const copies: string[] = []
    for (const table of filled) {
      const { rows } = await client.query<{ columns: string }>(
        `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
         where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'`,
        [table],
      )
      const name = `${table} (${rows[0]!.columns})`
      const path = join(folder, table)
      await client.query(`create table reference.${table} (like public.${table} including all)`)
      await client.query(`copy public.${name} to '${path}' (format binary)`)
      copies.push(`copy reference.${name} from '${path}' (format binary)`)
    }
    const taken = await timed(async () => {
      for (const copy of copies) await client.query(copy)
    })
    rmSync(folder, { recursive: true })
    return taken
  })
