// Prevents that what a page may style, hear or set goes undocumented, or that the reference names what is not there: the
// class comment of each element, as `custom-elements.json` has it, against the sources, and against the page of it that
// people read. Run alone (`npm run reference`) it writes those pages.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Check, type Finding, files, lineAt, read, root } from './check.js'

const manifest = 'packages/widgets/dist/custom-elements.json'

/** Where the page of an element is. */
const pageOf = ({ tagName }: Element): string => `packages/widgets/reference/${tagName}.md`

interface Named {
  name: string
  description: string
}

interface Element {
  tagName: string
  summary: string
  attributes: (Named & { fieldName: string })[]
  members: (Named & { kind: string; privacy?: string; static?: boolean; readonly?: boolean })[]
  slots: Named[]
  events: Named[]
  cssParts: Named[]
  cssProperties: (Named & { default?: string })[]
  cssStates: Named[]
}

const elementsIn = (): Element[] =>
  JSON.parse(read(manifest)).modules.flatMap(({ declarations }: { declarations: Element[] }) =>
    declarations.filter(({ tagName }) => tagName),
  )

/** What there is of an element, for the one who writes its tag. */
function page(element: Element): string {
  const { tagName, summary, attributes, members, slots, events, cssParts, cssProperties, cssStates } = element
  const only = members.filter(
    ({ name, kind, description, privacy, readonly, static: isStatic }) =>
      kind === 'field' &&
      description &&
      privacy === 'public' &&
      !isStatic &&
      !readonly &&
      !attributes.some(({ fieldName }) => fieldName === name),
  )
  const table = (title: string, intro: string, rows: readonly Named[]) => {
    if (rows.length === 0) return ''
    const cells = rows.map(({ name, description }) => [name && `\`${name}\``, description.replaceAll('|', '\\|')])
    const all = [['Name', 'Meaning'], ...cells]
    const [first = 0, second = 0] = [0, 1].map((at) => Math.max(...all.map((row) => row[at]!.length)))
    const line = ([name = '', meaning = '']: string[], fill = ' ') =>
      `| ${name.padEnd(first, fill)} | ${meaning.padEnd(second, fill)} |`
    const [head, ...body] = all.map((row) => line(row))
    return `\n## ${title}\n\n${intro}\n\n${[head, line([], '-'), ...body].join('\n')}\n`
  }
  return `<!-- Written by \`npm run reference\` from the class comment: change it there. -->

# \`<${tagName}>\`

${summary}
${table('Attributes', 'Each is a property too, in camel case. What is not set here comes from the loader’s script tag.', attributes)}${table(
  'Properties',
  'They have no attribute: set them from a script, or as your framework sets properties.',
  only,
)}${table('Slots', 'What the page writes into the tag. The one without a name holds what has no `slot`.', slots)}${table(
  'Events',
  'They bubble and cross shadow roots. What they tell stands on the event itself, as `event.code`: there is no `detail`.',
  events,
)}${table('Parts', `For a style sheet: \`${tagName}::part(row)\`.`, cssParts)}${table(
  'Custom properties',
  'Besides those that [all elements have](../README.md#theming).',
  cssProperties.map(({ name, description, default: initial }) => ({
    name,
    description: initial ? `${description} Default: \`${initial}\`.` : description,
  })),
)}${table('States', `For a style sheet: \`${tagName}:state(error)\`.`, cssStates)}`
}

/** Something public: how sources say it, and what elements document of it. */
const kindsOf = (elements: Element[]): { what: string; pattern: RegExp; documented(element: Element): string[] }[] => [
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
    // Those that all elements share are named after no tag.
    pattern: new RegExp(`(--(?:${elements.map(({ tagName }) => tagName).join('|')})-[\\w-]+)`, 'g'),
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
    const elements = elementsIn()
    const old = elements
      .filter((element) => !existsSync(join(root, pageOf(element))) || read(pageOf(element)) !== page(element))
      .map((element) => ({ path: pageOf(element), message: 'is not what `npm run reference` writes' }))
    const sources = await files(/^packages\/widgets\/src\/.*(?<!\.test)\.(ts|css)$/)
    const undocumented = kindsOf(elements).flatMap(({ what, pattern, documented }): Finding[] => {
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
    return [...undocumented, ...old]
  },
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href)
  for (const element of elementsIn()) {
    mkdirSync(join(root, pageOf(element), '..'), { recursive: true })
    writeFileSync(join(root, pageOf(element)), page(element))
    console.log(pageOf(element))
  }
