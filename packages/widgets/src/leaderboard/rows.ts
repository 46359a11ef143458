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
export const rank = ({ rank, tied }: BoardRow, { text, number }: RowView) => {
  const sign = tied
    ? html`<span class="tie" aria-hidden="true">=</span><span class="visually-hidden">${text('tied')} </span>`
    : nothing
  return rank <= 3
    ? html`<span class="medal medal-${rank}">${sign}${number(rank)}</span>`
    : html`${sign}${number(rank)}`
}

/** A name is isolated, so that its direction cannot turn its neighbours; cut where its room ends, whole in the title. */
export const name = ({ member, me }: BoardRow, { text }: RowView) =>
  html`<bdi class="name cut" part="name" title=${member.name}>${member.name}</bdi>${
    me ? html`<span class="you">${text('you')}</span>` : nothing
  }`

/** A row of the table. Native table semantics are lost to `display: grid`, so every role is written. */
export const line = (
  item: BoardRow,
  position: number,
  kind: string,
  part: string,
  view: RowView,
  cells: unknown,
) => html`<tr
  class="${kind}${item.me ? ' me' : ''}"
  part="${part}${item.me ? ' row-me' : ''}"
  role="row"
  tabindex=${position === view.tabbable() ? 0 : -1}
  aria-rowindex=${position + 1}
  aria-current=${item.me ? 'true' : 'false'}
  data-id=${item.member.id}
  data-position=${position}
  data-score=${item.score}
>
  ${cells}
</tr>`

export const cells = (
  item: BoardRow,
  view: RowView,
) => html`<td class="rank" part="rank" role="cell">${rank(item, view)}</td>
  <th class="who" role="rowheader" scope="row">
    ${avatar(item.member)}${name(item, view)}${view.change(item)}${item.me ? view.menuButton() : nothing}
  </th>
  <td class="score" part="score" role="cell">${view.number(item.score)}</td>`

const custom = (item: BoardRow, view: RowView) =>
  html`<td class="whole" role="cell" aria-colspan="3">${view.renderRow?.(item)}</td>`

const bone = (width = '') => html`<span class="bone ${width}"></span>`

/** A row that is on its way. */
const bones = (position: number, { text, tabbable }: RowView) => html`<tr
  class="row"
  role="row"
  tabindex=${position === tabbable() ? 0 : -1}
  aria-rowindex=${position + 1}
  data-position=${position}
>
  <td class="rank" role="cell">${bone('dot')}</td>
  <th class="who" role="rowheader" scope="row">
    ${bone('face')}${bone('line')}<span class="visually-hidden">${text('loading')}</span>
  </th>
  <td class="score" role="cell">${bone('line')}</td>
</tr>`

/** The row of a position, or its place while it is on its way. */
export function row(position: number, view: RowView): TemplateResult {
  const item = view.at(position)
  if (!item) return bones(position, view)
  return line(item, position, 'row', 'row', view, view.renderRow ? custom(item, view) : cells(item, view))
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
