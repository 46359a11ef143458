import { type ApiError, errorOf, type Order, orders } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { formatMoment } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { Dialog, styles as dialogStyles } from '../shared/on-demand/dialog.js'
import { backIcon, icon, receiptIcon } from '../shared/on-demand/icons.js'
import { styles as boxStyles, SearchBox } from '../shared/on-demand/search-box.js'
import { failureView, styles as stateStyles, stateView } from '../shared/on-demand/states.js'
import { StoreController } from '../shared/store-controller.js'
import css from './history.styles.css?inline'
import { OrderView, styles as orderStyles, statusOf } from './order.js'
import { picture } from './picture.js'
import type { Scene } from './scene.js'

export const styles = [...stateStyles, ...boxStyles, ...dialogStyles, ...orderStyles, unsafeCSS(css)]

export const words = {
  ordersTitle: 'My orders',
  searchOrders: 'Search by name or number',
  clearOrders: 'Clear search',
  closeOrders: 'Close',
  allOrders: 'All orders',
  moreOrders: 'Show more',
  noOrdersTitle: 'Nothing yet',
  noOrdersText: 'What you get shows up here.',
  noSuchOrdersTitle: 'Nothing found',
  noSuchOrdersText: 'No order here has {text} in its name.',
}

/** What the member has bought: a list to search, and each order by itself. */
export default class HistoryController implements ReactiveController {
  /** The order that is shown by itself. */
  #id: string | undefined
  /** The last orders that were there: they stay until those that are searched for have come. */
  #shown: readonly Order[] | undefined
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #text: Text<never>
  readonly #say: Text<keyof typeof words>
  readonly #dialog: Dialog
  readonly #box: SearchBox
  readonly #view: OrderView
  readonly #store: StoreController<ReturnType<ReturnType<typeof orders>['$history']['get']>>

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#text = text
    this.#say = textOf(text, words)
    this.#dialog = new Dialog(host, () => {
      this.#id = undefined
      this.#view.close()
      this.#box.clear()
    })
    this.#box = new SearchBox(host, () => ({ search: this.#say('searchOrders'), clear: this.#say('clearOrders') }))
    this.#view = new OrderView(host, text, scene)
    this.#store = new StoreController(host, () => (this.#dialog.isOpen ? this.#source?.$history : undefined))
    host.addController(this)
  }

  show() {
    this.#dialog.open()
  }

  hostUpdate() {
    const state = this.#store.value
    if (state?.state === 'ready') this.#shown = state.value.orders
    else if (!this.#dialog.isOpen || this.#scene.isGuest()) this.#shown = undefined
  }

  render(): TemplateResult | undefined {
    if (!this.#dialog.isOpen || this.#scene.isGuest()) return undefined
    const order = this.#shown?.find(({ id }) => id === this.#id)
    return this.#dialog.render({
      close: this.#say('closeOrders'),
      title: order ? html`<bdi>${order.item.name}</bdi>` : this.#say('ordersTitle'),
      body: order
        ? html`<div class="one-order">
            <button class="text-button" part="back-button" @click=${() => this.#open(undefined)}>
              ${icon(backIcon, true)}${this.#say('allOrders')}
            </button>
            ${this.#view.render(order)}
          </div>`
        : this.#renderList(),
    })
  }

  #renderList() {
    const state = this.#store.value
    const error = state && errorOf(state)
    const list = this.#shown
    const isSearched = this.#box.text !== ''
    return html`<div class="orders" aria-busy=${list ? 'false' : 'true'}>
      ${list?.length || isSearched ? html`<div class="orders-search">${this.#box.render()}</div>` : nothing}
      ${
        list?.length
          ? html`<ul class="order-list" role="list">
              ${list.map((order) => this.#renderLine(order))}
            </ul>`
          : html`<div class="state">${this.#renderNothing(error)}</div>`
      }
      ${
        state?.state === 'ready' && state.value.nextCursor
          ? html`<button class="button quiet" part="more-button" @click=${() => this.#source?.more()}>${this.#say('moreOrders')}</button>`
          : nothing
      }
    </div>`
  }

  #renderLine(order: Order) {
    const { item, price, createdAt, id } = order
    return html`<li class="order" part="order">
      ${picture(item.image, item.name)}
      <div class="what">
        <button class="open" part="open-button" data-order=${id} @click=${() => this.#open(id)}>
          <bdi class="cut">${item.name}</bdi>
        </button>
        <span class="small muted"
          ><time datetime=${createdAt}>${formatMoment(this.#scene.locale(), new Date(createdAt))}</time> · ${
            price ? this.#scene.amount(price) : this.#scene.text('free')
          }</span
        >
      </div>
      ${statusOf(order)}
    </li>`
  }

  #renderNothing(error: ApiError | undefined) {
    if (error) return failureView(error, this.#text as Text<'retry'>, () => void this.#source?.refresh())
    if (!this.#shown) return html`<span class="visually-hidden">${this.#scene.text('loading')}</span>`
    return this.#box.text
      ? stateView({
          icon: receiptIcon,
          title: this.#say('noSuchOrdersTitle'),
          text: this.#say('noSuchOrdersText', { text: this.#box.text }),
        })
      : stateView({ icon: receiptIcon, title: this.#say('noOrdersTitle'), text: this.#say('noOrdersText') })
  }

  get #source() {
    const environment = this.#scene.environment()
    return environment && orders(environment, this.#box.text)
  }

  /** Shows an order by itself, or all of them; the focus goes where the member came from. */
  async #open(id: string | undefined) {
    const before = this.#id
    this.#id = id
    this.#view.close()
    this.#host.requestUpdate()
    await this.#host.updateComplete
    const next = id ? '[part="back-button"]' : `[data-order="${before}"]`
    this.#host.renderRoot.querySelector<HTMLElement>(`dialog ${next}`)?.focus()
  }
}
