import type { BoardRow } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { avatar } from '../shared/avatar.js'
import { icon, locateIcon } from '../shared/icons.js'
import { countTo } from '../shared/motion.js'
import type { Text } from './messages/index.js'

/** What the templates of rows need from their element. */
export interface RowView {
  text: Text
  number: (value: number) => string
  /** The row of a position, when it is there. */
  at: (position: number) => BoardRow | undefined
  /** The position that the Tab key reaches. */
  tabbable: number
  /** The button of one's own actions. */
  menuButton: () => unknown
  /** A page's own way to fill a row. */
  renderRow: ((row: BoardRow) => unknown) | undefined
}

/** The first three as medals. A tie is told by a sign to the eye and by a word to the ear. */
const rank = (
  { rank, tied }: BoardRow,
  { text, number }: RowView,
) => html`<span class=${rank <= 3 ? `medal medal-${rank}` : 'place'}
  >${tied ? html`<span class="tie" aria-hidden="true">=</span><span class="visually-hidden">${text('tied')} </span>` : nothing}${number(rank)}</span
>`

/** A name is isolated, so that its direction cannot turn its neighbours; cut where its room ends, whole in the title. */
const name = ({ member, me }: BoardRow, { text }: RowView) =>
  html`<bdi class="name cut" part="name" title=${member.name}>${member.name}</bdi>${
    me ? html`<span class="you">${text('you')}</span>` : nothing
  }`

const score = ({ score }: BoardRow, { number }: RowView) => html`${countTo(score, number)}`

/** A row of the table. Native table semantics are lost to `display: grid`, so every role is written. */
const line = (item: BoardRow, position: number, kind: string, part: string, view: RowView, cells: unknown) => html`<tr
  class="${kind}${item.me ? ' me' : ''}"
  part="${part}${item.me ? ' row-me' : ''}"
  role="row"
  tabindex=${position === view.tabbable ? 0 : -1}
  aria-rowindex=${position + 1}
  aria-current=${item.me ? 'true' : nothing}
  data-id=${item.member.id}
  data-position=${position}
>
  ${cells}
</tr>`

const cells = (item: BoardRow, view: RowView) => html`<td class="rank" part="rank" role="cell">${rank(item, view)}</td>
  <th class="who" role="rowheader" scope="row">
    ${avatar(item.member)}${name(item, view)}${item.me ? view.menuButton() : nothing}
  </th>
  <td class="score" part="score" role="cell">${score(item, view)}</td>`

const custom = (item: BoardRow, view: RowView) =>
  html`<td class="whole" role="cell" aria-colspan="3">${view.renderRow?.(item)}</td>`

const step = (item: BoardRow, position: number, view: RowView) =>
  line(item, position, `step step-${position}`, 'podium-step', view, cells(item, view))

/** A row that is on its way. */
const bones = (position: number, { text, tabbable }: RowView) => html`<tr
  class="row"
  role="row"
  tabindex=${position === tabbable ? 0 : -1}
  aria-rowindex=${position + 1}
  data-position=${position}
>
  <td class="rank" role="cell"><span class="bone dot"></span></td>
  <th class="who" role="rowheader" scope="row">
    <span class="bone face"></span><span class="bone line line-${position % 4}"></span><span class="visually-hidden">${text('loading')}</span>
  </th>
  <td class="score" role="cell"><span class="bone line"></span></td>
</tr>`

interface Table {
  label: string
  unit: string
  total: number
  /** How many rows stand on the podium. */
  podium: number
  /** The positions to draw. */
  range: { first: number; last: number }
  /** Changes when other rows are shown: then none is a moved one. */
  key: string
}

/** The rows as a table: podium and list are its two groups. */
export function table({ label, unit, total, podium, range, key }: Table, view: RowView): TemplateResult {
  const first = Math.max(range.first, podium + 1)
  const positions = Array.from({ length: Math.max(0, range.last - first + 1) }, (_, i) => first + i)
  const steps = range.first <= podium ? Array.from({ length: podium }, (_, i) => i + 1) : []
  return html`<table role="table" aria-label=${label} aria-rowcount=${total + 1}>
    <thead role="rowgroup">
      <tr class="heads" role="row" aria-rowindex="1">
        <th class="rank" role="columnheader" scope="col"><span class="visually-hidden">${view.text('rank')}</span></th>
        <th class="who" role="columnheader" scope="col">${view.text('member')}</th>
        <th class="score" role="columnheader" scope="col">${unit}</th>
      </tr>
    </thead>
    ${
      steps.length > 0
        ? html`<tbody class="podium" part="podium" role="rowgroup">
            ${repeat(
              steps,
              (position) => `${key} ${view.at(position)?.member.id ?? position}`,
              (position) => {
                const item = view.at(position)
                return item ? step(item, position, view) : nothing
              },
            )}
          </tbody>`
        : nothing
    }
    <tbody role="rowgroup">
      ${repeat(
        positions,
        (position) => `${key} ${view.at(position)?.member.id ?? position}`,
        (position) => {
          const item = view.at(position)
          if (!item) return bones(position, view)
          return line(item, position, 'row', 'row', view, view.renderRow ? custom(item, view) : cells(item, view))
        },
      )}
    </tbody>
  </table>`
}

/** One's own place, over the bottom edge of the list. */
export const ownRow = (item: BoardRow, view: RowView, jump: (() => void) | undefined): TemplateResult => html`<div
  class="row me own"
  part="me-row"
  role="group"
  aria-label=${view.text('myPosition')}
>
  <span class="rank">${rank(item, view)}</span>
  <span class="who">
    ${avatar(item.member)}${name(item, view)}${
      jump
        ? html`<button class="icon-button" part="jump-button" aria-label=${view.text('jump')} title=${view.text('jump')} @click=${jump}>
            ${icon(locateIcon)}
          </button>`
        : nothing
    }${view.menuButton()}
  </span>
  <span class="score">${score(item, view)}</span>
</div>`

/** The layout of the element before there is anything to show; `label` says so to those who do not see it. */
export const skeleton = (label: string): TemplateResult => html`<div class="skeleton" aria-hidden="true">
    <div class="header"><span class="title"><span class="bone line"></span></span></div>
    <div class="tools"></div>
    <div class="heads"></div>
    ${[0, 1, 2, 3, 0, 2, 1, 3, 0, 1, 2, 3].map(
      (width) => html`<div class="row">
        <span class="rank"><span class="bone dot"></span></span>
        <span class="who"><span class="bone face"></span><span class="bone line line-${width}"></span></span>
        <span class="score"><span class="bone line"></span></span>
      </div>`,
    )}
  </div>
  <span class="visually-hidden">${label}</span>`
