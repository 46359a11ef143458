import { html, type LitElement, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import css from './dialog.styles.css?inline'
import { closeIcon, icon, iconStyles } from './icons.js'

export const styles = [iconStyles, unsafeCSS(css)]

interface Content {
  /** Names the dialog. */
  title: unknown
  /** What the button that closes it says. */
  close: string
  body: unknown
  /** What to do, at the lower edge. */
  actions?: unknown
}

/**
 * A modal dialog of an element, by the browser's own: the focus stays in it, Escape closes it. It opens on the button that
 * closes it, so that nothing is done by a key that was still held, and gives the focus back to where it came from.
 */
export class Dialog implements ReactiveController {
  isOpen = false
  #opener: HTMLElement | null = null
  readonly #host: LitElement
  readonly #onClosed: (byHand: boolean) => void

  /** @param onClosed Is told whether it was closed, or its element left the page. */
  constructor(host: LitElement, onClosed: (byHand: boolean) => void) {
    this.#host = host
    this.#onClosed = onClosed
    host.addController(this)
  }

  open() {
    if (this.isOpen) return
    this.isOpen = true
    this.#opener = (this.#host.renderRoot as ShadowRoot).activeElement as HTMLElement | null
    this.#host.requestUpdate()
  }

  readonly close = () => this.#node?.close()

  /** Brings back the focus where what had it has made way for a next step: to what is marked for it, else to the button that closes. */
  async restart() {
    await this.#host.updateComplete
    const { activeElement } = this.#host.renderRoot as ShadowRoot
    // Not every browser gives the focus to a button that is clicked.
    if (activeElement && activeElement !== this.#node && !activeElement.matches('.close')) return
    const next = ['[data-focus]:not(:disabled)', '.close'].map((name) => this.#node?.querySelector<HTMLElement>(name))
    next.find(Boolean)?.focus()
  }

  hostUpdated() {
    if (this.isOpen && this.#node && !this.#node.open) this.#node.showModal()
  }

  hostDisconnected() {
    if (this.isOpen) this.#end(false)
  }

  render({ title, close, body, actions }: Content): TemplateResult {
    return html`<dialog
      class="dialog"
      part="dialog"
      aria-labelledby="dialog-title"
      @close=${this.#closed}
      @click=${this.#onClick}
      @keydown=${onKeydown}
    >
      <div class="dialog-head">
        <h2 class="dialog-title" id="dialog-title" part="dialog-title">${title}</h2>
        <button class="icon-button close" part="close-button" aria-label=${close} title=${close} @click=${this.close}>
          ${icon(closeIcon)}
        </button>
      </div>
      <div class="dialog-body" tabindex="0">${body}</div>
      ${actions ? html`<div class="dialog-foot">${actions}</div>` : ''}
    </dialog>`
  }

  get #node() {
    return this.#host.renderRoot.querySelector('dialog')
  }

  readonly #closed = () => this.#end(true)

  #end(byHand: boolean) {
    this.isOpen = false
    this.#onClosed(byHand)
    this.#host.requestUpdate()
    if (this.#opener?.isConnected) this.#opener.focus({ preventScroll: true })
    this.#opener = null
  }

  /** A click beside the dialog is one on it, outside of its box. */
  readonly #onClick = (event: MouseEvent) => {
    const node = event.currentTarget as HTMLElement
    if (event.target !== node) return
    const { left, right, top, bottom } = node.getBoundingClientRect()
    const { clientX: x, clientY: y } = event
    if (x < left || x > right || y < top || y > bottom) this.close()
  }
}

/** Keys that are for the dialog are not for the page; one that is held is one press: it would go on with the next step. */
const onKeydown = (event: KeyboardEvent) => {
  event.stopPropagation()
  if (event.repeat && event.key === 'Enter') event.preventDefault()
}
