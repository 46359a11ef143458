import type { Tags } from './tags.js'

/** A command's name and what it is given. */
export type Call = [name: string, ...args: unknown[]]

/** The function that a page calls. */
export interface Rai {
  (...call: Call): Promise<unknown>
  /** The version of the loader that serves this page; undefined once the page has ended what we did. */
  version?: string | undefined
  /** Calls that wait for an answer: for the loader to arrive, or for the visitor to agree. */
  q?: [call: Call, settle: [resolve: (answer: unknown) => void, reject: (reason: unknown) => void]][]
  /** None while we may not begin, and after the page has ended what we did. */
  tags?: Tags | undefined
}
