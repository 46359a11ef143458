import type { Unit } from '@rai/contract'
import { type RawBuilder, sql } from 'kysely'
import { writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import type { CommunityClock } from '../clock.js'
import type { Reason } from '../ledger.js'
import { addDays, type Day, dayOf, momentOf, sinceText, untilText } from '../time.js'
import type { Balances } from './members.js'

/** The last days of a community, newest first. */
export function lastDays(count: number, { timeZone }: CommunityClock, at: Date): Day[] {
  const today = dayOf(at, timeZone)
  return Array.from({ length: count }, (_, n) => addDays(today, -n))
}

/** Of whom, since when, and by which clock. */
interface Asked {
  communityId: string
  memberId: string
  since: Date
  timeZone: string
}
type InSql<Values> = { readonly [Name in keyof Values]: RawBuilder<unknown> }

const asked = (tx: Tx, memberId: string, since: Day, { timeZone }: CommunityClock): Asked => ({
  communityId: tx.communityId,
  memberId,
  since: momentOf(since, timeZone),
  timeZone,
})

/** A member's entries since a day began, each with the day that it was posted on. */
const entriesSince = ({ communityId, memberId, since, timeZone }: InSql<Asked>) => sql`
  select *, (created_at at time zone ${timeZone}::text)::date as day from entries
  where community_id = ${communityId} and member_id = ${memberId} and created_at >= ${since}`

const earned = writeOnce<Asked & { most: number }>((value) => {
  const sum = (unit: Unit) =>
    sql`least(coalesce(sum(amount) filter (where unit = ${sql.lit(unit)}), 0), ${value.most}::bigint)::bigint`
  return sql`
    select day, ${sum('xp')} as xp, ${sum('currency')} as currency
    from (${entriesSince(value)}) e where amount > 0 group by day`
})

/** What a member has earned on each day since one: gains only, spending not taken off; 2^53-1 at most. */
export async function earnedByDay(
  tx: Tx,
  memberId: string,
  since: Day,
  clock: CommunityClock,
): Promise<Map<Day, Balances>> {
  const values = { ...asked(tx, memberId, since, clock), most: Number.MAX_SAFE_INTEGER }
  const rows = await tx.send<Balances & { day: Day }>(earned(tx.db, values))
  return new Map(rows.map(({ day, xp, currency }) => [day, { xp, currency }]))
}

const rewards = writeOnce<Asked & { reasons: readonly Reason[] }>(
  (value) => sql`
    select day, t.reason, count(distinct t.created_at) as n
    from (${entriesSince(value)}) e
    join transactions t on t.community_id = ${value.communityId} and t.id = e.transaction_id
    where t.reason = any(${value.reasons}::text[]) and amount > 0
    group by day, t.reason`,
)

/** How often a member earned something for each reason, on each day since one. Both units of one time are one. */
export async function rewardsByDay(
  tx: Tx,
  memberId: string,
  reasons: readonly Reason[],
  since: Day,
  clock: CommunityClock,
): Promise<Map<Day, Partial<Record<Reason, number>>>> {
  const values = { ...asked(tx, memberId, since, clock), reasons }
  const rows = await tx.send<{ day: Day; reason: Reason; n: number }>(rewards(tx.db, values))
  const days = new Map<Day, Partial<Record<Reason, number>>>()
  for (const { day, reason, n } of rows) days.set(day, { ...days.get(day), [reason]: n })
  return days
}

/** What is asked of a member's gains: of which unit, in which stretch of time; null for ever. */
export interface GainQuery {
  unit: Unit
  since: Date | null
  until: Date | null
}

const gains = writeOnce<{
  communityId: string
  memberId: string
  units: string[]
  since: string[]
  /** When the first whole day begins, and the first one after the last. */
  first: string[]
  last: string[]
  until: string[]
  most: number
}>(({ communityId, memberId, units, since, first, last, until, most }) => {
  const between = (since: string, until: string) => sql`
    select e.amount from entries e
    where e.community_id = ${communityId} and e.member_id = ${memberId} and e.unit = q.unit and e.amount > 0
      and e.created_at >= ${sql.ref(`q.${since}`)} and e.created_at < ${sql.ref(`q.${until}`)} and not exists (
        select from transactions t
        where t.community_id = ${communityId} and t.id = e.transaction_id and t.reason = 'refund'
      )`
  return sql`
    select (
      select least(coalesce(sum(amount), 0), ${most}::bigint)::bigint from (
        ${between('since', 'first')}
        union all
        select g.amount from gains g
        where g.community_id = ${communityId} and g.member_id = ${memberId} and g.unit = q.unit
          and g.day >= (q.first at time zone 'UTC')::date and g.day < (q.last at time zone 'UTC')::date
        union all
        ${between('last', 'until')}
      ) gained
    ) as amount
    from unnest(
      ${units}::text[], ${since}::timestamptz[], ${first}::timestamptz[], ${last}::timestamptz[], ${until}::timestamptz[]
    ) with ordinality as q (unit, since, first, last, until, place)
    order by place`
})

/** The whole days of UTC in a stretch of time: when the first begins and the last ends. With none, both are its end. */
function wholeDays({ since, until }: Pick<GainQuery, 'since' | 'until'>): { first: Date | null; last: Date | null } {
  const days = (at: Date, round: 'ceil' | 'floor') => new Date(Math[round](at.getTime() / dayMs) * dayMs)
  const first = since && days(since, 'ceil')
  const last = until && days(until, 'floor')
  return first && last && first > last ? { first: until, last: until } : { first, last }
}
const dayMs = 86_400_000

/**
 * What a member has gained, for each of the questions, in one statement: spending is not taken off, what came back for
 * something that was bought is no gain. 2^53-1 at most. It costs a row for each day, and the entries of two.
 */
export async function gainsOf(tx: Tx, memberId: string, queries: readonly GainQuery[]): Promise<number[]> {
  if (queries.length === 0) return []
  const days = queries.map(wholeDays)
  const rows = await tx.send<{ amount: number }>(
    gains(tx.db, {
      communityId: tx.communityId,
      memberId,
      units: queries.map(({ unit }) => unit),
      since: queries.map(({ since }) => sinceText(since)),
      first: days.map(({ first }) => sinceText(first)),
      last: days.map(({ last }) => untilText(last)),
      until: queries.map(({ until }) => untilText(until)),
      most: Number.MAX_SAFE_INTEGER,
    }),
  )
  return rows.map(({ amount }) => amount)
}
