import type { AnswerOf, BodyOf, RouteKey } from '@rai/contract'
import { type Claim, listClaims } from '../../domain/milestones/claims.js'
import {
  createMilestone,
  deleteMilestone,
  listMilestones,
  type Milestone,
  type MilestoneInput,
  milestoneById,
  type StageInput,
  updateMilestone,
} from '../../domain/milestones/milestones.js'
import type { Handlers } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'
import { pageByNumber } from '../../http/page.js'

export const milestones: Handlers<Extract<RouteKey, `${string} /v1/milestones${string}`>> = {
  'GET /v1/milestones': async (context) => {
    const milestones = await pageByNumber(context, (page) => listMilestones(context.tx, page))
    return milestones.map(show)
  },

  'POST /v1/milestones': async ({ tx, body, now }) => {
    const { name, stages } = body
    return show(await createMilestone(tx, { ...inputOf(body), name, stages: stages.map(stageInputOf) }, now))
  },

  'GET /v1/milestones/{milestoneId}': async ({ tx, params }) => show(await milestoneById(tx, params.milestoneId)),

  'PATCH /v1/milestones/{milestoneId}': async ({ tx, params, body, now }) =>
    show(await updateMilestone(tx, params.milestoneId, inputOf(body), now)),

  'DELETE /v1/milestones/{milestoneId}': async ({ tx, params }) => {
    await deleteMilestone(tx, params.milestoneId)
    return { _id: params.milestoneId }
  },

  'GET /v1/milestones/{milestoneId}/claims': async ({ tx, params, query }) => {
    const { id } = await milestoneById(tx, params.milestoneId)
    return pageByCursor(query, { ...byId, find: (after, limit) => listClaims(tx, id, after, limit), show: showClaim })
  },
}

type Shown = AnswerOf<'POST /v1/milestones'>
type Body = BodyOf<'PATCH /v1/milestones/{milestoneId}'>

const timeOf = (time: string | null | undefined): Date | null | undefined => (time ? new Date(time) : (time as null))

const inputOf = ({ startsAt, endsAt, stages, ...body }: Body): MilestoneInput => ({
  ...body,
  startsAt: timeOf(startsAt),
  endsAt: timeOf(endsAt),
  stages: stages?.map(stageInputOf),
})

const stageInputOf = ({ stageId, rewards = {}, ...stage }: NonNullable<Body['stages']>[number]): StageInput => ({
  id: stageId,
  name: stage.name,
  description: stage.description ?? '',
  conditions: stage.conditions,
  xp: rewards.xp ?? 0,
  currency: rewards.coins ?? 0,
  badgeId: rewards.badgeId ?? null,
  multipliers: stage.multipliers ?? [],
  supply: stage.supply ?? null,
})

const show = (milestone: Milestone): Shown => ({
  _id: milestone.id,
  communityID: milestone.community_id,
  name: milestone.name,
  description: milestone.description,
  icon: milestone.icon,
  labels: milestone.labels,
  period: milestone.period,
  startsAt: milestone.starts_at?.toISOString() ?? null,
  endsAt: milestone.ends_at?.toISOString() ?? null,
  requires: milestone.requires,
  isEnabled: milestone.is_enabled,
  displayOrder: milestone.display_order,
  stages: milestone.stages.map((stage) => ({
    stageId: stage.id,
    stageNumber: stage.position,
    name: stage.name,
    description: stage.description,
    conditions: stage.conditions,
    rewards: rewardsOf(stage),
    multipliers: stage.multipliers,
    supply: stage.supply,
    claimed: stage.claimed,
  })),
  createdAt: milestone.created_at.toISOString(),
  updatedAt: milestone.updated_at.toISOString(),
  __v: milestone.revision,
})

const rewardsOf = ({ xp, currency, badge_id }: Pick<Claim, 'xp' | 'currency' | 'badge_id'>) => ({
  xp,
  coins: currency,
  badgeId: badge_id,
})

const showClaim = (claim: Claim & { username: string }) => ({
  _id: claim.id,
  userId: claim.member_id,
  username: claim.username,
  stageId: claim.stage_id,
  period: claim.period,
  start: claim.period === 'all' ? null : claim.period_start,
  rewards: rewardsOf(claim),
  claimedAt: claim.claimed_at.toISOString(),
})
