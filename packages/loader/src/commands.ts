import { fire } from './fire.js'
import type { Call, Rai } from './rai.js'
import type { GetToken, Settings } from './settings.js'

/** What commands are given besides what the page gives them. */
export interface Page {
  rai: Rai
  settings: Settings
  /** The loader's own address. */
  src: string
}

/** Settings that `configure` calls otherwise than the elements do. */
const settingOf: Record<string, string> = { key: 'apiKey', api: 'apiUrl' }
const configurable = ['key', 'api', 'tokenUrl', 'theme', 'locale']

/** Stands for the key of a page that has none: the server refuses it, and elements say so. */
export const noKey = 'none'

/** A loader of another version came later, and the page was told. */
let told = false

/** So long a page has to name its key, in milliseconds. */
const patience = 5000

/** Ends what the page listens to. */
let listening = new AbortController()

/** Runs one `rai('command', …)`. What it returns becomes the promise's answer, what it throws the promise's rejection. */
export function run(rai: Rai, settings: Settings, src: string, ...[name, ...args]: Call): unknown {
  const command = (commands as Record<string, (page: Page, ...args: never[]) => unknown>)[name]
  if (!command || !Object.hasOwn(commands, name)) throw new TypeError(`[rai] Unknown command "${name}"`)
  return command({ rai, settings, src }, ...(args as never[]))
}

const commands = {
  /** Names the member: by an embed token, by a function that answers one, or by the address that does. */
  identify({ settings }: Page, source: string | GetToken) {
    if (typeof source !== 'function' && (typeof source !== 'string' || source === ''))
      throw new TypeError('[rai] identify takes an embed token, an address, or a function that answers a token')
    if (typeof source === 'string' && source.includes('/')) set(settings, { tokenUrl: source, getToken: undefined })
    else set(settings, { tokenUrl: undefined, getToken: typeof source === 'string' ? async () => source : source })
  },

  /** The page's visitor is a guest again. */
  logout({ settings }: Page) {
    set(settings, { tokenUrl: undefined, getToken: undefined })
  },

  /** Changes what is named: `key`, `api`, `tokenUrl`, `theme`, `locale`. */
  configure({ settings }: Page, options: object) {
    const unknown = Object.keys(options ?? {}).filter((name) => !configurable.includes(name))
    if (!options || unknown.length > 0)
      throw new TypeError(`[rai] configure takes ${configurable.join(', ')}, not ${unknown.join(', ') || options}`)
    set(settings, Object.fromEntries(Object.entries(options).map(([name, value]) => [settingOf[name] ?? name, value])))
  },

  /** Listens to an event of all widgets, such as `rai-load`; answers the function that stops it. */
  on(_: Page, type: string, listener: EventListener) {
    if (typeof listener !== 'function') throw new TypeError('[rai] on takes the name of an event and a function')
    document.addEventListener(type, listener, { signal: listening.signal })
    return () => document.removeEventListener(type, listener)
  },

  /** Looks for tags in a shadow root, where the document's observer cannot see, from now on. */
  scan({ rai: { tags } }: Page, root: ShadowRoot) {
    if (!(root instanceof ShadowRoot)) throw new TypeError('[rai] scan takes a shadow root')
    if (!tags || tags.roots.has(root)) return
    root.adoptedStyleSheets.push(tags.sheet)
    tags.watch(root)
  },

  /** The visitor agreed, which the loader has seen to, or agrees no longer. */
  consent(page: Page, given: unknown) {
    if (typeof given !== 'boolean') throw new TypeError('[rai] consent takes true or false')
    if (!given) return end(page)
  },

  /** Ends everything of ours on the page, and forgets who looks at it. A new script tag begins again. */
  async shutdown(page: Page) {
    const { rai, settings } = page
    listening.abort()
    listening = new AbortController()
    for (const root of rai.tags?.roots ?? [])
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((each) => each !== rai.tags?.sheet)
    Object.assign(settings, { tokenUrl: undefined, getToken: undefined })
    // So that the next loader is the first one, and answers what is asked until it comes.
    rai.version = undefined
    await end(page)
  },

  /** Prints and answers what a developer wants to know when something does not work. */
  async diagnose(page: Page) {
    const { diagnose } = await import('./diagnose.js')
    return diagnose(page)
  },

  /** The script has no key. A page that does not name one in time has the server tell its elements what that means. */
  async keyless({ rai, settings, src }: Page) {
    console.error(`[rai] No data-key: ${src}`)
    await new Promise((done) => setTimeout(done, patience))
    if (rai.tags && !settings.apiKey) set(settings, { apiKey: noKey })
  },

  /** A loader of another version came later and does nothing. */
  conflict({ rai: { version } }: Page, refused: string) {
    if (told) return
    told = true
    console.warn(`[rai] Two loaders: ${version} stays, not ${refused}.`)
    fire(document, 'rai-version-conflict', { running: version, refused })
  },
}

/** The build writes it: the names of our tags, as a selector. */
declare const __SELECTOR__: string

/** Our elements in some roots. */
export const elementsIn = (roots: Iterable<Document | ShadowRoot>): Element[] =>
  [...roots].flatMap((root) => [...root.querySelectorAll(__SELECTOR__)])

/** Stops what we do until the loader begins again; resolves when the elements have let go. */
async function end({ rai, settings }: Page) {
  if (!rai.tags) return
  const { roots, observers, loading } = rai.tags
  rai.tags = undefined
  loading.abort()
  for (const observer of observers) observer.disconnect()
  set(settings, { paused: true, early: undefined })
  await Promise.all(
    elementsIn(roots).map((element) => (element as { updateComplete?: Promise<unknown> }).updateComplete),
  )
}

function set(settings: Settings, values: object) {
  Object.assign(settings, values)
  settings.dispatchEvent(new Event('change'))
}
