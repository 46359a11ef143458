import type { Environment, SocialStore } from '@rai/stores'
import type { LitElement } from 'lit'
import type { Text } from '../shared/messages.js'
import type Interaction from './interaction.js'
import type { SocialsText } from './messages/words.js'
import type { Model } from './model.js'

/** What the element's templates and parts work with. */
export interface Scene {
  text: SocialsText
  locale(): string
  model(): Model
  /** Where to ask; undefined while nothing may be asked for. */
  environment(): Environment | undefined
  source(): SocialStore | undefined
  number(value: number): string
  /** So much of a unit, with its name. */
  amount(unit: 'xp' | 'currency', value: number): string
  /** How long it is until then, in milliseconds by the server's clock. */
  timeTo(at: string | null): number
  /** What one can do, once it is there. */
  hands(): Interaction | undefined
  /** The id of the quest that is open. */
  opened(): string | undefined
  /** Opens a quest; none closes it. */
  open(id: string | undefined): void
}

/** A part that draws and does something of its own with them. */
export type PartClass<T> = new (host: LitElement, text: Text<never>, scene: Scene) => T
