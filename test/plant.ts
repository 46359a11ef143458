/**
 * `npm run plant`: whether the tests of what members spend and are given would see a bug. Plants one after the other in a copy
 * of the project, runs them there, and prints which of the bugs they caught. They must pass where none is planted.
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
        "await tx.db.insertInto('events').values({ community_id: tx.communityId, id: newId(), type, subject }).execute()",
        "const written = tx.db.insertInto('events').values({ community_id: tx.communityId, id: newId(), type, subject })\n  tx.afterCommit(() => void written.execute().catch(() => {}))",
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
  numFailedTests: number
  testResults: readonly { name: string; status: string; message: string; assertionResults: readonly unknown[] }[]
}

/**
 * Whether a test fails in the copy with these files.
 * @throws Error where a file could not be loaded, or its server not started: such a bug proves nothing.
 */
function fails(files: ReadonlyMap<string, string>): boolean {
  for (const [file, text] of files) writeFileSync(join(folder, server, file), text)
  const report = join(folder, 'report.json')
  const options = ['--config', 'test/vitest.config.ts', '--bail', '1', '--reporter', 'json', '--outputFile', report]
  spawnSync('npx', ['vitest', 'run', ...options, ...tests], { cwd: folder, stdio: 'ignore' })
  for (const file of files.keys()) cpSync(join(root, server, file), join(folder, server, file))
  const { numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  rmSync(report)
  const broken = testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  if (broken) throw new Error(`${broken.name} could not be run: ${broken.message}`)
  return numFailedTests > 0
}

// Before the long part.
const all = bugs.map((bug) => [bug.name, planted(bug)] as const)
copy()
if (fails(new Map())) throw new Error('The tests fail without a bug.')
let caught = 0
for (const [name, files] of all) {
  const isCaught = fails(files)
  if (isCaught) caught++
  console.log(`${isCaught ? 'caught' : 'MISSED'}  ${name}`)
}
console.log(`\ncaught ${caught} of ${bugs.length}`)
process.exitCode = caught >= bugs.length - 1 ? 0 : 1
