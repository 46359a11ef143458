import { z } from 'zod'
import type { Permission, UserPermission } from '../../access.js'
import { bodyLimits, table } from '../../route.js'
import { Amount, Day, Id, platformFields } from '../../schemas.js'

export const needs = <P extends Permission>(permission: P) =>
  ({ principals: ['communityKey', 'systemKey'], permission }) as const

/** What members' own scripts ask as well. */
export const alsoNeeds = <P extends Permission, O extends UserPermission>(permission: P, ownPermission: O) =>
  ({ principals: ['communityKey', 'systemKey', 'userKey'], permission, ownPermission }) as const

/** Given by callers whose key is not bound to one community; ours always are, so it must be the key's own. */
export const communityId = Id.optional().meta({ description: 'The key’s own community, where it is named at all' })

export { platformFields }
export type PlatformField = (typeof platformFields)[number]

/** How many users a page holds, and how many all pages together; a cursor has no end. */
export const filterPage = 200
export const filterPages = 50

const name = z.string().min(1).max(50)
const bound = (description: string) =>
  z
    .union([z.number(), z.string().max(40)])
    .optional()
    .meta({ description })
const Condition = z
  .union([
    z.string().max(300),
    z.number(),
    z.boolean(),
    z
      .strictObject({
        gte: bound('At least: a number, a day or a time'),
        lte: bound('At most: a number, a day (to its end) or a time'),
      })
      .refine(({ gte, lte }) => gte !== undefined || lte !== undefined, 'must have gte, lte or both'),
  ])
  .meta({ description: 'The value itself, or for numbers and dates a range' })

const FilterUsers = z
  .strictObject({
    fields: z
      .array(name)
      .min(1)
      .max(50)
      .optional()
      .meta({
        description: `What to answer of each user: ${platformFields.map((field) => `\`${field}\``).join(', ')}, or a custom field by its name. Default: all of these, without custom fields`,
      }),
    filter: z
      .record(name, Condition)
      .refine((filter) => Object.keys(filter).length <= 20, 'must have at most 20 conditions')
      .optional()
      .meta({
        description:
          'What all users in the answer have: `username`, `email`, `first_name`, `last_name`, `join_date`, `xp`, `coins` or the name of a custom field → its value, or for numbers and dates `{gte, lte}`. Default: everybody',
      }),
    cursor: z
      .string()
      .min(1)
      .max(300)
      .optional()
      .meta({ description: '`next_cursor` of the page before, with the same filter' }),
    page: z
      .int()
      .min(1)
      .max(filterPages, `must be at most ${filterPages}: use cursor to read further`)
      .optional()
      .meta({ description: 'Which page, from 1, instead of `cursor`' }),
    communityId,
  })
  .refine(({ cursor, page }) => cursor === undefined || page === undefined, {
    path: ['page'],
    message: 'must not be sent beside cursor',
  })
  .meta({ id: 'FilterUsers' })

const FilteredUsers = z
  .strictObject({
    users: z.array(
      z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).meta({
        id: 'FilteredUser',
        description: 'What was asked for, by its name; null for what the user does not have',
      }),
    ),
    next_cursor: z.string().optional().meta({ description: 'Only while there is more' }),
    total_pages: z
      .int()
      .optional()
      .meta({ description: `Only beside \`page\`: ${filterPages} at most` }),
    current_page: z.int().optional().meta({ description: 'Only beside `page`' }),
  })
  .meta({
    id: 'FilteredUsers',
    example: {
      users: [{ email: 'amara@example.com', first_name: 'Amara', xp: 250, country: 'DE' }],
      next_cursor: 'eyJpZCI6IjAxYTIxOWQ5LWU2Njkt…',
    },
  })

const ManageUser = z.strictObject({
  action: z.enum(['delete', 'restore']).meta({ description: 'What to do' }),
  user: z.string().min(1).max(100).meta({ description: 'The member’s `_id`, or else username' }),
})

const identified = {
  identifier: z.string().min(1).max(254).meta({ description: 'Which member' }),
  identifier_type: z
    .enum(['email', 'username', 'id', 'externalId'])
    .optional()
    .meta({ description: 'What `identifier` is; `id` is the `_id` or the short number. Default: `email`' }),
}
const days = z.int().min(1).max(366)
const daysAre = { description: 'How many days, to today. Default: 30' }
const Asked = z.strictObject({ ...identified, days: days.optional().meta(daysAre), communityId })

/** Something counted by days of the community, newest first; days without anything stand there too. */
const byDay = <T extends z.ZodRawShape>(counted: T) =>
  z.strictObject({
    user_id: z.string().meta({ description: 'The member’s short number' }),
    range: z.strictObject({ start_date: Day, end_date: Day }),
    totals: z.strictObject(counted),
    daily_stats: z.array(z.strictObject({ date: Day, ...counted })),
  })
const History = byDay({ coins: Amount, xp: Amount }).meta({ id: 'GamificationHistory' })
const historyMessage = 'User gamification history fetched successfully'

const rewarded = z.int().min(0)
const Stats = byDay({ messages: rewarded, replies: rewarded, reaction: rewarded, socials: rewarded }).meta({
  id: 'GamificationStats',
})

const history = {
  summary: 'What a member earned, day by day',
  description:
    'XP and coins that were gained on each day of the community’s time zone, newest first, also on days without any; what was spent or taken back is not taken off.',
  access: needs('getUserStats'),
  answer: History,
  message: historyMessage,
} as const

/** Members as a community's back-ends find, remove and look at them. Paths and bodies as documented for the original. */
export const users = table({
  'POST /apis/v1/users/filter': {
    summary: `Find members by what they have, ${filterPage} a page`,
    description: `A value is looked for exactly, e-mails without case; \`{"gte": 100, "lte": 500}\` is a range that holds both its ends. A day such as \`2026-11-23\` is all of that day in the community’s time zone.

    {"fields": ["email", "xp", "kills"], "filter": {"xp": {"gte": 100}, "country": "DE"}}

Without \`page\`, the answer holds \`next_cursor\` while there is more: send it as \`cursor\`. Every page takes as long as the first, however many members there are. Who joins meanwhile may be missed or not; nobody who stays as they are is missed or comes twice. With \`page\`, the first ${(filterPage * filterPages).toLocaleString('en')} users can be read. A name of the list below wins over a custom field that is called so. Deleted members are left out.`,
    access: needs('getUserData'),
    body: FilterUsers,
    bodyLimit: bodyLimits.small,
    writes: false,
    answer: FilteredUsers,
    message: 'Users fetched successfully',
  },
  'POST /apis/v1/users/manage': {
    summary: 'Delete a member, or bring a deleted one back',
    description:
      'Whoever is deleted is gone at once from leaderboards, from what pages are shown and from what can be found of members, and what they hold to sign in ends; points, fields and prizes are kept. `restore` brings all of it back within 30 days. Then names, addresses, pictures, external ids, keys and texts are erased for good. Their username and e-mail are taken until then. An owner cannot be deleted. Again is as once.',
    access: needs('manageUser'),
    body: ManageUser.extend({ communityId }),
    bodyLimit: bodyLimits.small,
    /** The id is ours. */
    answer: ManageUser.extend({ _id: Id }),
    message: 'User account managed successfully',
  },
  'GET /apis/v1/users/activity/daily': {
    ...history,
    query: z.strictObject({ ...identified, days: z.coerce.number().pipe(days).optional().meta(daysAre) }),
  },
  'POST /apis/v1/users/activity/daily': { ...history, body: Asked, bodyLimit: bodyLimits.small, writes: false },
  'POST /apis/v1/users/activity/stats': {
    summary: 'What a member did, day by day',
    description:
      'Messages, replies, reactions and social quests, counted from the ledger: those that earned the member something. Until a community rewards one of them here, it is 0.',
    access: needs('getUserStats'),
    body: Asked,
    bodyLimit: bodyLimits.small,
    writes: false,
    answer: Stats,
    message: 'User gamification stats fetched successfully',
  },
})
