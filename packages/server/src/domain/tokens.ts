import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { errors, type JWK, jwtVerify, SignJWT } from 'jose'
import type { Database } from '../db/database.js'
import { Failure } from './failure.js'
import { isId, newId } from './ids.js'
import type { RootKey } from './secrets.js'

/** What an embed token says: one member of one community, on the pages of some origins, by leave of one access key. */
export interface EmbedClaims {
  communityId: string
  memberId: string
  accessKeyId: string
  origins: readonly string[]
  expiresAt: Date
}

/** A public signing key as RFC 7517 writes it. */
export interface PublicJwk {
  kty: string
  crv: string
  x: string
  kid: string
  alg: string
  use: string
}

export interface Tokens {
  mint(claims: Omit<EmbedClaims, 'expiresAt'>, at: Date): Promise<{ token: string; expiresIn: number }>
  /**
   * Checks signature, algorithm, type, issuer and time. Whether key and member still stand is the caller's to ask.
   * @throws Failure `token_expired`, or `unauthorized` for everything else.
   */
  verify(token: string, at: Date): Promise<EmbedClaims>
  /** The keys that verify tokens, newest first. */
  publicKeys(at: Date): Promise<PublicJwk[]>
}

const algorithm = 'EdDSA'
const embedType = 'rai-embed+jwt'
const lifetimeSeconds = 15 * 60
/** Between the clocks of two of our instances. */
const toleranceSeconds = 5
/** Longer than any of ours. */
const maxLength = 4096
/** How often an unknown key id may make us look for new signing keys. */
const reloadEveryMs = 10_000

interface SigningKey {
  jwk: PublicJwk
  publicKey: KeyObject
  privateKey: KeyObject
}

/** Whether a root key opens what was sealed before. Another one would be found out by the first token only. */
export async function opensSigningKeys(database: Database, rootKey: RootKey): Promise<boolean> {
  const sealed = await database.global
    .selectFrom('signing_keys')
    .select('private_wrapped')
    .where('retired_at', 'is', null)
    .execute()
  try {
    for (const { private_wrapped } of sealed) rootKey.unwrap(private_wrapped)
    return true
  } catch {
    return false
  }
}

/** @param issuer PUBLIC_URL: another installation's tokens are not ours, even with the same keys. */
export function createTokens(database: Database, rootKey: RootKey, issuer: string): Tokens {
  let keys = new Map<string, SigningKey>()
  let loading: Promise<void> | undefined
  let loadedAt = 0

  async function load(at: Date): Promise<void> {
    const rows = await database.global
      .selectFrom('signing_keys')
      .select(['public_jwk', 'private_wrapped'])
      .where('retired_at', 'is', null)
      .orderBy('created_at', 'desc')
      .orderBy('kid', 'desc')
      .execute()
    keys = new Map(
      rows.map(({ public_jwk, private_wrapped }) => {
        const jwk = public_jwk as unknown as PublicJwk
        const privateKey = createPrivateKey({ key: rootKey.unwrap(private_wrapped), format: 'der', type: 'pkcs8' })
        return [jwk.kid, { jwk, privateKey, publicKey: createPublicKey(privateKey) }]
      }),
    )
    loadedAt = at.getTime()
    if (keys.size > 0) return
    // Two instances may both come here; each then verifies the other's key as well.
    await makeKey(at)
    await load(at)
  }

  async function makeKey(at: Date): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const { kty, crv, x } = publicKey.export({ format: 'jwk' }) as Required<Pick<JWK, 'kty' | 'crv' | 'x'>>
    const jwk: PublicJwk = { kty, crv, x, kid: newId(at.getTime()), alg: algorithm, use: 'sig' }
    await database.global
      .insertInto('signing_keys')
      .values({
        kid: jwk.kid,
        public_jwk: JSON.stringify(jwk),
        private_wrapped: rootKey.wrap(privateKey.export({ format: 'der', type: 'pkcs8' })),
        created_at: at,
      })
      .execute()
  }

  /** Loads once for everyone who waits. */
  const reload = (at: Date): Promise<void> => {
    loading ??= load(at).finally(() => {
      loading = undefined
    })
    return loading
  }

  /** Every live key, newest first; the newest signs. */
  async function liveKeys(at: Date): Promise<SigningKey[]> {
    if (keys.size === 0) await reload(at)
    return [...keys.values()]
  }

  async function publicKeyOf(kid: string | undefined, at: Date): Promise<KeyObject> {
    const known = keys.get(kid ?? '')
    if (known) return known.publicKey
    // Another instance may have made it since.
    if (at.getTime() - loadedAt > reloadEveryMs) await reload(at)
    const found = keys.get(kid ?? '')
    if (!found) throw new Failure('unauthorized')
    return found.publicKey
  }

  return {
    async mint({ communityId, memberId, accessKeyId, origins }, at) {
      const [newest] = await liveKeys(at)
      const now = Math.floor(at.getTime() / 1000)
      const token = await new SignJWT({ community: communityId, key: accessKeyId })
        .setProtectedHeader({ alg: algorithm, typ: embedType, kid: newest!.jwk.kid })
        .setIssuer(issuer)
        .setAudience([...origins])
        .setSubject(memberId)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(newest!.privateKey)
      return { token, expiresIn: lifetimeSeconds }
    },
    async verify(token, at) {
      if (token.length > maxLength) throw new Failure('unauthorized')
      try {
        const { payload } = await jwtVerify(token, ({ kid }) => publicKeyOf(kid, at), {
          algorithms: [algorithm],
          typ: embedType,
          issuer,
          clockTolerance: toleranceSeconds,
          currentDate: at,
          requiredClaims: ['iat', 'exp', 'sub', 'aud', 'community', 'key'],
        })
        if (!isId(String(payload.community))) throw new Failure('unauthorized')
        return {
          communityId: String(payload.community),
          memberId: payload.sub!,
          accessKeyId: String(payload.key),
          origins: [payload.aud!].flat(),
          expiresAt: new Date(payload.exp! * 1000),
        }
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new Failure('token_expired')
        if (error instanceof errors.JOSEError) throw new Failure('unauthorized')
        throw error
      }
    },
    publicKeys: async (at) => (await liveKeys(at)).map(({ jwk }) => jwk),
  }
}
