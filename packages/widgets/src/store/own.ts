import {
  type ApiError,
  type Item,
  type Loadable,
  type Purse,
  purse,
  setWish,
  viewer,
  type WishChange,
} from '@rai/stores'
import { html, type LitElement, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { errorEvent } from '../shared/events.js'
import { each } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { Announcer } from '../shared/on-demand/announcer.js'
import { heartIcon, icon, iconStyles, receiptIcon } from '../shared/on-demand/icons.js'
import { Part } from '../shared/part.js'
import { StoreController } from '../shared/store-controller.js'
import { RaiWishRequestEvent } from './events.js'
import type HistoryController from './history.js'
import css from './own.styles.css?inline'
import type { Scene } from './scene.js'

export const styles = [iconStyles, unsafeCSS(css)]

export const words = {
  youHave: 'You have',
  toClaim: '{amount} to claim',
  claimBy: '{amount} to claim until {time}',
  inReview: '{amount} in review',
  orders: 'My orders',
  save: 'Save for {name}',
  saved: 'Saved',
  noLongerSaved: 'No longer saved',
  willTell: 'You will be told when it is back',
  notDone: 'That did not work. Try again.',
}

const moments = each(
  (locale) => new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }),
)

const isOnItsWay = (state: string | undefined) => state !== 'ready' && state !== 'failed'

/** What the store has for the member who looks at it: what they can spend, what they save for, what they have bought. */
export default class OwnController {
  /** The orders were asked for. */
  #isAsked = false
  /** Items whose wish is under way. */
  readonly #busy = new Set<string>()
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #viewer: StoreController<ReturnType<ReturnType<typeof viewer>['$viewer']['get']>>
  readonly #purse: StoreController<Loadable<Purse | null>>
  readonly #announcer: Announcer
  readonly #history: Part<HistoryController>

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#viewer = new StoreController(host, () => {
      const environment = scene.environment()
      return environment && viewer(environment).$viewer
    })
    this.#purse = new StoreController(host, () => {
      const environment = scene.environment()
      return environment && purse(environment).$purse
    })
    this.#announcer = new Announcer(host)
    this.#history = new Part(host, async () => {
      const { default: History, styles } = await import('./history.js')
      const history = new History(host, text, scene)
      // Somebody has asked for it.
      history.show()
      return { default: history, styles }
    })
  }

  /** Nobody is signed in after all: the site gave no token. */
  get isGuest(): boolean {
    return this.#viewer.value?.state === 'ready' && !this.#viewer.value.value
  }

  get #balance(): number | undefined {
    const state = this.#viewer.value
    return state?.state === 'ready' ? state.value?.balances.currency : undefined
  }

  /** What the member can spend, and the way to what they have bought. Both come at once: one would move the other. */
  renderPurse(): TemplateResult | typeof nothing {
    const state = this.#viewer.value?.state
    if (isOnItsWay(state) || isOnItsWay(this.#purse.value?.state)) return nothing
    const balance = this.#balance
    return html`<span class="sum">
        ${
          balance === undefined
            ? nothing
            : html`<span class="has">${this.#say('youHave')}</span>
                <span class="balance">${this.#scene.amount(balance)}</span>`
        }
        ${this.#renderComing()}
      </span>
      <button
        class="icon-button orders-button"
        part="orders-button"
        aria-haspopup="dialog"
        aria-label=${this.#say('orders')}
        title=${this.#say('orders')}
        @click=${this.#showOrders}
      >
        ${icon(receiptIcon)}<span class="orders-name">${this.#say('orders')}</span>
      </button>`
  }

  /** What comes besides: what is lost without a claim first, then what can be claimed, then what is in review. */
  #renderComing() {
    const state = this.#purse.value
    const coming = state?.state === 'ready' ? state.value : undefined
    if (!coming) return nothing
    const { pending, claimable } = coming
    const { amount, locale } = this.#scene
    const { expiring } = claimable
    const rest = claimable.amount - (expiring?.amount ?? 0)
    const told = [
      ...(expiring
        ? [
            this.#say('claimBy', {
              amount: amount(expiring.amount),
              time: moments(locale()).format(new Date(expiring.at)),
            }),
          ]
        : []),
      ...(rest ? [this.#say('toClaim', { amount: amount(rest) })] : []),
      ...(pending.amount ? [this.#say('inReview', { amount: amount(pending.amount) })] : []),
    ]
    return told.length
      ? html`<span class="coming" part="coming">${told.map((one) => html`<span>${one}</span>`)}</span>`
      : nothing
  }

  /** Saves for an item, or no longer; lies over its picture. */
  renderHeart(item: Item): TemplateResult {
    return html`<button
      class="icon-button wish"
      part="wish-button"
      aria-label=${this.#say('save', { name: item.name })}
      aria-pressed=${item.wish ? 'true' : 'false'}
    >
      ${icon(heartIcon)}
    </button>`
  }

  /** What the member has bought, and the voice: stand once in the element. */
  render() {
    return html`${this.#isAsked ? this.#history.value?.render() : nothing}${this.#announcer.render()}`
  }

  readonly #showOrders = () => {
    this.#isAsked = true
    this.#history.value?.show()
  }

  toggleWish(id: string) {
    const item = this.#scene.item(id)
    if (item) void this.change(item, item.wish ? 'drop' : 'save')
  }

  /** Asks the page, then the API. It looks done at once, and as before where that fails. */
  async change(item: Item, change: WishChange) {
    const environment = this.#scene.environment()
    const { id, wish } = item
    if (!environment || this.#busy.has(id) || !this.#host.dispatchEvent(new RaiWishRequestEvent(item, change))) return
    this.#busy.add(id)
    this.#scene.put({ ...item, wish: change === 'drop' ? null : { notify: change === 'notify', backAt: null } })
    try {
      this.#scene.put(await setWish(environment, id, change))
      this.#announcer.say(this.#say(change === 'drop' ? 'noLongerSaved' : change === 'save' ? 'saved' : 'willTell'))
    } catch (error) {
      this.#scene.put({ ...(this.#scene.item(id) ?? item), wish })
      this.#host.dispatchEvent(errorEvent(error as ApiError))
      this.#announcer.say(this.#say('notDone'))
    }
    this.#busy.delete(id)
  }
}
