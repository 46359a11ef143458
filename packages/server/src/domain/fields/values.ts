import type { FieldContent, FieldSource, FieldValue } from '@rai/contract'
import { type RawBuilder, sql } from 'kysely'
import { writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { type Given, reachedBadges } from '../badges/reached.js'
import { Failure } from '../failure.js'
import { newId } from '../ids.js'
import { boardsRanking, countMoved } from '../leaderboards/counting.js'
import { isWholesale, scoreChanges } from '../leaderboards/scores.js'
import { giveBadges } from '../ledger.js'
import { lockBalances, lockMembers, mayTakeCounts, shareBoards, takeCounts } from '../locks.js'
import { type Field, fieldById, findFieldsById, listFields, mustBe, readValue } from './fields.js'
import { eraseRecords } from './histories.js'

/*
 * Numbers stand in a table, for boards add them up; all else in members.fields, for boards say by it whom they rank. Whatever
 * is written is recorded in the same statement (user_field_changes), so that there is no value without a history.
 */

const numbers = writeOnce<{ communityId: string; memberId: string }>(
  ({ communityId, memberId }) => sql`
    select f.field, v.value from user_field_values v join user_fields f on f.community_id = v.community_id and f.id = v.field_id
    where v.community_id = ${communityId} and v.member_id = ${memberId} and f.forgotten_to is null order by f.field`,
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
  // What is set may give a badge, and the badge points.
  await lockBalances(tx, memberIds)
  await lockMembers(tx, memberIds)
}

/** A member's new value. */
export interface NewValue {
  memberId: string
  fieldId: string
  value: FieldValue
  /** What its record is called; default: an id of its own. */
  id?: string
}

/** Whose doing a change is, and since when it is so. */
export interface Cause {
  /** Decides the day, week, month and year that a change of a number counts for. */
  at: Date
  source: FieldSource
  /** A key's or a member's id; null for nobody's. */
  actor: string | null
}

/** Which of the values are set and recorded. */
const which = {
  /** Those that are not so already. */
  different: (previous: RawBuilder<unknown>, value: RawBuilder<unknown>) => sql`${previous} is distinct from ${value}`,
  /** Those of members who have none. */
  missing: (previous: RawBuilder<unknown>) => sql`${previous} is null`,
  all: () => sql`true`,
}

/** How values are set. */
interface Setting {
  /** Default: `different`. */
  set?: keyof typeof which
  /** Tell each member's pages that a badge changed their balance (default). A bulk job says so once for all instead. */
  announce?: boolean
}

/** A value beside its field. */
type Known = NewValue & { field: Field }

/**
 * Sets values: what they were before, the scores of every board that ranks by them, and the events that say so. One statement
 * of each kind for one or for thousands. Boards count the change of a number, as they count an award; so over all time, a score
 * is the value. The badges that members reach by it are given after it.
 *
 * A value of a field that was deleted since the asker looked is passed over.
 *
 * @param values At most one of a member and field.
 * @throws Failure `invalid_request` for a value that its field cannot hold; nothing is set then.
 */
export async function setValues(
  tx: Tx,
  values: readonly NewValue[],
  cause: Cause,
  { set = 'different', announce = true }: Setting = {},
): Promise<void> {
  if (values.length === 0) return
  // Fields do not go while it is held.
  await shareBoards(tx)
  const fields = await findFieldsById(tx, [...new Set(values.map(({ fieldId }) => fieldId))])
  const known = values.flatMap((value): Known[] => {
    const field = fields.get(value.fieldId)
    return field ? [{ ...value, field }] : []
  })
  const wrong = known.find(({ field, value }) => readValue(field, value) === undefined)
  if (wrong) throw new Failure('invalid_request', `A value of "${wrong.field.field}" ${mustBe(wrong.field)}.`)
  const ofNumbers = known.filter(({ field }) => field.type === 'number')
  const ofContents = known.filter(({ field }) => field.type !== 'number')
  const countsItself = isWholesale(ofNumbers.length) && mayTakeCounts(tx)
  if (ofContents.length > 0 || countsItself) await takeCounts(tx)
  await holdValues(
    tx,
    known.map(({ memberId }) => memberId),
  )
  await giveBadges(tx, await setNumbers(tx, ofNumbers, cause, set, countsItself), cause.at, announce)
  await setContents(tx, ofContents, cause, set)
}

/** Of values `(id, member_id, field_id, field, value)` in rows. */
const rowsOf = (values: readonly Known[], type: RawBuilder<unknown>, write: (value: FieldValue) => unknown) => sql`
  unnest(
    ${sql.val(values.map(({ id }) => id ?? newId()))}::uuid[], ${sql.val(values.map(({ memberId }) => memberId))}::uuid[],
    ${sql.val(values.map(({ fieldId }) => fieldId))}::uuid[], ${sql.val(values.map(({ field }) => field.field))}::text[],
    ${sql.val(values.map(({ value }) => write(value)))}::${type}[]
  ) as g (id, member_id, field_id, field, value)`

const numbersIn = (values: readonly Known[]) => rowsOf(values, sql`bigint`, (value) => value)
const contentsIn = (values: readonly Known[]) => rowsOf(values, sql`jsonb`, (value) => JSON.stringify(value))

/** Answers which badges were reached. */
async function setNumbers(
  tx: Tx,
  values: readonly Known[],
  cause: Cause,
  set: keyof typeof which,
  countsItself: boolean,
): Promise<Given[]> {
  if (values.length === 0) return []
  const { rows } = await sql<{ reached: Given[] }>`
    with fresh as (
      select g.*, v.value as previous from ${numbersIn(values)}
      left join user_field_values v
        on v.community_id = ${tx.communityId} and v.member_id = g.member_id and v.field_id = g.field_id
      where ${which[set](sql`v.value`, sql`g.value`)}
    ), recorded as (
      ${record(tx, 'number', cause)}
    ), kept as (
      insert into user_field_values (community_id, member_id, field_id, value)
      select ${tx.communityId}::uuid, member_id, field_id, value from fresh order by member_id, field_id
      on conflict (community_id, member_id, field_id) do update set value = excluded.value
    ), totals as (
      select member_id, 'field:' || field as metric, coalesce(previous, 0) as previous, value as total
      from fresh where value is distinct from previous
    ), changes as (
      select member_id, metric, total - previous as change from totals
    ), ${scoreChanges(tx.communityId, countsItself, cause.at)}
    select ${reachedBadges(tx.communityId)} as reached`.execute(tx.db)
  tx.wake('events')
  tx.wake('scores')
  return rows[0]!.reached
}

/** Needs the lock on counts. */
async function setContents(tx: Tx, values: readonly Known[], cause: Cause, set: keyof typeof which): Promise<void> {
  if (values.length === 0) return
  const ofMembers = new Map<string, Record<string, FieldValue>>()
  for (const { memberId, field, value } of values)
    ofMembers.set(memberId, { ...ofMembers.get(memberId), [field.field]: value })
  const { rows } = await sql<{ member_id: string; field: string }>`
    with fresh as (
      select g.*, m.fields -> g.field as previous from ${contentsIn(values)}
      join members m on m.community_id = ${tx.communityId} and m.id = g.member_id
      where ${which[set](sql`(m.fields -> g.field)`, sql`g.value`)}
    ), recorded as (
      ${record(tx, 'content', cause)}
    ), kept as (
      update members m set
        fields = ${set === 'missing' ? sql`s.fields || m.fields` : sql`m.fields || s.fields`}
      from unnest(
        ${sql.val([...ofMembers.keys()])}::uuid[],
        ${sql.val([...ofMembers.values()].map((fields) => JSON.stringify(fields)))}::jsonb[]
      ) as s (member_id, fields)
      where m.community_id = ${tx.communityId} and m.id = s.member_id and m.id = any(array(select member_id from fresh))
    )
    select member_id, field from fresh where previous is distinct from value`.execute(tx.db)
  if (rows.length === 0) return
  const distinct = (name: 'member_id' | 'field') => [...new Set(rows.map((row) => row[name]))]
  await countMoved(tx, await boardsRanking(tx, { fields: distinct('field') }), distinct('member_id'))
}

/** Writes what a CTE `fresh (id, member_id, field_id, value, previous)` has down for ever. */
function record(tx: Tx, kind: 'number' | 'content', { at, source, actor }: Cause) {
  const columns = kind === 'number' ? sql`value, previous` : sql`content, previous_content`
  return sql`
    insert into user_field_changes (community_id, id, field_id, member_id, ${columns}, source, actor, recorded_at)
    select ${tx.communityId}::uuid, id, field_id, member_id, value, previous, ${source}::text, ${actor}::text, ${at}::timestamptz
    from fresh
    returning 1`
}

/**
 * Records what members were made with, where their rows hold it already: everything but numbers. No board has counted them
 * yet.
 */
export async function recordFirst(tx: Tx, values: readonly NewValue[], cause: Cause): Promise<void> {
  if (values.length === 0) return
  const fields = await findFieldsById(tx, [...new Set(values.map(({ fieldId }) => fieldId))])
  const known = values.map((value) => ({ ...value, field: fields.get(value.fieldId)! }))
  await sql`
    with fresh as (select g.*, null::jsonb as previous from ${contentsIn(known)})
    ${record(tx, 'content', cause)}`.execute(tx.db)
}

/** Erases some of what was recorded of members: everything but numbers. Answers whether it was the last. */
export const eraseContents = (tx: Tx, memberIds: readonly string[]): Promise<boolean> =>
  eraseRecords(
    tx,
    sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[]) and content is not null
      and field_id = any(array(select id from user_fields where community_id = ${tx.communityId}))`,
  )

/** Takes the lock on counts, if new members may be given values: some count, and by then members are held. */
export async function takeCountsForFields(tx: Tx): Promise<void> {
  if ((await listFields(tx)).length > 0) await takeCounts(tx)
}

/** Gives new members the defaults of fields that nothing is said of. */
export async function giveDefaults(tx: Tx, memberIds: readonly string[], at: Date, announce = true): Promise<void> {
  const fields = await listFields(tx)
  const values = fields.flatMap(({ id: fieldId, default_value: value }) =>
    value === null ? [] : memberIds.map((memberId) => ({ memberId, fieldId, value })),
  )
  await setValues(tx, values, { at, source: 'default', actor: null }, { set: 'missing', announce })
}

/**
 * Records one value, also where it is the same as before. It becomes the member's value unless a newer one was recorded: then
 * it is history alone, and no board counts it.
 * @param memberId Somebody who is there.
 * @returns What its record is called.
 * @throws Failure `not_found` for a field that was deleted since the asker looked.
 */
export async function recordValue(
  tx: Tx,
  { memberId, field, value }: { memberId: string; field: Field; value: FieldValue },
  cause: Cause,
): Promise<string> {
  await shareBoards(tx)
  await fieldById(tx, field.id)
  if (field.type !== 'number') await takeCounts(tx)
  await holdValues(tx, [memberId])
  const id = newId()
  const records = tx.db
    .selectFrom('user_field_changes')
    .select(['value', 'content'])
    .where('community_id', '=', tx.communityId)
    .where('field_id', '=', field.id)
    .where('member_id', '=', memberId)
  const newer = await records.where('recorded_at', '>', cause.at).limit(1).executeTakeFirst()
  if (!newer) {
    await setValues(tx, [{ id, memberId, fieldId: field.id, value }], cause, { set: 'all' })
    return id
  }
  const before = await records
    .where('recorded_at', '<=', cause.at)
    .orderBy('recorded_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const isNumber = typeof value === 'number'
  const content = (one: FieldContent | null | undefined) => (one == null ? null : JSON.stringify(one))
  await tx.db
    .insertInto('user_field_changes')
    .values({
      community_id: tx.communityId,
      id,
      field_id: field.id,
      member_id: memberId,
      value: isNumber ? value : null,
      previous: before?.value ?? null,
      content: isNumber ? null : content(value),
      previous_content: content(before?.content),
      source: cause.source,
      actor: cause.actor,
      is_late: true,
      recorded_at: cause.at,
    })
    .execute()
  return id
}
