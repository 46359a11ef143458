import type { LitElement, ReactiveController } from 'lit'
import type { Item } from './items.js'

/** So many rows are drawn at most, and this many come in at once. */
const most = 90
const step = 30
/** This near to its lower edge, in pixels, the log follows what is said. */
const near = 48

interface Source {
  items(): readonly Item[]
  /** There is more at that end, and it is asked for. */
  older(): void
  newer(): void
  /** Whether the items go on after the last. */
  hasAfter(): boolean
  /** Goes to the newest, wherever one is. */
  latest(): void
}

/** Where what is read of a row ends, in the viewport. */
const endOf = (row: HTMLElement) => row.querySelector('.text')!.getBoundingClientRect().bottom

/**
 * The rows of a log that are drawn: a window over all that is known. What one looks at stays where it is while rows come
 * in above and below; at its lower edge the log follows what is said. One row at a time can be reached by Tab.
 */
export class LogWindow implements ReactiveController {
  first = 0
  /** The first that is not drawn any more. */
  last = 0
  /** It follows what is said. */
  isAtEnd = true
  /** Where it came to rest when it last followed, in pixels. */
  #restedAt = 0
  #active: string | undefined
  #firstKey: string | undefined
  /**
   * The lower edge of its text in the viewport, which does not move between two steps of an update: its author's name above
   * it goes when what was said before it comes in, and below it a card may come.
   */
  #anchor: { key: string; bottom: number } | undefined
  /** What is to have the focus, or to be seen, after the update. */
  #focus: { key: string; isSeen: boolean } | undefined
  #observer: ResizeObserver | undefined
  #observed: Element | undefined
  readonly #host: LitElement
  readonly #source: Source

  constructor(host: LitElement, source: Source) {
    this.#host = host
    this.#source = source
    host.addController(this)
  }

  /** The row that the Tab key reaches: the one last moved to, or the last one. */
  get tabbable(): string | undefined {
    const drawn = this.#source.items().slice(this.first, this.last)
    return drawn.some(({ key }) => key === this.#active) ? this.#active : drawn.at(-1)?.key
  }

  /** Begins anew: another channel. */
  begin() {
    this.isAtEnd = true
    this.#restedAt = 0
    this.#active = this.#firstKey = this.#anchor = undefined
  }

  readonly toEnd = () => {
    this.isAtEnd = true
    this.#restedAt = 0
    if (this.#source.hasAfter()) this.#source.latest()
    this.#host.requestUpdate()
  }

  /** Brings a row into view, and the focus to it. */
  to(key: string, isFocused = true) {
    const items = this.#source.items()
    const at = items.findIndex((item) => item.key === key)
    if (at < 0) return
    if (at < this.first || at >= this.last) {
      this.first = Math.max(0, at - most / 2)
      this.last = Math.min(items.length, this.first + most)
      this.#firstKey = items[this.first]?.key
    }
    this.isAtEnd = false
    this.#active = key
    this.#focus = { key, isSeen: !isFocused }
    this.#host.requestUpdate()
  }

  readonly onScroll = () => {
    const scroller = this.#scroller
    if (!scroller) return
    const { scrollTop, scrollHeight, clientHeight } = scroller
    const below = scrollHeight - scrollTop - clientHeight
    const { length } = this.#source.items()
    const wasAtEnd = this.isAtEnd
    this.isAtEnd = below < near && this.last === length && !this.#source.hasAfter()
    let isMoved = this.isAtEnd !== wasAtEnd
    if (this.#isHigh(scroller)) {
      if (this.first <= step) this.#source.older()
      if (this.first > 0) {
        this.first = Math.max(0, this.first - step)
        this.last = Math.min(this.last, this.first + most)
        isMoved = true
      }
    } else if (below < clientHeight * 1.5) {
      if (this.last >= length - step) this.#source.newer()
      if (this.last < length) {
        this.last = Math.min(length, this.last + step)
        this.first = Math.max(this.first, this.last - most)
        isMoved = true
      }
    }
    if (!isMoved) return
    this.#firstKey = this.#source.items()[this.first]?.key
    this.#host.requestUpdate()
  }

  readonly onKeydown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement
    if (event.altKey || event.ctrlKey || event.metaKey || !target.matches('[data-key]')) return
    const items = this.#source.items()
    const at = items.findIndex(({ key }) => key === target.dataset.key)
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: items.length }[
      event.key
    ]
    if (to === undefined) return
    event.preventDefault()
    if (to <= 0) this.#source.older()
    if (to >= items.length - 1) this.#source.newer()
    const next = items[Math.max(0, Math.min(items.length - 1, to))]
    if (next) this.to(next.key)
  }

  readonly onFocus = (event: Event) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-key]')
    if (!row || row.dataset.key === this.#active) return
    this.#active = row.dataset.key
    this.#host.requestUpdate()
  }

  hostConnected() {
    // Drawing inside the callback could change what is observed, which browsers report to the page as an error.
    this.#observer = new ResizeObserver(() => requestAnimationFrame(() => this.#isFollowing && this.#fall()))
    this.#observed = undefined
  }

  hostDisconnected() {
    this.#observer?.disconnect()
  }

  /** Before the element is drawn: where things stand, and which rows there shall be. */
  hostUpdate() {
    const items = this.#source.items()
    const scroller = this.#scroller
    this.isAtEnd = this.#isFollowing
    if (this.isAtEnd || !scroller) this.#anchor = undefined
    else {
      const { top } = scroller.getBoundingClientRect()
      const row = this.#rows.find((one) => endOf(one) > top)
      this.#anchor = row && { key: row.dataset.row!, bottom: endOf(row) }
    }
    if (this.isAtEnd && !this.#source.hasAfter()) {
      this.last = items.length
      this.first = Math.max(0, this.last - most + step)
    } else {
      const count = Math.max(most - step, this.last - this.first)
      const at = items.findIndex(({ key }) => key === this.#firstKey)
      const hasComeAbove = at > this.first
      this.first = at < 0 ? Math.max(0, Math.min(this.first, items.length - count)) : at
      // Drawn at once where one is at the upper edge: what its first row loses (the day, the name) leaves nothing to scroll.
      if (hasComeAbove && scroller && this.#isHigh(scroller)) this.first = Math.max(0, at - step)
      this.last = Math.min(items.length, this.first + count)
    }
    this.#firstKey = items[this.first]?.key
  }

  hostUpdated() {
    const scroller = this.#scroller
    if (!scroller) return
    if (this.#observed !== scroller) {
      this.#observer?.disconnect()
      this.#observed = scroller
      for (const one of [scroller, scroller.firstElementChild!]) this.#observer?.observe(one)
    }
    const anchor = this.#anchor
    const row = anchor && this.#rowOf(anchor.key)
    if (this.isAtEnd) this.#fall()
    else if (row) {
      const moved = endOf(row) - anchor.bottom
      if (Math.abs(moved) >= 1) scroller.scrollTop += moved
    }
    const focus = this.#focus
    this.#focus = undefined
    const target = focus && this.#rowOf(focus.key)
    if (!target) return
    if (focus.isSeen) target.scrollIntoView({ block: 'center' })
    else {
      target.scrollIntoView({ block: 'nearest' })
      target.querySelector<HTMLElement>('[data-key]')?.focus({ preventScroll: true })
    }
  }

  /** What stands above is soon seen. */
  #isHigh = ({ scrollTop, clientHeight }: HTMLElement) => scrollTop < clientHeight * 1.5

  /** Somebody may have scrolled away, and the event that tells of it is yet to come. */
  get #isFollowing(): boolean {
    return this.isAtEnd && (this.#scroller?.scrollTop ?? 0) >= this.#restedAt - near
  }

  #fall() {
    const scroller = this.#scroller
    if (!scroller) return
    scroller.scrollTop = scroller.scrollHeight
    this.#restedAt = scroller.scrollTop
  }

  #rowOf = (key: string) => this.#rows.find(({ dataset }) => dataset.row === key)

  get #rows() {
    return [...(this.#scroller?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
  }

  get #scroller() {
    // A host that has not been drawn yet has no root.
    return this.#host.renderRoot?.querySelector<HTMLElement>('.log')
  }
}
