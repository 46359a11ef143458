import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { findOrInstall } from './debian.js'
import { Counts } from './helpers/counts.js'

/** Packages of the workspace are read from their source. */
const resolve = { conditions: ['@rai/source', 'module', 'node', 'development|production'] }

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  resolve,
  // `__vitest__` is the environment that loads the global setup; without it that one would look for built packages.
  environments: { ssr: { resolve }, __vitest__: { resolve } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [
      ...['**/*browser.test.ts', 'test/e2e/**', '**/node_modules/**', '**/dist/**'],
      ...(findOrInstall('redis').length > 0 ? [] : ['**/*.redis.test.ts']),
      // Needs root, to mount a disk.
      ...(process.env.RAI_LONG ? [] : ['**/full-disk.test.ts']),
    ],
    globalSetup: './test/helpers/cluster.ts',
    testTimeout: 30_000,
    // A busy machine is no failure: what is waited for has most of the test's time.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 60_000,
    reporters: ['default', new Counts()],
  },
})
