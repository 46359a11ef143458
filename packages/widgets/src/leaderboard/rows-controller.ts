import type { LitElement, ReactiveController } from 'lit'
import { type Places, play, remember } from '../shared/motion.js'
import { Rolling } from '../shared/rolling.js'
import { RowsWindow } from './rows-window.js'
import type { Scene } from './scene.js'

/** What the list shows. */
export interface Source {
  /** Changes when other rows are shown (another run, a search): the list begins at its top again. */
  key: string
  /** Changes when the same rows have other places or scores. */
  version: unknown
  total: number
  /** The highest rank among the rows, where it is not the last position. */
  highest: number | undefined
  /** How many first rows stand on the podium. */
  podium: number
  /** The asking member's position: the element is drawn again when it comes into view or leaves. */
  own: number | undefined
}

/** Keys that move through the rows, and where they lead. */
const steps: Record<string, (at: number, page: number, total: number) => number> = {
  ArrowUp: (at) => at - 1,
  ArrowDown: (at) => at + 1,
  PageUp: (at, page) => at - page,
  PageDown: (at, page) => at + page,
  Home: () => 1,
  End: (_at, _page, total) => total,
}

/** So many rows may come back above the first one before the body must move. */
const headroom = 200

/** So many rows beyond the drawn ones are asked for while one scrolls, so that they are there when they come in. */
const ahead = 30

const positionOf = (row: HTMLElement) => Number(row.dataset.position)

/**
 * The list's behaviour: measures the window of rows and scrolls it, moves the focus by keys (one row at a time can be
 * tabbed to), and lets rows slide to new places.
 */
export class RowsController implements ReactiveController {
  readonly window = new RowsWindow()
  readonly rolling = new Rolling()
  /** The width of the list, for what CSS alone cannot decide. */
  width = 0
  #active = 1
  /** Where the first row stands on the track, and where the table's body begins above it. */
  #shift = 0
  #top = 0
  /** The row that was drawn so that the Tab key reaches it. */
  #drawnTabbable = 1
  #shown: Source | undefined
  #places: Places | undefined
  /** Other rows came: the list is to be scrolled to its top. */
  #begins = false
  /** The row to hold the focus after the update: the one that had it, or the one that a key leads to. */
  #focus: { id: string | undefined; position: number } | undefined
  #observer: ResizeObserver | undefined
  #observed = new WeakSet<Element>()
  readonly #host: LitElement
  readonly #scene: Scene

  constructor(host: LitElement, scene: Scene) {
    this.#host = host
    this.#scene = scene
    host.addController(this)
  }

  /** The row that the Tab key reaches: the one last moved to, or the first one seen when that is far away. */
  get tabbable(): number {
    const { first, last } = this.window.range
    return this.#active >= first && this.#active <= last ? this.#active : this.window.firstSeen
  }

  /** True when the asking member's own row is seen. */
  get ownIsSeen(): boolean {
    return this.#shown?.own !== undefined && this.window.shows(this.#shown.own)
  }

  /** Brings a position, with its neighbours, into the middle of the list, and the focus to it. */
  jump(position: number) {
    this.#moveTo(position, 'middle')
  }

  readonly onScroll = () => {
    const scroller = this.#scroller
    if (!scroller) return
    const before = this.#around
    const { first, last } = this.window.range
    const better = this.window.scrolled(scroller.scrollTop)
    if (better !== undefined) scroller.scrollTop = better
    const { range } = this.window
    if (this.#around !== before) this.#host.requestUpdate()
    else if (better !== undefined || range.first !== first || range.last !== last) this.#roll(scroller)
  }

  readonly onKeydown = (event: KeyboardEvent) => {
    const step = steps[event.key]
    const target = event.target as HTMLElement
    if (!step || event.altKey || event.ctrlKey || event.metaKey || !target.matches('[data-position], .scroller')) return
    event.preventDefault()
    this.#moveTo(step(this.#active, this.window.page, this.window.total), 'near')
  }

  readonly onFocus = (event: Event) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-position]')
    if (!row || positionOf(row) === this.#active) return
    this.#active = positionOf(row)
    this.#host.requestUpdate()
  }

  hostConnected() {
    // Drawing inside the callback could change what is observed, which browsers report to the page as an error.
    this.#observer = new ResizeObserver(() => requestAnimationFrame(() => this.#measure()))
    this.#observed = new WeakSet()
  }

  hostDisconnected() {
    this.#observer?.disconnect()
  }

  hostUpdate() {
    const before = this.#shown
    this.width ||= this.#host.clientWidth
    const source = this.#scene.list()
    const same = source?.key === before?.key
    this.#places = same && source?.version !== before?.version ? remember(this.#rows) : undefined
    this.#noteFocus()
    this.#shown = source
    this.window.total = source?.total ?? 0
    this.window.lead = { rows: source?.podium ?? 0, height: source?.podium ? this.window.lead.height : 0 }
    this.window.tail = source?.own === undefined ? 0 : this.window.rowHeight
    if (!same) {
      this.#active = 1
      this.#focus = undefined
      this.#begins = true
      this.window.begin()
    }
  }

  hostUpdated() {
    const scroller = this.#scroller
    if (!scroller) return
    const fresh = this.#observe(scroller)
    // The observer would tell a frame later: too late for the first paint, and for a key that comes before.
    if (fresh) queueMicrotask(() => this.#measure())
    for (const part of scroller.querySelectorAll('thead, .podium, .ruler')) this.#observe(part)
    this.#draw(scroller)
    if (fresh || this.#begins) scroller.scrollTop = this.window.scrollTop
    this.#begins = false
    if (this.#places) play(this.#rows, this.#places, this.#scene.number)
    this.#places = undefined
    this.#holdFocus(scroller)
    this.#drawnTabbable = this.tabbable
  }

  get #scroller() {
    return this.#host.renderRoot.querySelector<HTMLElement>('.scroller')
  }

  get #rows() {
    return this.#host.renderRoot?.querySelectorAll<HTMLElement>('[data-id]') ?? []
  }

  /** What of the element besides its rows depends on where one has scrolled to. */
  get #around() {
    return `${this.ownIsSeen} ${this.window.range.first <= this.window.lead.rows}`
  }

  /** Draws the rows that come in, and nothing else: a drawing of the whole element would be too much for every frame. */
  #roll(scroller: HTMLElement) {
    const { first, last } = this.window.range
    const { tabbable } = this
    this.#noteFocus()
    this.rolling.to(Math.max(first, this.window.lead.rows + 1), last, [this.#drawnTabbable, tabbable])
    this.#drawnTabbable = tabbable
    this.#draw(scroller)
    this.#holdFocus(scroller)
    this.#scene.show(first - ahead, last + ahead)
  }

  #moveTo(position: number, where: 'middle' | 'near') {
    const scroller = this.#scroller
    if (!scroller) return
    this.#active = Math.max(1, Math.min(this.window.total, position))
    this.#focus = { id: undefined, position: this.#active }
    scroller.scrollTop = this.window.reach(this.#active, where, this.window.tail)
    this.#host.requestUpdate()
  }

  /** Watches the size of an element; false if it is watched already. */
  #observe(element: Element): boolean {
    if (this.#observed.has(element)) return false
    this.#observed.add(element)
    this.#observer?.observe(element)
    return true
  }

  #measure() {
    const scroller = this.#scroller
    const { window } = this
    if (!scroller) return
    const height = (selector: string) => scroller.querySelector<HTMLElement>(selector)?.offsetHeight ?? 0
    const now = {
      width: scroller.clientWidth,
      rowHeight: height('.ruler') || window.rowHeight,
      viewport: Math.max(0, scroller.clientHeight - height('thead')),
      lead: window.lead.rows ? height('.podium') || window.lead.height : 0,
    }
    if (
      now.width === this.width &&
      now.rowHeight === window.rowHeight &&
      now.viewport === window.viewport &&
      now.lead === window.lead.height
    )
      return
    this.width = now.width
    window.rowHeight = now.rowHeight
    window.viewport = now.viewport
    window.lead.height = now.lead
    this.#host.requestUpdate()
  }

  /**
   * Gives the table its height, its rows their place, and the column of ranks its width; through CSSOM, which no content
   * security policy forbids. Rows that go on a little keep their place in the table's body, which grows above them: what
   * does not move is not painted again. Rows that go far move with the body, which is no new layout. Both are properties
   * of the body's own: a custom property would have every row's style looked at in every frame.
   */
  #draw(scroller: HTMLElement) {
    const table = scroller.querySelector('table') as HTMLTableElement
    const digits = `${this.#scene.number(this.#shown?.highest ?? this.window.range.last).length}`
    const panel = scroller.parentElement as HTMLElement
    if (panel.style.getPropertyValue('--_digits') !== digits) panel.style.setProperty('--_digits', digits)
    table.style.blockSize = `calc(${this.window.track}px + var(--_heads))`
    const { shift, rowHeight, range } = this.window
    const room = range.first <= this.window.lead.rows ? 0 : headroom * rowHeight
    const isFar = Math.abs(shift - this.#shift) > this.window.viewport
    if (isFar || !room || shift < this.#top) this.#top = shift - room
    this.#shift = shift
    for (const body of table.tBodies) body.style.translate = `0 ${this.#top}px`
    table.tBodies[0]!.style.paddingBlockStart = room ? `${shift - this.#top}px` : ''
  }

  #noteFocus() {
    const focused = (this.#host.renderRoot as ShadowRoot | undefined)?.activeElement as HTMLElement | null | undefined
    if (!this.#focus && focused?.matches('[data-position]'))
      this.#focus = { id: focused.dataset.id, position: positionOf(focused) }
  }

  /** Lit moves rows by taking them out and putting them in again, and rows leave the window: neither may lose the focus. */
  #holdFocus(scroller: HTMLElement) {
    const focus = this.#focus
    this.#focus = undefined
    if (!focus) return
    const find = (name: string, value: string | number | undefined) =>
      scroller.querySelector<HTMLElement>(`[data-${name}="${CSS.escape(String(value))}"]`)
    const row = (focus.id && find('id', focus.id)) || find('position', focus.position)
    const target = row ?? scroller
    if (row) this.#active = positionOf(row)
    if ((this.#host.renderRoot as ShadowRoot).activeElement !== target) target.focus({ preventScroll: true })
  }
}
