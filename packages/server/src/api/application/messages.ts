import { deleteMessage } from '../../domain/messages/messages.js'
import { isOwn } from '../../domain/messages/places.js'
import { closeReport, listReports, type Report } from '../../domain/messages/reports.js'
import type { Handlers } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'
import { readerOf } from '../speaking.js'

type Keys =
  | 'DELETE /apis/v1/communities/{communityId}/messages/{messageId}'
  | 'GET /apis/v1/communities/{communityId}/message-reports'
  | 'PUT /apis/v1/communities/{communityId}/message-reports/{reportId}'

export const messages: Handlers<Keys> = {
  'DELETE /apis/v1/communities/{communityId}/messages/{messageId}': async ({ tx, principal, params, note, now }) => {
    const reader = await readerOf(tx, principal)
    const message = await deleteMessage(tx, reader, params.messageId, now)
    note.isNothing = isOwn(message, reader)
    return { _id: message.id }
  },

  'GET /apis/v1/communities/{communityId}/message-reports': ({ tx, query }) =>
    pageByCursor(query, { ...byId, find: (after, limit) => listReports(tx, query, after, limit), show }),

  'PUT /apis/v1/communities/{communityId}/message-reports/{reportId}': async ({ tx, params, body, now }) =>
    show(await closeReport(tx, params.reportId, body.isClosed, now)),
}

const show = ({ id, message_id, channel_id, author_id, text, member_id, reason, closed_at, created_at }: Report) => ({
  _id: id,
  messageId: message_id,
  channelId: channel_id,
  authorId: author_id,
  text,
  userId: member_id,
  reason,
  isClosed: closed_at !== null,
  createdAt: created_at.toISOString(),
})
