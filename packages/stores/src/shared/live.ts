import type { Hint } from '@rai/contract'
import { breakerOf } from './breaker.js'
import type { Environment } from './environment.js'

export type HintType = Hint['type']
/** Is told a hint of the server, with the channel of a message, or to `poll` while there is no stream. */
export type Listener = (type: HintType | 'poll', id: string | null, channelId?: string) => void

export const pollEvery = 15_000

/**
 * Listens to the page's stream. It comes in a chunk of its own, once the API has answered something: no first view waits
 * for it. Where the chunk cannot be had, listeners poll.
 */
export function listenLive(environment: Environment, listener: Listener): () => void {
  let leave: (() => void) | undefined
  let left = false
  function poll() {
    leave = environment.after(pollEvery, () => {
      listener('poll', null)
      poll()
    })
  }
  const stop = breakerOf(environment).$up.subscribe((up) => {
    if (!up || leave) return
    leave = () => {}
    import('./stream.js').then(
      ({ streamOf }) => {
        if (!left) leave = streamOf(environment).subscribe(listener)
      },
      () => left || poll(),
    )
  })
  return () => {
    left = true
    stop()
    leave?.()
  }
}
