// Prevents templates that set an attribute or property that is not there, or a value of a wrong type.
// lit-analyzer runs inside the package: in the root it finds no file and succeeds.
import { type Check, tool } from './check.js'

export const templates: Check = {
  title: 'templates',
  run: () => tool('lit-analyzer', ['src', '--strict', '--maxWarnings', '0', '--quiet'], 'packages/widgets'),
}
