/**
 * `npm run check`: runs every check of this folder, or those that are named (`npm run check tokens`), and says what to
 * mend, as `path:line message`.
 */
import { writeFileSync } from 'node:fs'
import { bundles } from './bundles.js'
import { calls } from './calls.js'
import type { Check, Finding } from './check.js'
import { document } from './document.js'
import { imports } from './imports.js'
import { inserts } from './inserts.js'
import { lint } from './lint.js'
import { locks } from './locks.js'
import { markup } from './markup.js'
import { places } from './places.js'
import { reference } from './reference.js'
import { regexes } from './regexes.js'
import { secrets } from './secrets.js'
import { size } from './size.js'
import { templates } from './templates.js'
import { tests } from './tests.js'
import { tokens } from './tokens.js'
import { types } from './types.js'
import { versions } from './versions.js'

const checks: Record<string, Check> = {
  types,
  lint,
  templates,
  imports,
  bundles,
  markup,
  calls,
  locks,
  inserts,
  document,
  secrets,
  regexes,
  tests,
  tokens,
  versions,
  places,
  reference,
  size,
}

const named = process.argv.slice(2)
const counts = { passed: 0, failed: 0 }
for (const check of named.length > 0 ? named.map((name) => checks[name]!) : Object.values(checks)) {
  const findings = await check.run()
  counts[findings.length > 0 ? 'failed' : 'passed']++
  console.log(`${findings.length > 0 ? '✗' : '✓'} ${check.title}`)
  for (const finding of findings) console.log(`  ${describe(finding)}`)
}
console.log(`checks: ${counts.passed} passed, ${counts.failed} failed`)
if (process.env.RAI_TEST_COUNTS) writeFileSync(process.env.RAI_TEST_COUNTS, JSON.stringify(counts))
process.exitCode = counts.failed > 0 ? 1 : 0

function describe({ path, line, message }: Finding): string {
  return `${path}${line ? `:${line}` : ''} ${message}`
}
