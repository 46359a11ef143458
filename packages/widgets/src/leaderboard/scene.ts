import type { BoardRow, Environment } from '@rai/stores'
import type { LitElement } from 'lit'
import type { Text } from '../shared/messages.js'
import type { Model } from './model.js'
import type { Source } from './rows-controller.js'

/** What the element's parts work with. */
export interface Scene {
  model(): Model
  /** Where to ask; undefined while nothing may be asked for. */
  environment(): Environment | undefined
  /** What the list is to show; undefined while there are no rows. */
  list(): Source | undefined
  /** How long until the run begins, ends or is final, in milliseconds by the server's clock. */
  timeLeft(): number | undefined
  /** The row of a position, when it is there. */
  at(position: number): BoardRow | undefined
  number(value: number): string
  /** Has the rows that are drawn loaded and kept up to date. */
  show(first: number, last: number): void
}

/** A part that draws and does something of its own with them. */
export type PartClass<T> = new (host: LitElement, text: Text<never>, scene: Scene) => T
