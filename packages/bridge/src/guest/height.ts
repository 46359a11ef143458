import type { GuestMessage, HeightLimits } from '../protocol.js'

/** Changes that come together are looked at together, after so many milliseconds. */
const debounce = 60
/** How often, and how many milliseconds apart, we look whether the frame has collapsed. */
const looks = { count: 60, apart: 8 }
/** A frame of 1 px, as a page that is zoomed may see it. */
const least = 2
/** What a transition of changes a height. */
const tall = /height|block|margin|padding|grid|font/

/**
 * Tells the host how high the page is. The protocol stands in `host/height.ts`.
 * @returns What to call when the host has collapsed the frame, and what ends it.
 */
export function watchHeight(
  { mode, max }: HeightLimits,
  post: (message: GuestMessage) => void,
): [collapse: () => void, end: () => void] {
  const root = document.documentElement
  const page = document.scrollingElement ?? root
  const heights = new WeakMap<Element, string>()
  const range = document.createRange()
  const touched = new Set<Element>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let collapsed = false
  let ended = false
  let width = innerWidth
  /** How much higher than the frame the page stays however high the frame is: some of it is measured by the frame. */
  let excess = 0
  /** Whether the frame's height is the content's for sure. */
  let isNatural = false

  /** What a change within an element may have changed. It spares us the look below it when a clock ticks. */
  const extent = (element: Element) => {
    range.selectNodeContents(element)
    return `${element.getBoundingClientRect().height} ${range.getBoundingClientRect().height}`
  }
  const hasChanged = (element: Element) => {
    const before = heights.get(element)
    const now = extent(element)
    heights.set(element, now)
    return before !== now
  }

  function touch(target: EventTarget | null) {
    let element = target instanceof Element ? target : (target as Node | null)?.parentElement
    // What it stands in may have another size too, and is then known to have it.
    for (; element; element = element.parentElement) touched.add(element)
    timer ??= setTimeout(look, debounce)
  }

  function look() {
    timer = undefined
    if (collapsed) return
    // Every one is measured: what is known of it must be what is there now.
    const changed = [...touched].filter(hasChanged).length > 0
    touched.clear()
    const { scrollHeight } = page
    const overflows = scrollHeight > innerHeight
    if (overflows && innerHeight >= max) return
    if (scrollHeight > innerHeight + excess && (mode === 'grow' || excess === 0)) {
      isNatural = false
      post({ t: 'height', h: scrollHeight })
    } else if (mode === 'fit' && (changed || scrollHeight > innerHeight + excess)) post({ t: 'probe' })
  }

  function onResize() {
    if (collapsed || innerHeight <= least) return
    if (innerWidth !== width) {
      width = innerWidth
      touch(document.body)
      return
    }
    // What changed meanwhile is looked at soon.
    excess = timer === undefined ? Math.max(0, page.scrollHeight - innerHeight) : 0
    // It grew because the frame did. How high it would be by itself only a collapsed frame tells.
    if (excess > 0 && !isNatural && mode === 'fit' && innerHeight < max) post({ t: 'probe' })
  }

  function collapse() {
    collapsed = true
    const { scrollbarWidth } = root.style
    // A scrollbar would make the page narrower, and so higher.
    root.style.scrollbarWidth = 'none'
    let left = looks.count
    const measure = () => {
      if (ended) return
      if (innerHeight > least && left-- > 0) return void setTimeout(measure, looks.apart)
      isNatural = innerHeight <= least
      const h = isNatural ? page.scrollHeight : 0
      root.style.scrollbarWidth = scrollbarWidth
      mutations.takeRecords()
      collapsed = false
      post({ t: 'natural', h })
    }
    measure()
  }

  const mutations = new MutationObserver((records) => {
    for (const { target } of records) touch(target)
  })
  mutations.observe(root, { subtree: true, childList: true, attributes: true, characterData: true })
  let bodyAt = innerHeight
  const sizes = new ResizeObserver(() => {
    if (innerHeight === bodyAt) touch(document.body)
    bodyAt = innerHeight
  })
  if (document.body) sizes.observe(document.body)

  const listening = new AbortController()
  const options = { capture: true, signal: listening.signal }
  addEventListener('resize', onResize, options)
  for (const type of ['load', 'toggle']) addEventListener(type, ({ target }) => touch(target), options)
  addEventListener('transitionend', ({ target, propertyName }) => tall.test(propertyName) && touch(target), options)
  document.fonts?.addEventListener('loadingdone', () => touch(document.body), options)

  if (mode === 'fit') post({ t: 'probe' })
  else look()
  return [
    collapse,
    () => {
      ended = true
      clearTimeout(timer)
      listening.abort()
      mutations.disconnect()
      sizes.disconnect()
    },
  ]
}
