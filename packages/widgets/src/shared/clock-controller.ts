import type { ReactiveController, ReactiveControllerHost } from 'lit'

/**
 * Lets an element show a countdown: asks it to draw again once a second, or once a minute while a day or more is left,
 * and not at all while the page or the element is out of sight.
 */
export class ClockController implements ReactiveController {
  #timer: ReturnType<typeof setTimeout> | undefined
  #inView = false
  readonly #host: ReactiveControllerHost & HTMLElement
  readonly #measure: () => number | undefined
  #observer: IntersectionObserver | undefined

  /** `measure` answers the milliseconds that remain, or undefined when nothing is counted down. */
  constructor(host: ReactiveControllerHost & HTMLElement, measure: () => number | undefined) {
    this.#host = host
    this.#measure = measure
    host.addController(this)
  }

  readonly #resume = () => {
    if (document.visibilityState === 'visible' && this.#inView) this.#host.requestUpdate()
  }

  hostConnected() {
    this.#observer = new IntersectionObserver((entries) => {
      this.#inView = entries.at(-1)?.isIntersecting ?? false
      this.#resume()
    })
    this.#observer.observe(this.#host)
    document.addEventListener('visibilitychange', this.#resume)
  }

  hostUpdated() {
    clearTimeout(this.#timer)
    const left = this.#measure()
    if (left === undefined || left < 0 || !this.#inView || document.visibilityState !== 'visible') return
    const step = left >= 86_400_000 ? 60_000 : 1000
    // Wake just after the shown number changes, so that seconds are neither skipped nor shown twice.
    this.#timer = setTimeout(() => this.#host.requestUpdate(), (left % step) + 10)
  }

  hostDisconnected() {
    clearTimeout(this.#timer)
    this.#observer?.disconnect()
    document.removeEventListener('visibilitychange', this.#resume)
  }
}
