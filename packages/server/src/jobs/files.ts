import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { forgotten, removeStored, type Stored, takeForgotten } from '../domain/stored.js'
import type { Files } from '../files/files.js'
import { type Loop, startLoop } from './loop.js'

/** Removes files that nothing names any more (see domain/stored.ts). Instances pass over what another is at. */
export function startRemovingFiles(
  database: Database,
  files: Files,
  log: Pick<Logger, 'error' | 'warn'>,
  clock: () => Date,
): Loop {
  return startLoop(database, log, {
    name: 'removing of files',
    find: async (db) => {
      const due = db.selectFrom('forgotten_files').select('community_id').distinct().where('due_at', '<=', clock())
      return (await due.execute()).map((row) => row.community_id)
    },
    run: async (communityId) => {
      const due = await database.tenant(communityId, (tx) => takeForgotten(tx, clock()))
      const gone: Stored[] = []
      for (const file of due)
        try {
          await removeStored(files, communityId, file)
          gone.push(file)
        } catch (error) {
          log.warn({ err: error, communityId, id: file.id }, 'a file could not be removed and is tried again')
        }
      if (gone.length > 0) await database.tenant(communityId, (tx) => forgotten(tx, gone))
      return due.length > 0
    },
  })
}
