import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { isBusy } from '../db/errors.js'
import { applyNext, failNext } from '../domain/bulk/apply.js'
import { Failure } from '../domain/failure.js'
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
      for (let attempt = 1; ; attempt++) {
        try {
          return await database.tenant(communityId, (tx) => applyNext(tx, clock))
        } catch (error) {
          if (passes(error)) throw error
          // A name may have been taken between the look and the write: the next look sees it.
          if (attempt < tries) continue
          // It would fail the same way for ever, and hold up every job behind it.
          log.error({ err: error, communityId }, 'a bulk job failed')
          await database.tenant(communityId, (tx) => failNext(tx, givenUp, clock()))
          return true
        }
      }
    },
  })
}

const tries = 3
const givenUp = 'The server could not apply the rest of the file. Send the same file again to go on where it stopped.'

/** The database was away, stopping or busy: the loop comes back. Everything else lies in the work itself. */
const passes = (error: unknown): boolean => (error instanceof Failure ? error.code === 'unavailable' : isBusy(error))
