import type { GamificationSettings, Unit } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { type Community, thisCommunity } from '../communities.js'
import { cutToRoom, type Move, post, type Reason } from '../ledger.js'
import { shareBoards, takeTurn } from '../locks.js'
import { activeMember, type Member } from '../members/members.js'
import { rolesOf } from '../roles.js'
import { type Day, dayOf } from '../time.js'
import { type Gamification, gamificationOf, givenOf } from './settings.js'
import { dayEnd, nextDayAt, zoneOf } from './streaks.js'

/** What a community pays its members for, as its settings call it, and as the ledger does. */
const reasons = {
  message: 'message',
  reply: 'reply',
  reaction: 'reaction',
  referral: 'referral',
  dailyLogin: 'daily_login',
} as const satisfies Record<keyof GamificationSettings['earning'], Reason>
export type Rule = keyof typeof reasons

/** How often a rule pays. */
export interface Pace {
  /** For so many seconds after one that was paid, none is. */
  cooldownSeconds: number
  /** How many are paid on a day of the member; null: all. */
  limitPerDay: number | null
}

/** What a rule has paid a member for. */
export interface Paid {
  /** The last time. */
  at: Date
  /** The day of that on the member's calendar, when it ends, and how many there were on it. */
  day: Day
  endsAt: Date
  count: number
}

/**
 * What a rule has paid for after one more; undefined where that is not paid: too soon, or one too many for the day. Nobody gains
 * a day by another time zone: as with streaks, the last one goes on there until a whole one begins.
 */
export function payOne(
  before: Paid | undefined,
  { cooldownSeconds, limitPerDay }: Pace,
  at: Date,
  timeZone: string,
): Paid | undefined {
  const isCooling = before && cooldownSeconds > 0 && at.getTime() - before.at.getTime() < cooldownSeconds * 1000
  if (isCooling) return undefined
  const isSameDay = before && at < nextDayAt(before, timeZone)
  const count = isSameDay ? before.count + 1 : 1
  if (limitPerDay !== null && count > limitPerDay) return undefined
  const day = isSameDay ? before.day : dayOf(at, timeZone)
  // Requests may come in another order than that of their times.
  return {
    at: before && before.at > at ? before.at : at,
    day,
    endsAt: isSameDay ? before.endsAt : dayEnd(day, timeZone),
    count,
  }
}

/** Who earns, and by which rules. */
export interface Earner {
  member: Member
  community: Community
  settings: Gamification
}

/**
 * What the community pays a member for something that they did now. It is counted as paid: post it in the same transaction, which
 * holds the board lock shared.
 * @param about What they did: a message, a day, somebody new. In a community a rule pays a member for it once.
 */
export async function earned(
  tx: Tx,
  { member, community, settings }: Earner,
  rule: Rule,
  about: string,
  at: Date,
): Promise<Move[]> {
  const paying = settings.earning[rule]
  if (!paying.enabled) return []
  const reason = reasons[rule]
  const moves = givenOf(community, await rewardOf(tx, member, settings, rule)).map(
    ({ unit, amount }): Move => ({
      memberId: member.id,
      unit,
      amount,
      reason,
      key: `${reason}:${member.id}:${about}:${unit}`,
      actor: member.id,
    }),
  )
  if (moves.length === 0 || !('limitPerDay' in paying)) return moves
  return (await isPaid(tx, member, zoneOf(member, community), rule, paying, moves, at)) ? moves : []
}

/** Pays a member for something that they did, where a rule of the community does (see `earned`). Answers what it has paid. */
export async function earn(tx: Tx, memberId: string, rule: Rule, about: string, at: Date): Promise<Move[]> {
  await shareBoards(tx)
  const [member, community, settings] = await Promise.all([
    activeMember(tx, memberId),
    thisCommunity(tx),
    gamificationOf(tx),
  ])
  if (!member) return []
  const moves = await cutToRoom(tx, await earned(tx, { member, community, settings }, rule, about, at))
  const { posted } = await post(tx, moves, at)
  return posted > 0 ? moves : []
}

/** What a rule gives a member when it pays. */
export async function rewardOf(
  tx: Tx,
  member: Member,
  settings: Gamification,
  rule: Rule,
): Promise<Record<Unit, number>> {
  const { enabled, xp, currency } = settings.earning[rule]
  if (!enabled) return { xp: 0, currency: 0 }
  const boost = await boostOf(tx, member, settings)
  return { xp: Math.floor((xp * boost) / 100), currency }
}

/** What percentage of a rule's XP a member gets: that of the role of theirs that gives the most. */
async function boostOf(tx: Tx, member: Member, { roleBoosts }: Gamification): Promise<number> {
  const named = roleBoosts.filter(({ roleId }) => member.role_ids.includes(roleId))
  if (named.length === 0) return 100
  // One that is gone may still be named.
  const roles = await rolesOf(tx, member)
  return Math.max(100, ...named.filter(({ roleId }) => roles.some(({ id }) => id === roleId)).map((one) => one.percent))
}

/** What happens at once is paid one after the other. */
export async function takeEarnings(tx: Tx, memberId: string): Promise<void> {
  await shareBoards(tx)
  await takeTurn(tx, 'earnings', memberId)
}

/** Whether a rule that does not pay at any time pays now. Then it is counted. */
async function isPaid(
  tx: Tx,
  { id: memberId }: Member,
  timeZone: string,
  rule: Rule,
  pace: Pace,
  moves: readonly Move[],
  at: Date,
): Promise<boolean> {
  if (pace.cooldownSeconds === 0 && pace.limitPerDay === null) return true
  await takeEarnings(tx, memberId)
  const [before, repeated] = await Promise.all([
    tx.db
      .selectFrom('earnings')
      .select(['paid_at as at', 'day', 'day_ends_at as endsAt', 'count'])
      .where('community_id', '=', tx.communityId)
      .where('member_id', '=', memberId)
      .where('rule', '=', rule)
      .executeTakeFirst(),
    tx.db
      .selectFrom('transactions')
      .select('id')
      .where('community_id', '=', tx.communityId)
      .where(
        'key',
        'in',
        moves.map(({ key }) => key),
      )
      .limit(1)
      .executeTakeFirst(),
  ])
  const paid = repeated ? undefined : payOne(before, pace, at, timeZone)
  if (!paid) return false
  const row = { paid_at: paid.at, day: paid.day, day_ends_at: paid.endsAt, count: paid.count }
  await tx.db
    .insertInto('earnings')
    .values({ community_id: tx.communityId, member_id: memberId, rule, ...row })
    .onConflict((oc) => oc.columns(['community_id', 'member_id', 'rule']).doUpdateSet(row))
    .execute()
  return true
}
