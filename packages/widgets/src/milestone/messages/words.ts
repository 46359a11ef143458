import type { Text } from '../../shared/messages.js'
import type { words as states } from '../../shared/on-demand/states.js'
import type { words as filters } from '../filters.js'
import type { words as interaction } from '../interaction.js'
import type { words as noMilestones } from '../no-milestones.js'
import type { words as path } from '../path.js'
import type { words as progress } from '../progress.js'
import type en from './en.js'

/** All texts: those of the first view, and those of the parts that come later. */
export type Words = typeof en &
  typeof states &
  typeof filters &
  typeof interaction &
  typeof noMilestones &
  typeof path &
  typeof progress

/** Speaks the texts of the first view. */
export type MilestoneText = Text<keyof typeof en>
