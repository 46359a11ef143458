import type { Environment } from './environment.js'
import { serverNow } from './server-clock.js'

/** What changes for everybody at once is seen by many pages: they ask within this time of each other. */
const spread = 4000
/** A second more than the time says, so that the server's clock has it behind it too. */
const after = 1000

/**
 * Asks again when the next of some times has come: for what begins, ends or is open again by itself.
 * @param times ISO 8601; what is past or null does not count.
 * @param signal Ends when the answer that holds the times no longer counts.
 * @param isOwn They concern only the viewer, and need no spread.
 */
export function askAtNext(
  environment: Environment,
  times: readonly (string | null | undefined)[],
  ask: () => void,
  signal: AbortSignal,
  isOwn?: boolean,
): void {
  const waits = times.map((at) => Date.parse(at ?? '') - serverNow(environment)).filter((wait) => wait > 0)
  const wait = Math.min(...waits) + (isOwn ? 0 : environment.random() * spread) + after
  if (wait < Number.POSITIVE_INFINITY) signal.addEventListener('abort', environment.after(wait, ask))
}
