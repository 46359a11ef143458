import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { keyPrefixes } from '@rai/contract'

/* What a key looks like: prefix, 43 base62 characters of 256 random bits, 6 of CRC-32. */

/** Prefix and last four characters: enough for an owner to know the key, nothing for anyone else. */
export const hintOf = (key: string): string => `${prefixIn(key) ?? ''}…${key.slice(-4)}`

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const randomLength = 43
const checksumLength = 6

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = alphabet[Number(rest % 62n)] + text
  return text
}

const checksum = (text: string): string => base62(BigInt(crc32(text)), checksumLength)

/** What is kept of a key. Its 256 random bits need no slow hash. */
export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

/** A new key with this prefix. */
export function newSecret(prefix: string): string {
  const text = prefix + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), randomLength)
  return text + checksum(text)
}

const prefixIn = (text: string): string | undefined =>
  Object.values(keyPrefixes).find((prefix) => text.startsWith(prefix))

/** Whether a text has the form of a key, checksum included. Typing errors and made-up keys do not. */
export function isWellFormed(text: string): boolean {
  const prefix = prefixIn(text)
  const body = text.slice(0, -checksumLength)
  return (
    prefix !== undefined &&
    text.length === prefix.length + randomLength + checksumLength &&
    /^\w+$/.test(text) &&
    text.endsWith(checksum(body))
  )
}
