import type { Rate } from '../protocol.js'

/** Counts against a rate. `take` answers 0 where there is room, else how many milliseconds until there is. */
export function createMeter({ calls, seconds }: Rate): { take(): number } {
  let end = 0
  let count = 0
  return {
    take() {
      const now = performance.now()
      if (now >= end) {
        end = now + seconds * 1000
        count = 0
      }
      return ++count > calls ? Math.ceil(end - now) : 0
    },
  }
}
