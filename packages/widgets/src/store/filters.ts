import type { ItemChoice } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { filterIcon, heartIcon, icon } from '../shared/on-demand/icons.js'
import { styles as boxStyles, SearchBox } from '../shared/on-demand/search-box.js'
import { TabsController, tabStyles } from '../shared/on-demand/tabs.js'
import { tabs } from '../shared/tabs.js'
import css from './filters.styles.css?inline'
import type { Scene } from './scene.js'

export const styles = [...boxStyles, tabStyles, unsafeCSS(css)]

export const words = {
  search: 'Search the store',
  clearSearch: 'Clear search',
  categories: 'Category',
  everything: 'Everything',
  filters: 'Filter and sort',
  sort: 'Sort by',
  featured: 'Featured',
  newest: 'Newest',
  price_asc: 'Price, low to high',
  price_desc: 'Price, high to low',
  name: 'Name',
  affordable: 'I can afford',
  wished: 'Saved',
}

const sorts = ['featured', 'newest', 'price_asc', 'price_desc', 'name'] as const
/** The tab of all categories. */
const everything = 'all'

/** What narrows the catalogue down, in one line that folds where it is narrow. */
export default class FiltersController implements ReactiveController {
  #isOpen = false
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #box: SearchBox

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#box = new SearchBox(host, () => ({ search: this.#say('search'), clear: this.#say('clearSearch') }))
    host.addController(this)
    new TabsController(host)
  }

  hostUpdated() {
    const search = this.#box.text || undefined
    if (search !== this.#scene.choice().search) this.#narrow({ search })
  }

  /** Empties the search box. */
  clear() {
    this.#box.clear()
  }

  /** The id of the tab that names what is shown; none where there is nothing to choose from. */
  get tab(): string | undefined {
    return this.#categories.length > 0 ? `tab-${this.#scene.choice().category ?? everything}` : undefined
  }

  render(): TemplateResult {
    const { category } = this.#scene.choice()
    const categories = this.#categories
    return html`${
      categories.length > 0
        ? tabs({
            label: this.#say('categories'),
            tabs: [
              { id: everything, text: this.#say('everything') },
              ...categories.map(({ id, name }) => ({ id, text: name })),
            ],
            selected: category ?? everything,
            select: (id) => this.#narrow({ category: id === everything ? undefined : id }),
            panel: 'panel',
          })
        : nothing
    }
    ${this.#renderFilters()}
    <button
      class="icon-button filter-button"
      part="filter-button"
      aria-label=${this.#say('filters')}
      title=${this.#say('filters')}
      aria-expanded=${this.#isOpen ? 'true' : 'false'}
      aria-controls="filters"
      @click=${this.#toggle}
    >
      ${icon(filterIcon)}
    </button>
    ${this.#box.render()}`
  }

  #renderFilters() {
    const { sort = 'featured', affordable, wished } = this.#scene.choice()
    return html`<div class="filters ${this.#isOpen ? 'unfolded' : ''}" part="filters" id="filters">
      <select part="sort" aria-label=${this.#say('sort')} .value=${sort} @change=${this.#sort}>
        ${sorts.map((name) => html`<option value=${name} ?selected=${name === sort}>${this.#say(name)}</option>`)}
      </select>
      ${
        this.#scene.isGuest()
          ? nothing
          : html`${this.#renderSwitch(this.#say('affordable'), affordable, { affordable: affordable ? undefined : 'true' })}
            ${this.#renderSwitch(html`${icon(heartIcon)}${this.#say('wished')}`, wished, { wished: wished ? undefined : 'true' })}`
      }
    </div>`
  }

  #renderSwitch(content: unknown, on: string | undefined, change: ItemChoice) {
    return html`<button class="switch" part="filter" aria-pressed=${on ? 'true' : 'false'} @click=${() => this.#narrow(change)}>
      ${content}
    </button>`
  }

  get #categories() {
    const { categories = [] } = this.#scene.storefront() ?? {}
    return categories.length > 1 ? categories : []
  }

  #narrow(change: ItemChoice) {
    this.#scene.choose({ ...this.#scene.choice(), ...change })
  }

  readonly #sort = ({ target }: Event) =>
    this.#narrow({ sort: (target as HTMLSelectElement).value as NonNullable<ItemChoice['sort']> })

  readonly #toggle = () => {
    this.#isOpen = !this.#isOpen
    this.#host.requestUpdate()
  }
}
