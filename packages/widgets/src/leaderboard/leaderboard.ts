import {
  type BoardRow,
  isGuest,
  type Leaderboard,
  leaderboard,
  type RunChoice,
  serverNow,
  turnOf,
  type View,
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
import { formatNumber } from '../shared/format.js'
import { MessagesController } from '../shared/messages.js'
import { Part } from '../shared/part.js'
import { StoreController } from '../shared/store-controller.js'
import { footer, header, periodTabs, type Wanted, when } from './header.js'
import styles from './leaderboard.styles.css?inline'
import { catalog } from './messages/index.js'
import { decide, type Layout, nothingKnown } from './model.js'
import { type RowView, row, skeleton, table } from './rows.js'
import type { PartClass, Scene } from './scene.js'

/** So many rows are drawn before the list can be scrolled. */
const firstRows = 12

/**
 * A live ranking of a community's members.
 *
 * @customElement rai-leaderboard
 * @summary Shows a leaderboard: periods and past runs, a podium, a list of any length, one's own place, search.
 *
 * @attr {string} board - The board's slug or id. Default: the community's first.
 * @attr {string} period - `all year month week day`: the period shown first. Default: the board's first.
 * @attr {number} limit - Shows no more rows than this.
 * @attr {string} layout - `auto` (a podium when wide), `table` (never), `podium` (always), `compact`, `card`.
 * @attr {boolean} without-header - Leaves out the title line.
 *
 * @slot - What stands here until the first rows have come, or for good if the script never does.
 * @slot header - Instead of the board's name.
 * @slot empty - Instead of the words for a board without rows.
 * @slot error - Instead of the words for a failure.
 * @slot sign-in - The line for guests, best a link to your sign-in; without one it is plain text.
 *
 * @event {RaiLoadEvent} rai-load - The first rows are there.
 * @event {RaiErrorEvent} rai-error - Something failed; has `code` and `requestId`.
 * @event {RaiRankChangeEvent} rai-rank-change - The member's own rank changed; has `rank` and `previousRank`.
 * @event {RaiRowActivateEvent} rai-row-activate - A row was chosen by Enter or a click; has `row`.
 * @event {RaiEntryRequestEvent} rai-entry-request - The member asks to take part, or no longer to; has `joined`; cancelable.
 * @event {RaiClaimRequestEvent} rai-claim-request - The member asks for the prize that they won; cancelable.
 * @event {RaiVisibilityRequestEvent} rai-visibility-request - The member asks to be hidden or shown; has `visibility`; cancelable.
 *
 * @csspart base - The outermost inner element.
 * @csspart header - The title line.
 * @csspart title - The board's name.
 * @csspart description - What the board is about; scrolls where it has more than three lines.
 * @csspart when - The countdown.
 * @csspart tools - The line of periods, runs and search.
 * @csspart tabs - The group of periods.
 * @csspart tab - One period; the chosen one is also `tab-selected`.
 * @csspart run - The shown run with its steps.
 * @csspart run-button - A step to an earlier or later run.
 * @csspart search - The search box.
 * @csspart search-input - Its input.
 * @csspart segments - The line of groups that the board can be seen for.
 * @csspart prizes - What can be won: a line that opens.
 * @csspart prizes-head - The line.
 * @csspart prize-item - What some ranks win.
 * @csspart prize-link - Where a prize is described.
 * @csspart prize-terms - Where the terms of the prizes stand.
 * @csspart list - What scrolls.
 * @csspart row - A row; one's own is also `row-me`.
 * @csspart rank - A row's rank.
 * @csspart avatar - A picture or initials.
 * @csspart name - A name.
 * @csspart change - How far a row has moved since the page first showed it.
 * @csspart score - A score.
 * @csspart podium - The first three together.
 * @csspart podium-step - One of them.
 * @csspart me-row - One's own place at the bottom edge.
 * @csspart jump-button - Leads to one's own row.
 * @csspart menu-button - Opens the actions of one's own row.
 * @csspart menu - The actions.
 * @csspart menu-item - One action.
 * @csspart notice - The line that tells why one is not ranked.
 * @csspart join-button - Takes part in a board that ranks only who joined it.
 * @csspart prize - The line that tells what one has won.
 * @csspart claim-button - Claims it.
 * @csspart sign-in - The line that invites guests to sign in.
 * @csspart empty - What stands where no rows are.
 * @csspart error - What stands where loading failed.
 * @csspart retry-button - Tries again.
 * @csspart footer - The last line.
 * @csspart link - The board's call to action.
 *
 * @cssproperty [--rai-leaderboard-height=30rem] - The element's height; the list scrolls inside.
 * @cssproperty [--rai-leaderboard-row-height=3rem] - The height of a row.
 * @cssproperty [--rai-leaderboard-gold] - The first medal's colour; `-silver` and `-bronze` likewise.
 *
 * @cssstate loading - Nothing to show yet.
 * @cssstate empty - There are no rows.
 * @cssstate error - Loading failed.
 * @cssstate stale - What is shown could not be refreshed.
 */
export class RaiLeaderboard extends RaiElement {
  static override styles: CSSResultGroup = [RaiElement.styles, unsafeCSS(styles)]

  static override get properties(): PropertyDeclarations {
    return {
      ...RaiElement.properties,
      board: {},
      period: {},
      limit: { type: Number },
      layout: {},
      withoutHeader: { type: Boolean, attribute: 'without-header' },
      renderRow: { attribute: false },
    }
  }

  /** The board's slug or id. Default: the community's first. */
  declare board: string | undefined
  /** The period shown first: `all`, `year`, `month`, `week` or `day`. Default: the board's first. */
  declare period: Wanted['period'] | undefined
  /** Shows no more rows than this. */
  declare limit: number | undefined
  /** `auto` (a podium when wide), `table` (never), `podium` (always), `compact` or `card`. */
  declare layout: Layout | undefined
  /** Leaves out the title line. */
  declare withoutHeader: boolean
  /** Fills a row in a way of your own: answers text, a node or a Lit template. */
  declare renderRow: ((row: BoardRow) => unknown) | undefined

  readonly #words = new MessagesController(this, catalog)
  readonly #board = new StoreController(this, () => this.#source?.$board)
  readonly #view = new StoreController(this, () => this.#source?.$view)
  readonly #mine = new StoreController(this, () => this.#source?.$mine)
  readonly #number = (value: number) => formatNumber(this.#words.locale, value)
  readonly #scene: Scene = {
    model: () => this.#model,
    environment: () => this.environment,
    list: () => {
      const { key, view, own, found, total } = this.#model
      if (!view || total === 0) return undefined
      return {
        highest: found?.highest,
        key: `${key} ${found?.text ?? ''}`,
        version: found ?? view,
        total,
        podium: this.#podium ? 3 : 0,
        own: own && !found && own.position <= total ? own.position : undefined,
      }
    },
    timeLeft: () => {
      const { environment } = this
      const run = this.#run
      const at = run && turnOf(run)
      return environment && at ? Date.parse(at) - serverNow(environment) : undefined
    },
    at: (position) => {
      const { found, view, mine } = this.#model
      return found
        ? found.rows[position - 1]
        : (view?.row(position) ?? mine?.items.find((row) => row.position === position))
    },
    number: this.#number,
    show: (first, last) => {
      if (this.#view.value?.state === 'ready' && !this.#model.found) this.#source?.show(first, last, this)
    },
  }
  readonly #interaction = this.#part(() => import('./interaction.js'))
  readonly #search = this.#part(() => import('./search.js'))
  readonly #own = this.#part(() => import('./own.js'))
  readonly #noRows = new Part(this, () => import('./no-rows.js'))
  readonly #extras = new Part(this, () => import('./extras.js'))
  readonly #layouts = new Part(this, () => import('./layouts.js'))

  #source: Leaderboard | undefined
  /** What a person chose since the attributes were set. */
  #chosen: Wanted | undefined
  #segment: string | undefined
  /** What address, key and board name together; the fields below are about it. */
  #subject = ''
  #model = nothingKnown
  #loaded = false
  /** The width before anything was drawn: to read it later would lay out what was drawn, in the midst of the work. */
  #width = 0
  #error: unknown
  /** What a server drew: it stays until there are rows to put in its place. */
  #drawn: ChildNode[] = []

  constructor() {
    super()
    // After the stores above, and before whatever comes later and asks for the list.
    this.addController({ hostUpdate: () => this.#decide() })
  }

  /** A part that works with what the element shows. */
  #part<T>(load: () => Promise<{ default: PartClass<T>; styles: readonly CSSResult[] }>): Part<T> {
    return new Part(this, async () => {
      const { default: Controller, styles } = await load()
      return { default: new Controller(this, this.#words.text, this.#scene), styles }
    })
  }

  protected override createRenderRoot() {
    const root = super.createRenderRoot()
    this.#drawn = [...root.childNodes]
    return root
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.#source?.hide(this)
    this.#source = undefined
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    const { environment } = this
    const subject = `${environment?.apiUrl} ${environment?.key} ${this.board ?? ''}`
    if (subject !== this.#subject) {
      this.#subject = subject
      this.#chosen = this.#segment = undefined
      this.#model = nothingKnown
      this.#loaded = false
    }
    if (changed.has('period')) this.#chosen = undefined
    this.#width ||= this.clientWidth
    const before = this.#source
    this.#source = environment && leaderboard(environment, this.#choice)
    if (before !== this.#source) before?.hide(this)
  }

  protected override updated() {
    const { first, last } = this.#range
    this.#scene.show(first, last)
    const { error, failure, shown, total } = this.#model
    const isReady = !failure && !this.#isPending
    this.setStates({
      loading: this.#isPending,
      empty: isReady && total === 0,
      error: !!failure,
      stale: !!shown?.stale,
    })
    if (error && error !== this.#error) this.dispatchEvent(errorEvent(error))
    this.#error = error
    if (this.#loaded || !isReady) return
    this.#loaded = true
    for (const node of this.#drawn.splice(0)) node.remove()
    this.dispatchEvent(new RaiLoadEvent())
    // What is to be said when the network is gone is fetched while it is there.
    void this.#noRows.value
  }

  /** Takes in what is known, before anything is drawn. */
  #decide() {
    this.#model = decide(this.#model, {
      subject: this.#subject,
      segment: this.#segment,
      choice: this.#choice,
      board: this.#board.value,
      view: this.#view.value,
      mine: this.#mine.value,
      limit: this.limit,
      layout: this.layout,
      isCustom: !!this.renderRow,
      found: () => this.#search.value?.found,
      width: () => this.#hands?.rows.width || this.#width,
    })
  }

  /** What makes the list more than a picture: asked for once there is something to see. */
  get #hands() {
    return this.#model.shown && this.#interaction.value
  }

  get #run() {
    return this.#hands?.run ?? this.#model.view?.run
  }

  get #podium() {
    return this.#model.layout === 'podium' ? this.#layouts.value : undefined
  }

  /** What belongs to the signed-in member, once it is there. */
  get #ownPart() {
    return this.#isGuest ? undefined : this.#own.value
  }

  /** Nobody is signed in, as far as is known: the site has no source of tokens, or it gave none. */
  get #isGuest(): boolean {
    const { environment } = this
    const mine = this.#mine.value
    return !environment || isGuest(environment) || (mine?.state === 'ready' && !mine.value)
  }

  /** What it takes to draw is on its way: rows, or words and parts that they need. */
  get #isPending(): boolean {
    const { failure, shown, found, total, layout, hasExtras } = this.#model
    const isBlank = failure || (total === 0 && !found)
    return (
      (!failure && !shown) ||
      this.#words.pending ||
      (isBlank && this.#noRows.pending) ||
      (hasExtras && this.#extras.pending) ||
      (layout !== 'table' && this.#layouts.pending)
    )
  }

  /** The positions to draw. */
  get #range() {
    return this.#hands?.rows.window.range ?? { first: 1, last: Math.min(this.#model.total, firstRows) }
  }

  /** The run to ask for. A period that the board does not have is no reason to show nothing. */
  get #choice(): RunChoice {
    const board = this.#segment ?? (this.board || undefined)
    const { period = this.period, start } = this.#chosen ?? {}
    return !period || this.#periods?.includes(period) === false ? { board } : { board, period, start }
  }

  /** The periods of the board that is asked for, as far as the one that is shown tells. */
  get #periods() {
    const { board, segment } = this.#model
    if (segment === this.#segment) return board?.periods
    return (board?.segments.find(({ id }) => id === this.#segment) ?? board?.whole)?.periods
  }

  readonly #choose = (wanted: Wanted) => {
    const first = this.period ?? this.#model.board?.periods[0]
    this.#chosen = wanted.period === first && !wanted.start ? undefined : wanted
    this.requestUpdate()
  }

  readonly #chooseSegment = (segment: string | undefined) => {
    this.#segment = segment
    this.requestUpdate()
  }

  readonly #retry = () => {
    void this.#source?.refresh()
  }

  #renderTools() {
    const { board, view, isLong } = this.#model
    if (!board || !view || (board.periods.length < 2 && !isLong)) return nothing
    return html`<div class="tools" part="tools">
      ${periodTabs(board, view.run.period, this.#words.text, this.#choose)}
      ${isLong ? this.#search.value?.render() : nothing}
    </div>`
  }

  #renderList() {
    const { board, view, total } = this.#model
    const { text } = this.#words
    const hands = this.#hands
    const rows = hands?.rows
    const rowView: RowView = {
      ...this.#scene,
      text,
      tabbable: () => rows?.tabbable ?? 1,
      change: (row) => hands?.change(row),
      menuButton: () => this.#ownPart?.button(),
      renderRow: this.renderRow,
    }
    const { first, last } = this.#range
    const podium = this.#podium
    const from = podium ? Math.max(4, first) : first
    const draw = (position: number) => row(position, rowView)
    const content = {
      label: `${board!.name}, ${text(view!.run.period)}`,
      unit: board!.metric.name,
      total,
      rows: rows
        ? rows.rolling.render(from, last, draw)
        : Array.from({ length: Math.max(0, last - from + 1) }, (_, i) => draw(from + i)),
      podium: podium && first < 4 ? podium(rowView) : nothing,
    }
    return html`<div
        class="scroller"
        part="list"
        tabindex="-1"
        @scroll=${rows?.onScroll}
        @keydown=${hands?.onKeydown}
        @focusin=${rows?.onFocus}
        @click=${hands?.onClick}
      >
        ${table(content, rowView)}
        <i class="ruler"></i>
      </div>
      ${this.#ownPart?.renderBar(rowView, rows)}`
  }

  /** Why there is nothing to show. */
  #renderNoRows() {
    const { failure } = this.#model
    const { text, locale } = this.#words
    const noRows = this.#noRows.value
    if (!noRows) return this.#renderRetry()
    return failure
      ? noRows.failed(failure, text, this.#retry)
      : noRows.empty(this.#run, !!this.#chosen?.start, text, locale)
  }

  /** The way on, where the words for what is wrong could not be had. */
  #renderRetry() {
    return html`<button class="text-button" part="retry-button" @click=${this.#retry}>${this.#words.text('retry')}</button>`
  }

  #renderFooter({ total }: View) {
    const { text, locale } = this.#words
    const { board, shown } = this.#model
    const status = shown?.stale
      ? (this.#noRows.value?.stale(shown.at, text, locale, this.#retry) ?? this.#renderRetry())
      : html`<span>${total > 0 ? text('members', { count: this.#number(total) }, total) : nothing}</span>`
    return footer(status, this.#run!, this.#isGuest, board?.button, text)
  }

  #renderContent() {
    const { board, view, total, found, failure, hasSegments, hasExtras } = this.#model
    const { text, locale } = this.#words
    const isEmpty = !failure && !total && !found
    const segment = hasSegments ? `tab-${this.#segment ?? ''}` : nothing
    const tab = view && board && board.periods.length > 1 ? `tab-${view.run.period}` : segment
    const own = this.#ownPart
    return html`${this.withoutHeader ? nothing : header(board, view && when(this.#run!, this.#scene.timeLeft() ?? 0, text, locale), text)}
      ${this.#renderTools()}
      ${hasExtras ? this.#extras.value?.(this.#model, this.#segment, text, this.#number, this.#chooseSegment) : nothing}
      <div class="panel" id="panel" role=${tab === nothing ? 'group' : 'tabpanel'} aria-labelledby=${tab}>
        <div class="fallback" ?hidden=${!failure || this.#loaded || !this.hasContent}><slot></slot></div>
        ${board && view && !found ? this.#hands?.runSteps(board, view, text, locale, this.#choose) : nothing}
        ${total ? this.#renderList() : found ? this.#search.value?.renderNoHits() : nothing}
        <div class="state" part="error" ?hidden=${!failure}>
          <slot name="error">${failure ? this.#renderNoRows() : nothing}</slot>
        </div>
        <div class="state" part="empty" ?hidden=${!isEmpty}>
          <slot name="empty">${isEmpty ? this.#renderNoRows() : nothing}</slot>
        </div>
      </div>
      ${own?.renderNotice()} ${view ? this.#renderFooter(view) : nothing} ${own?.render()}`
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
    const { failure, shown, layout } = this.#model
    const isPending = this.#isPending
    if (this.#drawn.length && (failure || isPending)) return nothing
    return html`<div
      class="base ${this.scheme} layout-${layout} ${shown?.stale ? 'is-stale' : ''}"
      part="base"
      lang=${locale}
      dir=${this.directionOf(locale)}
    >
      ${isPending ? this.#renderLoading() : this.#renderContent()}
    </div>`
  }
}
