/**
 * Lets work of one community happen one after the other, and of all communities only so much at once. Communities take
 * turns: whoever has had one queues behind the others.
 */
export function createTurns(atOnce: number): <T>(communityId: string, work: () => Promise<T>) => Promise<T> {
  /** The end of each community's last work. */
  const ends = new Map<string, Promise<void>>()
  const waiting: (() => void)[] = []
  let running = 0

  async function amongAll<T>(work: () => Promise<T>): Promise<T> {
    if (running === atOnce) await new Promise<void>((start) => waiting.push(start))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // A place is handed over as it is: whoever comes now does not overtake.
      if (next) next()
      else running--
    }
  }

  return (communityId, work) => {
    const turn = (ends.get(communityId) ?? Promise.resolve()).then(() => amongAll(work))
    const end = turn.then(forget, forget)
    ends.set(communityId, end)
    return turn

    function forget(): void {
      if (ends.get(communityId) === end) ends.delete(communityId)
    }
  }
}
