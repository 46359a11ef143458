import { waitUntil } from '@open-wc/testing'
import { createHost, type Host, type HostOptions } from '@rai/bridge/host'
import type { Scope } from './frame.js'

/** The same server by other names: other origins. */
export const originOf = (n: number) => `http://127.0.0.${n}:${location.port}`
export const guestOrigin = originOf(1)

const undo: (() => void)[] = []

/** Takes away what a test has made. For `afterEach`. */
export function clear() {
  for (const step of undo.splice(0).reverse()) step()
}

export function frame(parent: Element = document.body): HTMLIFrameElement {
  const element = document.createElement('iframe')
  parent.append(element)
  undo.push(() => element.remove())
  return element
}

/** When the frame's next page is there, with its script. */
export const loaded = (element: HTMLIFrameElement) =>
  new Promise<void>((resolve) => element.addEventListener('load', () => resolve(), { once: true }))

/** A page of an origin, in a frame that no host looks after. */
export async function stranger(origin: string, sandbox?: string): Promise<HTMLIFrameElement> {
  const element = frame()
  if (sandbox !== undefined) element.setAttribute('sandbox', sandbox)
  element.src = `${origin}/frame`
  await loaded(element)
  return element
}

/** Runs a function in a framed page. It sees nothing of the test but what it is given. */
export async function run<T, G = undefined>(
  target: HTMLIFrameElement | Window,
  work: (scope: Scope, given: G) => T | Promise<T>,
  given?: G,
): Promise<T> {
  const { port1, port2 } = new MessageChannel()
  const answer = new Promise<{ answer: T; error?: object }>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data)
  })
  const window = target instanceof HTMLIFrameElement ? target.contentWindow! : target
  window.postMessage({ run: String(work), given }, '*', [port2])
  const told = await answer
  port1.close()
  if (told.error) throw Object.assign(new Error(), told.error)
  return told.answer
}

/** A host with its frame, whose page is there but has not connected yet. */
export async function hosted(
  options: Partial<HostOptions> = {},
): Promise<{ host: Host; element: HTMLIFrameElement; states: string[] }> {
  const element = frame()
  const states: string[] = []
  const host = createHost({
    frame: element,
    src: `${guestOrigin}/frame`,
    onState: (state, reason) => states.push(reason ? `${state}: ${reason}` : state),
    ...options,
  })
  undo.push(() => host.destroy())
  await loaded(element)
  return { host, element, states }
}

/** Has the page connect. */
export const connect = (element: HTMLIFrameElement) =>
  run(element, async (scope) => {
    scope.connection = await scope.bridge.connect()
  })

/** A host whose guest is connected. */
export async function connected(options: Partial<HostOptions> = {}) {
  const one = await hosted(options)
  await connect(one.element)
  return one
}

export const until = (fact: () => unknown, what: string) =>
  waitUntil(fact, `no ${what}`, { interval: 10, timeout: 15_000 })

/** How a promise fails. */
export const failure = (
  promise: Promise<unknown>,
): Promise<{ code?: string; message?: string; retryAfter?: number; retryable?: boolean }> =>
  promise.then(
    () => ({}),
    (error) => error,
  )

/** A host of another version, as the protocol has it on the wire. */
export async function otherHost(answer: (hello: { nonce: string }, port: MessagePort) => object | undefined) {
  const element = await stranger(guestOrigin)
  const hear = ({ source, data }: MessageEvent) => {
    if (source !== element.contentWindow || data?.t !== 'hello') return
    const { port1, port2 } = new MessageChannel()
    const welcome = answer(data, port1)
    if (welcome) element.contentWindow!.postMessage(welcome, guestOrigin, [port2])
  }
  addEventListener('message', hear)
  return { element, end: () => removeEventListener('message', hear) }
}
/** What such a host says first. */
export const otherInit = {
  t: 'init',
  session: 'x',
  methods: { 'math.add': 1 },
  granted: ['math.add'],
  limits: {},
  height: { mode: 'fill', max: 100 },
  context: { tokens: {}, scheme: 'light', route: '/' },
}
