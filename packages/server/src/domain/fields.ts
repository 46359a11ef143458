import { type Selectable, sql } from 'kysely'
import { writeOnce } from '../db/connection.js'
import type { Tx } from '../db/database.js'
import type { Tables } from '../db/tables.js'
import { Failure } from './failure.js'
import { newId } from './ids.js'
import { lockCounts } from './leaderboards/counts.js'
import { isWholesale, scoreChanges } from './leaderboards/scores.js'
import { shareBoardLock } from './ledger.js'

/** Something that a community knows of its members beside what everybody has. */
export type Field = Selectable<Tables['user_fields']>

/** The largest value, either way: the change from one to another is at most 2^53 - 1 then, which every JSON reader keeps exact. */
export const largestValue = 2 ** 52 - 1

/** Those of the fields that are there, by what requests call them. */
export async function findFields(tx: Tx, names: readonly string[]): Promise<Map<string, Field>> {
  if (names.length === 0) return new Map()
  const fields = await tx.db
    .selectFrom('user_fields')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`field = any(${sql.val(names)}::text[])`)
    .execute()
  return new Map(fields.map((field) => [field.field, field]))
}

/**
 * Makes those of the fields that are not there yet.
 * @param names What people call each, by what requests call it.
 */
export async function ensureFields(
  tx: Tx,
  names: Readonly<Record<string, string>>,
  at: Date,
  type: Field['type'] = 'number',
): Promise<void> {
  const fields = Object.entries(names)
  if (fields.length === 0) return
  await tx.db
    .insertInto('user_fields')
    .values(
      fields.map(([field, name]) => ({
        community_id: tx.communityId,
        id: newId(at.getTime()),
        field,
        name,
        type,
        created_at: at,
      })),
    )
    .onConflict((oc) => oc.columns(['community_id', 'field']).doNothing())
    .execute()
}

const numbers = writeOnce<{ communityId: string; memberId: string }>(
  ({ communityId, memberId }) => sql`
    select f.field, v.value from user_field_values v join user_fields f on f.community_id = v.community_id and f.id = v.field_id
    where v.community_id = ${communityId} and v.member_id = ${memberId} order by f.field`,
)

/** Every number of a member by field. */
export async function valuesOf(tx: Tx, memberId: string): Promise<Record<string, number>> {
  const rows = await tx.send<{ field: string; value: number }>(
    numbers(tx.db, { communityId: tx.communityId, memberId }),
  )
  return Object.fromEntries(rows.map(({ field, value }) => [field, value]))
}

/** `<member> <field id>` → number, of several members. */
export async function valuesOfAll(tx: Tx, memberIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx.db
    .selectFrom('user_field_values')
    .select(['member_id', 'field_id', 'value'])
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[])`)
    .execute()
  return new Map(rows.map(({ member_id, field_id, value }) => [`${member_id} ${field_id}`, value]))
}

/** Nobody else changes a value of these members until the transaction ends. */
export async function holdValues(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await sql`
    select from members where community_id = ${tx.communityId} and id = any(${sql.val(memberIds)}::uuid[])
    order by id for no key update`.execute(tx.db)
}

/** A member's new value. */
export interface NewValue {
  memberId: string
  fieldId: string
  /** A whole number. */
  value: number
}

/**
 * Sets values: what they were before, the scores of every board that ranks by them, and the events that say so, in one
 * statement for one or for thousands. A value that is so already changes nothing. Boards count the change, as they count
 * an award; so over all time, a score is the value.
 *
 * @param values At most one of a member and field.
 * @param at When it happened: it decides the day, week, month and year that the change counts for.
 * @param actor Who changed them: a key's or a member's id.
 * @throws Failure `invalid_request` for a value that is no whole number, or too large; nothing is set then.
 */
export async function setValues(tx: Tx, values: readonly NewValue[], at: Date, actor: string): Promise<void> {
  if (values.length === 0) return
  if (!values.every(({ value }) => Number.isInteger(value) && Math.abs(value) <= largestValue))
    throw new Failure('invalid_request', 'A value must be a whole number up to 2^52 - 1.')
  await shareBoardLock(tx)
  await holdValues(
    tx,
    values.map(({ memberId }) => memberId),
  )
  if (isWholesale(values.length)) await lockCounts(tx).execute(tx.db)
  const column = <T>(pick: (value: NewValue) => T) => sql.val(values.map(pick))
  await sql`
    with fresh as (
      select g.*, v.value as previous from unnest(
        ${sql.val(values.map(() => newId()))}::uuid[], ${column((v) => v.memberId)}::uuid[],
        ${column((v) => v.fieldId)}::uuid[], ${column((v) => v.value)}::bigint[]
      ) as g (id, member_id, field_id, value)
      left join user_field_values v
        on v.community_id = ${tx.communityId} and v.member_id = g.member_id and v.field_id = g.field_id
      where v.value is distinct from g.value
    ), recorded as (
      insert into user_field_changes (community_id, id, field_id, member_id, value, previous, actor, recorded_at)
      select ${tx.communityId}::uuid, id, field_id, member_id, value, previous, ${actor}, ${at}::timestamptz from fresh
      returning 1
    ), kept as (
      insert into user_field_values (community_id, member_id, field_id, value)
      select ${tx.communityId}::uuid, member_id, field_id, value from fresh order by member_id, field_id
      on conflict (community_id, member_id, field_id) do update set value = excluded.value
    ), changes as (
      select member_id, 'field:' || f.field as metric, value - coalesce(previous, 0) as change
      from fresh join user_fields f on f.community_id = ${tx.communityId} and f.id = field_id
    ), ${scoreChanges(tx.communityId, values.length, at)}
    select`.execute(tx.db)
  tx.wake('events')
  tx.wake('scores')
}
