import type { GetToken } from '@rai/stores'

/** Which colours a widget takes; `auto` follows the page, then the system. */
export type Theme = 'auto' | 'light' | 'dark'

/** What every element of a page needs to know. An element's own attributes win over it. */
export interface Settings {
  apiKey?: string | undefined
  apiUrl?: string | undefined
  tokenUrl?: string | undefined
  getToken?: GetToken | undefined
  theme?: Theme | undefined
  locale?: string | undefined
}

/**
 * Fires `change` after a field was set. While `paused`, elements ask nothing of anybody and show what the page wrote into
 * them: the visitor has not agreed, or the page has ended what we did.
 */
export type PageSettings = EventTarget & Settings & { paused?: boolean | undefined }

const name = Symbol.for('rai.settings')

/**
 * The page's one settings object. The loader fills it; a registered symbol lets two bundles, or a bundle and the loader,
 * find the same one without importing each other.
 */
export function pageSettings(): PageSettings {
  const page = globalThis as { [name]?: PageSettings }
  page[name] ??= new EventTarget()
  return page[name]
}
