import type { KeyObject } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import type { Database } from '../../db/database.js'
import { Failure } from '../failure.js'
import { isId } from '../ids.js'
import type { RootKey } from './secrets.js'
import { algorithm, createKeyRing, type PublicJwk } from './signing.js'

/** What an embed token says: one member of one community, on the pages of some origins, by leave of one access key. */
export interface EmbedClaims {
  communityId: string
  memberId: string
  accessKeyId: string
  /** The access key's, when it minted the token. */
  generation: number
  origins: readonly string[]
  /** To the millisecond. */
  issuedAt: Date
  expiresAt: Date
  /** The id of the key that signed it. */
  signedBy: string
}

export interface Tokens {
  mint(
    claims: Omit<EmbedClaims, 'issuedAt' | 'expiresAt' | 'signedBy'>,
    at: Date,
  ): Promise<{ token: string; expiresIn: number }>
  /**
   * Checks signature, algorithm, type, issuer and time. Whether key and member still stand is the caller's to ask.
   * @throws Failure `token_expired`, or `unauthorized` for everything else.
   */
  verify(token: string, at: Date): Promise<EmbedClaims>
  /** Whether tokens that a key signed are still good. */
  isLive(kid: string, at: Date): Promise<boolean>
  /** The keys that verify tokens, newest first. */
  publicKeys(at: Date): Promise<PublicJwk[]>
}

const embedType = 'rai-embed+jwt'
const lifetimeSeconds = 15 * 60
/** Between the clocks of two of our instances. */
export const toleranceSeconds = 5
/** Longer than any of ours. */
const maxLength = 4096

/** @param issuer PUBLIC_URL: another installation's tokens are not ours, even with the same keys. */
export function createTokens(database: Database, rootKey: RootKey, issuer: string): Tokens {
  const ring = createKeyRing(database, rootKey)

  async function verifier(kid: string | undefined, at: Date): Promise<KeyObject> {
    const key = await ring.verifier(kid, at)
    if (!key) throw new Failure('unauthorized')
    return key
  }

  return {
    async mint({ communityId, memberId, accessKeyId, generation, origins }, at) {
      const { jwk, privateKey } = await ring.signer(at)
      const now = Math.floor(at.getTime() / 1000)
      // Beside `iat`, which has whole seconds: whoever was sent away is told from who came again in the same one.
      const minted = at.getTime()
      const token = await new SignJWT({ community: communityId, key: accessKeyId, generation, minted })
        .setProtectedHeader({ alg: algorithm, typ: embedType, kid: jwk.kid })
        .setIssuer(issuer)
        .setAudience([...origins])
        .setSubject(memberId)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(privateKey)
      return { token, expiresIn: lifetimeSeconds }
    },
    async verify(token, at) {
      if (token.length > maxLength) throw new Failure('unauthorized')
      try {
        const { payload, protectedHeader } = await jwtVerify(token, ({ kid }) => verifier(kid, at), {
          algorithms: [algorithm],
          typ: embedType,
          issuer,
          clockTolerance: toleranceSeconds,
          currentDate: at,
          requiredClaims: ['iat', 'exp', 'sub', 'aud', 'community', 'key', 'generation', 'minted'],
        })
        if (!isId(String(payload.community)) || !isId(payload.sub!)) throw new Failure('unauthorized')
        return {
          communityId: String(payload.community),
          memberId: payload.sub!,
          accessKeyId: String(payload.key),
          generation: Number(payload.generation),
          origins: [payload.aud!].flat(),
          issuedAt: new Date(Number(payload.minted)),
          expiresAt: new Date(payload.exp! * 1000),
          signedBy: protectedHeader.kid!,
        }
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new Failure('token_expired')
        if (error instanceof errors.JOSEError) throw new Failure('unauthorized')
        throw error
      }
    },
    isLive: async (kid, at) => (await ring.verifier(kid, at)) !== undefined,
    publicKeys: ring.publicKeys,
  }
}
