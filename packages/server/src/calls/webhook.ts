import { CompactEncrypt, importSPKI } from 'jose'
import type { Delivery, Outcome, Receiver } from '../domain/webhooks/queue.js'
import { CallFailure, type GuardedFetch } from './fetch.js'
import { retryAfter } from './retry-after.js'
import { signatureHeaders } from './sign.js'

const limits = { maxBytes: 64 * 1024, cut: true, timeoutMs: 15_000, connectMs: 5_000 } as const
/** How much of an answer is kept, in bytes. */
const keptBytes = 1024

/** Sends an event to an endpoint. Never fails: what went wrong is the outcome. */
export async function sendWebhook(
  fetchGuarded: GuardedFetch,
  receiver: Receiver,
  delivery: Delivery,
  clock: () => Date,
  signal: AbortSignal,
): Promise<Outcome> {
  const at = clock()
  const begun = performance.now()
  const outcome = (rest: Pick<Outcome, 'status' | 'error' | 'answer' | 'retryAt'>): Outcome => ({
    delivery,
    latencyMs: Math.round(performance.now() - begun),
    at,
    ...rest,
  })
  try {
    const isEncrypted = receiver.encryption === 'jwe'
    const body = isEncrypted ? await encrypt(receiver, delivery.payload) : delivery.payload
    const headers = {
      'content-type': isEncrypted ? 'application/jose' : 'application/json',
      ...(isEncrypted && { 'x-encrypted': 'true' }),
      ...signatureHeaders(delivery.messageId, body, receiver.signing, at),
    }
    const call = { method: 'POST', accept: '*/*', headers, body, signal, ...limits } as const
    const answer = await fetchGuarded(receiver.url, call)
    return outcome({
      status: answer.status,
      error: null,
      answer: readable(answer.body),
      retryAt: retryAfter(answer.headers, clock()),
    })
  } catch (error) {
    const reason = error instanceof CallFailure ? error.message : 'could not be sent'
    return outcome({ status: null, error: reason, answer: '', retryAt: undefined })
  }
}

/** A compact JWE is text: the usual libraries verify nothing else. */
async function encrypt({ public_key, encrypting }: Receiver, payload: string): Promise<string> {
  const alg = public_key === null ? 'dir' : 'RSA-OAEP-256'
  const key = public_key === null ? encrypting! : await importSPKI(public_key, alg)
  return new CompactEncrypt(Buffer.from(payload))
    .setProtectedHeader({ alg, enc: 'A256GCM', cty: 'application/json' })
    .encrypt(key)
}

/** The beginning of what was answered, as text that the database can keep. */
function readable(body: Buffer): string {
  const text = body.subarray(0, keptBytes).toString().replace(/\0/g, '\uFFFD')
  // What is no UTF-8 becomes longer by it. A letter that is cut in two is left out.
  return new TextDecoder().decode(Buffer.from(text).subarray(0, keptBytes), { stream: true })
}
