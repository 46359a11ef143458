import { z } from 'zod'
import { permissions } from '../../access.js'
import { bodyLimits, table } from '../../route.js'
import { Id, line, Origin, pageQuery, Secret, serverQuery, Time } from '../../schemas.js'

/** Whoever makes keys could give themselves every right, so that only who has them all may. */
const access = { principals: ['systemKey', 'owner'] } as const

const query = z.strictObject(serverQuery)

/** The names of the kinds of keys on the wire, and in the domain. */
export const keyKinds = {
  publishable: 'publishable',
  community: 'community',
  system: 'system',
  widgetAccess: 'widget_access',
} as const

/** What can be set on keys, each on some kinds. */
const fields = {
  name: line(1, 100).meta({ description: 'What operators call it. Nobody else sees it' }),
  permissions: z
    .array(z.enum(permissions))
    .max(permissions.length)
    .meta({ description: 'Of a community key: what it may do. Each operation says which one it needs' }),
  origins: z
    .array(Origin)
    .max(100)
    .meta({ description: 'Of a publishable or widget access key: the pages on which it works, by their origin' }),
  testMode: z.boolean().meta({
    description: 'Pages on `localhost` and `127.0.0.1` may use it as well, at any port. Default: false',
  }),
  expiresAt: Time.nullable().meta({ description: 'When it stops working; null, the default: never' }),
}

/**
 * What an identifier can say of a member. Never an e-mail: whoever can have a mailbox would be able to be the member.
 */
const identifierMeanings = ['@username', '@id', 'externalId'] as const
export type IdentifierMeaning = (typeof identifierMeanings)[number]

const Identifiers = z
  .record(
    z
      .string()
      .max(65)
      .regex(/^data-[a-z0-9-]{1,60}$/, 'must be a data-… name'),
    z.enum(identifierMeanings),
  )
  .refine((map) => Object.keys(map).length <= 10, 'must hold at most 10 names')
  .meta({
    maxProperties: 10,
    description:
      'Of a widget access key: how your back-end names a member to it. Each `data-…` name, of your choice, is given what its value will be: `@username` (the member’s username), `@id` (the `_id` that the API answers) or `externalId` (the `externalId` that the member was given, such as the id in your own database). An e-mail names nobody here',
    example: { 'data-username': '@username', 'data-user-id': 'externalId' },
  })

/** Which of the three kinds of keys it is to be. */
const kind = <K extends keyof typeof keyKinds>(name: K, description: string) => z.literal(name).meta({ description })

const common = { name: fields.name, expiresAt: fields.expiresAt.optional() }
const CreateKey = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: kind('publishable', 'For pages: it stands in them for all to see, and reads what is public'),
      ...common,
      origins: fields.origins,
      testMode: fields.testMode.optional(),
    }),
    z.strictObject({
      kind: kind('community', 'For back-ends: it does what its permissions say'),
      ...common,
      permissions: fields.permissions,
    }),
    z.strictObject({
      kind: kind('widgetAccess', 'For a site’s back-end: it mints tokens that sign members in on the site’s pages'),
      ...common,
      origins: fields.origins,
      testMode: fields.testMode.optional(),
      identifiers: Identifiers,
      createMember: z.boolean().optional().meta({
        description:
          'Make a member who is not there yet, where an identifier means `@username` and is sent. Default: false, such a request answers 404',
      }),
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

/** What an answer says beside a new key. */
export const secret = {
  /** The key itself, or the secret half of a widget access key. It cannot be read again: null in a repeat of the answer. */
  key: Secret.nullable(),
  keyState: z.enum(['shown', 'shown_before']),
}
const NewSecret = ApiKey.extend(secret).meta({ id: 'NewSecret' })

/** What a repeat of the request is answered: a secret is shown once. */
export const withoutSecret = (answer: unknown) => ({ ...(answer as object), key: null, keyState: 'shown_before' })

const One = z.object({ keyId: Id })
const day = 24 * 60 * 60

/** The credentials of a community, by its system key or its owner's login. */
export const keys = table({
  'GET /v1/keys': {
    summary: 'List keys, newest first, revoked ones too',
    access,
    query: z.strictObject({
      ...serverQuery,
      ...pageQuery,
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
      overlapSeconds: z
        .int()
        .min(0)
        .max(30 * day)
        .default(day)
        .meta({ description: 'How many seconds the old secret works on; 0: it ends now. Default: a day' }),
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
