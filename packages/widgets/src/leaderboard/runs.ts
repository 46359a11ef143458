import type { Board, Period, View } from '@rai/stores'
import { html, type TemplateResult } from 'lit'
import { each } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { backIcon, forwardIcon, icon } from '../shared/on-demand/icons.js'
import type { Wanted } from './header.js'

export const words = { earlier: 'Earlier', later: 'Later' }

/** A period that begins again and again; all time does not. */
export type Repeating = Exclude<Period, 'all'>

const day = 86_400_000

/** The first day of the run before (-1) or after (1) the one that begins on `start`. Calendar days, so in UTC. */
export function neighbourRun(period: Repeating, start: string, step: -1 | 1): string {
  const date = new Date(`${start}T00:00Z`)
  if (period === 'year') date.setUTCFullYear(date.getUTCFullYear() + step)
  else if (period === 'month') date.setUTCMonth(date.getUTCMonth() + step)
  else date.setTime(+date + step * day * (period === 'week' ? 7 : 1))
  return date.toISOString().slice(0, 10)
}

const dayFormats = {
  year: { year: 'numeric' },
  month: { year: 'numeric', month: 'long' },
  week: { month: 'short', day: 'numeric' },
  day: { weekday: 'short', month: 'short', day: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>
const ranges = Object.fromEntries(
  Object.entries(dayFormats).map(([name, options]) => [
    name,
    each((locale) => new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })),
  ]),
) as Record<keyof typeof dayFormats, (locale: string) => Intl.DateTimeFormat>

/** A run of calendar days as people name it: a day, a week's range, a month, a year. Calendar days have no time zone: UTC. */
export function formatRun(locale: string, period: keyof typeof dayFormats, first: Date): string {
  const last = new Date(+first + 6 * day)
  return period === 'week' ? ranges.week(locale).formatRange(first, last) : ranges[period](locale).format(first)
}

/** The run that is shown, with a way to the one before and the one after; nothing for all time, which is one run. */
export function runSteps(
  { runs }: Board,
  { run, total }: View,
  text: Text<never>,
  locale: string,
  choose: (wanted: Wanted) => void,
): unknown {
  const { period, start } = run
  if (period === 'all' || !start) return undefined
  const newest = runs.find((one) => one.period === period)?.start
  // A past run without scores ends the way back.
  const past = run.state !== 'not_started' && (total > 0 || start === newest)
  const say = textOf(text, words)
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
    ${step(-1, backIcon, say('earlier'), past)}
    <span class="run-name">${formatRun(locale, period, new Date(`${start}T00:00Z`))}</span>
    ${step(1, forwardIcon, say('later'), !!newest && start < newest)}
  </div>`
}
