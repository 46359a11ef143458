/** The script of `/frame`: does what a test of another origin tells it; see `frames.ts`. */
import * as bridge from '@rai/bridge'

/** What the tests' functions get. What one keeps here, the next one finds. */
export interface Scope {
  bridge: typeof bridge
  /** The page's connection, once one was made. */
  connection: bridge.Bridge
  kept: Record<string, unknown>
}

const scope: Scope = { bridge, connection: undefined as unknown as bridge.Bridge, kept: {} }

addEventListener('message', async ({ data, ports: [port] }) => {
  if (typeof data?.run !== 'string') return
  try {
    const work = new Function(`return (${data.run})`)()
    port!.postMessage({ answer: await work(scope, data.given) })
  } catch (error) {
    const { code, message, retryable, retryAfter } = error as bridge.BridgeError
    port!.postMessage({ error: { code, message, retryable, retryAfter } })
  }
})
