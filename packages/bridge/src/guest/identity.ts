import type { IdentityRequest, WireIdentity } from '../protocol.js'

/** Proof of who looks, for a back-end that verifies it with `@rai/bridge/verify`. Keep it in memory only. */
export interface Identity {
  /** A JWT. */
  token: string
  /** When it ends, by this machine's clock in milliseconds since 1970. */
  expiresAt: number
}

/** So long before its end a token is not handed out any more, in milliseconds: it has a way to go. */
const margin = 15_000

interface Kept {
  answer: Promise<Identity | null>
  /** Until then it is handed out again. */
  until: number
}

export interface Identities {
  get(request?: IdentityRequest): Promise<Identity | null>
  /** Somebody else looks. */
  forget(): void
}

/** One token for all who ask for the same at once, and one until shortly before its end. */
export function createIdentities(ask: (request: IdentityRequest) => Promise<WireIdentity | null>): Identities {
  const kept = new Map<string, Kept>()

  return {
    get(request = {}) {
      const { audience, nonce, fresh } = request
      const key = JSON.stringify([audience, nonce])
      const known = kept.get(key)
      if (known && Date.now() < known.until && !(fresh && known.until < Number.POSITIVE_INFINITY)) return known.answer

      const one: Kept = {
        until: Number.POSITIVE_INFINITY,
        answer: ask(request).then(
          (identity) => {
            const expiresAt = Date.now() + (identity?.expiresIn ?? 0) * 1000
            // One for a nonce is good once, and that nobody is signed in may change.
            one.until = identity && nonce === undefined ? expiresAt - margin : 0
            return identity && { token: identity.token, expiresAt }
          },
          (error) => {
            one.until = 0
            throw error
          },
        ),
      }
      if (nonce !== undefined) one.answer.finally(() => kept.delete(key)).catch(() => {})
      kept.set(key, one)
      return one.answer
    },
    forget: () => kept.clear(),
  }
}
