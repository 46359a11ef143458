import { noChange } from 'lit'
import { AsyncDirective } from 'lit/async-directive.js'
import { directive, type Part } from 'lit/directive.js'

/** True when movement is welcome here. */
export const motionIsWelcome = (): boolean => !matchMedia('(prefers-reduced-motion: reduce)').matches

const move = { duration: 200, easing: 'cubic-bezier(0.2, 0.7, 0.2, 1)' }

/** Where keyed elements stand, in pixels of the viewport. */
export type Places = Map<string, DOMRect>

/** Remembers where elements stand before a change. */
export function placesOf(elements: Iterable<HTMLElement>, keyOf: (element: HTMLElement) => string): Places {
  return new Map(Array.from(elements, (element) => [keyOf(element), element.getBoundingClientRect()]))
}

/** Lets elements slide from where they stood to where they stand now (FLIP): only transforms move, so nothing is laid out again. */
export function slide(elements: Iterable<HTMLElement>, keyOf: (element: HTMLElement) => string, from: Places) {
  if (!motionIsWelcome()) return
  const moves = Array.from(elements, (element) => ({
    element,
    was: from.get(keyOf(element)),
    is: element.getBoundingClientRect(),
  }))
  for (const { element, was, is } of moves) {
    if (!was) element.animate({ opacity: [0, 1] }, move)
    else if (was.x !== is.x || was.y !== is.y)
      element.animate({ transform: [`translate(${was.x - is.x}px, ${was.y - is.y}px)`, 'none'] }, move)
  }
}

/** How long a number counts up to its new value. */
const counting = 300

class CountTo extends AsyncDirective {
  private shown: number | undefined
  private frame = 0

  render(value: number, write: (value: number) => string) {
    return write(value)
  }

  override update(_: Part, [value, write]: [number, (value: number) => string]) {
    const from = this.shown
    if (from === value && this.frame) return noChange
    this.stop()
    this.shown = value
    if (from === undefined || from === value || !motionIsWelcome()) return write(value)
    const start = performance.now()
    const step = (now: number) => {
      const part = Math.min(1, (now - start) / counting)
      this.setValue(write(Math.round(from + (value - from) * (1 - (1 - part) ** 3))))
      this.frame = part < 1 ? requestAnimationFrame(step) : 0
    }
    this.frame = requestAnimationFrame(step)
    return noChange
  }

  override disconnected() {
    this.stop()
  }

  override reconnected() {
    this.shown = undefined
  }

  private stop() {
    cancelAnimationFrame(this.frame)
    this.frame = 0
  }
}

/** A number that counts to its new value when it changes. */
export const countTo = directive(CountTo)
