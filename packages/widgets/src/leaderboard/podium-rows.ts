import { html, nothing, type TemplateResult } from 'lit'
import { cells, line, type RowView } from './rows.js'

/** The first three, drawn large: the same rows of the same table, in a group of their own. */
export const podiumRows = (view: RowView): TemplateResult => html`<tbody class="podium" part="podium" role="rowgroup">
  ${[1, 2, 3].map((position) => {
    const item = view.at(position)
    return item ? line(item, position, `step step-${position}`, 'podium-step', view, cells(item, view)) : nothing
  })}
</tbody>`
