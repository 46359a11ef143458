import { atom, onMount, type ReadableAtom, task } from 'nanostores'
import { breakerOf } from './breaker.js'
import type { Environment } from './environment.js'
import { asApiError } from './exchange.js'
import { ApiError } from './failures.js'
import { identityOf } from './identity.js'
import { type HintType, listenLive } from './live.js'
import type { Call } from './request.js'
import { serverNow } from './server-clock.js'

/** Something that is asked of the server: not asked yet, asked, known, or failed before anything was known. */
export type Loadable<T> =
  | { state: 'initial' }
  | { state: 'pending' }
  | {
      state: 'ready'
      value: T
      /** When it was true, in milliseconds by the server's clock. */
      at: number
      /** Why the last refresh failed. The value is the last one known. */
      stale?: ApiError
    }
  | { state: 'failed'; error: ApiError }

/** Why the last load failed, if it did. */
export const errorOf = (state: Loadable<unknown>): ApiError | undefined =>
  state.state === 'failed' ? state.error : state.state === 'ready' ? state.stale : undefined

interface Options<T> {
  /** Asks once. `call` says how; its signal ends when the answer no longer counts. */
  load(call: Call & { signal: AbortSignal }, previous: T | undefined): Promise<T>
  /** Whether a hint of the stream makes the value old. */
  concerns(type: HintType, id: string | null, channelId?: string): boolean
  /** Called when the value is old, before it is asked for again. */
  outdate?: () => void
}

/** A loadable and what its owner may do to it. */
export interface LoadableStore<T> {
  $state: ReadableAtom<Loadable<T>>
  /** A person asks for it again; joins the first load, and takes the place of a retry. Never rejects: the state tells. */
  refresh(): Promise<void>
  /** Says that the value is old: it is asked for again soon. */
  renew(): void
  /** Asks for what is missing, after the load under way or, with `instead`, in its place. */
  load(instead: boolean): void
  /** The value, as soon as it is known. Rejects with the failure. */
  value(): Promise<T>
  set(value: T): void
}

/** Hints come in bursts; the same thing is asked for at most twice a second. */
const betweenRefreshes = 500
/** Many pages hear the same hint: they ask within this time of each other. */
const spread = 250
/** The first failure may be a hiccup: nothing is shown before a second try, when there is one within this time. */
const hiccup = 2000
/** After a failure a store leaves the server alone for so long, then for twice as long, and so on. */
const afterFailure = 15_000
const longestAfterFailure = 120_000

/**
 * A store that loads when somebody listens, follows the stream while they do, and keeps what it knew when a refresh
 * fails. While its last load failed, only its own back-off, a person, or a page that comes back makes it ask.
 */
export function createLoadable<T>(environment: Environment, { load, concerns, outdate }: Options<T>): LoadableStore<T> {
  const { $visible, $online } = environment
  const breaker = breakerOf(environment)
  const $state = atom<Loadable<T>>({ state: 'initial' })
  let mounted = false
  let controller = new AbortController()
  let underWay: Promise<void> | undefined
  /** The value grew old while it was being asked for. */
  let again = false
  let startedAt = 0
  let failures = 0
  let planned: (() => void) | undefined

  function cancelPlan() {
    planned?.()
    planned = undefined
  }

  /** Asks after a while, unless nobody can see the page then: coming back asks anyway. */
  function plan(ms: number) {
    cancelPlan()
    planned = environment.after(ms, () => {
      planned = undefined
      if (!$visible.get()) return
      if (underWay) again = true
      else begin()
    })
  }

  /** Asks soon. While the last load failed, its back-off is soon enough, unless `anyway`. */
  function renew(anyway?: boolean) {
    outdate?.()
    const wait = Math.max(environment.random() * spread, startedAt + betweenRefreshes - environment.clock())
    if (anyway || !planned) plan(wait)
  }

  function begin(forced = false): Promise<void> {
    cancelPlan()
    controller.abort()
    controller = new AbortController()
    const { signal } = controller
    const state = $state.value
    const previous = state.state === 'ready' ? state.value : undefined
    again = false
    startedAt = environment.clock()
    if (state.state === 'initial' || (forced && state.state === 'failed')) $state.set({ state: 'pending' })
    underWay = task(async () => {
      try {
        const value = await load({ signal, forced, fresh: previous !== undefined || forced }, previous)
        if (!signal.aborted) set(value)
      } catch (error) {
        if (!signal.aborted) fail(error)
      }
      if (signal.aborted) return
      underWay = undefined
      if (again) await begin()
    })
    return underWay
  }

  function set(value: T) {
    failures = 0
    $state.set({ state: 'ready', value, at: serverNow(environment) })
  }

  function fail(thrown: unknown) {
    const error = asApiError(thrown)
    const { code, status, refused, message, requestId = '', retryAfter } = error
    const state = $state.value
    again = false
    failures++
    if (failures === 1 && !refused && code !== 'bad_answer' && breaker.room() > 1) {
      const left = startedAt + hiccup - environment.clock()
      const wait = retryAfter ?? left * environment.random()
      if (wait < left) return plan(wait)
    }
    $state.set(state.state === 'ready' ? { ...state, stale: error } : { state: 'failed', error })
    const wait = retryAfter ?? Math.min(afterFailure * 2 ** Math.max(0, failures - 2), longestAfterFailure)
    if (!refused && mounted) plan(wait * (1 + environment.random() / 10))
    if (!errorOf(state) && code !== 'network') environment.warn(`[rai] ${code} ${status}: ${message} ${requestId}`)
  }

  /** Whatever was missed meanwhile is asked for. */
  const comeBack = (back: boolean) => back && renew(true)

  onMount($state, () => {
    mounted = true
    const leave = [
      listenLive(environment, (type, ...about) => {
        // What was refused is not asked for again and again.
        if (type === 'poll' ? !errorOf($state.value) : type === 'reset' || concerns(type, ...about))
          renew(type === 'reset')
      }),
      $visible.listen(comeBack),
      $online.listen(comeBack),
      // The API answers again: whoever failed before need not wait for the end of their back-off.
      breaker.$up.listen((up) => {
        if (up && planned && errorOf($state.value)) plan(startedAt + afterFailure - environment.clock())
      }),
      // What one person was shown may not be for the next.
      identityOf(environment).$source.listen((_, before) => {
        if (before) $state.set({ state: 'initial' })
        begin()
      }),
    ]
    outdate?.()
    begin()
    return () => {
      mounted = false
      controller.abort()
      cancelPlan()
      underWay = undefined
      for (const stop of leave) stop()
    }
  })

  return {
    $state,
    renew,
    set(value) {
      // What was asked before is older than what is told now.
      controller.abort()
      underWay = undefined
      set(value)
    },
    refresh() {
      // A retry of the store's own may be about to fail: what a person asks for is asked now.
      if (underWay && !errorOf($state.value)) return underWay
      outdate?.()
      return begin(true)
    },
    load(instead) {
      // While the API fails, what is missing waits for the back-off like everything else.
      if (!mounted || errorOf($state.value)?.refused === false) return
      if (underWay && !instead) again = true
      else begin()
    },
    async value() {
      if ($state.value.state !== 'ready') await (underWay ?? begin())
      // Somebody who began to listen meanwhile has asked in its place.
      while (underWay && $state.value.state !== 'ready') await underWay
      const state = $state.value
      if (state.state === 'ready') return state.value
      throw errorOf(state) ?? new ApiError('network')
    },
  }
}
