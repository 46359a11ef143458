import { createLanes } from '../../db/lanes.js'

/** How long a file waits for its turn: as long as several of the largest take. */
const patienceMs = 120_000

/**
 * Does work of one community one after the other, and of all communities only so much at once. Communities take turns:
 * whoever has had one queues behind the others.
 * @param signal Ends the wait, not the work.
 * @throws Failure `unavailable` when the turn does not come.
 */
export type InTurn = <T>(communityId: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/** @param atOnce How much of all communities is done at once. */
export function createTurns(atOnce: number): InTurn {
  const enterCommunity = createLanes(1, patienceMs)
  const enterAll = createLanes(atOnce, patienceMs)
  return async (communityId, signal, work) => {
    const leaveCommunity = await enterCommunity(communityId, signal)
    try {
      const leaveAll = await enterAll('all', signal)
      try {
        return await work()
      } finally {
        leaveAll()
      }
    } finally {
      leaveCommunity()
    }
  }
}

/** For files that become jobs: each holds a connection for seconds. */
export const inTurn = createTurns(2)
