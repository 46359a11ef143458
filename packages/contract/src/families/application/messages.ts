import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import { CommunityPath, cursorQuery, Id, page, Time } from '../../schemas.js'

const moderators = { principals: ['systemKey', 'loginMember'], may: 'warn_members' } as const

const Report = z
  .strictObject({
    _id: Id,
    messageId: Id,
    channelId: Id,
    authorId: Id.meta({ description: 'Who said it' }),
    text: z.string().meta({ description: 'What it said when it was reported', example: 'Buy cheap boots here!' }),
    userId: Id.meta({ description: 'Who reports it' }),
    reason: z.string().meta({ example: 'An advertisement' }),
    isClosed: z.boolean(),
    createdAt: Time,
  })
  .meta({ id: 'MessageReport', description: 'A message that a member thinks somebody should look at' })

/** What those who look after channels do with messages. */
export const messages = table({
  'DELETE /apis/v1/communities/{communityId}/messages/{messageId}': {
    summary: 'Delete a message. Its place stays, without a word',
    description:
      'By login: one’s own, and as who may delete messages in that channel those of others. The system key deletes all but those of direct channels.',
    access: { principals: ['systemKey', 'loginMember'] },
    params: CommunityPath.extend({ messageId: Id }),
    audited: true,
    answer: z.strictObject({ _id: Id }),
    message: 'Message deleted',
  },
  'GET /apis/v1/communities/{communityId}/message-reports': {
    summary: 'Messages that members reported, newest first',
    access: moderators,
    params: CommunityPath,
    query: z.strictObject({
      ...cursorQuery,
      isClosed: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .optional()
        .meta({ description: 'Only those that are closed, or only those that are not' }),
    }),
    answer: page(Report),
    message: 'Message reports fetched',
  },
  'PUT /apis/v1/communities/{communityId}/message-reports/{reportId}': {
    summary: 'Say that a report was looked at, or is to be again',
    access: moderators,
    params: CommunityPath.extend({ reportId: Id }),
    body: z.strictObject({ isClosed: z.boolean().meta({ description: 'Whether nothing is left to do about it' }) }),
    bodyLimit: bodyLimits.small,
    answer: Report,
    message: 'Message report updated',
  },
})
