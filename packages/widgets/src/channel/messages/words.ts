import type { Text } from '../../shared/messages.js'
import type { words as states } from '../../shared/on-demand/states.js'
import type { words as actions } from '../chat/actions.js'
import type { words as attaching } from '../chat/attaching.js'
import type { words as composer } from '../chat/composer.js'
import type { words as finder } from '../chat/finder.js'
import type { words as head } from '../chat/head.js'
import type { words as mention } from '../chat/mention.js'
import type { words as chat } from '../chat/words.js'
import type { words as cards } from '../frame/cards.js'
import type { words as leaving } from '../frame/leaving.js'
import type { words as frame } from '../frame/words.js'
import type { words as noChannel } from '../no-channel.js'
import type en from './en.js'

/** All texts: those of the first view, and those of the parts that come later. */
export type Words = typeof en &
  typeof states &
  typeof actions &
  typeof attaching &
  typeof chat &
  typeof composer &
  typeof finder &
  typeof head &
  typeof mention &
  typeof noChannel &
  typeof frame &
  typeof cards &
  typeof leaving

/** Speaks the texts of the first view. */
export type ChannelText = Text<keyof typeof en>
