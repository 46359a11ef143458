import { z } from 'zod'
import { Attachment, AttachmentIds, attachmentHolds, attachmentLimit } from '../../attachments.js'
import { Emoji, MessageText, saysSomething, TextBeside } from '../../messages.js'
import { bodyLimits, table } from '../../route.js'
import { AppId, cursorQuery, Id, line, Origin, page, Time, text } from '../../schemas.js'
import { channelTypes, Manifest } from '../system/channels.js'
import { LinkCard } from './cards.js'
import { Key, memberOnly, ShownMember } from './common.js'

const ChannelPath = Key.extend({ channelId: Id })
const MessagePath = Key.extend({ messageId: Id })
const ReactionPath = MessagePath.extend({ emoji: Emoji })

const Author = ShownMember.nullable().meta({ description: 'Null for who is gone' })

const Message = z
  .strictObject({
    id: Id,
    channelId: Id,
    topicId: Id.nullable(),
    author: Author,
    /** As it was sent; empty where it was deleted. */
    text: z.string(),
    /** What it answers, and how that begins, or what its files are called; null for nothing, and for what the member may not read. */
    replyTo: z.strictObject({ id: Id, author: Author, text: z.string() }).nullable(),
    reactions: z.array(z.strictObject({ emoji: z.string(), count: z.int().min(1), isMine: z.boolean() })),
    /** Whom it names: by `<@`, an id of theirs and `>` in the text. */
    mentions: z.array(ShownMember),
    attachments: z.array(Attachment),
    /** What pages say of themselves that it links to. They come a moment later: it is said to have changed then. */
    cards: z.array(LinkCard),
    isPinned: z.boolean(),
    /** Whether it was sent by a key. */
    isViaApi: z.boolean(),
    /** What the sender called it; null for what others sent. */
    clientId: z.string().nullable(),
    createdAt: Time,
    editedAt: Time.nullable(),
    /** Its place stays where it was. */
    deletedAt: Time.nullable(),
  })
  .meta({ id: 'Message', description: 'Something that was said in a channel' })

const standing = {
  /** How many messages of others came since the last that was read: 100 for as many or more. */
  unread: z.int().min(0).max(100),
  /** How many of them name the member: 100 for as many or more. */
  mentions: z.int().min(0).max(100),
  /** The last message that was read; null for none. */
  readTo: Id.nullable(),
  isMuted: z.boolean(),
}
const Standing = z
  .strictObject(standing)
  .meta({ id: 'ChannelStanding', description: 'How a member stands to a channel' })

const Channel = z
  .strictObject({
    id: Id,
    topic: z.string(),
    description: z.string(),
    type: z.enum(channelTypes),
    /** How long the member waits from one message to the next; 0: not at all. */
    slowModeSeconds: z.int().min(0),
    /** Of an iframe channel: its page. */
    iframe: Manifest.nullable(),
    /** What the member may here. */
    may: z.strictObject({
      post: z.boolean(),
      mention: z.boolean(),
      attach: z.boolean(),
      shareLinks: z.boolean(),
      editOthers: z.boolean(),
      deleteOthers: z.boolean(),
      pin: z.boolean(),
    }),
    ...standing,
  })
  .meta({ id: 'WidgetChannel', description: 'A channel as a member sees it' })

const Topic = z
  .strictObject({
    id: Id,
    /** Empty where the message that began it was deleted. */
    title: z.string(),
    author: Author,
    createdAt: Time,
    lastMessageId: Id,
  })
  .meta({ id: 'Topic', description: 'What a forum talks about' })

const textMeaning = 'What is said. `<@`, the id of a member and `>` name them; an `https://` address is a link'
const words = {
  text: TextBeside.meta({ description: `${textMeaning}. Empty only beside attachments` }),
  attachments: AttachmentIds,
  clientId: line(1, 64).optional().meta({
    description: 'What the page calls it: sent again, it is answered with the first of that name in the channel',
  }),
}
const isSaid = ({ text, attachments }: { text: string; attachments?: string[] | undefined }) =>
  saysSomething(text, attachments)
const unsaid = { path: ['text'], message: 'must not be empty' }
const refuses = ['invalid_request', 'unknown_reference', 'conflict', 'slow_mode'] as const

const reaction = {
  access: memberOnly,
  params: ReactionPath,
  answer: Message,
  refuses: ['conflict'],
} as const

/** Where members talk. Messages come in one order, by the server: a later one's id is larger. */
export const channels = table({
  'GET /widget/v1/{publishableKey}/channels': {
    summary: 'The channels that the member sees, lowest order first, and how much is unread in each',
    access: memberOnly,
    params: Key,
    answer: z.strictObject({ items: z.array(Channel), now: Time }),
  },
  'GET /widget/v1/{publishableKey}/channels/{channelId}': {
    summary: 'A channel that the member sees',
    access: memberOnly,
    params: ChannelPath,
    answer: Channel,
  },
  'POST /widget/v1/{publishableKey}/channels/{channelId}/token': {
    summary: 'A token by which the back-end of an iframe channel’s page knows who looks at it',
    description:
      'A JWT (EdDSA, `typ` `rai-channel+jwt`), for that page and nobody else: `aud` is its origin and its app’s id, and `sub` a name for the member that is this origin’s own. It is verified by `/.well-known/jwks.json`. Where the page was not granted `identity` there is none (`forbidden`), nor where it is off, or is another one by now (`conflict`).',
    access: memberOnly,
    params: ChannelPath,
    body: z.strictObject({
      nonce: line(1, 500)
        .optional()
        .meta({ description: 'From the page’s back-end, for this one exchange: it stands in the token' }),
      audience: AppId.optional().meta({ description: 'The app’s id. Default: that of the channel’s page' }),
      origin: Origin.optional().meta({
        description: 'Of the page that asks, as it is framed: one that the channel shows no more gets no token',
      }),
    }),
    bodyLimit: bodyLimits.small,
    answer: z.strictObject({
      token: z.string(),
      expiresIn: z.int().meta({ description: 'Seconds' }),
    }),
    replayed: false,
    refuses: ['conflict'],
  },
  'GET /widget/v1/{publishableKey}/channels/{channelId}/messages': {
    summary: 'Messages of a channel, oldest first: those next to one, or the newest',
    description:
      'Name a message in one of `before`, `after` and `around`, also one that was deleted since. What was read by `after` is all there is up to there, and stays so: nothing comes between later. Deleted messages are among them, without a word.',
    access: memberOnly,
    params: ChannelPath,
    query: z
      .strictObject({
        before: Id.optional(),
        after: Id.optional(),
        around: Id.optional(),
        topicId: Id.optional().meta({ description: 'Of a forum: only of this topic' }),
        limit: z.coerce.number().int().min(1).max(100).default(50),
      })
      .refine(({ before, after, around }) => [before, after, around].filter((one) => one !== undefined).length < 2, {
        path: ['before'],
        message: 'must not be sent beside after or around',
      }),
    answer: z.strictObject({
      items: z.array(Message),
      /** Whether there may be more before the first, and after the last. */
      hasBefore: z.boolean(),
      hasAfter: z.boolean(),
    }),
  },
  'POST /widget/v1/{publishableKey}/channels/{channelId}/messages': {
    summary: 'Say something in a channel',
    description:
      '`slow_mode` says when the member may speak again (`facts.availableAt`). A forum wants a `topicId`; an iframe channel has no messages (`conflict`).',
    access: memberOnly,
    params: ChannelPath,
    body: z
      .strictObject({
        ...words,
        topicId: Id.optional().meta({ description: 'Of a forum: in which topic' }),
      })
      .refine(isSaid, unsaid),
    bodyLimit: bodyLimits.small,
    answer: Message,
    refuses,
    status: 201,
  },
  'POST /widget/v1/{publishableKey}/channels/{channelId}/attachments': {
    summary: 'Upload a file for a message of a channel',
    description:
      'The message that is sent then names it by its id, within a day: a file that no message carries is removed, and given out to nobody. What a picture says besides its pixels is left out. A file that is not what its name says, and any of another kind, is refused (`invalid_file`); who has uploaded too much in a day is told when to come again (`limit_reached`).',
    access: memberOnly,
    params: ChannelPath,
    body: z.strictObject({}),
    file: 'file',
    fileLimit: attachmentLimit,
    fileHolds: attachmentHolds,
    answer: Attachment.omit({ url: true }).meta({ id: 'Upload', description: 'A file that no message carries yet' }),
    refuses: ['conflict', 'invalid_file', 'limit_reached'],
    status: 201,
  },
  'GET /widget/v1/{publishableKey}/channels/{channelId}/pins': {
    summary: 'What is pinned in a channel, the latest pin first',
    access: memberOnly,
    params: ChannelPath,
    answer: z.strictObject({ items: z.array(Message) }),
  },
  'PUT /widget/v1/{publishableKey}/channels/{channelId}/read': {
    summary: 'Say up to which message the member has read. It goes forward only',
    access: memberOnly,
    params: ChannelPath,
    body: z.strictObject({ messageId: Id.meta({ description: 'The last one that they were shown' }) }),
    bodyLimit: bodyLimits.small,
    answer: Standing,
  },
  'PUT /widget/v1/{publishableKey}/channels/{channelId}/mute': {
    summary: 'Say whether the member wants to hear of a channel. It is told to their pages, and changes no count',
    access: memberOnly,
    params: ChannelPath,
    body: z.strictObject({ isMuted: z.boolean().meta({ description: 'true: they do not' }) }),
    bodyLimit: bodyLimits.small,
    answer: Standing,
  },
  'GET /widget/v1/{publishableKey}/channels/{channelId}/search': {
    summary: 'Messages of a channel with a text in them, newest first',
    description:
      'Without regard to case. A page has been looked for in so many messages, and may hold few or none: go on while there is a `nextCursor`.',
    access: memberOnly,
    params: ChannelPath,
    query: z.strictObject({ ...cursorQuery, text: line(1, 100) }),
    answer: page(Message),
  },
  'PUT /widget/v1/{publishableKey}/channels/{channelId}/typing': {
    summary: 'Say that the member is writing. Others are told by the stream, at most every three seconds',
    description: 'Nothing says that they stopped: a page shows it for some seconds.',
    access: memberOnly,
    params: ChannelPath,
    answer: z.strictObject({ now: Time }),
  },
  'GET /widget/v1/{publishableKey}/channels/{channelId}/topics': {
    summary: 'The topics of a forum, those first where something was said last',
    access: memberOnly,
    params: ChannelPath,
    query: z.strictObject(cursorQuery),
    answer: page(Topic),
    refuses: ['conflict'],
  },
  'POST /widget/v1/{publishableKey}/channels/{channelId}/topics': {
    summary: 'Begin a topic of a forum, with its first message',
    access: memberOnly,
    params: ChannelPath,
    body: z
      .strictObject({
        title: line(1, 200).meta({ description: 'What it is about' }),
        ...words,
      })
      .refine(isSaid, unsaid),
    bodyLimit: bodyLimits.small,
    answer: Topic,
    refuses,
    status: 201,
  },
  'GET /widget/v1/{publishableKey}/messages/{messageId}': {
    summary: 'One message, as it is now. `not_found` where it was deleted',
    access: memberOnly,
    params: MessagePath,
    answer: Message,
  },
  'POST /widget/v1/{publishableKey}/messages/{messageId}/replies': {
    summary: 'Answer a message, where it stands',
    access: memberOnly,
    params: MessagePath,
    body: z.strictObject(words).refine(isSaid, unsaid),
    bodyLimit: bodyLimits.small,
    answer: Message,
    refuses,
    status: 201,
  },
  'PATCH /widget/v1/{publishableKey}/messages/{messageId}': {
    summary: 'Change what a message says: one’s own, or as who may manage messages there',
    access: memberOnly,
    params: MessagePath,
    body: z.strictObject({ text: MessageText.meta({ description: textMeaning }) }),
    bodyLimit: bodyLimits.small,
    audited: true,
    answer: Message,
  },
  'DELETE /widget/v1/{publishableKey}/messages/{messageId}': {
    summary: 'Delete a message: one’s own, or as who may delete messages there. Its place stays',
    access: memberOnly,
    params: MessagePath,
    audited: true,
    answer: z.strictObject({ id: Id }),
  },
  'DELETE /widget/v1/{publishableKey}/messages/{messageId}/cards': {
    summary:
      'Take the cards of its links off a message: one’s own, or as who may manage messages there. Twice is as once',
    access: memberOnly,
    params: MessagePath,
    audited: true,
    answer: Message,
  },
  'POST /widget/v1/{publishableKey}/messages/{messageId}/reports': {
    summary: 'Tell those who look after the community of a message. They are shown what it says. Twice is as once',
    access: memberOnly,
    params: MessagePath,
    body: z.strictObject({ reason: text(1000).trim().min(1).meta({ description: 'What is wrong with it' }) }),
    bodyLimit: bodyLimits.small,
    answer: z.strictObject({ id: Id }),
  },
  'PUT /widget/v1/{publishableKey}/messages/{messageId}/pin': {
    summary: 'Pin a message. Twice is as once',
    access: memberOnly,
    params: MessagePath,
    answer: Message,
    refuses: ['conflict'],
  },
  'DELETE /widget/v1/{publishableKey}/messages/{messageId}/pin': {
    summary: 'Take a pinned message down. Twice is as once',
    access: memberOnly,
    params: MessagePath,
    answer: Message,
  },
  'GET /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}': {
    summary: 'Who reacted so to a message',
    access: memberOnly,
    params: ReactionPath,
    query: z.strictObject(cursorQuery),
    answer: page(ShownMember),
  },
  'PUT /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}': {
    summary: 'React to a message. Twice is as once',
    ...reaction,
  },
  'DELETE /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}': {
    summary: 'Take a reaction back. Twice is as once',
    ...reaction,
  },
})
