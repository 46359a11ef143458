// Prevents that what a page may style, hear or set goes undocumented, or that the reference names what is not there: the
// class comment of each element, as `custom-elements.json` has it, against the sources.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Check, type Finding, files, lineAt, read, root } from './check.js'

const manifest = 'packages/widgets/dist/custom-elements.json'

interface Element {
  tagName: string
  description: string
  cssParts: { name: string; description: string }[]
  cssProperties: { name: string; description: string }[]
  events: { name: string }[]
}

/** Something public: how sources say it, and what elements document of it. */
const kinds: { what: string; pattern: RegExp; documented(element: Element): string[] }[] = [
  {
    what: 'part',
    pattern: /\bpart=(?:"([^"]*)"|\$\{([^}]*)\})/g,
    documented: ({ cssParts }) => cssParts.flatMap(named),
  },
  {
    what: 'event',
    pattern: /\bsuper\('(rai-[\w-]+)'/g,
    documented: ({ events }) => events.map(({ name }) => name),
  },
  {
    what: 'custom property',
    pattern: /(--rai-leaderboard-[\w-]+)/g,
    documented: ({ cssProperties }) => cssProperties.flatMap(named),
  },
]

/** A name, and the others that its description names in backticks: `tab-selected`, or `-silver` for the name's last word. */
function named({ name, description }: { name: string; description: string }): string[] {
  const others = [...description.matchAll(/`(-?[\w-]+)`/g)].map(([, word]) => word!)
  return [name, ...others.map((word) => (word.startsWith('-') ? name.replace(/-\w+$/, word) : word))]
}

export const reference: Check = {
  title: 'elements as documented',
  async run() {
    if (!existsSync(join(root, manifest))) return [{ path: manifest, message: 'is not built' }]
    const elements: Element[] = JSON.parse(read(manifest)).modules.flatMap(
      ({ declarations }: { declarations: Element[] }) => declarations,
    )
    const sources = await files(/^packages\/widgets\/src\/.*(?<!\.test)\.(ts|css)$/)
    return kinds.flatMap(({ what, pattern, documented }): Finding[] => {
      const known = new Set(elements.flatMap(documented))
      const used = new Map<string, Finding>()
      for (const path of sources) {
        const text = read(path)
        for (const { index, 1: plain, 2: computed } of text.matchAll(pattern)) {
          const words = plain ?? [...computed!.matchAll(/'([^']+)'/g)].map(([, word]) => word).join(' ')
          for (const name of words.split(/\s+/).filter((word) => /^[\w-]+$/.test(word)))
            used.set(name, { path, line: lineAt(text, index), message: `the ${what} "${name}" is not documented` })
        }
      }
      const missing = [...used].filter(([name]) => !known.has(name)).map(([, finding]) => finding)
      // A name may reach its template as an argument.
      const isMentioned = (name: string) => sources.some((path) => new RegExp(`['" ]${name}['" ]`).test(read(path)))
      const gone = [...known].filter((name) => !used.has(name) && !isMentioned(name))
      return [...missing, ...gone.map((name) => ({ path: manifest, message: `there is no ${what} "${name}"` }))]
    })
  },
}
