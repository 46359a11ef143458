import { z } from 'zod'
import { hookCalls } from '../hooks.js'
import { table } from '../route.js'
import { Amount, Id } from '../schemas.js'

/** Where other systems have something done. */
export const hooks = table({
  'POST /hooks/v1/{hookAddress}': {
    summary: 'Have a hook do what it is for',
    description:
      'What it is for, and what it wants to see, stands where it was made (`POST /v1/hooks`). Its key comes as `x-api-key`. A signature covers the body as it is sent: `webhook-id`, `webhook-timestamp` and `webhook-signature` of Standard Webhooks (or `svix-…`), or `Stripe-Signature`, or `X-Hub-Signature-256`; a time in it lies at most five minutes from ours. An encrypted body comes with `x-encrypted: true`: a compact JWE (`dir`, `A256GCM`), or `{ "iv", "data", "tag" }` in base64 of AES-256; GCM may have its tag at the end of `data` instead.\n\nA repeat has no second effect for 60 days, and is answered as the first call was. It is told by `webhook-id`; by `id` of a body that is signed as Stripe signs; else by `id` of the body, `webhook-id` or `Idempotency-Key`. A body that is signed as GitHub signs, without an `id`, is its own name, as an encrypted one is that is not signed. The same name with another content is refused (422). A call without any name counts each time.\n\nWhoever does not show all that the hook wants hears the same as whoever knows no hook (401).',
    access: { principals: ['hook'] },
    params: z.object({
      hookAddress: z.string().min(1).max(200).meta({ description: 'The last part of the hook’s `url`' }),
    }),
    body: z.union([hookCalls.message, hookCalls.fields, hookCalls.currency]),
    raw: true,
    answer: z
      .strictObject({
        _id: Id.meta({ description: 'The call, as the hook’s log has it' }),
        messageId: Id.nullable().meta({ description: 'What was said, by a hook for messages' }),
        userId: Id.nullable().meta({ description: 'Whose fields or currency it was' }),
        currency: Amount.nullable().meta({ description: 'How much they have now, by a hook for currency' }),
      })
      .meta({ id: 'HookAnswer' }),
    refuses: ['invalid_json', 'unknown_reference', 'conflict', 'not_enough', 'idempotency_mismatch', 'slow_mode'],
    message: 'Done',
  },
})
