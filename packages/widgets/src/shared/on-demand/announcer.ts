import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit'

/** Between two announcements there is this much calm: a burst of changes is told once, by its last word. */
const calm = 3000

/** Tells screen readers, politely, what changed. */
export class Announcer implements ReactiveController {
  #said = ''
  #next = ''
  #spokeAt = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #host: ReactiveControllerHost

  constructor(host: ReactiveControllerHost) {
    this.#host = host
    host.addController(this)
  }

  say(text: string) {
    this.#next = text
    this.#timer ??= setTimeout(() => this.#speak(), Math.max(0, this.#spokeAt + calm - performance.now()))
  }

  #speak() {
    this.#timer = undefined
    this.#spokeAt = performance.now()
    // The same words twice are no change to a live region; an invisible one makes them one.
    this.#said = this.#next === this.#said ? `${this.#next}\u00a0` : this.#next
    this.#host.requestUpdate()
  }

  hostDisconnected() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** The live region. It must be in the page before it speaks, so it is part of every state. */
  render(): TemplateResult {
    return html`<div class="visually-hidden" role="status">${this.#said}</div>`
  }
}
