import type { IncomingHttpHeaders } from 'node:http'

const mostMs = 24 * 60 * 60_000

/** When an answer says that it may be asked again: seconds or a date, a day at most. Undefined where it does not say it. */
export function retryAfter({ 'retry-after': text }: IncomingHttpHeaders, now: Date): Date | undefined {
  if (text === undefined) return undefined
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime()
  return Number.isNaN(waitMs) ? undefined : new Date(now.getTime() + Math.min(Math.max(0, waitMs), mostMs))
}
