import type { Settings } from './settings.js'

/**
 * A tag: the hash in the name of its code's file, and what its first view asks for: the attribute that names what it shows,
 * and paths below the key, where `*` is the name.
 */
export type Tag = [hash: string, attribute?: string, ...paths: string[]]

/** An answer that nobody took by then, in milliseconds, is too old. */
const freshFor = 5000
/** Longer than the stores wait. A browser lets the next request for an address wait for one that is under way. */
const timeLimit = 10_000

/**
 * Asks for what an element will show while its code is on its way. The stores find the answers in the settings, by
 * address. Elements with settings of their own ask for themselves.
 */
export function askEarly(element: Element, settings: Settings, [, attribute, ...paths]: Tag): void {
  const { apiUrl, apiKey, early } = settings
  const name = element.getAttribute(attribute!)
  if (!apiKey || !name || element.matches('[api-key],[api-url],[period]')) return
  for (const path of paths) {
    const url = `${apiUrl}/widget/v1/${apiKey}/${path.replace('*', encodeURIComponent(name))}`
    const answer = fetch(url, { credentials: 'omit', signal: AbortSignal.timeout(timeLimit) })
    early!.set(url, answer)
    // A failure is told to whoever takes it: it counts among the few requests that a page sends to an API in trouble.
    answer.catch(() => {})
    setTimeout(() => early!.delete(url), freshFor)
  }
}
