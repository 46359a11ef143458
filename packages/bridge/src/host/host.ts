import { BridgeError } from '../error.js'
import { newId } from '../id.js'
import type { Manifest } from '../manifest.js'
import {
  type Context,
  type GuestMessage,
  type Hello,
  type HostMessage,
  type IdentityRequest,
  patience,
  protocols,
  type Reason,
  type Welcome,
  type WireIdentity,
} from '../protocol.js'
import { createContext } from './context.js'
import { createEvents } from './events.js'
import { createHeight, type HeightOptions } from './height.js'
import { createMeter } from './meter.js'
import { browserMethods, type HostMethods, knownMethods } from './methods.js'
import { defaultLimits, type Limits, openSession, type Session } from './session.js'
import { allowOf, sandboxOf } from './walls.js'

/**
 * How a guest is. `silent`: it has given no sign for so long that one should offer something else; it may still come.
 * `closed`: it ended, or was ended; see the reason.
 */
export type HostState = 'connecting' | 'connected' | 'silent' | 'closed'

export interface HostOptions {
  /** An iframe without an address. It gets one, and its walls, from here. */
  frame: HTMLIFrameElement
  /** The guest's page. */
  src: string
  /** What the app says of itself; see `parseManifest`. */
  manifest?: Partial<Manifest>
  /** What the operator has granted, by name: methods, events, features, `popups`, `downloads`, `route.query`. */
  granted?: readonly string[]
  /** Origins of the community's server, beside the page's own: a page on them gets no origin, and so no identity. */
  ours?: readonly string[]
  /** What the bridge cannot know: tokens, route, member; and what should differ from the page around the frame. */
  context?: Partial<Context>
  height?: HeightOptions
  methods?: HostMethods
  /** Gets a channel token for a guest; `null` where nobody is signed in. Without it the guest has no `identity.get`. */
  getToken?: (
    request: IdentityRequest & { origin: string; signal: AbortSignal },
  ) => Promise<WireIdentity | null> | WireIdentity | null
  /** Asks the visitor whether they want to leave for an address. Without it the guest has no `links.open`. */
  confirmLink?: (url: string) => boolean | Promise<boolean>
  limits?: Partial<Limits>
  /** Hears how the guest is; `reason` is that of `closed`. */
  onState?: (state: HostState, reason?: Reason) => void
  /** Hears of errors of the host's own methods, which no guest is told. Default: the page's `error` event. */
  onError?: (error: unknown) => void
}

export interface Host {
  readonly state: HostState
  /** How many messages of the frame's window were refused. */
  readonly refused: number
  /** Tells the guest of something that happened, if it has subscribed to it and was granted it. */
  emit(name: string, data: unknown): void
  /** Changes the context. */
  update(changes: Partial<Context>): void
  /** Loads the guest's page anew. */
  reload(): void
  /** Ends everything; the frame stays as it is. */
  destroy(): void
}

/** Between two looks whether a guest is still there, and what it has to answer one, in milliseconds. */
const heartbeat = { every: 20_000, patience: 5_000 }
/** More attempts to connect are a flood: a page that reloads needs one. */
const attempts = { calls: 20, seconds: 10 }
/** Some of them are kept. */
const longestNonce = 100

/** Frames a guest's page and serves it. */
export function createHost(options: HostOptions): Host {
  const { frame, src, manifest = {}, granted = [], ours = [], getToken, onState, onError = reportError } = options
  const address = new URL(src, location.href)
  const sandbox = sandboxOf(address.href, manifest, granted, [location.origin, ...ours])
  const isOpaque = !sandbox.includes('allow-same-origin')
  const origin = isOpaque ? 'null' : address.origin
  const limits = { ...defaultLimits, ...options.limits }
  const events = createEvents()
  const id = newId()
  const methods = knownMethods(
    {
      ...browserMethods(frame, options.confirmLink),
      ...(getToken && {
        'identity.get'(request, { signal }) {
          if (isOpaque) throw new BridgeError('E_DENIED', 'A page without an origin has no identity.')
          return getToken({ ...request, origin, signal })
        },
      }),
      ...options.methods,
    },
    granted,
  )

  let state: HostState | undefined
  let session: Session | undefined
  let nonces: string[] = []
  let refused = 0
  let flood = createMeter({ calls: limits.messages, seconds: 1 })
  let hellos = createMeter(attempts)
  let silence: ReturnType<typeof setTimeout> | undefined
  let isDrowned = false
  const ending = new AbortController()
  const post = (message: HostMessage) => session?.post(message)
  const height = createHeight(frame, options.height ?? {}, post)
  const context = createContext(frame, options.context ?? {}, (c) => post({ t: 'context', c }))

  function become(next: HostState, reason?: Reason) {
    clearTimeout(silence)
    if (state === next) return
    state = next
    onState?.(next, reason)
  }

  /** Calls the guest silent unless it gives a sign in time. */
  function expect(ms: number) {
    clearTimeout(silence)
    silence = setTimeout(become, ms, 'silent')
  }

  function ping() {
    if (!session) return
    post({ t: 'ping' })
    expect(heartbeat.patience)
  }

  function onWindowMessage(event: MessageEvent<Partial<Hello> | null>) {
    const { source, origin: from } = event
    // A frame that was taken out has no window, and some messages have no source.
    if (!source || source !== frame.contentWindow || isDrowned) return
    if (flood.take() > 0) return drown()
    if (from !== origin) return void refused++
    // Only now: what others send may take as long to read as they like.
    const { data } = event
    if (data?.rai !== 1 || data.t !== 'hello' || typeof data.nonce !== 'string' || data.nonce.length > longestNonce)
      return void refused++
    if (nonces.includes(data.nonce) || !Array.isArray(data.protocols)) return void refused++
    if (hellos.take() > 0) return drown()
    const { nonce } = data
    nonces = [...nonces.slice(-attempts.calls), nonce]
    const offered: unknown[] = data.protocols
    const protocol = Math.max(0, ...protocols.filter((one) => offered.includes(one)))
    welcome({ rai: 1, t: 'welcome', protocol, nonce })
  }

  function welcome(message: Welcome) {
    // "null" is no address. Whoever is in the window of an opaque frame by then could have asked as well.
    const target = isOpaque ? '*' : origin
    if (message.protocol === 0) return frame.contentWindow?.postMessage(message, target)
    session?.close('replaced')
    height.reset()
    const { port1, port2 } = new MessageChannel()
    session = openSession(port1, {
      ...{ id, methods, granted, limits, flood, events, height: { mode: height.mode, max: height.max } },
      context: context.current(),
      onMessage: hear,
      onError,
      onClose(reason) {
        session = undefined
        height.reset()
        if (reason === 'flood') drown()
        else if (reason === 'destroyed') become('closed', reason)
      },
    })
    frame.contentWindow?.postMessage(message, target, [port2])
    become('connected')
  }

  function hear(message: GuestMessage) {
    become('connected')
    if (message.t === 'ready') frame.style.colorScheme = message.scheme
    else height.hear(message)
  }

  /** Ends a guest that sends too much: its document goes too, or it would go on at the window. */
  function drown() {
    if (isDrowned) return
    isDrowned = true
    session?.close('flood')
    frame.contentWindow?.location.replace('about:blank')
    become('closed', 'flood')
  }

  function begin() {
    become('connecting')
    if (frame.loading !== 'lazy') return expect(patience)
    // It begins to load when it comes near.
    const near = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return
      near.disconnect()
      if (state === 'connecting') expect(patience)
    })
    near.observe(frame)
  }

  const { signal } = ending
  addEventListener('message', onWindowMessage, { signal })
  frame.addEventListener('load', ping, { signal })
  const beating = setInterval(() => document.visibilityState === 'visible' && ping(), heartbeat.every)

  if (frame.getAttribute('sandbox') !== sandbox) frame.setAttribute('sandbox', sandbox)
  frame.allow = allowOf(address.href, manifest, granted)
  frame.referrerPolicy = 'strict-origin'
  frame.style.colorScheme = 'normal'
  begin()
  // What is loaded already stays: a host that is mounted twice takes it over.
  if (frame.src !== address.href) frame.src = address.href

  return {
    get state() {
      return state!
    },
    get refused() {
      return refused
    },
    emit: (name, data) => events.emit(name, data),
    update: context.say,
    reload() {
      isDrowned = false
      flood = createMeter({ calls: limits.messages, seconds: 1 })
      hellos = createMeter(attempts)
      begin()
      frame.src = address.href
    },
    destroy() {
      ending.abort()
      clearInterval(beating)
      context.end()
      session?.close('restart')
      clearTimeout(silence)
      state = 'closed'
    },
  }
}
