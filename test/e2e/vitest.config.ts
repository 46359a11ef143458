import { defineConfig } from 'vitest/config'
import node from '../vitest.config.js'

/** The whole chain in a browser. Needs what `npm run build` writes: pages load the built loader and nothing else of ours. */
export default defineConfig({
  ...node,
  test: {
    ...node.test,
    include: ['test/e2e/**/*.test.ts'],
    exclude: [],
    globalSetup: './test/helpers/cluster.ts',
    testTimeout: 60_000,
  },
})
