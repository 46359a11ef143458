import { loadCode } from './code.js'
import { askEarly, type Early } from './early.js'
import { fire } from './fire.js'
import type { Settings } from './settings.js'

/**
 * By tag: the file of its code and the files that this imports, from the loader's address on; what it asks for first. The
 * build writes it.
 */
declare const __TAGS__: Record<string, [files: [string, ...string[]], early: Early]>
const tags = __TAGS__

/**
 * Loads the code of a tag once the first of its elements comes near the viewport, or is there with `loading="eager"`.
 * Until then, and for good if the code never comes, the element shows what the page wrote into it.
 * @param base The loader's own address.
 * @param settings What the elements will know, for what they will ask.
 * @returns Starts to look for tags in a document or shadow root, now and whenever it changes.
 */
export function loadTags(base: string, settings: Settings): (root: Document | ShadowRoot) => void {
  const roots = new Set<Document | ShadowRoot>()
  const wanted = new Set(Object.keys(tags))
  const selector = [...wanted].map((tag) => `${tag}:not(:defined)`).join()

  // Adopted sheets apply even under `style-src 'none'`; `:where()` lets any rule of the page win.
  const sheet = new CSSStyleSheet()
  for (const tag of wanted)
    sheet.insertRule(`:where(${tag}:not(:defined,[hidden])){display:block;min-block-size:var(--${tag}-height,30rem)}`)

  const near = new IntersectionObserver(
    (entries) => {
      const inOrder = entries.sort((a, b) => a.boundingClientRect.top - b.boundingClientRect.top)
      for (const { isIntersecting, target } of inOrder) if (isIntersecting) want(target)
    },
    { rootMargin: '300px' },
  )

  let planned = false
  const changes = new MutationObserver(() => {
    if (planned) return
    planned = true
    requestAnimationFrame(() => {
      planned = false
      for (const root of roots) look(root)
    })
  })

  function look(root: Document | ShadowRoot) {
    for (const element of root.querySelectorAll(selector)) {
      if (element.matches('[loading=eager]')) want(element)
      else near.observe(element)
    }
  }

  function want(element: Element) {
    const { localName } = element
    if (wanted.delete(localName)) {
      askEarly(element, settings, tags[localName]![1])
      load(localName)
    }
    if (wanted.size) return
    changes.disconnect()
    near.disconnect()
  }

  async function load(tag: string) {
    const urls = tags[tag]![0].map((file) => new URL(file, base).href)
    try {
      await loadCode(urls)
    } catch (reason) {
      fail(tag, `${urls[0]} (${reason})`)
      addEventListener('online', () => load(tag), { once: true })
    }
  }

  function fail(tag: string, what: string) {
    console.error(`[rai] <${tag}> could not load ${what}. CSP: connect-src, script-src, trusted-types rai-html?`)
    sheet.insertRule(`${tag}:not(:defined):empty::before{content:"This could not be loaded."}`)
    for (const root of roots)
      for (const element of root.querySelectorAll(tag)) {
        fire(element, 'rai-error', { code: 'network' })
      }
  }

  return (root) => {
    if (roots.has(root)) return
    roots.add(root)
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
    if (!wanted.size) return
    changes.observe(root, { childList: true, subtree: true })
    look(root)
  }
}
