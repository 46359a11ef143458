import { createHmac } from 'node:crypto'

/**
 * The headers that sign a request as Standard Webhooks do.
 * @param id The same on every copy; without a dot.
 * @param secrets Each of them signs: whoever verifies knows one.
 */
export function signatureHeaders(id: string, body: string, secrets: readonly Buffer[], at: Date) {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const sign = (secret: Buffer) => createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  }
}
