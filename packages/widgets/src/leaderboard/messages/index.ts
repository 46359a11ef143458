import type { Catalog, Text } from '../../shared/messages.js'
import type { words as states } from '../../shared/on-demand/states.js'
import type { words as noRows } from '../no-rows.js'
import type { words as own } from '../own.js'
import type { words as runs } from '../runs.js'
import type { words as search } from '../search.js'
import en from './en.js'

/** All texts: those of the first view, and those of the parts that come later. */
export type Words = typeof en & typeof states & typeof noRows & typeof own & typeof runs & typeof search

/** The leaderboard's texts in every language there is. */
export const catalog = {
  en,
  languages: {
    ar: () => import('./ar.js'),
    de: () => import('./de.js'),
    he: () => import('./he.js'),
    hi: () => import('./hi.js'),
    ja: () => import('./ja.js'),
  },
} satisfies Catalog<typeof en>

export type LeaderboardText = Text<keyof typeof en>
