import { unsafeCSS } from 'lit'
import css from './layouts.styles.css?inline'

export const styles = [unsafeCSS(css)]

/** The layouts `compact` and `card` are style sheets. */
export default true
