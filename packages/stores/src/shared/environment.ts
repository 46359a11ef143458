import type { ReadableAtom } from 'nanostores'

/**
 * Everything that the platform gives. Stores touch nothing else, so a test passes a plain object of its own: its clock
 * stands still until it is moved, and its `warn` throws.
 */
export interface Environment {
  /** The API's origin, with an optional path, without a slash at the end. Empty: the page's own origin. */
  readonly apiUrl: string
  /** The publishable key (`rai_pk_…`). */
  readonly key: string
  fetch(url: string, options?: RequestInit): Promise<Response>
  /** The visitor's clock in milliseconds. It may be wrong by days: use it for stretches of time, never as a date. */
  clock(): number
  /** Runs something later; answers how to call it off. */
  after(ms: number, run: () => void): () => void
  /** A number from 0 to 1, to spread requests of many pages. */
  random(): number
  /** An id that nobody can guess, also on http pages. */
  randomId(): string
  /** What outlives the page. Default: the browser's own, where the page may use it. */
  readonly storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined
  /** False while nobody can see the page: in a hidden tab, or kept for the back button. */
  readonly $visible: ReadableAtom<boolean>
  /** False when the device says that it has no network. */
  readonly $online: ReadableAtom<boolean>
  /** Tells the page's developer. */
  warn(message: string): void
}

/** One of something for each environment, made when it is first asked for. */
export function perEnvironment<T>(create: (environment: Environment) => T): (environment: Environment) => T {
  const made = new WeakMap<Environment, T>()
  return (environment) => {
    const known = made.get(environment)
    if (known !== undefined) return known
    const fresh = create(environment)
    made.set(environment, fresh)
    return fresh
  }
}
