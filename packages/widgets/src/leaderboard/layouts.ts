import { unsafeCSS } from 'lit'
import css from './layouts.styles.css?inline'
import podiumCss from './podium.styles.css?inline'

/** The layouts `compact` and `card` are style sheets; the podium has rows of its own. */
export { podiumRows as default } from './podium-rows.js'

export const styles = [unsafeCSS(css), unsafeCSS(podiumCss)]
