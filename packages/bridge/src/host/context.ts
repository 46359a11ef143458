import type { Context } from '../protocol.js'

const watched = {
  scheme: '(prefers-color-scheme: dark)',
  reducedMotion: '(prefers-reduced-motion: reduce)',
  moreContrast: '(prefers-contrast: more)',
}
const none = { top: 0, right: 0, bottom: 0, left: 0 }
/** Less than this, in CSS pixels, is a scrollbar or a toolbar, and no keyboard. */
const lowestKeyboard = 100

/** What an on-screen keyboard covers of a frame: browsers do not tell the page in it. */
function covered(frame: HTMLIFrameElement): number {
  const { height = innerHeight, offsetTop = 0, scale = 1 } = visualViewport ?? {}
  const keyboard = innerHeight - height * scale
  const below = frame.getBoundingClientRect().bottom - offsetTop - height
  return keyboard < lowestKeyboard ? 0 : Math.max(0, Math.round(Math.min(keyboard, below)))
}

/** The context as the page around the frame has it, and follows it: what the host says itself stays as it is said. */
export function createContext(
  frame: HTMLIFrameElement,
  said: Partial<Context>,
  tell: (changes: Partial<Context>) => void,
): { current(): Context; say(changes: Partial<Context>): void; end(): void } {
  const queries = Object.values(watched).map((query) => matchMedia(query))
  const listening = new AbortController()
  let known = read()

  function read(): Context {
    const [dark, motion, contrast] = queries.map(({ matches }) => matches)
    const { colorScheme, direction } = getComputedStyle(frame.parentElement ?? document.documentElement)
    const isDark = colorScheme.includes('dark') && (dark || !colorScheme.includes('light'))
    return {
      tokens: {},
      scheme: isDark ? 'dark' : 'light',
      locale: frame.closest<HTMLElement>('[lang]')?.lang || navigator.language,
      dir: direction === 'rtl' ? 'rtl' : 'ltr',
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      reducedMotion: motion!,
      moreContrast: contrast!,
      viewport: { width: innerWidth, height: innerHeight },
      safeArea: { ...none, bottom: covered(frame) },
      route: '/',
      member: null,
      ...said,
    }
  }

  function follow() {
    const now = read()
    const changes = Object.entries(now).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(known[name as keyof Context]),
    )
    known = now
    if (changes.length > 0) tell(Object.fromEntries(changes))
  }

  for (const query of queries) query.addEventListener('change', follow, { signal: listening.signal })
  addEventListener('resize', follow, { signal: listening.signal })
  visualViewport?.addEventListener('resize', follow, { signal: listening.signal })
  return {
    current: () => known,
    say(changes) {
      said = { ...said, ...changes }
      follow()
    },
    end: () => listening.abort(),
  }
}
