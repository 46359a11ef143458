import { z } from 'zod'
import { permissions } from '../access.js'
import { bodyLimits, table } from '../route.js'
import { Id, line, Origin, Time } from '../schemas.js'

/** Whoever makes keys could give themselves every right, so that only who has them all may. */
const access = { principals: ['systemKey', 'owner'] } as const

/** Where a login asks. A key says so itself. */
const where = { serverId: Id.optional().meta({ description: 'The community, when an owner’s login asks' }) }
const query = z.strictObject(where)

/** The names of the kinds of keys on the wire, and in the domain. */
export const keyKinds = {
  publishable: 'publishable',
  community: 'community',
  system: 'system',
  widgetAccess: 'widget_access',
} as const

/** What can be set on keys, each on some kinds. */
const fields = {
  name: line(1, 100),
  permissions: z.array(z.enum(permissions)).max(permissions.length),
  /** The pages on which it works. */
  origins: z.array(Origin).max(100),
  /** Pages on localhost may use it as well. */
  testMode: z.boolean(),
  /** When it stops working; null: never. */
  expiresAt: Time.nullable(),
}

/** Each `data-…` name stands for an external id type, for `@username`, or for `@id`. Never for an e-mail. */
const Identifiers = z
  .record(z.string().regex(/^data-[a-z0-9-]{1,60}$/, 'must be a data-… name'), line(1, 100))
  .refine((map) => Object.keys(map).length <= 10, 'must hold at most 10 names')
  .meta({ maxProperties: 10 })

const common = { name: fields.name, expiresAt: fields.expiresAt.optional() }
const CreateKey = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('publishable'),
      ...common,
      origins: fields.origins,
      testMode: fields.testMode.optional(),
    }),
    z.strictObject({ kind: z.literal('community'), ...common, permissions: fields.permissions }),
    z.strictObject({
      kind: z.literal('widgetAccess'),
      ...common,
      origins: fields.origins,
      testMode: fields.testMode.optional(),
      identifiers: Identifiers,
      /** A member that is not there yet is made, where an identifier means `@username`. */
      createMember: z.boolean().optional(),
    }),
  ])
  .meta({ id: 'CreateKey' })

const ApiKey = z
  .strictObject({
    _id: Id,
    kind: z.enum(Object.keys(keyKinds) as (keyof typeof keyKinds)[]),
    ...fields,
    identifiers: Identifiers,
    createMember: z.boolean(),
    /** The public half of a widget access key. */
    accessId: z.string().nullable(),
    /** The beginning and the last four characters of its secret. */
    hint: z.string(),
    state: z.enum(['live', 'expired', 'revoked']),
    /** To the minute. */
    lastUsedAt: Time.nullable(),
    /** The secret before the last rotation, while it still works. */
    previous: z.strictObject({ hint: z.string(), endsAt: Time, lastUsedAt: Time.nullable() }).nullable(),
    createdAt: Time,
    revokedAt: Time.nullable(),
    __v: z.int(),
  })
  .meta({ id: 'ApiKey', description: 'A key, but for its secret' })

const NewSecret = ApiKey.extend({
  /** The key itself, or the secret half of a widget access key. It cannot be read again: null in a repeat of the answer. */
  key: z.string().nullable(),
  keyState: z.enum(['shown', 'shown_before']),
}).meta({ id: 'NewSecret' })

/** What a repeat of the request is answered: a secret is shown once. */
const withoutSecret = (answer: unknown) => ({ ...(answer as object), key: null, keyState: 'shown_before' })

const One = z.object({ keyId: Id })
const day = 24 * 60 * 60

/** The credentials of a community, by its system key or its owner's login. */
export const keys = table({
  'GET /v1/keys': {
    summary: 'List keys, newest first, revoked ones too',
    access,
    query: z.strictObject({
      ...where,
      page: z.coerce.number().int().min(1).max(100_000).optional(),
      limit: z.coerce.number().int().min(1).max(100).optional(),
    }),
    answer: z.array(ApiKey),
    message: 'Keys fetched successfully',
  },
  'POST /v1/keys': {
    summary: 'Create a key. Its secret is shown this once',
    access,
    query,
    body: CreateKey,
    bodyLimit: bodyLimits.small,
    answer: NewSecret,
    replayed: withoutSecret,
    status: 201,
    message: 'Key created successfully',
  },
  'GET /v1/keys/{keyId}': {
    summary: 'Read a key',
    access,
    query,
    params: One,
    answer: ApiKey,
    message: 'Key fetched successfully',
  },
  'PATCH /v1/keys/{keyId}': {
    summary: 'Change a key: its name, where it works, what it may do, when it ends',
    description:
      'It holds from the next request on, and streams that were opened with the key end. A system key has a name and nothing else to change.',
    access,
    query,
    params: One,
    body: z.strictObject(fields).partial().meta({ id: 'UpdateKey' }),
    bodyLimit: bodyLimits.small,
    answer: ApiKey,
    message: 'Key updated successfully',
  },
  'POST /v1/keys/{keyId}/rotate': {
    summary: 'Give a key a new secret. The old one works beside it until the overlap ends',
    description:
      'Everything else of the key stays, and so does the `accessId` of a widget access key. When there is an older secret still in its overlap, that one ends now.',
    access,
    query,
    params: One,
    body: z.strictObject({
      /** How long the old secret works on. 0: it ends now. */
      overlapSeconds: z
        .int()
        .min(0)
        .max(30 * day)
        .default(day),
    }),
    bodyLimit: bodyLimits.small,
    answer: NewSecret,
    replayed: withoutSecret,
    message: 'Key rotated successfully',
  },
  'DELETE /v1/keys/{keyId}': {
    summary: 'Revoke a key for ever',
    description:
      'Nobody gets in by it any more, or by an embed token that it minted, and their streams end. A system key cannot be revoked: rotate it with an overlap of 0.',
    access,
    query,
    params: One,
    answer: z.strictObject({ _id: Id }),
    message: 'Key revoked successfully',
  },
})
