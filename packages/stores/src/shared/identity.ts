import { atom, type ReadableAtom } from 'nanostores'
import { type Environment, perEnvironment } from './environment.js'
import { limited } from './exchange.js'
import type { Member } from './member.js'

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
  /** What to ask: newer than `$source` when a page passed a new function for the same person. */
  source(): TokenSource | undefined
  /** A good token; null for guests, who load nothing for it. See `member.ts`. */
  token: Member['token']
  identify(source: TokenSource | undefined): void
  offer(source: TokenSource): void
}

/** Who looks at the page. */
export const identityOf = /* @__PURE__ */ perEnvironment((environment): Identity => {
  const $source = atom<TokenSource | undefined>()
  let source: TokenSource | undefined

  function identify(next: TokenSource | undefined) {
    source = next
    // A new object, so that even the same source again is another person.
    $source.set(next && { ...next })
  }

  return {
    $source,
    source: () => source,
    identify,
    offer(next) {
      if (!next.getToken && !next.tokenUrl) return
      if (source && kindOf(source) === kindOf(next)) source = next
      else identify(next)
    },
    token: async (options) => (source ? (await memberOf(environment)).token(options) : null),
  }
})

/** Another address is another person; another function is not, as frameworks make one at each render. */
const kindOf = ({ getToken, tokenUrl }: TokenSource) => (getToken ? '' : tokenUrl)

let module: typeof import('./member.js') | undefined

/** What only members need: it is fetched for pages where somebody is signed in. */
export async function memberOf(environment: Environment): Promise<Member> {
  module ??= await limited(environment, undefined, () => import('./member.js'))
  return module.memberOf(environment)
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
