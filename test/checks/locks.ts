// Prevents deadlocks: what transactions wait for is taken in one order, which domain/locks.ts knows and tests hold them to.
import { type Check, files, lineAt, read } from './check.js'

/** The order itself, and what no transaction of a community takes: migrations, and logins. */
const apart = [
  'packages/server/src/domain/locks.ts',
  'packages/server/src/db/migrate.ts',
  'packages/server/src/domain/accounts/accounts.ts',
]

export const locks: Check = {
  title: 'one order of locks',
  async run() {
    const sources = await files(/^packages\/server\/src\/.*(?<!\.test)\.ts$/)
    return sources
      .filter((path) => !apart.includes(path))
      .flatMap((path) => locksIn(read(path)).map((line) => ({ path, line, message: 'lock by domain/locks.ts' })))
  },
}

/** A lock that others wait for: by a name, on rows or on a table. A lease, which is passed over, is none. */
const lock =
  /\bpg_(try_)?advisory_\w+|\bfor (no key )?update\b(?! skip locked)|\bfor (key )?share\b|\.for(NoKeyUpdate|Update|KeyShare|Share)\([^)]*\)(?!\s*\.skipLocked\()|\block table\b/gi
const comment = /(?<=^|\s)\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gs

/** The lines of a source that take one. */
export function locksIn(source: string): number[] {
  const rest = source.replace(comment, (text) => text.replace(/[^\n]/g, ' '))
  return [...rest.matchAll(lock)].map(({ index }) => lineAt(rest, index))
}
