import type { AnswerOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { findMembers, type Member } from '../../domain/members/members.js'
import type { ShownCard } from '../../domain/messages/cards.js'
import { deleteMessage, editMessage, pinMessage, replyTo, takeCardsOff } from '../../domain/messages/messages.js'
import { isOwn, type Message, messageOf, placeOf, type Speaker } from '../../domain/messages/places.js'
import { react, unreact, whoReacted } from '../../domain/messages/reactions.js'
import { readMessage, type ShownMessage } from '../../domain/messages/reading.js'
import { reportMessage } from '../../domain/messages/reports.js'
import type { Context, Handlers, Services } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'
import { showAttached } from '../../pages/attachments.js'
import { imageUrl, shownAvatarUrl } from '../../pages/pictures.js'
import { speakerOf } from '../speaking.js'

type Path = '/widget/v1/{publishableKey}/messages/{messageId}'
type Keys = Extract<RouteKey, `${string} ${Path}${string}`>
type Shown = AnswerOf<`GET ${Path}`>
type Deps = Pick<Services, 'config'>

export const messages: Handlers<Keys> = {
  'GET /widget/v1/{publishableKey}/messages/{messageId}': async ({ tx, principal, params, deps }) => {
    const speaker = await speakerOf(tx, principal)
    const { message } = await messageOf(tx, speaker, params.messageId)
    return showMessage(tx, deps, speaker, message)
  },

  'POST /widget/v1/{publishableKey}/messages/{messageId}/replies': async ({
    tx,
    principal,
    params,
    body,
    deps,
    now,
  }) => {
    const speaker = await speakerOf(tx, principal)
    return showMessage(tx, deps, speaker, await replyTo(tx, speaker, params.messageId, body, now))
  },

  'PATCH /widget/v1/{publishableKey}/messages/{messageId}': async ({
    tx,
    principal,
    params,
    body,
    note,
    deps,
    now,
  }) => {
    const speaker = await speakerOf(tx, principal)
    const message = await editMessage(tx, speaker, params.messageId, body.text, now)
    note.isNothing = isOwn(message, speaker)
    return showMessage(tx, deps, speaker, message)
  },

  'DELETE /widget/v1/{publishableKey}/messages/{messageId}': async ({ tx, principal, params, note, now }) => {
    const speaker = await speakerOf(tx, principal)
    const message = await deleteMessage(tx, speaker, params.messageId, now)
    note.isNothing = isOwn(message, speaker)
    return { id: message.id }
  },

  'DELETE /widget/v1/{publishableKey}/messages/{messageId}/cards': async ({
    tx,
    principal,
    params,
    note,
    deps,
    now,
  }) => {
    const speaker = await speakerOf(tx, principal)
    const message = await takeCardsOff(tx, speaker, params.messageId, now)
    note.isNothing = isOwn(message, speaker)
    return showMessage(tx, deps, speaker, message)
  },

  'POST /widget/v1/{publishableKey}/messages/{messageId}/reports': async ({ tx, principal, params, body, now }) => {
    await reportMessage(tx, await speakerOf(tx, principal), params.messageId, body.reason, now)
    return { id: params.messageId }
  },

  'PUT /widget/v1/{publishableKey}/messages/{messageId}/pin': (context) => pin(context, true),
  'DELETE /widget/v1/{publishableKey}/messages/{messageId}/pin': (context) => pin(context, false),

  'GET /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}': async ({
    tx,
    principal,
    params,
    query,
    deps,
  }) => {
    const placed = await messageOf(tx, await speakerOf(tx, principal), params.messageId)
    const { items, nextCursor } = await pageByCursor(query, {
      ...byId,
      find: (after, limit) => whoReacted(tx, placed, params.emoji, after, limit),
      show: ({ id }) => id,
    })
    const members = await findMembers(tx, items)
    return { items: items.flatMap((id) => showAuthor(deps, members.get(id)) ?? []), nextCursor }
  },

  'PUT /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}': async ({
    tx,
    principal,
    params,
    deps,
    now,
  }) => {
    const speaker = await speakerOf(tx, principal)
    return showMessage(tx, deps, speaker, await react(tx, speaker, params, now))
  },

  'DELETE /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}': async ({
    tx,
    principal,
    params,
    deps,
  }) => {
    const speaker = await speakerOf(tx, principal)
    return showMessage(tx, deps, speaker, await unreact(tx, speaker, params))
  },
}

async function pin(
  { tx, principal, params, deps, now }: Context<`PUT ${Path}/pin`> | Context<`DELETE ${Path}/pin`>,
  isPinned: boolean,
): Promise<Shown> {
  const speaker = await speakerOf(tx, principal)
  return showMessage(tx, deps, speaker, await pinMessage(tx, speaker, params.messageId, isPinned, now))
}

/** A message that was just found, as it is shown. */
export async function showMessage(
  tx: Tx,
  deps: Deps,
  speaker: Speaker,
  { id, channel_id }: Pick<Message, 'id' | 'channel_id'>,
): Promise<Shown> {
  const channel = await placeOf(tx, speaker, channel_id)
  const [shown] = await showMessages(tx, deps, speaker, [(await readMessage(tx, channel, speaker, id))!])
  return shown!
}

export async function showMessages(
  tx: Tx,
  deps: Deps,
  { onlooker }: Speaker,
  messages: readonly ShownMessage[],
): Promise<Shown[]> {
  const members = await findMembers(
    tx,
    messages.flatMap(({ author_id, mentions, quote }) => [author_id, ...mentions, ...(quote ? [quote.author_id] : [])]),
  )
  const author = (id: string) => showAuthor(deps, members.get(id))
  return messages.map((message) => ({
    id: message.id,
    channelId: message.channel_id,
    topicId: message.topic_id,
    author: author(message.author_id),
    text: message.text,
    replyTo: message.quote && {
      id: message.quote.id,
      author: author(message.quote.author_id),
      text: message.quote.text,
    },
    reactions: message.reactions,
    mentions: message.mentions.flatMap((id) => author(id) ?? []),
    attachments: message.attachments.map((file) => ({
      id: file.id,
      ...showAttached(deps.config.filesUrl, message.community_id, file),
    })),
    cards: message.cards.map((card) => showCard(deps, message.community_id, card)),
    isPinned: message.pinned_at !== null,
    isViaApi: message.key_id !== null,
    clientId: message.author_id === onlooker.memberId ? message.client_id : null,
    createdAt: message.created_at.toISOString(),
    editedAt: message.edited_at?.toISOString() ?? null,
    deletedAt: message.deleted_at?.toISOString() ?? null,
  }))
}

const showCard = ({ config }: Deps, communityId: string, card: ShownCard): Shown['cards'][number] => {
  const { url, title, description, site_name, image_id: id, image_width: width, image_height: height } = card
  const image = id && { url: imageUrl(config.filesUrl, communityId, id), width: width!, height: height! }
  return { url, title, description, siteName: site_name, image: image || null }
}

/** A member as others see them beside what they said; null for who is gone. */
export const showAuthor = ({ config }: Deps, member: Member | undefined) =>
  !member || member.status === 'deleted'
    ? null
    : { id: member.id, name: member.display_name, avatarUrl: shownAvatarUrl(config.filesUrl, member) }
