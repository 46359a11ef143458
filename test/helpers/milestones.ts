import type { Tx } from '../../packages/server/src/db/database.js'
import { createMilestone, type Milestone } from '../../packages/server/src/domain/milestones/milestones.js'

/** A milestone whose one stage every member can claim: it asks for the role that all of them have. */
export function openMilestone(tx: Tx, at = new Date()): Promise<Milestone> {
  const stage = { name: 'Stage', description: '', xp: 1, currency: 0, badgeId: null, multipliers: [], supply: null }
  const conditions = { kind: 'role', roleId: tx.communityId } as const
  return createMilestone(tx, { name: 'Milestone', stages: [{ ...stage, conditions }] }, at)
}
