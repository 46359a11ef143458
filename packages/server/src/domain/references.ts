import { sql } from 'kysely'
import type { Tx } from '../db/database.js'
import { Failure } from './failure.js'
import { isId } from './ids.js'

/** What requests name, and what one of it is called. */
const words = {
  members: 'member',
  roles: 'role',
  channels: 'channel',
  badges: 'badge',
  fields: 'field',
  quests: 'quest',
  stages: 'stage',
} as const

/**
 * Refuses a request that names what is not here.
 * @param named Ids by their path in the request.
 * @throws Failure `unknown_reference`
 */
export function refuseUnknown(
  what: keyof typeof words,
  named: Readonly<Record<string, string>>,
  known: ReadonlySet<string>,
): void {
  const missing = Object.keys(named).filter((path) => !known.has(named[path]!))
  if (missing.length === 0) return
  const details = missing.map((path) => ({ path, message: `no such ${words[what]}` }))
  throw new Failure('unknown_reference', `The request names ${what} that do not exist here.`, details)
}

/** The ids of a list in a request by their paths. */
export const atPath = (path: string, ids: readonly string[]): Record<string, string> =>
  Object.fromEntries(ids.map((id, n) => [`${path}.${n}`, id]))

/** @throws Failure `unknown_reference` for ids in a list of the request that are of no member, or no role. */
export const checkNamed = (
  tx: Tx,
  table: 'members' | 'roles',
  path: string,
  ids: readonly string[] = [],
): Promise<void> => checkAt(tx, table, atPath(path, ids))

/** The same of ids by their paths. */
export async function checkAt(
  tx: Tx,
  table: 'members' | 'roles',
  named: Readonly<Record<string, string>>,
): Promise<void> {
  const ids = Object.values(named)
  if (ids.length === 0) return
  const known = await tx.db
    .selectFrom(table)
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id = any(${ids.filter(isId)}::uuid[])`)
    .execute()
  // The role of everybody may have no row.
  const found = new Set([...known.map(({ id }) => id), ...(table === 'roles' ? [tx.communityId] : [])])
  refuseUnknown(table, named, found)
}
