import type { AnswerOf } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { type Badge, listBadges } from '../../domain/badges/badges.js'
import { type Community, thisCommunity } from '../../domain/communities.js'
import { listFields } from '../../domain/fields/fields.js'
import { claimStage } from '../../domain/milestones/claiming.js'
import { type ConditionProgress, missing, type Task, type TaskProgress } from '../../domain/milestones/conditions.js'
import { shownMilestones } from '../../domain/milestones/milestones.js'
import {
  type Reward,
  type StageStanding,
  type Standing,
  selectStandings,
  standingsOf,
} from '../../domain/milestones/standings.js'
import { listRoles } from '../../domain/roles.js'
import type { Handlers, Services } from '../../http/context.js'
import { showBadge } from './badges.js'

type Path = '/widget/v1/{publishableKey}/milestones'

export const milestones: Handlers<`GET ${Path}` | `POST ${Path}/{milestoneId}/stages/{n}/claim`> = {
  'GET /widget/v1/{publishableKey}/milestones': async ({ tx, principal, query, now, deps }) => {
    const [all, words] = await Promise.all([shownMilestones(tx), wordsOf(tx, deps)])
    const standings = await standingsOf(tx, all, principal.memberId, now)
    return {
      items: selectStandings(standings, query).map((standing) => show(standing, words)),
      labels: [...new Set(all.flatMap(({ labels }) => labels))],
      now: now.toISOString(),
    }
  },

  'POST /widget/v1/{publishableKey}/milestones/{milestoneId}/stages/{n}/claim': async ({
    tx,
    principal,
    params,
    now,
    deps,
  }) => {
    const { milestoneId, n } = params
    // First: whoever else claims the stage waits for all that comes after the claim.
    const words = await wordsOf(tx, deps)
    const { reward, standing } = await claimStage(tx, milestoneId, Number(n), principal.memberId!, now)
    const { xp, currency, badge } = reward
    return {
      given: { xp, currency, badge: badge ? words.badge(badge) : null },
      milestone: show(standing, words),
      now: now.toISOString(),
    }
  },
}

type Shown = AnswerOf<`GET ${Path}`>['items'][number]
type ShownStage = Shown['stages'][number]
type ShownTask = Extract<ShownStage['conditions'], { title: unknown }>

/** What the community calls the things that conditions and rewards are about. */
interface Words {
  subject(task: Task): string | null
  role(id: string): string | null
  badge(badge: Badge): NonNullable<ShownStage['reward']['badge']>
}

async function wordsOf(tx: Tx, deps: Services): Promise<Words> {
  const [community, badges, roles, fields] = await Promise.all([
    thisCommunity(tx),
    listBadges(tx),
    listRoles(tx),
    listFields(tx),
  ])
  const role = (id: string) => roles.find((one) => one.id === id)?.title ?? null
  return {
    role,
    subject: (task) => {
      switch (task.kind) {
        case 'earned':
        case 'balance':
          return unitName(community, task.unit)
        case 'field':
          return fields.find(({ field }) => field === task.field)?.name ?? null
        case 'badge':
          return badges.find(({ id }) => id === task.badgeId)?.title ?? null
        case 'role':
          return role(task.roleId)
        default:
          return null
      }
    },
    badge: (badge) => showBadge(deps, badge),
  }
}

const unitName = (community: Community, unit: 'xp' | 'currency') => community[`${unit}_name`]

function show(standing: Standing, words: Words): Shown {
  const { milestone, run, stages, current, have, need, percent, requires, next } = standing
  return {
    id: milestone.id,
    name: milestone.name,
    description: milestone.description,
    icon: milestone.icon,
    labels: milestone.labels,
    period: milestone.period,
    start: milestone.period === 'all' ? null : run.start,
    startsAt: run.startsAt?.toISOString() ?? null,
    endsAt: run.endsAt?.toISOString() ?? null,
    state: current.state,
    reason: current.reason,
    current: current.stage.position,
    have,
    need,
    percent,
    requires: requires && showCondition(requires, words),
    next: next && { ...showTask(next.task, words), stage: next.stage, missing: missing(next.task) },
    open: openIn(stages),
    stages: stages.map((stage) => showStage(stage, words)),
  }
}

const showStage = (standing: StageStanding, words: Words): ShownStage => {
  const { stage, state, reason, progress, reward, claim } = standing
  return {
    id: stage.id,
    number: stage.position,
    name: stage.name,
    description: stage.description,
    state,
    reason,
    have: progress.have,
    need: progress.need,
    percent: progress.percent,
    conditions: showCondition(progress, words),
    reward: showReward(reward, words),
    supply: stage.supply === null ? null : { total: stage.supply, left: Math.max(0, stage.supply - stage.claimed!) },
    claimedAt: claim?.claimed_at.toISOString() ?? null,
  }
}

/** Conditions are as deep as the contract lets operators write them. */
function showCondition(progress: ConditionProgress, words: Words): ShownStage['conditions'] {
  if ('task' in progress) return showTask(progress, words)
  const { kind, met, have, need, percent } = progress
  const conditions = progress.conditions.map((one) => showCondition(one, words))
  return { kind, met, have, need, percent, conditions } as ShownStage['conditions']
}

const showTask = ({ task, met, have, need, percent }: TaskProgress, words: Words): ShownTask => ({
  kind: task.kind,
  title: task.title ?? null,
  subject: words.subject(task),
  unit: 'unit' in task ? task.unit : null,
  link: task.link ?? null,
  met,
  have,
  need,
  percent,
})

const showReward = ({ xp, currency, base, badge, boosts }: Reward, words: Words) => ({
  xp,
  currency,
  base,
  badge: badge ? words.badge(badge) : null,
  boosts: boosts.map(({ percent, roleId, tier, startsAt, endsAt, applies }) => ({
    percent,
    role: roleId === undefined ? null : words.role(roleId),
    tier: tier ?? null,
    startsAt: startsAt ?? null,
    endsAt: endsAt ?? null,
    applies,
  })),
})

/** What can still be earned. */
function openIn(stages: readonly StageStanding[]): Shown['open'] {
  const open = stages.filter(({ state }) => state !== 'claimed' && state !== 'expired' && state !== 'sold_out')
  const sum = (amount: (reward: Reward) => number) => open.reduce((total, { reward }) => total + amount(reward), 0)
  return {
    xp: sum(({ xp }) => xp),
    currency: sum(({ currency }) => currency),
    badges: sum(({ badge }) => Number(badge !== undefined)),
  }
}
