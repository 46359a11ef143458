import { BridgeError } from '../error.js'
import { type GuestMessage, type HostMessage, patience, type WireError } from '../protocol.js'

export interface CallOptions {
  /** Takes the call back: it is rejected with `E_CANCELLED`. */
  signal?: AbortSignal | undefined
  /** How long the host may give no sign, in milliseconds. Default: 10,000. What it still works at may take longer. */
  timeout?: number | undefined
  /** Hears that the host is still at it, with what it tells of that. */
  onProgress?: ((data: unknown) => void) | undefined
}

type Answer = Extract<HostMessage, { id: number }>

/** Calls under way. */
export interface Calls {
  make(method: string, params: unknown, options?: CallOptions): Promise<unknown>
  hear(answer: Answer): void
  /** Rejects all. */
  end(error: BridgeError): void
}

export function createCalls(post: (message: GuestMessage) => void): Calls {
  const pending = new Map<number, { hear(answer: Answer): void; fail(error: unknown): void }>()
  let lastId = 0

  return {
    make: (method, params, { signal, timeout = patience, onProgress } = {}) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        let timer: ReturnType<typeof setTimeout>

        const wait = () => {
          clearTimeout(timer)
          timer = setTimeout(takeBack, timeout, 'E_TIMEOUT', `${method}: no answer in time.`)
        }
        const abort = () => takeBack('E_CANCELLED', `${method} was taken back.`)
        function takeBack(...error: ConstructorParameters<typeof BridgeError>) {
          post({ t: 'cancel', id })
          fail(new BridgeError(...error))
        }
        function finish() {
          clearTimeout(timer)
          signal?.removeEventListener('abort', abort)
          pending.delete(id)
        }
        function fail(error: unknown) {
          finish()
          reject(error)
        }

        if (signal?.aborted) return reject(new BridgeError('E_CANCELLED', `${method} was taken back.`))
        pending.set(id, {
          fail,
          hear(answer) {
            if (answer.t === 'progress') {
              wait()
              return onProgress?.(answer.p)
            }
            if (answer.t === 'error') return fail(received(answer.e))
            finish()
            resolve(answer.r)
          },
        })
        signal?.addEventListener('abort', abort)
        wait()
        try {
          post({ t: 'call', id, m: method, p: params })
        } catch {
          fail(new BridgeError('E_INVALID', `${method}: what it was given cannot be sent.`))
        }
      }),
    hear: (answer) => pending.get(answer.id)?.hear(answer),
    end(error) {
      for (const { fail } of [...pending.values()]) fail(error)
    },
  }
}

/** The host's error as one of ours. What a newer host adds to it is kept. */
const received = (error: WireError | undefined): BridgeError =>
  Object.assign(new BridgeError(error?.code ?? 'E_INTERNAL', `${error?.message}`), error)
