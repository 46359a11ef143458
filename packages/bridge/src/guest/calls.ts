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

interface Pending {
  /** When it has waited long enough. */
  end: number
  giveUp(): void
  hear(answer: Answer): void
  fail(error: unknown): void
}

/** Calls under way. */
export interface Calls {
  make(method: string, params: unknown, options?: CallOptions): Promise<unknown>
  hear(answer: Answer): void
  /** Rejects all. */
  end(error: BridgeError): void
}

export function createCalls(post: (message: GuestMessage) => void): Calls {
  const pending = new Map<number, Pending>()
  let lastId = 0
  /** One timer for all calls, at the first end of them: one each would cost more than the call. */
  let timer: ReturnType<typeof setTimeout> | undefined
  let next = Number.POSITIVE_INFINITY

  function wakeAt(end: number) {
    if (end >= next) return
    next = end
    clearTimeout(timer)
    timer = setTimeout(look, end - performance.now())
  }
  function look() {
    next = Number.POSITIVE_INFINITY
    const now = performance.now()
    for (const one of [...pending.values()])
      if (one.end <= now) one.giveUp()
      else wakeAt(one.end)
  }

  return {
    make: (method, params, { signal, timeout = patience, onProgress } = {}) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        const wait = () => {
          one.end = performance.now() + timeout
          wakeAt(one.end)
        }
        const abort = () => takeBack('E_CANCELLED', `${method} was taken back.`)
        function takeBack(...error: ConstructorParameters<typeof BridgeError>) {
          post({ t: 'cancel', id })
          fail(new BridgeError(...error))
        }
        function finish() {
          signal?.removeEventListener('abort', abort)
          pending.delete(id)
        }
        function fail(error: unknown) {
          finish()
          reject(error)
        }

        if (signal?.aborted) return reject(new BridgeError('E_CANCELLED', `${method} was taken back.`))
        const one: Pending = {
          end: 0,
          giveUp: () => takeBack('E_TIMEOUT', `${method}: no answer in time.`),
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
        }
        pending.set(id, one)
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
      clearTimeout(timer)
      next = Number.POSITIVE_INFINITY
    },
  }
}

/** The host's error as one of ours. What a newer host adds to it is kept. */
const received = (error: WireError | undefined): BridgeError =>
  Object.assign(new BridgeError(error?.code ?? 'E_INTERNAL', `${error?.message}`), error)
