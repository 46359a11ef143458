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
  /** Sends a request, or rejects without sending when too many failed. */
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

  const room = () => {
    const now = environment.clock()
    failures = failures.filter((at) => at <= now && at > now - minute)
    return last ? limit - failures.length - pending : limit
  }
  return {
    $up,
    room,
    async attempt(send, { forced, aside, signal }) {
      if (last && room() <= 0 && !forced) {
        const now = environment.clock()
        const wait = (failures[0] ?? now) + minute - now
        throw new ApiError(last.code, last.status, last.message, last.requestId, wait)
      }
      pending++
      try {
        const answer = await send()
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
