import type { Text } from '../../shared/messages.js'
import type { words as states } from '../../shared/on-demand/states.js'
import type { words as counter } from '../checkout.js'
import type { words as filters } from '../filters.js'
import type { words as history } from '../history.js'
import type { words as noItems } from '../no-items.js'
import type { words as order } from '../order.js'
import type { words as own } from '../own.js'
import type en from './en.js'

/** All texts: those of the first view, and those of the parts that come later. */
export type Words = typeof en &
  typeof states &
  typeof counter &
  typeof filters &
  typeof history &
  typeof noItems &
  typeof order &
  typeof own

/** Speaks the texts of the first view. */
export type StoreText = Text<keyof typeof en>
