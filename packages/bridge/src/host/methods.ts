import { BridgeError } from '../error.js'
import { type Methods, patience, type Rate, type RouteChange, type Shared } from '../protocol.js'
import { createMeter, type Meter } from './meter.js'

/** What a method is told about the call. */
export interface CallContext {
  /** Aborted when the guest takes the call back, the connection ends or its time is over. */
  signal: AbortSignal
  /** Tells the guest that work goes on. */
  progress(data?: unknown): void
}

/** What a host does for a guest that asks. An error that is no `BridgeError` is `E_INTERNAL`; its text stays here. */
export type Run<P, A> = (params: P, call: CallContext) => A | Promise<A>

export type Method<P = never, A = unknown> =
  | Run<P, A>
  | {
      run: Run<P, A>
      /** Default: 1. */
      version?: number
      /** Default: 20 calls in 10 seconds; fewer for what others see. */
      rate?: Rate
      /** How long it may take, in milliseconds. Give minutes where a visitor is asked. Default: 10,000. */
      patience?: number
    }

/** The platform's methods by name, and any of one's own. */
export type HostMethods = { [M in keyof Methods]?: Method<Methods[M]['params'], Methods[M]['answer']> } & {
  [name: string]: Method | undefined
}

/** A method with all that is known of it. */
export interface KnownMethod {
  run: Run<unknown, unknown>
  version: number
  rate: Rate
  /** Counts the calls, whichever connection they come by: who connects anew may not call more often for it. */
  meter: Meter
  patience: number
}

const often: Rate = { calls: 20, seconds: 10 }
const seldom: Rate = { calls: 5, seconds: 10 }
/** For a dialog that a visitor reads. */
const minutes = 600_000

const isText = (value: unknown, longest = 10_000) =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest
const isTextOrNone = (value: unknown) => value === undefined || isText(value, 500)

const isLink = (value: unknown) => isText(value, 2000) && /^https?:\/\//i.test(`${value}`) && URL.canParse(`${value}`)

type Given = Record<string, unknown>

/** The platform's methods: what they take, how often, and how long they may take. */
const standard: Record<string, { takes(given: Given): boolean; rate?: Rate; patience?: number }> = {
  'identity.get': { takes: ({ audience, nonce }) => isTextOrNone(audience) && isTextOrNone(nonce), patience: minutes },
  'route.set': {
    // Tabs and line ends are nothing to browsers: what follows one may be another host.
    takes: ({ path, title }) => isText(path, 2000) && /^\/(?![/\\])\P{Cc}*$/u.test(`${path}`) && isTextOrNone(title),
  },
  'draft.set': { takes: ({ text }) => isText(text) },
  'messages.send': { takes: ({ text }) => isText(text), rate: seldom, patience: minutes },
  'links.open': { takes: ({ url }) => isLink(url), rate: seldom, patience: minutes },
  'share.open': {
    takes: ({ title, text, url }) =>
      isTextOrNone(title) &&
      (text === undefined || isText(text)) &&
      (url === undefined || isLink(url)) &&
      (title ?? text ?? url) !== undefined,
    rate: seldom,
    patience: minutes,
  },
  'clipboard.copy': { takes: ({ text }) => isText(text), rate: seldom },
  'toast.show': {
    takes: ({ text, kind = 'info' }) => isText(text, 500) && ['info', 'success', 'error'].some((one) => one === kind),
    rate: seldom,
  },
  'fullscreen.set': { takes: ({ on }) => typeof on === 'boolean', rate: seldom },
}

/** The host's methods with defaults, and with what the platform's take before they are asked. */
export function knownMethods(methods: HostMethods, granted: readonly string[]): Map<string, KnownMethod> {
  const known = new Map<string, KnownMethod>()
  for (const [name, method] of Object.entries(methods)) {
    if (!method) continue
    const own = typeof method === 'function' ? { run: method } : method
    const { takes, rate = often, ...defaults }: Partial<(typeof standard)[string]> = standard[name] ?? {}
    const run = own.run as Run<unknown, unknown>
    known.set(name, {
      version: 1,
      rate,
      patience,
      ...defaults,
      ...own,
      meter: createMeter(own.rate ?? rate),
      run(given, call) {
        if (takes && !takes(Object(given))) throw new BridgeError('E_INVALID', `${name} does not take that.`)
        return run(name === 'route.set' ? shortened(given as RouteChange, granted) : given, call)
      },
    })
  }
  return known
}

/** A path only: what follows it may name a person. */
const shortened = (change: RouteChange, granted: readonly string[]): RouteChange =>
  granted.includes('route.query') ? change : { ...change, path: change.path.replace(/[?#].*/s, '') }

/** What every browser can do for a guest. `confirmLink` asks the visitor whether they want to leave for an address. */
export function browserMethods(
  frame: HTMLIFrameElement,
  confirmLink: ((url: string) => boolean | Promise<boolean>) | undefined,
): HostMethods {
  return {
    'clipboard.copy': async ({ text }) => {
      await navigator.clipboard.writeText(text)
      return undefined
    },
    'fullscreen.set': async ({ on }) => {
      await (on ? frame.requestFullscreen() : document.exitFullscreen())
      return { on }
    },
    // What browsers have no window for, no page need ask for.
    ...('share' in navigator && {
      async 'share.open'({ title, text, url }: Shared) {
        const what = Object.entries({ title, text, url }).filter(([, value]) => value !== undefined)
        const shared = await navigator.share(Object.fromEntries(what)).then(
          () => true,
          // The visitor closed it, or had not asked for it by a click.
          () => false,
        )
        return { shared }
      },
    }),
    ...(confirmLink && {
      'links.open': async ({ url }: { url: string }) => {
        const opened = await confirmLink(url)
        if (opened) open(url, '_blank', 'noopener')
        return { opened }
      },
    }),
  }
}
