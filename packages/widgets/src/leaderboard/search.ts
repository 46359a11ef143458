import { html, type LitElement, nothing, type ReactiveController, type TemplateResult } from 'lit'
import { closeIcon, icon, searchIcon } from '../shared/icons.js'
import type { Text } from './messages/index.js'

/** So long after the last key a name is searched for. */
const pause = 200

/** The search box: what is typed, and a little later what is asked for. */
export class SearchController implements ReactiveController {
  /** What to search for; empty when the whole list is wanted. */
  asked = ''
  private typed = ''
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly host: LitElement

  constructor(host: LitElement) {
    this.host = host
    host.addController(this)
  }

  readonly clear = () => {
    this.typed = this.asked = ''
    clearTimeout(this.timer)
    this.host.requestUpdate()
  }

  hostDisconnected() {
    clearTimeout(this.timer)
  }

  render(text: Text): TemplateResult {
    return html`<label class=${this.typed ? 'search used' : 'search'} part="search">
      ${icon(searchIcon)}
      <input
        type="search"
        part="search-input"
        autocomplete="off"
        maxlength="100"
        aria-label=${text('search')}
        placeholder=${text('search')}
        .value=${this.typed}
        @input=${this.onInput}
        @keydown=${this.onKeydown}
      />
      ${
        this.typed
          ? html`<button class="icon-button clear" aria-label=${text('clearSearch')} @click=${this.onClear}>${icon(closeIcon)}</button>`
          : nothing
      }
    </label>`
  }

  private readonly onInput = ({ target }: Event) => {
    this.typed = (target as HTMLInputElement).value
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.asked = this.typed.trim()
      this.host.requestUpdate()
    }, pause)
    this.host.requestUpdate()
  }

  private readonly onKeydown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    if (this.typed) event.preventDefault()
    this.clear()
  }

  private readonly onClear = (event: Event) => {
    event.preventDefault()
    this.clear()
    this.host.renderRoot.querySelector<HTMLElement>('.search input')?.focus()
  }
}
