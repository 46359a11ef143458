import type { FieldContent, Unit } from '@rai/contract'
import { type Expression, type RawBuilder, sql } from 'kysely'
import { planSome } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { Failure } from '../failure.js'
import type { Day } from '../time.js'

/*
 * Members are found by walking one index from a place on: that of the condition that leaves the fewest, by its kind. The
 * other conditions are asked of each member on the way. So a page costs the same however many were before it.
 */

/** Both ends are included. */
export interface Range {
  from?: number | undefined
  to?: number | undefined
}

/** What a member must have. */
export type Condition =
  | { kind: 'text'; column: 'username' | 'email' | 'first_name' | 'last_name'; value: string }
  | { kind: 'joined'; from?: Date | undefined; until?: Date | undefined }
  | ({ kind: 'balance'; unit: Unit } & Range)
  | ({ kind: 'number'; fieldId: string } & Range)
  | { kind: 'content'; field: string; value: FieldContent }
  | { kind: 'day'; field: string; from?: Day | undefined; to?: Day | undefined }

/** What is shown of a member. */
export type Shown =
  | {
      kind: 'property'
      column: 'id' | 'number' | 'username' | 'display_name' | 'email' | 'first_name' | 'last_name' | 'language'
    }
  /** When the member joined, as the API writes moments. */
  | { kind: 'joined' }
  | { kind: 'balance'; unit: Unit }
  | { kind: 'number'; fieldId: string }
  | { kind: 'content'; field: string }

/** Where a list goes on: behind this member, and behind what it is ordered by before members. */
export interface Place {
  id: string
  key?: number | undefined
}

/** An index that has a condition's members together, in the order of a key, if they differ in one, and then of their ids. */
type Source =
  | { table: 'members'; key?: { column: 'created_at'; type: 'moment' } }
  | { table: 'balances' | 'user_field_values'; key: { column: string; type: 'integer' }; where: RawBuilder<unknown> }

/** A condition in SQL. */
interface Test {
  /** Whether it holds for a member `m`. */
  holds: RawBuilder<unknown>
  source?: Source
  /** 0: one member at most; 1: those with a value; 2: those in a range. */
  rank: 0 | 1 | 2
}

/** Keys as numbers that a place keeps exactly, and back. */
const keyTypes = {
  integer: {
    toNumber: (key: RawBuilder<unknown>) => key,
    fromNumber: (number: number) => sql`${number}::bigint`,
  },
  /** In microseconds since 1970, as exact as the database. */
  moment: {
    toNumber: (key: RawBuilder<unknown>) => sql`(extract(epoch from ${key}) * 1000000)::bigint`,
    fromNumber: (number: number) => sql`(timestamptz 'epoch' + ${number}::float8 * interval '1 microsecond')`,
  },
}

/** What a member `m` has, whose balances are `b`, in SQL: null for no value. */
function shownValue({ communityId }: Tx, shown: Shown): RawBuilder<unknown> {
  switch (shown.kind) {
    case 'property':
      return sql.ref(`m.${shown.column}`)
    case 'joined':
      // Written by the database: making a Date of each, and a text of that, would cost more.
      return sql`to_char(m.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    case 'balance':
      return sql`coalesce(${sql.ref(`b.${shown.unit}`)}, 0)`
    case 'number':
      return sql`(
        select value from user_field_values v
        where v.community_id = ${communityId} and v.member_id = m.id and v.field_id = ${shown.fieldId}::uuid
      )`
    case 'content':
      return sql`m.fields -> ${shown.field}::text`
  }
}

/** The balances `b` of a member `m`, by one look for both units. */
const itsBalances = ({ communityId }: Tx) => sql`left join lateral (
    select max(amount) filter (where unit = 'xp') as xp, max(amount) filter (where unit = 'currency') as currency
    from balances where community_id = ${communityId} and member_id = m.id
  ) b on true`

const all = (conditions: readonly RawBuilder<unknown>[]) => sql`(${sql.join([sql`true`, ...conditions], sql` and `)})`

const within = (value: RawBuilder<unknown>, { from, to }: Range) =>
  all([
    ...(from === undefined ? [] : [sql`${value} >= ${from}::bigint`]),
    ...(to === undefined ? [] : [sql`${value} <= ${to}::bigint`]),
  ])

const rankOf = ({ from, to }: Range): Test['rank'] => (from !== undefined && from === to ? 1 : 2)

function testOf({ communityId }: Tx, condition: Condition): Test {
  switch (condition.kind) {
    case 'text': {
      const { column, value } = condition
      const holds =
        column === 'email' ? sql`m.email_key = lower(${value}::text)` : sql`${sql.ref(`m.${column}`)} = ${value}`
      const isUnique = column === 'username' || column === 'email'
      return { holds, source: { table: 'members' }, rank: isUnique ? 0 : 1 }
    }
    case 'joined': {
      const { from, until } = condition
      return {
        holds: all([
          ...(from ? [sql`m.created_at >= ${from}::timestamptz`] : []),
          ...(until ? [sql`m.created_at < ${until}::timestamptz`] : []),
        ]),
        source: { table: 'members', key: { column: 'created_at', type: 'moment' } },
        rank: 2,
      }
    }
    case 'balance': {
      const { unit, from = 0 } = condition
      const amount = sql`coalesce((
        select amount from balances b
        where b.community_id = ${communityId} and b.member_id = m.id and b.unit = ${unit}
      ), 0)`
      const where = sql`s.unit = ${unit} and ${within(sql`s.amount`, condition)}`
      const source: Source = { table: 'balances', key: { column: 'amount', type: 'integer' }, where }
      // Who never had any has no row there.
      return { holds: within(amount, condition), ...(from > 0 && { source }), rank: rankOf(condition) }
    }
    case 'number': {
      const where = sql`s.field_id = ${condition.fieldId}::uuid and ${within(sql`s.value`, condition)}`
      return {
        holds: sql`exists (
          select from user_field_values s where s.community_id = ${communityId} and s.member_id = m.id and ${where}
        )`,
        source: { table: 'user_field_values', key: { column: 'value', type: 'integer' }, where },
        rank: rankOf(condition),
      }
    }
    case 'content':
      return { holds: sql`m.fields -> ${condition.field}::text = ${JSON.stringify(condition.value)}::jsonb`, rank: 1 }
    case 'day': {
      const { field, from, to } = condition
      // As texts, days are in order too.
      const day = sql`(m.fields ->> ${field}::text) collate "C"`
      return { holds: all([...(from ? [sql`${day} >= ${from}`] : []), ...(to ? [sql`${day} <= ${to}`] : [])]), rank: 2 }
    }
  }
}

/** Members `m` for whom all conditions hold, without those who are deleted, and the columns that they are in the order of. */
function matching(tx: Tx, conditions: readonly Condition[], after?: Place) {
  const tests = conditions.map((condition) => testOf(tx, condition)).sort((a, b) => a.rank - b.rank)
  const first = tests.find(({ source }) => source)
  const source: Source = first?.source ?? { table: 'members' }
  const isOwn = source.table === 'members'
  const type = source.key && keyTypes[source.key.type]
  if (after && (after.key === undefined) !== (type === undefined))
    throw new Failure('invalid_request', 'The cursor is of another filter.', [
      { path: 'cursor', message: 'must be of the same filter' },
    ])
  const key = source.key && sql.ref(`${isOwn ? 'm' : 's'}.${source.key.column}`)
  const order = sql.join([...(key ? [key] : []), isOwn ? sql.ref('m.id') : sql.ref('s.member_id')])
  const behind = after
    ? sql`(${order}) > (${sql.join([...(type ? [type.fromNumber(after.key!)] : []), sql`${after.id}::uuid`])})`
    : sql`true`
  const isThere = sql`m.community_id = ${tx.communityId} and m.status <> 'deleted'`
  return {
    order,
    key: key && type ? type.toNumber(key) : sql`null::bigint`,
    rows: isOwn
      ? sql`members m where ${isThere} and ${all(tests.map(({ holds }) => holds))} and ${behind}`
      : // Fenced: members are looked up one by one, in this order, whatever the planner thinks there are of them.
        sql`(
          select ${order} from ${sql.table(source.table)} s
          where s.community_id = ${tx.communityId} and ${source.where} and ${behind} order by ${order}
        ) s cross join lateral (
          select m.* from members m
          where ${isThere} and m.id = s.member_id
            and ${all(tests.filter((test) => test !== first).map(({ holds }) => holds))} offset 0
        ) m`,
  }
}

/**
 * What is shown of some of the members for whom all conditions hold, each in the order of `shown`, and where the next ones begin.
 * @param after The place that the ones before ended with.
 * @throws Failure `invalid_request` for a place in another order.
 */
export async function filterMembers(
  tx: Tx,
  conditions: readonly Condition[],
  shown: readonly Shown[],
  { after, skip = 0, limit }: { after?: Place | undefined; skip?: number; limit: number },
): Promise<{ members: unknown[][]; next: Place | undefined }> {
  const { rows, order, key } = matching(tx, conditions, after)
  const values = shown.map((one, n) => sql`${shownValue(tx, one)} as ${sql.ref(`value ${n}`)}`)
  // Inside, so that nothing is looked up of members who are skipped.
  const page = sql`
    select ${sql.join([sql`m.id`, sql`m.place`, ...values])} from (
      select m.*, ${key} as place
      from ${rows} order by ${order} offset ${skip}::bigint limit ${sql.lit(limit + 1)}
    ) m ${shown.some(({ kind }) => kind === 'balance') ? itsBalances(tx) : sql``} order by m.place, m.id`
  const found = await tx.send<{ id: string; place: number | null; [value: string]: unknown }>(
    planSome(page.compile(tx.db)),
  )
  const last = found.length > limit ? found[limit - 1] : undefined
  return {
    members: found.slice(0, limit).map((row) => shown.map((_, n) => row[`value ${n}`])),
    next: last && { id: last.id, key: last.place ?? undefined },
  }
}

/** For how many members all conditions hold: up to `most` are counted. */
export async function countMembers(tx: Tx, conditions: readonly Condition[], most: number): Promise<number> {
  const { rows } = matching(tx, conditions)
  return countRows(tx, sql`select from ${rows}`, most)
}

/** How many rows a query finds: up to `most` are counted. */
export async function countRows(tx: Tx, query: Expression<unknown>, most: number): Promise<number> {
  const count = sql`select count(*) as n from (${query} limit ${most}::bigint) counted`
  const [counted] = await tx.send<{ n: number }>(count.compile(tx.db))
  return counted!.n
}
