import { atom, onMount, type ReadableAtom, task } from 'nanostores'
import { breakerOf } from './breaker.js'
import type { Call } from './client.js'
import type { Environment } from './environment.js'
import { ApiError } from './failures.js'
import { serverNow } from './server-clock.js'
import { type HintType, type Nudge, streamOf } from './stream.js'
import { identityOf } from './token.js'

/** Something that is asked of the server: not asked yet, asked, known, or refused before anything was known. */
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

interface Options<T> {
  /** Asks once. `call` says how; its signal ends when the answer no longer counts. */
  load(call: Call & { signal: AbortSignal }, previous: T | undefined): Promise<T>
  /** Whether a hint of the stream makes the value old. */
  concerns(type: HintType, id: string | null): boolean
  /** Called when the value is known to be old, before it is asked for again. */
  outdate?: () => void
  /** The value is the viewer's own: it is dropped when the person changes. */
  personal?: boolean
}

/** A loadable and what its owner may do to it. */
export interface LoadableStore<T> {
  $state: ReadableAtom<Loadable<T>>
  /** A person asks for it again; joins a load that is under way. Never rejects: the state tells. */
  refresh(): Promise<void>
  /** Says that the value is old: it is asked for again soon. */
  renew(): void
  /** Asks for what is missing, after the load under way or, with `instead`, in its place. Nothing while nobody listens. */
  load(options?: { instead: boolean }): void
  /** The value, as soon as it is known. Rejects with the failure. */
  value(): Promise<T>
  set(value: T): void
}

/** Hints come in bursts; the same thing is asked for at most twice a second. */
const betweenRefreshes = 500
/** Many pages hear the same hint: they ask within this time of each other. */
const spread = 250
/** After a failure a store waits at least this long before it asks by itself, so at most 4 times a minute. */
const afterFailure = 15_000
const longestAfterFailure = 120_000

/** Why the last load failed, if it did. */
export const errorOf = (state: Loadable<unknown>): ApiError | undefined =>
  state.state === 'failed' ? state.error : state.state === 'ready' ? state.stale : undefined

/**
 * A store that loads when somebody listens, follows the stream while they do, and keeps what it knew when a refresh
 * fails. While its last load failed, only its own back-off, a person, or a page that comes back makes it ask.
 */
export function createLoadable<T>(
  environment: Environment,
  { load, concerns, outdate, personal }: Options<T>,
): LoadableStore<T> {
  const $state = atom<Loadable<T>>({ state: 'initial' })
  let mounted = false
  let controller = new AbortController()
  let underWay: Promise<void> | undefined
  /** The value grew old while it was being asked for. */
  let again = false
  let startedAt = 0
  let failures = 0
  let planned: (() => void) | undefined

  /** Asks after a while, unless the page cannot be seen then: coming back asks anyway. */
  const plan = (ms: number) => {
    planned?.()
    planned = environment.after(ms, () => {
      planned = undefined
      if (!environment.$visible.get()) return
      if (underWay) again = true
      else begin()
    })
  }
  const cancelPlan = () => {
    planned?.()
    planned = undefined
  }

  function begin(forced = false): Promise<void> {
    cancelPlan()
    controller.abort()
    controller = new AbortController()
    again = false
    startedAt = environment.clock()
    const { signal } = controller
    const state = $state.value!
    const previous = state.state === 'ready' ? state.value : undefined
    const error = errorOf(state)
    if (state.state === 'initial' || (state.state === 'failed' && forced)) $state.set({ state: 'pending' })
    const run = async () => {
      try {
        const value = await load({ signal, forced, retry: !error, fresh: previous !== undefined || forced }, previous)
        if (signal.aborted) return
        set(value)
      } catch (thrown) {
        if (signal.aborted) return
        fail(thrown)
      }
      underWay = undefined
      if (again) await begin()
    }
    underWay = task(run)
    return underWay
  }

  function set(value: T) {
    failures = 0
    $state.set({ state: 'ready', value, at: serverNow(environment) })
  }

  function fail(thrown: unknown) {
    const error = thrown instanceof ApiError ? thrown : new ApiError({ code: 'bad_answer', message: String(thrown) })
    const state = $state.value!
    if (failures++ === 0 && error.code !== 'network') {
      environment.warn(`[rai] ${error.code}: ${error.message}${error.requestId ? ` (request ${error.requestId})` : ''}`)
    }
    $state.set(state.state === 'ready' ? { ...state, stale: error } : { state: 'failed', error })
    if (mounted && error.passing) plan(waitAfter(error))
  }

  function waitAfter({ retryAfter }: ApiError): number {
    const wait = Math.min(afterFailure * 2 ** (failures - 1), longestAfterFailure)
    return (retryAfter === undefined ? wait : Math.max(retryAfter, 1000)) * (1 + environment.random() / 10)
  }

  function onHint(type: Nudge, id: string | null) {
    if (type === 'reset' || type === 'poll' || concerns(type, id)) renew(type === 'reset')
  }

  function renew(anyway = false) {
    outdate?.()
    if (!anyway && (planned || errorOf($state.value!)?.passing)) return
    plan(Math.max(environment.random() * spread, startedAt + betweenRefreshes - environment.clock()))
  }

  /** The API answers again: whoever failed before need not wait for the end of their back-off. */
  function onUp(up: boolean) {
    if (up && planned && errorOf($state.value!)) plan(Math.max(0, startedAt + afterFailure - environment.clock()))
  }

  onMount($state, () => {
    mounted = true
    const leave = [
      streamOf(environment).subscribe(onHint),
      breakerOf(environment).$up.listen(onUp),
      identityOf(environment).$source.listen(() => {
        if (!personal) return
        $state.set({ state: 'initial' })
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

  const refresh = () => {
    if (underWay) return underWay
    outdate?.()
    return begin(true)
  }

  return {
    $state,
    refresh,
    renew: () => renew(),
    load({ instead } = { instead: false }) {
      if (!mounted || errorOf($state.value!)?.passing) return
      if (underWay && !instead) again = true
      else begin()
    },
    async value() {
      if ($state.value!.state !== 'ready') await (underWay ?? begin())
      const state = $state.value!
      if (state.state === 'ready') return state.value
      throw errorOf(state) ?? new ApiError({ code: 'network', message: 'the load was given up' })
    },
    set,
  }
}
