// Prevents type errors anywhere, tests and demo included.
import { type Check, tool } from './check.js'

export const types: Check = { title: 'types', run: () => tool('tsc', ['-b']) }
