import type { Board, BoardRun, Period } from '@rai/stores'
import { html, nothing } from 'lit'
import { formatCountdown, formatMoment } from '../shared/format.js'
import { tabs } from '../shared/tabs.js'
import type { LeaderboardText } from './messages/words.js'

/** Which run a person wants to see: a period, and for a past run its first day. */
export interface Wanted {
  period: Period
  start?: string | undefined
}

/** When the run ends or begins; `left` is how long that still is. */
export function when(run: BoardRun, left: number, text: LeaderboardText, locale: string): unknown {
  const at = run.state === 'not_started' ? run.startsAt : run.endsAt
  if (!at) return nothing
  const key = ({ not_started: 'startsIn', open: 'endsIn', in_review: 'ended', ended: 'ended' } as const)[run.state]
  return html`<time datetime=${at} title=${formatMoment(locale, new Date(at))}
    >${text(key, { time: formatCountdown(locale, left) })}</time
  >`
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
