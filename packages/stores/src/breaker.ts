import { atom, type ReadableAtom } from 'nanostores'
import { perEnvironment } from './environment.js'
import { ApiError } from './failures.js'

interface Breaker {
  /** The API answered the last request. False until it has answered one. */
  $up: ReadableAtom<boolean>
  /** Sends a request, or rejects without sending when there were enough. A person's own wish (`forced`) is always sent. */
  attempt<T>(
    send: () => Promise<T>,
    options: { forced?: boolean | undefined; signal?: AbortSignal | undefined },
  ): Promise<T>
  /** How many requests may still fail in this minute. */
  room(): number
}

const minute = 60_000
/** While the API fails, a page asks no more often than this in a minute. */
const limit = 4

/** Keeps a page from hammering a server that is down, however many elements and stores want something from it. */
export const breakerOf = /* @__PURE__ */ perEnvironment((environment): Breaker => {
  const $up = atom(false)
  /** When requests failed since the API last answered. */
  let failures: number[] = []
  let last: ApiError | undefined
  let pending = 0
  let closedUntil = 0

  const count = (now: number) => {
    failures = failures.filter((at) => at <= now && at > now - minute)
    return failures.length + pending
  }
  /** How long to wait; nothing while the API answers. */
  const wait = (now: number) => {
    const crowded = count(now) >= limit && failures[0] !== undefined ? failures[0] + minute - now : 0
    return Math.max(crowded, closedUntil - now)
  }
  const worked = () => {
    failures = []
    last = undefined
    closedUntil = 0
    $up.set(true)
  }

  return {
    $up,
    room: () => limit - count(environment.clock()),
    async attempt(send, { forced, signal }) {
      const ms = wait(environment.clock())
      if (last && ms > 0 && !forced) throw new ApiError({ ...last, message: last.message, retryAfter: ms })
      pending++
      try {
        const answer = await send()
        worked()
        return answer
      } catch (error) {
        if (error instanceof ApiError && !error.passing) worked()
        else if (!signal?.aborted) {
          const now = environment.clock()
          failures.push(now)
          last = error as ApiError
          closedUntil = now + (last.retryAfter ?? 0)
          $up.set(false)
        }
        throw error
      } finally {
        pending--
      }
    },
  }
})
