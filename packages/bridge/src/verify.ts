/**
 * Verifies channel tokens in a guest's back-end: anything with `fetch` and WebCrypto, such as Node, Workers and Deno.
 *
 *     const verify = createVerifier({ issuer: 'https://community.example', app: 'my-app', origin: 'https://app.example' })
 *     const { sub } = await verify(token, { nonce })
 */

/** What a token says that is good. */
export interface Claims {
  /** Who looks: a name for them that is this app's own. */
  sub: string
  iss: string
  aud: readonly string[]
  /** In seconds since 1970. */
  iat: number
  exp: number
  jti?: string
  nonce?: string
  /** What else the operator lets the app know. */
  [claim: string]: unknown
}

export interface VerifierOptions {
  /** The community's server, as it names itself. */
  issuer: string
  /** The `id` of the app's manifest. */
  app: string
  /** The origin of the app's page. */
  origin: string
  /** Where the server's keys are. Default: `/.well-known/jwks.json` at the issuer. */
  jwksUrl?: string
  /** How far clocks may differ, in seconds. Default: 5. */
  tolerance?: number
  /** For tests, or a runtime whose own differs. */
  fetch?: typeof fetch
  /** Milliseconds since 1970. */
  now?: () => number
}

/**
 * `malformed`: no channel token. `signature`: by none of the server's keys. `issuer`, `audience`, `nonce`: for somebody
 * else. `expired`, `not_yet`: at another time. `keys`: the server's keys could not be had; try later.
 */
export type TokenErrorCode =
  | 'malformed'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'nonce'
  | 'expired'
  | 'not_yet'
  | 'keys'

export class TokenError extends Error {
  readonly code: TokenErrorCode

  constructor(code: TokenErrorCode, message: string) {
    super(message)
    this.name = 'TokenError'
    this.code = code
  }
}

export type Verify = (
  token: string,
  options?: {
    /** What the app's back-end gave out for this exchange. Remember that it is used up. */
    nonce?: string
  },
) => Promise<Claims>

const type = 'rai-channel+jwt'
/** Longer than any of ours. */
const longest = 4096
/** A token that lives longer is not of this kind, in seconds. */
const longestLife = 300
/** Keys are believed so long, in milliseconds, and asked for again so often where they could not be had. */
const fresh = 600_000
const again = 30_000
/**
 * Between two fetches there is at least this, in milliseconds: a token whose key is not known waits for it. Servers tell a
 * new key for longer before they sign by it, so that what is fetched then has it.
 */
const coolDown = 3_000
/** In milliseconds. */
const patience = 5_000

/** What a server may sign by: the algorithm that a key is made for, never the one that a token names. */
const algorithms: Record<string, { name: string; namedCurve?: string; hash?: string }> = {
  'EC P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'OKP Ed25519': { name: 'Ed25519' },
}
const names: Record<string, string> = { 'EC P-256': 'ES256', 'OKP Ed25519': 'EdDSA' }

interface Key {
  alg: string
  algorithm: { name: string; hash?: string }
  key: CryptoKey
}

/**
 * Makes what verifies tokens for one app. Keep it: it keeps the server's keys.
 * @returns What answers a token's claims, or throws a `TokenError`.
 */
export function createVerifier({
  issuer,
  app,
  origin,
  jwksUrl = new URL('/.well-known/jwks.json', issuer).href,
  tolerance = 5,
  fetch: get = fetch,
  now = Date.now,
}: VerifierOptions): Verify {
  let keys = new Map<string, Key>()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let fetching: Promise<void> | undefined

  async function load(): Promise<void> {
    const wait = Math.min(coolDown, triedAt + coolDown - now())
    if (wait > 0) await new Promise((done) => setTimeout(done, wait))
    triedAt = now()
    const response = await get(jwksUrl, { signal: AbortSignal.timeout(patience), redirect: 'error' })
    if (!response.ok) throw new Error(`${jwksUrl} answered ${response.status}`)
    const { keys: jwks } = (await response.json()) as { keys: (JsonWebKey & { kid?: string })[] }
    // One that cannot be read here is none, and the others are good all the same.
    const read = (jwk: JsonWebKey) => importKey(jwk).catch(() => undefined)
    const imported = await Promise.all(jwks.map(async (jwk) => [jwk.kid, await read(jwk)] as const))
    keys = new Map(imported.filter((one): one is [string, Key] => typeof one[0] === 'string' && one[1] !== undefined))
    fetchedAt = now()
  }

  /** The key of a name. All who wait for the keys wait for one request. */
  async function find(kid: string): Promise<Key> {
    const isOld = now() - fetchedAt > fresh
    if (!keys.has(kid) || (isOld && (fetching || now() - triedAt > again))) {
      fetching ??= load().finally(() => {
        fetching = undefined
      })
      // What is known is better than nothing while the server is away.
      await fetching.catch((error) => {
        if (!keys.has(kid)) throw new TokenError('keys', `The keys of ${issuer} could not be had: ${error}`)
      })
    }
    const key = keys.get(kid)
    if (!key) throw new TokenError('signature', 'The token was signed by no key of the server.')
    return key
  }

  return async (token, { nonce } = {}) => {
    const parts = typeof token === 'string' && token.length <= longest ? token.split('.') : []
    if (parts.length !== 3) throw new TokenError('malformed', 'This is no token.')
    const [head, body, signature] = parts as [string, string, string]
    const header = parse(head)
    if (header.typ !== type || typeof header.kid !== 'string' || 'crit' in header)
      throw new TokenError('malformed', 'This is no channel token.')
    const { alg, algorithm, key } = await find(header.kid)
    if (header.alg !== alg) throw new TokenError('signature', 'The token names another algorithm than its key has.')
    const isSigned = await crypto.subtle.verify(
      algorithm,
      key,
      bytesOf(signature),
      new TextEncoder().encode(`${head}.${body}`),
    )
    if (!isSigned) throw new TokenError('signature', 'The signature is not that of the server.')

    const claims = parse(body)
    const { iss, sub, iat, exp } = claims
    const aud = [claims.aud].flat() as unknown[]
    const seconds = now() / 1000
    if (
      typeof iat !== 'number' ||
      typeof exp !== 'number' ||
      typeof sub !== 'string' ||
      sub === '' ||
      exp - iat > longestLife
    )
      throw new TokenError('malformed', 'A channel token says who, and for five minutes at most.')
    if (iss !== issuer) throw new TokenError('issuer', 'The token is of another server.')
    if (!aud.includes(app) || !aud.includes(origin)) throw new TokenError('audience', 'The token is for another app.')
    if (seconds >= exp + tolerance) throw new TokenError('expired', 'The token has expired.')
    if (seconds < iat - tolerance) throw new TokenError('not_yet', 'The token is from the future. Is this clock right?')
    if (nonce !== undefined && claims.nonce !== nonce)
      throw new TokenError('nonce', 'The token is for another exchange.')
    return { ...claims, aud } as unknown as Claims
  }
}

async function importKey(jwk: JsonWebKey): Promise<Key | undefined> {
  const kind = `${jwk.kty} ${jwk.crv}`
  const algorithm = algorithms[kind]
  const alg = names[kind]
  if (!algorithm || !alg || (jwk.alg !== undefined && jwk.alg !== alg)) return undefined
  const { kty, crv, x, y } = jwk
  const plain = { kty, crv, x, ...(y !== undefined && { y }) } as JsonWebKey
  return { alg, algorithm, key: await crypto.subtle.importKey('jwk', plain, algorithm, false, ['verify']) }
}

function parse(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytesOf(part)))
    if (value instanceof Object && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new TokenError('malformed', 'This is no token.')
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  if (!/^[\w-]+$/.test(base64url)) throw new TokenError('malformed', 'This is no token.')
  try {
    return Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (character) =>
      character.charCodeAt(0),
    )
  } catch {
    throw new TokenError('malformed', 'This is no token.')
  }
}
