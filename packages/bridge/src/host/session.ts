import { BridgeError } from '../error.js'
import type { GuestMessage, HeightLimits, HostMessage, Init, Reason, WireError } from '../protocol.js'
import type { Events } from './events.js'
import type { Meter } from './meter.js'
import type { KnownMethod } from './methods.js'
import { fits } from './size.js'

/** What a guest may do. */
export interface Limits {
  /** Messages in a second, of any kind. More is a flood: the port is closed. */
  messages: number
  /** Calls under way at once. */
  pending: number
  /** Of what one call takes, in bytes. */
  bytes: number
}

export const defaultLimits: Limits = { messages: 1000, pending: 100, bytes: 65_536 }

export interface SessionOptions {
  id: string
  methods: ReadonlyMap<string, KnownMethod>
  granted: readonly string[]
  limits: Limits
  /** Counts all that the guest sends, whichever way. */
  flood: Meter
  events: Events
  height: HeightLimits
  context: Init['context']
  /** Hears of what is not answered here. */
  onMessage(message: GuestMessage): void
  onClose(reason: Reason): void
  /** Hears of errors that are the host's own. */
  onError(error: unknown): void
}

/** The host's side of one port. */
export interface Session {
  post(message: HostMessage): void
  close(reason: Reason): void
}

/** The host says so often, in milliseconds, that it is still at a call. */
const pace = 4_000

export function openSession(port: MessagePort, options: SessionOptions): Session {
  const { id: session, methods, granted, limits, flood, events, height, context, onMessage, onClose, onError } = options
  const running = new Map<number, AbortController>()
  let closed = false

  const post = (message: HostMessage) => {
    if (!closed) port.postMessage(message)
  }

  /** What the bridge answers itself. */
  const own: Record<string, (given: Record<string, unknown>) => void> = {
    'events.subscribe'({ s, name, filter, after }) {
      if (typeof s !== 'number' || typeof name !== 'string' || (filter !== undefined && !(filter instanceof Object)))
        throw new BridgeError('E_INVALID', 'A subscription has a name, and may have a filter.')
      if (!granted.includes(name)) throw new BridgeError('E_DENIED', `${name} was not granted.`)
      events.subscribe(
        { s, name, ...(filter && { filter: { ...filter } }), after: typeof after === 'number' ? after : 0 },
        post,
      )
    },
    'events.unsubscribe'({ s }) {
      if (typeof s === 'number') events.unsubscribe(s, post)
    },
  }

  function methodOf(name: string, params: unknown): KnownMethod['run'] {
    if (!fits(params, limits.bytes))
      throw new BridgeError('E_INVALID', `More than ${limits.bytes} bytes, or no plain data.`)
    if (Object.hasOwn(own, name)) return (given) => own[name]!(Object(given))
    const method = methods.get(name)
    if (!method) throw new BridgeError('E_UNSUPPORTED', `This host does not offer ${name}.`)
    if (!granted.includes(name)) throw new BridgeError('E_DENIED', `${name} was not granted.`)
    const { calls, seconds } = method.rate
    const wait = method.meter.take()
    if (wait > 0) throw new BridgeError('E_RATE', `${name}: ${calls} calls in ${seconds} s at most.`, wait)
    return method.run
  }

  async function answer(id: number, name: string, params: unknown): Promise<void> {
    const ending = new AbortController()
    const { signal } = ending
    const progress = (data?: unknown) => {
      if (!signal.aborted) post({ t: 'progress', id, p: data })
    }
    try {
      if (running.has(id)) throw new BridgeError('E_INVALID', 'Every call has an id of its own.')
      if (running.size >= limits.pending) throw new BridgeError('E_RATE', `${limits.pending} calls at once at most.`)
      const run = methodOf(name, params)
      running.set(id, ending)
      let result = run(params, { signal, progress })
      // Most are answered at once, and need no clock.
      if (result instanceof Promise) result = await inTime(result, name, ending, progress)
      post({ t: 'result', id, r: result })
    } catch (error) {
      const isOurs = error instanceof BridgeError
      if (!isOurs) onError(error)
      post({ t: 'error', id, e: wireError(isOurs ? error : new BridgeError('E_INTERNAL', 'The host made a mistake.')) })
    } finally {
      if (running.get(id) === ending) running.delete(id)
    }
  }

  /** Work that ends: by itself, when the call is taken back, or when its time is over. */
  async function inTime(work: Promise<unknown>, name: string, ending: AbortController, progress: () => void) {
    const { signal } = ending
    const over = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const late = new BridgeError('E_TIMEOUT', `${name} took the host too long.`)
    const timer = setTimeout(() => ending.abort(late), methods.get(name)!.patience)
    const pacing = setInterval(progress, pace)
    try {
      return await Promise.race([work, over])
    } finally {
      clearInterval(pacing)
      clearTimeout(timer)
    }
  }

  function end(reason: Reason) {
    closed = true
    port.close()
    for (const ending of running.values()) ending.abort(new BridgeError('E_CLOSED', 'The connection ended.'))
    onClose(reason)
  }

  function close(reason: Reason) {
    if (closed) return
    post({ t: 'bye', reason })
    end(reason)
  }

  port.onmessage = ({ data }: MessageEvent<GuestMessage | null>) => {
    if (closed) return
    if (flood.take() > 0) return close('flood')
    if (!isMessage(data)) return
    if (data.t === 'call') answer(data.id, `${data.m}`, data.p)
    else if (data.t === 'cancel')
      running.get(data.id)?.abort(new BridgeError('E_CANCELLED', 'The guest took the call back.'))
    else if (data.t === 'ack') events.acknowledge(data.s, data.seq, post)
    else if (data.t === 'bye') end('destroyed')
    else onMessage(data)
  }

  const offered = Object.keys(own).map((name): [string, number] => [name, 1])
  const versions = [...methods].map(([name, { version }]): [string, number] => [name, version])
  post({
    t: 'init',
    session,
    methods: Object.fromEntries([...offered, ...versions]),
    granted,
    limits: Object.fromEntries([...methods].map(([name, { rate }]) => [name, rate])),
    height,
    context,
  })
  return { post, close }
}

/** What is not numbers and words throws where it is used as such: in the host's page. It is no message. */
const isMessage = (data: unknown): data is GuestMessage =>
  data instanceof Object && fields.every((name) => !((data as Record<string, unknown>)[name] instanceof Object))
const fields = ['t', 'id', 'm', 's', 'seq', 'h', 'scheme']

const wireError = ({ code, message, retryable, retryAfter }: BridgeError): WireError => ({
  code,
  message,
  retryable,
  ...(retryAfter !== undefined && { retryAfter }),
})
