// Prevents that what browsers load grows unseen: bytes after brotli, against the limits that the README states.
// Run alone (`npm run size`) it prints the table.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import type { ManifestChunk } from 'vite'
import { type Check, type Finding, root } from './check.js'

const dist = join(root, 'packages/loader/dist')
/** What a page with the element loads before it shows rows. A build over a limit fails. */
const limits: Record<string, number> = {
  loader: 1_500,
  core: 13_000,
  'rai-leaderboard': 7_000,
  'rai-milestone': 6_000,
  'rai-store': 9_000,
}

interface Size {
  name: string
  bytes: number
  /** None for what is fetched later: after the first rows, or when a visitor needs it. */
  limit?: number | undefined
}

/** The loader; what every element shares; each element's own code over that; and all that comes later. */
function measure(): Size[] {
  const chunks: ManifestChunk[] = Object.values(JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')))
  const files = chunks
    .filter(({ name = '', isEntry }) => !(isEntry && name in limits))
    .map(({ name = '', file }) => ({ name, file }))
  return [{ name: 'loader', file: 'rai.js' }, ...files]
    .map(({ name, file }) => {
      const bytes = brotliCompressSync(readFileSync(join(dist, file))).length
      return { name, bytes, limit: limits[name] }
    })
    .sort((a, b) => (a.limit ?? Number.POSITIVE_INFINITY) - (b.limit ?? Number.POSITIVE_INFINITY) || b.bytes - a.bytes)
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
            path: 'packages/loader/dist',
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
