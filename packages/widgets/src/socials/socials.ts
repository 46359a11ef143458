import { isGuest, type SocialStore, serverNow, socials } from '@rai/stores'
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
import { group, skeleton } from './list.js'
import { catalog } from './messages/index.js'
import { decide, nothingKnown } from './model.js'
import type { PartClass, Scene } from './scene.js'
import styles from './socials.styles.css?inline'

/**
 * What members can do for a community on networks, and what it gives them.
 *
 * @customElement rai-socials
 * @summary Shows quests on networks: what each gives, how it is known that it was done, and claims it; connects accounts, and brings others.
 *
 * @attr {string} network - The only network whose quests are shown, such as `youtube`. Default: all of them.
 * @attr {boolean} without-referral - Leaves out how one brings others.
 * @attr {boolean} without-accounts - Leaves out one's connected accounts.
 * @attr {boolean} without-header - Leaves out the title line.
 *
 * @slot - What stands here until the quests have come, or for good if the script never does.
 * @slot header - Instead of the title.
 * @slot empty - Instead of the words where there are no quests.
 * @slot error - Instead of the words for a failure.
 * @slot sign-in - The line for guests, best a link to your sign-in; without one it is plain text.
 *
 * @event {RaiLoadEvent} rai-load - The quests are there.
 * @event {RaiErrorEvent} rai-error - Something failed; has `code` and `requestId`.
 * @event {RaiQuestStartRequestEvent} rai-start-request - The member leaves for where a quest is done; has `quest`; cancelable.
 * @event {RaiQuestClaimRequestEvent} rai-claim-request - The member says that a quest is done; has `quest`; cancelable.
 * @event {RaiQuestChangeEvent} rai-quest-change - A quest got into another state; has `quest`, `state`, `previousState`.
 * @event {RaiAccountRequestEvent} rai-account-request - The member connects or disconnects an account; has `network` and `change`; cancelable.
 *
 * @csspart base - The outermost inner element.
 * @csspart header - The title line.
 * @csspart title - The title.
 * @csspart group - The quests of a network.
 * @csspart network - Its name, with a mark.
 * @csspart list - A list of quests.
 * @csspart quest - One of them.
 * @csspart quest-button - Opens it.
 * @csspart reward - What something gives.
 * @csspart proof - How it is known that it was done, how often it can be, and until when.
 * @csspart state - Where the member is with it.
 * @csspart quest-detail - What it takes to do it.
 * @csspart description - What it is about.
 * @csspart notice - What must be told beside it.
 * @csspart bonus - What so many days, or weeks, in a row give besides.
 * @csspart message - Why it is in its state.
 * @csspart link - Leads to where it is done.
 * @csspart share-button - Opens the device's own dialog to share something.
 * @csspart address - A link of the member's own.
 * @csspart copy-button - Copies it.
 * @csspart field - What is asked of the member: a code, an answer, or what a person will look at.
 * @csspart claim-button - Says that it is done.
 * @csspart connect-button - Connects an account.
 * @csspart connect-link - The same by a link, where the browser opened no window.
 * @csspart problem - Why something did not work.
 * @csspart qr-button - Shows that link as a QR code.
 * @csspart qr - The code.
 * @csspart referral - How the member brings others.
 * @csspart accounts - The member's accounts on networks.
 * @csspart account - One of them.
 * @csspart disconnect-button - Disconnects it.
 * @csspart keep-button - Keeps it after all.
 * @csspart stored - What is kept of it.
 * @csspart sign-in - The line that invites guests to sign in.
 * @csspart empty - What stands where no quests are.
 * @csspart error - What stands where loading failed.
 * @csspart retry-button - Tries again.
 * @csspart footer - The last line.
 *
 * @cssproperty [--rai-socials-height=30rem] - The element's height; what is in it scrolls inside. `auto` for as high as that is.
 *
 * @cssstate loading - Nothing to show yet.
 * @cssstate empty - There are no quests.
 * @cssstate error - Loading failed.
 * @cssstate stale - What is shown could not be refreshed.
 */
export class RaiSocials extends RaiElement {
  static override styles: CSSResultGroup = [RaiElement.styles, unsafeCSS(styles)]

  static override get properties(): PropertyDeclarations {
    return {
      ...RaiElement.properties,
      network: {},
      withoutReferral: { type: Boolean, attribute: 'without-referral' },
      withoutAccounts: { type: Boolean, attribute: 'without-accounts' },
      withoutHeader: { type: Boolean, attribute: 'without-header' },
    }
  }

  /** The only network whose quests are shown, such as `youtube`. Default: all of them. */
  declare network: string | undefined
  /** Leaves out how one brings others. */
  declare withoutReferral: boolean
  /** Leaves out one's connected accounts. */
  declare withoutAccounts: boolean
  /** Leaves out the title line. */
  declare withoutHeader: boolean

  readonly #words = new MessagesController(this, catalog)
  readonly #list = new StoreController(this, () => this.#source?.$socials)
  readonly #scene: Scene = {
    text: this.#words.text,
    locale: () => this.#words.locale,
    model: () => this.#model,
    environment: () => this.environment,
    source: () => this.#source,
    number: (value) => formatNumber(this.#words.locale, value),
    amount: (unit, value) => {
      const { locale } = this.#words
      const name = unitName(locale, value, this.#model.shown?.value.units?.[unit]) ?? (unit === 'xp' ? 'XP' : '')
      return `${formatNumber(locale, value)} ${name}`
    },
    timeTo: (at) => (at && this.environment ? Date.parse(at) - serverNow(this.environment) : 0),
    hands: () => this.#hands,
    opened: () => (this.#opened === undefined ? this.#begun : this.#opened),
    open: (id = '') => {
      this.#opened = id
      this.requestUpdate()
    },
  }
  readonly #interaction = this.#part(() => import('./interaction.js'))
  readonly #referral = this.#part(() => import('./referral.js'))
  readonly #accounts = this.#part(() => import('./accounts.js'))
  readonly #noQuests = new Part(this, () => import('./no-quests.js'))

  #source: SocialStore | undefined
  /** What the member opened last; empty where they closed it. */
  #opened: string | undefined
  /** What address, key and the network's name together; the fields around it are about it. */
  #subject = ''
  #model = nothingKnown
  #loaded = false
  #error: unknown

  constructor() {
    super()
    // After the store above, and before whatever comes later.
    this.addController({ hostUpdate: () => this.#decide() })
  }

  /** A part that works with what the element shows. */
  #part<T>(load: () => Promise<{ default: PartClass<T>; styles: readonly CSSResult[] }>): Part<T> {
    return new Part(this, async () => {
      const { default: Controller, styles } = await load()
      return { default: new Controller(this, this.#words.text, this.#scene), styles }
    })
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.#source = undefined
  }

  protected override willUpdate(_: PropertyValues<this>) {
    const { environment } = this
    const subject = `${environment?.apiUrl} ${environment?.key} ${this.network ?? ''}`
    if (subject !== this.#subject) {
      this.#subject = subject
      this.#opened = undefined
      this.#loaded = false
    }
    this.#source = environment && socials(environment)
  }

  protected override updated() {
    const { error, failure, shown, items } = this.#model
    const isReady = !failure && !this.#isPending
    this.setStates({
      loading: this.#isPending,
      empty: isReady && items.length === 0,
      error: !!failure,
      stale: !!shown?.stale,
    })
    if (error && error !== this.#error) this.dispatchEvent(errorEvent(error))
    this.#error = error
    if (this.#loaded || !isReady) return
    this.#loaded = true
    this.dispatchEvent(new RaiLoadEvent())
    // What is to be said when the network is gone is fetched while it is there.
    void this.#noQuests.value
  }

  /** Takes in what is known, before anything is drawn. */
  #decide() {
    this.#model = decide(this.#model, {
      subject: this.#subject,
      network: this.network || undefined,
      list: this.#list.value,
    })
  }

  /** What makes it more than a picture: asked for once there is something to see. */
  get #hands() {
    return this.#model.shown && this.#interaction.value
  }

  /** The quest that the member has begun stands open when they come back to it. */
  get #begun() {
    return this.#model.items.find(({ progress }) => progress?.state === 'opened')?.id
  }

  /** What it takes to draw is on its way. */
  get #isPending(): boolean {
    const { failure, shown, items } = this.#model
    const isBlank = failure || items.length === 0
    return (!failure && !shown) || this.#words.pending || (isBlank && this.#noQuests.pending)
  }

  get #isGuest(): boolean {
    return !this.environment || isGuest(this.environment)
  }

  readonly #retry = () => {
    void this.#source?.refresh()
  }

  /** Why there is nothing to show. */
  #renderNone() {
    const { failure } = this.#model
    const { text } = this.#words
    const none = this.#noQuests.value
    if (!none) return this.#renderRetry()
    return failure ? none.failed(failure, text, this.#retry) : none.empty(text)
  }

  /** The way on, where the words for what is wrong could not be had. */
  #renderRetry() {
    return html`<button class="text-button" part="retry-button" @click=${this.#retry}>${this.#words.text('retry')}</button>`
  }

  #renderFooter() {
    const { shown, items } = this.#model
    const { text, locale } = this.#words
    const count = { count: this.#scene.number(items.length) }
    const status = shown?.stale
      ? (this.#noQuests.value?.stale(shown.at, text, locale, this.#retry) ?? this.#renderRetry())
      : html`<span>${items.length ? text('count', count, items.length) : nothing}</span>`
    return html`<div class="footer" part="footer">
      ${status}
      <span class="sign-in" part="sign-in" ?hidden=${!this.#isGuest}
        ><slot name="sign-in">${text('signIn')}</slot></span
      >
    </div>`
  }

  #renderContent() {
    const { shown, items, groups, failure } = this.#model
    const { text } = this.#words
    const isEmpty = !failure && items.length === 0
    const isMember = shown && !this.#isGuest
    return html`${
      this.withoutHeader
        ? nothing
        : html`<div class="header" part="header">
            <h2 class="title" part="title"><slot name="header">${text('socials')}</slot></h2>
          </div>`
    }
      <div class="panel">
        <div class="fallback" ?hidden=${!failure || this.#loaded || !this.hasContent}><slot></slot></div>
        ${groups.map((one) => group(one, this.#scene))}
        <div class="state" part="error" ?hidden=${!failure}>
          <slot name="error">${failure ? this.#renderNone() : nothing}</slot>
        </div>
        <div class="state" part="empty" ?hidden=${!isEmpty}>
          <slot name="empty">${isEmpty ? this.#renderNone() : nothing}</slot>
        </div>
        ${isMember && !this.withoutReferral ? this.#referral.value?.render() : nothing}
        ${isMember && !this.withoutAccounts ? this.#accounts.value?.render() : nothing}
      </div>
      ${shown ? this.#renderFooter() : nothing} ${this.#hands?.render()}`
  }

  /** What is seen until there is something to say. */
  #renderLoading() {
    // A skeleton promises something: not while nothing may be asked for.
    return !this.environment || this.hasContent
      ? html`<div class="fallback"><slot></slot></div>`
      : skeleton(this.#words.text('loading'))
  }

  protected override render() {
    const { locale } = this.#words
    return html`<div
      class="base ${this.scheme} ${this.#model.shown?.stale ? 'is-stale' : ''}"
      part="base"
      lang=${locale}
      dir=${this.directionOf(locale)}
    >
      ${this.#isPending ? this.#renderLoading() : this.#renderContent()}
    </div>`
  }
}
