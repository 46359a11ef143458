import { z } from 'zod'
import { table } from '../../route.js'
import { AppId, FramePage, Id, line, ServerPath, serverQuery, Time, text } from '../../schemas.js'
import { ChannelPermissions } from './roles.js'

/** What channels there are. */
export const channelTypes = ['open', 'whisper', 'announcement', 'direct', 'forum', 'iframe'] as const
export type ChannelType = (typeof channelTypes)[number]

/** What the page of an iframe channel may ask to do, by the bridge to the page that it stands in. */
const capabilities = [
  'identity',
  'messages.draft',
  'messages.send',
  'events',
  'navigation',
  'links.open',
  'clipboard.write',
  'download',
  'share',
  'toast',
  'modal',
  'fullscreen',
  'purchase',
] as const

/** What of a browser such a page can be let use, in the words of the Permissions Policy. Nothing that pays or signs in. */
const browserFeatures = [
  'accelerometer',
  'autoplay',
  'camera',
  'clipboard-write',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'microphone',
  'picture-in-picture',
  'screen-wake-lock',
  'web-share',
] as const

const isOnce = (list: readonly unknown[]) => new Set(list).size === list.length
const someOf = <const T extends readonly string[]>(all: T) =>
  z.array(z.enum(all)).max(all.length).refine(isOnce, 'must name each once')

const Height = z
  .strictObject({
    mode: z.enum(['fit', 'grow', 'fixed', 'fill']).meta({
      description:
        'As high as its content (`fit`), as that has been at most so far (`grow`), always the same (`fixed`), or as there is room (`fill`)',
    }),
    pixels: z.int().min(40).max(4000).optional().meta({
      description: 'With `fixed`, the height in CSS pixels; with `fit` and `grow`, the most. `fill` has none',
    }),
  })
  .refine(({ mode, pixels }) => (pixels === undefined ? mode !== 'fixed' : mode !== 'fill'), {
    path: ['pixels'],
    message: 'must stand beside fixed, and not beside fill',
  })

/** What an operator says of the page of an iframe channel. Nothing is granted or allowed that is not named. */
const manifest = {
  url: FramePage.meta({ description: 'The page: by https, at a host that is written plainly' }),
  capabilities: someOf(capabilities).meta({ description: 'What the page asks to do. Default: nothing' }),
  granted: someOf(capabilities).meta({ description: 'Which of these it may do. Default: none' }),
  height: Height.meta({ description: 'How high it is shown. Default: `fill`' }),
  allow: someOf(browserFeatures).meta({
    description: 'What the browser lets it use (its Permissions Policy). Default: nothing',
  }),
  allowPopups: z.boolean().meta({ description: 'Whether it may open windows. Default: false' }),
  isEnabled: z.boolean().meta({ description: 'false: the page is shown to nobody any more. Default: true' }),
  app: AppId.meta({
    description:
      'Whom tokens for its back-end are for, beside its origin: what it calls itself in its own manifest. Default: its host',
  }),
}
export const Manifest = z.strictObject({
  ...manifest,
  origin: z.string().meta({ description: 'The origin of `url`: messages go there and come from there alone' }),
})
export type Manifest = z.infer<typeof Manifest>

const RolePermissions = z.strictObject({
  roleId: Id.meta({ description: 'The role. That of everybody, `@all`, has the id of the server' }),
  channelPermissions: ChannelPermissions.partial().meta({
    description: 'What its members may here (true) or may not (false). What is not named is as everywhere',
  }),
})

const fields = {
  topic: line(1, 100).meta({ description: 'What the channel is called' }),
  channelType: z.enum(channelTypes).meta({
    description:
      '`open`: everybody writes; `whisper`: members see what whisperers write; `announcement`: one way; `direct`: for the members that it lists; `forum`: by topics; `iframe`: shows another page',
  }),
  description: text(1000).meta({ description: 'What it is about. Default: empty' }),
  permissions: z
    .array(RolePermissions)
    .max(100)
    .refine((entries) => isOnce(entries.map(({ roleId }) => roleId)), 'must name each role once')
    .meta({
      description:
        'What roles may here otherwise than everywhere. What one role of a member allows goes before what another refuses, and both before what `@all` says',
    }),
  allowedUsers: z
    .array(Id)
    .max(100)
    .refine(isOnce, 'must name each once')
    .meta({ description: 'Of a `direct` channel: the members who are in it, by their `_id`' }),
  order: z
    .int()
    .min(0)
    .max(1_000_000)
    .meta({ description: 'The lowest stands first, the oldest of several. Default: 0' }),
  slowModeSeconds: z
    .int()
    .min(0)
    .max(21_600)
    .meta({ description: 'How long a member waits from one message to the next. Default: 0, not at all' }),
}

const Channel = z
  .strictObject({
    _id: Id,
    serverId: Id,
    ...fields,
    iframe: Manifest.nullable().meta({ description: 'Of an iframe channel: its page' }),
    userId: z.string().nullable().meta({ description: 'Who made it, by their short number; null where a key did' }),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'Channel' })

const Changes = z.strictObject(fields).partial()
const ManifestChanges = z.strictObject(manifest).partial()

const query = z.strictObject(serverQuery)
/** Documented clients ask once and read all. */
export const mostChannels = 500
export const channelPage = {
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  limit: z.coerce.number().int().min(1).max(mostChannels).default(mostChannels),
}
const One = z.object({ channelId: Id })

const readers = { principals: ['systemKey', 'loginMember'] } as const
const writers = { principals: ['systemKey', 'loginMember'], may: 'manage_channels' } as const
const seen =
  'A login sees the channels whose messages it may read, and of the direct ones those that it is in; the system key sees all.'

/** Where members talk, or are shown another page. */
export const channels = table({
  'GET /api/v1/channels': {
    summary: 'The channels of a community, lowest order first',
    description: seen,
    access: readers,
    query: z.strictObject({ ...serverQuery, ...channelPage }),
    answer: z.array(Channel),
    message: 'Channels fetched successfully',
  },
  'GET /api/v1/servers/{serverId}/channels': {
    summary: 'The channels of a server, lowest order first',
    description: seen,
    access: readers,
    params: ServerPath,
    query: z.strictObject(channelPage),
    answer: z.array(Channel),
    message: 'Channels fetched successfully',
  },
  'POST /api/v1/channels': {
    summary: 'Create a channel',
    description: `A server has at most ${mostChannels}. A direct one needs \`allowedUsers\`, and an iframe one \`iframe\`. Who makes a direct one is in it.`,
    access: writers,
    query,
    body: Changes.extend({
      topic: fields.topic,
      channelType: fields.channelType,
      iframe: ManifestChanges.extend({ url: manifest.url })
        .optional()
        .meta({ description: 'Of an iframe channel: its page, and what that may do' }),
    }).meta({ id: 'CreateChannel' }),
    answer: Channel,
    status: 201,
    message: 'Channel has been created successfully',
  },
  'PUT /api/v1/channels/{channelId}': {
    summary: 'Change a channel',
    description:
      'What is not sent stays, also inside `iframe`; a page of another origin begins anew, with nothing granted or allowed but what is sent along. `permissions` and `allowedUsers` are sent whole. A direct channel stays one, and no other becomes one.',
    access: writers,
    query,
    params: One,
    body: Changes.extend({
      iframe: ManifestChanges.optional().meta({ description: 'Of an iframe channel: what changes about its page' }),
    }).meta({ id: 'UpdateChannel' }),
    answer: Channel,
    message: 'Channel has been updated successfully',
  },
  'DELETE /api/v1/channels/{channelId}': {
    summary: 'Delete a channel for ever',
    access: writers,
    query,
    params: One,
    answer: z.strictObject({ _id: Id }),
    message: 'Channel has been deleted successfully',
  },
})
