import { z } from 'zod'
import { table } from '../route.js'
import {
  Day,
  FieldName,
  FieldText,
  Id,
  line,
  Origin,
  Period,
  Prize,
  Prizes,
  type periodNames,
  Time,
  text,
} from '../schemas.js'
import { keys } from './keys.js'

export { keyKinds } from './keys.js'

const access = { principals: ['communityKey', 'systemKey'], permission: 'leaderboard' } as const

/** The documented names of our periods, on this family only. */
export const timeFilters = {
  'all-time': 'all',
  yearly: 'year',
  monthly: 'month',
  weekly: 'week',
  daily: 'day',
} as const satisfies Record<string, (typeof periodNames)[number]>

/** The documented names of the units that a board can rank by. */
export const rankingFields = { xp: 'xp', currencies: 'currency' } as const

const keysOf = <T extends Record<string, unknown>>(map: T) =>
  Object.keys(map) as [keyof T & string, ...(keyof T & string)[]]
const Clock = z.strictObject({
  hours: z.int().min(0).max(23),
  minutes: z.int().min(0).max(59),
  ampm: z.enum(['am', 'pm', 'AM', 'PM']).optional(),
})
const Ids = z.array(Id).max(1000)

const Column = z.strictObject({ column: line(1, 50), visible: z.boolean(), order: z.int().min(0).max(1000) })

const Widget = z.strictObject({
  enabled: z.boolean(),
  whitelistedDomains: z.array(Origin).max(50),
  size: z
    .strictObject({
      type: z.literal('custom'),
      value: z.strictObject({ width: z.number().min(0), height: z.number().min(0) }),
    })
    .nullable(),
  button: z.strictObject({
    enabled: z.boolean(),
    text: line(0, 100),
    link: z.union([z.url({ protocol: /^https?$/ }).max(2000), z.literal('')]),
  }),
})

/** Everything that an operator can set on a board. */
const fields = {
  name: line(1, 100),
  /** Unique in the community; made from the name when absent. */
  slug: z
    .string()
    .max(100)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens'),
  description: text(5000),
  image: z.union([z.url({ protocol: /^https?$/ }).max(2000), z.literal('')]),
  rankingField: z.union([
    z.enum(keysOf(rankingFields)),
    z.templateLiteral(['field:', FieldName]).meta({
      description: '`field:` and the name of a field: over all time the score is its value, else what changed',
    }),
  ]),
  displayedColumns: z.array(Column).max(50),
  /** How others see a member's name on this board: in full, as initials, or as "Member 42". Ours. */
  nameDisplay: z.enum(['full', 'initials', 'alias']),
  topRankOnly: z.boolean(),
  topRankLimit: z.int().min(1).max(1_000_000),
  onlyPositiveRanks: z.boolean(),
  /** Rank only members who joined the board. Ours. */
  requiresOptIn: z.boolean(),
  /** The board whose segment this one is: pages show both as tabs of one. A segment has none itself. Ours. */
  segmentOf: Id.nullable(),
  /** What runs win that are not final yet when this is set. Ours. */
  prizes: Prizes,
  /** Where the terms of the prizes stand. Ours. */
  prizeTerms: z.union([z.url({ protocol: /^https?$/ }).max(2000), z.literal('')]),
  includeDummyUsers: z.boolean(),
  /** A day, or a moment. */
  startDate: z.union([z.iso.date(), Time]).nullable(),
  endDate: z.union([z.iso.date(), Time]).nullable(),
  hasNoEndDate: z.boolean(),
  /** How many hours after its end a run's result is final; null for the community's own, 12 at first. Ours. */
  reviewHours: z.int().min(0).max(720).nullable(),
  /** Of `startDate` and `endDate`: an IANA name (ours), or the documented number of hours (5.3 means UTC+05:30). */
  timeZone: z.union([z.number().min(-12).max(14), line(1, 60)]).nullable(),
  startTime: Clock.nullable(),
  endTime: Clock.nullable(),
  allowedTimeFilters: z
    .array(z.enum(keysOf(timeFilters)))
    .min(1)
    .max(5),
  allowedUsersToRank: Ids,
  allowedRolesToRank: Ids,
  allowedTagsToRank: Ids,
  /** Rank only members whose fields have all these values: the name of a field of text → its value. Ours. */
  allowedFieldsToRank: z
    .record(FieldName, FieldText)
    .refine((fields) => Object.keys(fields).length <= 10, 'must have at most 10 fields'),
  allowedUsersToView: Ids,
  allowedRolesToView: Ids,
  allowedTagsToView: Ids,
  isEnabled: z.boolean(),
  isPreviewEnabled: z.boolean(),
  displayOrder: z.int().min(0).max(100_000),
  widget: Widget,
}

/** Older spellings that callers may still send; answers carry the new ones too. */
const legacy = {
  rankBy: fields.rankingField.optional(),
  displayedFields: z.array(line(1, 50)).max(50).optional(),
  displayFieldsOrder: z.array(line(1, 50)).max(50).optional(),
}

const input = z.strictObject(fields)
const CreateLeaderboard = input
  .partial()
  .extend({ ...legacy, name: fields.name })
  .meta({ id: 'CreateLeaderboard' })
const UpdateLeaderboard = input.partial().extend(legacy).meta({ id: 'UpdateLeaderboard' })

export const Leaderboard = z
  .strictObject({
    _id: Id,
    communityID: Id,
    ...fields,
    topRankLimit: fields.topRankLimit.nullable(),
    rankBy: fields.rankingField,
    displayedFields: z.array(z.string()),
    /** It was made or changed and is still counted from the ledger: until then its rows answer `unavailable`. Ours. */
    isCounting: z.boolean(),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'Leaderboard' })

/** A list may be asked for some fields only (`fields=name,slug`), so every field of an item may be absent. */
const Projected = Leaderboard.partial().required({ _id: true })
const fieldList = z.string().max(500).optional()
const One = z.object({ leaderboardId: Id })

const Winner = z
  .strictObject({
    userId: Id,
    username: z.string(),
    period: Period,
    /** The run's first day; null for all time. */
    start: Day.nullable(),
    rank: z.int().min(1),
    /** As it was when the run became final. */
    prize: Prize,
    claimedAt: Time.nullable(),
  })
  .meta({ id: 'Winner' })

/** What operators configure. Paths, paging and field names as documented for the original. */
export const management = table({
  'GET /v1/leaderboards': {
    summary: 'List leaderboards',
    access,
    query: z.strictObject({
      page: z.coerce.number().int().min(1).max(100_000).optional(),
      limit: z.coerce.number().int().min(1).max(100).optional(),
      sort: z
        .string()
        .regex(/^(createdAt|updatedAt|name|slug|displayOrder):(asc|desc)$/, 'must be like createdAt:desc')
        .optional(),
      fields: fieldList,
      /** `keyword:<text>`: in the name or the slug. */
      search: z
        .string()
        .max(200)
        .regex(/^keyword:/, 'must be like keyword:weekly')
        .optional(),
    }),
    answer: z.array(Projected),
    message: 'Leaderboards fetched successfully',
  },
  'POST /v1/leaderboards': {
    summary: 'Create a leaderboard',
    access,
    body: CreateLeaderboard,
    answer: Leaderboard,
    status: 201,
    message: 'Leaderboard created successfully',
  },
  'GET /v1/leaderboards/{leaderboardId}': {
    summary: 'Read a leaderboard',
    access,
    params: One,
    query: z.strictObject({ fields: fieldList }),
    answer: Projected,
    message: 'Leaderboard fetched successfully',
  },
  'PATCH /v1/leaderboards/{leaderboardId}': {
    summary: 'Change a leaderboard',
    access,
    params: One,
    body: UpdateLeaderboard,
    answer: Leaderboard,
    message: 'Leaderboard updated successfully',
  },
  'GET /v1/leaderboards/{leaderboardId}/winners': {
    summary: 'Who won which prize, and who has claimed it; newest runs first',
    access,
    params: One,
    query: z.strictObject({
      page: z.coerce.number().int().min(1).max(100_000).optional(),
      limit: z.coerce.number().int().min(1).max(100).optional(),
    }),
    answer: z.array(Winner),
    message: 'Winners fetched successfully',
  },
  'DELETE /v1/leaderboards/{leaderboardId}': {
    summary: 'Delete a leaderboard and its ranks. The ledger keeps every point',
    access,
    params: One,
    answer: z.strictObject({ _id: Id }),
    message: 'Leaderboard deleted successfully',
  },
  ...keys,
})
