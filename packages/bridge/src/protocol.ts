/**
 * The protocol between a community's page (the host) and the page that it frames (the guest). Version 1.
 *
 * What it must do:
 * 1. Nobody but these two can take part: not a sibling frame, not a frame inside the guest, not the page that the frame
 *    was led to afterwards.
 * 2. No window message holds anything that another page may not read.
 * 3. Either side may start first, and the guest may reload, hot-reload or mount twice: the same handshake connects anew.
 * 4. Everything that waits, ends: a side that says nothing is found out.
 * 5. An older guest works with a newer host, and the reverse.
 *
 * How a connection is made:
 * 1. The host listens to its window, then gives the frame its address.
 * 2. The guest posts `hello` to its parent: the versions that it speaks and a nonce of its own. It asks again, ever more
 *    rarely, until it is answered or its time is over. Where it does not know its host the message goes to anyone: there
 *    is nothing in it.
 * 3. The host looks at a window message only if its source is the frame's window and its origin the one that the frame
 *    was given. It answers the first `hello` with a nonce that it has not seen by `welcome`: the highest version that both
 *    speak, the nonce, and one end of a new MessageChannel. The target is that origin. Without a common version there is
 *    no port, and the version is 0. A later `hello` with a new nonce is a new document or a new object in it: the port
 *    before is told `bye` and closed.
 * 4. The guest takes the first `welcome` from its parent that has its nonce. Both leave the window alone from then on.
 *    A port ends with its document, so what is sent through it cannot reach a page that came later.
 * 5. By the port the host sends `init`: what it offers, what was granted, limits and context. The guest is usable after
 *    this one round trip, and answers `ready`.
 *
 * An opaque frame (sandboxed without an origin) has the origin "null", which is nobody's name: it is known by its window
 * only, `welcome` goes to whoever is in that window, and it gets no identity.
 *
 * Then:
 * - `call` has an id and is answered by one `result` or `error`; `progress` says that the host is still at it, and the
 *   guest waits on. `cancel` takes a call back. A guest gives a call up after 10 s without a sign.
 * - An `event` belongs to a subscription, which a call made, and has a sequence number. The guest acknowledges each with
 *   `ack` when its handlers have run. What is not acknowledged is sent again when a guest subscribes to the same anew:
 *   after a reload nothing is missing and nothing comes twice. `missed` counts what the host could not keep.
 * - `ping` is answered by `pong`. The host asks after each load of the frame, and every 20 s while the page is visible.
 * - Heights: see `host/height.ts`.
 * - `bye` ends the connection. After `restart` the guest begins at 2; every other reason is the end.
 *
 * Fields and message types that one side does not know are left alone. A change that an older side cannot leave alone is
 * a new version.
 */

/** The versions that this code speaks. */
export const protocols: readonly number[] = [1]

/** How long a side is waited for that gives no sign, in milliseconds. */
export const patience = 10_000

export interface Hello {
  rai: 1
  t: 'hello'
  protocols: readonly number[]
  nonce: string
}

export interface Welcome {
  rai: 1
  t: 'welcome'
  /** 0: no version in common, and no port. */
  protocol: number
  nonce: string
}

/** What the host shows and where. The guest has a copy that follows. */
export interface Context {
  /** CSS custom properties by name, such as `--rai-accent`. */
  tokens: Readonly<Record<string, string>>
  scheme: 'light' | 'dark'
  /** A BCP 47 tag. */
  locale: string
  dir: 'ltr' | 'rtl'
  /** An IANA name. */
  timeZone: string
  reducedMotion: boolean
  moreContrast: boolean
  /** Of the host's viewport, in CSS pixels. */
  viewport: { readonly width: number; readonly height: number }
  /** What the page should keep free at its edges, in CSS pixels: below, what an on-screen keyboard covers of it. */
  safeArea: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number }
  /** Where in the guest's page the visitor is, as a path. */
  route: string
  /** Who looks, as far as the host tells it. For show: a back-end believes `getIdentity()` only. `null`: nobody is signed in. */
  member: { readonly name: string; readonly avatarUrl?: string } | null
}

/**
 * How the frame gets its height. `fit`: that of the content. `grow`: the same, but never smaller. `fixed`: `max`.
 * `fill`: what the page around it gives.
 */
export type HeightMode = 'fit' | 'grow' | 'fixed' | 'fill'

export interface HeightLimits {
  mode: HeightMode
  /** In CSS pixels. */
  max: number
}

/** So many calls are answered in so many seconds. */
export interface Rate {
  calls: number
  seconds: number
}

/** What the host tells when the port is open. */
export interface Init {
  /** Of the host object: sequence numbers count anew in another one. */
  session: string
  /** What the host offers, by name, and in which version. */
  methods: Readonly<Record<string, number>>
  /** What of it, and which events, the operator has granted. */
  granted: readonly string[]
  /** By method. */
  limits: Readonly<Record<string, Rate>>
  height: HeightLimits
  context: Context
}

/**
 * Why something failed. `E_TIMEOUT`: no sign in time. `E_UNSUPPORTED`: the host does not offer it, or there is no common
 * version. `E_DENIED`: not granted, or the visitor said no. `E_CANCELLED`: by the guest's own signal. `E_RATE`: too much
 * at once. `E_INVALID`: these parameters are not what the method takes. `E_CLOSED`: the connection ended. `E_INTERNAL`:
 * the host's own mistake.
 */
export type ErrorCode =
  | 'E_TIMEOUT'
  | 'E_UNSUPPORTED'
  | 'E_DENIED'
  | 'E_CANCELLED'
  | 'E_RATE'
  | 'E_INVALID'
  | 'E_CLOSED'
  | 'E_INTERNAL'

/** An error as it is sent. */
export interface WireError {
  code: ErrorCode
  message: string
  /** Whether the same call may work later. */
  retryable: boolean
  /** When, in milliseconds from now. */
  retryAfter?: number
}

/**
 * Why a connection ended. `restart`: the host begins anew. `replaced`: by another connection of the same frame. `flood`: the
 * guest sent too much. `destroyed`: a side is done.
 */
export type Reason = 'restart' | 'replaced' | 'flood' | 'destroyed'

/** From the guest, by the port. */
export type GuestMessage =
  | { t: 'ready'; scheme: string }
  | { t: 'call'; id: number; m: string; p: unknown }
  | { t: 'cancel'; id: number }
  | { t: 'ack'; s: number; seq: number }
  | { t: 'pong' }
  | { t: 'height'; h: number }
  | { t: 'probe' }
  | { t: 'natural'; h: number }
  | { t: 'bye' }

/** From the host, by the port. */
export type HostMessage =
  | ({ t: 'init' } & Init)
  | { t: 'result'; id: number; r: unknown }
  | { t: 'error'; id: number; e: WireError }
  | { t: 'progress'; id: number; p?: unknown }
  | { t: 'event'; s: number; seq: number; d: unknown; missed: number }
  | { t: 'context'; c: Partial<Context> }
  | { t: 'ping' }
  | { t: 'collapse' }
  | { t: 'bye'; reason: Reason }

/** An event that a subscription takes: of this name, with these values in its data. */
export interface Wanted {
  name: string
  filter?: Readonly<Record<string, unknown>>
}

/** What the platform's methods take and answer. A host may offer more; it need not offer these. */
export interface Methods {
  'identity.get': { params: IdentityRequest; answer: WireIdentity | null }
  'route.set': { params: RouteChange; answer: undefined }
  'draft.set': { params: { text: string }; answer: undefined }
  'messages.send': { params: { text: string }; answer: { id: string } }
  'links.open': { params: { url: string }; answer: { opened: boolean } }
  'clipboard.copy': { params: { text: string }; answer: undefined }
  'share.open': { params: Shared; answer: { shared: boolean } }
  'toast.show': { params: { text: string; kind?: 'info' | 'success' | 'error' }; answer: undefined }
  'fullscreen.set': { params: { on: boolean }; answer: { on: boolean } }
  'events.subscribe': { params: Wanted & { s: number; after: number }; answer: undefined }
  'events.unsubscribe': { params: { s: number }; answer: undefined }
}

export interface IdentityRequest {
  /** Who the token is for beside the guest's own origin. Default: the app's id. */
  audience?: string
  /** From the guest's back-end: it comes back in the token, which is good for that one exchange. */
  nonce?: string
  /** Not one that was there already. */
  fresh?: boolean
}

export interface WireIdentity {
  token: string
  /** In seconds. */
  expiresIn: number
}

/** What a visitor passes on; one of the three is enough. */
export interface Shared {
  title?: string
  text?: string
  url?: string
}

export interface RouteChange {
  /** With its query and fragment only where `route.query` was granted: they are cut off otherwise. */
  path: string
  title?: string
  /** Takes the place of the entry in the visitor's history instead of being a new one. */
  replace?: boolean
}
