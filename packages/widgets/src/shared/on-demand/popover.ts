import type { Placement } from '@floating-ui/dom'
import type { LitElement, ReactiveController } from 'lit'

/**
 * What opens at a button and lies over the rest: it takes the focus, closes by a press elsewhere, Escape and Tab, and is
 * placed by floating-ui, which comes on first open. Whoever has one draws it while it is open, with `popover="manual"`.
 */
export class Popover implements ReactiveController {
  #anchor: HTMLElement | undefined
  #unfollow: (() => void) | undefined
  readonly #host: LitElement
  readonly #selector: string
  readonly #placement: Placement

  /** @param selector Where it is in the host's root, while it is drawn. */
  constructor(host: LitElement, selector: string, placement: Placement = 'bottom-end') {
    this.#host = host
    this.#selector = selector
    this.#placement = placement
    host.addController(this)
  }

  get isOpen(): boolean {
    return this.#anchor !== undefined
  }

  toggle(anchor: HTMLElement) {
    if (this.#anchor) return this.close()
    this.#anchor = anchor
    document.addEventListener('pointerdown', this.#closeFromOutside, true)
    this.#host.requestUpdate()
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

  /**
   * Takes a key that was pressed in it; answers which of its buttons one was at.
   * @returns Undefined where the key has closed it.
   */
  keydown(event: KeyboardEvent): { buttons: HTMLButtonElement[]; at: number } | undefined {
    event.stopPropagation()
    if (event.key === 'Escape') event.preventDefault()
    if (event.key === 'Escape' || event.key === 'Tab') {
      this.close(true)
      return undefined
    }
    const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll('button')]
    return { buttons, at: buttons.indexOf(event.target as HTMLButtonElement) }
  }

  hostUpdated() {
    const panel = this.#panel
    if (panel && this.#anchor && !this.#unfollow) this.#show(panel, this.#anchor)
  }

  hostDisconnected() {
    this.close()
  }

  get #panel() {
    return this.#host.renderRoot.querySelector<HTMLElement>(this.#selector)
  }

  readonly #closeFromOutside = (event: Event) => {
    const path = event.composedPath()
    if (!path.includes(this.#panel as EventTarget) && !path.includes(this.#anchor as EventTarget)) this.close()
  }

  #show(panel: HTMLElement, anchor: HTMLElement) {
    let isOpen = true
    let stop: (() => void) | undefined
    this.#unfollow = () => {
      isOpen = false
      stop?.()
    }
    panel.showPopover?.()
    const place = (x: number, y: number) => Object.assign(panel.style, { left: `${x}px`, top: `${y}px` })
    const { left, bottom } = anchor.getBoundingClientRect()
    place(left, bottom + 4)
    panel.querySelector('button')?.focus()
    // Without the library (the page went offline) it stays where it is: below its button.
    import('./floating.js').then(
      ({ follow }) => {
        if (isOpen) stop = follow(anchor, panel, this.#placement, place, () => this.close())
      },
      () => undefined,
    )
  }
}
