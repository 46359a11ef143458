import { atom, type ReadableAtom } from 'nanostores'
import { perEnvironment } from './environment.js'
import { asApiError } from './exchange.js'
import { ApiError } from './failures.js'

interface AttemptOptions {
  /** A person wants it: it is always sent. */
  forced?: boolean | undefined
  /** It may fail where others work, as streams do behind some proxies: its failures count, but close nothing. */
  aside?: boolean | undefined
  /** Ends when nobody waits for the answer any more. */
  signal?: AbortSignal | null | undefined
}

interface Breaker {
  /** The API gives what it is asked for. False until it has done so once. */
  $up: ReadableAtom<boolean>
  /** Sends a request, or rejects without sending when too many failed; what is under way then is waited for first. */
  attempt<T>(send: () => Promise<T>, options: AttemptOptions): Promise<T>
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
  /** Why the last request failed, while none has worked since. */
  let last: ApiError | undefined
  let pending = 0
  /** The request that was sent last, streams aside. */
  let newest: Promise<unknown> | undefined

  const room = () => {
    const now = environment.clock()
    failures = failures.filter((at) => at <= now && at > now - minute)
    if (!last) return limit
    const rest = limit - failures.length - pending
    // Once the time is over that the server asked for, one may find out whether it was enough.
    return !pending && failures.at(-1)! + last.retryAfter! <= now ? Math.max(rest, 1) : rest
  }
  return {
    $up,
    room,
    async attempt(send, { forced, aside, signal }) {
      if (room() <= 0 && !forced) {
        // What is under way may find that the API answers again.
        await Promise.allSettled([newest])
        const now = environment.clock()
        const wait = (failures[0] ?? now) + minute - now
        if (last) throw new ApiError(last.code, last.status, last.message, last.requestId, wait)
      }
      pending++
      try {
        const sent = send()
        if (!aside) newest = sent
        const answer = await sent
        last = undefined
        failures = []
        $up.set(true)
        return answer
      } catch (thrown) {
        const error = signal?.aborted ? signal.reason : asApiError(thrown)
        // A request that its owner gave up says nothing about the API.
        if (!(error instanceof ApiError)) throw error
        if (!error.refused) failures.push(environment.clock())
        if (!aside) {
          last = error.refused ? undefined : error
          if (last) $up.set(false)
        }
        throw error
      } finally {
        pending--
      }
    },
  }
})
