import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keptSecret, rootKey } from './secrets.js'

describe('the root key', () => {
  const key = rootKey(randomBytes(32))
  const plain = Buffer.from('a signing key')

  it('unwraps what it wrapped, even nothing', () => {
    expect(key.unwrap(key.wrap(plain))).toEqual(plain)
    expect(key.unwrap(key.wrap(Buffer.alloc(0)))).toEqual(Buffer.alloc(0))
  })

  it('never wraps the same way twice', () => {
    expect(key.wrap(plain)).not.toEqual(key.wrap(plain))
  })

  it('refuses every change of one bit, and every cut', () => {
    const sealed = key.wrap(plain)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => key.unwrap(changed)).toThrow()
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => key.unwrap(sealed.subarray(0, length))).toThrow()
  })

  it('refuses what another root key wrapped', () => {
    expect(() => rootKey(randomBytes(32)).unwrap(key.wrap(plain))).toThrow()
  })

  it('opens what the one before it wrapped, and wraps by itself', () => {
    const before = randomBytes(32)
    const secret = randomBytes(32)
    const sealed = rootKey(before).wrap(plain)
    expect(rootKey(secret, before).unwrap(sealed)).toEqual(plain)
    expect(rootKey(secret).unwrap(rootKey(secret, before).wrap(plain))).toEqual(plain)
    expect(() => rootKey(secret, randomBytes(32)).unwrap(sealed)).toThrow()
  })

  it('makes fingerprints that another root key does not', () => {
    expect(key.hmac('text')).toEqual(key.hmac('text'))
    expect(key.hmac('text')).not.toEqual(rootKey(randomBytes(32)).hmac('text'))
  })
})

describe('the kept secret', () => {
  let dataDir: string
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'rai-secret-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true }))

  it('is made once, for this user only', () => {
    const secret = keptSecret(dataDir)
    expect(secret).toHaveLength(32)
    expect(keptSecret(dataDir)).toEqual(secret)
    expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600)
  })

  it('is not made anew when it is damaged', () => {
    writeFileSync(join(dataDir, 'secret.key'), 'half a k')
    expect(() => keptSecret(dataDir)).toThrow('is damaged')
  })
})
