import { FieldText, type FieldType, type FieldValue, text } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import { z } from 'zod'
import type { Tx } from '../../db/database.js'
import { constraintOf } from '../../db/errors.js'
import type { Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { Failure, type FailureDetail } from '../failure.js'
import { isId, newId, nobody } from '../ids.js'
import { holdRow, takeBoards } from '../locks.js'
import { refuseNamed } from '../naming.js'
import { eraseRecords } from './histories.js'

/** Something that a community knows of its members beside what everybody has. */
export type Field = Selectable<Tables['user_fields']>

/** The largest number, either way: the change from one to another is at most 2^53 - 1 then, which every JSON reader keeps exact. */
export const largestValue = 2 ** 52 - 1

/** Whoever makes a member, or reads one, looks at all of them. */
const mostFields = 200

/** What the fields of each type can hold, and what is said of anything else. */
const types: Record<FieldType, { shape: z.ZodType<FieldValue>; must: string }> = {
  'single-line-text': { shape: FieldText, must: 'must be one line of 1 to 200 characters' },
  'multi-line-text': { shape: text(5000).trim().min(1), must: 'must be a text of 1 to 5,000 characters' },
  number: { shape: z.int().min(-largestValue).max(largestValue), must: 'must be a whole number up to 2^52 - 1' },
  boolean: { shape: z.boolean(), must: 'must be true or false' },
  date: { shape: z.iso.date().refine((day) => day >= '0001-01-01'), must: 'must be a day such as 2026-11-23' },
  select: { shape: z.string(), must: 'must be one of the options of the field' },
}

type Kind = Pick<Field, 'type' | 'options'>

/** What a field can hold of what somebody says; undefined where it cannot. */
export function readValue({ type, options }: Kind, value: unknown): FieldValue | undefined {
  const { data } = types[type].shape.safeParse(value)
  return type === 'select' && !options.includes(String(data)) ? undefined : data
}

/** The same of a cell of a file, which is never empty. */
export const readCell = (field: Kind, cell: string): FieldValue | undefined =>
  readValue(field, field.type === 'boolean' && /^(true|false)$/i.test(cell) ? /^t/i.test(cell) : cell)

/** Whether whoever makes a member must say it. */
export const isAsked = ({ is_required, default_value }: Field): boolean => is_required && default_value === null

/** What a value of the field must be like. */
export const mustBe = ({ type }: Kind): string => types[type].must

/** The community's fields, without those that were deleted. */
const fields = (tx: Tx) =>
  tx.db
    .selectFrom('user_fields')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('forgotten_to', 'is', null)

/** All of them, oldest first. */
export const listFields = (tx: Tx): Promise<Field[]> => fields(tx).orderBy('created_at').orderBy('id').execute()

/** Those of the fields that are there, by what requests call them. */
export async function findFields(tx: Tx, names: readonly string[]): Promise<Map<string, Field>> {
  if (names.length === 0) return new Map()
  const found = await fields(tx)
    .where(sql<boolean>`field = any(${sql.val(names)}::text[])`)
    .execute()
  return new Map(found.map((field) => [field.field, field]))
}

/** The same by their ids. */
export async function findFieldsById(tx: Tx, ids: readonly string[]): Promise<Map<string, Field>> {
  const found = await fields(tx)
    .where(sql<boolean>`id = any(${sql.val(ids)}::uuid[])`)
    .execute()
  return new Map(found.map((field) => [field.id, field]))
}

/** @throws Failure `not_found` */
export async function fieldById(tx: Tx, id: string): Promise<Field> {
  const field = isId(id) ? (await findFieldsById(tx, [id])).get(id) : undefined
  if (!field) throw new Failure('not_found', 'There is no such field.')
  return field
}

/**
 * Makes those of the fields that are not there yet, and answers all of them.
 * @param names What people call each, by what requests call it.
 * @throws Failure `conflict` where one is still being deleted, or there would be too many.
 */
export async function ensureFields(
  tx: Tx,
  names: Readonly<Record<string, string>>,
  at: Date,
  type: FieldType = 'number',
): Promise<Map<string, Field>> {
  const wanted = Object.entries(names)
  if (wanted.length === 0) return new Map()
  const made = await tx.db
    .insertInto('user_fields')
    .values(
      wanted.map(([field, name]) => ({
        community_id: tx.communityId,
        id: newId(at.getTime()),
        field,
        name,
        type,
        created_at: at,
        updated_at: at,
      })),
    )
    .onConflict((oc) => oc.columns(['community_id', 'field']).doNothing())
    .returning('id')
    .execute()
  if (made.length > 0) await refuseTooMany(tx)
  const found = await findFields(tx, Object.keys(names))
  for (const [field] of wanted) if (!found.has(field)) throw stillDeleted(field)
  return found
}

const stillDeleted = (field: string) =>
  new Failure('conflict', `The field "${field}" is still being deleted. Try again shortly.`)

/** Everything that can be set on a field. */
export interface FieldInput {
  name: string
  description?: string | undefined
  isRequired?: boolean | undefined
  defaultValue?: FieldValue | null | undefined
  options?: readonly string[] | undefined
}

/**
 * @param creatorId The member who makes it; null for a key.
 * @throws Failure `already_exists` for a name in use, `conflict` where there would be too many, `invalid_request` for
 * options or a default that do not fit the type.
 */
export async function createField(
  tx: Tx,
  input: FieldInput & { field: string; type: FieldType; creatorId: string | null },
  at: Date,
): Promise<Field> {
  const { field, type, name, description, isRequired, creatorId } = input
  try {
    const made = await tx.db
      .insertInto('user_fields')
      .values({
        community_id: tx.communityId,
        id: newId(at.getTime()),
        field,
        name: name.trim(),
        type,
        description,
        is_required: isRequired,
        ...checkedContents({ type, options: [], default_value: null }, input),
        creator_id: creatorId,
        created_at: at,
        updated_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await refuseTooMany(tx)
    return made
  } catch (error) {
    if (constraintOf(error) !== 'user_fields_field') throw error
    throw new Failure(
      'already_exists',
      `There is a field "${field}", or it is still being deleted. Choose another name.`,
    )
  }
}

async function refuseTooMany(tx: Tx): Promise<void> {
  atMost(mostFields, (await listFields(tx)).length, 'A community', 'fields')
}

/**
 * Changes what is given, and nothing else.
 * @param type What the asker takes its type for.
 * @throws Failure `not_found`, `conflict` for another type, `invalid_request` for options or a default that do not fit.
 */
export async function changeField(
  tx: Tx,
  id: string,
  { type, ...input }: FieldInput & { type: FieldType },
  at: Date,
): Promise<Field> {
  await fieldById(tx, id)
  const before = await holdRow(tx, fields(tx).where('id', '=', id))
  if (!before) throw new Failure('not_found', 'There is no such field.')
  if (type !== before.type) {
    throw new Failure('conflict', 'A field keeps its type. Make another field.', [
      { path: 'type', message: `is ${before.type}` },
    ])
  }
  const { name, description, isRequired } = input
  return tx.db
    .updateTable('user_fields')
    .set({
      name: name.trim(),
      ...(description !== undefined && { description }),
      ...(isRequired !== undefined && { is_required: isRequired }),
      ...checkedContents(before, input),
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The options and the default of a field after a request, as columns. */
function checkedContents(
  { type, ...before }: Pick<Field, 'type' | 'options' | 'default_value'>,
  input: Pick<FieldInput, 'options' | 'defaultValue'>,
) {
  const options = [...(input.options ?? before.options)]
  const { defaultValue = before.default_value } = input
  const value = defaultValue === null ? null : readValue({ type, options }, defaultValue)
  const wrong: FailureDetail[] = []
  if (type === 'select' && options.length === 0) wrong.push({ path: 'options', message: 'must hold what to choose' })
  if (type !== 'select' && options.length > 0) wrong.push({ path: 'options', message: 'are for fields of type select' })
  if (value === undefined) wrong.push({ path: 'defaultValue', message: mustBe({ type, options }) })
  if (wrong.length > 0) throw new Failure('invalid_request', 'The field does not fit its type.', wrong)
  return { options, default_value: value === null ? null : JSON.stringify(value) }
}

/**
 * Deletes a field. No request finds it any more; what it held is erased in the background, a step at a time.
 * @throws Failure `not_found`, or `conflict` while a leaderboard, a badge or a milestone names it.
 */
export async function deleteField(tx: Tx, id: string): Promise<void> {
  // Whoever sets a value or makes a board holds it too, so that none does while the field goes.
  await takeBoards(tx)
  const { field } = await fieldById(tx, id)
  await refuseNamed(tx, 'field', field)
  await tx.db
    .updateTable('user_fields')
    .set({ forgotten_to: nobody })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .execute()
  tx.wake('fields')
}

/** How many members one step looks at: whoever changes one of them waits no longer than it takes. */
const membersAtOnce = 1000

/** Erases what one of the deleted fields held of the next members, and the field with the last of them. Answers whether there may be more to do. */
export async function forgetNext(tx: Tx): Promise<boolean> {
  const field = await tx.db
    .selectFrom('user_fields')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('forgotten_to', 'is not', null)
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!field) return false
  const members = await tx.db
    .selectFrom('members')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('id', '>', field.forgotten_to)
    .orderBy('id')
    .limit(membersAtOnce)
    .execute()
  const among = sql<boolean>`= any(${sql.val(members.map(({ id }) => id))}::uuid[])`
  await tx.db
    .updateTable('members')
    .set({ fields: sql`fields - ${field.field}::text` })
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id ${among} and fields ? ${field.field}`)
    .execute()
  await tx.db
    .deleteFrom('user_field_values')
    .where('community_id', '=', tx.communityId)
    .where('field_id', '=', field.id)
    .where(sql<boolean>`member_id ${among}`)
    .execute()
  // Each may have had any number of values.
  if (!(await eraseRecords(tx, sql<boolean>`field_id = ${field.id} and member_id ${among}`))) return true
  const isLast = members.length < membersAtOnce
  const row = { community_id: tx.communityId, id: field.id }
  if (isLast)
    await tx.db
      .deleteFrom('user_fields')
      .where((eb) => eb.and(row))
      .execute()
  else {
    const forgotten_to = members.at(-1)!.id
    await tx.db
      .updateTable('user_fields')
      .set({ forgotten_to })
      .where((eb) => eb.and(row))
      .execute()
  }
  return true
}
