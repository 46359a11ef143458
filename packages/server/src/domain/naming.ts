import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../db/database.js'
import { Failure } from './failure.js'

/** What others of a community name, and by what: a role, a badge and a quest by their ids, a field as requests call it. */
type What = 'role' | 'field' | 'badge' | 'quest'

/** Queries `(namer, name)`: what would mean something else without it. */
const namersOf: Record<What, (tx: Tx, id: string) => RawBuilder<unknown>[]> = {
  role: (tx, id) => [
    // Without one, a board is for everybody.
    sql`
      select 'leaderboard' as namer, name from leaderboards
      where community_id = ${tx.communityId} and former_of is null and ${id}::uuid = any(ranked_roles || viewing_roles)`,
    milestonesNaming(tx, 'roleId', id),
  ],
  field: (tx, id) => [
    sql`
      select distinct 'leaderboard' as namer, name from leaderboards
      where community_id = ${tx.communityId} and (metric = ${`field:${id}`} or ranked_fields ? ${id})`,
    sql`
      select 'badge' as namer, title as name from badges
      where community_id = ${tx.communityId} and metric = ${`field:${id}`}`,
    milestonesNaming(tx, 'field', id),
  ],
  badge: (tx, id) => [milestonesNaming(tx, 'badgeId', id)],
  quest: (tx, id) => [milestonesNaming(tx, 'questId', id)],
}

/** Milestones that name something in a condition, a multiplier or a reward. */
const milestonesNaming = (tx: Tx, key: 'roleId' | 'field' | 'badgeId' | 'questId', id: string) => sql`
  select distinct 'milestone' as namer, m.name from milestones m
  left join milestone_stages s on s.community_id = m.community_id and s.milestone_id = m.id
  where m.community_id = ${tx.communityId} and jsonb_path_exists(
    jsonb_build_array(m.requires, s.conditions, s.multipliers, jsonb_build_object('badgeId', s.badge_id)),
    ${`$.** ? (@.${key} == $id)`}::jsonpath, jsonb_build_object('id', ${id}::text)
  )`

/** So many are told of. */
const mostTold = 5

/**
 * Refuses to delete what something else of the community names. Whoever would name it waits for whoever holds the boards alone:
 * do so before.
 * @throws Failure `conflict`
 */
export async function refuseNamed(tx: Tx, what: What, id: string): Promise<void> {
  const { rows } = await sql<{ namer: string; name: string }>`
    ${sql.join(namersOf[what](tx, id), sql` union all `)} order by namer, name limit ${mostTold}`.execute(tx.db)
  if (rows.length === 0) return
  const namers = rows.map(({ namer, name }) => `the ${namer} “${name}”`).join(', ')
  throw new Failure('conflict', `This ${what} is named by ${namers}. Change or delete that first.`)
}
