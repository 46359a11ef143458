/**
 * `npm test`: everything that must pass, one suite after the other, each in a process of its own. A suite writes how
 * many of its tests passed and failed to the file that RAI_TEST_COUNTS names; one that fell over counts as a failure.
 * The last line is the sum.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const suites: Record<string, string> = {
  build: 'npm run build',
  checks: 'tsx --conditions=@rai/source test/checks/run.ts',
  node: 'vitest run --config test/vitest.config.ts',
  'other PostgreSQL': 'node test/other-postgres.js',
  browser: 'web-test-runner --config test/wtr.config.js',
  'other browsers': 'node test/other-browsers.js',
  e2e: 'vitest run --config test/e2e/vitest.config.ts',
}

const env = { ...process.env, ...(process.argv.includes('--long') && { RAI_LONG: '1', RAI_TEST_PRISM: '1' }) }
const folder = mkdtempSync(join(tmpdir(), 'rai-counts-'))
const sum = { passed: 0, failed: 0 }

for (const [name, command] of Object.entries(suites)) {
  console.log(`\n── ${name}: ${command}`)
  const counts = join(folder, name)
  const succeeded = await run(command, counts)
  const { passed, failed } = read(counts)
  sum.passed += passed
  sum.failed += !succeeded && failed === 0 ? 1 : failed
}
rmSync(folder, { recursive: true })
console.log(`\n${sum.passed} passed, ${sum.failed} failed`)
process.exitCode = sum.failed > 0 ? 1 : 0

function run(command: string, counts: string): Promise<boolean> {
  const child = spawn(command, { shell: true, stdio: 'inherit', env: { ...env, RAI_TEST_COUNTS: counts } })
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0)))
}

/** What a suite counted: nothing, if it fell over before, or if it is no suite of tests. */
function read(counts: string): { passed: number; failed: number } {
  try {
    return JSON.parse(readFileSync(counts, 'utf8'))
  } catch {
    return { passed: 0, failed: 0 }
  }
}
