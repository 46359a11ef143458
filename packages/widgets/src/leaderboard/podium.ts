import { html, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import css from './podium.styles.css?inline'
import { cells, keyOf, line, type RowView } from './rows.js'

export const styles = unsafeCSS(css)

/** The first three, drawn large: the same rows of the same table, in a group of their own. */
export default (view: RowView): TemplateResult => html`<tbody class="podium" part="podium" role="rowgroup">
  ${repeat(
    [1, 2, 3],
    (position) => keyOf(position, view),
    (position) => {
      const item = view.at(position)
      return item ? line(item, position, `step step-${position}`, 'podium-step', view, cells(item, view)) : nothing
    },
  )}
</tbody>`
