/** Who may ask. Nothing is allowed by default: every operation lists its principals (published as `x-rai-access`). */
export const principals = [
  /** No credential at all: health, documents, public keys. */
  'anyone',
  /** A page that shows a publishable key from one of the key's origins. */
  'visitor',
  /** A visitor's page that also holds a member's embed token. */
  'member',
  /** A back-end with a community key (`rai_sk_…`) that was given the operation's permission. */
  'communityKey',
  /** A back-end with the community's system key (`rai_sys_…`): every permission. */
  'systemKey',
  /** A member's own script with a user key (`rai_uk_…`): it acts as that member and as nobody else. */
  'userKey',
  /** A back-end with a widget access key (`rai_wid_…` and its secret, both in the body). */
  'widgetAccessKey',
  /** Another system: the address of an incoming hook, and what that hook wants to see beside it. */
  'hook',
  /** Somebody who signed in: the access token of a login (`rai_at_…`), wherever they are a member. */
  'login',
  /** The same, as the member that they are in the community which `serverId` names. An owner is one as well. */
  'loginMember',
  /** The same, where that member owns the community. */
  'owner',
] as const
export type Principal = (typeof principals)[number]

/** What a community key can be given. The names are the documented ones; `bulk` is ours. */
export const permissions = [
  'createUser',
  'getUserData',
  'getUserStats',
  'manageUser',
  'userFields',
  'leaderboard',
  'store',
  'milestone',
  'social',
  'sendMessages',
  'getMessages',
  'bulk',
  'webhooks',
] as const
export type Permission = (typeof permissions)[number]

/** What roles allow in a community, and what each means. The names are the documented ones. */
export const serverPermissions = {
  server_administrator: 'Everything, but for what only the owner may',
  allow_dm: 'Write to members directly',
  create_invite: 'Invite people',
  warn_members: 'Warn members',
  suspend_members: 'Suspend members for a time',
  kick_members: 'Send members away, who may come again',
  ban_members: 'Ban members',
  manage_roles: 'Make, change and delete roles below the highest of theirs that allows this, and give and take these',
  manage_channels: 'Make, change and delete channels',
  broadcast_messages: 'Write to everybody at once',
  overwrite_language_settings: 'Set the language for others',
} as const
export type ServerPermission = keyof typeof serverPermissions

/** What roles allow in channels, and what each means. */
export const channelPermissions = {
  view_message_history: 'Read what was written before they came',
  post_messages: 'Write messages',
  manage_messages: 'Change the messages of others',
  delete_messages: 'Delete the messages of others',
  allow_mentions: 'Mention others',
  attach_files: 'Attach files',
  share_links: 'Write links',
  share_attachments: 'Pass on what others attached',
  pinable: 'Pin messages',
} as const
export type ChannelPermission = keyof typeof channelPermissions

/** What a user key can be given, as documented. */
export const userPermissions = ['sendMessages', 'readOwnProfile', 'updateOwnProfile', 'readOwnMessages'] as const
export type UserPermission = (typeof userPermissions)[number]

/** An operation's access rule. */
export interface Access {
  principals: readonly Principal[]
  /** What a community key must have been given. System keys have every permission. */
  permission?: Permission
  /** What the roles of a `loginMember` must allow. Owners and administrators are allowed everything. */
  may?: ServerPermission
  /** What a user key must have been given. */
  ownPermission?: UserPermission
}

/** What keys and tokens begin with. Each is `prefix + 43 base62 characters (256 random bits) + 6 characters of CRC-32`. */
export const keyPrefixes = {
  publishable: 'rai_pk_',
  community: 'rai_sk_',
  system: 'rai_sys_',
  user: 'rai_uk_',
  widgetAccessId: 'rai_wid_',
  widgetAccessSecret: 'rai_wsk_',
  /** The last part of the address of an incoming hook. */
  hookAddress: 'rai_hook_',
  /** What its calls show. */
  hookKey: 'rai_hk_',
  /** Of a login. */
  accessToken: 'rai_at_',
  refreshToken: 'rai_rt_',
  /** In the links of mails. */
  linkToken: 'rai_lt_',
  /** In the address that Secure Auth answers with. */
  loginCode: 'rai_lc_',
} as const
