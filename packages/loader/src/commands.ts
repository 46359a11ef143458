import type { Settings } from './settings.js'

/** Answers an embed token; null when nobody is signed in. */
type GetToken = () => Promise<string | null>

/** Looks for tags in a root, now and whenever it changes. */
type Watch = (root: ShadowRoot) => void

/** Settings that `configure` calls otherwise than the elements do. */
const settingOf: Record<string, string> = { key: 'apiKey', api: 'apiUrl' }
const configurable = ['key', 'api', 'tokenUrl', 'theme', 'locale']

/** Runs one `rai('command', …)`. What it returns becomes the promise's answer, what it throws the promise's rejection. */
export function run(settings: Settings, watch: Watch, name: string, ...args: unknown[]): unknown {
  const command = (commands as Record<string, (page: Page, ...args: never[]) => unknown>)[name]
  if (!command || !Object.hasOwn(commands, name)) throw new TypeError(`[rai] Unknown command "${name}"`)
  return command({ settings, watch }, ...(args as never[]))
}

interface Page {
  settings: Settings
  watch: Watch
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
    document.addEventListener(type, listener)
    return () => document.removeEventListener(type, listener)
  },

  /** Looks for tags in a shadow root, where the document's observer cannot see, from now on. */
  scan({ watch }: Page, root: ShadowRoot) {
    if (!(root instanceof ShadowRoot)) throw new TypeError('[rai] scan takes a shadow root')
    watch(root)
  },
}

function set(settings: Settings, values: object) {
  Object.assign(settings, values)
  settings.dispatchEvent(new Event('change'))
}
