import {
  type ChannelChanges,
  createChannel,
  onlookerOf,
  updateChannel,
} from '../../packages/server/src/domain/channels.js'
import { createMember, findMember } from '../../packages/server/src/domain/members/members.js'
import { sendMessage } from '../../packages/server/src/domain/messages/messages.js'
import { join, pageOf } from './channels.js'
import { testCommunity } from './community.js'
import type { TestServer } from './server.js'

/** Who talks: `talker-1` … Each test has some of its own. */
const talkers = 40

/** A community whose members talk; with what they do on other pages. */
export async function openBrowserChannels(server: Pick<TestServer, 'url' | 'database'>, origin: string) {
  const community = await testCommunity(server, { origin })
  await community.tenant(async (tx) => {
    for (let n = 1; n <= talkers; n++)
      await createMember(tx, { username: `talker-${n}`, displayName: `Talker ${n}` }, new Date())
  })
  await join(community, 'guide', {
    channelPermissions: { manage_messages: true, delete_messages: true, pinable: true },
  })
  const pages = new Map<string, Awaited<ReturnType<typeof pageOf>>>()
  async function page(member: string) {
    const known = pages.get(member) ?? (await pageOf(server, community, member))
    pages.set(member, known)
    return known
  }
  let order = 0
  return {
    key: community.publishableKey,
    widgetAccess: community.widgetAccess,
    /** Opens a channel; answers its id. */
    open: (channel: object) =>
      community.tenant(async (tx) => {
        const made = { topic: 'Town square', type: 'open', order: ++order, ...channel } as const
        return (await createChannel(tx, made, null, new Date())).id
      }),
    change: (id: string, changes: ChannelChanges) =>
      community.tenant((tx) => updateChannel(tx, id, changes, null, new Date())),
    /** Lets a member say something so many times; answers the last message's id. */
    say: (username: string, channelId: string, text: string, times: number) =>
      community.tenant(async (tx) => {
        const member = await findMember(tx, { username })
        const onlooker = await onlookerOf(tx, member!.id)
        const speaker = { onlooker, isBackEnd: false, only: null, keyId: null }
        let id = ''
        for (let n = 1; n <= times; n++)
          id = (await sendMessage(tx, speaker, channelId, { text: text.replace('{n}', `${n}`) }, new Date())).id
        return id
      }),
    page,
  }
}
