import type { managementFamily } from '@rai/contract'

/** One thing that is asked. */
export type Task = managementFamily.Task
/** A task, or a group of which all or any are asked. */
export type Condition = managementFamily.Condition

/** How far something is. */
export interface Progress {
  have: number
  need: number
  /** 100 exactly when it is met. */
  percent: number
  met: boolean
}

export interface TaskProgress extends Progress {
  task: Task
}

/** How many of a group are met, of how many that need to be. */
export interface GroupProgress extends Progress {
  kind: 'all' | 'any'
  conditions: readonly ConditionProgress[]
}

export type ConditionProgress = TaskProgress | GroupProgress

/** How much there is of what a task asks, and how much is enough. */
export type Measure = (task: Task) => Pick<Progress, 'have' | 'need'>

/** How far a condition is, by what is measured of its tasks. */
export function progressOf(condition: Condition, measure: Measure): ConditionProgress {
  if (!('conditions' in condition)) {
    const { have, need } = measure(condition)
    const met = have >= need
    return { task: condition, have, need, met, percent: met ? 100 : shareOf(have, need) }
  }
  const { kind } = condition
  const conditions = condition.conditions.map((one) => progressOf(one, measure))
  const percents = conditions.map(({ percent }) => percent)
  const need = kind === 'all' ? conditions.length : 1
  const have = Math.min(need, conditions.filter(({ met }) => met).length)
  // Of any, the one that is furthest is what counts.
  const percent = kind === 'all' ? Math.floor(sum(percents) / need) : Math.max(...percents)
  return { kind, conditions, have, need, met: have === need, percent }
}

/** Below 100, however near. */
const shareOf = (have: number, need: number): number =>
  need > 0 ? Math.min(99, Math.max(0, Math.floor((have / need) * 100))) : 0

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

/** Every task of a condition. */
export const tasksOf = (condition: Condition): Task[] =>
  'conditions' in condition ? condition.conditions.flatMap(tasksOf) : [condition]

/** The tasks that are to be done, or one of which is, where that is enough. */
export const openTasks = (condition: ConditionProgress): TaskProgress[] => {
  if (condition.met) return []
  return 'conditions' in condition ? condition.conditions.flatMap(openTasks) : [condition]
}

/** Whether a member has begun with any of the tasks. */
export const isBegun = (condition: ConditionProgress): boolean =>
  'conditions' in condition ? condition.conditions.some(isBegun) : condition.have > 0

/** The task that is nearest to done; of equals the one that lacks least, then the first. */
export const nearestOf = (tasks: readonly TaskProgress[]): TaskProgress | undefined =>
  tasks.toSorted((a, b) => b.percent - a.percent || missing(a) - missing(b))[0]

export const missing = ({ have, need }: Pick<Progress, 'have' | 'need'>): number => need - have
