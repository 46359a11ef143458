import { z } from 'zod'
import { bodyLimits, table } from '../route.js'
import { Id, Origin } from '../schemas.js'

/** Tokens that name a member to the widgets of a page. Paths and bodies as documented for the original. */
export const embed = table({
  'POST /v2/api/widget-access-keys/token': {
    summary: 'Mint an embed token for one member. Call it from your server only',
    access: { principals: ['widgetAccessKey'] },
    body: z.strictObject({
      accessId: z.string().max(80).meta({ description: 'The public half of the widget access key: `rai_wid_…`' }),
      accessKey: z.string().max(80).meta({ description: 'Its secret half: `rai_wsk_…`' }),
      userIdentifiers: z
        .record(
          z
            .string()
            .max(65)
            .regex(/^data-[a-z0-9-]{1,60}$/, 'must be a data-… name'),
          z.string().min(1).max(254),
        )
        .refine((map) => Object.keys(map).length > 0, 'must name the member')
        .refine((map) => Object.keys(map).length <= 10, 'must hold at most 10 names')
        .meta({
          minProperties: 1,
          maxProperties: 10,
          description:
            'Which member: one or more of the `data-…` names in the key’s `identifiers`, each with the member’s value. All must name the same active member',
        }),
      origin: Origin.optional().meta({
        description: 'The one page origin that the token is for; default: every origin of the access key',
      }),
      /** Ours. */
      referral: z.string().max(200).optional().meta({
        description:
          'Where the key makes members: the code of who brought this one, as it came to your page. One that is nobody’s has no effect, as for who is a member already',
      }),
    }),
    bodyLimit: bodyLimits.small,
    answer: z.strictObject({
      embedToken: z.string().meta({ description: 'A JWT (EdDSA), good for `expiresIn` seconds' }),
      expiresIn: z.int().meta({ description: 'Seconds' }),
    }),
    message: 'Embed token created',
  },
  'POST /v2/api/widget-access-keys/validate': {
    summary: 'Say whether an embed token is still good, and for whom',
    access: { principals: ['anyone'] },
    body: z.strictObject({ embedToken: z.string().max(4096).meta({ description: 'As it was minted' }) }),
    bodyLimit: bodyLimits.small,
    writes: false,
    answer: z.strictObject({
      valid: z.boolean(),
      communityId: Id.nullable(),
      userId: Id.nullable(),
      expiresIn: z.int().nullable(),
    }),
    message: 'Embed token checked',
  },
})
