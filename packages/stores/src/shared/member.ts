import type { contractVersion } from '@rai/contract'
import wretch from 'wretch'
import { breakerOf } from './breaker.js'
import { type Environment, perEnvironment } from './environment.js'
import { limited, readJson, refusal } from './exchange.js'
import { ApiError } from './failures.js'
import { identityOf, type Token, type TokenSource } from './identity.js'
import { type Ask, addressOf } from './request.js'

export interface Member {
  /**
   * A good token, asked for once however many want it; null when the site says that nobody is signed in. `refused` is one
   * that the server just refused; `forced` asks again although the site has just failed to give one.
   */
  token(options?: { refused?: string; forced?: boolean | undefined }): Promise<string | null>
  /** Asks as the member, and a second time when the token turns out to be refused. */
  ask: Ask
}

/** The contract that this package was written against. */
const version: typeof contractVersion = '1'
/** A token is renewed when it has less than this left. */
const margin = 60_000
/** What may be a hiccup of the site's back-end, or of the way there, is asked again within this time. */
const hiccup = 2000
/** A site's back-end that failed again is left alone for so long. */
const rest = 15_000

/** What a page does in the name of the member who looks at it. Tokens are kept here and nowhere else. */
export const memberOf = /* @__PURE__ */ perEnvironment((environment): Member => {
  const breaker = breakerOf(environment)
  const identity = identityOf(environment)
  let person: TokenSource | undefined
  let held: Held | undefined
  /** The question under way, or one that failed just now. */
  let asking: Promise<string | null> | undefined
  let failed = false

  async function renew() {
    const source = identity.source()
    if (!source) return null
    const asker = person
    failed = false
    try {
      const answer = await ask(environment, source)
      if (person === asker) {
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

  /** A token is kept no longer than its person. */
  function forget() {
    if (person === identity.$source.value) return
    person = identity.$source.value
    held = asking = undefined
  }
  identity.$source.listen(forget)

  const token: Member['token'] = async ({ refused, forced } = {}) => {
    // Who listened earlier may ask before we have heard of it.
    forget()
    if (held && held.token !== refused && environment.clock() < held.until) return held.token
    if (!asking || (forced && failed)) asking = renew()
    return asking
  }

  const base = wretch(environment.apiUrl, { credentials: 'omit' })
    .customError((_, response) => refusal(environment, response))
    .headers({ 'X-Rai-Version': version })

  return {
    token,
    async ask(route, request, read, aside) {
      const { body, form, headers, fresh, signal, forced, fetch = environment.fetch } = request
      let prepared = base
        .fetchPolyfill(fetch)
        .url(addressOf(environment, route, request))
        .options({ cache: fresh ? 'no-cache' : 'default', signal: signal! })
        .headers(headers!)
      if (body) prepared = prepared.json(body)
      if (form) prepared = prepared.body(form)
      const send = (bearer: string | null) =>
        breaker.attempt(() => prepared.auth(`Bearer ${bearer}`).fetch(route.split(' ')[0]!).res(read), {
          forced,
          aside,
          signal,
        })
      const bearer = await token({ forced })
      if (!bearer) throw new ApiError('unauthorized', 401)
      try {
        return await send(bearer)
      } catch (error) {
        if ((error as ApiError).status !== 401) throw error
        return send(await token({ refused: bearer }))
      }
    },
  }
})

interface Held {
  token: string | null
  until: number
}

/** Asks a source, twice if need be: not only stores need a token, but also what goes on as a guest without one. How long the answer counts is a stretch from now: the visitor's clock may be wrong. */
async function ask(environment: Environment, { getToken, tokenUrl }: TokenSource): Promise<Held> {
  const now = environment.clock()
  try {
    const given = await limited(environment, undefined, async (signal) => {
      const attempt = async () => (getToken ? getToken() : fromUrl(environment, tokenUrl!, signal))
      try {
        return await attempt()
      } catch (error) {
        if (error instanceof ApiError && (error.refused || error.retryAfter)) throw error
        await new Promise<void>((soon) => environment.after(hiccup * environment.random(), soon))
        signal.throwIfAborted()
        return await attempt()
      }
    })
    const { embedToken, expiresIn } =
      typeof given === 'string' ? { embedToken: given } : (given ?? { embedToken: null })
    if (embedToken === undefined) throw new Error('no embedToken')
    const life = (embedToken && expiresIn ? expiresIn : Number.POSITIVE_INFINITY) * 1000
    return { token: embedToken, until: now + life - Math.min(margin, life / 2) }
  } catch (error) {
    throw new ApiError('no_token', 0, String(error))
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
