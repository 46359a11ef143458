import { z } from 'zod'
import { table } from '../../route.js'
import { Amount, Day, Id, Period, Time } from '../../schemas.js'
import { anyPage, Key, memberOnly } from './common.js'

const units = { xp: Amount, currency: Amount }

const Streak = z
  .strictObject({
    /** On how many days in a row the member came, and the most there ever were. */
    days: z.int().min(0),
    longest: z.int().min(0),
    freezes: z
      .strictObject({ left: z.int().min(0), max: z.int().min(0), everyDays: z.int().min(1) })
      .meta({ description: 'How many missed days it can bear, how many at most, and how many days in a row give one' }),
    /** The streak that broke last, while the member can have it back; null for none. */
    repair: z
      .strictObject({
        days: z.int().min(2).meta({ description: 'How many days in a row it was' }),
        price: Amount.meta({ description: 'What it costs, in currency' }),
        until: Time,
      })
      .nullable(),
    /** What the next long streak gives; null for nothing. */
    next: z.strictObject({ days: z.int().min(2), ...units }).nullable(),
    /** The day that is on, on the member’s calendar, and by which clock that is. */
    today: Day,
    timeZone: z.string(),
    month: z.string(),
    /** The days of the month that count, in order: on which the member `came`, and which a freeze has `saved`. */
    calendar: z.array(z.strictObject({ day: Day, state: z.enum(['came', 'saved']) })),
    now: Time,
  })
  .meta({ id: 'Streak' })

const Level = z
  .strictObject({
    /** Of the tier: 1 is the lowest. */
    tier: z.int().min(1),
    name: z.string(),
    icon: z.string(),
    level: z.int().min(1).max(3),
    /** How much XP it needs. */
    xp: z.int().min(0),
  })
  .meta({ id: 'Level' })

const Ladder = z
  .strictObject({
    /** What the member has; null for visitors. */
    xp: Amount.nullable(),
    /** Lowest first. */
    levels: z.array(Level),
    /** The highest that the member has reached; null below the first, and for visitors. */
    current: Level.nullable(),
    /** The one after that, and how far it is; null at the last one of all, and for visitors. */
    next: Level.extend({
      missing: z.int().min(1),
      /** Of the way from the level before. */
      percent: z.int().min(0).max(99),
    }).nullable(),
    /** The highest that the member was on, where that is above `current`: XP were taken off. Null otherwise. */
    lost: Level.extend({ missing: z.int().min(1) }).nullable(),
    now: Time,
  })
  .meta({ id: 'Ladder' })

const Recap = z
  .strictObject({
    period: Period,
    /** The first day, by the community’s calendar; null for all time. */
    start: Day.nullable(),
    endsAt: Time.nullable(),
    /** Gains, without what came back for something that was bought. */
    earned: z.strictObject(units),
    /** What was bought for, without what came back. */
    spent: Amount,
    /** On which day the member earned the most XP, and by equal XP the most currency; null for none. */
    bestDay: z.strictObject({ day: Day, ...units }).nullable(),
    /** On how many days the member came. */
    days: z.int().min(0),
    /** How many stages of milestones they claimed. */
    stages: z.int().min(0),
    /** In the order in which they came. */
    badges: z.array(z.strictObject({ id: Id, title: z.string(), image: z.url().nullable(), awardedAt: Time })),
    now: Time,
  })
  .meta({ id: 'Recap' })

/** How members come along over time. */
export const progress = table({
  'GET /widget/v1/{publishableKey}/streak': {
    summary: 'The asking member’s streak, and a month of its calendar',
    access: memberOnly,
    params: Key,
    query: z.strictObject({
      month: z
        .string()
        .max(7)
        .regex(/^(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11')
        .optional()
        .meta({ description: 'Such as `2026-11`. Default: the one that is on, on the member’s calendar' }),
    }),
    answer: Streak,
  },
  'POST /widget/v1/{publishableKey}/streak/repair': {
    summary: 'Get back the streak that broke last',
    description:
      'Its days count before those since, the missed ones are `saved`, and what a streak gives that gets so long by it is the member’s with the answer. `conflict` where none can be had back (any more): again it is so, and costs nothing.',
    access: memberOnly,
    params: Key,
    answer: Streak,
    refuses: ['not_enough', 'conflict'],
  },
  'GET /widget/v1/{publishableKey}/tiers': {
    summary: 'Every level that XP lead to, and where the asking member stands',
    access: anyPage,
    params: Key,
    answer: Ladder,
  },
  'GET /widget/v1/{publishableKey}/recap': {
    summary: 'What a period was like for the asking member',
    access: memberOnly,
    params: Key,
    query: z.strictObject({
      period: Period.optional().meta({ description: 'Default: `month`' }),
      start: Day.optional().meta({ description: 'The day that it began. Default: that of the one that is on' }),
    }),
    answer: Recap,
  },
})
