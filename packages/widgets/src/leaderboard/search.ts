import { search } from '@rai/stores'
import { html, type LitElement, type TemplateResult } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { searchIcon } from '../shared/on-demand/icons.js'
import { styles as boxStyles, SearchBox } from '../shared/on-demand/search-box.js'
import { styles as stateStyles, stateView } from '../shared/on-demand/states.js'
import { StoreController } from '../shared/store-controller.js'
import type { Found } from './model.js'
import type { Scene } from './scene.js'

export const styles = [...stateStyles, ...boxStyles]

export const words = {
  search: 'Search members',
  clearSearch: 'Clear search',
  noHitsTitle: 'Nobody found',
  noHitsText: 'No name here begins with {text}.',
}

/** The search box and what it finds. */
export default class SearchController {
  /** The text that the store is about; behind the box's until the next update. */
  #about = ''
  #found: Found | undefined
  readonly #say: Text<keyof typeof words>
  readonly #box: SearchBox
  readonly #store: StoreController<ReturnType<ReturnType<typeof search>['$found']['get']>>

  constructor(host: LitElement, text: Text<never>, { environment, model }: Scene) {
    this.#say = textOf(text, words)
    this.#box = new SearchBox(host, () => ({ search: this.#say('search'), clear: this.#say('clearSearch') }))
    this.#store = new StoreController(host, () => {
      const where = environment()
      const { choice } = model()
      this.#about = this.#box.text
      return where && choice && this.#about ? search(where, choice, this.#about).$found : undefined
    })
  }

  /** The last text that was found or not, and its rows; undefined while nothing is searched for. */
  get found() {
    const state = this.#store.value
    if (!this.#box.text) this.#found = undefined
    else if (state?.state === 'ready' && (state.value !== this.#found?.rows || this.#about !== this.#found.text))
      this.#found = {
        text: this.#about,
        rows: state.value,
        highest: Math.max(0, ...state.value.map(({ rank }) => rank)),
      }
    return this.#found
  }

  render(): TemplateResult {
    return this.#box.render()
  }

  renderNoHits(): TemplateResult {
    return html`<div class="state" part="empty">
      ${stateView({
        icon: searchIcon,
        title: this.#say('noHitsTitle'),
        text: this.#say('noHitsText', { text: this.#box.text }),
        action: html`<button class="button quiet" @click=${this.#box.clear}>${this.#say('clearSearch')}</button>`,
      })}
    </div>`
  }
}
