/**
 * How a frame gets the height of its content. Only the guest knows how high that is, and not while it is in a frame that
 * is higher: a page with `min-height: 100vh` is as high as its frame, and one with a footer below that is always higher.
 *
 * 1. When the page is higher than the frame, the guest says so (`height`), and the host makes the frame as high.
 * 2. When it may have become lower, or grew only because the frame did, the guest asks for a `probe`. The host makes the
 *    frame's inside 1 px high, by padding, so that nothing around it moves, and says `collapse`; the guest answers what
 *    is left of its height (`natural`), which the host sets.
 * 3. In mode `grow` there are no probes.
 *
 * For as long as a probe takes, which is two frames or so, the page is not seen. So the guest asks for one only where
 * what changed has another size than before.
 */
import type { GuestMessage, HeightLimits, HostMessage } from '../protocol.js'

/** What a host wants of a frame's height. */
export interface HeightOptions extends Partial<HeightLimits> {
  /** In CSS pixels. Default: 0. */
  min?: number
}

/** A guest that does not answer a probe gets its height back after so many milliseconds. */
const probePatience = 1_000
/** A frame changes its height no more often than this, in milliseconds: a page that runs away cannot shake the one around it. */
const apart = 100

export interface Height extends HeightLimits {
  hear(message: GuestMessage): void
  /** Another page may be in the frame: what the one before asked for is off. */
  reset(): void
}

export function createHeight(
  frame: HTMLIFrameElement,
  { mode = 'fit', min = 0, max = 10_000 }: HeightOptions,
  post: (message: HostMessage) => void,
): Height {
  const { style } = frame
  let probing: ReturnType<typeof setTimeout> | undefined
  let next: ReturnType<typeof setTimeout> | undefined
  let work: (() => void) | undefined

  /** Does it now, or the newest of what was wanted meanwhile when it is time. */
  function calmly(what: () => void) {
    if (next !== undefined) {
      work = what
      return
    }
    what()
    next = setTimeout(() => {
      next = undefined
      const late = work
      work = undefined
      if (late) calmly(late)
    }, apart)
  }

  function set(height: number) {
    if (Number.isFinite(height)) style.blockSize = `${Math.min(max, Math.max(min, Math.ceil(height)))}px`
  }

  function probe() {
    style.paddingBlockEnd = `${Math.max(0, frame.clientHeight - 1)}px`
    probing = setTimeout(endProbe, probePatience)
    post({ t: 'collapse' })
  }

  function endProbe() {
    clearTimeout(probing)
    probing = undefined
    style.removeProperty('padding-block-end')
  }

  style.boxSizing = 'border-box'
  style.border = '0'
  // Without a height of its own it would grow by the padding of a probe. 150 px is what browsers give.
  style.blockSize ||= `${frame.offsetHeight || 150}px`
  if (mode === 'fixed') set(max)
  if (mode === 'fill') style.blockSize = '100%'
  return {
    mode,
    max,
    hear(message) {
      if (mode !== 'fit' && mode !== 'grow') return
      if (message.t === 'natural' && probing !== undefined) {
        if (message.h > 0) set(message.h)
        endProbe()
      } else if (message.t === 'height' && probing === undefined) calmly(() => set(message.h))
      else if (message.t === 'probe' && mode === 'fit')
        calmly(() => {
          if (probing === undefined) probe()
        })
    },
    reset() {
      clearTimeout(next)
      next = work = undefined
      endProbe()
    },
  }
}
