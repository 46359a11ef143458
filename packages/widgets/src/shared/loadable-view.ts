import type { ApiError, Loadable } from '@rai/stores'

/** How an element draws each of the four states. */
export interface Views<T> {
  loading: () => unknown
  ready: (value: T, stale: ApiError | undefined) => unknown
  failed: (error: ApiError) => unknown
}

/** Draws a loadable. Nothing asked yet looks like asking. */
export function loadableView<T>(loadable: Loadable<T> | undefined, views: Views<T>): unknown {
  if (loadable?.state === 'ready') return views.ready(loadable.value, loadable.stale)
  if (loadable?.state === 'failed') return views.failed(loadable.error)
  return views.loading()
}
