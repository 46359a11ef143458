import { type Board, type BoardRun, type Period, turnOf } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { formatCountdown, formatMoment } from '../shared/format.js'
import { tabs } from '../shared/tabs.js'
import { webUrl } from '../shared/web-url.js'
import type { LeaderboardText } from './messages/words.js'

/** Which run a person wants to see: a period, and for a past run its first day. */
export interface Wanted {
  period: Period
  start?: string | undefined
}

/** When the run ends, begins or is final; `left` is how long that still is. */
export function when(run: BoardRun, left: number, text: LeaderboardText, locale: string): unknown {
  const at = turnOf(run) ?? run.endsAt
  if (!at) return nothing
  const key = ({ not_started: 'startsIn', open: 'endsIn', in_review: 'finalIn', ended: 'ended' } as const)[run.state]
  return html`<time datetime=${at} title=${formatMoment(locale, new Date(at))}
    >${text(key, { time: formatCountdown(locale, left) })}</time
  >`
}

/** A description of so many letters surely has no more lines than are shown: longer ones may scroll, and keys can reach them. */
const short = 60

/** The title line; `when` stands at its end. */
export const header = (board: Board | undefined, when: unknown, text: LeaderboardText): TemplateResult =>
  html`<div class="header" part="header">
    <h2 class="title cut" part="title"><slot name="header"><bdi>${board?.name ?? text('leaderboard')}</bdi></slot></h2>
    <div class="when" part="when">${when}</div>
    ${board?.description ? html`<p class="description" part="description" tabindex=${board.description.length > short ? 0 : -1}><bdi>${board.description}</bdi></p>` : nothing}
  </div>`

/** The last line: how much there is, where guests sign in, and the board's call to action. */
export function footer(
  status: unknown,
  { state }: BoardRun,
  isGuest: boolean,
  button: Board['button'] | undefined,
  text: LeaderboardText,
): TemplateResult {
  const link = webUrl(button?.link)
  const isOver = state === 'in_review' || state === 'ended'
  return html`<div class="footer" part="footer">
    ${status}
    <span class="sign-in" part="sign-in" ?hidden=${!isGuest || isOver}><slot name="sign-in">${text('signIn')}</slot></span>
    ${link ? html`<a class="text-button" part="link" href=${link} target="_blank" rel="noopener noreferrer" title=${button!.text}><span class="cut">${button!.text}</span></a>` : nothing}
  </div>`
}

/** The board's periods. A board with one period needs no choice. */
export const periodTabs = (
  board: Board,
  period: Period,
  text: LeaderboardText,
  choose: (wanted: Wanted) => void,
): unknown =>
  board.periods.length < 2
    ? nothing
    : tabs({
        label: text('periods'),
        tabs: board.periods.map((id) => ({ id, text: text(id) })),
        selected: period,
        select: (id) => choose({ period: id }),
        panel: 'panel',
      })
