import type { Period } from '@rai/stores'

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
