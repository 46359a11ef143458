import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import { forgotten, removeImage, takeForgotten } from '../domain/pictures/images.js'
import type { Files } from '../files/files.js'
import { type Loop, startLoop } from './loop.js'

/** Removes the files of pictures that nothing names any more (see domain/pictures/images.ts). Instances pass over what another is at. */
export function startRemovingFiles(
  database: Database,
  files: Files,
  log: Pick<Logger, 'error' | 'warn'>,
  clock: () => Date,
): Loop {
  return startLoop(database, log, {
    name: 'removing of files',
    find: async (db) => {
      const due = db.selectFrom('forgotten_images').select('community_id').distinct().where('due_at', '<=', clock())
      return (await due.execute()).map((row) => row.community_id)
    },
    run: async (communityId) => {
      const due = await database.tenant(communityId, (tx) => takeForgotten(tx, clock()))
      const gone: string[] = []
      for (const id of due)
        try {
          await removeImage(files, communityId, id)
          gone.push(id)
        } catch (error) {
          log.warn({ err: error, communityId, id }, 'a picture could not be removed and is tried again')
        }
      if (gone.length > 0) await database.tenant(communityId, (tx) => forgotten(tx, gone))
      return due.length > 0
    },
  })
}
