import type { AnswerOf, BodyOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import {
  type Channel,
  type ChannelChanges,
  createChannel,
  deleteChannel,
  listChannels,
  updateChannel,
} from '../../domain/channels.js'
import type { Asker, Handlers } from '../../http/context.js'
import { memberAsking } from '../../http/credential.js'

type Paths = '/api/v1/channels' | '/api/v1/channels/{channelId}' | '/api/v1/servers/{serverId}/channels'

export const channels: Handlers<Extract<RouteKey, `${string} ${Paths}`>> = {
  'GET /api/v1/channels': ({ tx, principal, query }) => list(tx, principal, query),
  'GET /api/v1/servers/{serverId}/channels': ({ tx, principal, query }) => list(tx, principal, query),

  'POST /api/v1/channels': async ({ tx, principal, body, now }) => {
    const { topic, channelType: type } = body
    return show(await createChannel(tx, { ...changesOf(body), topic, type }, memberAsking(principal), now))
  },

  'PUT /api/v1/channels/{channelId}': async ({ tx, principal, params, body, now }) =>
    show(await updateChannel(tx, params.channelId, changesOf(body), memberAsking(principal), now)),

  'DELETE /api/v1/channels/{channelId}': async ({ tx, principal, params, now }) => {
    await deleteChannel(tx, params.channelId, memberAsking(principal), now)
    return { _id: params.channelId }
  },
}

const list = async (tx: Tx, asker: Asker, page: { page: number; limit: number }) =>
  (await listChannels(tx, memberAsking(asker), page)).map(show)

const changesOf = ({
  channelType: type,
  allowedUsers: members,
  permissions,
  ...rest
}: BodyOf<'PUT /api/v1/channels/{channelId}'>): ChannelChanges => ({
  ...rest,
  type,
  members,
  permissions:
    permissions &&
    Object.fromEntries(permissions.map(({ roleId, channelPermissions }) => [roleId, channelPermissions])),
})

const show = (channel: Channel): AnswerOf<'POST /api/v1/channels'> => ({
  _id: channel.id,
  serverId: channel.community_id,
  topic: channel.topic,
  channelType: channel.type,
  description: channel.description,
  permissions: Object.entries(channel.permissions).map(([roleId, channelPermissions]) => ({
    roleId,
    channelPermissions,
  })),
  allowedUsers: channel.members,
  order: channel.display_order,
  slowModeSeconds: channel.slow_mode_seconds,
  iframe: channel.iframe,
  userId: channel.creator === null ? null : String(channel.creator),
  createdAt: channel.created_at.toISOString(),
  updatedAt: channel.updated_at.toISOString(),
  __v: channel.revision,
})
