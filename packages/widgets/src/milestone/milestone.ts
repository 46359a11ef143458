import { isGuest, type MilestoneChoice, milestones, serverNow } from '@rai/stores'
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
import { when } from './facts.js'
import { list, skeleton } from './list.js'
import { catalog } from './messages/index.js'
import styles from './milestone.styles.css?inline'
import { decide, nothingKnown } from './model.js'
import type { PartClass, Scene } from './scene.js'

const everything: MilestoneChoice = {}

/**
 * What members can do step by step, and earn.
 *
 * @customElement rai-milestone
 * @summary Shows milestones: how far one is, what to do next, what each stage gives, and claims it.
 *
 * @attr {string} milestone - The id of the one milestone to show in full. Default: all of them, as a list.
 * @attr {string} celebrate - `once` a visit of the page (default), `always`, or `off`: what is seen when something was claimed.
 * @attr {boolean} with-streak - Shows the member's streak with its calendar.
 * @attr {boolean} with-tiers - Shows the ladder of tiers.
 * @attr {boolean} with-recap - Shows what the month has been like.
 * @attr {boolean} without-header - Leaves out the title line.
 *
 * @slot - What stands here until the milestones have come, or for good if the script never does.
 * @slot header - Instead of the title.
 * @slot empty - Instead of the words where there are no milestones.
 * @slot error - Instead of the words for a failure.
 * @slot sign-in - The line for guests, best a link to your sign-in; without one it is plain text.
 *
 * @event {RaiLoadEvent} rai-load - The milestones are there.
 * @event {RaiErrorEvent} rai-error - Something failed; has `code` and `requestId`.
 * @event {RaiStageClaimRequestEvent} rai-claim-request - The member asks for what a stage gives; has `milestone` and `stage`; cancelable.
 * @event {RaiRepairRequestEvent} rai-repair-request - The member asks to have a streak back; has `days` and `price`; cancelable.
 * @event {RaiStageChangeEvent} rai-stage-change - A stage got into another state; has `milestone`, `stage`, `state`, `previousState`.
 *
 * @csspart base - The outermost inner element.
 * @csspart header - The title line.
 * @csspart title - What is shown: the milestone's name, or all of them.
 * @csspart when - The countdown.
 * @csspart tools - What narrows a list down.
 * @csspart tabs - The kinds of milestones to choose from.
 * @csspart tab - One of them; the chosen one is also `tab-selected`.
 * @csspart label-select - The choice of a label.
 * @csspart sort-button - Puts what is closest to done first.
 * @csspart list - The milestones.
 * @csspart milestone - One of them.
 * @csspart milestone-button - Opens all of it.
 * @csspart description - What it is about.
 * @csspart meter - How far something is, as a bar.
 * @csspart next - The best next step.
 * @csspart still - What can still be earned.
 * @csspart path - The stages of a milestone.
 * @csspart stage - One of them; the one that is on is also `stage-current`.
 * @csspart stage-button - Opens a stage.
 * @csspart stage-name - Its name.
 * @csspart stage-detail - What it asks and gives.
 * @csspart marker - The mark of a stage on the path.
 * @csspart task - One thing that is asked.
 * @csspart task-link - Where it is done.
 * @csspart reward - What something gives.
 * @csspart supply - How many there are left.
 * @csspart boost - When a reward is larger.
 * @csspart claim-button - Claims what a stage gives.
 * @csspart problem - Why something could not be claimed.
 * @csspart dialog - What opens over the page.
 * @csspart dialog-title - Its title.
 * @csspart close-button - Closes it.
 * @csspart streak - The member's streak.
 * @csspart repair - What can be done about a streak that broke.
 * @csspart repair-button - Gets it back.
 * @csspart calendar - Its month.
 * @csspart calendar-button - A step to the month before or after.
 * @csspart day - A day that counts.
 * @csspart tiers - The ladder of tiers.
 * @csspart tier - One level; the member's own is also `tier-current`.
 * @csspart tier-lost - The level that the member was on until XP were taken off.
 * @csspart recap - What the month has been like.
 * @csspart sign-in - The line that invites guests to sign in.
 * @csspart empty - What stands where no milestones are.
 * @csspart error - What stands where loading failed.
 * @csspart retry-button - Tries again.
 * @csspart footer - The last line.
 *
 * @cssproperty [--rai-milestone-height=30rem] - The element's height; what is in it scrolls inside. `auto` for as high as that is.
 *
 * @cssstate loading - Nothing to show yet.
 * @cssstate empty - There are no milestones.
 * @cssstate error - Loading failed.
 * @cssstate stale - What is shown could not be refreshed.
 */
export class RaiMilestone extends RaiElement {
  static override styles: CSSResultGroup = [RaiElement.styles, unsafeCSS(styles)]

  static override get properties(): PropertyDeclarations {
    return {
      ...RaiElement.properties,
      milestone: {},
      celebrate: {},
      withStreak: { type: Boolean, attribute: 'with-streak' },
      withTiers: { type: Boolean, attribute: 'with-tiers' },
      withRecap: { type: Boolean, attribute: 'with-recap' },
      withoutHeader: { type: Boolean, attribute: 'without-header' },
    }
  }

  /** The id of the one milestone to show in full. Default: all of them, as a list. */
  declare milestone: string | undefined
  /** What is seen when something was claimed: `once` a visit of the page, `always`, or `off`. */
  declare celebrate: 'once' | 'always' | 'off' | undefined
  /** Shows the member's streak with its calendar. */
  declare withStreak: boolean
  /** Shows the ladder of tiers. */
  declare withTiers: boolean
  /** Shows what the month has been like. */
  declare withRecap: boolean
  /** Leaves out the title line. */
  declare withoutHeader: boolean

  readonly #words = new MessagesController(this, catalog)
  readonly #list = new StoreController(this, () => this.#source?.$milestones)
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
    path: () => this.#path.value,
    opened: ({ id, current }) => (this.#opened?.id === id ? this.#opened.stage : current),
    open: ({ id }, stage) => {
      this.#opened = stage === undefined ? undefined : { id, stage }
      this.requestUpdate()
    },
    choice: () => this.#choice,
    choose: (choice) => {
      this.#choice = choice
      this.requestUpdate()
    },
    wants: (what) => ({ streak: this.withStreak, tiers: this.withTiers, recap: this.withRecap })[what],
    celebrate: () => this.celebrate,
  }
  readonly #interaction = this.#part(() => import('./interaction.js'))
  readonly #filters = this.#part(() => import('./filters.js'))
  readonly #progress = this.#part(() => import('./progress.js'))
  readonly #path = new Part(this, () => import('./path.js'))
  readonly #noMilestones = new Part(this, () => import('./no-milestones.js'))

  #source: ReturnType<typeof milestones> | undefined
  #choice = everything
  #opened: { id: string; stage: number } | undefined
  /** What address, key and the milestone's name together; the fields around it are about it. */
  #subject = ''
  #model = nothingKnown
  #loaded = false
  #error: unknown

  constructor() {
    super()
    // After the stores above, and before whatever comes later.
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
    const subject = `${environment?.apiUrl} ${environment?.key} ${this.milestone ?? ''}`
    if (subject !== this.#subject) {
      this.#subject = subject
      this.#choice = everything
      this.#opened = undefined
      this.#loaded = false
    }
    this.#source = environment && milestones(environment, this.#choice)
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
    void this.#noMilestones.value
  }

  /** Takes in what is known, before anything is drawn. */
  #decide() {
    this.#model = decide(this.#model, {
      subject: this.#subject,
      named: this.milestone || undefined,
      choice: this.#choice,
      list: this.#list.value,
    })
  }

  /** What makes it more than a picture: asked for once there is something to see. */
  get #hands() {
    return this.#model.shown && this.#interaction.value
  }

  /** What it takes to draw is on its way. */
  get #isPending(): boolean {
    const { failure, shown, items, hasChoice } = this.#model
    const isBlank = failure || items.length === 0
    return (
      (!failure && !shown) ||
      this.#words.pending ||
      (!failure && hasChoice && this.#filters.pending) ||
      (!!this.milestone && this.#path.pending) ||
      (!!isBlank && this.#noMilestones.pending)
    )
  }

  get #hasProgress() {
    return this.withStreak || this.withTiers || this.withRecap
  }

  readonly #retry = () => {
    void this.#source?.refresh()
  }

  #renderHeader() {
    const { one } = this.#model
    const sign = one?.icon ? html`<span class="sign" aria-hidden="true">${one.icon}</span>` : nothing
    return html`<div class="header" part="header">
      ${sign}
      <h2 class="title" id="title" part="title"><slot name="header"><bdi>${one?.name ?? this.#words.text('milestones')}</bdi></slot></h2>
      ${one ? when(one, this.#scene) : nothing}
    </div>`
  }

  /** Why there is nothing to show. */
  #renderNone() {
    const { failure, choice } = this.#model
    const { text } = this.#words
    const none = this.#noMilestones.value
    if (!none) return this.#renderRetry()
    return failure
      ? none.failed(failure, text, this.#retry)
      : none.empty(choice, text, () => this.#scene.choose(everything))
  }

  /** The way on, where the words for what is wrong could not be had. */
  #renderRetry() {
    return html`<button class="text-button" part="retry-button" @click=${this.#retry}>${this.#words.text('retry')}</button>`
  }

  #renderFooter() {
    const { shown, items } = this.#model
    const { text, locale } = this.#words
    const { environment, milestone } = this
    const count = { count: this.#scene.number(items.length) }
    const status = shown?.stale
      ? (this.#noMilestones.value?.stale(shown.at, text, locale, this.#retry) ?? this.#renderRetry())
      : html`<span>${items.length && !milestone ? text('count', count, items.length) : nothing}</span>`
    return html`<div class="footer" part="footer">
      ${status}
      <span class="sign-in" part="sign-in" ?hidden=${!!environment && !isGuest(environment)}
        ><slot name="sign-in">${text('signIn')}</slot></span
      >
    </div>`
  }

  #renderContent() {
    const { shown, items, one, failure, hasChoice } = this.#model
    const isEmpty = !failure && items.length === 0
    const hands = this.#hands
    return html`${this.withoutHeader ? nothing : this.#renderHeader()}
      ${hasChoice && shown ? this.#filters.value?.render() : nothing}
      <div
        class="panel"
        id="panel"
        role=${hasChoice ? 'tabpanel' : 'group'}
        aria-labelledby=${hasChoice ? `tab-${this.#choice.filter ?? 'all'}` : 'title'}
      >
        <div class="fallback" ?hidden=${!failure || this.#loaded || !this.hasContent}><slot></slot></div>
        ${failure ? nothing : one ? this.#path.value?.(one, this.#scene) : items.length ? list(items, this.#scene) : nothing}
        <div class="state" part="error" ?hidden=${!failure}>
          <slot name="error">${failure ? this.#renderNone() : nothing}</slot>
        </div>
        <div class="state" part="empty" ?hidden=${!isEmpty}>
          <slot name="empty">${isEmpty ? this.#renderNone() : nothing}</slot>
        </div>
        ${this.#hasProgress && !failure ? this.#progress.value?.render() : nothing}
      </div>
      ${shown ? this.#renderFooter() : nothing} ${hands?.render()}`
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
