import type { SocialReason, SocialRepeat, SocialReward, SocialState } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import type { Community } from '../communities.js'
import { zoneOf } from '../gamification/streaks.js'
import { holdRow } from '../locks.js'
import type { Member } from '../members/members.js'
import { addDays, beginningOfTime, type Day, dayOf, momentOf, nextRunStart, runStart } from '../time.js'
import type { Quest } from './quests.js'
import { referralsSince } from './referrals.js'

/** Where a member is with a quest in a period, as it is kept. */
export type Row = Selectable<Tables['social_progress']>

/** The same at a moment. */
export interface Progress {
  state: SocialState
  reason: SocialReason | null
  openedAt: Date | null
  /** When the state ends by itself. */
  until: Date | null
  /** Where codes are counted: how many can still be tried. */
  attemptsLeft: number | null
  rejection: string | null
  given: { xp: number; currency: number } | null
}

/** Who does quests, and by which calendar. */
export interface Doer {
  memberId: string
  timeZone: string
  /** ISO day of the week on which weeks begin. */
  weekStart: number
}

export const doerOf = (member: Member, community: Community): Doer => ({
  memberId: member.id,
  timeZone: zoneOf(member, community),
  weekStart: community.week_start,
})

const runs = { once: 'all', daily: 'day', weekly: 'week' } as const satisfies Record<SocialRepeat, string>

/** The period of a quest that holds a moment, by its first day. */
export const periodAt = (repeat: SocialRepeat, { timeZone, weekStart }: Doer, at: Date): Day =>
  runStart(runs[repeat], dayOf(at, timeZone), weekStart)

/** When a period began. */
const beganAt = (period: Day, timeZone: string): Date =>
  period === beginningOfTime ? new Date(0) : momentOf(period, timeZone)

/** When the one after it begins, unless the quest is over by then. */
function nextAt({ settings: { repeat, endsAt } }: Quest, period: Day, timeZone: string): Date | null {
  const next = nextRunStart(runs[repeat], period)
  const at = next && momentOf(next, timeZone)
  return at && (endsAt === null || at < new Date(endsAt)) ? at : null
}

/** Where a member is at a moment. @param row Of the period that holds it, if there is one. */
export function progressAt(quest: Quest, row: Row | undefined, timeZone: string, at: Date): Progress {
  const attempts = quest.settings.attempts
  const counted = quest.proof === 'code'
  if (!row) {
    const nothing = { reason: null, openedAt: null, until: null, rejection: null, given: null }
    return { state: 'idle', attemptsLeft: counted ? attempts : null, ...nothing }
  }
  const attemptsLeft = counted ? Math.max(0, attempts - row.attempts) : null
  const base = { openedAt: row.opened_at, attemptsLeft, rejection: null, given: null }
  const is = (state: SocialState, reason: SocialReason | null, until: Date | null): Progress => ({
    ...base,
    state,
    reason,
    until,
  })
  const waits = row.next_at !== null && row.next_at > at
  const later = waits ? row.next_at : null
  if (row.state === 'done') {
    const until = nextAt(quest, row.period, timeZone)
    return { ...is('done', null, until), given: { xp: row.xp, currency: row.currency } }
  }
  if (row.state === 'in_review') return is('in_review', null, later)
  if (row.checking_until && row.checking_until > at) return is('checking', null, row.checking_until)
  if (row.state === 'failed') {
    if (attemptsLeft === 0) return is('failed', 'attempts_used', nextAt(quest, row.period, timeZone))
    return { ...is(waits ? 'cooling_down' : 'failed', row.reason, later), rejection: row.rejection }
  }
  return waits ? is('waiting', row.state === 'waiting' ? 'later' : 'too_soon', later) : is('opened', null, null)
}

/** Whether a claim is looked at. */
export const isClaimable = ({ state, reason }: Progress): boolean =>
  state === 'idle' || state === 'opened' || (state === 'failed' && reason !== 'attempts_used')

/** What pages are shown of a quest. */
export interface Shown extends Progress {
  /** How often it was credited, in all periods. */
  times: number
  /** Where we count who came. */
  count: { have: number; need: number } | null
  /** Where more is given for so many periods in a row. */
  bonus: { have: number; need: number; reward: SocialReward } | null
}

/** Where a member is with some quests. */
export async function readProgress(
  tx: Tx,
  quests: readonly Quest[],
  doer: Doer,
  at: Date,
  counts: (quest: Quest) => boolean,
): Promise<Map<string, Shown>> {
  const ids = quests.map(({ id }) => id)
  const { rows } = await sql<Row & { times: number }>`
    select distinct on (quest_id) *, count(*) filter (where state = 'done') over (partition by quest_id) as times
    from social_progress
    where community_id = ${tx.communityId} and member_id = ${doer.memberId} and quest_id = any(${sql.val(ids)}::uuid[])
    order by quest_id, period desc`.execute(tx.db)
  const newest = new Map(rows.map((row) => [row.quest_id, row]))
  const shown = new Map<string, Shown>()
  for (const quest of quests) {
    const row = newest.get(quest.id)
    const period = periodAt(quest.settings.repeat, doer, at)
    const current = row && row.period >= period ? row : undefined
    shown.set(quest.id, {
      ...progressAt(quest, current, doer.timeZone, at),
      times: row?.times ?? 0,
      count: counts(quest) ? await countOf(tx, quest, doer, at) : null,
      bonus: await bonusOf(tx, quest, doer.memberId, current?.period ?? period, current?.state === 'done'),
    })
  }
  return shown
}

/** What a member gets if what they have sent in is found good, and by when it is looked at. */
export async function reviewedRewards(
  tx: Tx,
  memberId: string,
): Promise<{ reward: SocialReward; until: Date | null }[]> {
  const rows = await tx.db
    .selectFrom('social_progress as p')
    .innerJoin('social_quests as q', (join) =>
      join.onRef('q.community_id', '=', 'p.community_id').onRef('q.id', '=', 'p.quest_id'),
    )
    .select(['q.settings', 'p.next_at'])
    .where('p.community_id', '=', tx.communityId)
    .where('p.member_id', '=', memberId)
    .where('p.state', '=', 'in_review')
    .execute()
  return rows.map(({ settings, next_at }) => ({ reward: settings.reward, until: next_at }))
}

/** How many came by a member in a quest's period, and how many are needed. */
export async function countOf(tx: Tx, quest: Quest, doer: Doer, at: Date): Promise<{ have: number; need: number }> {
  const since = beganAt(periodAt(quest.settings.repeat, doer, at), doer.timeZone)
  return { have: await referralsSince(tx, doer.memberId, since), need: quest.settings.quantity }
}

/**
 * How many periods in a row count for what a quest gives besides, of how many. Null where it gives nothing besides.
 * @param isDone It is done in the period that is on.
 */
async function bonusOf(tx: Tx, quest: Quest, memberId: string, period: Day, isDone: boolean) {
  const { bonus } = quest.settings
  if (!bonus) return null
  const { every: need, reward } = bonus
  const n = await inRow(tx, quest, memberId, isDone ? period : periodBefore(quest, period))
  // Of the last of them all count, until the next begins.
  return { have: isDone && n % need === 0 ? need : n % need, need, reward }
}

const days = { once: 0, daily: 1, weekly: 7 } as const satisfies Record<SocialRepeat, number>

/** The period before one; of what is done once, that one. */
const periodBefore = ({ settings: { repeat } }: Quest, period: Day): Day => addDays(period, -days[repeat])

/** In how many periods in a row, of which one is the last, a member has done a quest that repeats. */
async function inRow(tx: Tx, { id, settings: { repeat } }: Quest, memberId: string, last: Day): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (
      select period, row_number() over (order by period desc)::int as place from social_progress
      where community_id = ${tx.communityId} and member_id = ${memberId} and quest_id = ${id} and state = 'done'
        and period <= ${last}::date
    ) done where period = ${last}::date - (place - 1) * ${days[repeat]}::int`.execute(tx.db)
  return rows[0]!.n
}

/** What a quest gives a member who does it in a period: more where that makes enough of them in a row. */
export async function rewardFor(tx: Tx, quest: Quest, { member_id, period }: Row): Promise<SocialReward> {
  const { reward, bonus } = quest.settings
  if (!bonus) return reward
  const n = 1 + (await inRow(tx, quest, member_id, periodBefore(quest, period)))
  if (n % bonus.every !== 0) return reward
  return { xp: reward.xp + bonus.reward.xp, currency: reward.currency + bonus.reward.currency }
}

/**
 * The row of a member's current period, made if there is none, which nobody else changes until the transaction ends. It is
 * never one before a row that is there: nobody gains a day by another time zone.
 */
export async function holdProgress(tx: Tx, quest: Quest, doer: Doer, at: Date): Promise<{ row: Row; isNew: boolean }> {
  const period = periodAt(quest.settings.repeat, doer, at)
  const find = () =>
    holdRow(
      tx,
      tx.db
        .selectFrom('social_progress')
        .selectAll()
        .where('community_id', '=', tx.communityId)
        .where('member_id', '=', doer.memberId)
        .where('quest_id', '=', quest.id)
        .where('period', '>=', period)
        .orderBy('period', 'desc')
        .limit(1),
    )
  const known = await find()
  if (known) return { row: known, isNew: false }
  const { waitSeconds } = quest.settings
  const made = await tx.db
    .insertInto('social_progress')
    .values({
      community_id: tx.communityId,
      member_id: doer.memberId,
      quest_id: quest.id,
      period,
      state: 'opened',
      opened_at: at,
      next_at: waitSeconds > 0 ? new Date(at.getTime() + waitSeconds * 1000) : null,
    })
    .onConflict((oc) => oc.columns(['community_id', 'member_id', 'quest_id', 'period']).doNothing())
    .returningAll()
    .executeTakeFirst()
  // Else somebody has just made it.
  return made ? { row: made, isNew: true } : { row: (await find())!, isNew: false }
}

/** The row of one period, which nobody else changes until the transaction ends. */
export const holdPeriod = (
  tx: Tx,
  { member_id, quest_id, period }: Pick<Row, 'member_id' | 'quest_id' | 'period'>,
): Promise<Row | undefined> =>
  holdRow(
    tx,
    tx.db
      .selectFrom('social_progress')
      .selectAll()
      .where('community_id', '=', tx.communityId)
      .where('member_id', '=', member_id)
      .where('quest_id', '=', quest_id)
      .where('period', '=', period),
  )

export async function changeProgress(
  tx: Tx,
  { member_id, quest_id, period }: Pick<Row, 'member_id' | 'quest_id' | 'period'>,
  changes: Partial<Omit<Row, 'community_id' | 'member_id' | 'quest_id' | 'period'>>,
): Promise<void> {
  await tx.db
    .updateTable('social_progress')
    .set(changes)
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', member_id)
    .where('quest_id', '=', quest_id)
    .where('period', '=', period)
    .execute()
}
