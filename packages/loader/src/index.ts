/**
 * The one line: `<script async src="https://HOST/rai.js" data-key="rai_pk_…"></script>`.
 *
 * Gives the script's settings to the elements, answers `rai('command', …)`, and has the code of each tag loaded. A page
 * that calls us before we have arrived makes the queue itself, in one line:
 *
 *     <script>window.rai ||= (...call) => new Promise((...settle) => (rai.q ||= []).push([call, settle]))</script>
 */
import { loadCode } from './code.js'
import type * as Commands from './commands.js'
import { fire } from './fire.js'
import { pageSettings } from './settings.js'
import { loadTags } from './tags.js'

/** The build writes them: our version, and the file of the commands, from the loader's address on. */
declare const __VERSION__: string
declare const __COMMANDS__: string

/** A command's name and what it is given. */
type Call = [name: string, ...args: unknown[]]

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
  console.warn(`[rai] Two loaders: ${running.version} stays, not ${__VERSION__}.`)
  fire(document, 'rai-version-conflict', { running: running.version, refused: __VERSION__ })
}

function start({ src, dataset }: HTMLScriptElement): void {
  const waiting = page.rai?.q ?? []
  const settings = pageSettings()
  const { key: apiKey, api: apiUrl = new URL(src).origin, tokenUrl, theme, locale } = dataset
  Object.assign(settings, { apiKey, apiUrl, tokenUrl, theme, locale }).dispatchEvent(new Event('change'))
  const watch = loadTags(src, settings)

  /** Most pages give no command: the code for them comes with the first one. Calls are answered in their order. */
  let commands: Promise<typeof Commands> | undefined
  const rai: Rai = async (...call) => {
    commands ??= loadCode<typeof Commands>([new URL(__COMMANDS__, src).href])
    const code = await commands.catch((reason) => {
      commands = undefined
      throw reason
    })
    return code.run(settings, watch, ...call)
  }
  rai.version = __VERSION__
  page.rai = rai

  for (const [call, settle] of waiting) rai(...call).then(...settle)
  if (!apiKey) console.error(`[rai] ${src} has no data-key="rai_pk_…"`)
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
