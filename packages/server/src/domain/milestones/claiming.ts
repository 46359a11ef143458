import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { awardBadge } from '../badges/awards.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { holdValues } from '../fields/values.js'
import { newId } from '../ids.js'
import { type Move, post } from '../ledger.js'
import { shareBoards } from '../locks.js'
import { shareMilestone } from './milestones.js'
import { type Reward, type Standing, standingsOf } from './standings.js'

/** What a claim gave, and how the milestone stands then. */
export interface Claimed {
  reward: Reward
  standing: Standing
}

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
): Promise<Claimed> {
  await shareBoards(tx)
  const milestone = await shareMilestone(tx, milestoneId)
  // Whoever claims twice takes turns.
  await holdValues(tx, [memberId])
  const standingNow = async () => (await standingsOf(tx, [milestone], memberId, at))[0]!
  const standing = await standingNow()
  const found = standing.stages[number - 1]
  if (!found) throw new Failure('not_found', 'There is no such stage.')
  const { stage, state, reward } = found
  if (state === 'claimed') return { reward, standing }
  if (state !== 'claimable') throw refusals[state]()
  const { start } = standing.run
  await tx.db
    .insertInto('milestone_claims')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
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
  const after = await standingNow()
  // Last: whoever else claims the same stage waits for it.
  const claimed = stage.supply === null ? null : await takeOne(tx, stage.id)
  // That none is left concerns everybody.
  await emit(tx, 'milestone.changed', claimed === null || claimed < stage.supply! ? memberId : null)
  const stages = after.stages.map((one) => (one.stage.id === stage.id ? { ...one, stage: { ...stage, claimed } } : one))
  return { reward, standing: { ...after, stages } }
}

/**
 * Takes one of a stage's supply, of which others may have taken the last since it was read.
 * @returns How many are taken now.
 */
async function takeOne(tx: Tx, stageId: string): Promise<number> {
  const taken = await tx.db
    .updateTable('milestone_stages')
    .set({ claimed: sql`claimed + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', stageId)
    .whereRef('claimed', '<', 'supply')
    .returning('claimed')
    .executeTakeFirst()
  if (!taken) throw refusals.sold_out()
  return taken.claimed!
}

const refusals = {
  locked: () => new Failure('locked', 'This stage is not open yet.'),
  available: () => new Failure('not_done', 'This stage is not done yet.'),
  in_progress: () => new Failure('not_done', 'This stage is not done yet.'),
  complete: () => new Failure('conflict', 'This stage gives nothing that could be claimed.'),
  expired: () => new Failure('ended', 'This stage has ended.'),
  sold_out: () => new Failure('sold_out', 'Others have claimed all that there was.'),
}
