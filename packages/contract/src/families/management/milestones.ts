import { z } from 'zod'
import { table } from '../../route.js'
import {
  cursorQuery,
  Day,
  FieldName,
  FieldText,
  Icon,
  Id,
  line,
  Period,
  page,
  pageQuery,
  serverQuery,
  Time,
  text,
  Unit,
} from '../../schemas.js'

const access = {
  principals: ['communityKey', 'systemKey', 'loginMember'],
  permission: 'milestone',
  may: 'server_administrator',
} as const
const query = z.strictObject(serverQuery)

const mostAmount = 1_000_000_000
const atLeast = z.int().min(1).max(mostAmount).meta({ description: 'How much is enough' })
const asked = line(1, 200).meta({ description: 'What is asked, in a few words' })
/** What every task may say. */
const told = {
  title: asked.optional().meta({ description: 'What is asked, in a few words. Default: pages say it themselves' }),
  link: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional()
    .meta({ description: 'The page where it is done' }),
}
const kindIs = <const K extends string>(...kinds: [K, ...K[]]) =>
  z.enum(kinds).meta({ description: 'What is looked at' })
const unit = Unit.meta({ description: 'Of which unit' })

/** Every kind of task. What counts something counts it within the milestone’s run; all else is looked at as it is now. */
const tasks = [
  z.strictObject({ kind: kindIs('earned'), unit, atLeast, ...told }),
  z.strictObject({ kind: kindIs('balance'), unit, atLeast, ...told }),
  z.strictObject({ kind: kindIs('message', 'reply', 'reaction', 'referral', 'visit', 'wish'), atLeast, ...told }),
  z.strictObject({
    kind: kindIs('streak'),
    days: z.int().min(1).max(3650).meta({ description: 'How many days in a row' }),
    ...told,
  }),
  z.strictObject({
    kind: kindIs('field'),
    field: FieldName.meta({ description: 'What requests call the field' }),
    is: z
      .enum(['equal', 'at_least', 'at_most'])
      .meta({ description: 'How its value compares with `value`. All but `equal` are for fields of numbers' }),
    value: z
      .union([z.int().min(-mostAmount).max(mostAmount), FieldText, z.boolean()])
      .meta({ description: 'What it is compared with' }),
    ...told,
    title: asked,
  }),
  z.strictObject({ kind: kindIs('badge'), badgeId: Id.meta({ description: 'The badge to have' }), ...told }),
  z.strictObject({ kind: kindIs('role'), roleId: Id.meta({ description: 'The role to have' }), ...told }),
  z.strictObject({
    kind: kindIs('social'),
    questId: Id.meta({ description: 'The social quest to do' }),
    ...told,
    title: asked,
  }),
] as const
export type Task = z.output<(typeof tasks)[number]>

const groupOf = <T extends z.ZodType>(inner: T) =>
  z.strictObject({
    kind: z.enum(['all', 'any']).meta({ description: 'Whether all of them are asked, or one is enough' }),
    conditions: z.array(inner).min(1).max(10).meta({ description: 'Tasks, and groups of them' }),
  })

const inGroups = z.discriminatedUnion('kind', [...tasks, groupOf(z.discriminatedUnion('kind', tasks))])
const inMoreGroups = z.discriminatedUnion('kind', [...tasks, groupOf(inGroups)])
const nested = z.discriminatedUnion('kind', [...tasks, groupOf(inMoreGroups)])
/** A task, or a group: three levels of them at most. */
export type Condition = z.output<typeof nested>

const tasksIn = (condition: Condition): number =>
  'conditions' in condition ? condition.conditions.reduce((sum, one) => sum + tasksIn(one), 0) : 1
const Condition = nested.refine((all) => tasksIn(all) <= 20, 'must hold at most 20 tasks')

const amount = (what: string) =>
  z
    .int()
    .min(0)
    .max(mostAmount)
    .meta({ description: `How much ${what} it gives. Default: 0` })

const Multiplier = z.strictObject({
  percent: z.int().min(101).max(1000).meta({ description: 'How much of the reward is given: 200 doubles it' }),
  roleId: Id.optional().meta({ description: 'Only to members with this role' }),
  tier: z.int().min(1).max(50).optional().meta({ description: 'Only to members from this tier on; 1 is the lowest' }),
  startsAt: Time.optional().meta({ description: 'Only from then on' }),
  endsAt: Time.optional().meta({ description: 'Only until then' }),
})
export type Multiplier = z.output<typeof Multiplier>

const stage = {
  name: line(1, 100).meta({ description: 'What pages and operators read' }),
  description: text(1000).meta({ description: 'What else there is to say. Default: empty' }),
  conditions: Condition.meta({ description: 'What is asked: a task, or a group of them' }),
  rewards: z
    .strictObject({
      xp: amount('XP').optional(),
      coins: amount('coins').optional(),
      badgeId: Id.nullable().optional().meta({ description: 'The badge that it gives. Default: none' }),
    })
    .meta({
      description: 'What the member is given who claims it. Default: nothing, so that nothing is to be claimed',
    }),
  multipliers: z.array(Multiplier).max(10).meta({
    description: 'When it gives more XP and coins. Of several that fit, the largest does. Default: never',
  }),
  supply: z
    .int()
    .min(1)
    .max(mostAmount)
    .nullable()
    .meta({ description: 'How often the rewards can be claimed, by all members together. Null, the default: always' }),
}
const StageInput = z
  .strictObject(stage)
  .partial({ description: true, rewards: true, multipliers: true, supply: true })
  .meta({ id: 'StageInput' })
const ChangedStage = StageInput.extend({
  stageId: Id.optional().meta({ description: 'The stage that is changed so; without it, it is a new one' }),
}).meta({ id: 'ChangedStage' })
const most = { stages: 10, labels: 10 }
/** Pages are sent all milestones there are: no one of them is to be large. */
const bodyLimit = 24 * 1024

const fields = {
  name: line(1, 100).meta({ description: 'What pages and operators read' }),
  description: text(5000).meta({ description: 'What pages may tell of it. Default: empty' }),
  icon: Icon,
  labels: z.array(line(1, 50)).max(most.labels).meta({ description: 'What pages can filter by. Default: none' }),
  period: Period.meta({
    description:
      'How often it begins anew, by the community’s calendar: what counts something counts within the period, and every stage can be claimed once in each. Default: `all`, once and for ever',
  }),
  startsAt: Time.nullable().meta({
    description: 'From when on it can be done, and things count. Null, the default: from the beginning',
  }),
  endsAt: Time.nullable().meta({
    description: 'Until when it can be done and claimed. Null, the default: for ever',
  }),
  requires: Condition.nullable().meta({
    description: 'What a member needs before any stage opens. Null, the default: nothing',
  }),
  isEnabled: z.boolean().meta({ description: 'Whether pages show it. Default: true' }),
  displayOrder: z.int().min(0).max(100_000).meta({ description: 'The lowest stands first. Default: 0' }),
}
const stagesOf = <T extends z.ZodType>(one: T) =>
  z.array(one).min(1).max(most.stages).meta({ description: 'In the order in which they are done' })

const CreateMilestone = z
  .strictObject(fields)
  .partial()
  .extend({ name: fields.name, stages: stagesOf(StageInput) })
  .meta({ id: 'CreateMilestone' })
const UpdateMilestone = z
  .strictObject(fields)
  .extend({
    stages: stagesOf(ChangedStage).refine((all) => {
      const ids = all.flatMap(({ stageId = [] }) => stageId)
      return new Set(ids).size === ids.length
    }, 'must name each stage once'),
  })
  .partial()
  .meta({ id: 'UpdateMilestone' })

const Stage = z
  .strictObject({
    stageId: Id,
    /** 1 is the first. */
    stageNumber: z.int().min(1),
    ...stage,
    rewards: z.strictObject({ xp: z.int(), coins: z.int(), badgeId: Id.nullable() }),
    /** How often its rewards were claimed; null where its supply has no end. */
    claimed: z.int().min(0).nullable(),
  })
  .meta({ id: 'Stage' })
const Milestone = z
  .strictObject({
    _id: Id,
    communityID: Id,
    ...fields,
    stages: z.array(Stage),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'Milestone' })

const Claim = z
  .strictObject({
    _id: Id,
    userId: Id,
    username: z.string(),
    stageId: Id,
    period: Period,
    /** The first day of the run; null for all time. */
    start: Day.nullable(),
    /** What was given. */
    rewards: z.strictObject({ xp: z.int(), coins: z.int(), badgeId: Id.nullable() }),
    claimedAt: Time,
  })
  .meta({ id: 'Claim' })

const One = z.object({ milestoneId: Id })

/** What members can do step by step, and are given for it. */
export const milestones = table({
  'GET /v1/milestones': {
    summary: 'List milestones in the order in which pages show them',
    access,
    query: z.strictObject({ ...serverQuery, ...pageQuery }),
    answer: z.array(Milestone),
    message: 'Milestones fetched successfully',
  },
  'POST /v1/milestones': {
    summary: 'Create a milestone',
    description: 'What members have done before counts as well, within its run. A community has at most 100.',
    access,
    query,
    body: CreateMilestone,
    bodyLimit,
    answer: Milestone,
    status: 201,
    refuses: ['conflict', 'unknown_reference'],
    message: 'Milestone created successfully',
  },
  'GET /v1/milestones/{milestoneId}': {
    summary: 'Read a milestone',
    access,
    params: One,
    query,
    answer: Milestone,
    message: 'Milestone fetched successfully',
  },
  'PATCH /v1/milestones/{milestoneId}': {
    summary: 'Change a milestone',
    description:
      'What is not sent stays. `stages` takes the place of all of them: a stage that names its `stageId` stays the one that members have claimed, and what they were given stays with them.',
    access,
    params: One,
    query,
    body: UpdateMilestone,
    bodyLimit,
    answer: Milestone,
    refuses: ['unknown_reference'],
    message: 'Milestone updated successfully',
  },
  'DELETE /v1/milestones/{milestoneId}': {
    summary: 'Delete a milestone. What it gave stays with the members',
    access,
    params: One,
    query,
    answer: z.strictObject({ _id: Id }),
    message: 'Milestone deleted successfully',
  },
  'GET /v1/milestones/{milestoneId}/claims': {
    summary: 'Who claimed which stage, newest first',
    description: 'Without members who were deleted, who are listed again when they come back.',
    access,
    params: One,
    query: z.strictObject({ ...serverQuery, ...cursorQuery }),
    answer: page(Claim),
    message: 'Claims fetched successfully',
  },
})
