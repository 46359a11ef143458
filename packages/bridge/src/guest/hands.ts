import { BridgeError } from '../error.js'
import { newId } from '../id.js'
import { type HostMessage, type Init, patience, protocols, type Welcome } from '../protocol.js'

export interface HandshakeOptions {
  /** Origins that may be the host. None: whoever frames the page. */
  hosts: readonly string[]
  signal: AbortSignal
}

/** Steps 2 to 5 of the protocol: asks the parent for a port, and waits for what comes first through it. */
export function shakeHands({ hosts, signal }: HandshakeOptions): Promise<{ port: MessagePort; init: Init }> {
  const nonce = newId()
  const target = hosts.length === 1 ? hosts[0]! : '*'
  const { parent } = window

  return new Promise((resolve, reject) => {
    let asking: ReturnType<typeof setTimeout>
    const ending = setTimeout(
      () => fail('E_TIMEOUT', 'No host has answered: is this page framed by one that has the bridge?'),
      patience,
    )
    const abort = () => fail('E_CANCELLED', 'The connection was not wanted any more.')

    function ask(wait: number) {
      parent.postMessage({ rai: 1, t: 'hello', protocols, nonce }, target)
      asking = setTimeout(ask, wait, 3 * wait)
    }
    function hear({ source, origin, data, ports }: MessageEvent<Partial<Welcome> | null>) {
      if (source !== parent || (hosts.length > 0 && !hosts.includes(origin))) return
      if (data?.rai !== 1 || data.t !== 'welcome' || data.nonce !== nonce) return
      const [port] = ports
      if (!port || !protocols.includes(data.protocol!))
        return fail('E_UNSUPPORTED', `The host speaks no version of ${protocols}.`)
      leaveWindow()
      port.onmessage = ({ data }: MessageEvent<HostMessage | null>) => {
        if (data?.t !== 'init') return
        finish()
        resolve({ port, init: data })
      }
    }
    function leaveWindow() {
      clearTimeout(asking)
      removeEventListener('message', hear)
    }
    function finish() {
      leaveWindow()
      clearTimeout(ending)
      signal.removeEventListener('abort', abort)
    }
    function fail(...error: ConstructorParameters<typeof BridgeError>) {
      finish()
      reject(new BridgeError(...error))
    }

    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    addEventListener('message', hear)
    ask(100)
  })
}
