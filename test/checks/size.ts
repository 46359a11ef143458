// Prevents that what browsers load grows unseen: bytes after brotli, against the limits that the README states.
// Run alone (`npm run size`) it prints the table.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { buildSync } from 'esbuild'
import type { ManifestChunk } from 'vite'
import { type Check, type Finding, root } from './check.js'

const dist = join(root, 'packages/loader/dist')
/** What a page with the element loads before it shows rows. A build over a limit fails. */
const limits: Record<string, number> = {
  loader: 1_500,
  core: 13_000,
  'rai-channel': 3_500,
  'rai-channel as a chat': 16_000,
  'rai-channel as a frame': 6_000,
  'rai-leaderboard': 7_000,
  'rai-milestone': 6_000,
  'rai-socials': 6_000,
  'rai-store': 9_000,
  'bridge, guest': 4_000,
  'bridge, host': 5_000,
}

/** What apps bundle themselves: the built entry with all that it imports. */
const libraries: Record<string, string> = {
  'bridge, guest': 'packages/bridge/dist/guest/index.js',
  'bridge, host': 'packages/bridge/dist/host/index.js',
}

/**
 * What a tag needs besides its own code before it shows content of a kind: a module that it asks for, and all that it imports;
 * with the tag's own where that is named.
 */
const kinds: Record<string, { tag?: string; module: string }> = {
  'rai-channel as a chat': { tag: 'rai-channel', module: 'packages/widgets/src/channel/chat/chat.ts' },
  'rai-channel as a frame': { module: 'packages/widgets/src/channel/frame/frame.ts' },
}

interface Size {
  name: string
  bytes: number
  /** None for what is fetched later: after the first rows, or when a visitor needs it. */
  limit?: number | undefined
}

const compressed = (code: Uint8Array) => brotliCompressSync(code).length

/** The size of an entry as an app's bundler makes it. */
function bundled(entry: string): number {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return compressed(outputFiles[0]!.contents)
}

/** The loader; what every element shares; each element's own code over that; all that comes later; and the bridge. */
function measure(): Size[] {
  const chunks: ManifestChunk[] = Object.values(JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')))
  const files = chunks
    .filter(({ name = '', isEntry }) => !(isEntry && name in limits))
    .map(({ name = '', file }) => ({ name, file }))
  const served = [{ name: 'loader', file: 'rai.js' }, ...files].map(({ name, file }) => ({
    name,
    bytes: compressed(readFileSync(join(dist, file))),
  }))
  const kindsOf = Object.entries(kinds).map(([name, { tag, module }]) => ({ name, bytes: withImports(tag, module) }))
  const installed = Object.entries(libraries).map(([name, entry]) => ({ name, bytes: bundled(entry) }))
  return [...served, ...kindsOf, ...installed]
    .map((one): Size => ({ ...one, limit: limits[one.name] }))
    .sort((a, b) => (a.limit ?? Number.POSITIVE_INFINITY) - (b.limit ?? Number.POSITIVE_INFINITY) || b.bytes - a.bytes)
}

/** The code of a tag and of a module that it asks for, with all that the module imports, over the core. */
function withImports(tag: string | undefined, module: string): number {
  const manifest: Record<string, ManifestChunk> = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'))
  const own = Object.keys(manifest).find((key) => manifest[key]!.name === tag && !manifest[key]!.isEntry)
  const files = new Set<string>()
  const add = (key: string) => {
    const { name, file, imports = [] } = manifest[key]!
    // The host of the bridge is weighed by itself, and so are tags.
    const isApart = name === 'core' || name === 'bridge-host' || (name?.startsWith('rai-') && name !== tag)
    if (isApart || files.has(file)) return
    files.add(file)
    for (const other of imports) add(other)
  }
  for (const key of [own, module]) if (key) add(key)
  return [...files].reduce((sum, file) => sum + compressed(readFileSync(join(dist, file))), 0)
}

export const size: Check = {
  title: 'size budgets',
  run: () => [...unlimited(), ...oversized()],
}

/** An element that nobody gave a limit. */
const unlimited = (): Finding[] =>
  (Object.values(JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'))) as ManifestChunk[])
    .filter(({ name = '', isEntry }) => isEntry && name.startsWith('rai-') && !(name in limits))
    .map(({ name }) => ({ path: 'test/checks/size.ts', message: `${name} has no limit` }))

const oversized = (): Finding[] =>
  measure().flatMap(({ name, bytes, limit = bytes }) =>
    bytes > limit
      ? [
          {
            path: dirname(libraries[name] ?? 'packages/loader/dist/rai.js'),
            message: `${name} is ${bytes} bytes (brotli), ${bytes - limit} over its limit`,
          },
        ]
      : [],
  )

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  console.table(Object.fromEntries(measure().map(({ name, ...figures }) => [name, figures])))
  for (const { message } of await size.run()) {
    console.error(message)
    process.exitCode = 1
  }
}
