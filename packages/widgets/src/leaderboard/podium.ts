import { html, nothing, type TemplateResult, unsafeCSS } from 'lit'
import css from './podium.styles.css?inline'
import { cells, line, type RowView } from './rows.js'

export const styles = [unsafeCSS(css)]

/** The first three, drawn large: the same rows of the same table, in a group of their own. */
export default (view: RowView): TemplateResult => html`<tbody class="podium" part="podium" role="rowgroup">
  ${[1, 2, 3].map((position) => {
    const item = view.at(position)
    return item ? line(item, position, `step step-${position}`, 'podium-step', view, cells(item, view)) : nothing
  })}
</tbody>`
