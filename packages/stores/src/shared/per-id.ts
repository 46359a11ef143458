import { onMount } from 'nanostores'
import type { LoadableStore } from './loadable.js'

/** What is shared under an id while somebody listens to its main store: made when first asked for, dropped with the last listener. */
export function perId<T>(known: Map<string, T>, id: string, create: () => { it: T; main: LoadableStore<unknown> }): T {
  const found = known.get(id)
  if (found) return found
  const { it, main } = create()
  known.set(id, it)
  onMount(main.$state, () => {
    known.set(id, it)
    return () => void known.delete(id)
  })
  return it
}
