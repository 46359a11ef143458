import {
  type ApiError,
  type Board,
  type BoardRow,
  errorOf,
  isGuest,
  type Leaderboard,
  type Loadable,
  leaderboard,
  type Mine,
  type RunChoice,
  serverNow,
  turnOf,
  type View,
} from '@rai/stores'
import { type CSSResultGroup, html, nothing, type PropertyDeclarations, type PropertyValues, unsafeCSS } from 'lit'
import { RaiElement } from '../shared/element.js'
import { errorEvent, RaiLoadEvent } from '../shared/events.js'
import { formatNumber } from '../shared/format.js'
import { loadableView } from '../shared/loadable-view.js'
import { MessagesController } from '../shared/messages.js'
import { Part } from '../shared/part.js'
import { StoreController } from '../shared/store-controller.js'
import { footer, header, long, periodTabs, type Wanted, when } from './header.js'
import styles from './leaderboard.styles.css?inline'
import { catalog } from './messages/index.js'
import { type RowView, row, skeleton, table } from './rows.js'
import type { Source } from './rows-controller.js'

export type Layout = 'auto' | 'table' | 'compact' | 'card' | 'podium'

/** From this width on the first three stand on a podium. */
const wide = 720
/** So many rows are drawn before the list can be scrolled. */
const firstRows = 20

/**
 * What a person sees: the rows that were asked for, or, while those are on their way, the ones before, so that
 * choosing another period never blanks the list.
 */
interface Shown {
  /** Names the run. */
  key: string
  view: Extract<Loadable<View | null>, { state: 'ready' }>
  mine: Mine | null
}

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
 * @event {RaiVisibilityRequestEvent} rai-visibility-request - The member asks to be hidden or shown; has `visibility`; cancelable.
 *
 * @csspart base - The outermost inner element.
 * @csspart header - The title line.
 * @csspart title - The board's name.
 * @csspart when - The countdown.
 * @csspart tools - The line of periods, runs and search.
 * @csspart tabs - The group of periods.
 * @csspart tab - One period; the chosen one is also `tab-selected`.
 * @csspart run - The shown run with its steps.
 * @csspart run-button - A step to an earlier or later run.
 * @csspart search - The search box.
 * @csspart search-input - Its input.
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
 * @csspart sign-in - The same for guests.
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
  /** The period shown first. Default: the board's first. */
  declare period: Wanted['period'] | undefined
  /** Shows no more rows than this. */
  declare limit: number | undefined
  /** How rows are laid out. */
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
  readonly #interaction = new Part(this, async () => {
    const { default: Interaction, styles } = await import('./interaction.js')
    const view = {
      source: () => this.#list,
      run: () => this.#shown?.key,
      at: this.#at,
      number: this.#number,
      show: this.#show,
      timeLeft: () => this.#timeLeft,
    }
    return { default: new Interaction(this, this.#words.text, view), styles }
  })
  readonly #search = new Part(this, async () => {
    const { default: Search, styles } = await import('./search.js')
    return { default: new Search(this, this.#words.text, () => this.#scope), styles }
  })
  readonly #own = new Part(this, async () => {
    const { default: Own, styles } = await import('./own.js')
    return { default: new Own(this, this.#words.text, () => this.#ownView), styles }
  })
  readonly #noRows = new Part(this, () => import('./no-rows.js'))
  readonly #layouts = new Part(this, () => import('./layouts.js'))
  readonly #podium = new Part(this, () => import('./podium.js'))

  #source: Leaderboard | undefined
  /** What a person chose since the attributes were set. */
  #chosen: Wanted | undefined
  /** What address, key and board name together; the fields below are about it. */
  #subject = ''
  #known: Board | undefined
  #shown: Shown | undefined
  #loaded = false
  #error: ApiError | undefined
  /** What a server drew: it stays until there are rows to put in its place. */
  #drawn: ChildNode[] = []

  constructor() {
    super()
    // After the stores above, and before whatever comes later and asks for the list.
    this.addController({ hostUpdate: () => this.#take() })
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
      this.#chosen = this.#known = this.#shown = undefined
      this.#loaded = false
    }
    if (changed.has('period')) this.#chosen = undefined
    const before = this.#source
    this.#source = environment && leaderboard(environment, this.#choice)
    if (before !== this.#source) before?.hide(this)
  }

  protected override updated() {
    const { first, last } = this.#range
    this.#show(first, last)
    const loadable = this.#loadable
    const error = this.#failure ?? this.#shown?.view.stale ?? (this.#mine.value && errorOf(this.#mine.value))
    this.setStates({
      loading: !loadable,
      empty: loadable?.state === 'ready' && this.#total === 0,
      error: !!this.#failure,
      stale: !!this.#shown?.view.stale,
    })
    if (error && error !== this.#error) this.dispatchEvent(errorEvent(error))
    this.#error = error
    if (this.#loaded || loadable?.state !== 'ready') return
    this.#loaded = true
    for (const node of this.#drawn.splice(0)) node.remove()
    this.dispatchEvent(new RaiLoadEvent())
    // What is to be said when the network is gone is fetched while it is there.
    void this.#noRows.value
  }

  /** Takes in what the stores hold, before anything is drawn. */
  #take() {
    const [board, view, mine] = [this.#board.value, this.#view.value, this.#mine.value]
    if (board?.state === 'ready') this.#known = board.value ?? undefined
    if (view?.state === 'ready' && (this.#known || !view.value)) {
      const key = view.value ? `${this.#subject} ${view.value.run.period} ${view.value.run.start}` : this.#subject
      // Nothing of a person stays who is no longer, or not surely, the one who looks.
      this.#shown = { key, view, mine: mine?.state === 'ready' ? mine.value : null }
    } else if (view?.state === 'failed') this.#shown = undefined
  }

  /** What the list is to show. */
  get #list(): Source | undefined {
    if (!this.#shown?.view.value || this.#total === 0) return undefined
    return {
      highest: this.#found?.highest,
      key: `${this.#shown.key} ${this.#found?.text ?? ''}`,
      version: this.#found ?? this.#shown.view.value,
      total: this.#total,
      podium: this.#hasPodium ? 3 : 0,
      own: this.#ownRow && !this.#found && this.#ownRow.position <= this.#total ? this.#ownRow.position : undefined,
    }
  }

  /** What makes the list more than a picture: asked for once there is something to see. */
  get #hands() {
    return this.#shown && this.#interaction.value
  }

  /** The positions to draw. */
  get #range() {
    return this.#hands?.rows.window.range ?? { first: 1, last: Math.min(this.#total, firstRows) }
  }

  /** The run to ask for. A period that the board does not have is no reason to show nothing. */
  get #choice(): RunChoice {
    const board = this.board || undefined
    const { period = this.period, start } = this.#chosen ?? {}
    return !period || (this.#known && !this.#known.periods.includes(period)) ? { board } : { board, period, start }
  }

  get #scope() {
    const { environment } = this
    return environment && { environment, choice: this.#choice }
  }

  /** Why there is nothing to show. */
  get #failure(): ApiError | undefined {
    if (this.#shown) return undefined
    return [this.#board.value, this.#view.value].map((loadable) => loadable && errorOf(loadable)).find(Boolean)
  }

  /** What is searched for and found; undefined while nothing is. */
  get #found() {
    return this.#isLong ? this.#search.value?.found : undefined
  }

  get #isLong(): boolean {
    return (this.#shown?.view.value?.total ?? 0) > long
  }

  /** How many rows the list has. */
  get #total(): number {
    const all = this.#found?.rows.length ?? this.#shown?.view.value?.total ?? 0
    return this.limit && this.limit > 0 ? Math.min(all, this.limit) : all
  }

  get #wantsPodium(): boolean {
    if (this.#found || this.#total < 3 || this.renderRow) return false
    return (
      this.layout === 'podium' ||
      ((this.layout ?? 'auto') === 'auto' && (this.#hands?.rows.width || this.clientWidth) > wide)
    )
  }

  get #hasPodium(): boolean {
    return this.#wantsPodium && !!this.#podium.value
  }

  /** Nobody is signed in, as far as is known: the site has no source of tokens, or it gave none. */
  get #isGuest(): boolean {
    const { environment } = this
    const mine = this.#mine.value
    return !environment || isGuest(environment) || (mine?.state === 'ready' && !mine.value)
  }

  get #ownRow(): BoardRow | undefined {
    return this.#shown?.mine?.items.find(({ me }) => me)
  }

  /** What belongs to the signed-in member, once it is there. */
  get #ownPart() {
    return this.#isGuest ? undefined : this.#own.value
  }

  get #ownView() {
    const { environment } = this
    return environment && this.#shown && { ...this.#shown, environment, row: this.#ownRow, number: this.#number }
  }

  /** How long until the run begins, ends or is final, by the server's clock. */
  get #timeLeft(): number | undefined {
    const { environment } = this
    const run = this.#shown?.view.value?.run
    const at = run && turnOf(run)
    return environment && at ? Date.parse(at) - serverNow(environment) : undefined
  }

  readonly #at = (position: number): BoardRow | undefined =>
    this.#found
      ? this.#found.rows[position - 1]
      : (this.#shown?.view.value?.row(position) ?? this.#shown?.mine?.items.find((row) => row.position === position))

  /** Has what is drawn loaded and kept up to date. */
  readonly #show = (first: number, last: number) => {
    if (this.#view.value?.state === 'ready' && !this.#found) this.#source?.show(first, last, this)
  }

  readonly #choose = (wanted: Wanted) => {
    const first = this.period ?? this.#known?.periods[0]
    this.#chosen = wanted.period === first && !wanted.start ? undefined : wanted
    this.requestUpdate()
  }

  readonly #retry = () => {
    void this.#source?.refresh()
  }

  /** What to draw: nothing is known, all is, or why not. Parts that it needs are waited for. */
  get #loadable(): Loadable<View | null> | undefined {
    const error = this.#failure
    const { view } = this.#shown ?? {}
    const isBlank = error || (view && this.#total === 0 && !this.#found)
    const isPending =
      this.#words.pending ||
      (isBlank && this.#noRows.pending) ||
      (this.#wantsPodium && this.#podium.pending) ||
      ((this.layout === 'compact' || this.layout === 'card') && this.#layouts.pending)
    if (isPending) return undefined
    return error ? { state: 'failed', error } : view
  }

  #renderHeader(view: View | null) {
    const { text, locale } = this.#words
    return header(this.#known, view ? when(view.run, this.#timeLeft ?? 0, text, locale) : nothing, text)
  }

  #renderTools(view: View) {
    const { text } = this.#words
    if (!this.#known || (this.#known.periods.length < 2 && !this.#isLong)) return nothing
    return html`<div class="tools" part="tools">
      ${periodTabs(this.#known, view.run.period, text, this.#choose)}
      ${this.#isLong ? this.#search.value?.render() : nothing}
    </div>`
  }

  /** The shown run, with steps to the ones before and after. */
  #renderRun({ run, total }: View) {
    const { text, locale } = this.#words
    const newest = this.#known?.runs.find(({ period }) => period === run.period)?.start
    // A past run without scores ends the way back.
    const past = run.state !== 'not_started' && (total > 0 || run.start === newest)
    return html`<div class="run" part="run">${this.#hands?.runSteps(run, newest, { text, locale, past, choose: this.#choose })}</div>`
  }

  #renderList(view: View) {
    const rows = this.#hands?.rows
    const { first, last } = this.#range
    const { text } = this.#words
    const own = this.#ownRow
    const jump = own && own.position <= this.#total ? () => rows?.jump(own.position) : undefined
    const rowView: RowView = {
      text,
      number: this.#number,
      at: this.#at,
      tabbable: () => rows?.tabbable ?? 1,
      change: (row) => this.#hands?.change(row),
      menuButton: () => this.#ownPart?.button(),
      renderRow: this.renderRow,
    }
    const podium = this.#hasPodium
    const from = podium ? Math.max(4, first) : first
    const draw = (position: number) => row(position, rowView)
    const content = {
      label: `${this.#known?.name}, ${text(view.run.period)}`,
      unit: this.#known?.metric.name ?? '',
      total: this.#total,
      rows: rows
        ? rows.rolling.render(from, last, draw)
        : Array.from({ length: Math.max(0, last - from + 1) }, (_, i) => draw(from + i)),
      podium: podium && first < 4 ? this.#podium.value?.(rowView) : nothing,
    }
    return html`<div
        class="scroller"
        part="list"
        tabindex="-1"
        @scroll=${rows?.onScroll}
        @keydown=${this.#hands?.onKeydown}
        @focusin=${rows?.onFocus}
        @click=${this.#hands?.onClick}
      >
        ${table(content, rowView)}
        <i class="ruler"></i>
      </div>
      ${own && rows && !this.#found && !rows.ownIsSeen ? this.#ownPart?.renderBar(own, rowView, jump) : nothing}`
  }

  /** Why there is nothing to show. */
  #renderNoRows(view: View | null, error: ApiError | undefined) {
    const { text, locale } = this.#words
    const noRows = this.#noRows.value
    if (!noRows) return this.#renderRetry()
    return error
      ? noRows.failed(error, text, this.#retry)
      : noRows.empty(view?.run, !!this.#chosen?.start, text, locale)
  }

  /** The way on, where the words for what is wrong could not be had. */
  #renderRetry() {
    return html`<button class="text-button" part="retry-button" @click=${this.#retry}>${this.#words.text('retry')}</button>`
  }

  #renderFooter({ total, run }: View) {
    const { text, locale } = this.#words
    const { stale, at = 0 } = this.#shown?.view ?? {}
    const status = stale
      ? (this.#noRows.value?.stale(at, text, locale, this.#retry) ?? this.#renderRetry())
      : html`<span>${total > 0 ? text('members', { count: this.#number(total) }, total) : nothing}</span>`
    return footer(status, run, this.#isGuest, this.#known?.button, text)
  }

  #renderContent(view: View | null, error?: ApiError) {
    const nothingFound = this.#found && this.#total === 0
    const empty = !error && !this.#total && !nothingFound
    const tab = view && this.#known && this.#known.periods.length > 1 ? `tab-${view.run.period}` : nothing
    return html`${this.withoutHeader ? nothing : this.#renderHeader(view)} ${view ? this.#renderTools(view) : nothing}
      <div class="panel" id="panel" role=${tab === nothing ? 'group' : 'tabpanel'} aria-labelledby=${tab}>
        <div class="fallback" ?hidden=${!error || this.#loaded || !this.hasContent}><slot></slot></div>
        ${view?.run.start && !this.#found ? this.#renderRun(view) : nothing}
        ${nothingFound ? this.#search.value?.renderNoHits() : view && !empty ? this.#renderList(view) : nothing}
        <div class="state" part="error" ?hidden=${!error}>
          <slot name="error">${error ? this.#renderNoRows(view, error) : nothing}</slot>
        </div>
        <div class="state" part="empty" ?hidden=${!empty}>
          <slot name="empty">${empty ? this.#renderNoRows(view, error) : nothing}</slot>
        </div>
      </div>
      ${this.#ownPart?.renderNotice()} ${view ? this.#renderFooter(view) : nothing} ${this.#ownPart?.render()}`
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
    if (this.#drawn.length && this.#loadable?.state !== 'ready') return nothing
    return html`<div
      class="base ${this.scheme} layout-${this.layout ?? 'auto'} ${this.#shown?.view.stale ? 'is-stale' : ''}"
      part="base"
      lang=${locale}
      dir=${this.directionOf(locale)}
    >
      ${loadableView(this.#loadable, {
        loading: () => this.#renderLoading(),
        ready: (view) => this.#renderContent(view),
        failed: (error) => this.#renderContent(null, error),
      })}
    </div>`
  }
}
