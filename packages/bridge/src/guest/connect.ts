import { BridgeError } from '../error.js'
import type {
  Context,
  GuestMessage,
  HostMessage,
  IdentityRequest,
  Init,
  Methods,
  Reason,
  RouteChange,
  Shared,
} from '../protocol.js'
import { type CallOptions, createCalls } from './calls.js'
import { shakeHands } from './hands.js'
import { watchHeight } from './height.js'
import { createIdentities, type Identity } from './identity.js'
import { createLook } from './look.js'
import { createSubscriptions, type EventInfo } from './subscriptions.js'

export type { EventInfo }

export interface ConnectOptions {
  /** Origins that may frame this page, such as `https://community.example`. Default: any. */
  hosts?: readonly string[]
  /** Ends the connection, before or after it is made. */
  signal?: AbortSignal
  /** Whether the page takes the host's tokens and colour scheme. Default: true. */
  look?: boolean
}

/** What the bridge itself tells. */
interface OwnEvents {
  /** The context changed; `bridge.context` is the new one. */
  context: Partial<Context>
  /** The visitor should see this path: they went back, or followed a link. */
  route: string
  /** The connection ended for good. */
  close: Reason
}

/** A connection to the host. All that it promises settles: within 10 s, if the host gives no sign. */
export interface Bridge {
  /** What the host shows and where; always the newest. */
  readonly context: Context
  /** What the host told in the beginning. */
  readonly init: Init
  /** Whether a method is offered, in this version or a later one, and was granted. */
  supports(method: string, version?: number): boolean
  /** Calls a method of the host. Rejects with a `BridgeError`. */
  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]['params'],
    options?: CallOptions,
  ): Promise<Methods[M]['answer']>
  call(method: string, params?: unknown, options?: CallOptions): Promise<unknown>
  /** A short-lived token of the member who looks, for this page's own back-end. `null`: nobody is signed in. */
  getIdentity(request?: IdentityRequest): Promise<Identity | null>
  /**
   * Hears events of the community, in order and none twice, across reloads.
   * @param filter Only those whose data has these values.
   * @returns What ends it.
   */
  subscribe(
    name: string,
    handler: (data: unknown, info: EventInfo) => void,
    filter?: Readonly<Record<string, unknown>>,
  ): Promise<() => void>
  /** Hears what the bridge itself tells. Returns what ends it. */
  on<T extends keyof OwnEvents>(type: T, handler: (told: OwnEvents[T]) => void): () => void
  /** Says where in this page the visitor is. */
  setRoute(path: string, options?: Omit<RouteChange, 'path'>): Promise<void>
  /** Writes into the visitor's composer; they send it or not. */
  draft(text: string): Promise<void>
  /** Sends a message in the visitor's name, marked as sent by this app. */
  send(text: string): Promise<{ id: string }>
  /** Opens a web address in another tab, once the visitor has agreed. */
  open(url: string): Promise<{ opened: boolean }>
  copy(text: string): Promise<void>
  /** Opens the window by which the visitor passes something on. Not every browser has one: see `supports`. */
  share(what: Shared): Promise<{ shared: boolean }>
  toast(text: string, kind?: 'info' | 'success' | 'error'): Promise<void>
  fullscreen(on: boolean): Promise<{ on: boolean }>
  /** Ends the connection; what is under way is rejected with `E_CLOSED`. */
  destroy(): void
}

/** Whether the page is in a frame at all. */
export const isEmbedded = (): boolean => window.parent !== window

/**
 * Connects to the host that frames this page. What was called while a connection is made anew waits for it.
 * @throws BridgeError `E_TIMEOUT` after 10 s without a host, `E_UNSUPPORTED` without a common version, `E_CANCELLED` by `signal`.
 */
export async function connect({ hosts = [], signal, look = true }: ConnectOptions = {}): Promise<Bridge> {
  const ending = new AbortController()
  const wear = look ? createLook() : undefined
  const own: { [T in keyof OwnEvents]: Set<(told: OwnEvents[T]) => void> } = {
    context: new Set(),
    route: new Set(),
    close: new Set(),
  }
  let port: MessagePort | undefined
  let init: Init
  let context: Context
  let ended = false
  let unwatch: (() => void) | undefined
  let collapse: () => void
  /** Posted while there is no port. */
  let waiting: GuestMessage[] = []

  const post = (message: GuestMessage) => {
    if (port) port.postMessage(message)
    else waiting.push(message)
  }
  const calls = createCalls(post)
  const subscriptions = createSubscriptions(call, post)
  const identities = createIdentities((request) => call('identity.get', request))

  async function open(): Promise<void> {
    const next = await shakeHands({ hosts, signal: ending.signal })
    port = next.port
    init = next.init
    context = init.context
    port.onmessage = ({ data }) => hear(data)
    identities.forget()
    show()
    if (init.height.mode === 'fit' || init.height.mode === 'grow') [collapse, unwatch] = watchHeight(init.height, post)
    subscriptions.renew(init.session)
    for (const message of waiting.splice(0)) post(message)
  }

  /** Shows the context on the page, and has the frame follow. */
  const show = () => post({ t: 'ready', scheme: wear?.(context) ?? 'normal' })

  function hear(message: HostMessage | null): void {
    if (message?.t === 'result' || message?.t === 'error' || message?.t === 'progress') calls.hear(message)
    else if (message?.t === 'event') subscriptions.hear(message)
    else if (message?.t === 'context') change(message.c)
    else if (message?.t === 'ping') post({ t: 'pong' })
    else if (message?.t === 'collapse') collapse()
    else if (message?.t === 'bye') {
      leave()
      if (message.reason === 'restart') open().catch(() => end('destroyed'))
      else end(message.reason)
    }
  }

  function change(changes: Partial<Context>) {
    context = { ...context, ...changes }
    if ('member' in changes) identities.forget()
    if (changes.tokens || changes.scheme) show()
    tell('context', changes)
    if (changes.route !== undefined) tell('route', changes.route)
  }

  function tell<T extends keyof OwnEvents>(type: T, told: OwnEvents[T]) {
    for (const handler of own[type]) handler(told)
  }

  function leave() {
    unwatch?.()
    port?.close()
    port = undefined
    waiting = []
    calls.end(new BridgeError('E_CLOSED', 'The connection to the host ended.'))
  }

  function end(reason: Reason) {
    if (ended) return
    ended = true
    signal?.removeEventListener('abort', destroy)
    ending.abort()
    leave()
    tell('close', reason)
  }

  function destroy() {
    port?.postMessage({ t: 'bye' })
    end('destroyed')
  }

  const supports = (method: string, version = 1) =>
    init.granted.includes(method) && (init.methods[method] ?? 0) >= version

  function call<M extends keyof Methods>(
    method: M,
    params: Methods[M]['params'],
    options?: CallOptions,
  ): Promise<Methods[M]['answer']>
  function call(method: string, params?: unknown, options?: CallOptions): Promise<unknown>
  async function call(method: string, params?: unknown, options?: CallOptions): Promise<unknown> {
    if (ended) throw new BridgeError('E_CLOSED', 'The connection to the host ended.')
    if (!(method in init.methods)) throw new BridgeError('E_UNSUPPORTED', `This host does not offer ${method}.`)
    return calls.make(method, params, options)
  }

  signal?.addEventListener('abort', destroy)
  if (signal?.aborted) destroy()
  await open()
  return {
    get context() {
      return context
    },
    get init() {
      return init
    },
    supports,
    call,
    getIdentity: identities.get,
    subscribe: subscriptions.add,
    on(type, handler) {
      own[type].add(handler)
      return () => void own[type].delete(handler)
    },
    setRoute: (path, options) => call('route.set', { ...options, path }),
    draft: (text) => call('draft.set', { text }),
    send: (text) => call('messages.send', { text }),
    open: (url) => call('links.open', { url }),
    copy: (text) => call('clipboard.copy', { text }),
    share: (what) => call('share.open', what),
    toast: (text, kind = 'info') => call('toast.show', { text, kind }),
    fullscreen: (on) => call('fullscreen.set', { on }),
    destroy,
  }
}
