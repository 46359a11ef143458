/** Makes a formatter once a language: `Intl` objects are slow to make and quick to use. */
export function each<T>(make: (locale: string) => T): (locale: string) => T {
  const made = new Map<string, T>()
  return (locale) => {
    const known = made.get(locale) ?? make(locale)
    made.set(locale, known)
    return known
  }
}

/** Whether a language is written from right to left. */
export const isRightToLeft = (locale: string): boolean => /^(ar|fa|he|ur)\b/.test(locale)

const numbers = each((locale) => new Intl.NumberFormat(locale))
const twoDigits = each((locale) => new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 }))
const days = each((locale) => new Intl.NumberFormat(locale, { style: 'unit', unit: 'day', unitDisplay: 'long' }))
const moments = each((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }))
const plurals = each((locale) => new Intl.PluralRules(locale))

export const formatNumber = (locale: string, value: number): string => numbers(locale).format(value)

/** Date and time, for titles. */
export const formatMoment = (locale: string, time: Date): string => moments(locale).format(time)

export const pluralOf = (locale: string, count: number): Intl.LDMLPluralRule => plurals(locale).select(count)

/** What a community calls a unit, beside a number of it. */
export const unitName = (
  locale: string,
  value: number,
  unit: { name: string; forms?: Partial<Record<Intl.LDMLPluralRule, string | undefined>> | undefined } | undefined,
): string | undefined => unit?.forms?.[pluralOf(locale, value)] ?? unit?.name

const day = 86_400_000

/** What a countdown shows: days while there are some, then a running clock. */
export function formatCountdown(locale: string, milliseconds: number): string {
  const left = Math.max(0, milliseconds)
  if (left >= day) return days(locale).format(Math.floor(left / day))
  const seconds = left / 1000
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => twoDigits(locale).format(Math.floor(part)))
    .join(':')
}
