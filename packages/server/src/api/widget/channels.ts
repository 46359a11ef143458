import type { AnswerOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { type Channel, mayIn, seenTargets } from '../../domain/channels.js'
import { Failure } from '../../domain/failure.js'
import { isId } from '../../domain/ids.js'
import { findMembers } from '../../domain/members/members.js'
import { sendMessage } from '../../domain/messages/messages.js'
import { neededToWrite, placeOf, type Speaker, type Topic } from '../../domain/messages/places.js'
import { readMessages, readPins, searchMessages } from '../../domain/messages/reading.js'
import { markRead, type Standing, setMuted, standingsOf, type } from '../../domain/messages/reads.js'
import { beginTopic, forumOf, listTopics } from '../../domain/messages/topics.js'
import { pairwiseName } from '../../domain/pairwise.js'
import type { Handlers, Services } from '../../http/context.js'
import { byId, pageByCursor, readCursor, writeCursor } from '../../http/cursor.js'
import { showUpload } from '../../pages/attachments.js'
import { takeUpload } from '../attachments.js'
import { speakerOf } from '../speaking.js'
import { showAuthor, showMessage, showMessages } from './messages.js'

type Base = '/widget/v1/{publishableKey}/channels'
type Keys = Extract<RouteKey, `${string} ${Base}${string}`>

export const channels: Handlers<Keys> = {
  'GET /widget/v1/{publishableKey}/channels': async ({ tx, principal, now }) => {
    const speaker = await speakerOf(tx, principal)
    const seen = await seenTargets(tx, speaker)
    const standings = await standingsOf(tx, speaker, seen)
    return {
      items: seen.map((channel) => show(channel, speaker, standings.get(channel.id)!)),
      now: now.toISOString(),
    }
  },

  'GET /widget/v1/{publishableKey}/channels/{channelId}': async ({ tx, principal, params }) => {
    const speaker = await speakerOf(tx, principal)
    const channel = await placeOf(tx, speaker, params.channelId)
    return show(channel, speaker, await standingOf(tx, speaker, channel))
  },

  'POST /widget/v1/{publishableKey}/channels/{channelId}/token': async ({ tx, principal, params, body, deps, now }) => {
    const speaker = await speakerOf(tx, principal)
    const { id: channelId, community_id: communityId, iframe } = await placeOf(tx, speaker, params.channelId)
    if (!iframe?.isEnabled) throw new Failure('conflict', 'This channel shows no page.')
    if (!iframe.granted.includes('identity'))
      throw new Failure('forbidden', 'The page of this channel was not granted to know who looks at it.')
    const { origin } = iframe
    // The page before may still be framed somewhere, and whoever made it must not act as members at this one.
    if (body.origin !== undefined && body.origin !== origin)
      throw new Failure('conflict', 'This channel shows the page of another origin by now.')
    const subject = await pairwiseName(tx, deps.rootKey, speaker.onlooker.memberId, origin)
    const { nonce, audience: app = iframe.app } = body
    return deps.tokens.mintForChannel({ communityId, channelId, subject, origin, app, nonce }, now)
  },

  'GET /widget/v1/{publishableKey}/channels/{channelId}/messages': async ({ tx, principal, params, query, deps }) => {
    const speaker = await speakerOf(tx, principal)
    const channel = await placeOf(tx, speaker, params.channelId)
    for (const name of ['before', 'after', 'around', 'topicId'] as const) checkId(name, query[name])
    const { messages, ...more } = await readMessages(tx, channel, speaker, query)
    return { items: await showMessages(tx, deps, speaker, messages), ...more }
  },

  'POST /widget/v1/{publishableKey}/channels/{channelId}/messages': async ({
    tx,
    principal,
    params,
    body,
    deps,
    now,
  }) => {
    const speaker = await speakerOf(tx, principal)
    return showMessage(tx, deps, speaker, await sendMessage(tx, speaker, params.channelId, body, now))
  },

  'POST /widget/v1/{publishableKey}/channels/{channelId}/attachments': async (context) => {
    const file = await takeUpload(context, context.params.channelId, (tx) => speakerOf(tx, context.principal))
    return { id: file.id, ...showUpload(file) }
  },

  'GET /widget/v1/{publishableKey}/channels/{channelId}/pins': async ({ tx, principal, params, deps }) => {
    const speaker = await speakerOf(tx, principal)
    const channel = await placeOf(tx, speaker, params.channelId)
    return { items: await showMessages(tx, deps, speaker, await readPins(tx, channel, speaker)) }
  },

  'PUT /widget/v1/{publishableKey}/channels/{channelId}/read': async ({ tx, principal, params, body }) => {
    const speaker = await speakerOf(tx, principal)
    const channel = await placeOf(tx, speaker, params.channelId)
    await markRead(tx, speaker, channel, body.messageId)
    return standingOf(tx, speaker, channel)
  },

  'PUT /widget/v1/{publishableKey}/channels/{channelId}/mute': async ({ tx, principal, params, body }) => {
    const speaker = await speakerOf(tx, principal)
    const channel = await placeOf(tx, speaker, params.channelId)
    await setMuted(tx, speaker, channel, body.isMuted)
    return standingOf(tx, speaker, channel)
  },

  'GET /widget/v1/{publishableKey}/channels/{channelId}/search': async ({ tx, principal, params, query, deps }) => {
    const speaker = await speakerOf(tx, principal)
    const channel = await placeOf(tx, speaker, params.channelId)
    const { text, cursor, limit = 20 } = query
    const before = cursor === undefined ? undefined : readCursor(cursor, byId.place)
    const { messages, next } = await searchMessages(tx, channel, speaker, { text, before, limit })
    return { items: await showMessages(tx, deps, speaker, messages), nextCursor: next && writeCursor(next) }
  },

  'PUT /widget/v1/{publishableKey}/channels/{channelId}/typing': async ({ tx, principal, params, now }) => {
    const speaker = await speakerOf(tx, principal)
    await type(tx, speaker, await placeOf(tx, speaker, params.channelId), now)
    return { now: now.toISOString() }
  },

  'GET /widget/v1/{publishableKey}/channels/{channelId}/topics': async ({ tx, principal, params, query, deps }) => {
    const speaker = await speakerOf(tx, principal)
    const forum = await forumOf(tx, speaker, params.channelId)
    const { items, nextCursor } = await pageByCursor(query, {
      ...byId,
      placeOf: ({ last_message_id }: Topic) => last_message_id,
      find: (after, limit) => listTopics(tx, forum, after, limit),
      show: (topic) => topic,
    })
    return { items: await showTopics(tx, deps, items), nextCursor }
  },

  'POST /widget/v1/{publishableKey}/channels/{channelId}/topics': async ({
    tx,
    principal,
    params,
    body,
    deps,
    now,
  }) => {
    const topic = await beginTopic(tx, await speakerOf(tx, principal), params.channelId, body, now)
    const [shown] = await showTopics(tx, deps, [topic])
    return shown!
  },
}

/** @throws Failure `invalid_request` for what is none of our ids. */
function checkId(path: string, id: string | undefined): void {
  if (id === undefined || isId(id)) return
  throw new Failure('invalid_request', 'Send ids as they were answered.', [{ path, message: 'must be an id' }])
}

async function standingOf(tx: Tx, speaker: Speaker, channel: Channel): Promise<Standing> {
  return (await standingsOf(tx, speaker, [channel])).get(channel.id)!
}

function show(channel: Channel, { onlooker }: Speaker, standing: Standing): AnswerOf<`GET ${Base}/{channelId}`> {
  const { id, topic, description, type, slow_mode_seconds, iframe } = channel
  const may = (name: Parameters<typeof mayIn>[2]) => mayIn(channel, onlooker, name)
  return {
    id,
    topic,
    description,
    type,
    slowModeSeconds: may('manage_messages') ? 0 : slow_mode_seconds,
    iframe,
    may: {
      post: type !== 'iframe' && may(neededToWrite(channel)),
      mention: may('allow_mentions'),
      attach: type !== 'iframe' && may(neededToWrite(channel)) && may('attach_files'),
      shareLinks: may('share_links'),
      editOthers: may('manage_messages'),
      deleteOthers: may('delete_messages'),
      pin: may('pinable'),
    },
    ...standing,
  }
}

async function showTopics(
  tx: Tx,
  deps: Pick<Services, 'config'>,
  topics: readonly Topic[],
): Promise<AnswerOf<`POST ${Base}/{channelId}/topics`>[]> {
  const authors = await findMembers(
    tx,
    topics.map(({ author_id }) => author_id),
  )
  return topics.map(({ id, title, author_id, created_at, last_message_id }) => ({
    id,
    title,
    author: showAuthor(deps, authors.get(author_id)),
    createdAt: created_at.toISOString(),
    lastMessageId: last_message_id,
  }))
}
