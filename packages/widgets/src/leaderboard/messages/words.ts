import type { Text } from '../../shared/messages.js'
import type { words as states } from '../../shared/on-demand/states.js'
import type { words as changes } from '../changes.js'
import type { words as noRows } from '../no-rows.js'
import type { words as own } from '../own.js'
import type { words as prizes } from '../prizes.js'
import type { words as runs } from '../runs.js'
import type { words as search } from '../search.js'
import type { words as segments } from '../segments.js'
import type en from './en.js'

/** All texts: those of the first view, and those of the parts that come later. */
export type Words = typeof en &
  typeof states &
  typeof changes &
  typeof noRows &
  typeof own &
  typeof runs &
  typeof search &
  typeof prizes &
  typeof segments

/** Speaks the texts of the first view. */
export type LeaderboardText = Text<keyof typeof en>
