import type { KeyObject } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Database } from '../../db/database.js'
import { Failure } from '../failure.js'
import { given } from '../given.js'
import { isId, newId } from '../ids.js'
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

/** What a channel token says: who looks at the page of a channel, for that page's back-end. */
export interface ChannelClaims {
  communityId: string
  channelId: string
  /** A name for the member that is this page's own. */
  subject: string
  /** The page's origin. */
  origin: string
  /** What the page's back-end calls itself. */
  app: string
  nonce: string | undefined
}

export interface Minted {
  token: string
  /** In seconds. */
  expiresIn: number
}

export interface Tokens {
  mint(claims: Omit<EmbedClaims, 'issuedAt' | 'expiresAt' | 'signedBy'>, at: Date): Promise<Minted>
  /** Of no use here: whom it is for asks nothing of us by it. */
  mintForChannel(claims: ChannelClaims, at: Date): Promise<Minted>
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
const channelType = 'rai-channel+jwt'
const channelSeconds = 5 * 60
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

  async function signed(claims: JWTPayload, typ: string, subject: string, lifetime: number, at: Date): Promise<Minted> {
    const { jwk, privateKey } = await ring.signer(at)
    const now = Math.floor(at.getTime() / 1000)
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ, kid: jwk.kid })
      .setIssuer(issuer)
      .setSubject(subject)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetime)
      .sign(privateKey)
    return { token, expiresIn: lifetime }
  }

  return {
    mint({ communityId, memberId, accessKeyId, generation, origins }, at) {
      // Beside `iat`, which has whole seconds: whoever was sent away is told from who came again in the same one.
      const minted = at.getTime()
      const claims = { aud: [...origins], community: communityId, key: accessKeyId, generation, minted }
      return signed(claims, embedType, memberId, lifetimeSeconds, at)
    },
    mintForChannel({ communityId, channelId, subject, origin, app, nonce }, at) {
      const claims = {
        aud: [origin, app],
        jti: newId(),
        community: communityId,
        channel: channelId,
        ...given({ nonce }),
      }
      return signed(claims, channelType, subject, channelSeconds, at)
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
