import type { LitElement, ReactiveController } from 'lit'

/** Where tabs do not fit, so much of their line fades at either end, in pixels. */
const fade = 24

/** Keeps chosen tabs in view: scrolls their own line and never the page, in either direction of writing. */
export class TabsController implements ReactiveController {
  readonly #seen = new WeakMap<Element, Element>()
  readonly #host: LitElement

  constructor(host: LitElement) {
    this.#host = host
    host.addController(this)
  }

  hostUpdated() {
    for (const list of this.#host.renderRoot.querySelectorAll('.tabs')) {
      const tab = list.querySelector('[aria-selected="true"]')
      if (!tab || this.#seen.get(list) === tab) continue
      this.#seen.set(list, tab)
      const { left, right } = list.getBoundingClientRect()
      const chosen = tab.getBoundingClientRect()
      list.scrollLeft += Math.max(0, chosen.right + fade - right) || Math.min(0, chosen.left - fade - left)
    }
  }
}
