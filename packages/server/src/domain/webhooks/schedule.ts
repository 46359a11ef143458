const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** How long after each failed attempt the next one is made; after the last one there is none. As Standard Webhooks advise. */
const waits = [
  ...[5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour],
  ...[10 * hour, 14 * hour, 20 * hour, 24 * hour],
]
/** By which part of it a wait is longer or shorter, so that what failed together does not come together. */
const jitter = 0.1

/**
 * When what has failed is tried again; undefined where it was the last attempt.
 * @param failures How many attempts have failed.
 * @param retryAt Not before that, where the answer said so.
 * @param random From 0 to 1.
 */
export function nextAttemptAt(failures: number, retryAt: Date | undefined, at: Date, random: number): Date | undefined {
  const wait = waits[failures - 1]
  if (wait === undefined) return undefined
  const planned = at.getTime() + wait * (1 + jitter * (2 * random - 1))
  return new Date(Math.max(planned, retryAt?.getTime() ?? 0))
}

/** An endpoint that has only failed for so long is disabled; half way, whoever asked for it is told. */
const disabledAfterMs = 5 * day

/** What follows from a failure of an endpoint that has failed since then. */
export function verdictOn(failingSince: Date, at: Date): 'disable' | 'alert' | 'go on' {
  const failedMs = at.getTime() - failingSince.getTime()
  if (failedMs >= disabledAfterMs) return 'disable'
  return failedMs >= disabledAfterMs / 2 ? 'alert' : 'go on'
}
