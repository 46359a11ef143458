import type { ReactiveController, ReactiveControllerHost } from 'lit'

/** Attributes of `<html>` and `<body>` that say something about colours, language or direction. */
const attributeFilter = ['class', 'style', 'lang', 'dir', 'data-theme', 'data-bs-theme', 'data-color-scheme']

/** Not `document.body`: a form of that name would stand in its way. */
const roots = () => document.querySelectorAll<HTMLElement>('html, body')

/** What the page around an element says about looks and language, live. */
export class PageController implements ReactiveController {
  #observer: MutationObserver | undefined
  readonly #host: ReactiveControllerHost & HTMLElement

  constructor(host: ReactiveControllerHost & HTMLElement) {
    this.#host = host
    host.addController(this)
  }

  /** The page's colours: its `color-scheme`, else a theme attribute or class as the common frameworks set them, else the system's. */
  get scheme(): 'light' | 'dark' | 'auto' {
    const { colorScheme } = getComputedStyle(this.#host)
    if (colorScheme === 'light' || colorScheme === 'dark') return colorScheme
    for (const { dataset, classList } of roots()) {
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
    this.#observer = new MutationObserver(() => this.#host.requestUpdate())
    for (const root of roots()) this.#observer.observe(root, { attributeFilter })
  }

  hostDisconnected() {
    this.#observer?.disconnect()
  }
}
