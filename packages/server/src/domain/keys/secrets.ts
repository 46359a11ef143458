import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What protects everything secret that must be readable again: signing keys, kept answers. */
export interface RootKey {
  /** Encrypts and seals. The same text never gives the same bytes twice. */
  wrap(plain: Buffer): Buffer
  /** @throws when the bytes were changed, or sealed by another root key. */
  unwrap(sealed: Buffer): Buffer
  /** A fingerprint that only this installation can make. */
  hmac(text: string): Buffer
}

/** Written first into what is sealed: how it is. */
const format = 1
const nonceLength = 12
const tagLength = 16

/**
 * @param secret 32 random bytes. Each use gets a key of its own, derived from them.
 * @param previous What was the secret before: what it sealed is opened as well.
 */
export function rootKey(secret: Buffer, previous: Buffer | null = null): RootKey {
  const derive = (from: Buffer, use: string) => Buffer.from(hkdfSync('sha256', from, '', `rai ${use}`, 32))
  const wrapKey = derive(secret, 'wrap')
  const hmacKey = derive(secret, 'hmac')
  const previousKey = previous && derive(previous, 'wrap')
  return {
    wrap(plain) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', wrapKey, nonce)
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.from([format]), nonce, cipher.getAuthTag(), body])
    },
    unwrap(sealed) {
      try {
        return open(wrapKey, sealed)
      } catch (error) {
        if (!previousKey) throw error
        return open(previousKey, sealed)
      }
    },
    hmac: (text) => createHmac('sha256', hmacKey).update(text).digest(),
  }
}

function open(wrapKey: Buffer, sealed: Buffer): Buffer {
  if (sealed[0] !== format) throw new Error('sealed in an unknown way')
  const body = 1 + nonceLength + tagLength
  const decipher = createDecipheriv('aes-256-gcm', wrapKey, sealed.subarray(1, 1 + nonceLength), {
    authTagLength: tagLength,
  })
  decipher.setAuthTag(sealed.subarray(1 + nonceLength, body))
  return Buffer.concat([decipher.update(sealed.subarray(body)), decipher.final()])
}

/** The root key's bytes in the data directory, made on the first start. Nobody else may be working in the directory. */
export function keptSecret(dataDir: string): Buffer {
  const file = join(dataDir, 'secret.key')
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const secret = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')
  if (secret.length !== 32) throw new Error(`${file} is damaged. Restore it from a backup: what it sealed needs it.`)
  return secret
}
