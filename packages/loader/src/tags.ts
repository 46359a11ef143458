import { loadCode } from './code.js'
import { askEarly, type Tag } from './early.js'
import type { Settings } from './settings.js'

/** The build writes them: what there is to know of each tag; the file that all import. */
declare const __TAGS__: Record<string, Tag>
declare const __CORE__: string
const tags = __TAGS__

// Adopted sheets apply even under `style-src 'none'`; `:where()` lets any rule of the page win.
export const sheet = new CSSStyleSheet()
for (const tag in tags)
  sheet.insertRule(`:where(${tag}:not(:defined,[hidden])){display:block;min-block-size:var(--${tag}-height,30rem)}`)

type Root = Document | ShadowRoot

export interface Tags {
  /** Looks for tags in a document or shadow root, now and whenever it changes. */
  watch(root: Root): void
  roots: Set<Root>
  /** Keeps the height of tags that have no code yet: adopted by every root. */
  sheet: CSSStyleSheet
  observers: { disconnect(): void }[]
  /** Ends what is being loaded. */
  loading: AbortController
}

/**
 * Loads the code of a tag once the first of its elements comes near the viewport, or is there with `loading="eager"`.
 * Until then, and for good if the code never comes, the element shows what the page wrote into it.
 * @param base The loader's own address.
 * @param settings What the elements will know, for what they will ask.
 */
export function loadTags(base: string, settings: Settings): Tags {
  const roots = new Set<Root>()
  const loading = new AbortController()
  const { signal } = loading
  const wanted = { ...tags }

  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) want(entry.target)
    },
    { rootMargin: '300px' },
  )

  let frame = 0
  const changes = new MutationObserver(() => {
    if (frame) return
    frame = requestAnimationFrame(() => {
      frame = 0
      for (const root of roots) look(root)
    })
  })

  function look(root: Root) {
    for (const element of root.querySelectorAll(':not(:defined)')) {
      if (!wanted[element.localName]) continue
      if (element.matches('[loading=eager]')) want(element)
      else near.observe(element)
    }
  }

  function want(element: Element) {
    const { localName } = element
    const tag = wanted[localName]
    if (!tag) return
    delete wanted[localName]
    // First what the rows wait for longest.
    load(localName)
    askEarly(element, settings, tag)
    // Elements need one for their first rows: the processor has nothing to do now.
    setTimeout(Intl.NumberFormat)
  }

  async function load(tag: string) {
    const urls = [`${tag}-${tags[tag]![0]}`, __CORE__].map((name) => new URL(`c/${name}.js`, base))
    try {
      await loadCode(urls, { signal })
    } catch (reason) {
      if (signal.aborted) return
      addEventListener('online', () => load(tag), { once: true, signal })
      console.error(
        `[rai] <${tag}>: ${urls[0]} could not be loaded. ${reason}. CSP: connect-src, script-src, trusted-types rai-html?`,
      )
      sheet.insertRule(`${tag}:not(:defined):empty::before{content:"This could not be loaded."}`)
      for (const root of roots)
        for (const element of root.querySelectorAll(tag)) {
          const options = { bubbles: true, composed: true }
          element.dispatchEvent(Object.assign(new Event('rai-error', options), { code: 'network' }))
        }
    }
  }

  function watch(root: Root) {
    roots.add(root)
    changes.observe(root, { childList: true, subtree: true })
    look(root)
  }
  watch(document)
  return { watch, roots, sheet, observers: [changes, near], loading }
}
