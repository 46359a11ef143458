import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import { Id, line, ServerPath } from '../../schemas.js'

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

const name = line(1, 100).meta({ description: 'What people read' })
const pictures = ['image'] as const
const bodyLimit = bodyLimits.small

/** Communities, which the documented API calls servers. */
export const servers = table({
  'POST /api/v1/servers': {
    summary: 'Create a server. Whoever signed in owns it',
    access: { principals: ['login'] },
    audited: true,
    body: z.strictObject({ name }),
    bodyLimit,
    pictures,
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
    access: { principals: ['systemKey', 'loginMember'], may: 'server_administrator' },
    params: ServerPath,
    body: z.strictObject({
      name: name.optional(),
      image: z.null().optional().meta({ description: 'null takes the picture away' }),
    }),
    bodyLimit,
    pictures,
    answer: Server,
    message: 'Server has been updated successfully',
  },
})
