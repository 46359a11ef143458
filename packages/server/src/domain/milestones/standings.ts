import type { MilestoneState, ReasonCode, Unit } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { type Badge, listBadges } from '../badges/badges.js'
import { clockOf, type Stretch, startAt, stretchFrom } from '../clock.js'
import { type Community, thisCommunity } from '../communities.js'
import { givenOf } from '../gamification/settings.js'
import { type Claim, claimsIn } from './claims.js'
import { type ConditionProgress, isBegun, nearestOf, openTasks, progressOf, type TaskProgress } from './conditions.js'
import { type Known, knownOf, nobodyKnown } from './known.js'
import type { Milestone, Stage } from './milestones.js'

/** Why a stage is in its state, with the numbers that the code is about. */
export interface Reason {
  code: ReasonCode
  have: number
  need: number
}

/** What a stage gives. */
export interface Reward extends Record<Unit, number> {
  /** Without a boost. */
  base: Record<Unit, number>
  badge: Badge | undefined
  boosts: readonly (Stage['multipliers'][number] & { applies: boolean })[]
}

/** How a stage stands for somebody. */
export interface StageStanding {
  stage: Stage
  state: MilestoneState
  reason: Reason
  progress: ConditionProgress
  reward: Reward
  claim: Claim | undefined
  /** It was claimed, or what is asked is met; the next stage opens then. */
  isDone: boolean
}

/** How a milestone stands for somebody, in the run that is on. */
export interface Standing {
  milestone: Milestone
  run: Stretch
  stages: readonly StageStanding[]
  /** The stage that is on: the first that waits for the member, or else the last. */
  current: StageStanding
  /** How many stages are done, of how many; the percents count what is done of the next one too. */
  have: number
  need: number
  percent: number
  requires: ConditionProgress | null
  /** The open task that is nearest to done, and of which stage; null for one of `requires`. */
  next: { task: TaskProgress; stage: number | null } | null
}

/** Somebody whose milestones are asked for. */
interface Place {
  known: Known
  /** Nobody is signed in. */
  isVisitor: boolean
  community: Community
  badges: ReadonlyMap<string, Badge>
  at: Date
}

/** How milestones stand for a member, or for a visitor. */
export async function standingsOf(
  tx: Tx,
  milestones: readonly Milestone[],
  memberId: string | undefined,
  at: Date,
): Promise<Standing[]> {
  const [community, badges] = await Promise.all([thisCommunity(tx), listBadges(tx)])
  const clock = clockOf(community)
  const runs = new Map(
    milestones.map((milestone) => {
      const { period } = milestone
      return [milestone, stretchFrom(milestone, clock, period, startAt(milestone, clock, period, at))]
    }),
  )
  const asked = milestones.map((milestone) => ({
    run: runs.get(milestone)!,
    conditions: [...(milestone.requires ? [milestone.requires] : []), ...milestone.stages.map((one) => one.conditions)],
  }))
  const [known, claims] = memberId
    ? await Promise.all([knownOf(tx, memberId, community, asked, at), claimsIn(tx, memberId, runs)])
    : [nobodyKnown, new Map<string, Claim>()]
  const place: Place = {
    known,
    isVisitor: memberId === undefined,
    community,
    badges: new Map(badges.map((badge) => [badge.id, badge])),
    at,
  }
  return milestones.map((milestone) => standingOf(milestone, runs.get(milestone)!, claims, place))
}

function standingOf(milestone: Milestone, run: Stretch, claims: ReadonlyMap<string, Claim>, place: Place): Standing {
  const measure = place.known.measureIn(run)
  const requires = milestone.requires && progressOf(milestone.requires, measure)
  const isOpen = !requires || requires.met
  let done = 0
  const stages = milestone.stages.map((stage, before): StageStanding => {
    const claim = claims.get(stage.id)
    const progress = progressOf(stage.conditions, measure)
    const reward = rewardOf(stage, claim, place)
    const found = { stage, claim, progress, reward }
    const verdict = verdictOf(found, run, { requires, done, before }, place)
    const isDone = claim !== undefined || (progress.met && isOpen && done === before)
    if (isDone) done++
    return { ...found, ...verdict, isDone }
  })
  const open = stages.find(({ isDone }) => !isDone)
  return {
    milestone,
    run,
    stages,
    current: stages.find(({ state }) => isWaiting[state]) ?? stages.at(-1)!,
    have: done,
    need: stages.length,
    percent: open ? Math.min(99, Math.floor((done * 100 + open.progress.percent) / stages.length)) : 100,
    requires,
    next: nextOf(open, requires),
  }
}

/** Whether a stage in that state waits for the member. */
const isWaiting: Record<MilestoneState, boolean> = {
  locked: true,
  available: true,
  in_progress: true,
  claimable: true,
  complete: false,
  claimed: false,
  expired: false,
  sold_out: false,
}

type Found = Pick<StageStanding, 'stage' | 'claim' | 'progress' | 'reward'>

/** In which state a stage is, and why. What is decided for good goes before what may still change. */
function verdictOf(
  { stage, claim, progress, reward }: Found,
  { startsAt, endsAt }: Stretch,
  { requires, done, before }: { requires: ConditionProgress | null; done: number; before: number },
  { isVisitor, at }: Place,
): Pick<StageStanding, 'state' | 'reason'> {
  const because = (state: MilestoneState, code: ReasonCode, { have, need } = progress) => {
    return { state, reason: { code, have, need } }
  }
  const givesNothing = reward.xp + reward.currency === 0 && !reward.badge
  if (claim) return because('claimed', 'done')
  if (endsAt && at >= endsAt)
    return progress.met && givesNothing ? because('complete', 'done') : because('expired', 'ended')
  if (stage.supply !== null && stage.claimed! >= stage.supply && !givesNothing)
    return because('sold_out', 'none_left', { ...progress, have: stage.claimed!, need: stage.supply })
  if (startsAt && at < startsAt) return because('locked', 'not_started')
  if (isVisitor) return because('locked', 'signed_out')
  if (requires && !requires.met) return because('locked', 'requirement', requires)
  if (done < before) return because('locked', 'stage_before', { ...progress, have: done, need: before })
  if (progress.met) return because(givesNothing ? 'complete' : 'claimable', 'done')
  return because(isBegun(progress) ? 'in_progress' : 'available', 'to_do')
}

/** What a stage gives now; of what was claimed, what it gave. A unit that nobody earns is given by none. */
function rewardOf(stage: Stage, claim: Claim | undefined, { known, community, badges, at }: Place): Reward {
  const fits = ({ roleId, tier = 0, startsAt, endsAt }: Stage['multipliers'][number]) =>
    (roleId === undefined || known.roleIds.has(roleId)) &&
    known.tier >= tier &&
    (startsAt === undefined || at >= new Date(startsAt)) &&
    (endsAt === undefined || at < new Date(endsAt))
  const best = claim ? undefined : stage.multipliers.filter(fits).toSorted((a, b) => b.percent - a.percent)[0]
  const base = { xp: 0, currency: 0 }
  for (const { unit, amount } of givenOf(community, stage)) base[unit] = amount
  const boosted = (amount: number) => Math.floor((amount * (best?.percent ?? 100)) / 100)
  const badgeId = claim ? claim.badge_id : stage.badge_id
  return {
    xp: claim ? claim.xp : boosted(base.xp),
    currency: claim ? claim.currency : boosted(base.currency),
    base,
    badge: badges.get(badgeId ?? ''),
    boosts: stage.multipliers.map((one) => ({ ...one, applies: one === best })),
  }
}

function nextOf(open: StageStanding | undefined, requires: ConditionProgress | null): Standing['next'] {
  if (!open) return null
  const { state, reason } = open
  const isRequired = reason.code === 'requirement'
  if (!isRequired && state !== 'available' && state !== 'in_progress') return null
  const task = nearestOf(openTasks(isRequired ? requires! : open.progress))
  return task ? { task, stage: isRequired ? null : open.stage.position } : null
}

/** Which of the standings are shown, and in which order. */
export interface Selection {
  /** Those that end and are not done, the next to end first; or those that are begun. */
  filter?: 'expiring' | 'in_progress' | undefined
  label?: string | undefined
  /** `closest`: what can be claimed first, then what is nearest to done. Default: the operator's order. */
  sort?: 'order' | 'closest' | undefined
}

export function selectStandings(standings: readonly Standing[], { filter, label, sort }: Selection): Standing[] {
  const found = standings
    .filter(({ milestone }) => label === undefined || milestone.labels.includes(label))
    .filter((standing) => filter === undefined || filters[filter](standing))
  if (sort === 'closest') return found.toSorted((a, b) => closeness(b) - closeness(a))
  if (filter === 'expiring') return found.toSorted((a, b) => Number(a.run.endsAt) - Number(b.run.endsAt))
  return found
}

const filters: Record<NonNullable<Selection['filter']>, (standing: Standing) => boolean> = {
  expiring: ({ run, current }) => run.endsAt !== null && isWaiting[current.state],
  in_progress: ({ have, current }) =>
    isWaiting[current.state] && (have > 0 || current.state === 'in_progress' || current.state === 'claimable'),
}

/** What can be claimed is closest, then what is nearest to done; what waits for nobody is farthest. */
function closeness({ current, percent }: Standing): number {
  if (current.state === 'claimable') return 300
  if (current.state === 'locked') return 0
  return isWaiting[current.state] ? 100 + Math.max(percent, current.progress.percent) : -1
}
