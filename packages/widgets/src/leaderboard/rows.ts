import type { BoardRow } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { avatar } from '../shared/avatar.js'
import type { LeaderboardText } from './messages/words.js'

/** What the templates of rows need from their element. */
export interface RowView {
  text: LeaderboardText
  number: (value: number) => string
  /** The row of a position, when it is there. */
  at: (position: number) => BoardRow | undefined
  /** The position that the Tab key reaches. */
  tabbable: () => number
  /** How a row's rank has changed, where it has. */
  change: (row: BoardRow) => unknown
  /** The button of one's own actions. */
  menuButton: () => unknown
  /** A page's own way to fill a row. */
  renderRow: ((row: BoardRow) => unknown) | undefined
}

/** The first three as medals. A tie is told by a sign to the eye and by a word to the ear. */
export const rank = (item: BoardRow | undefined, { text, number }: RowView) => {
  const sign = item?.tied
    ? html`<span class="tie" aria-hidden="true">=</span><span class="visually-hidden">${text('tied')} </span>`
    : nothing
  return item && item.rank <= 3
    ? html`<span class="medal medal-${item.rank}">${sign}${number(item.rank)}</span>`
    : html`${sign}${item && number(item.rank)}`
}

/** A name is isolated, so that its direction cannot turn its neighbours; cut where its room ends, whole in the title. */
export const name = (item: BoardRow | undefined, { text }: RowView) =>
  html`<bdi class="name cut" part="name" title=${item?.member.name ?? ''}>${item?.member.name}</bdi>${
    item?.me ? html`<span class="you">${text('you')}</span>` : nothing
  }`

/**
 * A row of the table, or its place while it is on its way: one template for both, so that a row that comes takes over the
 * nodes that stand there. Native table semantics are lost to `display: grid`, so every role is written.
 */
export const line = (
  item: BoardRow | undefined,
  position: number,
  kind: string,
  part: string,
  view: RowView,
  cells: unknown,
) => html`<tr
  class="${kind}${item ? (item.me ? ' me' : '') : ' pending'}"
  part=${item ? part + (item.me ? ' row-me' : '') : ''}
  role="row"
  tabindex=${position === view.tabbable() ? 0 : -1}
  aria-rowindex=${position + 1}
  aria-current=${!!item?.me}
  data-id=${item?.member.id ?? nothing}
  data-position=${position}
  data-score=${item?.score ?? nothing}
>
  ${cells}
</tr>`

const nobody = { id: '', name: '', avatarUrl: null }

export const cells = (
  item: BoardRow | undefined,
  view: RowView,
) => html`<td class="rank" part="rank" role="cell">${rank(item, view)}</td>
  <th class="who" role="rowheader" scope="row">
    ${avatar(item?.member ?? nobody)}${name(item, view)}${item ? view.change(item) : html`<span class="visually-hidden">${view.text('loading')}</span>`}${item?.me ? view.menuButton() : nothing}
  </th>
  <td class="score" part="score" role="cell">${item && view.number(item.score)}</td>`

const custom = (item: BoardRow, view: RowView) =>
  html`<td class="whole" role="cell" aria-colspan="3">${view.renderRow?.(item)}</td>`

/** The row of a position. */
export function row(position: number, view: RowView): TemplateResult {
  const item = view.at(position)
  return line(item, position, 'row', 'row', view, item && view.renderRow ? custom(item, view) : cells(item, view))
}

interface Table {
  label: string
  unit: string
  total: number
  rows: unknown
  /** A group of rows before them. */
  podium: unknown
}

/** The rows as a table. */
export const table = ({ label, unit, total, rows, podium }: Table, view: RowView): TemplateResult => html`<table
  role="table"
  aria-label=${label}
  aria-rowcount=${total + 1}
>
  <thead role="rowgroup">
    <tr class="heads" role="row" aria-rowindex="1">
      <th class="rank" role="columnheader" scope="col"><span class="visually-hidden">${view.text('rank')}</span></th>
      <th class="who" role="columnheader" scope="col">${view.text('member')}</th>
      <th class="score" role="columnheader" scope="col" aria-sort="descending">${unit}</th>
    </tr>
  </thead>
  ${podium}
  <tbody role="rowgroup">
    ${rows}
  </tbody>
</table>`

const bone = (width = '') => html`<span class="bone ${width}"></span>`

/** The layout of the element before there is anything to show; `label` says so to those who do not see it. */
export const skeleton = (label: string): TemplateResult => html`<div class="skeleton" aria-hidden="true">
    <div class="header"><span class="title">${bone('line')}</span></div>
    <div class="tools"></div>
    <div class="heads"></div>
    ${Array(12).fill(
      html`<div class="row">
        <span class="rank">${bone('dot')}</span>
        <span class="who">${bone('face')}${bone('line')}</span>
        <span class="score">${bone('line')}</span>
      </div>`,
    )}
  </div>
  <span class="visually-hidden">${label}</span>`
