/** Answers an embed token; null when nobody is signed in. */
export type GetToken = () => Promise<string | null>

/** What the elements of a page are told: fires `change`. See the README. */
export type Settings = EventTarget & {
  apiKey?: string
  apiUrl?: string
  tokenUrl?: string
  getToken?: GetToken
  /** Nothing is asked of anybody: the visitor has not agreed, or the page has ended what we did. */
  paused?: boolean
  /** Answers that were asked for before anybody wanted them, by address. */
  early?: Map<string, Promise<Response>>
}

/** The page's one settings object: elements find it under the same registered symbol, wherever they came from. */
export function pageSettings(): Settings {
  const page = globalThis as unknown as Record<symbol, Settings>
  const symbol = Symbol.for('rai.settings')
  page[symbol] ??= new EventTarget()
  return page[symbol]
}
