import type { ChannelPermissions, ServerPermissions } from '@rai/contract'
import type { Community } from './communities.js'

/** What a group of members is called and may do. */
export interface Role {
  id: string
  title: string
  description: string
  /** The name of a colour; empty for none. */
  colour: string
  order: number
  isBillable: boolean
  serverPermissions: ServerPermissions
  channelPermissions: ChannelPermissions
  createdAt: Date
  revision: number
}

/** The role that every member has and nobody can be without. Its id is the community's own, so that it needs no row. */
export const baseRole = ({ id, created_at: createdAt }: Community): Role => ({
  id,
  title: '@all',
  description: 'Everybody',
  colour: '',
  order: 0,
  isBillable: false,
  serverPermissions: {
    server_administrator: false,
    allow_dm: true,
    create_invite: true,
    warn_members: false,
    suspend_members: false,
    kick_members: false,
    ban_members: false,
    manage_roles: false,
    manage_channels: false,
    broadcast_messages: false,
    overwrite_language_settings: false,
  },
  channelPermissions: {
    view_message_history: true,
    post_messages: true,
    manage_messages: false,
    delete_messages: false,
    allow_mentions: true,
    attach_files: true,
    share_links: true,
    share_attachments: true,
    pinable: false,
  },
  createdAt,
  revision: 0,
})
