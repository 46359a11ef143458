import { sql } from 'kysely'
import type { Tx } from '../db/database.js'
import { Failure } from './failure.js'
import { isId } from './ids.js'

/** What requests name, and what one of it is called. */
const words = { members: 'member', roles: 'role', channels: 'channel' } as const

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
export async function checkNamed(
  tx: Tx,
  table: 'members' | 'roles',
  path: string,
  ids: readonly string[] = [],
): Promise<void> {
  if (ids.length === 0) return
  const known = await tx.db
    .selectFrom(table)
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id = any(${ids.filter(isId)}::uuid[])`)
    .execute()
  // The role of everybody may have no row.
  const found = new Set([...known.map(({ id }) => id), ...(table === 'roles' ? [tx.communityId] : [])])
  refuseUnknown(table, atPath(path, ids), found)
}
