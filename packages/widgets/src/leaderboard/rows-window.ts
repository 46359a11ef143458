/** Firefox draws an element of some 17.9 million pixels with no height at all: longer lists get a scaled scrollbar. */
const maxTrack = 10_000_000
/** So much of a scaled track, at either end, is as long as the list it stands for: there, scrolling needs no correction. */
const trueEdge = 2_000_000

/** How many rows stand ready beyond either edge, and how many are drawn at most. */
const overscan = 5
const maxRows = 60

/**
 * Which rows of a list of any length to draw, and where: arithmetic alone, no DOM.
 *
 * Two lengths matter. The *list* is as high as all its rows, up to 48 million pixels for a million rows. The *track* is
 * the element that is scrolled, and has a limit. In a short list both are the same. In a long one `base` tells them apart:
 * a point of the list stands at `list - base` on the track. Small moves keep `base`, so that rows scroll pixel by pixel;
 * a big one (a dragged scrollbar, a jump) sets it anew, in proportion.
 */
export class RowsWindow {
  total = 0
  rowHeight = 48
  /** The height in which rows are seen; until it is known, a guess that fills most screens' first paint. */
  viewport = 480
  /** A block of another height before the rows (the podium), and how many positions it holds. */
  lead = { height: 0, rows: 0 }
  /** Free space after the last row, so that what floats over the bottom edge never hides it. */
  tail = 0
  #base = 0
  #top = 0

  /** The height to give to the scrolled element. */
  get track(): number {
    return Math.min(this.#height, maxTrack)
  }

  /** The positions to draw; `first > last` when there are none. */
  get range(): { first: number; last: number } {
    const seen = Math.ceil(this.viewport / this.rowHeight) + 1
    const extra = Math.max(0, Math.min(overscan, Math.floor((maxRows - this.lead.rows - seen) / 2)))
    const at = this.#positionAt(this.#offset)
    const first = Math.max(1, at - extra)
    return { first: first <= this.lead.rows ? 1 : first, last: Math.min(this.total, at + seen + extra - 1) }
  }

  /** Where on the track the first drawn position stands. */
  get shift(): number {
    return this.#topOf(this.range.first) - this.#base
  }

  /** Takes note that the track was scrolled. Answers where the scrollbar should stand instead, if it ran into its end too early. */
  scrolled(top: number): number | undefined {
    const far = Math.abs(top - this.#top) > 2 * this.viewport
    this.#top = top
    if (far || this.#stretch === 1) this.#base = this.#toList(top) - top
    if (this.#base === 0) return undefined
    const offset = this.#offset
    const early = (top <= 0 && offset > 0) || (top >= this.#trackEnd && offset < this.#end)
    return early || offset < 0 || offset > this.#end ? this.#place(offset) : undefined
  }

  /** Goes back to the first row. */
  begin() {
    this.#place(0)
  }

  /** Answers where to scroll so that a position is seen: in the middle, or just in, above `cover` pixels at the bottom edge. */
  reach(position: number, where: 'middle' | 'near', cover = 0): number {
    const top = this.#topOf(position)
    const bottom = this.#topOf(position + 1)
    const offset = this.#offset
    if (where === 'middle') return this.#place(top - (this.viewport - cover - this.rowHeight) / 2)
    if (top < offset) return this.#place(top)
    if (bottom > offset + this.viewport - cover) return this.#place(bottom - this.viewport + cover)
    return this.#top
  }

  /** Where the track is scrolled to. */
  get scrollTop(): number {
    return this.#top
  }

  /** The first position that is seen whole. */
  get firstSeen(): number {
    const at = this.#positionAt(this.#offset)
    return Math.min(this.total, at + (this.#topOf(at) < this.#offset - 1 && at > this.lead.rows ? 1 : 0))
  }

  /** True when the whole row of a position is seen. */
  shows(position: number): boolean {
    return this.#topOf(position) >= this.#offset - 1 && this.#topOf(position + 1) <= this.#offset + this.viewport + 1
  }

  /** How many rows a page has, for the keys that turn one. */
  get page(): number {
    return Math.max(1, Math.floor(this.viewport / this.rowHeight) - 1)
  }

  get #height(): number {
    return this.lead.height + Math.max(0, this.total - this.lead.rows) * this.rowHeight + this.tail
  }

  get #end(): number {
    return Math.max(0, this.#height - this.viewport)
  }

  get #trackEnd(): number {
    return Math.max(0, this.track - this.viewport)
  }

  /** How many pixels of the list one pixel of the track stands for, between its true edges. */
  get #stretch(): number {
    return this.#height > maxTrack ? (this.#end - 2 * trueEdge) / (this.#trackEnd - 2 * trueEdge) : 1
  }

  get #offset(): number {
    return this.#base + this.#top
  }

  #toList(top: number): number {
    if (top < trueEdge) return top
    if (top > this.#trackEnd - trueEdge) return this.#end - this.#trackEnd + top
    return trueEdge + (top - trueEdge) * this.#stretch
  }

  #toTrack(offset: number): number {
    if (offset < trueEdge) return offset
    if (offset > this.#end - trueEdge) return this.#trackEnd - this.#end + offset
    return trueEdge + (offset - trueEdge) / this.#stretch
  }

  #positionAt(offset: number): number {
    if (offset < this.lead.height) return 1
    return this.lead.rows + 1 + Math.floor((offset - this.lead.height) / this.rowHeight)
  }

  #topOf(position: number): number {
    return position <= this.lead.rows ? 0 : this.lead.height + (position - 1 - this.lead.rows) * this.rowHeight
  }

  #place(wanted: number): number {
    const offset = Math.max(0, Math.min(this.#end, wanted))
    this.#top = this.#toTrack(offset)
    this.#base = offset - this.#top
    return this.#top
  }
}
