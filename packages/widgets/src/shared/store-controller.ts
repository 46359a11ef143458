import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { ReadableAtom } from 'nanostores'

/** Shows a store in an element: listens while the element is connected, and moves over when `pick` answers another store. */
export class StoreController<T> implements ReactiveController {
  #store: ReadableAtom<T> | undefined
  #release: (() => void) | undefined
  readonly #host: ReactiveControllerHost
  readonly #pick: () => ReadableAtom<T> | undefined

  constructor(host: ReactiveControllerHost, pick: () => ReadableAtom<T> | undefined) {
    this.#host = host
    this.#pick = pick
    host.addController(this)
  }

  get value(): T | undefined {
    return this.#store?.get()
  }

  hostUpdate() {
    const next = this.#pick()
    if (next === this.#store) return
    this.hostDisconnected()
    this.#store = next
    this.#release = next?.listen(() => this.#host.requestUpdate())
  }

  hostConnected() {
    // A moved element has let go of its store; the update that follows takes it up again.
    this.#host.requestUpdate()
  }

  hostDisconnected() {
    this.#release?.()
    this.#release = this.#store = undefined
  }
}
