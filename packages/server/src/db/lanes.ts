import { Failure } from '../domain/failure.js'

interface Lane {
  running: number
  waiting: (() => void)[]
}

/**
 * Lets each community hold only so many connections at once, so that one that is busy, or waits for itself (its board
 * lock), leaves the others theirs. Who waits too long hears that it is a passing thing.
 * @param width How many at once.
 * @param patienceMs How long one waits.
 * @returns Enters a community's lane; answers how to leave it. Rejects with Failure `unavailable`.
 */
export function createLanes(width: number, patienceMs: number): (communityId: string) => Promise<() => void> {
  const lanes = new Map<string, Lane>()

  return async (communityId) => {
    const lane = lanes.get(communityId) ?? { running: 0, waiting: [] }
    lanes.set(communityId, lane)
    if (lane.running < width) lane.running++
    else
      await new Promise<void>((enter, refuse) => {
        const turn = () => {
          clearTimeout(timer)
          enter()
        }
        const timer = setTimeout(() => {
          lane.waiting.splice(lane.waiting.indexOf(turn), 1)
          refuse(new Failure('unavailable'))
        }, patienceMs)
        lane.waiting.push(turn)
      })
    return () => {
      const next = lane.waiting.shift()
      // A place is handed over as it is: whoever comes now does not overtake.
      if (next) next()
      else if (--lane.running === 0) lanes.delete(communityId)
    }
  }
}
