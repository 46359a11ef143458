import { Failure } from '../domain/failure.js'

interface Lane {
  running: number
  waiting: (() => void)[]
}

/** Enters a lane; answers how to leave it. Rejects with Failure `unavailable`, or with the reason of the signal. */
export type EnterLane = (key: string, signal?: AbortSignal) => Promise<() => void>

/**
 * Lets only so much happen at once for each key (mostly a community), in the order it came, so that one that is busy
 * leaves the others what is theirs. Who waits too long hears that it is a passing thing.
 * @param width How many at once.
 * @param patienceMs How long one waits.
 */
export function createLanes(width: number, patienceMs: number): EnterLane {
  const lanes = new Map<string, Lane>()

  return async (key, signal) => {
    signal?.throwIfAborted()
    const lane = lanes.get(key) ?? { running: 0, waiting: [] }
    lanes.set(key, lane)
    if (lane.running < width) lane.running++
    else await waitIn(lane, patienceMs, signal)
    return () => {
      const next = lane.waiting.shift()
      // A place is handed over as it is: whoever comes now does not overtake.
      if (next) next()
      else if (--lane.running === 0) lanes.delete(key)
    }
  }
}

const waitIn = ({ waiting }: Lane, patienceMs: number, signal: AbortSignal | undefined) =>
  new Promise<void>((enter, refuse) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
    const turn = () => {
      end()
      enter()
    }
    const giveUp = () => {
      end()
      waiting.splice(waiting.indexOf(turn), 1)
      refuse(signal?.aborted ? signal.reason : new Failure('unavailable'))
    }
    const timer = setTimeout(giveUp, patienceMs)
    signal?.addEventListener('abort', giveUp)
    waiting.push(turn)
  })
