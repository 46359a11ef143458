import { type AnswerOf, type BodyOf, Day, type FieldContent, Time, usersFamily } from '@rai/contract'
import { z } from 'zod'
import type { Tx } from '../../db/database.js'
import { type CommunityClock, communityClock } from '../../domain/clock.js'
import { Failure, type FailureDetail } from '../../domain/failure.js'
import { type Field, findFields, largestValue } from '../../domain/fields/fields.js'
import { isId } from '../../domain/ids.js'
import {
  type Condition,
  countMembers,
  filterMembers,
  type Place,
  type Range,
  type Shown,
} from '../../domain/members/filter.js'
import { addDays, momentOf } from '../../domain/time.js'
import type { Handlers } from '../../http/context.js'
import { readCursor, writeCursor } from '../../http/cursor.js'

type Filter = 'POST /apis/v1/users/filter'
type Given = NonNullable<BodyOf<Filter>['filter']>[string]
type Users = AnswerOf<Filter>['users']

const { filterPage, filterPages, platformFields } = usersFamily

const PlaceShape = z.strictObject({ id: z.string().refine(isId), key: z.int().optional() })

export const filter: Handlers<Filter> = {
  'POST /apis/v1/users/filter': async ({ tx, body }) => {
    const names = body.fields ?? platformFields
    const { conditions, known } = await readFilter(tx, body.filter ?? {}, names)
    const writings = names.map((name) => writingOf(name, known))
    const shown = writings.map((writing) => writing.shown)
    const show = (values: readonly unknown[]): Users[number] =>
      Object.fromEntries(names.map((name, n) => [name, (writings[n]!.write ?? asItIs)(values[n] as never)]))
    if (body.page !== undefined) {
      const skip = (body.page - 1) * filterPage
      const [{ members }, count] = await Promise.all([
        filterMembers(tx, conditions, shown, { skip, limit: filterPage }),
        countMembers(tx, conditions, filterPage * filterPages),
      ])
      return { users: members.map(show), total_pages: Math.ceil(count / filterPage), current_page: body.page }
    }
    const after: Place | undefined = body.cursor === undefined ? undefined : readCursor(body.cursor, PlaceShape)
    const { members, next } = await filterMembers(tx, conditions, shown, { after, limit: filterPage })
    return { users: members.map(show), ...(next && { next_cursor: writeCursor(next) }) }
  },
}

const asItIs = (value: FieldContent): FieldContent => value

/** What is wrong with a condition: to be read after its name. */
class Wrong extends Error {}

/** @throws Failure for fields that are not there, and for conditions that they cannot have. */
async function readFilter(tx: Tx, given: Readonly<Record<string, Given>>, names: readonly string[]) {
  const own = [...Object.keys(given), ...names].filter((name) => !has(properties, name))
  // Nothing is asked for that this request does not need: most need neither.
  const [clock, known] = await Promise.all([
    Object.hasOwn(given, 'join_date') ? communityClock(tx) : undefined,
    own.length > 0 ? findFields(tx, own) : new Map<string, Field>(),
  ])
  const isKnown = (name: string) => has(properties, name) || known.has(name)
  const unknown = [
    ...names.flatMap((name, n) => (isKnown(name) ? [] : [`fields.${n}`])),
    ...Object.keys(given).flatMap((name) => (isKnown(name) ? [] : [`filter.${name}`])),
  ].map((path): FailureDetail => ({ path, message: 'no such field' }))
  if (unknown.length > 0) throw new Failure('unknown_reference', 'The community has no such fields.', unknown)
  const wrong: FailureDetail[] = []
  const conditions = Object.entries(given).flatMap(([name, value]) => {
    try {
      return [conditionOf(name, value, known, clock)]
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      wrong.push({ path: `filter.${name}`, message: error.message })
      return []
    }
  })
  if (wrong.length > 0) throw new Failure('invalid_request', 'The filter asks what these fields cannot have.', wrong)
  return { conditions, known }
}

const texts = ['username', 'email', 'first_name', 'last_name'] as const
const units = { xp: 'xp', coins: 'currency' } as const
const has = <T extends object>(map: T, name: string): name is string & keyof T => Object.hasOwn(map, name)

/** @throws Wrong */
function conditionOf(
  name: string,
  given: Given,
  known: ReadonlyMap<string, Field>,
  clock: CommunityClock | undefined,
): Condition {
  const column = texts.find((text) => text === name)
  if (column) return { kind: 'text', column, value: textOf(given) }
  if (has(units, name)) return { kind: 'balance', unit: units[name], ...rangeOf(given, Number.MAX_SAFE_INTEGER) }
  if (name === 'join_date') return { kind: 'joined', ...spanOf(given, clock!) }
  const field = known.get(name)
  if (!field) throw new Wrong('cannot be asked for')
  switch (field.type) {
    case 'number':
      return { kind: 'number', fieldId: field.id, ...rangeOf(given, largestValue) }
    case 'date':
      return { kind: 'day', field: name, ...daysOf(given) }
    case 'boolean':
      if (typeof given === 'boolean') return { kind: 'content', field: name, value: given }
      throw new Wrong('must be true or false')
    default:
      return { kind: 'content', field: name, value: textOf(given) }
  }
}

function textOf(given: Given): string {
  if (typeof given === 'string') return given
  throw new Wrong('must be a text')
}

/** The ends of a range; of a single value, both are that. */
const endsOf = (given: Given): { gte?: unknown; lte?: unknown } =>
  typeof given === 'object' ? given : { gte: given, lte: given }

/** @param most The largest number, either way, that there can be. */
function rangeOf(given: Given, most: number): Range {
  const { gte, lte } = endsOf(given)
  const whole = (bound: unknown) => {
    if (bound === undefined) return undefined
    if (Number.isInteger(bound) && Math.abs(bound as number) <= most) return bound as number
    throw new Wrong('must be a whole number, or a range of them')
  }
  return { from: whole(gte), to: whole(lte) }
}

function daysOf(given: Given): { from?: string | undefined; to?: string | undefined } {
  const { gte, lte } = endsOf(given)
  const day = (bound: unknown) => {
    if (bound === undefined) return undefined
    const { data } = z.iso.date().safeParse(bound)
    if (data === undefined) throw new Wrong('must be a day such as 2026-11-23, or a range of them')
    return data
  }
  return { from: day(gte), to: day(lte) }
}

/** From the beginning of a day, or a moment, to the end of one. A millisecond is the shortest that a time can name. */
function spanOf(given: Given, { timeZone }: CommunityClock): { from?: Date | undefined; until?: Date | undefined } {
  const { gte, lte } = endsOf(given)
  const bounds = (bound: unknown) => {
    const day = Day.safeParse(bound)
    if (day.success) return { from: momentOf(day.data, timeZone), until: momentOf(addDays(day.data, 1), timeZone) }
    const time = Time.safeParse(bound)
    if (!time.success) throw new Wrong('must be a day or a time in UTC, or a range of them')
    const from = new Date(time.data)
    return { from, until: new Date(from.getTime() + 1) }
  }
  return {
    from: gte === undefined ? undefined : bounds(gte).from,
    until: lte === undefined ? undefined : bounds(lte).until,
  }
}

/** How a value is shown; as it is where nothing is said. */
type Writing = { shown: Shown; write?: (value: never) => FieldContent }

const properties: Record<usersFamily.PlatformField, Writing> = {
  _id: { shown: { kind: 'property', column: 'id' } },
  id: { shown: { kind: 'property', column: 'number' }, write: (number: number) => String(number) },
  username: { shown: { kind: 'property', column: 'username' } },
  display_name: { shown: { kind: 'property', column: 'display_name' } },
  email: { shown: { kind: 'property', column: 'email' } },
  first_name: { shown: { kind: 'property', column: 'first_name' } },
  last_name: { shown: { kind: 'property', column: 'last_name' } },
  language: { shown: { kind: 'property', column: 'language' } },
  xp: { shown: { kind: 'balance', unit: units.xp } },
  coins: { shown: { kind: 'balance', unit: units.coins } },
  join_date: { shown: { kind: 'joined' } },
}

function writingOf(name: string, known: ReadonlyMap<string, Field>): Writing {
  if (has(properties, name)) return properties[name]
  const { id: fieldId, type } = known.get(name)!
  return { shown: type === 'number' ? { kind: 'number', fieldId } : { kind: 'content', field: name } }
}
