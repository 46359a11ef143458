import { atom, type ReadableAtom } from 'nanostores'
import { type Environment, perEnvironment } from './environment.js'
import { isLike, limited, readJson, refusal } from './exchange.js'
import { ApiError } from './failures.js'

/** An embed token as the token endpoint answers it. */
export interface Token {
  embedToken: string
  /** Seconds. Default: what the token says of itself. */
  expiresIn?: number
}

/** Asks the site's back-end for a token. `null`: nobody is signed in. */
export type GetToken = () => Promise<Token | string | null> | Token | string | null

/** Where tokens come from. */
export type TokenSource = { tokenUrl: string } | { getToken: GetToken }

interface Identity {
  /** Changes when the person changes. */
  $source: ReadableAtom<TokenSource | undefined>
  /**
   * A good token, asked for once however many want it; null for guests. `refused` is one that the server just refused;
   * `forced` asks again although the site has just failed to give one.
   */
  token(options?: { refused?: string; forced?: boolean | undefined }): Promise<string | null>
  identify(source: TokenSource | undefined): void
  offer(source: TokenSource): void
}

/** A token is renewed when it has less than this left. */
const margin = 60_000
/** A site's back-end that failed is left alone for so long. */
const restAfterFailure = 15_000

/** Who looks at the page. Tokens are kept here and nowhere else. */
export const identityOf = /* @__PURE__ */ perEnvironment((environment): Identity => {
  const $source = atom<TokenSource | undefined>()
  /** What is asked for tokens: newer than `$source` when a page passes a new function for the same person. */
  let source: TokenSource | undefined
  let held: { token: string | null; until: number } | undefined
  /** The question under way, or one that failed just now. */
  let asked: Promise<string | null> | undefined
  let resting = false

  const identify = (next: TokenSource | undefined) => {
    held = asked = undefined
    source = next
    $source.set(next)
  }

  return {
    $source,
    identify,
    offer(next) {
      const same =
        source &&
        ('getToken' in next ? 'getToken' in source : 'tokenUrl' in source && source.tokenUrl === next.tokenUrl)
      if (same) source = next
      else identify(next)
    },
    async token({ refused, forced } = {}) {
      if (!source) return null
      if (held && held.token !== refused && environment.clock() < held.until) return held.token
      if (asked && !(forced && resting)) return asked
      const asking: Promise<string | null> = ask(environment, source).then(
        (given) => {
          if (asked === asking) {
            asked = undefined
            held = { token: given.token, until: environment.clock() + given.life - Math.min(margin, given.life / 2) }
          }
          return given.token
        },
        (error) => {
          if (asked === asking) resting = true
          environment.after(restAfterFailure, () => {
            if (asked === asking) asked = undefined
          })
          throw error
        },
      )
      asked = asking
      resting = false
      return asking
    },
  }
})

/** Whether nobody is signed in, without waiting for a token. */
export const isGuest = (environment: Environment): boolean => !identityOf(environment).$source.get()

/**
 * Says who looks at the page from now on: drops the former person's token, and everything that is shown as the viewer
 * loads anew. A page has one viewer for each environment.
 */
export const identify = (environment: Environment, source: TokenSource): void =>
  identityOf(environment).identify(source)

/** Makes the viewer a guest again. */
export const logout = (environment: Environment): void => identityOf(environment).identify(undefined)

/** Names a source that may be the one in use: another `tokenUrl` is another person, another function is not. */
export const offer = (environment: Environment, source: TokenSource): void => identityOf(environment).offer(source)

/** Asks a source. Times are stretches (`expiresIn`, `exp - iat`): the visitor's clock may be wrong. */
async function ask(environment: Environment, source: TokenSource): Promise<{ token: string | null; life: number }> {
  try {
    const given = await limited(environment, undefined, async () =>
      'getToken' in source ? source.getToken() : fromUrl(environment, source.tokenUrl),
    )
    const { embedToken, expiresIn } = typeof given === 'object' && given ? given : { embedToken: given }
    if (!embedToken) return { token: null, life: Number.POSITIVE_INFINITY }
    return { token: embedToken, life: (expiresIn ?? lifeOf(embedToken)) * 1000 }
  } catch (error) {
    throw new ApiError({ code: 'no_token', message: `The site gave no token: ${(error as Error).message}` })
  }
}

/** Nobody is signed in when the site says so: 401, 403 or an empty answer. */
async function fromUrl(environment: Environment, url: string): Promise<Token | null> {
  const response = await environment.fetch(url, {
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { Accept: 'application/json' },
  })
  if ([204, 401, 403].includes(response.status)) return null
  if (!response.ok) throw await refusal(environment, response)
  const answer = (await readJson(response)) as { data?: unknown }
  const token = answer?.data ?? answer
  if (isLike(token, { embedToken: null })) return null
  if (!isLike(token, { embedToken: '' })) throw new Error('the answer has no embedToken')
  return token as Token
}

/** Seconds between a JWT's issue and its end. */
function lifeOf(token: string): number {
  try {
    const { exp, iat } = JSON.parse(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')))
    return exp - iat > 0 ? exp - iat : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
