import {
  type ApiError,
  type Board,
  type BoardRow,
  failureOf,
  isGuest,
  type Leaderboard,
  type Loadable,
  leaderboard,
  type Mine,
  search,
  serverNow,
  type View,
  viewer,
} from '@rai/stores'
import { type CSSResultGroup, html, nothing, type PropertyDeclarations, type PropertyValues, unsafeCSS } from 'lit'
import { Announcer } from '../shared/announcer.js'
import { ClockController } from '../shared/clock-controller.js'
import { RaiElement } from '../shared/element.js'
import { RaiErrorEvent, RaiLoadEvent } from '../shared/events.js'
import { formatClock, formatMoment, formatNumber } from '../shared/format.js'
import { clockIcon, copyIcon, eyeIcon, eyeOffIcon, icon, offlineIcon, searchIcon, trophyIcon } from '../shared/icons.js'
import { failureView, loadableView, stateView } from '../shared/loadable-view.js'
import { MenuController, type MenuItem } from '../shared/menu.js'
import { MessagesController } from '../shared/messages.js'
import { StoreController } from '../shared/store-controller.js'
import { webUrl } from '../shared/web-url.js'
import { RaiRankChangeEvent, RaiRowActivateEvent, RaiVisibilityRequestEvent } from './events.js'
import { periodTabs, runSteps, type Wanted, when } from './header.js'
import styles from './leaderboard.styles.css?inline'
import { catalog } from './messages/index.js'
import { ownRow, type RowView, skeleton, table } from './rows.js'
import { RowsController, type Source } from './rows-controller.js'
import { SearchController } from './search.js'

export type Layout = 'auto' | 'table' | 'compact' | 'card' | 'podium'

/** Why a member has no row. */
const reasons = { hidden: 'hidden', no_score: 'noScore', not_eligible: 'notEligible', ranked: undefined } as const

/** From this width on the first three stand on a podium; from this length on a list can be searched. */
const wide = 720
const long = 50

type Ready<T> = Extract<Loadable<T>, { state: 'ready' }>

/**
 * What a person sees: the rows that were asked for, or, while those are on their way, the ones before, so that
 * choosing another period never blanks the list.
 */
interface Shown {
  /** Names the run, or the search. */
  key: string
  view: Ready<View | null>
  mine: Mine | null
}

/**
 * A live ranking of a community's members.
 *
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
 * @slot sign-in - The line for guests, best a link to your sign-in.
 *
 * @event rai-load - The first rows are there.
 * @event rai-error - Something failed; has `code` and `requestId`.
 * @event rai-rank-change - The member's own rank changed; has `rank` and `previousRank`.
 * @event rai-row-activate - A row was chosen by Enter or a click; has `row`.
 * @event rai-visibility-request - The member asks to be hidden or shown; has `visibility`; cancelable.
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

  private readonly words = new MessagesController(this, catalog)
  private readonly boardStore = new StoreController(this, () => this.source?.$board)
  private readonly viewStore = new StoreController(this, () => this.source?.$view)
  private readonly mineStore = new StoreController(this, () => this.source?.$mine)
  private readonly box = new SearchController(this)
  private readonly foundStore = new StoreController(this, () => this.search()?.$found)
  private readonly rows = new RowsController(this, () => this.look())
  private readonly menu = new MenuController(this)
  private readonly announcer = new Announcer(this)
  private readonly clock = new ClockController(this, () => this.timeLeft)

  private source: Leaderboard | undefined
  /** What a person chose since the attributes were set. */
  private chosen: Wanted | undefined
  /** What address, key and board name together; all fields below are about it. */
  private subject = ''
  private known: Board | undefined
  private shown: Shown | undefined
  private found: { text: string; rows: readonly BoardRow[] } | undefined
  private loaded = false
  private toldError: unknown
  private ownRank: { key: string | undefined; rank: number } | undefined

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.source?.hide(this)
    this.source = undefined
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    const { environment } = this
    const subject = `${environment?.apiUrl} ${environment?.key} ${this.board ?? ''}`
    if (subject !== this.subject) {
      this.subject = subject
      this.chosen = this.known = this.shown = this.found = this.ownRank = undefined
      this.loaded = false
      this.box.clear()
    }
    if (changed.has('period')) this.chosen = undefined
    const before = this.source
    this.source = environment && leaderboard(environment, { board: this.board || undefined, ...this.wanted })
    if (before !== this.source) before?.hide(this)
  }

  protected override updated() {
    const { failure } = this
    const { first, last } = this.rows.window.range
    if (this.viewStore.value?.state === 'ready' && !this.box.asked) this.source?.show(first, last, this)
    this.panel?.style.setProperty('--_digits', `${this.number(Math.max(last, 1)).length}`)
    this.setStates({
      loading: !this.shown && !failure,
      empty: !!this.shown && this.total === 0,
      error: !!failure,
      stale: !!this.shown?.view.stale,
    })
    this.tell(failure ?? this.shown?.view.stale)
  }

  /** The run to ask for. A period that the board does not have is no reason to show nothing. */
  private get wanted(): Partial<Wanted> {
    const { period = this.period, start } = this.chosen ?? {}
    if (!period || (this.known && !this.known.periods.includes(period))) return {}
    return { period, start }
  }

  private search() {
    const { environment } = this
    const { asked } = this.box
    if (!environment || !asked) return undefined
    return search(environment, { board: this.board || undefined, ...this.wanted }, asked)
  }

  /** Takes in what the stores hold, before anything is drawn, and answers what the list is to show. */
  private look(): Source | undefined {
    const board = this.boardStore.value
    const view = this.viewStore.value
    const mine = this.mineStore.value
    const found = this.foundStore.value
    if (board?.state === 'ready') this.known = board.value ?? undefined
    if (view?.state === 'ready' && (this.known || !view.value)) {
      const key = view.value ? `${this.subject} ${view.value.run.period} ${view.value.run.start}` : this.subject
      const own = mine?.state === 'ready' ? mine.value : null
      this.shown = {
        key,
        view,
        mine: own ?? (mine?.state === 'pending' && this.shown?.key === key ? this.shown.mine : null),
      }
    } else if (view?.state === 'failed') this.shown = undefined
    if (!this.box.asked) this.found = undefined
    else if (found?.state === 'ready') this.found = { text: this.box.asked, rows: found.value }
    const { shown, total } = this
    if (!shown?.view.value || total === 0) return undefined
    return {
      key: this.key,
      version: this.found ?? shown.view.value,
      total,
      podium: this.hasPodium ? 3 : 0,
      own: this.own && !this.found && this.own.position <= total ? this.own.position : undefined,
    }
  }

  /** Fires the events that tell a page what has happened. */
  private tell(error: ApiError | undefined) {
    if (this.shown && !this.loaded) {
      this.loaded = true
      this.dispatchEvent(new RaiLoadEvent())
    }
    if (error && error !== this.toldError) this.complain(error)
    this.toldError = error
    const own = this.own && { key: this.shown?.key, rank: this.own.rank }
    const before = this.ownRank
    this.ownRank = own
    if (!own || !before || before.key !== own.key || before.rank === own.rank) return
    this.dispatchEvent(new RaiRankChangeEvent(own.rank, before.rank))
    this.announcer.say(
      this.words.text(own.rank < before.rank ? 'movedUp' : 'movedDown', { rank: this.number(own.rank) }),
    )
  }

  private complain(error: ApiError) {
    const { code, requestId } = failureOf(error)
    this.dispatchEvent(new RaiErrorEvent(code, requestId))
  }

  private get panel() {
    return this.renderRoot.querySelector<HTMLElement>('.panel')
  }

  /** Why there is nothing to show. A board that is known but whose rows failed shows its failure in their place. */
  private get failure(): ApiError | undefined {
    if (this.shown) return undefined
    const failed = [this.boardStore.value, this.viewStore.value].find((loadable) => loadable?.state === 'failed')
    return failed?.state === 'failed' ? failed.error : undefined
  }

  /** How many rows the list has. */
  private get total(): number {
    const all = this.found?.rows.length ?? this.shown?.view.value?.total ?? 0
    return this.limit && this.limit > 0 ? Math.min(all, this.limit) : all
  }

  private get key(): string {
    return `${this.shown?.key} ${this.found?.text ?? ''}`
  }

  private get hasPodium(): boolean {
    if (this.found || this.total < 3 || this.renderRow) return false
    return this.layout === 'podium' || ((this.layout ?? 'auto') === 'auto' && this.rows.width > wide)
  }

  /** Nobody is signed in, as far as is known: the site has no source of tokens, or it gave none. */
  private get isGuest(): boolean {
    const { environment } = this
    const mine = this.mineStore.value
    return !environment || isGuest(environment) || (mine?.state === 'ready' && !mine.value)
  }

  private get own(): BoardRow | undefined {
    const { mine } = this.shown ?? {}
    return mine?.state === 'ranked' ? mine.items.find(({ me }) => me) : undefined
  }

  /** How long the run still lasts, or until it begins, by the server's clock. */
  private get timeLeft(): number | undefined {
    const { environment } = this
    const run = this.shown?.view.value?.run
    const at = run?.state === 'not_started' ? run.startsAt : run?.state === 'open' ? run.endsAt : null
    return environment && at ? Date.parse(at) - serverNow(environment) : undefined
  }

  private readonly number = (value: number) => formatNumber(this.words.locale, value)

  private readonly at = (position: number): BoardRow | undefined =>
    this.found
      ? this.found.rows[position - 1]
      : (this.shown?.view.value?.row(position) ?? this.shown?.mine?.items.find((row) => row.position === position))

  private readonly choose = (wanted: Wanted) => {
    const first = this.period ?? this.known?.periods[0]
    this.chosen = wanted.period === first && !wanted.start ? undefined : wanted
    this.box.clear()
  }

  private readonly retry = () => {
    void this.source?.refresh()
  }

  private readonly activate = (event: Event) => {
    const target = event.target as HTMLElement
    if (target.closest('button, a') || (event instanceof KeyboardEvent && event.key !== 'Enter')) return
    const row = this.at(Number(target.closest<HTMLElement>('[data-position]')?.dataset.position))
    if (row) this.dispatchEvent(new RaiRowActivateEvent(row))
  }

  /** Asks the page, then the API, to hide the member or to show them again. */
  private async setVisibility(visibility: 'public' | 'hidden') {
    const { environment } = this
    if (!environment || !this.dispatchEvent(new RaiVisibilityRequestEvent(visibility))) return
    try {
      await viewer(environment).setVisibility(visibility)
    } catch (error) {
      this.complain(error as ApiError)
      this.announcer.say(this.words.text('brokenTitle'))
    }
  }

  private get actions(): MenuItem[] {
    const { text } = this.words
    const { clipboard } = navigator
    const hide = { text: text('hideMe'), icon: eyeOffIcon, run: () => void this.setVisibility('hidden') }
    // Pages without https have no clipboard.
    if (!clipboard) return [hide]
    const copy = () => void clipboard.writeText(this.own?.member.name ?? '').catch(() => undefined)
    return [{ text: text('copyName'), icon: copyIcon, run: copy }, hide]
  }

  private get actionsLabel(): string {
    return this.words.text('actions', { name: this.own?.member.name ?? '' })
  }

  private get rowView(): RowView {
    const { at, number, renderRow } = this
    return {
      at,
      number,
      renderRow,
      text: this.words.text,
      tabbable: this.rows.tabbable,
      menuButton: () => this.menu.button(this.actionsLabel),
    }
  }

  /** The state that all others give way to: no connection settings, no texts yet, or what the stores say. */
  private get loadable(): Loadable<View | null> | undefined {
    const { failure } = this
    if (this.words.pending) return undefined
    return failure ? { state: 'failed', error: failure } : this.shown?.view
  }

  private renderHeader() {
    const { known, shown, words } = this
    const run = shown?.view.value?.run
    return html`<header class="header" part="header">
      <h2 class="title cut" part="title"><slot name="header">${known?.name ?? words.text('leaderboard')}</slot></h2>
      <div class="when" part="when">${run ? when(run, this.clock.left, words.text, words.locale) : nothing}</div>
      ${known?.description ? html`<p class="description">${known.description}</p>` : nothing}
    </header>`
  }

  private renderTools() {
    const { text } = this.words
    const { known, shown, choose } = this
    const view = shown?.view.value
    const search = !!view && (view.total > long || !!this.box.asked)
    if (!known || !view || (known.periods.length < 2 && !search)) return nothing
    return html`<div class="tools" part="tools">
      ${periodTabs(known, view.run.period, text, choose)} ${search ? this.box.render(text) : nothing}
    </div>`
  }

  /** The shown run, with steps to the ones before and after. */
  private renderRun({ run, total }: View) {
    const newest = this.known?.runs.find(({ period }) => period === run.period)?.start
    // A past run without scores ends the way back.
    const past = run.state !== 'not_started' && (total > 0 || run.start === newest)
    return runSteps(run, newest, { ...this.words, past, choose: this.choose })
  }

  private renderList() {
    const { known, rows, own, shown } = this
    const { text } = this.words
    const view = this.rowView
    const label = `${known?.name ?? ''}, ${text(shown?.view.value?.run.period ?? 'all')}`
    return html`<div
        class="scroller"
        part="list"
        tabindex="-1"
        @scroll=${rows.onScroll}
        @keydown=${this.onKeydown}
        @focusin=${rows.onFocus}
        @click=${this.activate}
      >
        ${table(
          {
            label,
            unit: known?.metric.name ?? '',
            total: this.total,
            podium: this.hasPodium ? 3 : 0,
            range: rows.window.range,
            key: this.key,
          },
          view,
        )}
        <i class="ruler"></i>
      </div>
      ${own && !this.found && !rows.ownIsSeen ? ownRow(own, view, own.position <= this.total ? () => rows.jump(own.position) : undefined) : nothing}
      ${own ? this.menu.render(this.actionsLabel, this.actions) : nothing}`
  }

  private readonly onKeydown = (event: KeyboardEvent) => {
    this.rows.onKeydown(event)
    this.activate(event)
  }

  /** What stands where rows would, when there are none. */
  private renderEmpty(view: View | null) {
    const { text, locale } = this.words
    if (!view) return stateView({ icon: trophyIcon, title: text('noBoardsTitle'), text: text('noBoardsText') })
    const { state, startsAt } = view.run
    if (state === 'not_started' && startsAt) {
      const time = formatMoment(locale, new Date(startsAt))
      return stateView({ icon: clockIcon, title: text('notStartedTitle'), text: text('notStartedText', { time }) })
    }
    const past = state === 'ended' || this.chosen?.start
    return stateView({ icon: trophyIcon, title: text('emptyTitle'), text: text(past ? 'emptyPastText' : 'emptyText') })
  }

  private renderNoHits() {
    const { text } = this.words
    return html`<div class="state" part="empty">
      ${stateView({
        icon: searchIcon,
        title: text('noHitsTitle'),
        text: text('noHitsText', { text: this.box.asked }),
        action: html`<button class="button quiet" @click=${this.box.clear}>${text('clearSearch')}</button>`,
      })}
    </div>`
  }

  /** Why the person is not in the list, and what to do about it. */
  private renderNotice() {
    const { text } = this.words
    const { mine } = this.shown ?? {}
    const reason = mine && reasons[mine.state]
    if (!reason) return nothing
    return html`<div class="notice" part="notice">
      <span>${text(reason)}</span>
      ${
        reason === 'hidden'
          ? html`<button class="text-button" @click=${() => this.setVisibility('public')}>${icon(eyeIcon)}${text('showMe')}</button>`
          : nothing
      }
    </div>`
  }

  private renderFooter() {
    const { text, locale } = this.words
    const { view } = this.shown ?? {}
    const button = this.known?.button
    const link = webUrl(button?.link)
    const at = new Date(view?.at ?? 0)
    const total = view?.value?.total ?? 0
    return html`<footer class="footer" part="footer" ?hidden=${!view?.value}>
      ${
        view?.stale
          ? html`<span class="as-of">${icon(offlineIcon)}<time datetime=${at.toISOString()}>${text('asOf', { time: formatClock(locale, at) })}</time></span>
              <button class="text-button" part="retry-button" @click=${this.retry}>${text('retry')}</button>`
          : html`<span>${total > 0 ? text('members', { count: this.number(total) }, total) : nothing}</span>`
      }
      <span class="sign-in" part="sign-in" ?hidden=${!this.isGuest}><slot name="sign-in">${text('signIn')}</slot></span>
      ${link ? html`<a class="text-button" part="link" href=${link} target="_blank" rel="noopener noreferrer">${button?.text}</a>` : nothing}
    </footer>`
  }

  /** What is seen until there is something to say. A node of its own, so that nothing moves when the rest takes its place. */
  private renderLoading() {
    return this.hasContent ? html`<slot></slot>` : skeleton(this.words.text('loading'))
  }

  private renderContent(view: View | null, error?: ApiError) {
    const { text } = this.words
    const nothingFound = !!this.found && this.total === 0
    const empty = !error && !this.total && !nothingFound
    const tab = view && this.known && this.known.periods.length > 1 ? `tab-${view.run.period}` : nothing
    return html`${this.withoutHeader ? nothing : this.renderHeader()} ${this.renderTools()}
      <div class="panel" id="panel" role=${tab === nothing ? nothing : 'tabpanel'} aria-labelledby=${tab}>
        <slot ?hidden=${!error || this.loaded}></slot>
        ${view && !this.found ? this.renderRun(view) : nothing}
        ${error || empty ? nothing : nothingFound ? this.renderNoHits() : this.renderList()}
        <div class="state" part="error" ?hidden=${!error}>
          <slot name="error">${error ? failureView(error, text, this.retry) : nothing}</slot>
        </div>
        <div class="state" part="empty" ?hidden=${!empty}>
          <slot name="empty">${empty ? this.renderEmpty(view) : nothing}</slot>
        </div>
      </div>
      ${this.renderNotice()} ${this.renderFooter()}`
  }

  protected override render() {
    const { locale } = this.words
    const { loadable, shown } = this
    return html`<div
      class="base ${this.scheme} layout-${this.layout ?? 'auto'} ${shown?.view.stale ? 'is-stale' : ''}"
      part="base"
      lang=${locale}
      dir=${this.directionOf(locale)}
    >
      ${loadableView(loadable, {
        loading: () => this.renderLoading(),
        ready: (view) => this.renderContent(view),
        failed: (error) => this.renderContent(null, error),
      })}
      ${this.announcer.render()}
    </div>`
  }
}
