import type { Settings } from './settings.js'

/** What a tag's first view asks for: the attribute that names what it shows, and paths below the key, where `*` is the name. */
export type Early = [attribute: string, ...paths: string[]]

/** An answer that nobody took by then, in milliseconds, is too old. */
const freshFor = 5000
/** Longer than the stores wait. A browser lets the next request for an address wait for one that is under way. */
const timeLimit = 10_000

/**
 * Asks for what an element will show while its code is on its way. The stores find the answers in the settings, by
 * address. Elements with settings of their own ask for themselves.
 */
export function askEarly(element: Element, settings: Settings, [attribute, ...paths]: Early): void {
  const { apiUrl, apiKey } = settings
  const name = element.getAttribute(attribute)
  if (!apiKey || !name || element.matches('[api-key],[api-url],[period]')) return
  settings.early ??= new Map()
  const answers = settings.early
  for (const path of paths) {
    const url = `${apiUrl}/widget/v1/${apiKey}/${path.replace('*', encodeURIComponent(name))}`
    const answer = fetch(url, { credentials: 'omit', signal: AbortSignal.timeout(timeLimit) })
    answers.set(url, answer)
    // A failure is told to whoever takes it: it counts among the few requests that a page sends to an API in trouble.
    answer.catch(() => {})
    setTimeout(() => answers.delete(url), freshFor)
  }
}
