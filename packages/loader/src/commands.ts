type GetToken = () => Promise<string | null>

/**
 * The page's one settings object, which elements find under the same registered symbol and listen to for `change`.
 * Elements that came from npm share it with those that we load.
 */
type Settings = EventTarget & {
  apiKey?: string | undefined
  apiUrl?: string | undefined
  tokenUrl?: string | undefined
  getToken?: GetToken | undefined
  theme?: string | undefined
  locale?: string | undefined
}

/** What the script's `data-*` attributes say, and `rai('configure', …)` changes. */
interface Options {
  key?: string
  api?: string
  tokenUrl?: string
  theme?: string
  locale?: string
}

/** A command's name and what it is given. */
export type Call = [name: string, ...args: unknown[]]

/** Every `rai('command', …)`. What a command returns becomes the promise's answer, what it throws its rejection. */
export function createCommands(watch: (root: ShadowRoot) => void): Record<string, (...args: never[]) => unknown> {
  const page = globalThis as unknown as Record<symbol, Settings | undefined>
  const name = Symbol.for('rai.settings')
  page[name] ??= new EventTarget()
  const settings = page[name]
  const set = (changes: Partial<Settings>) => {
    Object.assign(settings, changes)
    settings.dispatchEvent(new Event('change'))
  }

  return {
    /** Names the member: by an embed token, by a function that answers one, or by the address that does. */
    identify: (source: string | GetToken) =>
      set(
        typeof source === 'string' && source.includes('/')
          ? { tokenUrl: source, getToken: undefined }
          : { tokenUrl: undefined, getToken: typeof source === 'string' ? async () => source : source },
      ),

    /** The page's visitor is a guest again. */
    logout: () => set({ tokenUrl: undefined, getToken: undefined }),

    /** Changes what is named; everything else stays as it is. */
    configure: ({ key, api, tokenUrl, theme, locale }: Options) => {
      const changes = { apiKey: key, apiUrl: api, tokenUrl, theme, locale }
      set(Object.fromEntries(Object.entries(changes).filter(([, value]) => value)))
    },

    /** Listens to an event of all widgets, such as `rai-load`; answers the function that stops it. */
    on: (type: string, listener: EventListener) => {
      document.addEventListener(type, listener)
      return () => document.removeEventListener(type, listener)
    },

    /** Looks for tags in a shadow root, where the document's observer cannot see, from now on. */
    scan: (root: ShadowRoot) => watch(root),
  }
}
