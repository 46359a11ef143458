/** Answers an embed token; null when nobody is signed in. */
type GetToken = () => Promise<string | null>

/** A command's name and what it is given. */
export type Call = [name: string, ...args: unknown[]]

/** Settings whose name differs from that of the script's attribute (`data-key`) and of the option of `configure`. */
const settingOf: Record<string, string> = { key: 'apiKey', api: 'apiUrl' }

/** What the elements of a page are told: fires `change`. See the README. */
export type Settings = EventTarget & { apiKey?: string }

/** The page's one settings object: elements find it under the same registered symbol, wherever they came from. */
export function pageSettings(): Settings {
  const page = globalThis as unknown as Record<symbol, Settings>
  const symbol = Symbol.for('rai.settings')
  page[symbol] ??= new EventTarget()
  return page[symbol]
}

/** Every `rai('command', …)`. What a command returns becomes the promise's answer, what it throws its rejection. */
export function createCommands(
  settings: Settings,
  watch: (root: ShadowRoot) => void,
): Record<string, (...args: never[]) => unknown> {
  const set = (options: object) => {
    for (const [name, value] of Object.entries(options)) Object.assign(settings, { [settingOf[name] ?? name]: value })
    settings.dispatchEvent(new Event('change'))
  }

  return {
    /** Names the member: by an embed token, by a function that answers one, or by the address that does. */
    identify(source: string | GetToken) {
      const isText = typeof source === 'string'
      const tokenUrl = isText && source.includes('/') ? source : undefined
      set({ tokenUrl, getToken: tokenUrl ? undefined : isText ? async () => source : source })
    },

    /** The page's visitor is a guest again. */
    logout: () => set({ tokenUrl: undefined, getToken: undefined }),

    /** Changes what is named: `key`, `api`, `tokenUrl`, `theme`, `locale`. */
    configure: set,

    /** Listens to an event of all widgets, such as `rai-load`; answers the function that stops it. */
    on(type: string, listener: EventListener) {
      document.addEventListener(type, listener)
      return () => document.removeEventListener(type, listener)
    },

    /** Looks for tags in a shadow root, where the document's observer cannot see, from now on. */
    scan: watch,
  }
}
