import type { AnswerOf, BodyOf, QueryOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { listTargets, seenTargets } from '../../domain/channels.js'
import { Failure } from '../../domain/failure.js'
import { findMember, findMembers, type Member, userIdName } from '../../domain/members/members.js'
import { type Attached, attachedTo } from '../../domain/messages/attachments.js'
import { emojiOf } from '../../domain/messages/emoji.js'
import { replyTo, sendMessage } from '../../domain/messages/messages.js'
import type { Message } from '../../domain/messages/places.js'
import { react } from '../../domain/messages/reactions.js'
import { lastSaid } from '../../domain/messages/reading.js'
import type { Asker, Context, Handlers, Services } from '../../http/context.js'
import { showAttached, showUpload } from '../../pages/attachments.js'
import { takeUpload } from '../attachments.js'
import { readerOf, speakerBehind } from '../speaking.js'

type Keys = 'GET /apis/v1/channels' | 'GET /apis/v1/messages' | Extract<RouteKey, `POST /apis/v1/messages${string}`>
type Send = 'POST /apis/v1/messages/send'

export const messages: Handlers<Keys> = {
  'GET /apis/v1/channels': async ({ tx, principal, query }) => {
    const channels = await listTargets(tx, await readerOf(tx, principal), query)
    return channels.map(({ id, topic, type }) => ({ _id: id, topic, channelType: type }))
  },

  'POST /apis/v1/messages/send': (context) => send(context),
  'POST /apis/v1/messages': (context) => send(context),

  'POST /apis/v1/messages/reply': async ({ tx, principal, body, deps, now }) => {
    const { messageId, message: text, attachments, sender, clientId } = body
    const speaker = await speakerBehind(tx, principal, sender)
    return show(tx, deps, await replyTo(tx, speaker, messageId, { text, attachments, clientId }, now))
  },

  'POST /apis/v1/messages/attachments': async (context) => {
    const { channelId, sender } = context.body
    const file = await takeUpload(context, channelId, (tx) => speakerBehind(tx, context.principal, sender))
    return { _id: file.id, ...showUpload(file) }
  },

  'POST /apis/v1/messages/react': async ({ tx, principal, body, now }) => {
    const { messageId, emoji, sender } = body
    const speaker = await speakerBehind(tx, principal, sender)
    const { id } = await react(tx, speaker, { messageId, emoji }, now)
    return { _id: id, emoji: emojiOf(emoji) }
  },

  'GET /apis/v1/messages': async ({ tx, principal, query, deps }) => {
    const [targets, author] = await Promise.all([
      readerOf(tx, principal).then(async (reader) => ({ reader, channels: await seenTargets(tx, reader) })),
      authorAsked(tx, principal, query),
    ])
    const channels = targets.channels.filter(({ id }) => query.channel_id === undefined || id === query.channel_id)
    if (query.channel_id !== undefined && channels.length === 0)
      throw new Failure('not_found', 'There is no such channel.')
    const said = await lastSaid(tx, targets.reader, { channels, authorId: author?.id, limit: query.count })
    const authors = await findMembers(
      tx,
      said.map(({ author_id }) => author_id),
    )
    const attached = await attachedTo(
      tx,
      said.map(({ id }) => id),
    )
    return {
      total: said.length,
      messages: said.map(({ id, text, author_id, channel_id, created_at }) => {
        const { number, email } = authors.get(author_id)!
        const { topic } = channels.find((channel) => channel.id === channel_id)!
        return {
          id,
          message: text,
          attachments: showFiles(tx, deps, attached.get(id)),
          user: { user_id: String(number), email },
          channel: { channel_id, name: topic },
          timestamp: created_at.toISOString(),
        }
      }),
    }
  },
}

async function send({
  tx,
  principal,
  body,
  deps,
  now,
}: Context<Send> | Context<'POST /apis/v1/messages'>): Promise<AnswerOf<Send>> {
  const { channelId, message: text, attachments, sender, forumTopicId: topicId, clientId }: BodyOf<Send> = body
  const speaker = await speakerBehind(tx, principal, sender)
  return show(tx, deps, await sendMessage(tx, speaker, channelId, { text, attachments, topicId, clientId }, now))
}

type Deps = Pick<Services, 'config'>

const showFiles = ({ communityId }: Tx, { config }: Deps, files: readonly Attached[] = []) =>
  files.map((file) => ({ _id: file.id, ...showAttached(config.filesUrl, communityId, file) }))

async function show(tx: Tx, deps: Deps, message: Message): Promise<AnswerOf<Send>> {
  const { id, channel_id, topic_id, reply_to, text, author_id, created_at } = message
  const { username } = (await findMember(tx, { id: author_id }))!
  return {
    _id: id,
    channelId: channel_id,
    forumTopicId: topic_id,
    replyTo: reply_to,
    message: text,
    attachments: showFiles(tx, deps, (await attachedTo(tx, [id])).get(id)),
    sender: { _id: author_id, username },
    createdAt: created_at.toISOString(),
  }
}

/** Whose messages are asked for; undefined for everybody's. */
async function authorAsked(
  tx: Tx,
  { kind, memberId }: Asker,
  { user_id, email }: QueryOf<'GET /apis/v1/messages'>,
): Promise<Pick<Member, 'id'> | undefined> {
  const names = [...(user_id === undefined ? [] : [userIdName(user_id)]), ...(email === undefined ? [] : [{ email }])]
  const found = await Promise.all(names.map((name) => findMember(tx, name)))
  if (kind === 'userKey') {
    if (found.some((member) => member?.id !== memberId))
      throw new Failure('forbidden', 'This key reads what its owner said, and nobody else.')
    return { id: memberId! }
  }
  const [one] = found
  if (found.some((member) => !member || member.status === 'deleted' || member.id !== one!.id))
    throw new Failure('not_found', 'There is no such member.')
  return one
}
