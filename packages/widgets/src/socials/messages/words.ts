import type { Text } from '../../shared/messages.js'
import type { words as states } from '../../shared/on-demand/states.js'
import type { words as accounts } from '../accounts.js'
import type { words as connecting } from '../connecting.js'
import type { words as interaction } from '../interaction.js'
import type { words as noQuests } from '../no-quests.js'
import type { words as passing } from '../passing-on.js'
import type { words as referral } from '../referral.js'
import type en from './en.js'

/** All texts: those of the first view, and those of the parts that come later. */
export type Words = typeof en &
  typeof states &
  typeof accounts &
  typeof connecting &
  typeof interaction &
  typeof noQuests &
  typeof passing &
  typeof referral

/** Speaks the texts of the first view. */
export type SocialsText = Text<keyof typeof en>
