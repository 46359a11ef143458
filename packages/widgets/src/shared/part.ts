import type { CSSResult, LitElement } from 'lit'

/** Nothing that is known waits longer than this, in milliseconds, for what is on its way. */
export const patience = 5000

/** What a module of an element's part exports besides its default. */
interface PartModule<T> {
  default: T
  styles?: readonly CSSResult[]
}

/**
 * A part of an element that only some visitors need: a menu, a search, what belongs to a signed-in member. It is fetched
 * when it is asked for the first time. Until it has come, and for good if it cannot be had, the element does without.
 */
export class Part<T> {
  #value: T | undefined
  #state: 'unwanted' | 'pending' | 'settled' = 'unwanted'
  readonly #host: LitElement
  readonly #load: () => Promise<PartModule<T>>

  constructor(host: LitElement, load: () => Promise<PartModule<T>>) {
    this.#host = host
    this.#load = load
  }

  /** The part, if it is there. Asking for it fetches it, and the element is drawn again when it has come. */
  get value(): T | undefined {
    if (this.#state === 'unwanted') {
      this.#state = 'pending'
      void this.#fetch()
    }
    return this.#value
  }

  /** True while it is on its way and may still come in time. */
  get pending(): boolean {
    return !this.value && this.#state === 'pending'
  }

  async #fetch() {
    const timer = setTimeout(() => this.#settle(), patience)
    try {
      const { default: value, styles = [] } = await this.#load()
      const { adoptedStyleSheets } = this.#host.renderRoot as ShadowRoot
      // Two parts may bring the same sheet: where it stands first, it gives way to what either brings after it.
      for (const { styleSheet } of styles)
        if (!adoptedStyleSheets.includes(styleSheet!)) adoptedStyleSheets.push(styleSheet!)
      this.#value = value
    } catch {
      // The page went offline, or its policy forbids the file.
    }
    clearTimeout(timer)
    this.#settle()
  }

  #settle() {
    this.#state = 'settled'
    this.#host.requestUpdate()
  }
}
