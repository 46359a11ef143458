import type { Period } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { listBadges } from '../badges/badges.js'
import { emit } from '../events.js'
import { Failure, type FailureDetail } from '../failure.js'
import { findFields, readValue } from '../fields/fields.js'
import { given } from '../given.js'
import { isId, newId } from '../ids.js'
import { holdRow, shareBoards, shareRow } from '../locks.js'
import { checkAt, refuseUnknown } from '../references.js'
import { listQuests } from '../socials/quests.js'
import type { Condition, Task } from './conditions.js'

/** One step of a milestone: what is asked, and what it gives. */
export type Stage = Omit<Selectable<Tables['milestone_stages']>, 'community_id' | 'milestone_id'>
type Multiplier = Stage['multipliers'][number]

/** What members do step by step, and are given for it. */
export type Milestone = Selectable<Tables['milestones']> & {
  /** In the order in which they are done. */
  stages: readonly Stage[]
}

export interface StageInput {
  /** The stage that is changed so; without it, it is a new one. */
  id?: string | undefined
  name: string
  description: string
  conditions: Condition
  xp: number
  currency: number
  badgeId: string | null
  multipliers: readonly Multiplier[]
  supply: number | null
}

/** What a caller can set. */
export interface MilestoneInput {
  name?: string | undefined
  description?: string | undefined
  icon?: string | undefined
  labels?: readonly string[] | undefined
  period?: Period | undefined
  startsAt?: Date | null | undefined
  endsAt?: Date | null | undefined
  requires?: Condition | null | undefined
  isEnabled?: boolean | undefined
  displayOrder?: number | undefined
  stages?: readonly StageInput[] | undefined
}

/** Pages show all of them. */
const mostMilestones = 100

function columnsOf(input: MilestoneInput) {
  const columns = {
    name: input.name?.trim(),
    description: input.description,
    icon: input.icon,
    labels: input.labels && [...input.labels],
    period: input.period,
    starts_at: input.startsAt,
    ends_at: input.endsAt,
    requires: input.requires && JSON.stringify(input.requires),
    is_enabled: input.isEnabled,
    display_order: input.displayOrder,
  }
  return given(columns)
}

const milestones = (tx: Tx) => tx.db.selectFrom('milestones').where('community_id', '=', tx.communityId)

/** The same with their stages, which are read in one more statement. */
async function withStages(tx: Tx, rows: readonly Selectable<Tables['milestones']>[]): Promise<Milestone[]> {
  if (rows.length === 0) return []
  const stages = await tx.db
    .selectFrom('milestone_stages')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where(
      'milestone_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('position')
    .execute()
  return rows.map((row) => ({ ...row, stages: stages.filter(({ milestone_id }) => milestone_id === row.id) }))
}

/** In the operator's order. */
export async function listMilestones(
  tx: Tx,
  { page, limit }: { page: number; limit: number },
): Promise<{ rows: Milestone[]; total: number }> {
  const [rows, total] = await Promise.all([
    milestones(tx)
      .selectAll()
      .orderBy('display_order')
      .orderBy('created_at')
      .orderBy('id')
      .limit(limit)
      .offset((page - 1) * limit)
      .execute(),
    countMilestones(tx),
  ])
  return { rows: await withStages(tx, rows), total }
}

async function countMilestones(tx: Tx): Promise<number> {
  const { n } = await milestones(tx)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

/** Those that pages show, in the operator's order. */
export async function shownMilestones(tx: Tx): Promise<Milestone[]> {
  const rows = await milestones(tx)
    .selectAll()
    .where('is_enabled', '=', true)
    .orderBy('display_order')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return withStages(tx, rows)
}

/** @throws Failure `not_found` */
export const milestoneById = (tx: Tx, id: string): Promise<Milestone> =>
  found(tx, id, (query) => query.executeTakeFirst())

/**
 * A milestone that pages show, which nobody changes until the transaction ends.
 * @throws Failure `not_found`
 */
export const shareMilestone = (tx: Tx, id: string): Promise<Milestone> =>
  found(tx, id, (query) => shareRow(tx, query.where('is_enabled', '=', true)))

async function found(
  tx: Tx,
  id: string,
  find: (query: ReturnType<typeof oneById>) => Promise<Selectable<Tables['milestones']> | undefined>,
): Promise<Milestone> {
  const row = isId(id) ? await find(oneById(tx, id)) : undefined
  const [milestone] = await withStages(tx, row ? [row] : [])
  if (!milestone) throw new Failure('not_found', 'There is no such milestone.')
  return milestone
}

const oneById = (tx: Tx, id: string) => milestones(tx).selectAll().where('id', '=', id)

/**
 * @throws Failure `unknown_reference` for a badge, role, field or quest that is not here, `invalid_request` for a value that its
 * field cannot hold, `conflict` where there are too many.
 */
export async function createMilestone(
  tx: Tx,
  input: MilestoneInput & { name: string; stages: readonly StageInput[] },
  at: Date,
): Promise<Milestone> {
  // What it names stays while it is held.
  await shareBoards(tx)
  await checkInput(tx, input)
  atMost(mostMilestones, (await countMilestones(tx)) + 1, 'A community', 'milestones')
  const id = newId(at.getTime())
  await tx.db
    .insertInto('milestones')
    .values({
      ...columnsOf(input),
      community_id: tx.communityId,
      id,
      name: input.name.trim(),
      starts_at: input.startsAt ?? null,
      ends_at: input.endsAt ?? null,
      created_at: at,
      updated_at: at,
    })
    .execute()
  await putStages(tx, id, input.stages, at)
  await emit(tx, 'milestone.changed', null)
  return milestoneById(tx, id)
}

/** @throws Failure what `createMilestone` does, and `unknown_reference` for a stage that is not the milestone's. */
export async function updateMilestone(tx: Tx, id: string, input: MilestoneInput, at: Date): Promise<Milestone> {
  await shareBoards(tx)
  const before = await found(tx, id, (query) => holdRow(tx, query))
  await checkInput(tx, { startsAt: before.starts_at, endsAt: before.ends_at, ...given(input) })
  await tx.db
    .updateTable('milestones')
    .set({ ...columnsOf(input), updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', before.id)
    .execute()
  if (input.stages) await putStages(tx, before.id, input.stages, at)
  await emit(tx, 'milestone.changed', null)
  return milestoneById(tx, before.id)
}

/** Deletes a milestone with its stages. What it gave stays with the members, and who claimed it stands where it did. */
export async function deleteMilestone(tx: Tx, id: string): Promise<void> {
  const { id: known } = await milestoneById(tx, id)
  await tx.db.deleteFrom('milestones').where('community_id', '=', tx.communityId).where('id', '=', known).execute()
  await emit(tx, 'milestone.changed', null)
}

/** Puts stages in the place of those that there were. The row of the milestone is held. */
async function putStages(tx: Tx, milestoneId: string, stages: readonly StageInput[], at: Date): Promise<void> {
  const stagesThere = tx.db
    .selectFrom('milestone_stages')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('milestone_id', '=', milestoneId)
  const known = new Set((await stagesThere.execute()).map(({ id }) => id))
  const named = Object.fromEntries(
    stages.flatMap(({ id }, n) => (id === undefined ? [] : [[`stages.${n}.stageId`, id]])),
  )
  refuseUnknown('stages', named, known)
  await tx.db
    .deleteFrom('milestone_stages')
    .where('community_id', '=', tx.communityId)
    .where('milestone_id', '=', milestoneId)
    .execute()
  const limited = stages.flatMap(({ id, supply }) => (id === undefined || supply === null ? [] : [id]))
  const claimed = await countClaims(tx, milestoneId, limited)
  await tx.db
    .insertInto('milestone_stages')
    .values(
      stages.map(({ id = newId(at.getTime()), ...stage }, n) => ({
        community_id: tx.communityId,
        milestone_id: milestoneId,
        id,
        position: n + 1,
        name: stage.name.trim(),
        description: stage.description,
        conditions: JSON.stringify(stage.conditions),
        xp: stage.xp,
        currency: stage.currency,
        badge_id: stage.badgeId,
        multipliers: JSON.stringify(stage.multipliers),
        supply: stage.supply,
        claimed: stage.supply === null ? null : (claimed.get(id) ?? 0),
      })),
    )
    .execute()
}

/** How often stages of a milestone were claimed. */
async function countClaims(tx: Tx, milestoneId: string, stageIds: readonly string[]): Promise<Map<string, number>> {
  if (stageIds.length === 0) return new Map()
  const rows = await tx.db
    .selectFrom('milestone_claims')
    .select(['stage_id', (eb) => eb.fn.countAll<number>().as('n')])
    .where('community_id', '=', tx.communityId)
    .where('milestone_id', '=', milestoneId)
    .where('stage_id', 'in', stageIds)
    .groupBy('stage_id')
    .execute()
  return new Map(rows.map(({ stage_id, n }) => [stage_id, n]))
}

/** Every task of an input by its path in the request. */
function tasksByPath(path: string, condition: Condition): [path: string, task: Task][] {
  return 'conditions' in condition
    ? condition.conditions.flatMap((one, n) => tasksByPath(`${path}.conditions.${n}`, one))
    : [[path, condition]]
}

async function checkInput(tx: Tx, { startsAt, endsAt, requires, stages = [] }: MilestoneInput): Promise<void> {
  if (startsAt && endsAt && startsAt >= endsAt)
    throw refused('It must end after it starts.', [{ path: 'endsAt', message: 'must lie after startsAt' }])
  const tasks = [
    ...(requires ? tasksByPath('requires', requires) : []),
    ...stages.flatMap(({ conditions }, n) => tasksByPath(`stages.${n}.conditions`, conditions)),
  ]
  const named = <K extends string>(name: K) =>
    tasks.flatMap(([path, task]) => {
      const id = (task as Partial<Record<K, string>>)[name]
      return id === undefined ? [] : [[`${path}.${name}`, id] as const]
    })
  const ofStages = (name: string, idOf: (stage: StageInput) => string | null) =>
    stages.flatMap((stage, n) => {
      const id = idOf(stage)
      return id === null ? [] : [[`stages.${n}.${name}`, id] as const]
    })
  const roles = [
    ...named('roleId'),
    ...stages.flatMap(({ multipliers }, n) =>
      multipliers.flatMap(({ roleId }, m) =>
        roleId ? [[`stages.${n}.multipliers.${m}.roleId`, roleId] as const] : [],
      ),
    ),
  ]
  await checkAt(tx, 'roles', Object.fromEntries(roles))
  const badges = [...named('badgeId'), ...ofStages('rewards.badgeId', ({ badgeId }) => badgeId)]
  if (badges.length > 0)
    refuseUnknown('badges', Object.fromEntries(badges), new Set((await listBadges(tx)).map(({ id }) => id)))
  const quests = named('questId')
  if (quests.length > 0)
    refuseUnknown('quests', Object.fromEntries(quests), new Set((await listQuests(tx)).map(({ id }) => id)))
  await checkFields(
    tx,
    tasks.flatMap(([path, task]) => (task.kind === 'field' ? [[path, task] as const] : [])),
  )
}

/** A comparison is of a field that is here, and with a value that it can hold. */
async function checkFields(tx: Tx, tasks: readonly (readonly [string, Task & { kind: 'field' }])[]): Promise<void> {
  const fields = await findFields(tx, [...new Set(tasks.map(([, { field }]) => field))])
  const named = Object.fromEntries(tasks.map(([path, { field }]) => [`${path}.field`, field]))
  refuseUnknown('fields', named, new Set(fields.keys()))
  const wrong = tasks.flatMap(([path, task]): FailureDetail[] => {
    const field = fields.get(task.field)!
    if (readValue(field, task.value) === undefined)
      return [{ path: `${path}.value`, message: 'must be a value that the field can hold' }]
    const isAmount = task.is === 'equal' || field.type === 'number'
    return isAmount ? [] : [{ path: `${path}.is`, message: 'must be equal where the field is none of numbers' }]
  })
  if (wrong.length > 0) throw refused('A condition does not fit its field.', wrong)
}

const refused = (message: string, details: readonly FailureDetail[]) => new Failure('invalid_request', message, details)
