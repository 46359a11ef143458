import { unsafeCSS } from 'lit'
import css from './podium.styles.css?inline'

export { podiumRows as default } from './podium-rows.js'

export const styles = [unsafeCSS(css)]
