import type { FieldValue } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { badgesOf } from '../badges/awards.js'
import type { Stretch } from '../clock.js'
import type { Community } from '../communities.js'
import { countFacts, type FactQuery } from '../facts.js'
import { Failure } from '../failure.js'
import { type Field, findFields, readValue } from '../fields/fields.js'
import { valuesOf } from '../fields/values.js'
import { gamificationOf, standingOf, tiersOf } from '../gamification/settings.js'
import { currentStreak, visitsOf } from '../gamification/visits.js'
import { type GainQuery, gainsOf } from '../members/activity.js'
import { balancesOf, findMember } from '../members/members.js'
import { rolesOf } from '../roles.js'
import { type Condition, type Measure, type Task, tasksOf } from './conditions.js'

/** What is known of somebody that conditions and rewards ask for. */
export interface Known {
  /** What is measured of tasks in a run. */
  measureIn(run: Stretch): Measure
  roleIds: ReadonlySet<string>
  /** The number of their tier; 0 below the first. */
  tier: number
}

/** Conditions, and the run in which they count. */
export interface Asked {
  run: Stretch
  conditions: readonly Condition[]
}

/** Of a visitor: nothing. */
export const nobodyKnown: Known = {
  measureIn: () => (task) => ({ have: 0, need: needOf(task) }),
  roleIds: new Set(),
  tier: 0,
}

/**
 * Looks up what conditions ask about a member, in as many statements for all of them as for one.
 * @throws Failure `unauthorized` for a member who is gone.
 */
export async function knownOf(
  tx: Tx,
  memberId: string,
  community: Community,
  asked: readonly Asked[],
  at: Date,
): Promise<Known> {
  const questions = questionsOf(asked)
  const [member, settings, balances, visits, badges, fields, numbers, counted, gained] = await Promise.all([
    findMember(tx, { id: memberId }),
    gamificationOf(tx),
    balancesOf(tx, memberId),
    visitsOf(tx, memberId),
    badgesOf(tx, memberId),
    findFields(tx, [...questions.fields]),
    valuesOf(tx, memberId),
    countFacts(tx, memberId, [...questions.facts.values()]),
    gainsOf(tx, memberId, [...questions.gains.values()]),
  ])
  if (!member) throw new Failure('unauthorized')
  const { days } = currentStreak(visits, member, community, settings, at)
  const answers = new Map([
    ...[...questions.facts.keys()].map((key, n) => [key, counted[n]!] as const),
    ...[...questions.gains.keys()].map((key, n) => [key, gained[n]!] as const),
  ])
  const badgeIds = new Set(badges.map(({ id }) => id))
  const roleIds = new Set((await rolesOf(tx, member)).map(({ id }) => id))
  const values = new Map(Object.entries({ ...member.fields, ...numbers }))

  const haveOf = (task: Task, run: Stretch): number => {
    switch (task.kind) {
      case 'balance':
        return balances[task.unit]
      case 'streak':
        return days
      case 'field':
        return haveOfField(task, values.get(task.field))
      case 'badge':
        return Number(badgeIds.has(task.badgeId))
      case 'role':
        return Number(roleIds.has(task.roleId))
      case 'social':
        return Math.min(1, answers.get(questionOf(task, run))!)
      default:
        return answers.get(questionOf(task, run))!
    }
  }
  const measureOf = (task: Task, run: Stretch) =>
    task.kind === 'field' && !fits(task, fields.get(task.field))
      ? { have: 0, need: 1 }
      : { have: haveOf(task, run), need: needOf(task) }
  return {
    measureIn: (run) => (task) => measureOf(task, run),
    roleIds,
    tier: standingOf(tiersOf(community, settings), balances.xp)?.number ?? 0,
  }
}

/** How much of a task is enough. What one has or has not is 1. */
function needOf(task: Task): number {
  switch (task.kind) {
    case 'streak':
      return task.days
    case 'field':
      return isCounted(task) ? task.value : 1
    case 'badge':
    case 'role':
    case 'social':
      return 1
    default:
      return task.atLeast
  }
}

type FieldTask = Task & { kind: 'field' }

/** Whether it is told how much is missing: of a number that is to become larger. */
const isCounted = (task: FieldTask): task is FieldTask & { value: number } =>
  task.is === 'at_least' && typeof task.value === 'number'

/** Whether a field is there that can be compared so: one of another type may have come in its place. */
const fits = ({ is, value }: FieldTask, field: Field | undefined): boolean =>
  field !== undefined && readValue(field, value) !== undefined && (is === 'equal' || field.type === 'number')

/** A number that there is no value of is 0, as boards count it. */
function haveOfField(task: FieldTask, value: FieldValue | undefined): number {
  if (isCounted(task)) return Number(value ?? 0)
  return Number(task.is === 'equal' ? value === task.value : Number(value ?? 0) <= Number(task.value))
}

interface Questions {
  facts: Map<string, FactQuery>
  gains: Map<string, GainQuery>
  /** What requests call the fields that are compared. */
  fields: Set<string>
}

/** What is looked up for tasks, each thing once however many ask for it. */
function questionsOf(asked: readonly Asked[]): Questions {
  const facts = new Map<string, FactQuery>()
  const gains = new Map<string, GainQuery>()
  const fields = new Set<string>()
  for (const { run, conditions } of asked) {
    const time = { since: run.startsAt, until: run.endsAt }
    for (const task of conditions.flatMap(tasksOf)) {
      const question = questionOf(task, run)
      switch (task.kind) {
        case 'earned':
          gains.set(question, { unit: task.unit, ...time })
          break
        case 'field':
          fields.add(task.field)
          break
        case 'message':
        case 'reply':
        case 'reaction':
        case 'referral':
        case 'visit':
        case 'wish':
          facts.set(question, { kind: task.kind, subject: null, ...time })
          break
        case 'social':
          facts.set(question, { kind: task.kind, subject: task.questId, ...time })
          break
      }
    }
  }
  return { facts, gains, fields }
}

const questionOf = (task: Task, { startsAt, endsAt }: Stretch): string => {
  const what = 'unit' in task ? task.unit : 'questId' in task ? task.questId : ''
  return `${task.kind} ${what} ${startsAt?.getTime()} ${endsAt?.getTime()}`
}
