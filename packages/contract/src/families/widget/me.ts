import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import { Amount, TimeZone, Visibility } from '../../schemas.js'
import { Key, memberOnly, ShownMember } from './common.js'

const Viewer = z
  .strictObject({
    member: ShownMember.extend({
      username: z.string(),
      visibility: Visibility,
      timeZone: TimeZone,
    }),
    balances: z.strictObject({ xp: Amount, currency: Amount }),
    /** Null below the first level, and where there are no tiers. */
    tier: z
      .strictObject({
        /** 1 is the lowest. */
        number: z.int().min(1),
        name: z.string(),
        icon: z.string(),
        level: z.int().min(1).max(3),
        /** The XP that the next level needs; null at the last one of all. */
        nextXp: z.int().nullable(),
      })
      .nullable(),
    streak: z.strictObject({
      /** On how many days in a row the member came. */
      days: z.int().min(0),
      /** The most there ever were. */
      longest: z.int().min(0),
      /** How many missed days it can bear. */
      freezes: z.int().min(0),
    }),
  })
  .meta({ id: 'Viewer', description: 'The member that the embed token names' })

/** What members may know and say of themselves. */
export const me = table({
  'GET /widget/v1/{publishableKey}/me': {
    summary: 'The member that the embed token names',
    access: memberOnly,
    params: Key,
    answer: Viewer,
  },
  'PATCH /widget/v1/{publishableKey}/me': {
    summary: 'Hide or show oneself on every leaderboard of the community, or say when one’s days begin',
    description:
      'What is not sent stays. A day that has counted for the streak is never cut short by another time zone: it goes on to the end of one there.',
    access: memberOnly,
    params: Key,
    body: z
      .strictObject({ visibility: Visibility.optional(), timeZone: TimeZone.optional() })
      .refine((body) => Object.keys(body).length > 0, 'must hold something to change'),
    bodyLimit: bodyLimits.small,
    answer: Viewer,
  },
})
