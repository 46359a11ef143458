/**
 * The one line: `<script async src="https://HOST/rai.js" data-key="rai_pk_…"></script>`.
 *
 * Gives the script's settings to the elements, answers `rai('command', …)`, and has the code of each tag loaded. A page
 * that calls us before we have arrived makes the queue itself, in one line:
 *
 *     <script>window.rai ||= (...call) => new Promise((...settle) => (rai.q ||= []).push([call, settle]))</script>
 */
import { type Call, createCommands, pageSettings } from './commands.js'
import { fire } from './fire.js'
import { loadTags } from './tags.js'

declare const __VERSION__: string

interface Rai {
  (...call: Call): Promise<unknown>
  /** The version of the loader that serves this page. */
  version?: string
  /** Calls that were made before the loader arrived. */
  q?: [call: Call, settle: [resolve: (answer: unknown) => void, reject: (reason: unknown) => void]][]
  /** A loader of another version came later, and the page was told. */
  conflict?: boolean
}

const page = globalThis as unknown as { rai?: Rai }

/** The first loader stays: elements are defined once a page, and what they hold must not change under them. */
function refuse(running: Rai): void {
  if (running.version === __VERSION__ || running.conflict) return
  running.conflict = true
  console.warn(`[rai] Two loaders: version ${running.version} stays, ${__VERSION__} does nothing.`)
  fire(document, 'rai-version-conflict', { running: running.version, refused: __VERSION__ })
}

function start(script: HTMLScriptElement): void {
  const waiting = page.rai?.q ?? []
  const watch = loadTags(script.src)
  const settings = pageSettings()
  const commands = createCommands(settings, watch)
  const rai: Rai = async (name, ...args) => {
    const command = commands[name]
    if (!command) throw new Error(`[rai] Unknown command "${name}"`)
    return command(...(args as never[]))
  }
  rai.version = __VERSION__
  page.rai = rai

  rai('configure', { api: new URL(script.src).origin, ...script.dataset })
  for (const [call, settle] of waiting) rai(...call).then(...settle)
  if (!settings.apiKey) console.error(`[rai] ${script.src} has no data-key="rai_pk_…"`)
  watch(document)
}

// Not set in a module script; a page can also put an image named `currentScript` in its way.
const { currentScript } = document
const script =
  currentScript instanceof HTMLScriptElement
    ? currentScript
    : document.querySelector<HTMLScriptElement>('script[src*="rai.js"]')

if (typeof page.rai?.version === 'string') refuse(page.rai)
else if (script) start(script)
