import { z } from 'zod'
import { table } from '../../route.js'
import { CommunityPath, Id, pageQuery, serverQuery, Time } from '../../schemas.js'

export const CommunityUser = z
  .strictObject({
    _id: Id,
    id: z.string().meta({ description: 'Their short number in this community' }),
    avatar: z
      .url()
      .nullable()
      .meta({ description: 'Where their picture is; null for none, and while they are hidden' }),
    displayName: z.string(),
    username: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    email: z.string().nullable(),
    isOnline: z.boolean().meta({
      description: 'Whether a visit goes on: they came, on a page or by a login, within the last 30 minutes',
    }),
    lastLogin: Time.nullable().meta({ description: 'When their last visit began; null: they never came' }),
    status: z.enum(['active', 'suspended', 'banned']),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'CommunityUser' })

/** Only some fields may be asked for, so that any other may be absent. */
const Selected = CommunityUser.partial()

const selector = z.enum(['true', 'false']).optional()
const selectors = Object.fromEntries(Object.keys(CommunityUser.shape).map((name) => [name, selector])) as Record<
  keyof typeof CommunityUser.shape,
  typeof selector
>

const access = { principals: ['communityKey', 'systemKey', 'loginMember'], permission: 'getUserData' } as const

/** The members of a community. */
export const communityUsers = table({
  'GET /apis/v1/communities/{communityId}/users': {
    summary: 'List the members of a community',
    description:
      'Those who were deleted are left out. The list goes as far as its 10,000th member, and so does `total` in `meta`: search for others.',
    access: { ...access, may: 'server_administrator' },
    params: CommunityPath,
    query: z.strictObject({
      search: z.string().trim().min(1).max(254).optional().meta({
        description:
          'How a display name begins, without regard to case; or a whole username, e-mail address or short number',
      }),
      ...pageQuery,
      sort: z
        .string()
        .max(50)
        .regex(/^(createdAt|displayName|username):(asc|desc)$/, 'must be like createdAt:desc')
        .optional(),
      fields: z.string().max(500).optional().meta({ description: 'Names of fields, with commas between them' }),
    }),
    answer: z.array(Selected.required({ _id: true })),
    message: 'Get community users success.',
  },
  'GET /apis/v1/users/{userId}': {
    summary: 'Read a member: by login or user key one’s own record; administrators and the community’s keys read any',
    description:
      'Each field can be asked for by its name (`displayName=true&email=true`), or left out (`email=false`); without any the answer has them all.',
    access: {
      principals: [...access.principals, 'userKey'],
      permission: access.permission,
      ownPermission: 'readOwnProfile',
    },
    params: z.object({ userId: Id.meta({ description: 'Their `_id`, or short number' }) }),
    query: z.strictObject({
      ...selectors,
      ...serverQuery,
    }),
    answer: Selected,
    message: 'Get user success.',
  },
})
