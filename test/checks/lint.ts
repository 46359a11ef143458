// Prevents what Biome knows to be wrong, and two ways to format one thing.
import { type Check, tool } from './check.js'

export const lint: Check = {
  title: 'lint and format',
  run: () => tool('biome', ['check', '.', '--diagnostic-level=warn', '--error-on-warnings']),
}
