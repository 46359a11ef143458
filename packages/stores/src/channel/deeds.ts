import { clientOf } from '../shared/client.js'
import type { Environment } from '../shared/environment.js'
import type { Message } from '../types.js'
import { type Conversation, messageSample } from './conversation.js'

/** What a viewer does about messages: shown at once, and each rejects with an ApiError where it fails. */
export interface Deeds {
  edit(messageId: string, text: string): Promise<void>
  remove(messageId: string): Promise<void>
  react(messageId: string, emoji: string, isOn: boolean): Promise<void>
  pin(messageId: string, isOn: boolean): Promise<void>
  takeCardsOff(messageId: string): Promise<void>
  report(messageId: string, reason: string): Promise<void>
}

const path = '/widget/v1/{publishableKey}/messages/{messageId}'

/** What can be done about the messages of a conversation. Whoever only reads need not load it. */
export function deeds(environment: Environment, { put }: Pick<Conversation, 'put'>): Deeds {
  const { send } = clientOf(environment)
  const of = (messageId: string) => ({ params: { messageId } })
  const take = async (sent: Promise<Message>) => {
    const message = await sent
    put(message.id, message)
  }
  return {
    edit: (messageId, text) => take(send(`PATCH ${path}`, messageSample, { ...of(messageId), body: { text } })),
    async remove(messageId) {
      await send(`DELETE ${path}`, { id: '' }, of(messageId))
      put(messageId, null)
    },
    react(messageId, emoji, isOn) {
      const request = { params: { messageId, emoji } }
      const place = `${path}/reactions/{emoji}` as const
      return take(send(isOn ? `PUT ${place}` : `DELETE ${place}`, messageSample, request))
    },
    pin(messageId, isOn) {
      const place = `${path}/pin` as const
      return take(send(isOn ? `PUT ${place}` : `DELETE ${place}`, messageSample, of(messageId)))
    },
    takeCardsOff: (messageId) => take(send(`DELETE ${path}/cards`, messageSample, of(messageId))),
    async report(messageId, reason) {
      await send(`POST ${path}/reports`, { id: '' }, { ...of(messageId), body: { reason } })
    },
  }
}
