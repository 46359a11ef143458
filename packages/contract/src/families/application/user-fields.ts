import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import {
  CommunityPath,
  cursorQuery,
  FieldSource,
  FieldText,
  FieldType,
  Id,
  line,
  page,
  Time,
  text,
} from '../../schemas.js'

const access = {
  principals: ['communityKey', 'systemKey', 'loginMember'],
  permission: 'userFields',
  may: 'server_administrator',
} as const

/** What types are called on the wire, also in older documented spellings. */
export const fieldTypeSpellings = {
  'single-line-text': 'single-line-text',
  'multi-line-text': 'multi-line-text',
  number: 'number',
  boolean: 'boolean',
  date: 'date',
  select: 'select',
  text: 'single-line-text',
  numerical: 'number',
} as const satisfies Record<string, FieldType>

const Value = z.union([z.number(), z.string(), z.boolean()])
const GivenValue = z.union([z.number(), text(5000), z.boolean()])

const type = z.enum(Object.keys(fieldTypeSpellings) as (keyof typeof fieldTypeSpellings)[])
const fields = {
  name: line(1, 100).meta({ description: 'What people read' }),
  description: text(1000).meta({ description: 'What else there is to say of it. Default: nothing' }),
  required: z.boolean().meta({
    description:
      'Whoever makes members, one by one or by a file, must say it, unless there is a default. Default: false',
  }),
  defaultValue: GivenValue.nullable().meta({
    description: 'What new members have where nothing else is said; null for nothing',
  }),
  options: z
    .array(FieldText)
    .max(100)
    .refine((options) => new Set(options).size === options.length, 'must differ from each other')
    .meta({ description: 'What there is to choose: of a `select` at least one, of other types none' }),
}

const UserField = z
  .strictObject({
    _id: Id,
    communityId: Id,
    field: z.string().meta({ description: 'What requests, files and leaderboards call it', example: 'club' }),
    name: z.string().meta({ example: 'Club' }),
    type: FieldType,
    description: z.string().meta({ example: 'Where they train' }),
    required: z.boolean(),
    defaultValue: Value.nullable(),
    options: z.array(z.string()),
    creator: z
      .strictObject({
        _id: Id,
        id: z.string().meta({ description: 'Their short number in this community' }),
        avatar: z.url().nullable(),
        displayName: z.string(),
        username: z.string(),
      })
      .nullable()
      .meta({ description: 'The member who made it; null for a key or a file' }),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'UserField', description: 'What a community knows of its members beside what everybody has' })

const FieldHistory = z
  .strictObject({
    _id: Id,
    fieldId: Id,
    userId: Id.meta({ description: 'The member’s `_id`' }),
    value: Value,
    previousValue: Value.nullable().meta({ description: 'What it was before; null where there was nothing' }),
    recordedAt: Time,
    source: FieldSource.meta({ description: 'By which way it came; `default` is what a new member has' }),
    actor: Id.nullable().meta({ description: 'The key or member that set it; null for a default' }),
  })
  .meta({ id: 'FieldHistory', description: 'A value that a field of a member has or had' })

const Histories = page(FieldHistory)
const historyQuery = z.strictObject({
  ...cursorQuery,
  from: Time.optional().meta({ description: 'Not before' }),
  to: Time.optional().meta({ description: 'Before' }),
})

const OneField = CommunityPath.extend({ fieldId: Id })
const OneUser = CommunityPath.extend({ userId: Id })
const historyMessage = 'Get user field histories success.'

/** What a community knows of its members beside what everybody has, and every value that there ever was. */
export const userFields = table({
  'GET /apis/v1/communities/{communityId}/user-fields': {
    summary: 'All custom fields, oldest first',
    access,
    params: CommunityPath,
    answer: z.array(UserField),
    message: 'Get user fields success.',
  },
  'POST /apis/v1/communities/{communityId}/user-fields': {
    summary: 'Create a custom field',
    description: 'A community has up to 200 fields. Members who are there already do not get the default.',
    access,
    params: CommunityPath,
    body: z
      .strictObject({
        field: z.string().max(100).meta({
          description:
            'What requests, files and leaderboards call it, for ever: 1 to 50 lower-case letters, digits, `-` and `_`. Spaces become hyphens',
        }),
        name: fields.name,
        type: type.meta({ description: 'What it holds. `text` means `single-line-text`, `numerical` means `number`' }),
        description: fields.description.optional(),
        required: fields.required.optional(),
        defaultValue: fields.defaultValue.optional(),
        options: fields.options.optional(),
      })
      .meta({ id: 'CreateUserField' }),
    answer: UserField,
    status: 201,
    message: 'Create user field successful',
  },
  'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}': {
    summary: 'Read a custom field',
    access,
    params: OneField,
    answer: UserField,
    message: 'Get user field success.',
  },
  'PUT /apis/v1/communities/{communityId}/user-fields/{fieldId}': {
    summary: 'Change a custom field',
    description:
      'What is not sent stays. Its type stays too, for its values and histories have it, and so does a value that is an option no more.',
    access,
    params: OneField,
    body: z
      .strictObject({
        name: fields.name,
        type: type.meta({ description: 'The type that it has' }),
        description: fields.description.optional(),
        required: fields.required.optional(),
        defaultValue: fields.defaultValue.optional(),
        options: fields.options.optional(),
      })
      .meta({ id: 'UpdateUserField' }),
    answer: UserField,
    message: 'Updated user field',
  },
  'DELETE /apis/v1/communities/{communityId}/user-fields/{fieldId}': {
    summary: 'Delete a custom field, every value of it and its histories',
    description:
      'Refused while a leaderboard or a badge counts by it, a milestone compares it, or a leaderboard ranks only members with some value of it. What members have of it is erased a moment later, and then its name is free.',
    access,
    params: OneField,
    answer: z.strictObject({ _id: Id }),
    message: 'Deleted user field',
  },
  'GET /apis/v1/communities/{communityId}/user-field-histories': {
    summary: 'Every value that fields of members ever had, newest first',
    access,
    params: CommunityPath,
    query: historyQuery,
    answer: Histories,
    message: historyMessage,
  },
  'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}/histories': {
    summary: 'Every value that one field ever had, newest first',
    access,
    params: OneField,
    query: historyQuery,
    answer: Histories,
    message: historyMessage,
  },
  'GET /apis/v1/communities/{communityId}/users/{userId}/user-field-histories': {
    summary: 'Every value that the fields of one member ever had, newest first',
    access,
    params: OneUser,
    query: historyQuery,
    answer: Histories,
    message: historyMessage,
  },
  'GET /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories': {
    summary: 'Every value that one field of one member ever had, newest first',
    access,
    params: OneUser.extend({ fieldId: Id }),
    query: historyQuery,
    answer: Histories,
    message: historyMessage,
  },
  'POST /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories': {
    summary: 'Record a value of a member. It is the member’s value from then on when it is the newest',
    description:
      'One that is recorded late, behind a newer value, is history alone: no leaderboard counts it, and `previousValue` of those after it stays. What a file says is recorded as of when the file was sent.',
    access,
    audited: false,
    params: OneUser.extend({ fieldId: Id }),
    body: z
      .strictObject({
        value: GivenValue.meta({
          description: 'As the field’s type is; a day as `2026-11-23`, a number whole and up to 2^52 - 1 either way',
        }),
        recordedAt: Time.optional().meta({
          description: 'Since when it was so, from 1970 on and not in the future. Default: now',
        }),
      })
      .meta({ id: 'CreateFieldHistory' }),
    bodyLimit: bodyLimits.small,
    answer: FieldHistory,
    status: 201,
    message: 'Create user field history successful',
  },
})
