import { z } from 'zod'
import { userPermissions } from '../access.js'
import { bodyLimits, table } from '../route.js'
import { Id, line, PictureUrl, serverQuery, Time, TimeZone, Visibility } from '../schemas.js'
import { secret, withoutSecret } from './management/keys.js'

/** Nobody makes a key that acts as somebody else. */
const owners = { principals: ['loginMember'] } as const
/** Operators see and delete what members have made. */
const operators = { principals: ['systemKey', 'loginMember'] } as const

/** A live key, or one that has run out, is one of so many that a member may have. */
export const mostUserKeys = 50

const fields = {
  name: line(1, 100).meta({ description: 'What its owner calls it' }),
  permissions: z
    .array(z.enum(userPermissions))
    .max(userPermissions.length)
    .meta({ description: 'What it may do, as its owner. Each operation says which one it needs' }),
  channelIds: z.array(Id).min(1).max(100).nullable().meta({
    description: 'The only channels that it sees and writes to; null, the default: all that its owner does',
  }),
  isActive: z.boolean().meta({ description: 'false: it does not work until it is set to true. Default: true' }),
}

const UserKey = z
  .strictObject({
    _id: Id,
    userId: Id.meta({ description: 'Its owner’s `_id`' }),
    ...fields,
    expireDate: Time.nullable().meta({ description: 'When it stops working; null: never' }),
    hint: z.string().meta({ description: 'Its beginning and its last four characters' }),
    lastUsedAt: Time.nullable().meta({ description: 'To the minute' }),
    createdAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'UserKey', description: 'A key, but for its secret' })

const Changes = z
  .strictObject({
    ...fields,
    expirePeriod: z.int().min(0).max(36_500).meta({
      description: 'After how many days from now it stops working; 0: never',
    }),
    expireDate: z.union([Time, z.literal('')]).meta({
      description: 'When it stops working, whatever `expirePeriod` says; empty: as that says',
    }),
    communityId: Id.meta({ description: 'The community, where it is named at all: that of `serverId`' }),
  })
  .partial()
const NewKey = Changes.required({ name: true, permissions: true })

const query = z.strictObject(serverQuery)
const Owner = z.object({ userId: Id })
const One = z.object({ userId: Id, keyId: Id })

const created = {
  access: owners,
  body: NewKey.meta({ id: 'CreateUserKey' }),
  bodyLimit: bodyLimits.small,
  answer: UserKey.extend(secret).meta({ id: 'NewUserKey' }),
  replayed: withoutSecret,
  status: 201,
  message: 'Api key created successfully',
} as const

const own = {
  displayName: line(1, 100).trim().meta({ description: 'What others read' }),
  visibility: Visibility,
  timeZone: TimeZone,
}
const OwnProfile = z
  .strictObject({
    _id: Id,
    ...own,
    avatar: z
      .url()
      .nullable()
      .meta({ description: 'Where their picture is; null for none, and while they are hidden' }),
    __v: z.int(),
  })
  .meta({ id: 'OwnProfile', description: 'What a member says of themselves' })

/** The keys of a member’s own scripts, and what these ask about themselves. Paths and bodies as documented for the original. */
export const user = table({
  'GET /apis/v1/api-key': {
    summary: 'The user key that asks',
    access: { principals: ['userKey'] },
    answer: UserKey,
    message: 'Api key fetched successfully',
  },
  'PATCH /apis/v1/me': {
    summary: 'Change what one says of oneself: name, picture, visibility, time zone',
    description: 'What is not sent stays. A user key changes its owner, a login the member that it is.',
    access: { principals: ['userKey', 'loginMember'], ownPermission: 'updateOwnProfile' },
    query,
    body: z
      .strictObject({
        ...own,
        avatarUrl: PictureUrl.nullable().meta({
          description: 'Where their picture is. It is fetched and served from here; null takes it away',
        }),
      })
      .partial()
      .refine((body) => Object.keys(body).length > 0, 'must hold something to change')
      .meta({ id: 'UpdateOwnProfile' }),
    bodyLimit: bodyLimits.small,
    answer: OwnProfile,
    message: 'User updated successfully',
  },
  'GET /apis/v1/users/{userId}/api-keys': {
    summary: 'The keys that a member has made, newest first',
    description: 'A login sees its own, the system key anybody’s.',
    access: operators,
    params: Owner,
    query,
    answer: z.array(UserKey),
    message: 'Api keys fetched successfully',
  },
  'POST /apis/v1/users/{userId}/api-keys': {
    summary: 'Make a key for a script of one’s own. It is shown this once',
    description: `It acts as whoever made it, and as nobody else: it can never do more than its owner. A member has at most ${mostUserKeys}.`,
    params: Owner,
    query,
    ...created,
  },
  'POST /apis/v1/users/apikeys': {
    summary: 'The same, at the older documented path',
    query: z.strictObject({ ...serverQuery, userId: Id.meta({ description: 'The `_id` of whoever signed in' }) }),
    ...created,
  },
  'PUT /apis/v1/users/{userId}/api-keys/{keyId}': {
    summary: 'Change a key: its name, what it may do, when it ends, whether it works',
    description: 'What is not sent stays. It holds from the next request on.',
    access: owners,
    params: One,
    query,
    body: Changes.meta({ id: 'UpdateUserKey' }),
    bodyLimit: bodyLimits.small,
    answer: UserKey,
    message: 'Api key updated successfully',
  },
  'DELETE /apis/v1/users/{userId}/api-keys/{keyId}': {
    summary: 'Delete a key for ever',
    description: 'A login deletes its own, the system key anybody’s. It ends at once, and nothing is left of it.',
    access: operators,
    params: One,
    query,
    answer: z.strictObject({ _id: Id }),
    message: 'Api key deleted successfully',
  },
})
