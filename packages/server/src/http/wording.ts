import type { z } from 'zod'

/** How a sentence calls what JSON holds. */
const types: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

/** What texts of a format look like. */
const formats: Record<string, string> = {
  date: 'a day such as 2026-11-23',
  datetime: 'a time in UTC such as 2026-11-23T12:00:00.000Z',
  url: 'a web address',
}

/** What sizes are counted in. */
const units: Record<string, string> = { string: 'characters', array: 'entries' }

/**
 * What is wrong with a value, to be read after its name: `must be …`, `is missing`. Where the contract says it in words of
 * its own, those stand.
 */
export function wording(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined && issue.code !== 'custom') return 'is missing'
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${types[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? `a valid ${issue.format}`}`
    case 'too_small':
      return sized(issue.origin, 'at least', issue.minimum)
    case 'too_big':
      return sized(issue.origin, 'at most', issue.maximum)
    case 'invalid_key':
      return issue.issues[0]!.message
    case 'invalid_union':
      return issue.options
        ? `must be ${oneOf(issue.options as readonly z.core.util.Primitive[])}`
        : anyOf(issue.errors.map(([first]) => first!.message))
    default:
      return 'is not valid'
  }
}

function oneOf(values: readonly z.core.util.Primitive[]): string {
  const names = values.map((value) => (value === '' ? 'empty' : String(value)))
  return names.length === 1 ? names[0]! : `one of ${names.join(', ')}`
}

function sized(origin: string, bound: string, limit: number | bigint): string {
  const unit = units[origin]
  if (!unit) return `must be ${bound} ${limit}`
  return bound === 'at least' && limit === 1 ? 'must not be empty' : `must have ${bound} ${limit} ${unit}`
}

/** What one of several schemas would have taken. */
const anyOf = (messages: readonly string[]): string =>
  `must ${messages.map((message) => message.replace(/^must /, '')).join(' or ')}`
