import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { awardBadge } from '../badges/awards.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { holdValues } from '../fields/values.js'
import { type Move, post } from '../ledger.js'
import { shareBoards } from '../locks.js'
import { shareMilestone } from './milestones.js'
import { type Reward, standingsOf } from './standings.js'

/**
 * Gives a member what a stage gives, in one transaction with the claim. Again and again is as once, however many ask at once.
 * @param number Of the stage; 1 is the first.
 * @throws Failure `not_found` for a stage that is not there, or what the state of the stage says.
 */
export async function claimStage(
  tx: Tx,
  milestoneId: string,
  number: number,
  memberId: string,
  at: Date,
): Promise<Reward> {
  await shareBoards(tx)
  const milestone = await shareMilestone(tx, milestoneId)
  // Whoever claims twice takes turns.
  await holdValues(tx, [memberId])
  const [standing] = await standingsOf(tx, [milestone], memberId, at)
  const found = standing!.stages[number - 1]
  if (!found) throw new Failure('not_found', 'There is no such stage.')
  const { stage, state, reward } = found
  if (state === 'claimed') return reward
  if (state !== 'claimable') throw refusals[state]()
  if (stage.supply !== null) await takeOne(tx, stage.id)
  const { start } = standing!.run
  await tx.db
    .insertInto('milestone_claims')
    .values({
      community_id: tx.communityId,
      member_id: memberId,
      milestone_id: milestone.id,
      stage_id: stage.id,
      period: milestone.period,
      period_start: start,
      xp: reward.xp,
      currency: reward.currency,
      badge_id: reward.badge?.id ?? null,
      claimed_at: at,
    })
    .execute()
  const key = `milestone:${stage.id}:${milestone.period}:${start}:${memberId}`
  const moves = (['xp', 'currency'] as const).flatMap((unit): Move[] => {
    const amount = reward[unit]
    return amount > 0 ? [{ memberId, unit, amount, reason: 'milestone', key: `${key}:${unit}`, actor: memberId }] : []
  })
  await post(tx, moves, at)
  if (reward.badge) await awardBadge(tx, reward.badge, memberId, at, memberId)
  // How many are left concerns everybody.
  await emit(tx, 'milestone.changed', stage.supply === null ? memberId : null)
  return reward
}

/** Takes one of a stage's supply, of which others may have taken the last since it was read. */
async function takeOne(tx: Tx, stageId: string): Promise<void> {
  const taken = await tx.db
    .updateTable('milestone_stages')
    .set({ claimed: sql`claimed + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', stageId)
    .whereRef('claimed', '<', 'supply')
    .executeTakeFirst()
  if (taken.numUpdatedRows === 0n) throw refusals.sold_out()
}

const refusals = {
  locked: () => new Failure('locked', 'This stage is not open yet.'),
  available: () => new Failure('not_done', 'This stage is not done yet.'),
  in_progress: () => new Failure('not_done', 'This stage is not done yet.'),
  complete: () => new Failure('conflict', 'This stage gives nothing that could be claimed.'),
  expired: () => new Failure('ended', 'This stage has ended.'),
  sold_out: () => new Failure('sold_out', 'Others have claimed all that there was.'),
}
