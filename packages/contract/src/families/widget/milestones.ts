import { z } from 'zod'
import { table } from '../../route.js'
import { Amount, Day, Id, line, Period, Time, Unit } from '../../schemas.js'
import { anyPage, Key, memberOnly } from './common.js'

const stateNames = [
  /** Not open to the member yet. */
  'locked',
  /** Open, and nothing of it done. */
  'available',
  'in_progress',
  /** Done, and there is nothing to claim. */
  'complete',
  /** Done: the reward waits. */
  'claimable',
  'claimed',
  /** Over before it was claimed. */
  'expired',
  /** Others have claimed all there was. */
  'sold_out',
] as const
/** How a stage, or a milestone by the stage that is on, stands for the member. Pages switch over all of them. */
export type MilestoneState = (typeof stateNames)[number]
const State = z.enum(stateNames)

const reasonCodes = [
  /** `locked`: nobody is signed in. */
  'signed_out',
  /** `locked` until `startsAt`. */
  'not_started',
  /** `locked` until `requires` is met; the numbers are its own. */
  'requirement',
  /** `locked`: how many stages before it are done, of how many. */
  'stage_before',
  /** `available`, `in_progress`: what is done, of what is asked. */
  'to_do',
  /** `complete`, `claimable`, `claimed`: the same. */
  'done',
  /** `expired`: the same. */
  'ended',
  /** `sold_out`: how many were claimed, of how many there were. */
  'none_left',
] as const
/** Why it stands so. */
export type ReasonCode = (typeof reasonCodes)[number]
const Reason = z
  .strictObject({ code: z.enum(reasonCodes), have: Amount, need: Amount })
  .meta({ id: 'MilestoneReason', description: 'Why a stage is in its state, with the numbers that the code is about' })

const percent = z.int().min(0).max(100)
/** How far something is: 100 percent exactly when it is done. */
const progress = { have: Amount, need: Amount, percent }

const taskKinds = [
  'earned',
  'balance',
  'message',
  'reply',
  'reaction',
  'referral',
  'visit',
  'wish',
  'streak',
  'field',
  'badge',
  'role',
  'social',
] as const

const Task = z
  .strictObject({
    kind: z.enum(taskKinds),
    /** What the operator calls it; null where the page says it by `kind`, `subject` and `need`. */
    title: z.string().nullable(),
    /** What it is about, by the name that the community gave it: a unit, a field, a badge, a role; else null. */
    subject: z.string().nullable(),
    /** Of `earned` and `balance`; else null. */
    unit: Unit.nullable(),
    /** The page where it is done. */
    link: z.url().nullable(),
    met: z.boolean(),
    ...progress,
  })
  .meta({ id: 'MilestoneTask', description: 'One thing that is asked' })

const groupOf = <T extends z.ZodType>(inner: T) =>
  z.strictObject({
    /** Whether all of them are asked, or one is enough. */
    kind: z.enum(['all', 'any']),
    met: z.boolean(),
    /** How many of them are met, of how many that need to be. */
    ...progress,
    conditions: z.array(inner),
  })
const Condition = z.union([Task, groupOf(z.union([Task, groupOf(z.union([Task, groupOf(Task)]))]))])

const Badge = z.strictObject({ id: Id, title: z.string(), image: z.url().nullable() }).meta({ id: 'RewardBadge' })
const units = { xp: z.int().min(0), currency: z.int().min(0) }

const Boost = z
  .strictObject({
    percent: z.int().min(101),
    /** Who it is for: the name of a role, the number of the lowest tier; null for all. */
    role: z.string().nullable(),
    tier: z.int().min(1).nullable(),
    startsAt: Time.nullable(),
    endsAt: Time.nullable(),
    /** Whether it is in `xp` and `currency` already. True of one at most. */
    applies: z.boolean(),
  })
  .meta({ id: 'RewardBoost', description: 'When a reward is larger' })

const Reward = z
  .strictObject({
    /** What the member is given who claims it now; of what was claimed, what they were given. */
    ...units,
    /** The same without a boost. */
    base: z.strictObject(units),
    badge: Badge.nullable(),
    boosts: z.array(Boost),
  })
  .meta({ id: 'MilestoneReward' })

const Stage = z
  .strictObject({
    id: Id,
    /** 1 is the first. */
    number: z.int().min(1),
    name: z.string(),
    description: z.string(),
    state: State,
    reason: Reason,
    ...progress,
    conditions: Condition,
    reward: Reward,
    /** How many can be claimed in all, and are left; null where there is no end. */
    supply: z.strictObject({ total: z.int().min(1), left: z.int().min(0) }).nullable(),
    claimedAt: Time.nullable(),
  })
  .meta({ id: 'MilestoneStage' })

const Milestone = z
  .strictObject({
    id: Id,
    name: z.string(),
    description: z.string(),
    icon: z.string(),
    labels: z.array(z.string()),
    /** How often it begins anew. */
    period: Period,
    /** The first day of the run; null for all time. */
    start: Day.nullable(),
    /** From when on things count. */
    startsAt: Time.nullable(),
    /** When the run ends, by the server’s clock. */
    endsAt: Time.nullable(),
    /** Those of the stage that is on. */
    state: State,
    reason: Reason,
    /** The number of the stage that is on: the first that waits for the member, or else the last. */
    current: z.int().min(1),
    /** How many stages are done, of how many; the percents count what is done of the next one too. */
    ...progress,
    requires: Condition.nullable(),
    /** The open task that is nearest to done; null where there is none. */
    next: Task.extend({
      /** Of which stage; null for one of `requires`. */
      stage: z.int().min(1).nullable(),
      /** How much is missing. */
      missing: z.int().min(1),
    })
      .nullable()
      .meta({ id: 'MilestoneNextStep', description: 'The best next step' }),
    /** What can still be earned. */
    open: z.strictObject({ ...units, badges: z.int().min(0) }),
    stages: z.array(Stage),
  })
  .meta({
    id: 'MemberMilestone',
    description: 'A milestone as the asking member has it; visitors have done nothing yet',
  })

export const milestones = table({
  'GET /widget/v1/{publishableKey}/milestones': {
    summary: 'Milestones, and how far the asking member is with each',
    description:
      'All that there are, at most 100. Everything is computed from what the member has done when it is asked. Ask again on `milestone.changed` and `balance.changed`.',
    access: anyPage,
    params: Key,
    query: z.strictObject({
      /** `expiring`: those that end and are not done, the next to end first. `in_progress`: those that are begun. */
      filter: z.enum(['expiring', 'in_progress']).optional(),
      label: line(1, 50).optional().meta({ description: 'Only those with this label' }),
      /** `closest`: what can be claimed first, then what is nearest to done. Default: in the operator’s order. */
      sort: z.enum(['order', 'closest']).optional(),
    }),
    answer: z
      .strictObject({
        items: z.array(Milestone),
        /** Every label that there is, whatever was asked for. */
        labels: z.array(z.string()),
        now: Time,
      })
      .meta({ id: 'MemberMilestones' }),
  },
  'POST /widget/v1/{publishableKey}/milestones/{milestoneId}/stages/{n}/claim': {
    summary: 'Claim what a stage gives. Again and again is as once',
    description:
      'What it gives is the member’s with the answer. Refused as the stage’s state says: `locked`, `not_done`, `ended`, `sold_out`, and `conflict` where there is nothing to claim.',
    access: memberOnly,
    params: Key.extend({
      milestoneId: Id,
      n: Id.meta({ description: 'The `number` of the stage' }),
    }),
    answer: z
      .strictObject({
        /** What was given. */
        given: z.strictObject({ ...units, badge: Badge.nullable() }),
        /** As it is from now on. */
        milestone: Milestone,
        now: Time,
      })
      .meta({ id: 'ClaimedStage' }),
    refuses: ['locked', 'not_done', 'ended', 'sold_out', 'conflict'],
  },
})
