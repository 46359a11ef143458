import { type Selectable, sql } from 'kysely'
import { writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { type Community, thisCommunity } from '../communities.js'
import { emit } from '../events.js'
import { recordFacts } from '../facts.js'
import { Failure } from '../failure.js'
import { cutToRoom, type Move, post } from '../ledger.js'
import { shareBoards, takeTurn } from '../locks.js'
import { balancesOf, findMember, type Member } from '../members/members.js'
import { earned } from './earning.js'
import { type Gamification, gamificationOf, givenOf } from './settings.js'
import {
  countDay,
  daysFrom,
  type LostStreak,
  lostBy,
  nextDayAt,
  type Streak,
  savedDays,
  streakAt,
  zoneOf,
} from './streaks.js'

/** How long one visit lasts. Who asks for something after it has come again. */
const visitMs = 30 * 60_000

export type Visits = Omit<Selectable<Tables['visits']>, 'community_id' | 'member_id'>

const dueAt = writeOnce<{ communityId: string; memberId: string }>(
  ({ communityId, memberId }) => sql`
    select due_at from visits where community_id = ${communityId} and member_id = ${memberId}`,
)

/** Whether a request of a member is a visit that is to be written down. */
export async function isNewVisit(tx: Tx, memberId: string, at: Date): Promise<boolean> {
  const [last] = await tx.send<{ due_at: Date }>(dueAt(tx.db, { communityId: tx.communityId, memberId }))
  return last === undefined || last.due_at <= at
}

/**
 * Writes down that a member came, once however many requests say so at once. The first visit of a day, by the member's own
 * calendar, gives what the community says, and counts for the streak.
 */
export async function visit(tx: Tx, memberId: string, at: Date): Promise<void> {
  // A board that is counted is waited for a step, as awards do: a member may come once a day, and while boards are counted one
  // step follows another.
  await shareBoards(tx)
  await takeTurn(tx, 'visits', memberId)
  const [before, member, community, settings] = await Promise.all([
    visitsOf(tx, memberId),
    findMember(tx, { id: memberId }),
    thisCommunity(tx),
    gamificationOf(tx),
  ])
  if (!member) throw new Failure('not_found')
  if (before && before.due_at > at) return
  const zone = zoneOf(member, community)
  const streak = countDay(before && streakOf(before), at, zone, settings.streaks.freezes)
  const isBroken = before && streak.day !== before.day && streak.days === 1
  const lost = isBroken
    ? lostBy(streakOf(before), streak, at, zone, settings.streaks.freezes, settings.streaks.repair.days)
    : before && lostOf(before, at)
  const isNew = !before || !goesOn(before.visited_at, at)
  const visitedAt = isNew ? at : before.visited_at
  const visits: Visits = {
    visited_at: visitedAt,
    count: (before?.count ?? 0) + (isNew ? 1 : 0),
    due_at: new Date(Math.min(visitedAt.getTime() + visitMs, nextDayAt(streak, zone).getTime())),
    day: streak.day,
    day_ends_at: streak.endsAt,
    streak: streak.days,
    longest_streak: streak.longest,
    freezes: streak.freezes,
    ...lostColumns(lost),
  }
  await tx.db
    .insertInto('visits')
    .values({ community_id: tx.communityId, member_id: memberId, ...visits })
    .onConflict((oc) => oc.columns(['community_id', 'member_id']).doUpdateSet(visits))
    .execute()
  if (streak.day !== before?.day) {
    await emit(tx, 'user.visited', memberId)
    const saved = savedDays(before && streakOf(before), streak, zone)
    await recordFacts(tx, [
      { memberId, kind: 'visit', key: streak.day, at },
      ...saved.map((key) => ({ memberId, kind: 'freeze' as const, key, at })),
    ])
    // No member has two of the same date.
    const daily = await earned(tx, { member, community, settings }, 'dailyLogin', streak.day, at)
    const gains = [...daily, ...forStreak(memberId, streak, community, settings)]
    await post(tx, await cutToRoom(tx, gains), at)
  }
}

/**
 * Gives a member back the streak that broke last: it goes on as if nothing had been missed.
 * @throws Failure `conflict` where there is none, `not_enough` for what it costs.
 */
export async function repairStreak(tx: Tx, memberId: string, at: Date): Promise<void> {
  await shareBoards(tx)
  await takeTurn(tx, 'visits', memberId)
  const [visits, community, settings, { currency }] = await Promise.all([
    visitsOf(tx, memberId),
    thisCommunity(tx),
    gamificationOf(tx),
    balancesOf(tx, memberId),
  ])
  const lost = visits && lostOf(visits, at)
  if (!lost) throw new Failure('conflict', 'There is no streak to get back.')
  const { price } = settings.streaks.repair
  if (price > currency) throw new Failure('not_enough', undefined, [], { missing: price - currency })
  const days = lost.days + visits.streak
  await tx.db
    .updateTable('visits')
    .set({ streak: days, longest_streak: Math.max(days, visits.longest_streak), ...lostColumns(undefined) })
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .execute()
  await recordFacts(
    tx,
    daysFrom(lost.from, lost.to).map((key) => ({ memberId, kind: 'freeze' as const, key, at })),
  )
  const of = { memberId, reason: 'streak', actor: memberId } as const
  const key = `streak:${memberId}:repair:${lost.to}`
  if (price > 0) await post(tx, [{ ...of, unit: 'currency', amount: -price, key }], at)
  const gains = settings.streaks.rewards
    .filter((reward) => reward.days > lost.days && reward.days <= days)
    .flatMap((reward) =>
      givenOf(community, reward).map(
        (given): Move => ({ ...of, ...given, key: `${key}:${reward.days}:${given.unit}` }),
      ),
    )
  await post(tx, await cutToRoom(tx, gains), at)
}

/** The streak that a member can have back at a moment. */
export function lostOf({ lost_streak, lost_from, lost_to, lost_until }: Visits, at: Date): LostStreak | undefined {
  if (lost_streak === null || lost_until! <= at) return undefined
  return { days: lost_streak, from: lost_from!, to: lost_to!, until: lost_until! }
}

const lostColumns = (lost: LostStreak | undefined) => ({
  lost_streak: lost?.days ?? null,
  lost_from: lost?.from ?? null,
  lost_to: lost?.to ?? null,
  lost_until: lost?.until ?? null,
})

/** What a streak that has become so long gives. No member has two of the same date, so that a repeat gives nothing. */
function forStreak(memberId: string, { day, days }: Streak, community: Community, settings: Gamification): Move[] {
  return settings.streaks.rewards
    .filter((reward) => reward.days === days)
    .flatMap((reward) =>
      givenOf(community, reward).map(({ unit, amount }): Move => {
        const key = `streak:${memberId}:${day}:${unit}`
        return { memberId, unit, amount, reason: 'streak', key, actor: memberId }
      }),
    )
}

const byMember = writeOnce<{ communityId: string; memberId: string }>(
  ({ communityId, memberId }) => sql`
    select visited_at, count, due_at, day, day_ends_at, streak, longest_streak, freezes, lost_streak, lost_from, lost_to, lost_until
    from visits
    where community_id = ${communityId} and member_id = ${memberId}`,
)

/** When a member came; undefined for who never did. */
export async function visitsOf(tx: Tx, memberId: string): Promise<Visits | undefined> {
  const [visits] = await tx.send<Visits>(byMember(tx.db, { communityId: tx.communityId, memberId }))
  return visits
}

/** When the last visit of each member began; who never came is left out. */
export async function lastVisits(tx: Tx, memberIds: readonly string[]): Promise<Map<string, Date>> {
  const rows = await tx.db
    .selectFrom('visits')
    .select(['member_id', 'visited_at'])
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[])`)
    .execute()
  return new Map(rows.map(({ member_id, visited_at }) => [member_id, visited_at]))
}

/** Whether a visit that began then still goes on. */
export const goesOn = (visitedAt: Date, at: Date): boolean => at.getTime() - visitedAt.getTime() < visitMs

const streakOf = (visits: Visits): Streak => ({
  day: visits.day,
  endsAt: visits.day_ends_at,
  days: visits.streak,
  longest: visits.longest_streak,
  freezes: visits.freezes,
})

/** What is left of a member's streak at a moment. */
export function currentStreak(
  visits: Visits | undefined,
  member: Member,
  community: Community,
  { streaks }: Gamification,
  at: Date,
): Pick<Streak, 'days' | 'longest' | 'freezes'> {
  if (!visits) return { days: 0, longest: 0, freezes: 0 }
  const { days, longest, freezes } = streakAt(streakOf(visits), at, zoneOf(member, community), streaks.freezes)
  return { days, longest, freezes }
}
