import type { Catalog } from '../../shared/messages.js'
import en from './en.js'

/** The texts of a channel in every language there is. */
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
