import { z } from 'zod'
import { Amount, Time } from './schemas.js'

/**
 * Every error code of every family, with its HTTP status and the sentence shown when the place that fails has nothing
 * better to say. Codes are stable: clients decide on them, never on the sentence.
 */
export const errors = {
  invalid_request: { status: 400, message: 'The request is not valid. Change what its details name.' },
  invalid_json: { status: 400, message: 'The body is not valid JSON. Send one value, in UTF-8.' },
  invalid_file: { status: 400, message: 'The file cannot be read. Send one of a kind that is taken here.' },
  unknown_reference: { status: 400, message: 'The request names something that does not exist here. Name what does.' },
  invalid_token: { status: 400, message: 'This link was used, has expired or was never one. Ask for a new one.' },
  not_supported: { status: 400, message: 'This server does not support that yet. Leave it out.' },
  unauthorized: { status: 401, message: 'Send a valid key or token.' },
  token_expired: { status: 401, message: 'The token has expired. Ask for a new one.' },
  forbidden: { status: 403, message: 'This key or member may not do that. Ask as somebody who may.' },
  origin_not_allowed: { status: 403, message: 'This key is not allowed on this page. Add its origin to the key.' },
  secret_key_in_browser: {
    status: 403,
    message: 'A secret key was sent from a browser. Revoke it and use it on a server only.',
  },
  suspended: { status: 403, message: 'You are suspended here. Come back when it is over.' },
  banned: { status: 403, message: 'You are banned here. Ask those who run the community.' },
  not_found: { status: 404, message: 'There is nothing here. Look at the address, and at the ids in it.' },
  method_not_allowed: { status: 405, message: 'This path does not answer that method. Use one of those in Allow.' },
  request_timeout: { status: 408, message: 'The request did not arrive in time. Send it again.' },
  conflict: { status: 409, message: 'This conflicts with what is already there. Read that first, then decide.' },
  already_exists: { status: 409, message: 'This exists already. Use it, or choose another name.' },
  not_enough: { status: 409, message: 'The balance is too low. Earn what is missing first.' },
  locked: {
    status: 409,
    message: 'This is not open to you: earn what is missing, where facts say so. Else it is for others.',
  },
  not_done: { status: 409, message: 'This is not done yet. Do what is left of it first.' },
  sold_out: { status: 409, message: 'There is none left. Ask again later: there may be some again.' },
  ended: { status: 409, message: 'This has ended. Choose something else.' },
  limit_reached: {
    status: 409,
    message: 'You have as many of it as you may. Come back when facts say; if they say nothing, choose something else.',
  },
  not_started: { status: 409, message: 'This has not begun yet. Come back when it has.' },
  price_changed: { status: 409, message: 'The price has changed. Ask for it again; nothing was charged.' },
  quote_expired: { status: 409, message: 'The quote has expired. Ask for a new one; nothing was charged.' },
  request_in_flight: {
    status: 409,
    message: 'A request with this idempotency key is still running. Try again shortly.',
  },
  too_large: { status: 413, message: 'The request is too large. Send less at once.' },
  unsupported_media_type: {
    status: 415,
    message: 'Send application/json, or multipart/form-data where a file is asked for.',
  },
  idempotency_mismatch: { status: 422, message: 'This idempotency key was used with another request. Send a new one.' },
  slow_mode: { status: 429, message: 'Wait before you write here again, as long as Retry-After says.' },
  rate_limited: { status: 429, message: 'Too many requests. Wait as long as Retry-After says.' },
  internal: { status: 500, message: 'Something went wrong on our side. Quote the request id when you report it.' },
  unavailable: { status: 503, message: 'The service is busy or stopping. Try again shortly.' },
} as const

export type ErrorCode = keyof typeof errors

/** What a refusal says apart, so that a client need not read it in its sentence. Of each code, what it has. */
export const Facts = z
  .strictObject({
    missing: z.int().min(1).meta({ description: 'How much more it takes: currency, or XP where it is `locked`' }),
    availableAt: Time.meta({ description: 'When to come again' }),
    price: Amount.meta({ description: 'What it costs now' }),
    reason: z.string().meta({ description: 'Why the member was suspended or banned, as they were told' }),
  })
  .partial()
  .meta({ id: 'RefusalFacts' })
export type Facts = z.infer<typeof Facts>
