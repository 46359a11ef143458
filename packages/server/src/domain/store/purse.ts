import type { Tx } from '../../db/database.js'
import { thisCommunity } from '../communities.js'
import { givenOf } from '../gamification/settings.js'
import { unclaimedPrizes } from '../leaderboards/winners.js'
import { balancesOf } from '../members/members.js'
import { shownMilestones } from '../milestones/milestones.js'
import { standingsOf } from '../milestones/standings.js'
import { reviewedRewards } from '../socials/progress.js'

/** An amount, and the next moment at which something becomes of a part of it. */
interface Waiting {
  amount: number
  /** Null where none is known. */
  at: Date | null
}

/** What a member has to spend, and what comes. What they have is theirs for good: nothing takes it away with time. */
export interface Purse {
  available: number
  /** Somebody looks at what it is for. */
  pending: number
  /** By when, as far as can be told: of the next one. */
  pendingBy: Date | null
  /** It is the member's for a claim. */
  claimable: number
  /** What of it is lost without one, and when: the next that is. */
  expiring: { amount: number; at: Date } | null
}

/** Everything that is told is of the unit that things are bought with. */
export async function purseOf(tx: Tx, memberId: string, at: Date): Promise<Purse> {
  const [community, { currency }, reviews, milestones, prizes] = await Promise.all([
    thisCommunity(tx),
    balancesOf(tx, memberId),
    reviewedRewards(tx, memberId),
    shownMilestones(tx),
    unclaimedPrizes(tx, memberId),
  ])
  const standings = await standingsOf(tx, milestones, memberId, at)
  const pending = reviews.flatMap(({ reward, until }): Waiting[] =>
    givenOf(community, reward)
      .filter(({ unit }) => unit === 'currency')
      .map(({ amount }) => ({ amount, at: until !== null && until > at ? until : null })),
  )
  const claimable: Waiting[] = [
    ...standings.flatMap(({ stages, run }) =>
      stages
        .filter(({ state, reward }) => state === 'claimable' && reward.currency > 0)
        .map(({ reward }) => ({ amount: reward.currency, at: run.endsAt })),
    ),
    ...prizes.flatMap(({ amount }) => (amount?.unit === 'currency' ? [{ amount: amount.amount, at: null }] : [])),
  ]
  const end = firstOf(claimable)
  const ending = claimable.filter((one) => one.at?.getTime() === end?.getTime())
  return {
    available: currency,
    pending: sumOf(pending),
    pendingBy: firstOf(pending),
    claimable: sumOf(claimable),
    expiring: end && { amount: sumOf(ending), at: end },
  }
}

const sumOf = (all: readonly Waiting[]): number =>
  all.reduce((sum, { amount }) => Math.min(sum + amount, Number.MAX_SAFE_INTEGER), 0)

const firstOf = (all: readonly Waiting[]): Date | null =>
  all.reduce<Date | null>((first, { at }) => (at && (!first || at < first) ? at : first), null)
