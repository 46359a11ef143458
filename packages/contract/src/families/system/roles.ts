import { z } from 'zod'
import { channelPermissions, serverPermissions } from '../../access.js'
import { bodyLimits, table } from '../../route.js'
import { Id, line, ServerPath, serverQuery, Time, text, UserId } from '../../schemas.js'

/** A group of permissions: whether each is given. */
const flags = <Name extends string>(meanings: Readonly<Record<Name, string>>) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries<string>(meanings).map(([name, description]) => [name, z.boolean().meta({ description })]),
    ) as Record<Name, z.ZodBoolean>,
  )
const ServerPermissions = flags(serverPermissions).meta({ id: 'ServerPermissions' })
export const ChannelPermissions = flags(channelPermissions).meta({ id: 'ChannelPermissions' })

const fields = {
  title: line(1, 100).trim().meta({ description: 'What people read. No two roles of a server share it' }),
  description: text(1000).meta({ description: 'What it is for. Default: empty' }),
  class: line(0, 50).meta({ description: 'The name of a colour; empty, the default, for none' }),
  billable: z.boolean().meta({ description: 'Whether its members are paid for. Kept and answered. Default: false' }),
  accessLevel: z.int().min(0).max(1_000_000).nullable().meta({
    description:
      'Secure Auth gives the role to whoever signs in with this `accessLevel`, and `POST /apis/v1/users` to whoever is created with it by the system key; one that may administrate is given so by nobody. Null, the default: by none',
  }),
}
const order = z.int().max(10_000)

const Role = z
  .strictObject({
    _id: Id,
    serverId: Id,
    ...fields,
    order: z
      .int()
      .meta({ description: 'The highest stands above the others; 0 is that of the role that everybody has' }),
    serverPermissions: ServerPermissions,
    channelPermissions: ChannelPermissions,
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'Role', description: 'What some members are called and may do' })

const older = (name: string) =>
  z
    .boolean()
    .optional()
    .meta({ description: `The name of \`${name}\` in documented requests. That wins over it` })
const ServerFlags = flags(serverPermissions)
  .partial()
  .extend({ overwrite_language: older('overwrite_language_settings') })
const ChannelFlags = flags(channelPermissions)
  .partial()
  .extend({ share_Attachments: older('share_attachments') })
const inAnswers = (name: string) => `The same in the spelling of answers, which wins over \`${name}\``

/** Both groups, each in the two spellings that are documented. What is not sent is not given, or stays as it is. */
const groups = {
  server_permissions: ServerFlags.optional().meta({ description: 'What its members may do in the community' }),
  serverPermissions: ServerFlags.optional().meta({ description: inAnswers('server_permissions') }),
  channel_permissions: ChannelFlags.optional().meta({ description: 'What its members may do in channels' }),
  channelPermissions: ChannelFlags.optional().meta({ description: inAnswers('channel_permissions') }),
}

const aboveAll = 'The highest stands above the others'
const CreateRole = z
  .strictObject(fields)
  .partial()
  .extend({
    title: fields.title,
    order: order
      .min(1)
      .optional()
      .meta({ description: `${aboveAll}; several may share one. Default: 1` }),
    ...groups,
  })
  .meta({ id: 'CreateRole' })
const UpdateRole = z
  .strictObject(fields)
  .partial()
  .extend({
    order: order
      .min(0)
      .optional()
      .meta({ description: `${aboveAll}. 0 is that of the role that everybody has` }),
    ...groups,
  })
  .meta({ id: 'UpdateRole' })

const access = { principals: ['systemKey', 'loginMember'], may: 'manage_roles' } as const
const anyMember = { principals: ['systemKey', 'loginMember'] } as const
const query = z.strictObject(serverQuery)
const One = z.object({ id: Id.meta({ description: 'The role' }) })
const RolePath = z.object({ roleId: Id })
const Holder = z.strictObject({ userId: UserId })
const bodyLimit = bodyLimits.small
const reach =
  'By login: of roles below the highest of theirs that itself allows `manage_roles`, and with no permission that they lack themselves. An owner and the system key stand above all.'

/** What groups of members are called and may do. */
export const roles = table({
  'GET /api/v1/servers/{serverId}/roles': {
    summary: 'The roles of a server, lowest first',
    description: 'The first is `@all`, which everybody has. Its `_id` is the server’s own.',
    access: anyMember,
    params: ServerPath,
    answer: z.array(Role),
    message: 'Roles fetched successfully',
  },
  'POST /api/v1/roles': {
    summary: 'Create a role',
    description: `A server has at most 250. ${reach}`,
    access,
    query,
    body: CreateRole,
    bodyLimit,
    answer: Role,
    status: 201,
    message: 'Role has been created successfully',
  },
  'PUT /api/v1/roles/{id}': {
    summary: 'Change a role',
    description: `What is not sent stays. Of \`@all\`, the permissions can be changed and nothing else. ${reach}`,
    access,
    query,
    params: One,
    body: UpdateRole,
    bodyLimit,
    answer: Role,
    message: 'Role has been updated successfully',
  },
  'DELETE /api/v1/roles/{id}': {
    summary: 'Delete a role: nobody has it any more',
    description: `Not \`@all\`, and none that a leaderboard is for or a milestone names. ${reach}`,
    access,
    query,
    params: One,
    answer: z.strictObject({ _id: Id }),
    message: 'Role has been deleted successfully',
  },
  'GET /api/v1/roles/{id}': {
    summary: 'The roles of a user, lowest first',
    access: anyMember,
    query,
    params: z.object({ id: UserId }),
    answer: z.array(Role),
    message: 'User roles fetched successfully',
  },
  'POST /api/v1/roles/{roleId}/add': {
    summary: 'Give a role to a user, and answer all of theirs',
    description: `Safe to repeat. ${reach}`,
    access,
    query,
    params: RolePath,
    body: Holder,
    bodyLimit,
    answer: z.array(Role),
    message: 'Role has been added successfully',
  },
  'POST /api/v1/roles/{roleId}/remove': {
    summary: 'Take a role from a user, and answer those that are left',
    description: `Safe to repeat. Nobody can be without \`@all\`. ${reach}`,
    access,
    query,
    params: RolePath,
    body: Holder,
    bodyLimit,
    answer: z.array(Role),
    message: 'Role has been removed successfully',
  },
})
