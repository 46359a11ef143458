import { html, type LitElement, nothing } from 'lit'
import { icon, moreIcon } from './icons.js'
import { Popover } from './popover.js'

export interface MenuItem {
  text: string
  icon: string
  run: () => void
}

/** A dropdown of actions behind a "more" button: APG's menu button. */
export class Menu {
  readonly #popover: Popover

  constructor(host: LitElement) {
    this.#popover = new Popover(host, '.menu[role=menu]')
  }

  get isOpen(): boolean {
    return this.#popover.isOpen
  }

  /**
   * The button that opens the menu.
   * @param label Names it, and the menu.
   * @param onOpen Called before the menu is drawn.
   */
  button(label: string, onOpen?: () => void) {
    const toggle = (event: Event) => {
      if (!this.isOpen) onOpen?.()
      this.#popover.toggle(event.currentTarget as HTMLElement)
    }
    const openByArrow = (event: KeyboardEvent) => {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
      event.preventDefault()
      event.stopPropagation()
      if (!this.isOpen) toggle(event)
    }
    return html`<button
      class="icon-button"
      part="menu-button"
      aria-haspopup="menu"
      aria-expanded=${this.isOpen ? 'true' : 'false'}
      aria-label=${label}
      @click=${toggle}
      @keydown=${openByArrow}
    >
      ${icon(moreIcon)}
    </button>`
  }

  /** The menu itself; stands once in the element, wherever its button is. */
  render(label: string, items: MenuItem[]) {
    if (!this.isOpen) return nothing
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

  #choose(item: MenuItem) {
    this.#popover.close(true)
    item.run()
  }

  readonly #steer = (event: KeyboardEvent) => {
    const { buttons, at } = this.#popover.keydown(event) ?? { buttons: [], at: 0 }
    const { length } = buttons
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + length, Home: 0, End: length - 1 }[event.key]
    if (to === undefined || length === 0) return
    event.preventDefault()
    buttons[to % length]?.focus()
  }
}
