import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { Failure } from '../failure.js'
import { shortNumber } from '../ids.js'
import { countRows } from './filter.js'
import type { Member } from './members.js'

export interface MemberPage {
  page: number
  limit: number
  sort: { column: 'number' | 'name_key' | 'username'; direction: 'asc' | 'desc' }
  /** How a shown name begins, without regard to case; or a whole username, e-mail or short number. */
  search?: string | undefined
}

/** Whoever wants more does not read it page by page: each costs as much as all before it. */
const deepest = 10_000

/**
 * Members, without those who were deleted, and how many there are: up to the last that a page can lead to are counted.
 * @throws Failure `invalid_request` for a page that is too deep.
 */
export async function listMembers(
  tx: Tx,
  { page, limit, sort, search }: MemberPage,
): Promise<{ rows: Member[]; total: number }> {
  if (page * limit > deepest) {
    const message = `must not lead past member ${deepest.toLocaleString('en')}`
    throw new Failure('invalid_request', 'This list does not go so far. Search for others.', [
      { path: 'page', message },
    ])
  }
  let found = tx.db.selectFrom('members').where('community_id', '=', tx.communityId).where('status', '<>', 'deleted')
  if (search !== undefined) {
    const number = shortNumber(search)
    found = found.where(
      sql<boolean>`(name_key ^@ lower(${search}) or username = ${search} or email_key = lower(${search}) or number = ${number}::bigint)`,
    )
  }
  const [rows, total] = await Promise.all([
    found
      .selectAll()
      .orderBy(sort.column, sort.direction)
      .orderBy('id', sort.direction)
      .limit(limit)
      .offset((page - 1) * limit)
      .execute(),
    countRows(tx, found.select('id'), deepest),
  ])
  return { rows, total }
}
