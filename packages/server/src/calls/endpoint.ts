import { z } from 'zod'
import type { Verdict } from '../domain/socials/claims.js'
import { CallFailure, type GuardedFetch } from './fetch.js'
import { retryAfter } from './retry-after.js'
import { signatureHeaders } from './sign.js'

const Answer = z.object({ done: z.enum(['yes', 'no', 'later']) })
const maxBytes = 16 * 1024
const timeoutMs = 5_000

/** A question to an operator's endpoint. */
export interface Question {
  /** Its id: the same question has the same one, however often it is asked. */
  id: string
  endpoint: string
  /** What it is signed with. */
  secret: Buffer
  /** Sent as JSON. */
  payload: object
}

/** Asks an operator's endpoint whether somebody has done something. Signed as Standard Webhooks sign. */
export async function askEndpoint(
  fetchGuarded: GuardedFetch,
  { id, endpoint, secret, payload }: Question,
  now: Date,
): Promise<Verdict> {
  const body = JSON.stringify(payload)
  const headers = { 'content-type': 'application/json', ...signatureHeaders(id, body, [secret], now) }
  try {
    const call = { method: 'POST', accept: 'application/json', headers, body, maxBytes, timeoutMs } as const
    const answer = await fetchGuarded(endpoint, call)
    const retryAt = retryAfter(answer.headers, now)
    if (answer.status !== 200) return { is: 'no', reason: 'unreachable', retryAt }
    switch (readAnswer(answer.body)) {
      case 'yes':
        return { is: 'yes' }
      case 'no':
        return { is: 'no', reason: 'not_yet', retryAt }
      case 'later':
        return { is: 'later', retryAt }
      default:
        return { is: 'no', reason: 'unreachable', retryAt }
    }
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    return { is: 'no', reason: 'unreachable' }
  }
}

function readAnswer(body: Buffer): z.infer<typeof Answer>['done'] | undefined {
  try {
    return Answer.parse(JSON.parse(body.toString())).done
  } catch {
    return undefined
  }
}
