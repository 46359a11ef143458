import { z } from 'zod'
import { errors } from '../../errors.js'
import { hookEncryptions, hookSignatures } from '../../hooks.js'
import { bodyLimits, table } from '../../route.js'
import { cursorQuery, Id, line, page, Secret, serverQuery, Time, text, UserId } from '../../schemas.js'

/** A hook is a key: it speaks for a member, or moves what members have. Only who makes keys makes one. */
const access = { principals: ['systemKey', 'owner'] } as const
const reading = {
  principals: ['communityKey', 'systemKey', 'loginMember'],
  permission: 'webhooks',
  may: 'server_administrator',
} as const
const query = z.strictObject(serverQuery)
const HookPath = z.object({ hookId: Id })

const HookAction = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('message').meta({ description: 'Say something in a channel' }),
      channelId: Id.meta({ description: 'In which one; no direct channel' }),
      userId: UserId.meta({
        description:
          'Who says it: the member’s `_id`, or their short number. Nobody says by a hook what they may not say themselves',
      }),
    }),
    z.strictObject({
      kind: z.literal('fields').meta({ description: 'Set custom fields of members' }),
      fields: z
        .array(line(1, 50))
        .min(1)
        .max(200)
        .meta({ description: 'The names of the fields that it may set, and no others' }),
    }),
    z.strictObject({ kind: z.literal('currency').meta({ description: 'Move currency of members' }) }),
  ])
  .meta({ id: 'HookAction' })
export type HookAction = z.output<typeof HookAction>

const fields = {
  name: line(1, 100).meta({ description: 'What operators call it' }),
  description: text(500).meta({ description: 'What else there is to say of it. Default: empty' }),
  action: HookAction.meta({ description: 'What a call does' }),
  requiresKey: z.boolean().meta({
    description:
      'Whether a call shows a key of the hook’s own, as `x-api-key`; the answer that turns it on shows it once. A hook for fields or currency needs this or a signature. Default: false',
  }),
  signature: z.enum(hookSignatures).meta({
    description:
      'Whether calls are signed: as Standard Webhooks sign (`standard`; Svix is one), or as Stripe or GitHub sign. Default: `none`',
  }),
  encryption: z.enum(hookEncryptions).meta({
    description:
      'Whether calls are encrypted, by a key of 32 characters. `aes-256-cbc` proves nothing, and needs a key or a signature beside it. Default: `none`',
  }),
  isEnabled: z.boolean().meta({ description: 'Whether calls do anything. Default: true' }),
}
const given = {
  signingSecret: line(8, 255).meta({
    description:
      'What the sender signs by, where that made it: `whsec_` and 24 to 64 bytes in base64 for `standard`, 8 to 255 characters for others. Default: we make one, and show it once',
  }),
  encryptionKey: z
    .string()
    .length(32)
    .regex(/^[\x20-\x7e]*$/, 'must be 32 printable ASCII characters')
    .meta({ description: 'The key of 32 characters. Default: we make one, and show it once' }),
}
const settable = z.strictObject({ ...fields, ...given }).partial()
export type HookFields = z.output<typeof settable>

const Hook = z
  .strictObject({
    _id: Id,
    communityID: Id,
    ...fields,
    urlHint: z.string().meta({ description: 'The beginning and the last four characters of its address' }),
    previousSecretEndsAt: Time.nullable().meta({
      description: 'When the key or the signing secret before the last rotation is good no more',
    }),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'Hook', description: 'Where another system has something done, but for its secrets' })

const shown = (what: string) =>
  Secret.nullable().meta({ description: `${what}, where we made a new one. It cannot be read again` })
const HookSecrets = Hook.extend({
  url: shown('Where calls are sent'),
  key: shown('What calls show as `x-api-key`'),
  signingSecret: shown('What calls are signed by'),
  encryptionKey: shown('What calls are encrypted by'),
}).meta({ id: 'HookSecrets' })
const withoutSecrets = (answer: unknown) => ({
  ...(answer as object),
  ...{ url: null, key: null, signingSecret: null, encryptionKey: null },
})

const outcomes = ['done', 'repeated', 'refused'] as const
/** What became of a call. */
export type HookOutcome = (typeof outcomes)[number]

const secrets = ['url', 'key', 'signingSecret', 'encryptionKey'] as const
export type HookSecret = (typeof secrets)[number]

const Call = z
  .strictObject({
    _id: Id,
    outcome: z.enum(outcomes).meta({ description: 'Whether it did something, was a repeat, or was refused' }),
    code: z
      .enum(Object.keys(errors) as [keyof typeof errors])
      .nullable()
      .meta({
        description: 'Of one that was refused: as it was answered',
      }),
    reason: z.string().nullable().meta({ description: 'Why; of who was not let in, more than they were told' }),
    externalId: z.string().nullable().meta({ description: 'What the sender calls it' }),
    repeats: Id.nullable().meta({ description: 'Which call it was a repeat of' }),
    messageId: Id.nullable().meta({ description: 'What was said' }),
    userId: Id.nullable().meta({ description: 'Whose fields or currency it was' }),
    createdAt: Time,
  })
  .meta({ id: 'HookCall', description: 'What was asked of a hook' })

/** Where other systems have something done in a community. */
export const hooks = table({
  'GET /v1/hooks': {
    summary: 'The incoming hooks of a community, oldest first',
    description: 'At most 50.',
    access: reading,
    query,
    answer: z.array(Hook),
    message: 'Hooks fetched successfully',
  },
  'POST /v1/hooks': {
    summary: 'Create an incoming hook. Its address and secrets are shown this once',
    description:
      'Whoever knows the address may call it: `POST /hooks/v1/…` says how. It is as secret as a key, and stands in no page.',
    access,
    query,
    body: settable.extend({ name: fields.name, action: fields.action }).meta({ id: 'CreateHook' }),
    bodyLimit: bodyLimits.small,
    answer: HookSecrets,
    replayed: withoutSecrets,
    refuses: ['unknown_reference', 'conflict'],
    status: 201,
    message: 'Hook created successfully',
  },
  'GET /v1/hooks/{hookId}': {
    summary: 'Read an incoming hook',
    access: reading,
    params: HookPath,
    query,
    answer: Hook,
    message: 'Hook fetched successfully',
  },
  'PATCH /v1/hooks/{hookId}': {
    summary: 'Change an incoming hook',
    description:
      'What is not sent stays. What is turned on gets a secret, and what is turned off loses its own. Another `signingSecret` is good at once, and the one before it for another day; of an `encryptionKey` only the last is good.',
    access,
    params: HookPath,
    query,
    body: settable.meta({ id: 'UpdateHook' }),
    bodyLimit: bodyLimits.small,
    answer: HookSecrets,
    replayed: withoutSecrets,
    refuses: ['unknown_reference'],
    message: 'Hook updated successfully',
  },
  'DELETE /v1/hooks/{hookId}': {
    summary: 'Delete an incoming hook, with its log',
    access,
    params: HookPath,
    query,
    answer: z.strictObject({ _id: Id }),
    message: 'Hook deleted successfully',
  },
  'POST /v1/hooks/{hookId}/rotate': {
    summary: 'Make another secret',
    description:
      'A key and a signing secret are good for another day beside the new one; an address and an encryption key end now.',
    access,
    params: HookPath,
    query,
    body: z
      .strictObject({ secret: z.enum(secrets).meta({ description: 'Which of those that the hook has' }) })
      .meta({ id: 'RotateHook' }),
    bodyLimit: bodyLimits.small,
    answer: HookSecrets,
    replayed: withoutSecrets,
    refuses: ['conflict'],
    message: 'Secret rotated successfully',
  },
  'GET /v1/hooks/{hookId}/calls': {
    summary: 'What was asked of an incoming hook, newest first',
    description: 'Kept for 60 days. Of calls that were not let in there is one a minute for each reason.',
    access: reading,
    params: HookPath,
    query: z.strictObject({
      ...serverQuery,
      outcome: z.enum(outcomes).optional().meta({ description: 'Only these' }),
      ...cursorQuery,
    }),
    answer: page(Call),
    message: 'Calls fetched successfully',
  },
})
