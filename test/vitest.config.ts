import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { findOrInstall } from './debian.js'
import { Counts } from './helpers/counts.js'

/** Packages of the workspace are read from their source. */
const resolve = { conditions: ['@rai/source', 'module', 'node'] }

/** The import of all scores takes longest: it comes first, and the others have room beside it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => moduleId.endsWith('/scores.test.ts')
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  resolve,
  // `__vitest__` is the environment that loads the global setup; without it that one would look for built packages.
  environments: { ssr: { resolve }, __vitest__: { resolve } },
  // Vitest adds what packages have for development. A server runs without.
  plugins: [{ name: 'rai-conditions', configResolved: ({ ssr }) => void Object.assign(ssr.resolve!, resolve) }],
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [
      ...['**/*browser.test.ts', 'test/e2e/**', '**/node_modules/**', '**/dist/**'],
      ...(findOrInstall('redis').length > 0 ? [] : ['**/*.redis.test.ts']),
      // One needs root, to mount a disk; the other measures what this process works.
      ...(process.env.RAI_LONG ? [] : ['**/full-disk.test.ts', '**/event-loop.test.ts']),
    ],
    globalSetup: ['./test/helpers/build.ts', './test/helpers/cluster.ts'],
    // One waits for its database or a browser while the other works.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    // A busy machine is no failure: what is waited for has most of the test's time.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 60_000,
    reporters: ['default', new Counts()],
  },
})
