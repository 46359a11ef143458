import { atom, type ReadableAtom } from 'nanostores'
import { type Environment, perEnvironment } from './environment.js'
import { limited, readJson, refusal } from './exchange.js'
import { ApiError } from './failures.js'

/** An embed token as the token endpoint answers it. */
export interface Token {
  embedToken: string
  /** How many seconds it is good for. Without it, it is used until the server refuses it. */
  expiresIn?: number
}

/** Asks the site's back-end for a token. `null`: nobody is signed in. */
export type GetToken = () => Promise<Token | string | null> | Token | string | null

/** Where tokens come from: an address of the site's own back-end, or a function, which wins. */
export interface TokenSource {
  tokenUrl?: string | undefined
  getToken?: GetToken | undefined
}

interface Identity {
  /** Changes with the person; undefined for a guest. */
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
const rest = 15_000

/** Who looks at the page. Tokens are kept here and nowhere else. */
export const identityOf = /* @__PURE__ */ perEnvironment((environment): Identity => {
  const $source = atom<TokenSource | undefined>()
  /** What is asked: newer than `$source` when a page passes a new function for the same person. */
  let source: TokenSource | undefined
  let held: Held | undefined
  /** The question under way, or one that failed just now. */
  let asking: Promise<string | null> | undefined
  let failed = false

  function identify(next: TokenSource | undefined) {
    held = asking = undefined
    source = next
    $source.set(next)
  }

  async function renew(from: TokenSource) {
    const person = $source.value
    failed = false
    try {
      const answer = await ask(environment, from)
      if ($source.value === person) {
        held = answer
        asking = undefined
      }
      return answer.token
    } catch (error) {
      failed = true
      environment.after(rest, () => {
        if (failed) asking = undefined
      })
      throw error
    }
  }

  return {
    $source,
    identify,
    offer(next) {
      if (!next.getToken && !next.tokenUrl) return
      if (source && kindOf(source) === kindOf(next)) source = next
      else identify(next)
    },
    async token({ refused, forced } = {}) {
      if (!source) return null
      if (held && held.token !== refused && environment.clock() < held.until) return held.token
      if (!asking || (forced && failed)) asking = renew(source)
      return asking
    },
  }
})

interface Held {
  token: string | null
  until: number
}

/** Another address is another person; another function is not, as frameworks make one at each render. */
const kindOf = ({ getToken, tokenUrl }: TokenSource) => (getToken ? '' : tokenUrl)

/** Asks a source. How long the answer counts is a stretch from now: the visitor's clock may be wrong. */
async function ask(environment: Environment, { getToken, tokenUrl }: TokenSource): Promise<Held> {
  const now = environment.clock()
  try {
    const given = await limited(environment, undefined, async (signal) =>
      getToken ? getToken() : fromUrl(environment, tokenUrl!, signal),
    )
    const { embedToken, expiresIn } =
      typeof given === 'string' ? { embedToken: given } : (given ?? { embedToken: null })
    if (embedToken === undefined) throw new Error()
    const life = (embedToken && expiresIn ? expiresIn : Number.POSITIVE_INFINITY) * 1000
    return { token: embedToken, until: now + life - Math.min(margin, life / 2) }
  } catch {
    throw new ApiError('no_token')
  }
}

/** Asks an address. Nobody is signed in when the site says so, by 401, 403 or no content. */
async function fromUrl(environment: Environment, url: string, signal: AbortSignal): Promise<Token | null> {
  const response = await environment.fetch(url, { signal, credentials: 'same-origin', cache: 'no-store' })
  if ([204, 401, 403].includes(response.status)) return null
  if (!response.ok) throw await refusal(environment, response)
  const answer = (await readJson(response)) as Token & { data?: Token }
  return answer.data ?? answer
}

/** Whether nobody is signed in, known without waiting for a token. */
export const isGuest = (environment: Environment): boolean => !identityOf(environment).$source.get()

/**
 * Says who looks at the page from now on: the former person's token is dropped, and what is shown for the viewer loads
 * anew. An environment has one viewer.
 */
export const identify = (environment: Environment, source: TokenSource): void =>
  identityOf(environment).identify(source)

/** Makes the viewer a guest again. */
export const logout = (environment: Environment): void => identityOf(environment).identify(undefined)
