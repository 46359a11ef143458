/**
 * `npm run plant`: whether the tests of what members spend and are given would see a bug. Plants one after the other in a copy
 * of the project, runs them there, and prints which of the bugs they caught: by an assertion that failed, not by code that no
 * longer runs. They must pass where none is planted.
 */
import { execSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const tests = ['test/server/store-model.test.ts', 'test/server/database.test.ts']
const server = 'packages/server/src'

/** A bug: what is replaced by what, in which file. */
interface Bug {
  name: string
  changes: readonly (readonly [file: string, text: string, by: string])[]
}

const bugs: readonly Bug[] = [
  {
    name: 'a row is not locked before it is changed',
    changes: [
      [
        'domain/locks.ts',
        'return (of ? query.forNoKeyUpdate(of) : query.forNoKeyUpdate()).executeTakeFirst()',
        'return query.executeTakeFirst()',
      ],
    ],
  },
  {
    name: 'what is left is read, then written',
    changes: [
      [
        'domain/store/orders.ts',
        'update products set sold = sold + 1',
        'update products set sold = (select p.sold + 1 from products p where p.id = products.id)',
      ],
    ],
  },
  {
    name: 'the effect comes before its key',
    changes: [['http/idempotency.ts', "throw new Failure('request_in_flight')", 'void 0']],
  },
  {
    name: 'the key is written outside of the transaction',
    changes: [
      [
        'http/idempotency.ts',
        "await tx.db\n      .insertInto('idempotency_keys')",
        "const written = tx.db\n      .insertInto('idempotency_keys')",
      ],
      [
        'http/idempotency.ts',
        '.execute()\n    return answer',
        '\n    tx.afterCommit(() => void written.execute().catch(() => {}))\n    return answer',
      ],
    ],
  },
  {
    name: 'a balance comes from a cache',
    changes: [
      [
        'domain/store/offers.ts',
        'export async function buyerOf',
        'const cache: any = {}\nexport async function buyerOf',
      ],
      ['domain/store/offers.ts', 'balancesOf(tx, memberId)]', '(cache[memberId] ??= balancesOf(tx, memberId))]'],
    ],
  },
  {
    name: 'an order is paid back twice',
    changes: [
      [
        'domain/store/orders.ts',
        'const isPaidBack = !isReturned(before.category) && isReturned(status.category)',
        'const isPaidBack = isReturned(status.category)',
      ],
      ['domain/store/orders.ts', 'key: `refund:', 'key: status.id + `refund:'],
    ],
  },
  {
    name: 'a conflict of transactions is swallowed',
    changes: [
      [
        'db/database.ts',
        'if (attempt > retries || !isConflict(error)) throw error',
        'if (!isConflict(error)) throw error\n        return undefined as never',
      ],
    ],
  },
  {
    name: 'a community is forgotten, in a statement and in the policy behind it',
    changes: [
      [
        'domain/store/offers.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what stands in the file
        'where p.community_id = ${communityId} and p.deleted_at is null`\n\n/** A join',
        'where p.deleted_at is null`\n\n/** A join',
      ],
      [
        'db/migrations/001_core.sql',
        "'create policy tenant on %s using (community_id = current_community())'",
        "'create policy tenant on %s using (true)'",
      ],
    ],
  },
  {
    name: 'amounts are fractions',
    changes: [
      [
        'domain/milestones/standings.ts',
        'Math.floor((amount * (best?.percent ?? 100)) / 100)',
        '(amount * (best?.percent ?? 100)) / 100',
      ],
    ],
  },
  {
    name: 'events are written outside of the transaction',
    changes: [
      [
        'domain/events.ts',
        "await tx.db\n    .insertInto('events')\n    .values({ community_id",
        "const written = tx.db\n    .insertInto('events')\n    .values({ community_id",
      ],
      [
        'domain/events.ts',
        ".execute()\n  tx.wake('events')\n  return id",
        "\n  tx.afterCommit(() => void written.execute().catch(() => {}))\n  tx.wake('events')\n  return id",
      ],
    ],
  },
]

const root = join(import.meta.dirname, '..')
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string }
const folder = mkdtempSync(join(tmpdir(), 'rai-plant-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

/** Copies the project, and installs what it needs there: a link to what is installed here would be written through. */
function copy(): void {
  const left = new Set(['node_modules', 'dist', 'data', '.git'])
  cpSync(root, folder, {
    recursive: true,
    filter: (path) => !left.has(basename(path)) && !path.endsWith('.tsbuildinfo'),
  })
  execSync(`npx --yes ${packageManager} install --frozen-lockfile`, { cwd: folder, stdio: 'ignore' })
}

/**
 * What files become by a bug.
 * @throws Error where the place of a change is no longer there.
 */
function planted({ name, changes }: Bug): Map<string, string> {
  const files = new Map<string, string>()
  for (const [file, text, by] of changes) {
    const before = files.get(file) ?? readFileSync(join(root, server, file), 'utf8')
    if (before.split(text).length !== 2) throw new Error(`${name}: this is not in ${file} once:\n${text}`)
    files.set(
      file,
      before.replace(text, () => by),
    )
  }
  return files
}

/** What Vitest's JSON report has of it. */
interface Report {
  success: boolean
  testResults: readonly { message: string; assertionResults: readonly { failureMessages: readonly string[] }[] }[]
}

/** What tests say of a bug. `BROKEN`: something else than an assertion failed, as where a file cannot be loaded. It proves nothing. */
type Verdict = 'caught' | 'MISSED' | 'BROKEN'

/** Runs the tests in the copy with these files, until one fails. */
function run(files: ReadonlyMap<string, string>): { verdict: Verdict; failure: string } {
  for (const [file, text] of files) writeFileSync(join(folder, server, file), text)
  const report = join(folder, 'report.json')
  const options = ['--config', 'test/vitest.config.ts', '--bail', '1', '--reporter', 'json', '--outputFile', report]
  spawnSync('npx', ['vitest', 'run', ...options, ...tests], { cwd: folder, stdio: 'ignore' })
  for (const file of files.keys()) cpSync(join(root, server, file), join(folder, server, file))
  const { success, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  rmSync(report)
  const failures = testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ failureMessages }) => failureMessages),
  )
  const messages = testResults.map(({ message }) => message)
  const isCaught = failures.some((failure) => failure.includes('AssertionError'))
  return {
    verdict: isCaught ? 'caught' : success ? 'MISSED' : 'BROKEN',
    failure: [...failures, ...messages].find((text) => text !== '') ?? '',
  }
}

// Before the long part.
const all = bugs.map((bug) => [bug.name, planted(bug)] as const)
copy()
const { verdict, failure } = run(new Map())
if (verdict !== 'MISSED') throw new Error(`The tests fail without a bug: ${failure}`)
let caught = 0
for (const [name, files] of all) {
  const { verdict, failure } = run(files)
  if (verdict === 'caught') caught++
  console.log(`${verdict}  ${name}${verdict === 'BROKEN' ? `\n${failure}` : ''}`)
}
console.log(`\ncaught ${caught} of ${bugs.length}`)
process.exitCode = caught >= bugs.length - 1 ? 0 : 1
