import { z } from 'zod'
import { table } from '../../route.js'
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
  pageQuery,
  type periodNames,
  serverQuery,
  Time,
  text,
} from '../../schemas.js'

const access = {
  principals: ['communityKey', 'systemKey', 'loginMember'],
  permission: 'leaderboard',
  may: 'server_administrator',
} as const
const query = z.strictObject(serverQuery)

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
  hours: z.int().min(0).max(23).meta({ description: '0 to 23, or 1 to 12 beside `ampm`' }),
  minutes: z.int().min(0).max(59).meta({ description: 'Past the hour' }),
  ampm: z.enum(['am', 'pm', 'AM', 'PM']).optional().meta({ description: '12 pm is noon' }),
})
const Ids = z.array(Id).max(1000)
/** A page that people are sent to, or none. */
const Link = z.union([z.url({ protocol: /^https?$/ }).max(2000), z.literal('')])
const DayOrTime = z.union([z.iso.date().max(10), Time])
const kept = 'Kept and answered, without effect yet'

const Column = z.strictObject({
  column: line(1, 50).meta({ description: 'The name of the column' }),
  visible: z.boolean().meta({ description: 'Whether it is shown' }),
  order: z.int().min(0).max(1000).meta({ description: 'The lowest stands first' }),
})

const Widget = z.strictObject({
  enabled: z.boolean().meta({ description: 'Whether pages may show the board' }),
  whitelistedDomains: z.array(Origin).max(50).meta({
    description:
      'The pages that may show the board, by their origin, of those that the key lists. Empty, the default: all of these',
  }),
  size: z
    .strictObject({
      type: z.literal('custom').meta({ description: 'The one kind of size' }),
      value: z
        .strictObject({
          width: z.number().min(0).meta({ description: 'In CSS pixels' }),
          height: z.number().min(0).meta({ description: 'In CSS pixels' }),
        })
        .meta({ description: 'Width and height' }),
    })
    .nullable()
    .meta({ description: `How large it is shown; null: as large as there is room. ${kept}: a page’s own CSS decides` }),
  button: z
    .strictObject({
      enabled: z.boolean().meta({ description: 'Whether it is shown' }),
      text: line(0, 100).meta({ description: 'What stands on it' }),
      link: Link.meta({ description: 'Where it leads, by http or https; empty for nowhere' }),
    })
    .meta({ description: 'A link under the board' }),
})

/** Everything that an operator can set on a board. What the documented API does not have is marked as ours. */
const fields = {
  name: line(1, 100).meta({ description: 'What pages and operators read' }),
  slug: z
    .string()
    .max(100)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens')
    .meta({
      description: 'How pages name the board, beside its id. Unique in the community; made from the name when absent',
    }),
  description: text(5000).meta({ description: 'What pages may tell of the board. Default: empty' }),
  image: Link.meta({ description: `The address of a picture. ${kept}` }),
  rankingField: z
    .union([
      z.enum(keysOf(rankingFields)),
      z
        .templateLiteral(['field:', FieldName], 'must be field: and the name of a field')
        .meta({ maxLength: 56, description: '`field:` and the name of a field of whole numbers' }),
    ])
    .meta({
      description:
        'What members are ranked by: `xp` (the default), `currencies`, or `field:<name>`, whose score over all time is the field’s value, and in a shorter period what it changed by',
    }),
  displayedColumns: z
    .array(Column)
    .max(50)
    .meta({ description: `Which columns are shown, in which order. ${kept}` }),
  /** Ours. */
  nameDisplay: z.enum(['full', 'initials', 'alias']).meta({
    description: 'How others see members here: in full (the default), as initials, or as an alias such as “Member 42”',
  }),
  topRankOnly: z.boolean().meta({ description: 'Show only the first `topRankLimit` ranks. Default: false' }),
  topRankLimit: z
    .int()
    .min(1)
    .max(1_000_000)
    .meta({ description: 'How many places `topRankOnly` leaves; needed beside it' }),
  onlyPositiveRanks: z.boolean().meta({ description: 'Show only members whose score is above 0. Default: false' }),
  /** Ours. */
  requiresOptIn: z.boolean().meta({ description: 'Rank only members who joined the board. Default: false' }),
  /** Ours. */
  segmentOf: Id.nullable().meta({
    description:
      'The board whose segment this one is: pages show both as tabs of one. A segment has none itself. Default: null',
  }),
  /** Ours. */
  prizes: Prizes.meta({ description: 'What runs win that are not final yet when this is set. Default: none' }),
  /** Ours. */
  prizeTerms: Link.meta({ description: 'Where the terms of the prizes stand; empty for nowhere' }),
  includeDummyUsers: z.boolean().meta({ description: `Rank members made for trying things out. ${kept}` }),
  startDate: DayOrTime.nullable().meta({
    description: 'From when points count: a day, or a moment in UTC. Null, the default: from the beginning',
  }),
  endDate: DayOrTime.nullable().meta({
    description: 'Until when points count: to the end of a day, or until a moment in UTC. Null, the default: for ever',
  }),
  hasNoEndDate: z.boolean().meta({
    description: 'Whether `endDate` is left out of account. Follows from `endDate` where that alone is sent',
  }),
  /** Ours. */
  reviewHours: z.int().min(0).max(720).nullable().meta({
    description:
      'How many hours after its end a run’s result is final. Null, the default: the community’s own, 12 at first',
  }),
  /** The name is ours. */
  timeZone: z
    .union([z.number().min(-12).max(14), line(1, 60)])
    .nullable()
    .meta({
      description:
        'Of `startDate` and `endDate`: an IANA name such as `Asia/Kolkata`, or hours from UTC (5.3 means UTC+05:30). Null, the default: the community’s own',
    }),
  startTime: Clock.nullable().meta({ description: 'When on the day `startDate`. Null, the default: at midnight' }),
  endTime: Clock.nullable().meta({ description: 'When on the day `endDate`. Null, the default: at its end' }),
  allowedTimeFilters: z
    .array(z.enum(keysOf(timeFilters)))
    .min(1)
    .max(5)
    .meta({ description: 'The periods that the board can be read for. Default: all five' }),
  allowedUsersToRank: Ids.meta({
    description:
      'Rank only these members, by `_id`, and those of `allowedRolesToRank`. Both empty, the default: everybody',
  }),
  allowedRolesToRank: Ids.meta({
    description: 'Rank only members with one of these roles, by `_id`, and those of `allowedUsersToRank`',
  }),
  allowedTagsToRank: Ids.meta({ description: 'Rank only members with these tags. There are none yet: leave it empty' }),
  /** Ours. */
  allowedFieldsToRank: z
    .record(FieldName, FieldText)
    .refine((fields) => Object.keys(fields).length <= 10, 'must have at most 10 fields')
    .meta({
      description:
        'Rank only members whose fields have all these values: the name of a field of text → its value. Empty, the default: everybody',
    }),
  allowedUsersToView: Ids.meta({
    description:
      'Show the board only to these members, by `_id`, where they are signed in, and to `allowedRolesToView`. Both empty, the default: everybody',
  }),
  allowedRolesToView: Ids.meta({
    description:
      'Show it only to members with one of these roles, by `_id`, where they are signed in, and to `allowedUsersToView`; `@all` stands for every member',
  }),
  allowedTagsToView: Ids.meta({ description: 'Show it only to these tags. There are none yet: leave it empty' }),
  isEnabled: z.boolean().meta({ description: 'Whether pages may show the board. Default: true' }),
  isPreviewEnabled: z.boolean().meta({ description: `Show it to operators before it is enabled. ${kept}` }),
  displayOrder: z
    .int()
    .min(0)
    .max(100_000)
    .meta({ description: 'Where it stands among the community’s boards, lowest first. Default: 0' }),
  widget: Widget.meta({ description: 'How pages show the board' }),
}

/** Older spellings that callers may still send; answers carry the new ones too. */
const legacy = {
  rankBy: fields.rankingField.optional().meta({ description: 'The older name of `rankingField`, which wins over it' }),
  displayedFields: z
    .array(line(1, 50))
    .max(50)
    .optional()
    .meta({ description: 'The older form of `displayedColumns`, which wins over it: the names of what is shown' }),
  displayFieldsOrder: z
    .array(line(1, 50))
    .max(50)
    .optional()
    .meta({ description: 'In which order `displayedFields` stand; what is not named stands last' }),
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

/** Paths, paging and field names as documented for the original. */
export const leaderboards = table({
  'GET /v1/leaderboards': {
    summary: 'List leaderboards',
    access,
    query: z.strictObject({
      ...serverQuery,
      ...pageQuery,
      sort: z
        .string()
        .max(50)
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
    query,
    body: CreateLeaderboard,
    answer: Leaderboard,
    status: 201,
    message: 'Leaderboard created successfully',
  },
  'GET /v1/leaderboards/{leaderboardId}': {
    summary: 'Read a leaderboard',
    access,
    params: One,
    query: z.strictObject({ ...serverQuery, fields: fieldList }),
    answer: Projected,
    message: 'Leaderboard fetched successfully',
  },
  'PATCH /v1/leaderboards/{leaderboardId}': {
    summary: 'Change a leaderboard',
    access,
    params: One,
    query,
    body: UpdateLeaderboard,
    answer: Leaderboard,
    message: 'Leaderboard updated successfully',
  },
  'GET /v1/leaderboards/{leaderboardId}/winners': {
    summary: 'Who won which prize, and who has claimed it; newest runs first',
    access,
    params: One,
    query: z.strictObject({ ...serverQuery, ...pageQuery }),
    answer: z.array(Winner),
    message: 'Winners fetched successfully',
  },
  'DELETE /v1/leaderboards/{leaderboardId}': {
    summary: 'Delete a leaderboard and its ranks. The ledger keeps every point',
    access,
    params: One,
    query,
    answer: z.strictObject({ _id: Id }),
    message: 'Leaderboard deleted successfully',
  },
})
