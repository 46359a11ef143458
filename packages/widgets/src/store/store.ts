import {
  type ApiError,
  type Catalogue,
  catalogue,
  errorOf,
  type ItemChoice,
  isGuest,
  type Loadable,
  type Shelf,
  storefront,
} from '@rai/stores'
import {
  type CSSResult,
  type CSSResultGroup,
  html,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  unsafeCSS,
} from 'lit'
import { RaiElement } from '../shared/element.js'
import { errorEvent, RaiLoadEvent } from '../shared/events.js'
import { formatNumber, unitName } from '../shared/format.js'
import { MessagesController } from '../shared/messages.js'
import { Part } from '../shared/part.js'
import { StoreController } from '../shared/store-controller.js'
import { card, skeleton } from './cards.js'
import { catalog } from './messages/index.js'
import type { PartClass, Scene } from './scene.js'
import styles from './store.styles.css?inline'

/** So near to the end of what is there more is asked for, in pixels. */
const near = 800
/** A description of so many letters surely has no more lines than are shown: longer ones may scroll, and keys can reach them. */
const short = 60
/** From so many items on one can search them. */
const long = 8

type Ready<T> = Extract<Loadable<T>, { state: 'ready' }>

/**
 * A store where members spend what they have earned.
 *
 * @customElement rai-store
 * @summary Shows a community's store: a catalogue to search and filter, one's balance, buying in two steps, one's orders.
 *
 * @attr {string} category - The id of the category shown first. Default: all items.
 * @attr {string} sort - `featured newest price_asc price_desc name`: the order shown first. Default: `featured`.
 * @attr {string} layout - `grid`, or `list` with a line for each item.
 * @attr {boolean} without-header - Leaves out the title.
 *
 * @slot - What stands here until the first items have come, or for good if the script never does.
 * @slot header - Instead of the store's name.
 * @slot empty - Instead of the words for a store without items.
 * @slot error - Instead of the words for a failure.
 * @slot sign-in - The line for guests, best a link to your sign-in; without one it is plain text.
 *
 * @event {RaiLoadEvent} rai-load - The first items are there.
 * @event {RaiErrorEvent} rai-error - Something failed; has `code` and `requestId`.
 * @event {RaiRedeemRequestEvent} rai-redeem-request - The member confirms a purchase; has `item` and `price`; cancelable.
 * @event {RaiRedeemEvent} rai-redeem - An item is the member's; has `order`.
 * @event {RaiWishRequestEvent} rai-wish-request - The member saves for an item, asks to be told of it, or no longer; has `item` and `change`; cancelable.
 *
 * @csspart base - The outermost inner element.
 * @csspart header - The line with the name and what one can spend.
 * @csspart title - The store's name.
 * @csspart description - What the store is about; scrolls where it has more than three lines.
 * @csspart balance - What the member can spend.
 * @csspart coming - What comes besides: what can be claimed, until when, and what is in review.
 * @csspart orders-button - Opens what the member has bought.
 * @csspart sign-in - The line that invites guests to sign in.
 * @csspart tools - The line of categories and filters.
 * @csspart tabs - The group of categories.
 * @csspart tab - One category; the chosen one is also `tab-selected`.
 * @csspart search - A search box.
 * @csspart search-input - Its input.
 * @csspart filter-button - Opens the filters.
 * @csspart filters - The line of filters.
 * @csspart sort - The choice of the order.
 * @csspart filter - A filter that is on or off.
 * @csspart list - What scrolls.
 * @csspart card - An item; also by its state: `card-available`, `card-not_enough`, `card-sold_out`, `card-limit_reached`, `card-locked`, `card-not_started`, `card-ended`.
 * @csspart open-button - Opens it.
 * @csspart picture - Its picture, or the first letters of its name.
 * @csspart name - Its name.
 * @csspart price - What it costs.
 * @csspart note - Why it cannot be had now, or what to know of it.
 * @csspart wish-button - Saves for an item.
 * @csspart dialog - The window of an item, or of what one has bought.
 * @csspart dialog-title - Its title.
 * @csspart close-button - Closes it.
 * @csspart amount - What to pay, where the member chooses.
 * @csspart buy-button - Goes on to the confirmation.
 * @csspart notify-button - Asks to be told when it is back.
 * @csspart summary - What is bought, what it costs and what is left.
 * @csspart good-until - How long the code is good that one would get.
 * @csspart terms - What is told before one buys it.
 * @csspart field - A question that who buys it is asked.
 * @csspart back-button - Goes back a step.
 * @csspart confirm-button - Buys it.
 * @csspart alert - What has changed, or has gone wrong.
 * @csspart code - The code that was bought.
 * @csspart reveal-button - Shows it.
 * @csspart copy-button - Copies it.
 * @csspart item-link - Leads to what was bought, in a new tab.
 * @csspart order - One that was bought.
 * @csspart order-status - How far it is.
 * @csspart more-button - Shows more of them.
 * @csspart show-all-button - Takes back what was chosen.
 * @csspart empty - What stands where no items are.
 * @csspart error - What stands where loading failed.
 * @csspart retry-button - Tries again.
 * @csspart footer - The last line.
 *
 * @cssproperty [--rai-store-height=30rem] - The element's height; the catalogue scrolls inside.
 * @cssproperty [--rai-store-card-width=8.25rem] - The least width of a card; wider where the element is wide.
 *
 * @cssstate loading - Nothing to show yet.
 * @cssstate empty - There are no items.
 * @cssstate error - Loading failed.
 * @cssstate stale - What is shown could not be refreshed.
 */
export class RaiStore extends RaiElement {
  static override styles: CSSResultGroup = [RaiElement.styles, unsafeCSS(styles)]

  static override get properties(): PropertyDeclarations {
    return {
      ...RaiElement.properties,
      category: {},
      sort: {},
      layout: {},
      withoutHeader: { type: Boolean, attribute: 'without-header' },
    }
  }

  /** The id of the category shown first. Default: all items. */
  declare category: string | undefined
  /** The order shown first: `featured`, `newest`, `price_asc`, `price_desc` or `name`. Default: `featured`. */
  declare sort: ItemChoice['sort'] | undefined
  /** `grid`, or `list` with a line for each item. */
  declare layout: 'grid' | 'list' | undefined
  /** Leaves out the title. */
  declare withoutHeader: boolean

  readonly #words = new MessagesController(this, catalog)
  readonly #front = new StoreController(this, () => this.environment && storefront(this.environment).$storefront)
  readonly #shelf = new StoreController(this, () => this.#source?.$shelf)
  readonly #scene: Scene = {
    text: this.#words.text,
    locale: () => this.#words.locale,
    environment: () => this.environment,
    isGuest: () => this.#isGuest,
    number: (value) => formatNumber(this.#words.locale, value),
    amount: (value, unit = 'currency') => {
      const name = unitName(this.#words.locale, value, this.#scene.storefront()?.units[unit])
      return this.#words.text('amount', { count: this.#scene.number(value), unit: name ?? '' })
    },
    storefront: () => (this.#front.value?.state === 'ready' ? this.#front.value.value : undefined),
    item: (id) => this.#shown?.value.items.find((item) => item.id === id),
    put: (item) => this.#source?.put(item),
    wish: (item, change) => void this.#ownPart?.change(item, change),
    choice: () => this.#choice,
    choose: (choice) => {
      this.#chosen = choice
      this.requestUpdate()
    },
  }
  readonly #filters = this.#part(() => import('./filters.js'))
  readonly #own = this.#part(() => import('./own.js'))
  readonly #checkout = this.#part(() => import('./checkout.js'))
  readonly #noItems = new Part(this, () => import('./no-items.js'))

  #source: Catalogue | undefined
  /** What a person chose since the attributes were set. */
  #chosen: ItemChoice | undefined
  /** What address and key together; the fields below are about it. */
  #subject = ''
  /** The last items that were there: they stay until what was chosen has come. */
  #shown: Ready<Shelf> | undefined
  #shownBy: Catalogue | undefined
  #isLong = false
  /** The item that was clicked before what it opens in was there. */
  #opening: string | undefined
  #loaded = false
  #error: unknown

  /** A part that works with what the element shows. */
  #part<T>(load: () => Promise<{ default: PartClass<T>; styles: readonly CSSResult[] }>): Part<T> {
    return new Part(this, async () => {
      const { default: Controller, styles } = await load()
      return { default: new Controller(this, this.#words.text, this.#scene), styles }
    })
  }

  constructor() {
    super()
    // After the stores above: what is known is taken in before anything is drawn.
    this.addController({ hostUpdate: () => this.#take() })
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.#source = undefined
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    const { environment } = this
    const subject = `${environment?.apiUrl} ${environment?.key}`
    if (subject !== this.#subject) {
      this.#subject = subject
      this.#chosen = this.#shown = undefined
      this.#isLong = this.#loaded = false
    }
    if (changed.has('category') || changed.has('sort')) this.#chosen = undefined
    this.#source = environment && catalogue(environment, this.#choice)
  }

  /** Takes in what is known, before anything is drawn. */
  #take() {
    const state = this.#shelf.value
    if (state?.state === 'ready') {
      this.#shown = state
      this.#shownBy = this.#source
      if (state.value.total > long) this.#isLong = true
    }
    // Items stay until what was chosen has come, but not before another person, for whom the same catalogue begins anew.
    else if (state?.state === 'failed' || this.#shownBy === this.#source) this.#shown = undefined
  }

  protected override updated() {
    const failure = this.#failure
    const isReady = !failure && !this.#isPending
    const error = failure ?? this.#shown?.stale
    this.setStates({
      loading: this.#isPending,
      empty: isReady && this.#shown?.value.total === 0,
      error: !!failure,
      stale: !!this.#shown?.stale,
    })
    if (error && error !== this.#error) this.dispatchEvent(errorEvent(error))
    this.#error = error
    if (!isReady) return
    this.#onScroll()
    if (this.#opening) this.#open(this.#opening)
    if (this.#loaded) return
    this.#loaded = true
    this.dispatchEvent(new RaiLoadEvent())
    // What is to be said when the network is gone is fetched while it is there, and so is what a click opens.
    void this.#noItems.value
    void this.#checkout.value
  }

  /** Why there is nothing to show. */
  get #failure(): ApiError | undefined {
    const [front, shelf] = [this.#front.value, this.#shelf.value]
    return this.#shown ? undefined : ((front && errorOf(front)) ?? (shelf && errorOf(shelf)))
  }

  /** What it takes to draw is on its way: items, what they are paid with, or words and parts that they need. */
  get #isPending(): boolean {
    const failure = this.#failure
    const isKnown = this.#shown && this.#scene.storefront()
    const isBlank = failure || this.#shown?.value.total === 0
    return (!failure && !isKnown) || this.#words.pending || (!!isBlank && this.#noItems.pending)
  }

  /** Nobody is signed in, as far as is known: the site has no source of tokens, or it gave none. */
  get #isGuest(): boolean {
    const { environment } = this
    return !environment || isGuest(environment) || this.#own.value?.isGuest === true
  }

  /** What belongs to the signed-in member, once it is there. */
  get #ownPart() {
    return this.#isGuest ? undefined : this.#own.value
  }

  get #choice(): ItemChoice {
    return this.#chosen ?? { category: this.category || undefined, sort: this.sort || undefined }
  }

  get #isNarrowed(): boolean {
    const { category, search, affordable, wished } = this.#choice
    return !!(category || search || affordable || wished)
  }

  readonly #retry = () => {
    const { environment } = this
    if (!environment) return
    void storefront(environment).refresh()
    void this.#source?.refresh()
  }

  readonly #showAll = () => {
    this.#filters.value?.clear()
    this.#scene.choose({ sort: this.#choice.sort })
  }

  readonly #onScroll = () => {
    const scroller = this.renderRoot.querySelector('.scroller')
    if (scroller && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < near) this.#source?.more()
  }

  readonly #onClick = ({ target }: Event) => {
    const { id } = (target as HTMLElement).closest<HTMLElement>('.card')?.dataset ?? {}
    if (!id) return
    if ((target as HTMLElement).closest('.wish')) this.#ownPart?.toggleWish(id)
    else this.#open(id)
  }

  /** Opens an item; as soon as what it opens in has come. */
  #open(id: string | undefined) {
    const checkout = this.#checkout.value
    this.#opening = checkout ? undefined : id
    if (id) checkout?.show(id)
  }

  #renderHeader() {
    const front = this.#scene.storefront()
    return html`<div class="header" part="header">
      <h2 class=${this.withoutHeader ? 'visually-hidden' : 'title cut'} part="title">
        <slot name="header"><bdi>${front?.title || this.#words.text('store')}</bdi></slot>
      </h2>
      <div class="purse" part="balance">
        ${
          this.#isGuest
            ? html`<span class="sign-in" part="sign-in">${
                // The page's own line has one place at a time.
                this.#checkout.value?.isOpen
                  ? this.#words.text('signIn')
                  : html`<slot name="sign-in">${this.#words.text('signIn')}</slot>`
              }</span>`
            : this.#ownPart?.renderPurse()
        }
      </div>
    </div>`
  }

  #renderList({ items, total }: Shelf) {
    const own = this.#ownPart
    const description = this.#scene.storefront()?.description
    return html`<div class="scroller" part="list" @scroll=${this.#onScroll} @click=${this.#onClick}>
      ${description ? html`<p class="description" part="description" tabindex=${description.length > short ? 0 : -1}><bdi>${description}</bdi></p>` : nothing}
      <ul class="cards" role="list">
        ${items.map((item, index) => card(item, index + 1, total, this.#scene, own?.renderHeart(item)))}
      </ul>
    </div>`
  }

  /** Why there is nothing to show. */
  #renderNoItems(failure: ApiError | undefined) {
    const { text } = this.#words
    const noItems = this.#noItems.value
    if (!noItems) return this.#renderRetry()
    return failure
      ? noItems.failed(failure, text, this.#retry)
      : noItems.empty(this.#isNarrowed ? this.#showAll : undefined, text)
  }

  /** The way on, where the words for what is wrong could not be had. */
  #renderRetry() {
    return html`<button class="text-button" part="retry-button" @click=${this.#retry}>${this.#words.text('retry')}</button>`
  }

  #renderFooter({ value, stale, at }: Ready<Shelf>) {
    const { text, locale } = this.#words
    return html`<div class="footer" part="footer">
      ${
        stale
          ? (this.#noItems.value?.stale(at, text, locale, this.#retry) ?? this.#renderRetry())
          : html`<span>${value.total ? text('items', { count: this.#scene.number(value.total) }, value.total) : nothing}</span>`
      }
    </div>`
  }

  #renderContent() {
    const failure = this.#failure
    const shown = this.#shown
    const isEmpty = !failure && !shown?.value.items.length
    const filters = this.#isLong ? this.#filters.value : undefined
    const tab = filters?.tab
    return html`${this.#renderHeader()}
      ${this.#isLong ? html`<div class="tools" part="tools">${filters?.render()}</div>` : nothing}
      <div
        class="panel"
        id="panel"
        role=${tab ? 'tabpanel' : 'group'}
        aria-labelledby=${tab ?? nothing}
        aria-busy=${this.#source === this.#shownBy ? 'false' : 'true'}
      >
        <div class="fallback" ?hidden=${!failure || this.#loaded || !this.hasContent}><slot></slot></div>
        ${shown && !isEmpty ? this.#renderList(shown.value) : nothing}
        <div class="state" part="error" ?hidden=${!failure}>
          <slot name="error">${failure ? this.#renderNoItems(failure) : nothing}</slot>
        </div>
        <div class="state" part="empty" ?hidden=${!isEmpty}>
          <slot name="empty">${isEmpty ? this.#renderNoItems(undefined) : nothing}</slot>
        </div>
      </div>
      ${shown ? this.#renderFooter(shown) : nothing} ${this.#ownPart?.render()} ${this.#checkout.value?.render()}`
  }

  /** What is seen until there is something to say. Nodes of its own, so that nothing moves when the rest takes their place. */
  #renderLoading() {
    // A skeleton promises something: not while nothing may be asked for.
    return !this.environment || this.hasContent
      ? html`<div class="fallback"><slot></slot></div>`
      : skeleton(this.#words.text('loading'))
  }

  protected override render() {
    const { locale } = this.#words
    return html`<div
      class="base ${this.scheme} layout-${this.layout === 'list' ? 'list' : 'grid'} ${this.#shown?.stale ? 'is-stale' : ''}"
      part="base"
      lang=${locale}
      dir=${this.directionOf(locale)}
    >
      ${this.#isPending ? this.#renderLoading() : this.#renderContent()}
    </div>`
  }
}
