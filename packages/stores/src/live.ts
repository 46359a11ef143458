import type { Hint } from '@rai/contract'
import { breakerOf } from './breaker.js'
import type { Environment } from './environment.js'

export type HintType = Hint['type']
/** Is told a hint of the server, or to `poll`, every 15 seconds while there is no stream. */
export type Listener = (type: HintType | 'poll', id: string | null) => void

/**
 * Listens to the page's stream. It comes in a chunk of its own, once the API has answered something: no first view waits
 * for it.
 */
export function listenLive(environment: Environment, listener: Listener): () => void {
  let left = false
  let leave: (() => void) | undefined
  const stop = breakerOf(environment).$up.subscribe(async (up) => {
    if (!up || leave) return
    leave = () => {}
    const { streamOf } = await import('./stream.js')
    if (!left) leave = streamOf(environment).subscribe(listener)
  })
  return () => {
    left = true
    stop()
    leave?.()
  }
}
