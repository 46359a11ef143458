import { search } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { closeIcon, icon, searchIcon } from '../shared/on-demand/icons.js'
import { styles as stateStyles, stateView } from '../shared/on-demand/states.js'
import { StoreController } from '../shared/store-controller.js'
import type { Found } from './model.js'
import type { Scene } from './scene.js'
import css from './search.styles.css?inline'

export const styles = [...stateStyles, unsafeCSS(css)]

export const words = {
  search: 'Search members',
  clearSearch: 'Clear search',
  noHitsTitle: 'Nobody found',
  noHitsText: 'No name here begins with {text}.',
}

/** So long after the last key a name is searched for, in milliseconds. */
const pause = 200

/** The search box and what it finds. */
export default class SearchController implements ReactiveController {
  #typed = ''
  #asked = ''
  /** The text that the store is about; behind `asked` until the next update. */
  #about = ''
  #found: Found | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #host: LitElement
  readonly #say: Text<keyof typeof words>
  readonly #store: StoreController<ReturnType<ReturnType<typeof search>['$found']['get']>>

  constructor(host: LitElement, text: Text<never>, { environment, model }: Scene) {
    this.#host = host
    this.#say = textOf(text, words)
    this.#store = new StoreController(host, () => {
      const where = environment()
      const { choice } = model()
      this.#about = this.#asked
      return where && choice && this.#asked ? search(where, choice, this.#asked).$found : undefined
    })
    host.addController(this)
  }

  /** The last text that was found or not, and its rows; undefined while nothing is searched for. */
  get found() {
    const state = this.#store.value
    if (!this.#asked) this.#found = undefined
    else if (state?.state === 'ready' && (state.value !== this.#found?.rows || this.#about !== this.#found.text))
      this.#found = {
        text: this.#about,
        rows: state.value,
        highest: Math.max(0, ...state.value.map(({ rank }) => rank)),
      }
    return this.#found
  }

  readonly clear = () => {
    this.#typed = this.#asked = ''
    clearTimeout(this.#timer)
    this.#host.requestUpdate()
  }

  hostDisconnected() {
    clearTimeout(this.#timer)
  }

  render(): TemplateResult {
    return html`<label class=${this.#typed ? 'search used' : 'search'} part="search">
      ${icon(searchIcon)}
      <input
        type="search"
        part="search-input"
        autocomplete="off"
        maxlength="100"
        aria-label=${this.#say('search')}
        placeholder=${this.#say('search')}
        .value=${this.#typed}
        @input=${this.#onInput}
        @keydown=${this.#onKeydown}
      />
      ${
        this.#typed
          ? html`<button class="icon-button clear" aria-label=${this.#say('clearSearch')} @click=${this.#onClear}>${icon(closeIcon)}</button>`
          : nothing
      }
    </label>`
  }

  renderNoHits(): TemplateResult {
    return html`<div class="state" part="empty">
      ${stateView({
        icon: searchIcon,
        title: this.#say('noHitsTitle'),
        text: this.#say('noHitsText', { text: this.#asked }),
        action: html`<button class="button quiet" @click=${this.clear}>${this.#say('clearSearch')}</button>`,
      })}
    </div>`
  }

  readonly #onInput = ({ target }: Event) => {
    this.#typed = (target as HTMLInputElement).value
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#asked = this.#typed.trim()
      this.#host.requestUpdate()
    }, pause)
    this.#host.requestUpdate()
  }

  readonly #onKeydown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    // The second time the box closes, which is over the periods while it is used.
    if (this.#typed) this.clear()
    else (event.target as HTMLElement).blur()
  }

  readonly #onClear = (event: Event) => {
    event.preventDefault()
    this.clear()
    this.#host.renderRoot.querySelector<HTMLElement>('.search input')?.focus()
  }
}
