import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import type { Stretch } from '../clock.js'
import type { Milestone } from './milestones.js'

/** That a member claimed a stage in a run, and what it gave. */
export type Claim = Selectable<Tables['milestone_claims']>

/** What a member claimed in the runs of milestones, by stage. */
export async function claimsIn(
  tx: Tx,
  memberId: string,
  runs: ReadonlyMap<Milestone, Stretch>,
): Promise<Map<string, Claim>> {
  const all = [...runs]
  const { rows } = await sql<Claim>`
    select c.* from milestone_claims c
    join unnest(
      ${sql.val(all.map(([{ id }]) => id))}::uuid[], ${sql.val(all.map(([{ period }]) => period))}::text[],
      ${sql.val(all.map(([, { start }]) => start))}::date[]
    ) as r (milestone_id, period, period_start) using (milestone_id, period, period_start)
    where c.community_id = ${tx.communityId} and c.member_id = ${memberId}`.execute(tx.db)
  return new Map(rows.map((claim) => [claim.stage_id, claim]))
}

/** Who claimed what of a milestone, newest first, without those who were deleted. */
export function listClaims(
  tx: Tx,
  milestoneId: string,
  after: string | undefined,
  limit: number,
): Promise<(Claim & { username: string })[]> {
  let found = tx.db
    .selectFrom('milestone_claims as c')
    .innerJoin('members as m', (join) =>
      join.onRef('m.community_id', '=', 'c.community_id').onRef('m.id', '=', 'c.member_id'),
    )
    .selectAll('c')
    .select('m.username')
    .where('c.community_id', '=', tx.communityId)
    .where('c.milestone_id', '=', milestoneId)
    .where('m.status', '<>', 'deleted')
  if (after !== undefined) found = found.where('c.id', '<', after)
  return found.orderBy('c.id', 'desc').limit(limit).execute()
}
