/**
 * A host for people who write a page for a channel: it stands in the page itself, which then needs no community around it.
 *
 *     const host = createMockHost({ events: ['message.created'], context: { scheme: 'dark' } })
 *     const bridge = await connect()
 *     host.emit('message.created', { text: 'Hello' })
 *
 * It serves by the same code as a real one: limits, time-outs and refusals are true. Only in a page that is not framed.
 */
import { createEvents } from './host/events.js'
import { createMeter } from './host/meter.js'
import { type HostMethods, type KnownMethod, knownMethods } from './host/methods.js'
import { defaultLimits, type Limits, openSession, type Session } from './host/session.js'
import { newId } from './id.js'
import { type Context, type HeightLimits, type Hello, protocols, type WireIdentity } from './protocol.js'

export { BridgeError } from './error.js'

export interface MockOptions {
  context?: Partial<Context>
  /** Over those of the platform, which do nothing but answer. Throw a `BridgeError` to try what your page does then. */
  methods?: HostMethods
  /** Events that the page may hear. */
  events?: readonly string[]
  /** What is granted. Default: every method and event. */
  granted?: readonly string[]
  /** Default: a token that no back-end takes. */
  getToken?: () => WireIdentity | null
  height?: HeightLimits
  limits?: Partial<Limits>
}

export interface MockHost {
  /** What the page has called and may call, in order. */
  readonly calls: readonly { method: string; params: unknown }[]
  /** The last height that the page told, in CSS pixels. */
  readonly height: number | undefined
  emit(name: string, data: unknown): void
  update(changes: Partial<Context>): void
  /** Ends the connection as a host does that is made anew; the page connects again. */
  restart(): void
  /** Gives no sign any more: what the page waits for must end by itself. */
  fallSilent(): void
  destroy(): void
}

const plain: Context = {
  tokens: {},
  scheme: 'light',
  locale: 'en',
  dir: 'ltr',
  timeZone: 'UTC',
  reducedMotion: false,
  moreContrast: false,
  viewport: { width: 1280, height: 720 },
  safeArea: { top: 0, right: 0, bottom: 0, left: 0 },
  route: '/',
  member: { name: 'Ada' },
}

/** Begins to answer `connect()` in this page. */
export function createMockHost(options: MockOptions = {}): MockHost {
  const calls: { method: string; params: unknown }[] = []
  const events = createEvents()
  const id = newId()
  const limits = { ...defaultLimits, ...options.limits }
  const flood = createMeter({ calls: limits.messages, seconds: 1 })
  const ending = new AbortController()
  let context = { ...plain, ...options.context }
  let height: number | undefined
  let session: Session | undefined
  let port: MessagePort | undefined

  const offered: HostMethods = {
    'identity.get': options.getToken ?? (() => ({ token: 'a.mock.token', expiresIn: 300 })),
    'route.set': () => undefined,
    'draft.set': () => undefined,
    'messages.send': () => ({ id: `mock-${calls.length}` }),
    'links.open': () => ({ opened: true }),
    'clipboard.copy': () => undefined,
    'share.open': () => ({ shared: true }),
    'toast.show': () => undefined,
    'fullscreen.set': ({ on }: { on: boolean }) => ({ on }),
    ...options.methods,
  }
  const granted = options.granted ?? [...Object.keys(offered), ...(options.events ?? [])]
  const methods = new Map(
    [...knownMethods(offered, granted)].map(([name, method]): [string, KnownMethod] => [
      name,
      {
        ...method,
        run(params, call) {
          calls.push({ method: name, params })
          return method.run(params, call)
        },
      },
    ]),
  )

  function onMessage({ source, data }: MessageEvent<Partial<Hello> | null>) {
    if (source !== window || data?.rai !== 1 || data.t !== 'hello' || !data.nonce) return
    session?.close('replaced')
    const { port1, port2 } = new MessageChannel()
    port = port1
    session = openSession(port1, {
      ...{ id, methods, granted, limits, flood, events, context },
      height: options.height ?? { mode: 'fill', max: 10_000 },
      onMessage(message) {
        if (message.t === 'height') height = message.h
      },
      onClose() {
        session = undefined
      },
      onError: reportError,
    })
    window.postMessage({ rai: 1, t: 'welcome', protocol: protocols[0], nonce: data.nonce }, location.origin, [port2])
  }

  addEventListener('message', onMessage, { signal: ending.signal })
  return {
    calls,
    get height() {
      return height
    },
    emit: (name, data) => events.emit(name, data),
    update(changes) {
      context = { ...context, ...changes }
      session?.post({ t: 'context', c: changes })
    },
    restart: () => session?.close('restart'),
    fallSilent() {
      ending.abort()
      if (port) port.onmessage = null
    },
    destroy() {
      ending.abort()
      session?.close('destroyed')
    },
  }
}
