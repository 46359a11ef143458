import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { HookSignature } from '@rai/contract'
import { compactDecrypt } from 'jose'
import { z } from 'zod'
import { Failure } from '../../domain/failure.js'
import { type Hook, NotLetIn, readSigningSecret } from '../../domain/hooks/hooks.js'
import { hashOf } from '../../domain/keys/text.js'
import type { LiveSecrets } from '../../domain/webhooks/secrets.js'
import { parseJson } from '../../http/json.js'

/** How far the time of a signature may lie from ours, either way. */
const toleranceMs = 5 * 60_000

/** A call that is let in, and what it holds. */
export interface Opened {
  /** As it was before it was encrypted. */
  content: Buffer
  value: unknown
  /** A name that stands under a signature, or a header that nobody vouches for. */
  signedName: string | undefined
  headerName: string | undefined
  /** What is always the same for the same call, where nobody can change it: signed, or encrypted. */
  sealed: Buffer | undefined
}

type Sent = { headers: IncomingHttpHeaders; body: Buffer }

/**
 * Holds a call to what its hook wants to see, on the bytes as they came, and decrypts it.
 * @throws Failure `unauthorized`, the same for everything that may be missing; `invalid_json`
 */
export async function open(hook: Hook, secrets: LiveSecrets, sent: Sent, at: Date): Promise<Opened> {
  if (hook.requires_key && !showsKey(sent, secrets)) throw new NotLetIn('The key is missing, or is another one.')
  const { name, sealed } = signers[hook.signature](sent, secrets, at)
  const { content, cipher } = await decrypted(hook, secrets, sent)
  return {
    content,
    value: content.length === 0 ? undefined : parseJson(content),
    signedName: name,
    headerName: hook.signature === 'none' ? headerName(sent) : undefined,
    sealed: sealed ?? (hook.signature === 'none' ? cipher : undefined),
  }
}

/** A header that was sent once. */
const headerOf = ({ headers }: Sent, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function showsKey(sent: Sent, { keys }: LiveSecrets): boolean {
  const hash = hashOf(headerOf(sent, 'x-api-key') ?? '')
  return keys.filter((key) => timingSafeEqual(key, hash)).length > 0
}

const printable = /^[\x21-\x7e]{1,255}$/

function headerName(sent: Sent): string | undefined {
  const name = headerOf(sent, 'webhook-id') ?? headerOf(sent, 'idempotency-key')
  if (name === undefined || printable.test(name)) return name
  throw new Failure('invalid_request', 'A call’s name in a header is 1 to 255 printable characters without spaces.')
}

interface Signed {
  name?: string
  sealed?: Buffer
}

/** How each kind of signature is verified. */
const signers: Record<HookSignature, (sent: Sent, secrets: LiveSecrets, at: Date) => Signed> = {
  none: () => ({}),

  standard(sent, { signing }, at) {
    const of = (name: string) => headerOf(sent, `webhook-${name}`) ?? headerOf(sent, `svix-${name}`) ?? ''
    const [id, timestamp, signature] = [of('id'), of('timestamp'), of('signature')]
    // With a dot in it, another name, time and body could have the same signature.
    if (!printable.test(id) || id.includes('.')) throw new NotLetIn('The webhook-id is missing, or is none.')
    const expected = signing.map((text) => hmac(readSigningSecret(text.toString())!, `${id}.${timestamp}.`, sent.body))
    const shown = signature
      .split(' ')
      .flatMap((one) => (one.startsWith('v1,') ? [bytesOf(one.slice(3), 'base64')] : []))
    checkSignature(expected, shown)
    checkTime(timestamp, at)
    return { name: id }
  },

  stripe(sent, { signing }, at) {
    const pairs = (headerOf(sent, 'stripe-signature') ?? '').split(',').map((pair) => pair.split('=', 2))
    const timestamp = pairs.find(([name]) => name === 't')?.[1] ?? ''
    const expected = signing.map((secret) => hmac(secret, `${timestamp}.`, sent.body))
    const shown = pairs.flatMap(([name, value = '']) => (name === 'v1' ? [bytesOf(value, 'hex')] : []))
    checkSignature(expected, shown)
    checkTime(timestamp, at)
    // Sent again it has another time, and is told by the event's id.
    return { sealed: Buffer.concat([Buffer.from(`${timestamp}.`), sent.body]) }
  },

  github(sent, { signing }) {
    const signature = /^sha256=(.*)$/.exec(headerOf(sent, 'x-hub-signature-256') ?? '')?.[1] ?? ''
    checkSignature(
      signing.map((secret) => hmac(secret, '', sent.body)),
      [bytesOf(signature, 'hex')],
    )
    // The name of the delivery is not signed, and there is no time: the body is all that tells a repeat.
    return { sealed: sent.body }
  },
}

const hmac = (secret: Buffer, before: string, body: Buffer): Buffer =>
  createHmac('sha256', secret).update(before).update(body).digest()

/** @throws Failure unless one of the signatures that are shown is one of those that are expected. */
function checkSignature(expected: readonly Buffer[], shown: readonly Buffer[]): void {
  const found = expected.filter((one) =>
    shown.some((other) => other.length === one.length && timingSafeEqual(one, other)),
  )
  if (found.length === 0) throw new NotLetIn('The signature is missing, or is not that of the body.')
}

/** Bytes as text has them, in the one spelling; none for anything else. */
function bytesOf(text: string, encoding: 'base64' | 'base64url' | 'hex'): Buffer {
  const bytes = Buffer.from(text, encoding)
  return bytes.toString(encoding) === text ? bytes : Buffer.alloc(0)
}

function checkTime(seconds: string, at: Date): void {
  if (!/^\d{1,12}$/.test(seconds) || Math.abs(Number(seconds) * 1000 - at.getTime()) > toleranceMs)
    throw new NotLetIn('The time of the signature lies more than five minutes from ours.')
}

/** What is sent of AES-256: all in base64. */
const Envelope = z.strictObject({ iv: z.base64(), data: z.base64(), tag: z.base64().optional() })

/** The content as it was, and of what was encrypted the bytes that say so. */
async function decrypted(
  { encryption }: Hook,
  { encrypting }: LiveSecrets,
  sent: Sent,
): Promise<{ content: Buffer; cipher?: Buffer }> {
  const isEncrypted = headerOf(sent, 'x-encrypted')?.toLowerCase() === 'true'
  if (encryption === 'none') {
    if (isEncrypted) throw new NotLetIn('It is encrypted, and the hook is not for that.')
    return { content: sent.body }
  }
  if (!isEncrypted) throw new NotLetIn('It is not encrypted, or does not say so by x-encrypted: true.')
  try {
    return encryption === 'jwe' ? await ofJwe(sent.body, encrypting!) : ofAes(sent.body, encrypting!, encryption)
  } catch {
    // Nothing more, and to nobody: what is wrong with a padding would tell what it hides.
    throw new NotLetIn('It cannot be decrypted by the hook’s key.')
  }
}

async function ofJwe(body: Buffer, key: Buffer) {
  const text = body.toString('latin1').trim()
  const { plaintext } = await compactDecrypt(text, key, {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
    maxDecompressedLength: 0,
  })
  const parts = text.split('.').slice(2)
  const bytes = parts.map((part) => bytesOf(part, 'base64url'))
  if (bytes.some(({ length }) => length === 0)) throw new Error('not in its one spelling')
  return { content: Buffer.from(plaintext), cipher: Buffer.concat(bytes) }
}

const tagLength = 16

function ofAes(body: Buffer, key: Buffer, encryption: 'aes-256-gcm' | 'aes-256-cbc') {
  const envelope = Envelope.parse(parseJson(body))
  const iv = Buffer.from(envelope.iv, 'base64')
  const all = Buffer.concat([envelope.data, envelope.tag ?? ''].map((part) => Buffer.from(part, 'base64')))
  const cipher = Buffer.concat([iv, all])
  if (encryption === 'aes-256-cbc') {
    if (envelope.tag !== undefined || iv.length !== 16) throw new Error('not of AES-CBC')
    const decipher = createDecipheriv('aes-256-cbc', key, iv)
    return { content: Buffer.concat([decipher.update(all), decipher.final()]), cipher }
  }
  if ((iv.length !== 12 && iv.length !== 16) || all.length < tagLength) throw new Error('not of AES-GCM')
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength })
  decipher.setAuthTag(all.subarray(-tagLength))
  return { content: Buffer.concat([decipher.update(all.subarray(0, -tagLength)), decipher.final()]), cipher }
}

/**
 * By what a repeat of a call is told, and what the sender calls it.
 * @param id What the body says.
 */
export function namesOf({ signedName, headerName, sealed }: Opened, id: string | undefined) {
  const externalId = signedName ?? id ?? headerName ?? null
  const names = [
    ...(externalId === null ? [] : [`id:${externalId}`]),
    ...(sealed ? [`sum:${createHash('sha256').update(sealed).digest('hex')}`] : []),
  ]
  return { names, externalId }
}
