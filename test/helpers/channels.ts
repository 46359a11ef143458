import type { RouteKey } from '@rai/contract'
import { createChannel, type NewChannel } from '../../packages/server/src/domain/channels.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { changeRoles, createRole, type RoleInput } from '../../packages/server/src/domain/roles.js'
import { type Ask, ask, embedToken } from './api.js'
import type { TestCommunity } from './community.js'
import type { TestServer } from './server.js'

/** Opens a channel. */
export const openChannel = ({ tenant }: Pick<TestCommunity, 'tenant'>, channel: Partial<NewChannel> = {}) =>
  tenant((tx) => createChannel(tx, { topic: 'Town square', type: 'open', ...channel }, null, new Date()))

/** Makes a member, whose address is their name's, and gives them a role of their own if it is to allow something. */
export const join = (
  { tenant }: Pick<TestCommunity, 'tenant'>,
  username: string,
  { at = new Date(), ...allows }: Pick<RoleInput, 'channelPermissions' | 'serverPermissions'> & { at?: Date } = {},
) =>
  tenant(async (tx) => {
    const member = await createMember(tx, { username, email: `${username}@people.example` }, at)
    if (Object.keys(allows).length === 0) return member
    const role = await createRole(tx, { title: `Of ${username}`, ...allows }, 'community', at)
    return changeRoles(tx, member, { add: [role.id] }, at)
  })

type Base = '/widget/v1/{publishableKey}'
type Operation = Extract<RouteKey, `${string} ${Base}/${'channels' | 'messages'}${string}`>

/** What the page of a member asks about channels. */
export async function pageOf(server: Pick<TestServer, 'url'>, community: TestCommunity, username: string) {
  const { publishableKey, origin } = community
  const bearer = await embedToken(server, community, username)
  const asks = <K extends Operation>(key: K, { params, ...rest }: Ask = {}) =>
    ask(server, key, { bearer, origin, ...rest, params: { publishableKey, ...params } })
  return {
    bearer,
    ask: asks,
    say: (channelId: string, text: string, more: object = {}) =>
      asks('POST /widget/v1/{publishableKey}/channels/{channelId}/messages', {
        params: { channelId },
        body: { text, ...more },
      }),
    reply: (messageId: string, text: string) =>
      asks('POST /widget/v1/{publishableKey}/messages/{messageId}/replies', { params: { messageId }, body: { text } }),
    read: (channelId: string, query: Record<string, string | number> = {}) =>
      asks('GET /widget/v1/{publishableKey}/channels/{channelId}/messages', { params: { channelId }, query }),
    message: (messageId: string) =>
      asks('GET /widget/v1/{publishableKey}/messages/{messageId}', { params: { messageId } }),
    channel: (channelId: string) =>
      asks('GET /widget/v1/{publishableKey}/channels/{channelId}', { params: { channelId } }),
    edit: (messageId: string, text: string) =>
      asks('PATCH /widget/v1/{publishableKey}/messages/{messageId}', { params: { messageId }, body: { text } }),
    remove: (messageId: string) =>
      asks('DELETE /widget/v1/{publishableKey}/messages/{messageId}', { params: { messageId } }),
    react: (messageId: string, emoji: string) =>
      asks('PUT /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}', { params: { messageId, emoji } }),
    unreact: (messageId: string, emoji: string) =>
      asks('DELETE /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}', {
        params: { messageId, emoji },
      }),
    seen: (channelId: string, messageId: string) =>
      asks('PUT /widget/v1/{publishableKey}/channels/{channelId}/read', { params: { channelId }, body: { messageId } }),
  }
}
