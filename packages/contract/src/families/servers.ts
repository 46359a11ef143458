import { z } from 'zod'
import { bodyLimits, table } from '../route.js'
import { Id, line, ServerPath, Time } from '../schemas.js'

const Server = z
  .strictObject({
    _id: Id,
    id: Id,
    name: z.string(),
    image: z.url().nullable().meta({ description: 'Where its picture is: WebP of at most 512 × 512 pixels' }),
    owner: z
      .strictObject({ id: z.string().meta({ description: 'Their short number in this community' }) })
      .nullable()
      .meta({ description: 'null where it was made without one, on the server’s machine' }),
    __v: z.int(),
  })
  .meta({ id: 'Server', description: 'A community' })

/** The documented groups, in the spelling of documented answers. */
const may = z.boolean()
const ServerPermissions = z.strictObject({
  server_administrator: may,
  allow_dm: may,
  create_invite: may,
  warn_members: may,
  suspend_members: may,
  kick_members: may,
  ban_members: may,
  manage_roles: may,
  manage_channels: may,
  broadcast_messages: may,
  overwrite_language_settings: may,
})
const ChannelPermissions = z.strictObject({
  view_message_history: may,
  post_messages: may,
  manage_messages: may,
  delete_messages: may,
  allow_mentions: may,
  attach_files: may,
  share_links: may,
  share_attachments: may,
  pinable: may,
})
export type ServerPermissions = z.infer<typeof ServerPermissions>
export type ChannelPermissions = z.infer<typeof ChannelPermissions>

const Role = z
  .strictObject({
    _id: Id,
    serverId: Id,
    title: z.string(),
    description: z.string(),
    class: z.string().meta({ description: 'The name of a colour; empty for none' }),
    order: z.int().meta({ description: '0 is the lowest: that of the role that everybody has' }),
    billable: z.boolean(),
    serverPermissions: ServerPermissions,
    channelPermissions: ChannelPermissions,
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'Role' })

const name = line(1, 100).meta({ description: 'What people read' })
const picture = 'image'
const bodyLimit = bodyLimits.small

/** Communities, which the documented API calls servers. */
export const servers = table({
  'POST /api/v1/servers': {
    summary: 'Create a server. Whoever signed in owns it',
    access: { principals: ['login'] },
    body: z.strictObject({ name }),
    bodyLimit,
    picture,
    answer: Server,
    status: 201,
    message: 'Server has been created successfully',
  },
  'GET /api/v1/servers': {
    summary: 'The servers that somebody who signed in is a member of, oldest first',
    description: 'At most 100. A login by Secure Auth is in one.',
    access: { principals: ['login'] },
    answer: z.array(Server),
    message: 'Servers fetched successfully',
  },
  'PUT /api/v1/servers/{serverId}': {
    summary: 'Change a server: its name, its picture',
    description: 'What is not sent stays. `image: null`, as JSON, takes the picture away.',
    access: { principals: ['systemKey', 'owner'] },
    params: ServerPath,
    body: z.strictObject({
      name: name.optional(),
      image: z.null().optional().meta({ description: 'null takes the picture away' }),
    }),
    bodyLimit,
    picture,
    answer: Server,
    message: 'Server has been updated successfully',
  },
  'GET /api/v1/servers/{serverId}/roles': {
    summary: 'The roles of a server, lowest first',
    description: 'Today one: `@all`, which everybody has. Its `_id` is the server’s own.',
    access: { principals: ['systemKey', 'loginMember', 'owner'] },
    params: ServerPath,
    answer: z.array(Role),
    message: 'Roles fetched successfully',
  },
})
