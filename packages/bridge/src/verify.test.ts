import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { buildSync } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { createVerifier, type TokenError } from './verify.js'

interface Signer {
  kid: string
  alg: 'ES256' | 'EdDSA'
  algorithm: { name: string; namedCurve?: string; hash?: string }
  privateKey: CryptoKey
  jwk: JsonWebKey & { kid: string }
}

async function signer(kid: string, alg: Signer['alg'] = 'EdDSA'): Promise<Signer> {
  const algorithm = alg === 'EdDSA' ? { name: 'Ed25519' } : { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const { privateKey, publicKey } = (await crypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid, use: 'sig' }
  // What Node's WebCrypto calls it, JOSE does not.
  delete (jwk as JsonWebKey).alg
  return { kid, alg, algorithm, privateKey, jwk }
}

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

async function sign({ kid, alg, algorithm, privateKey }: Signer, claims: object, header: object = {}): Promise<string> {
  const text = `${encode({ alg, typ: 'rai-channel+jwt', kid, ...header })}.${encode(claims)}`
  const signature = await crypto.subtle.sign(algorithm, privateKey, Buffer.from(text))
  return `${text}.${Buffer.from(signature).toString('base64url')}`
}

/** A community's server that answers its keys, and counts who asks. */
async function startIssuer(...signers: Signer[]) {
  const state = { signers, asked: 0, isAway: false }
  const server = createServer((_, response) => {
    state.asked++
    if (state.isAway) return response.writeHead(503).end()
    response.setHeader('Content-Type', 'application/json')
    const unreadable = [
      { kty: 'RSA', kid: 'old' },
      { kty: 'EC', crv: 'P-256', kid: 'odd', x: 'AA', y: 'AA' },
    ]
    return response.end(JSON.stringify({ keys: [...unreadable, ...state.signers.map(({ jwk }) => jwk)] }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  afterAll(() => server.close())
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = { now: Date.now() }
  const who = { issuer, app: 'my-app', origin: 'https://app.example' }
  return { state, issuer, clock, who, verify: createVerifier({ ...who, now: () => clock.now }) }
}

const first = await signer('first')
const { issuer, clock, verify } = await startIssuer(first)

const good = (changes: object = {}) => {
  const iat = Math.floor(clock.now / 1000)
  return {
    iss: issuer,
    sub: 'someone',
    aud: ['my-app', 'https://app.example'],
    iat,
    exp: iat + 300,
    jti: '1',
    ...changes,
  }
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'verified',
    (error: TokenError) => error.code,
  )

describe('verifying a channel token', () => {
  test('answers what it says, signed in both ways that a server may', async () => {
    const other = await signer('other', 'ES256')
    const { who } = await startIssuer(first, other)
    const verifyBoth = createVerifier(who)
    for (const one of [first, other]) {
      const claims = { ...good({ iss: who.issuer }), name: 'Ada', nonce: 'once' }
      expect(await verifyBoth(await sign(one, claims), { nonce: 'once' })).toEqual(claims)
    }
  })

  test('needs nothing that only one runtime has', async () => {
    const { issuer, who } = await startIssuer(first)
    const { outputFiles } = buildSync({
      entryPoints: [join(import.meta.dirname, 'verify.ts')],
      bundle: true,
      // An import of Node's would end it here.
      platform: 'neutral',
      format: 'iife',
      globalName: 'bridge',
      write: false,
    })
    // What Workers, Deno and browsers have in common; whatever else is used is not there.
    const { AbortSignal, atob, clearTimeout, crypto, fetch, setTimeout, TextDecoder, TextEncoder, URL } = globalThis
    const common = { AbortSignal, atob, clearTimeout, crypto, fetch, setTimeout, TextDecoder, TextEncoder, URL }
    const elsewhere = createContext({ ...common })
    runInContext(outputFiles[0]!.text, elsewhere)
    const { createVerifier: create } = runInContext('bridge', elsewhere) as { createVerifier: typeof createVerifier }
    const verifyThere = create(who)
    const token = await sign(first, good({ iss: issuer }))
    expect({ ...(await verifyThere(token)) }).toMatchObject({ iss: issuer, sub: 'someone' })
    expect(await codeOf(verifyThere(`${token.slice(0, -8)}AAAAAAAA`))).toBe('signature')
  })

  test.each([
    ['another server', { iss: 'https://other.example' }, 'issuer'],
    ['another app', { aud: ['other', 'https://app.example'] }, 'audience'],
    ['another origin', { aud: ['my-app', 'https://evil.example'] }, 'audience'],
    ['one of both only', { aud: 'my-app' }, 'audience'],
    ['nobody', { sub: undefined }, 'malformed'],
    ['a longer time than it may be', { exp: Math.floor(clock.now / 1000) + 3600 }, 'malformed'],
    ['an exchange that is not this one', { nonce: 'other' }, 'nonce'],
    ['no exchange', {}, 'nonce'],
  ])('refuses one for %s', async (_, changes, code) => {
    expect(await codeOf(verify(await sign(first, good(changes)), { nonce: 'this' }))).toBe(code)
  })

  test('refuses one from another time, but for the difference of two clocks', async () => {
    const at = async (seconds: number) => {
      const iat = Math.floor(clock.now / 1000) + seconds
      return codeOf(verify(await sign(first, good({ iat, exp: iat + 60 }))))
    }
    expect([await at(-66), await at(-63), await at(0), await at(4), await at(7)]).toEqual([
      ...['expired', 'verified', 'verified', 'verified', 'not_yet'],
    ])
  })

  test.each<[string, object]>([
    ['no algorithm', { alg: 'none' }],
    ['the public key as a secret', { alg: 'HS256' }],
    ['an algorithm of another kind of key', { alg: 'ES256' }],
    ['a key that the server does not have', { kid: 'unknown' }],
  ])('refuses one whose header names %s', async (_, header) => {
    expect(await codeOf(verify(await sign(first, good(), header)))).toBe('signature')
  })

  test('refuses tokens of other kinds, and what is none', async () => {
    const token = await sign(first, good())
    const [head, body, signature] = token.split('.') as [string, string, string]
    const forged = `${head}.${encode({ ...good(), sub: 'admin' })}.${signature}`
    expect(await codeOf(verify(forged))).toBe('signature')
    expect(await codeOf(verify(await sign(await signer('first'), good())))).toBe('signature')
    for (const wrong of [
      await sign(first, good(), { typ: 'rai-embed+jwt' }),
      await sign(first, good(), { crit: ['x'] }),
      ...[`${head}.${body}.`, `${head}.${body}`, `${token}.x`, `${encode('[]')}.${body}.${signature}`],
      ...['', '..', 'a.b.c', '😀.😀.😀', 'x'.repeat(10_000), null as unknown as string],
    ])
      expect(await codeOf(verify(wrong))).toBe('malformed')
  })

  test('asks once for a key however many want it, and knows a new one', async () => {
    const { state, clock, issuer, verify } = await startIssuer(first)
    const token = (one: Signer) => sign(one, good({ iss: issuer }))
    await Promise.all(Array.from({ length: 20 }, async () => verify(await token(first))))
    expect(state.asked).toBe(1)

    const second = await signer('second')
    state.signers.push(second)
    clock.now += 4_000
    await Promise.all(Array.from({ length: 20 }, async () => verify(await token(second))))
    expect(state.asked).toBe(2)
  })

  // A server tells a new key five seconds before it signs by it: as soon as that, and whoever asked for others meanwhile.
  test('knows a key that signs since a moment, also while forgers name keys that nobody has', async () => {
    const { state, clock, issuer, verify } = await startIssuer(first)
    const token = (one: Signer) => sign(one, good({ iss: issuer }))
    await verify(await token(first))
    const nobody = await signer('nobody')
    clock.now += 4_900
    expect(await codeOf(verify(await token(nobody)))).toBe('signature')
    const second = await signer('second')
    state.signers.push(second)
    clock.now += 100
    const forged = Array.from({ length: 20 }, async () => codeOf(verify(await token(nobody))))
    expect(await codeOf(verify(await token(second)))).toBe('verified')
    expect(new Set(await Promise.all(forged))).toEqual(new Set(['signature']))
    expect(state.asked).toBe(3)
  })

  test('asks for keys that nobody has no more often than every three seconds, however long that goes on', async () => {
    const { state, clock, issuer, verify } = await startIssuer(first)
    const forged = await sign(await signer('nobody'), good({ iss: issuer }))
    for (let n = 0; n < 20; n++) {
      expect(await codeOf(verify(forged))).toBe('signature')
      clock.now += 3_000
    }
    expect(state.asked).toBe(20)
    // At the same moment the next one waits, by the clock of the machine.
    const start = performance.now()
    await codeOf(verify(forged))
    await codeOf(verify(forged))
    expect(state.asked).toBe(22)
    expect(performance.now() - start).toBeGreaterThan(2_900)
  })

  test('lets go of a key that was retired, and keeps what it knows while the server is away', async () => {
    const second = await signer('second')
    const { state, clock, issuer, verify } = await startIssuer(first, second)
    const codes = async () => {
      const iat = Math.floor(clock.now / 1000)
      const claims = good({ iss: issuer, iat, exp: iat + 60 })
      return [await codeOf(verify(await sign(first, claims))), await codeOf(verify(await sign(second, claims)))]
    }
    expect(await codes()).toEqual(['verified', 'verified'])
    state.signers.shift()
    clock.now += 601_000
    expect(await codes()).toEqual(['signature', 'verified'])
    state.isAway = true
    clock.now += 601_000
    expect(await codes()).toEqual(['keys', 'verified'])
  })
})
