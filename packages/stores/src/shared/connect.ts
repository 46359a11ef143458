import { atom, onMount, type ReadableAtom } from 'nanostores'
import type { Environment } from './environment.js'
import { identityOf, type TokenSource } from './identity.js'

/** What a page says about itself, with a token source for the person who is signed in there. */
export interface Settings extends TokenSource {
  apiUrl: string
  /** The publishable key. */
  key: string
}

const environments = /* @__PURE__ */ new Map<string, Environment>()

/**
 * The environment of a page and a key. Equal addresses and keys get the same one, so all elements of a page share their
 * requests, their viewer and one stream. A token source signs the viewer in; see `identify`. Without a key nobody is asked,
 * and everything is refused.
 */
export function connect({ apiUrl, key, ...source }: Settings): Environment {
  const address = apiUrl.replace(/\/+$/, '')
  const id = `${address} ${key}`
  const environment = environments.get(id) ?? inBrowser(address, key)
  environments.set(id, environment)
  identityOf(environment).offer(source)
  return environment
}

/**
 * What the loader asked for while our code was on its way: an answer is taken once, by whoever asks for the same first. It
 * comes in a task of its own: to start the code, read the answers and draw them at once would hold the page up.
 */
function takeEarly(url: string): Promise<Response> | undefined {
  const page = globalThis as { [name: symbol]: { early?: Map<string, Promise<Response>> } | undefined }
  const early = page[Symbol.for('rai.settings')]?.early
  const answer = early?.get(url)
  early?.delete(url)
  return answer && new Promise((done) => setTimeout(done, 0, answer))
}

/** What a page without a key is answered, by nobody. */
const refused = async () =>
  new Response('{"code":"unauthorized","detail":"api-key or api-url is missing"}', { status: 401 })
let isTold = false

/** The longest wait that timers keep; longer ones would end at once. */
const longest = 2 ** 31 - 1

const inBrowser = (apiUrl: string, key: string): Environment => ({
  apiUrl,
  key,
  fetch: (url, options) => (key ? (options?.cache === 'default' && takeEarly(url)) || fetch(url, options) : refused()),
  clock: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, longest))
    return () => clearTimeout(timer)
  },
  random: Math.random,
  // crypto.randomUUID is not there on http pages.
  randomId: () =>
    crypto.getRandomValues(new Uint8Array(16)).reduce((id, byte) => id + byte.toString(16).padStart(2, '0'), ''),
  $visible: watch(
    ['visibilitychange', 'pagehide', 'pageshow'],
    (event) => event?.type !== 'pagehide' && globalThis.document?.visibilityState !== 'hidden',
  ),
  $online: watch(['online', 'offline'], () => globalThis.navigator?.onLine !== false),
  // That there is no key is said once, however much is refused for it.
  warn(text) {
    if (key || !isTold) console.warn(text)
    isTold ||= !key
  },
})

/** A fact of the window, read again at some of its events. Without a window (server rendering) it stays as it is. */
function watch(events: string[], read: (event?: Event) => boolean): ReadableAtom<boolean> {
  const $fact = atom(read())
  onMount($fact, () => {
    const update = (event?: Event) => $fact.set(read(event))
    for (const event of events) globalThis.addEventListener?.(event, update)
    update()
    return () => {
      for (const event of events) globalThis.removeEventListener?.(event, update)
    }
  })
  return $fact
}
