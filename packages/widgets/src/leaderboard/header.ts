import type { Board, BoardRun, Period } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { formatCountdown, formatMoment, formatRun } from '../shared/format.js'
import { backIcon, forwardIcon, icon } from '../shared/icons.js'
import { tabs } from '../shared/tabs.js'
import type { Text } from './messages/index.js'
import { neighbourRun } from './runs.js'

/** Which run a person wants to see: a period, and for a past run its first day. */
export interface Wanted {
  period: Period
  start?: string | undefined
}

/** When the run ends or begins; `left` is how long that still is. */
export function when(run: BoardRun, left: number, text: Text, locale: string): unknown {
  const at = run.state === 'not_started' ? run.startsAt : run.endsAt
  if (!at) return nothing
  const key = ({ not_started: 'startsIn', open: 'endsIn', ended: 'ended' } as const)[run.state]
  return html`<time datetime=${at} title=${formatMoment(locale, new Date(at))}
    >${text(key, { time: formatCountdown(locale, left) })}</time
  >`
}

/** The board's periods. A board with one period needs no choice. */
export const periodTabs = (board: Board, period: Period, text: Text, choose: (wanted: Wanted) => void): unknown =>
  board.periods.length < 2
    ? nothing
    : tabs({
        label: text('periods'),
        tabs: board.periods.map((id) => ({ id, text: text(id) })),
        selected: period,
        select: (id) => choose({ period: id }),
        panel: 'panel',
      })

/** The run that is shown, with a way to the one before and the one after. */
export function runSteps(
  run: BoardRun,
  newest: string | null | undefined,
  view: { text: Text; locale: string; past: boolean; choose: (wanted: Wanted) => void },
): unknown {
  const { period, start } = run
  if (period === 'all' || !start) return nothing
  const { text, locale, past, choose } = view
  const step = (by: -1 | 1, path: string, label: string, possible: boolean): TemplateResult => {
    const to = neighbourRun(period, start, by)
    return html`<button
      class="icon-button"
      part="run-button"
      aria-label=${label}
      ?disabled=${!possible}
      @click=${() => choose({ period, start: to === newest ? undefined : to })}
    >
      ${icon(path, true)}
    </button>`
  }
  return html`<div class="run" part="run">
    ${step(-1, backIcon, text('earlier'), past)}
    <span class="run-name">${formatRun(locale, period, new Date(`${start}T00:00Z`))}</span>
    ${step(1, forwardIcon, text('later'), !!newest && start < newest)}
  </div>`
}
