// Prevents that what browsers load grows unseen: bytes after brotli, against the limits that the README states.
// Run alone (`npm run size`) it prints the table.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import type { ManifestChunk } from 'vite'
import { type Check, root } from './check.js'

const dist = join(root, 'packages/loader/dist')
/** A build over its limit fails. A limit only ever goes down, until it meets the goal that we owe the pages we live on. */
const budgets = {
  loader: { limit: 1_500, goal: 1_500 },
  core: { limit: 17_400, goal: 13_000 },
  'rai-leaderboard': { limit: 10_100, goal: 7_000 },
}

/** The loader; what every element shares; and each element's own code, which is what it costs over the core. */
function measure(): { name: string; bytes: number; limit: number; goal: number }[] {
  const chunks: ManifestChunk[] = Object.values(JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')))
  const fileOf = (name: string) =>
    name === 'loader' ? 'rai.js' : chunks.find((chunk) => chunk.name === name && !chunk.isEntry)!.file
  return Object.entries(budgets).map(([name, budget]) => ({
    name,
    bytes: brotliCompressSync(readFileSync(join(dist, fileOf(name)))).length,
    ...budget,
  }))
}

export const size: Check = {
  title: 'size budgets',
  run: () =>
    measure()
      .filter(({ bytes, limit }) => bytes > limit)
      .map(({ name, bytes, limit }) => ({
        path: 'packages/loader/dist',
        message: `${name} is ${bytes} bytes (brotli), ${bytes - limit} over its limit`,
      })),
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  console.table(Object.fromEntries(measure().map(({ name, ...figures }) => [name, figures])))
  for (const { message } of await size.run()) {
    console.error(message)
    process.exitCode = 1
  }
}
