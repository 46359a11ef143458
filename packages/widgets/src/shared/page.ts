import type { ReactiveController, ReactiveControllerHost } from 'lit'

const listeners = new Set<() => void>()
let observer: MutationObserver | undefined

/** Calls back when an attribute of `<html>` or `<body>` changes that says something about colours, language or direction. */
function watchPage(listener: () => void): () => void {
  listeners.add(listener)
  if (!observer) {
    observer = new MutationObserver(() => {
      for (const each of listeners) each()
    })
    const attributeFilter = ['class', 'style', 'lang', 'dir', 'data-theme', 'data-bs-theme', 'data-color-scheme']
    for (const root of [document.documentElement, document.body]) observer.observe(root, { attributeFilter })
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    observer?.disconnect()
    observer = undefined
  }
}

/** What the page around an element says about looks and language, live. One observer serves all elements. */
export class PageController implements ReactiveController {
  #release: (() => void) | undefined
  readonly #host: ReactiveControllerHost & HTMLElement

  constructor(host: ReactiveControllerHost & HTMLElement) {
    this.#host = host
    host.addController(this)
  }

  /** The page's colours: its `color-scheme`, else a theme attribute or class as the common frameworks set them, else the system's. */
  get scheme(): 'light' | 'dark' | 'auto' {
    const { colorScheme } = getComputedStyle(this.#host)
    if (colorScheme === 'light' || colorScheme === 'dark') return colorScheme
    for (const { dataset, classList } of [document.documentElement, document.body]) {
      const named = dataset.theme ?? dataset.bsTheme ?? dataset.colorScheme
      for (const scheme of ['dark', 'light'] as const) if (named === scheme || classList.contains(scheme)) return scheme
    }
    return 'auto'
  }

  /** The language that the element stands in. */
  get locale(): string {
    return (
      this.#host.closest<HTMLElement>('[lang]:not([lang=""])')?.lang ??
      (document.documentElement.lang || navigator.language)
    )
  }

  get direction(): 'ltr' | 'rtl' {
    return getComputedStyle(this.#host).direction === 'rtl' ? 'rtl' : 'ltr'
  }

  hostConnected() {
    this.#release = watchPage(() => this.#host.requestUpdate())
  }

  hostDisconnected() {
    this.#release?.()
  }
}
