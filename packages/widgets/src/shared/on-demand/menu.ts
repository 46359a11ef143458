import { html, type LitElement, nothing, type ReactiveController } from 'lit'
import { icon, moreIcon } from './icons.js'

export interface MenuItem {
  text: string
  icon: string
  run: () => void
}

/** A dropdown of actions behind a "more" button: APG's menu button, placed by floating-ui, which comes on first open. */
export class MenuController implements ReactiveController {
  #anchor: HTMLElement | undefined
  #unfollow: (() => void) | undefined
  readonly #host: LitElement

  constructor(host: LitElement) {
    this.#host = host
    host.addController(this)
  }

  get isOpen(): boolean {
    return this.#anchor !== undefined
  }

  /** The button that opens the menu. `label` names it, and the menu. */
  button(label: string) {
    return html`<button
      class="icon-button"
      part="menu-button"
      aria-haspopup="menu"
      aria-expanded=${this.#anchor ? 'true' : 'false'}
      aria-label=${label}
      @click=${this.#toggle}
      @keydown=${this.#openByArrow}
    >
      ${icon(moreIcon)}
    </button>`
  }

  /** The menu itself; stands once in the element, wherever its button is. */
  render(label: string, items: MenuItem[]) {
    if (!this.#anchor) return nothing
    return html`<div class="menu" part="menu" role="menu" popover="manual" aria-label=${label} @keydown=${this.#steer}>
      ${items.map(
        (
          item,
        ) => html`<button class="menu-item" part="menu-item" role="menuitem" tabindex="-1" @click=${() => this.#choose(item)}>
          ${icon(item.icon)}<span>${item.text}</span>
        </button>`,
      )}
    </div>`
  }

  close(focusBack = false) {
    const anchor = this.#anchor
    if (!anchor) return
    this.#anchor = undefined
    this.#unfollow?.()
    this.#unfollow = undefined
    document.removeEventListener('pointerdown', this.#closeFromOutside, true)
    this.#host.requestUpdate()
    if (focusBack) anchor.focus()
  }

  hostUpdated() {
    const menu = this.#menu
    if (menu && this.#anchor && !this.#unfollow) this.#show(menu, this.#anchor)
  }

  hostDisconnected() {
    this.close()
  }

  get #menu() {
    return this.#host.renderRoot.querySelector<HTMLElement>('.menu')
  }

  readonly #toggle = (event: Event) => {
    if (this.#anchor) return this.close()
    this.#anchor = event.currentTarget as HTMLElement
    document.addEventListener('pointerdown', this.#closeFromOutside, true)
    this.#host.requestUpdate()
  }

  readonly #openByArrow = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    event.stopPropagation()
    if (!this.#anchor) this.#toggle(event)
  }

  #choose(item: MenuItem) {
    this.close(true)
    item.run()
  }

  readonly #closeFromOutside = (event: Event) => {
    const path = event.composedPath()
    if (!path.includes(this.#menu as EventTarget) && !path.includes(this.#anchor as EventTarget)) this.close()
  }

  readonly #steer = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Tab') return this.close(true)
    if (event.key === 'Escape') {
      event.preventDefault()
      return this.close(true)
    }
    const items = [...(event.currentTarget as HTMLElement).querySelectorAll('button')]
    const at = items.indexOf(event.target as HTMLButtonElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    items[to % items.length]?.focus()
  }

  #show(menu: HTMLElement, anchor: HTMLElement) {
    let open = true
    let stop: (() => void) | undefined
    this.#unfollow = () => {
      open = false
      stop?.()
    }
    menu.showPopover?.()
    const place = (x: number, y: number) => Object.assign(menu.style, { left: `${x}px`, top: `${y}px` })
    const { left, bottom } = anchor.getBoundingClientRect()
    place(left, bottom + 4)
    menu.querySelector('button')?.focus()
    // Without the library (the page went offline) the menu stays where it is: below its button.
    import('./floating.js').then(
      ({ follow }) => {
        if (open) stop = follow(anchor, menu, place, () => this.close())
      },
      () => undefined,
    )
  }
}
