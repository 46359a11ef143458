import type { Environment } from './environment.js'
import { serverNow } from './server-clock.js'

/** What changes for everybody at once is seen by many pages: they ask within this time of each other. */
const spread = 4000
/** A second more than the time says, so that the server's clock has it behind it too. */
const after = 1000

/**
 * Asks again when the next of some times has come: for what begins, ends or is open again by itself.
 * @param times ISO 8601; what is past or null does not count.
 * @param own Times that concern only the viewer: they need no spread.
 * @param signal Ends when the answer that holds the times no longer counts.
 */
export function askAtNext(
  environment: Environment,
  times: readonly (string | null | undefined)[],
  ask: () => void,
  signal: AbortSignal,
  own: readonly (string | null | undefined)[] = [],
): void {
  const now = serverNow(environment)
  const late = environment.random() * spread
  const waits = (all: typeof times, more: number) =>
    all.map((at) => Date.parse(at ?? '') - now).flatMap((wait) => (wait > 0 ? [wait + after + more] : []))
  const next = Math.min(...waits(times, late), ...waits(own, 0))
  if (next < Number.POSITIVE_INFINITY) signal.addEventListener('abort', environment.after(next, ask))
}
