import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { closeIcon, icon, iconStyles, searchIcon } from './icons.js'
import css from './search-box.styles.css?inline'

export const styles = [iconStyles, unsafeCSS(css)]

/** So long after the last key a text is searched for, in milliseconds. */
const pause = 200

/** What a box says: what it searches, and the button that empties it. */
interface Labels {
  search: string
  clear: string
}

/** A box to search in. The element is drawn again when there is another text to ask for. */
export class SearchBox implements ReactiveController {
  /** What to ask for; empty while nothing is searched. */
  text = ''
  #typed = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #host: LitElement
  readonly #labels: () => Labels

  constructor(host: LitElement, labels: () => Labels) {
    this.#host = host
    this.#labels = labels
    host.addController(this)
  }

  readonly clear = () => {
    this.#typed = this.text = ''
    clearTimeout(this.#timer)
    this.#host.requestUpdate()
  }

  hostDisconnected() {
    clearTimeout(this.#timer)
  }

  render(): TemplateResult {
    const { search, clear } = this.#labels()
    return html`<label class=${this.#typed ? 'search used' : 'search'} part="search">
      ${icon(searchIcon)}
      <input
        type="search"
        part="search-input"
        autocomplete="off"
        maxlength="100"
        aria-label=${search}
        placeholder=${search}
        .value=${this.#typed}
        @input=${this.#onInput}
        @keydown=${this.#onKeydown}
      />
      ${
        this.#typed
          ? html`<button class="icon-button clear" aria-label=${clear} @click=${this.#onClear}>${icon(closeIcon)}</button>`
          : nothing
      }
    </label>`
  }

  readonly #onInput = ({ target }: Event) => {
    this.#typed = (target as HTMLInputElement).value
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.text = this.#typed.trim()
      this.#host.requestUpdate()
    }, pause)
    this.#host.requestUpdate()
  }

  readonly #onKeydown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    // The second time the box closes, which is over its line while it is used.
    if (this.#typed) this.clear()
    else (event.target as HTMLElement).blur()
  }

  readonly #onClear = (event: Event) => {
    event.preventDefault()
    this.clear()
    const { parentElement } = event.currentTarget as HTMLElement
    parentElement?.querySelector('input')?.focus()
  }
}
