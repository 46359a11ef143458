// Prevents packages from growing together: who may import whom stands in the README, and here as data.
import { type Check, type Finding, files, lineAt, read } from './check.js'

/** What a package may import beside its own files. `types` is for `import type` only. */
interface Rule {
  packages: string[]
  types?: string[]
  /** May import `node:` modules and its own dependencies, which run on a server. */
  onNode?: boolean
}

const rules: Record<string, Rule> = {
  contract: { packages: ['zod'] },
  server: { packages: ['@rai/contract'], onNode: true },
  'server/src/pages': { packages: ['@rai/contract', '@rai/widgets'], onNode: true },
  stores: { packages: ['nanostores', 'wretch'], types: ['@rai/contract'] },
  widgets: { packages: ['@rai/bridge', '@rai/stores', 'lit', 'nanostores', '@floating-ui/dom', 'uqr'] },
  loader: { packages: [] },
  bridge: { packages: [] },
  'bridge/src/check': { packages: ['playwright-core'], onNode: true },
}

const statement =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'"`;]*?\bfrom\s+'([^']+)'|(?:^|\n)\s*import\s+()'([^']+)'|\bimport\(()'([^']+)'\)/g

export const imports: Check = {
  title: 'import rules',
  async run() {
    const sources = await files(/^packages\/\w+\/src\/.*\.ts$/)
    return sources.filter((path) => !/\.test\.ts$/.test(path)).flatMap(check)
  },
}

function check(path: string): Finding[] {
  const source = read(path)
  const name = path.split('/')[1]!
  const rule = rules[path.split('/').slice(1, 4).join('/')] ?? rules[name]!
  return [...source.matchAll(statement)].flatMap((match) => {
    const isType = Boolean(match[1])
    const from = match[2] ?? match[4] ?? match[6]!
    return allowed(path, from, isType, name, rule)
      ? []
      : [
          {
            path,
            line: lineAt(source, match.index + 1),
            message: `${name} may not import '${from}'${isType ? '' : ' (as a value)'}`,
          },
        ]
  })
}

function allowed(path: string, from: string, isType: boolean, name: string, rule: Rule): boolean {
  if (from.startsWith('.')) return staysInside(path, from, name)
  const imported = from.match(/^(@[^/]+\/)?[^/]+/)![0]
  if (rule.packages.includes(imported) || (isType && rule.types?.includes(imported))) return true
  if (!rule.onNode || imported.startsWith('@rai/')) return false
  return imported.startsWith('node:') || imported in dependenciesOf(name)
}

function staysInside(path: string, from: string, name: string): boolean {
  return new URL(from, `file:///${path}`).pathname.startsWith(`/packages/${name}/src/`)
}

function dependenciesOf(name: string): Record<string, string> {
  const manifest = JSON.parse(read(`packages/${name}/package.json`))
  return { ...manifest.dependencies, ...manifest.optionalDependencies }
}
