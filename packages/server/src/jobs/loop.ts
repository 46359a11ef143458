import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../db/database.js'
import type { Tables } from '../db/tables.js'

/** Background work that is done community by community. */
export interface Loop {
  /** Says that a community has something to do. Never throws, never waits. */
  wake(communityId: string): void
  /** Lets the work under way finish and starts no more. */
  stop(): Promise<void>
}

export interface LoopOptions {
  /** For the log. */
  name: string
  /** Which communities have something to do: asked every `everyMs`, for what no wake told of (another instance, a restart). */
  find(db: Kysely<Tables>): Promise<string[]>
  /** Does it for one community. Called for one at a time; answers true when there is more. */
  run(communityId: string): Promise<boolean>
  everyMs?: number
  /** Gathers wakes for so long before running, so that a burst is one run. */
  gatherMs?: number
}

/** Runs a piece of background work whenever it is woken, and looks for forgotten work once in a while. */
export function startLoop(
  database: Database,
  log: Pick<Logger, 'error'>,
  { name, find, run, everyMs = 1000, gatherMs = 0 }: LoopOptions,
): Loop {
  const waiting = new Set<string>()
  let stopped = false
  let running: Promise<void> | undefined
  let gathering: NodeJS.Timeout | undefined

  async function drain(): Promise<void> {
    while (!stopped) {
      const [communityId] = waiting
      if (communityId === undefined) return
      waiting.delete(communityId)
      try {
        if (await run(communityId)) waiting.add(communityId)
      } catch (error) {
        // The next look finds the community again; nothing is lost, and a broken community does not stop the others.
        log.error({ err: error, communityId }, `${name} failed`)
      }
    }
  }

  function start(): void {
    gathering = undefined
    if (stopped || running) return
    running = drain().finally(() => {
      running = undefined
      if (waiting.size > 0) gather()
    })
  }

  function gather(): void {
    if (!stopped) gathering ??= setTimeout(start, gatherMs)
  }

  let looking: Promise<void> | undefined
  const timer = setInterval(() => {
    looking ??= database
      .worker(find)
      .then((ids) => {
        for (const id of ids) waiting.add(id)
        if (ids.length > 0) gather()
      })
      .catch((error: unknown) => log.error({ err: error }, `${name} could not look for work`))
      .finally(() => {
        looking = undefined
      })
  }, everyMs)

  return {
    wake(communityId) {
      waiting.add(communityId)
      gather()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      clearTimeout(gathering)
      await looking
      await running
    },
  }
}
