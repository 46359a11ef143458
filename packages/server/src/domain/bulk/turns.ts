import { createLanes } from '../../db/lanes.js'

/** Each file that becomes a job holds a connection for seconds: in all of the process so many do at once. */
const atOnce = 2
/** How long a file waits for its turn: as long as several of the largest take. */
const patienceMs = 120_000

const enterCommunity = createLanes(1, patienceMs)
const enterAll = createLanes(atOnce, patienceMs)

/**
 * Does work of one community one after the other, and of all communities only so much at once. Communities take turns:
 * whoever has had one queues behind the others.
 * @param signal Ends the wait, not the work.
 * @throws Failure `unavailable` when the turn does not come.
 */
export async function inTurn<T>(communityId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
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
