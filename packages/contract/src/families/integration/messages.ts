import { z } from 'zod'
import { AttachmentIds, attachmentHolds, attachmentLimit, SentAttachment } from '../../attachments.js'
import { Emoji, saysSomething, TextBeside } from '../../messages.js'
import { bodyLimits, table } from '../../route.js'
import { Id, line, Time } from '../../schemas.js'
import { channelPage, channelTypes } from '../system/channels.js'
import { alsoNeeds, communityId } from './users.js'

const Sender = z.string().min(1).max(254).optional().meta({
  description:
    'Who says it: a member’s username, or else their e-mail. A user key speaks for its owner: it need not say so, and nobody else is let pass (`forbidden`)',
})
const clientId = line(1, 64).optional().meta({
  description:
    'What you call the message. The same sender’s second one of that name in a channel is answered with the first',
})
const message = TextBeside.meta({
  description:
    'What is said. `<@`, a member’s `_id` and `>` name them; an `https://` address is a link. Empty only beside attachments',
})
const isSaid = ({ message, attachments }: { message: string; attachments?: string[] | undefined }) =>
  saysSomething(message, attachments)
const unsaid = { path: ['message'], message: 'must not be empty' }

const Sent = z
  .strictObject({
    _id: Id,
    channelId: Id,
    forumTopicId: Id.nullable(),
    replyTo: Id.nullable().meta({ description: 'The message that it answers' }),
    message: z.string().meta({ example: 'Hello from the hut!' }),
    attachments: z.array(SentAttachment),
    sender: z.strictObject({ _id: Id, username: z.string() }),
    createdAt: Time,
  })
  .meta({ id: 'SentMessage' })

const send = {
  description:
    'It is said as by the sender: nobody says by a key what they may not say themselves, and a suspended member says nothing. Direct channels are for no back-end.',
  access: alsoNeeds('sendMessages', 'sendMessages'),
  body: z
    .strictObject({
      channelId: Id.meta({ description: 'Where' }),
      message,
      attachments: AttachmentIds,
      sender: Sender,
      forumTopicId: Id.optional().meta({ description: 'Of a channel whose type is `forum`: in which topic' }),
      clientId,
      communityId,
    })
    .refine(isSaid, unsaid)
    .meta({ id: 'SendMessage' }),
  bodyLimit: bodyLimits.small,
  answer: Sent,
  refuses: ['unknown_reference', 'conflict', 'slow_mode'],
  message: 'Message sent successfully',
} as const

/** What back-ends and members’ scripts say and read in channels. */
export const messages = table({
  'GET /apis/v1/channels': {
    summary: 'Where messages can be sent: the channels, lowest order first',
    description:
      'For a back-end all but the direct ones; for a user key those that its owner sees, of the ones that it is for.',
    access: alsoNeeds('sendMessages', 'sendMessages'),
    query: z.strictObject(channelPage),
    answer: z.array(
      z.strictObject({
        _id: Id,
        topic: z.string().meta({ description: 'What it is called' }),
        channelType: z.enum(channelTypes),
      }),
    ),
    message: 'Channels fetched successfully',
  },
  'POST /apis/v1/messages/send': { summary: 'Send a message to a channel', ...send },
  'POST /apis/v1/messages': { summary: 'The same, at the older documented path', ...send },
  'POST /apis/v1/messages/reply': {
    summary: 'Answer a message, where it stands',
    description: send.description,
    access: send.access,
    body: z
      .strictObject({
        messageId: Id.meta({ description: 'Which message' }),
        message,
        attachments: AttachmentIds,
        sender: Sender,
        clientId,
        communityId,
      })
      .refine(isSaid, unsaid)
      .meta({ id: 'ReplyMessage' }),
    bodyLimit: bodyLimits.small,
    answer: Sent,
    refuses: ['unknown_reference', 'conflict', 'slow_mode'],
    message: 'Message reply successfully',
  },
  'POST /apis/v1/messages/attachments': {
    summary: 'Upload a file for a message',
    description:
      'The message names it in `attachments`, within a day, with the same sender and in the same channel. What is taken, and what is refused, is as for pages: `invalid_file` for what is not what its name says, `limit_reached` for too much of one sender in a day.',
    access: send.access,
    body: z.strictObject({
      channelId: Id.meta({ description: 'For a message of which channel' }),
      sender: Sender,
      communityId,
    }),
    file: 'file',
    fileLimit: attachmentLimit,
    fileHolds: attachmentHolds,
    answer: SentAttachment.omit({ url: true }).meta({
      id: 'SentUpload',
      description: 'A file that no message carries yet',
    }),
    refuses: ['conflict', 'invalid_file', 'limit_reached'],
    status: 201,
    message: 'File uploaded successfully',
  },
  'POST /apis/v1/messages/react': {
    summary: 'React to a message. Twice is as once',
    access: send.access,
    body: z
      .strictObject({
        messageId: Id.meta({ description: 'Which message' }),
        emoji: Emoji,
        sender: Sender,
        communityId,
      })
      .meta({ id: 'ReactMessage' }),
    bodyLimit: bodyLimits.small,
    answer: z.strictObject({
      _id: Id.meta({ description: 'The message' }),
      emoji: z.string().meta({ description: 'The emoji itself, also where its name was sent' }),
    }),
    refuses: ['unknown_reference', 'conflict'],
    message: 'Reaction added successfully',
  },
  'GET /apis/v1/messages': {
    summary: 'The newest messages, newest first',
    description:
      'For a back-end those of all but direct channels; for a user key what its owner said, and nobody else (`forbidden`), in the channels that it is for.',
    access: alsoNeeds('getMessages', 'readOwnMessages'),
    query: z.strictObject({
      channel_id: Id.optional().meta({ description: 'Only of this channel' }),
      user_id: Id.optional().meta({ description: 'Only what this member said: their `_id`, or their short number' }),
      email: z.string().max(254).optional().meta({ description: 'The same, by the member’s e-mail' }),
      count: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'How many at most' }),
    }),
    answer: z.strictObject({
      total: z.int().meta({ description: 'How many are answered' }),
      messages: z.array(
        z
          .strictObject({
            id: Id,
            message: z.string(),
            attachments: z.array(SentAttachment),
            user: z.strictObject({
              user_id: z.string().meta({ description: 'The member’s short number' }),
              email: z.string().nullable(),
            }),
            channel: z.strictObject({ channel_id: Id, name: z.string() }),
            timestamp: Time,
          })
          .meta({ id: 'FetchedMessage' }),
      ),
    }),
    message: 'messages fetched successfully',
  },
})
