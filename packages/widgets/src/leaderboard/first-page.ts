import type { Board, Rows } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { formatNumber, isRightToLeft } from '../shared/format.js'
import { type Catalog, canonical, languageOf, type Messages, say } from '../shared/messages.js'
import { footer, header } from './header.js'
import { catalog } from './messages/index.js'
import type { LeaderboardText } from './messages/words.js'
import { type Layout, long } from './model.js'
import { podiumRows } from './podium-rows.js'
import { type RowView, row, table } from './rows.js'

/** What the first page is drawn from. */
export interface FirstPage {
  board: Board
  rows: Rows
  /** As the element's attributes. */
  layout: Layout
  theme: 'auto' | 'light' | 'dark'
  /** A BCP 47 tag; English where it is none, or a language without texts. */
  locale: string
  /** The address of first-page.css. */
  stylesheet: string
}

/**
 * What a server puts into the element's declarative shadow root: the rows as they look in the element, for those without
 * scripts and until the script has come. Nothing that only a script could do is in it: no tabs, no countdown.
 */
export async function firstPage({ board, rows, layout, theme, ...page }: FirstPage): Promise<TemplateResult> {
  const { items, run, total } = rows
  const locale = canonical(page.locale)
  const languages: Catalog<Messages>['languages'] = catalog.languages
  const messages: Messages = (await languages[languageOf(locale)]?.())?.default ?? catalog.en
  const text: LeaderboardText = (key: string, values = {}, count = 0) => say(messages[key]!, locale, values, count)
  const number = (value: number) => formatNumber(locale, value)
  const view: RowView = {
    text,
    number,
    at: (position) => items[position - 1],
    tabbable: () => 1,
    change: () => nothing,
    menuButton: () => nothing,
    renderRow: undefined,
  }
  const hasPodium = layout === 'podium' && items.length >= 3
  const content = {
    label: `${board.name}, ${text(run.period)}`,
    unit: board.metric.name,
    total,
    rows: items.slice(hasPodium ? 3 : 0).map(({ position }) => row(position, view)),
    podium: hasPodium ? podiumRows(view) : nothing,
  }
  return html`<link rel="stylesheet" href=${page.stylesheet} />
    <div
      class="base ${theme} layout-${layout}"
      part="base"
      lang=${locale}
      dir=${isRightToLeft(locale) ? 'rtl' : 'ltr'}
    >
      ${header(board, nothing, text)}
      ${
        board.periods.length > 1 || total > long
          ? html`<div class="tools" part="tools"><span class="when">${text(run.period)}</span></div>`
          : nothing
      }
      <div class="panel">
        <div class="scroller" part="list">${table(content, view)}</div>
      </div>
      ${footer(html`<span>${text('members', { count: number(total) }, total)}</span>`, run, true, board.button, text)}
    </div>`
}
