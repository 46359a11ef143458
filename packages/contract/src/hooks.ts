import { z } from 'zod'
import { MessageText } from './messages.js'
import { Id, line } from './schemas.js'

const id = line(1, 200).optional().meta({
  description: 'What you call the call, where no header says so: a second one of that name has no effect of its own',
})
const user = z.string().min(1).max(254).meta({
  description: 'The member: `_id`, short number, e-mail or username, looked for in this order',
})

/** What a call of each kind of hook holds, once it is decrypted. */
export const hookCalls = {
  message: z
    .strictObject({
      id,
      message: MessageText.meta({ description: 'What is said' }),
      forumTopicId: Id.optional().meta({ description: 'Where the channel is a forum: in which topic' }),
    })
    .meta({ id: 'HookMessage', description: 'For a hook that says something in a channel' }),
  fields: z
    .strictObject({
      id,
      user,
      customFields: z
        .array(
          z.strictObject({
            fieldIdorName: z.string().min(1).max(100).meta({ description: 'The name or id of a field of the hook' }),
            value: z
              .union([z.number(), z.string().max(5000), z.boolean()])
              .meta({ description: 'A number, a text, true or false, as the field’s type is' }),
          }),
        )
        .min(1)
        .max(200)
        .meta({ description: 'What each field is from now on' }),
    })
    .meta({ id: 'HookFields', description: 'For a hook that sets fields of members' }),
  currency: z
    .strictObject({
      id,
      user,
      operation: z
        .enum(['add', 'subtract', 'overwrite'])
        .meta({ description: 'Whether the member gets it, loses it, or has as much from now on' }),
      amount: z.int().min(0).meta({ description: 'How much' }),
    })
    .refine(({ operation, amount }) => operation === 'overwrite' || amount > 0, {
      path: ['amount'],
      message: 'must be at least 1',
    })
    .meta({ id: 'HookCurrency', description: 'For a hook that moves currency' }),
}
export type HookKind = keyof typeof hookCalls
export type HookCall<K extends HookKind> = z.output<(typeof hookCalls)[K]>

/** How a call is signed: as Standard Webhooks sign, or as these do. */
export const hookSignatures = ['none', 'standard', 'stripe', 'github'] as const
export type HookSignature = (typeof hookSignatures)[number]

/** How a call is encrypted, each by a key of 32 characters. */
export const hookEncryptions = ['none', 'aes-256-gcm', 'aes-256-cbc', 'jwe'] as const
export type HookEncryption = (typeof hookEncryptions)[number]
