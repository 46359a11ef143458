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
import type { Rai } from './rai.js'
import { pageSettings } from './settings.js'
import { loadTags, sheet } from './tags.js'

/** The build writes them: our version, and the file of the commands, from the loader's address on. */
declare const __VERSION__: string
declare const __COMMANDS__: string

const page = globalThis as unknown as { rai?: Rai }

function start({ src, dataset }: HTMLScriptElement): void {
  const settings = pageSettings()

  /** Most pages give no command: the code for them comes with the first one. Calls are answered in their order. */
  let commands: Promise<typeof Commands> | undefined
  const rai: Rai = async (...call) => {
    // Without consent nothing is fetched, and so nothing else is answered.
    if (!rai.tags) {
      if (call[0] !== 'consent') return new Promise((...settle) => rai.q!.push([call, settle]))
      if (call[1] !== true) return
      begin()
      return answer()
    }
    commands ??= loadCode<typeof Commands>([new URL(__COMMANDS__, src)]).catch((reason) => {
      commands = undefined
      throw reason
    })
    return (await commands).run(rai, settings, src, ...call)
  }
  function answer() {
    for (const [call, settle] of rai.q!.splice(0)) rai(...call).then(...settle)
  }
  function begin() {
    const { key, api = new URL(src).origin } = dataset
    Object.assign(settings, dataset, { apiKey: key, apiUrl: api.replace(/\/+$/, ''), early: new Map(), paused: false })
    settings.dispatchEvent(new Event('change'))
    rai.tags = loadTags(src, settings)
    key || rai('keyless').catch(() => {})
  }

  rai.version = __VERSION__
  rai.q = page.rai?.q ?? []
  page.rai = rai

  document.adoptedStyleSheets.push(sheet)
  if (dataset.consent) settings.paused = true
  else begin()
  answer()
}

// Not set in a module script; a page can also put an image named `currentScript` in its way.
const { currentScript } = document
const script =
  currentScript instanceof HTMLScriptElement
    ? currentScript
    : document.querySelector<HTMLScriptElement>('script[src*="rai.js"]')

const running = page.rai?.version
if (typeof running !== 'string') script && start(script)
// The first loader stays: elements are defined once a page, and what they hold must not change under them.
else if (running !== __VERSION__) page.rai!('conflict', __VERSION__).catch(() => {})
