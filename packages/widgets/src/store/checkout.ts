import {
  type ApiError,
  type Item,
  type Purchase,
  type PurchaseState,
  purchase,
  readItem,
  setWantedItem,
  unfinished,
  wantedItem,
} from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { each, formatMoment } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { Announcer } from '../shared/on-demand/announcer.js'
import { Dialog, styles as dialogStyles } from '../shared/on-demand/dialog.js'
import { alertIcon, bellIcon, checkIcon, heartIcon, icon, lockIcon } from '../shared/on-demand/icons.js'
import { failureView, styles as stateStyles, stateView } from '../shared/on-demand/states.js'
import { StoreController } from '../shared/store-controller.js'
import { isOpen, noteOf, priceOf } from './cards.js'
import css from './checkout.styles.css?inline'
import { RaiRedeemEvent, RaiRedeemRequestEvent } from './events.js'
import { OrderView, styles as orderStyles } from './order.js'
import { picture } from './picture.js'
import { type Answers, missingAnswers, questionFields } from './questions.js'
import type { Scene } from './scene.js'

export const styles = [...stateStyles, ...dialogStyles, ...orderStyles, unsafeCSS(css)]

export const words = {
  close: 'Close',
  getIt: 'Get it',
  saveFor: 'Save for this',
  isSaved: 'Saved',
  notify: 'Tell me when it is back',
  isNotified: 'You will be told',
  signInToGet: 'Sign in to get this. It waits here for you.',
  goodUntil: 'What you get is good until {time}.',
  limit: { one: '{count} for each member', other: '{count} for each member' },
  limitWithin: { one: '{count} for each member within {time}', other: '{count} for each member within {time}' },
  howMuch: 'How much do you want to pay?',
  confirmTitle: 'Is this what you want?',
  whatYouGet: 'You get',
  cost: 'It costs',
  have: 'You have',
  left: 'Left after that',
  terms: 'Terms',
  irreversible: 'This cannot be undone.',
  back: 'Back',
  pay: 'Pay {price}',
  getFree: 'Get it for free',
  asking: 'Asking what it costs now',
  buying: 'Buying',
  priceChanged: 'The price has changed from {before} to {price}. Nothing has been charged.',
  unknownTitle: 'We do not know yet whether it went through',
  unknownText: 'The answer was lost on its way. Look again in a moment: you are never charged twice.',
  missingText: 'No order of yours has come through so far. You can send it again: you are never charged twice.',
  looking: 'Looking for your order',
  lookAgain: 'Look again',
  sendAgain: 'Send again',
  not_enoughTitle: 'You do not have enough',
  sold_outTitle: 'It has just sold out',
  limit_reachedTitle: 'You have had yours',
  lockedTitle: 'It is not open to you',
  not_startedTitle: 'Not yet',
  endedTitle: 'It is no longer sold',
  signedOutTitle: 'You are signed out',
  nothingCharged: 'Nothing has been charged.',
  done: 'It is yours',
  leftNow: 'You have {amount} left.',
  doneButton: 'Done',
  answerThis: 'Please answer this.',
  choose: 'Choose one',
  optional: 'optional',
}

export type CheckoutText = Text<keyof typeof words>

const states = ['not_enough', 'sold_out', 'limit_reached', 'locked', 'not_started', 'ended'] as const

/** A stretch of time: "7 days". */
const stretches = {
  hour: each((locale) => new Intl.NumberFormat(locale, { style: 'unit', unit: 'hour', unitDisplay: 'long' })),
  day: each((locale) => new Intl.NumberFormat(locale, { style: 'unit', unit: 'day', unitDisplay: 'long' })),
  week: each((locale) => new Intl.NumberFormat(locale, { style: 'unit', unit: 'week', unitDisplay: 'long' })),
  month: each((locale) => new Intl.NumberFormat(locale, { style: 'unit', unit: 'month', unitDisplay: 'long' })),
}

/** An item by itself, and what it takes to buy it: what it is, what it costs now, whether it came through. */
export default class CheckoutController implements ReactiveController {
  #id: string | undefined
  /** The item, where the catalogue does not show it. */
  #read: Item | undefined
  #isConfirming = false
  #amount: number | undefined
  #answers: Answers = {}
  /** Whether answers that are missing are pointed at. */
  #pointsAtMissing = false
  #purchase: Purchase | undefined
  #leave: (() => void) | undefined
  #step: PurchaseState['step'] | undefined
  #hasLooked = false
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #text: Text<never>
  readonly #say: CheckoutText
  readonly #dialog: Dialog
  readonly #order: OrderView
  readonly #announcer: Announcer
  readonly #state: StoreController<PurchaseState>

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#text = text
    this.#say = textOf(text, words)
    this.#dialog = new Dialog(host, (byHand) => this.#closed(byHand))
    this.#order = new OrderView(host, text, scene)
    this.#announcer = new Announcer(host)
    this.#state = new StoreController(host, () => (this.#isConfirming ? this.#purchase?.$state : undefined))
    host.addController(this)
  }

  /** Opens an item. */
  show(id: string) {
    this.#id = id
    this.#dialog.open()
    const environment = this.#scene.environment()
    if (environment && this.#scene.isGuest()) setWantedItem(environment, id)
    if (!environment || this.#item) return
    readItem(environment, id).then(
      (item) => {
        this.#read = item
        this.#host.requestUpdate()
      },
      () => this.#dialog.close(),
    )
  }

  get isOpen(): boolean {
    return this.#dialog.isOpen
  }

  hostUpdated() {
    this.#leaveFormer()
    void this.#resume()
    const state = this.#state.value
    const { step } = state ?? {}
    if (step === this.#step) return
    const before = this.#step
    this.#step = step
    void this.#dialog.restart()
    if (state?.step === 'bought' && before) {
      this.#host.dispatchEvent(new RaiRedeemEvent(state.order))
      this.#announcer.say(this.#say('done'))
    }
    if (state?.step === 'refused') void this.#look()
  }

  /** Shows the next person nothing of what the one before was about to buy, or has answered. */
  #leaveFormer() {
    const environment = this.#scene.environment()
    if (environment && this.#id && this.#purchase && this.#purchase !== purchase(environment, this.#id))
      this.#dialog.close()
  }

  /** Goes on where the page was left: with an order whose end is not known, or what a guest wanted before they signed in. */
  async #resume() {
    const environment = this.#scene.environment()
    if (this.#hasLooked || !environment || this.#scene.isGuest()) return
    this.#hasLooked = true
    const wanted = wantedItem(environment)
    setWantedItem(environment, undefined)
    const id = await unfinished(environment)
    if (this.#dialog.isOpen || !(id ?? wanted)) return
    this.show((id ?? wanted)!)
    if (id) this.#confirm()
  }

  render(): TemplateResult {
    return html`${this.#dialog.isOpen ? this.#renderDialog() : nothing}${this.#announcer.render()}`
  }

  #renderDialog() {
    const item = this.#item
    const state = this.#state.value
    const step = this.#isConfirming ? state?.step : undefined
    const close = this.#say('close')
    if (!item)
      return this.#dialog.render({ close, title: '', body: html`<p class="muted">${this.#scene.text('loading')}</p>` })
    if (!step) return this.#dialog.render({ close, ...this.#renderItem(item) })
    if (state?.step === 'bought') return this.#dialog.render({ close, ...this.#renderBought(state) })
    if (state?.step === 'refused') return this.#dialog.render({ close, ...this.#renderRefused(item, state.error) })
    if (state?.step === 'unknown') return this.#dialog.render({ close, ...this.#renderUnknown(state) })
    return this.#dialog.render({ close, ...this.#renderConfirm(item, state!) })
  }

  get #item(): Item | undefined {
    return this.#id ? (this.#scene.item(this.#id) ?? this.#read) : undefined
  }

  // What it is

  #renderItem(item: Item) {
    const { name, description, limit, state } = item
    const note = noteOf(item, this.#scene)
    return {
      title: html`<bdi>${name}</bdi>`,
      body: html`<div class="one ${isOpen(item) ? '' : 'shut'}">
        ${item.image ? picture(item.image, name) : nothing}
        <div class="price" part="price">${priceOf(item, this.#scene)}</div>
        ${note ? html`<p class="why" part="note">${state === 'locked' ? icon(lockIcon) : nothing}${note}</p>` : nothing}
        ${description ? html`<p class="words"><bdi>${description}</bdi></p>` : nothing}
        ${limit ? html`<p class="small muted">${this.#limit(limit)}</p>` : nothing} ${this.#renderUntil(item)}
        ${item.price.kind === 'variable' && isOpen(item) ? this.#renderAmount(item.price) : nothing}
        ${this.#scene.isGuest() ? this.#renderSignIn() : nothing}
      </div>`,
      actions: this.#scene.isGuest() ? undefined : this.#renderActions(item),
    }
  }

  #renderActions(item: Item) {
    const { state, wish } = item
    const isNotified = state === 'sold_out' && !!wish?.notify
    return html`${
      state === 'sold_out'
        ? html`<button
            class="button quiet"
            part="notify-button"
            aria-pressed=${isNotified ? 'true' : 'false'}
            @click=${() => this.#scene.wish(item, isNotified ? 'drop' : 'notify')}
          >
            ${icon(isNotified ? checkIcon : bellIcon)}${this.#say(isNotified ? 'isNotified' : 'notify')}
          </button>`
        : html`<button
            class="button quiet"
            part="wish-button"
            aria-pressed=${wish ? 'true' : 'false'}
            @click=${() => this.#scene.wish(item, wish ? 'drop' : 'save')}
          >
            ${icon(wish ? checkIcon : heartIcon)}${this.#say(wish ? 'isSaved' : 'saveFor')}
          </button>`
    }
    ${
      state === 'available'
        ? html`<button class="button" part="buy-button" @click=${() => this.#confirm()}>${this.#say('getIt')}</button>`
        : nothing
    }`
  }

  /** One line, or the page's own: it stands here while an item is open, and above the catalogue else. */
  #renderSignIn() {
    return html`<div class="ask-in" part="sign-in">
      <p>${this.#say('signInToGet')}</p>
      <slot name="sign-in"></slot>
    </div>`
  }

  #renderAmount({ min, max, step, amount }: Extract<Item['price'], { kind: 'variable' }>) {
    const value = this.#amount ?? amount
    const set = ({ target }: Event) => {
      const wanted = Number((target as HTMLInputElement).value)
      this.#amount = Math.min(max, Math.max(min, min + Math.round((wanted - min) / step) * step))
      this.#host.requestUpdate()
    }
    return html`<fieldset class="amount" part="amount">
      <legend>${this.#say('howMuch')}</legend>
      <input type="range" aria-label=${this.#say('howMuch')} min=${min} max=${max} step=${step} .value=${`${value}`} @input=${set} />
      <input type="number" inputmode="numeric" aria-label=${this.#say('howMuch')} min=${min} max=${max} step=${step} .value=${`${value}`} @change=${set} />
    </fieldset>`
  }

  /** Nobody buys a code without knowing how long it is good. */
  #renderUntil({ codeExpiresAt }: Item) {
    if (!codeExpiresAt) return nothing
    const time = formatMoment(this.#scene.locale(), new Date(codeExpiresAt))
    return html`<p class="small muted" part="good-until">${this.#say('goodUntil', { time })}</p>`
  }

  #limit({ quantity, interval }: NonNullable<Item['limit']>) {
    const count = this.#scene.number(quantity)
    if (!interval) return this.#say('limit', { count }, quantity)
    const time = stretches[interval.unit](this.#scene.locale()).format(interval.count)
    return this.#say('limitWithin', { count, time }, quantity)
  }

  // What it costs now

  #renderConfirm(item: Item, state: PurchaseState) {
    const { amount } = this.#scene
    const quote = state.step === 'quoted' ? state.quote : undefined
    const price = quote && (quote.price ? amount(quote.price) : this.#scene.text('free'))
    const fact = (name: 'cost' | 'have' | 'left', value: unknown) =>
      html`<div class=${name}><dt>${this.#say(name)}</dt><dd>${value ?? html`<span class="bone"></span>`}</dd></div>`
    const busy = state.step === 'asking' ? 'asking' : state.step === 'sending' ? 'buying' : undefined
    return {
      title: this.#say('confirmTitle'),
      body: html`<div class="confirm">
        ${
          state.step === 'quoted' && state.before !== undefined
            ? html`<p class="notice-box" part="alert" role="alert">
                ${icon(alertIcon)}<span>${this.#say('priceChanged', { before: amount(state.before), price: price! })}</span>
              </p>`
            : nothing
        }
        <dl class="facts" part="summary">
          <div><dt>${this.#say('whatYouGet')}</dt><dd><bdi>${item.name}</bdi></dd></div>
          ${fact('cost', price)} ${fact('have', quote && amount(quote.balance))} ${fact('left', quote && amount(quote.balanceAfter))}
        </dl>
        ${questionFields(item.questions, this.#answers, this.#pointsAtMissing, this.#say)}
        ${
          item.terms
            ? html`<section>
                <h3 class="heading">${this.#say('terms')}</h3>
                <p class="words small terms" part="terms" tabindex="0"><bdi>${item.terms}</bdi></p>
              </section>`
            : nothing
        }
        ${this.#renderUntil(item)}
        <p class="small muted">${this.#say('irreversible')}</p>
        <span class="visually-hidden" role="status">${busy ? this.#say(busy) : ''}</span>
      </div>`,
      actions: html`<button class="button quiet" part="back-button" data-focus ?disabled=${state.step === 'sending'} @click=${this.#back}>
          ${this.#say('back')}
        </button>
        <button
          class="button"
          part="confirm-button"
          aria-disabled=${quote ? 'false' : 'true'}
          aria-busy=${busy ? 'true' : 'false'}
          @click=${this.#buy}
        >
          ${busy ? this.#say(busy) : quote!.price ? this.#say('pay', { price: price! }) : this.#say('getFree')}
        </button>`,
    }
  }

  #renderUnknown({ isChecking, isMissing }: Extract<PurchaseState, { step: 'unknown' }>) {
    const title = this.#say(isChecking ? 'looking' : 'unknownTitle')
    return {
      title,
      body: html`<div class="state" role="status">
        ${stateView({ icon: alertIcon, title, text: isChecking ? undefined : this.#say(isMissing ? 'missingText' : 'unknownText') })}
      </div>`,
      actions: html`<button class="button ${isMissing ? 'quiet' : ''}" part="retry-button" data-focus aria-disabled=${isChecking ? 'true' : 'false'} @click=${() => isChecking || this.#purchase?.check()}>
          ${this.#say('lookAgain')}
        </button>
        ${
          isMissing
            ? html`<button class="button" part="confirm-button" @click=${() => this.#purchase?.resend()}>${this.#say('sendAgain')}</button>`
            : nothing
        }`,
    }
  }

  #renderRefused(item: Item, error: ApiError) {
    const code = states.find((state) => state === error.code)
    const back = html`<button class="button quiet" part="back-button" data-focus @click=${this.#back}>${this.#say('back')}</button>`
    if (code) {
      // The item says why, once it has been read again.
      const note = item.state === code ? noteOf(item, this.#scene) : undefined
      const title = this.#say(`${code}Title`)
      const text = html`${note && note !== title ? html`${note}<br />` : nothing}${this.#say('nothingCharged')}`
      const body = html`<div class="state" role="alert" part="alert">${stateView({ icon: alertIcon, title, text })}</div>`
      return { title: html`<bdi>${item.name}</bdi>`, body, actions: back }
    }
    const isOut = error.code === 'no_token' || error.code === 'unauthorized'
    const view = isOut
      ? stateView({ icon: lockIcon, title: this.#say('signedOutTitle'), text: this.#say('nothingCharged') })
      : failureView(error, this.#text as Text<'retry'>, () => void this.#purchase?.ask(this.#amount))
    return {
      title: html`<bdi>${item.name}</bdi>`,
      body: html`<div class="state" role="alert" part="alert">${view}</div>`,
      actions: back,
    }
  }

  #renderBought({ order, balance }: Extract<PurchaseState, { step: 'bought' }>) {
    return {
      title: html`<bdi>${order.item.name}</bdi>`,
      body: html`<div class="bought">
        <div class="state">
          ${stateView({
            icon: checkIcon,
            title: this.#say('done'),
            text: balance === undefined ? undefined : this.#say('leftNow', { amount: this.#scene.amount(balance) }),
          })}
        </div>
        ${this.#order.render(order)}
      </div>`,
      actions: html`<button class="button" part="back-button" data-focus @click=${this.#dialog.close}>${this.#say('doneButton')}</button>`,
    }
  }

  // What one does

  /** Goes on to what it costs now. */
  #confirm() {
    const environment = this.#scene.environment()
    if (!environment || !this.#id) return
    this.#isConfirming = true
    this.#purchase = purchase(environment, this.#id)
    this.#leave ??= this.#purchase.open()
    const { price } = this.#item ?? {}
    void this.#purchase.ask(price?.kind === 'variable' ? (this.#amount ?? price.amount) : undefined)
    this.#host.requestUpdate()
  }

  readonly #back = () => {
    this.#isConfirming = this.#pointsAtMissing = false
    this.#host.requestUpdate()
  }

  /** Buys it: not by the second click of a double click, which was meant for what stood here before. */
  readonly #buy = ({ detail }: MouseEvent) => {
    const item = this.#item
    const state = this.#state.value
    if (detail > 1 || !item || state?.step !== 'quoted') return
    const missing = missingAnswers(item.questions, this.#answers)
    if (missing.length > 0) {
      this.#pointsAtMissing = true
      this.#host.requestUpdate()
      this.#host.renderRoot.querySelector<HTMLElement>(`#question-${missing[0]}`)?.focus()
      return
    }
    if (!this.#host.dispatchEvent(new RaiRedeemRequestEvent(item, state.quote.price))) return
    const given = item.questions.filter(({ name }) => this.#answers[name])
    void this.#purchase?.confirm(
      given.length > 0 ? Object.fromEntries(given.map(({ name }) => [name, this.#answers[name]!])) : undefined,
    )
  }

  /** Reads the item again, which says why it was refused. */
  async #look() {
    const environment = this.#scene.environment()
    if (!environment || !this.#id) return
    const item = await readItem(environment, this.#id).catch(() => undefined)
    if (!item) return
    if (this.#scene.item(item.id)) this.#scene.put(item)
    else this.#read = item
    this.#host.requestUpdate()
  }

  #closed(byHand: boolean) {
    const environment = this.#scene.environment()
    // Who closes it no longer wants it; who leaves the page to sign in does.
    if (byHand && environment && this.#scene.isGuest()) setWantedItem(environment, undefined)
    this.#leave?.()
    this.#leave = this.#id = this.#read = this.#amount = this.#purchase = undefined
    this.#isConfirming = this.#pointsAtMissing = false
    this.#answers = {}
    this.#order.close()
  }
}
