import { type LitElement, type ReactiveController, unsafeCSS } from 'lit'
import css from './tabs.styles.css?inline'

export const tabStyles = unsafeCSS(css)

/** Where tabs do not fit, so much of their line fades at either end, in pixels. */
const fade = 24

/**
 * What one does with the tabs of an element, after APG: arrows move and choose at once, in the direction of writing; Home
 * and End go to the ends. Keeps the chosen ones in view: scrolls their own line and never the page.
 */
export class TabsController implements ReactiveController {
  readonly #seen = new WeakMap<Element, Element>()
  readonly #host: LitElement

  constructor(host: LitElement) {
    this.#host = host
    host.addController(this)
    host.renderRoot.addEventListener('keydown', (event) => onKeydown(event as KeyboardEvent))
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

function onKeydown(event: KeyboardEvent) {
  const list = (event.target as Element).closest('.tabs')
  if (!list) return
  const tabs = [...list.querySelectorAll<HTMLElement>('.tab')]
  const forward = getComputedStyle(list).direction === 'rtl' ? -1 : 1
  const at = tabs.findIndex(({ ariaSelected }) => ariaSelected === 'true')
  const to = { ArrowLeft: at - forward, ArrowRight: at + forward, Home: 0, End: -1 }[event.key]
  const next = to === undefined ? undefined : tabs.at(to % tabs.length)
  if (!next) return
  event.preventDefault()
  next.click()
  next.focus()
  // A tab that is seen in part has the focus without being scrolled to.
  next.scrollIntoView({ block: 'nearest' })
}
