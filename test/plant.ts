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

/**
 * How many tests fail in the copy with these files.
 * @throws Error where none could be run: a bug that keeps a file from loading proves nothing.
 */
function failures(files: ReadonlyMap<string, string>): number {
  for (const [file, text] of files) writeFileSync(join(folder, server, file), text)
  const counts = join(folder, 'counts')
  const env = { ...process.env, RAI_TEST_COUNTS: counts }
  const options = ['--config', 'test/vitest.config.ts', '--bail', '1']
  spawnSync('npx', ['vitest', 'run', ...options, ...tests], { cwd: folder, env, stdio: 'ignore' })
  for (const file of files.keys()) cpSync(join(root, server, file), join(folder, server, file))
  const { passed, failed } = JSON.parse(readFileSync(counts, 'utf8')) as { passed: number; failed: number }
  rmSync(counts)
  if (passed + failed === 0) throw new Error('No test could be run.')
  return failed
}

// Before the long part.
const all = bugs.map((bug) => [bug.name, planted(bug)] as const)
copy()
if (failures(new Map()) > 0) throw new Error('The tests fail without a bug.')
let caught = 0
for (const [name, files] of all) {
  const isCaught = failures(files) > 0
  if (isCaught) caught++
  console.log(`${isCaught ? 'caught' : 'MISSED'}  ${name}`)
}
console.log(`\ncaught ${caught} of ${bugs.length}`)
process.exitCode = caught >= bugs.length - 1 ? 0 : 1
