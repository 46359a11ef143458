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
  /** A back-end with a widget access key (`rai_wid_…` and its secret, both in the body). */
  'widgetAccessKey',
  /** Somebody who signed in: the access token of a login (`rai_at_…`), wherever they are a member. */
  'login',
  /** The same, as the member that they are in the community which `serverId` names. */
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

/** An operation's access rule. */
export interface Access {
  principals: readonly Principal[]
  /** What a community key must have been given. System keys have every permission. */
  permission?: Permission
}

/** What keys and tokens begin with. Each is `prefix + 43 base62 characters (256 random bits) + 6 characters of CRC-32`. */
export const keyPrefixes = {
  publishable: 'rai_pk_',
  community: 'rai_sk_',
  system: 'rai_sys_',
  widgetAccessId: 'rai_wid_',
  widgetAccessSecret: 'rai_wsk_',
  /** Of a login. */
  accessToken: 'rai_at_',
  refreshToken: 'rai_rt_',
  /** In the links of mails. */
  linkToken: 'rai_lt_',
  /** In the address that Secure Auth answers with. */
  loginCode: 'rai_lc_',
} as const
