import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { applyNext, failNext } from '../domain/bulk/apply.js'
import { type Loop, startLoop } from './loop.js'

/** Applies bulk jobs, some rows at a time, communities by turns. Instances may work side by side. */
export function startBulk(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'bulk jobs',
    find: async (db) => {
      const open = db.selectFrom('jobs').select('community_id').distinct().where('status', 'in', ['queued', 'running'])
      return (await open.execute()).map((row) => row.community_id)
    },
    run: async (communityId) => {
      try {
        return await database.tenant(communityId, (tx) => applyNext(tx, clock()))
      } catch (error) {
        if (!isOurs(error)) throw error
        // It would fail the same way for ever, and hold up every job behind it.
        log.error({ err: error, communityId }, 'a bulk job failed')
        await database.tenant(communityId, (tx) =>
          failNext(tx, 'The server could not apply the rest of the file.', clock()),
        )
        return true
      }
    },
  })
}

/** A fault in the work itself: a bug, or a value the database refuses. Lost connections and restarts pass by themselves. */
function isOurs(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return error instanceof TypeError || error instanceof RangeError || /^(22|23|42)...$/.test(code)
}
