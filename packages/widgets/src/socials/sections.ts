import { unsafeCSS } from 'lit'
import css from './sections.styles.css?inline'

/** How what belongs to the member looks, below the quests. */
export const sectionStyles = unsafeCSS(css)
