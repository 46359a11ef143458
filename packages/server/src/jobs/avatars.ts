import type { Logger } from 'pino'
import type { GuardedFetch } from '../calls/fetch.js'
import type { Database } from '../db/database.js'
import { emitEach } from '../domain/events.js'
import { shownBoards } from '../domain/leaderboards/index.js'
import { type DueAvatar, keepAvatar, missAvatar, takeDueAvatars } from '../domain/pictures/avatars.js'
import { squarePicture } from '../domain/pictures/uploads.js'
import { type Loop, startLoop } from './loop.js'

const maxBytes = 5_000_000
const timeoutMs = 10_000

/** Fetches members' pictures (see domain/pictures/avatars.ts), some of each community by turns. Instances pass over what another is at. */
export function startAvatars(
  database: Database,
  log: Pick<Logger, 'error' | 'warn' | 'debug'>,
  clock: () => Date,
  fetchGuarded: GuardedFetch,
): Loop {
  const stopping = new AbortController()
  const loop = startLoop(database, log, {
    name: 'avatars',
    find: async (db) => {
      const due = db.selectFrom('avatars').select('community_id').distinct().where('due_at', '<=', clock())
      return (await due.execute()).map((row) => row.community_id)
    },
    run: async (communityId) => {
      const due = await database.tenant(communityId, (tx) => takeDueAvatars(tx, clock()))
      const files = await Promise.all(due.map(fileOf))
      const pictures: (Buffer | undefined)[] = []
      for (const file of files) pictures.push(file && !stopping.signal.aborted ? await squarePicture(file) : undefined)
      // What was broken off is due again, as after a crash.
      if (due.length === 0 || stopping.signal.aborted) return false
      await database.tenant(communityId, async (tx) => {
        let changed = false
        for (const [n, avatar] of due.entries()) {
          const picture = pictures[n]
          if (await (picture ? keepAvatar(tx, avatar, picture) : missAvatar(tx, avatar))) changed = true
          if (!picture && avatar.isLastTry) log.warn({ memberId: avatar.memberId }, 'gave up on a picture')
        }
        if (!changed) return
        const boards = await shownBoards(tx)
        const ids = boards.map(({ id }) => id)
        await emitEach(tx, 'leaderboard.changed', ids)
      })
      return true
    },
  })

  async function fileOf({ memberId, source }: DueAvatar): Promise<Buffer | undefined> {
    try {
      const options = { accept: 'image/*', maxBytes, timeoutMs, signal: stopping.signal }
      const { status, body } = await fetchGuarded(source, options)
      return status === 200 ? body : undefined
    } catch (error) {
      log.debug({ memberId, reason: (error as Error).message }, 'no picture')
      return undefined
    }
  }

  return {
    wake: loop.wake,
    stop: () => {
      stopping.abort()
      return loop.stop()
    },
  }
}
