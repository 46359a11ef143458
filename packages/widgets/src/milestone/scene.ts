import type { Environment, Milestone, MilestoneChoice, milestones } from '@rai/stores'
import type { LitElement } from 'lit'
import type { Text } from '../shared/messages.js'
import type Interaction from './interaction.js'
import type { MilestoneText } from './messages/words.js'
import type { Model } from './model.js'
import type path from './path.js'

/** What the element's templates and parts work with. */
export interface Scene {
  text: MilestoneText
  locale(): string
  model(): Model
  /** Where to ask; undefined while nothing may be asked for. */
  environment(): Environment | undefined
  source(): ReturnType<typeof milestones> | undefined
  number(value: number): string
  /** So much of a unit, with its name. */
  amount(unit: 'xp' | 'currency', value: number): string
  /** How long it is until then, in milliseconds by the server's clock. */
  timeTo(at: string | null): number
  /** What one can do, once it is there. */
  hands(): Interaction | undefined
  /** Draws a milestone in full, once it is there. */
  path(): typeof path | undefined
  /** The number of the stage of a milestone that is open. */
  opened(milestone: Milestone): number
  /** Opens a stage; none for the one that is on. */
  open(milestone: Milestone, stage: number | undefined): void
  /** What was chosen last; what is shown may still be of the choice before. */
  choice(): MilestoneChoice
  choose(choice: MilestoneChoice): void
  /** What the page wants besides. */
  wants(what: 'streak' | 'tiers' | 'recap'): boolean
  /** What the page says of the celebration. */
  celebrate(): string | undefined
}

/** A part that draws and does something of its own with them. */
export type PartClass<T> = new (host: LitElement, text: Text<never>, scene: Scene) => T
