import type { Rate } from '../protocol.js'

/** Counts against a rate. */
export interface Meter {
  /** Answers 0 where there is room, else how many milliseconds until there is. */
  take(): number
}

export function createMeter({ calls, seconds }: Rate): Meter {
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
