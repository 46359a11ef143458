import { createHash, timingSafeEqual } from 'node:crypto'
import type { SocialReason } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { thisCommunity } from '../communities.js'
import { emit } from '../events.js'
import { recordFacts } from '../facts.js'
import { givenOf } from '../gamification/settings.js'
import { type Move, post } from '../ledger.js'
import { shareBoards } from '../locks.js'
import {
  changeProgress,
  type Doer,
  holdPeriod,
  holdProgress,
  isClaimable,
  progressAt,
  type Row,
  rewardFor,
} from './progress.js'
import type { Quest } from './quests.js'

/** What is known of a claim. */
export type Verdict =
  | { is: 'yes' }
  /** `retryAt`: when who knows may be asked again, where they say so. */
  | { is: 'no'; reason: SocialReason; retryAt?: Date | undefined }
  | { is: 'later'; retryAt?: Date | undefined }
  /** Somebody will look. */
  | { is: 'in_review'; until: Date }

/** One request's turn to ask who knows, while the others wait. */
export interface Turn {
  until: Date
  openedAt: Date
  /** Which one it was taken in: the answer may come after it has ended, and is for it. */
  period: Row['period']
}

/** Who is asked answers within five seconds, and a network may be asked three times. Whoever is killed meanwhile leaves it after that. */
const turnMs = 20_000

/** Writes down that a member opened a quest. Again in the same period is as once. */
export async function start(tx: Tx, quest: Quest, doer: Doer, at: Date): Promise<void> {
  const { isNew } = await holdProgress(tx, quest, doer, at)
  if (isNew) await emit(tx, 'social.changed', doer.memberId)
}

/** Takes the turn to ask whether a quest is done. Null where there is nothing to ask now, and while another request asks. */
export async function beginAsking(tx: Tx, quest: Quest, doer: Doer, at: Date): Promise<Turn | null> {
  const { row } = await holdProgress(tx, quest, doer, at)
  if (!isClaimable(progressAt(quest, row, doer.timeZone, at))) return null
  const until = new Date(at.getTime() + turnMs)
  await changeProgress(tx, row, { checking_until: until })
  return { until, openedAt: row.opened_at, period: row.period }
}

/**
 * Does with a claim what is known of it. One that is not to be looked at now changes nothing: many claims are one credit.
 * @param judge Says what is known. It is asked once the quest is held, and only if the claim is looked at.
 * @param turn The one that was taken for it, for what was asked outside.
 * @returns Whether it was looked at.
 */
export async function claim(
  tx: Tx,
  quest: Quest,
  doer: Doer,
  judge: (row: Row) => Verdict | Promise<Verdict>,
  at: Date,
  turn?: Turn,
): Promise<boolean> {
  // Before what is held of the member, as whatever posts takes it.
  await shareBoards(tx)
  const row = turn ? await heldTurn(tx, quest, doer, turn) : await heldClaimable(tx, quest, doer, at)
  if (!row) return false
  await settle(tx, quest, row, await judge(row), at)
  return true
}

/** The row that a turn was taken for. Undefined where it was taken away since. */
async function heldTurn(tx: Tx, { id }: Quest, { memberId }: Doer, { until, period }: Turn): Promise<Row | undefined> {
  const row = await holdPeriod(tx, { quest_id: id, member_id: memberId, period })
  return row?.checking_until?.getTime() === until.getTime() ? row : undefined
}

async function heldClaimable(tx: Tx, quest: Quest, doer: Doer, at: Date): Promise<Row | undefined> {
  const { row } = await holdProgress(tx, quest, doer, at)
  return isClaimable(progressAt(quest, row, doer.timeZone, at)) ? row : undefined
}

async function settle(tx: Tx, quest: Quest, row: Row, verdict: Verdict, at: Date): Promise<void> {
  if (verdict.is === 'yes') return credit(tx, quest, row, at, row.member_id)
  const over = { checking_until: null, rejection: null }
  if (verdict.is === 'in_review') {
    await changeProgress(tx, row, { ...over, state: 'in_review', reason: null, next_at: verdict.until })
  } else {
    const isNo = verdict.is === 'no'
    await changeProgress(tx, row, {
      ...over,
      state: isNo ? 'failed' : 'waiting',
      reason: isNo ? verdict.reason : null,
      next_at: nextTry(quest, verdict, at),
      attempts: row.attempts + (isNo && verdict.reason === 'wrong_code' ? 1 : 0),
    })
  }
  await emit(tx, 'social.changed', row.member_id)
}

/** What members do something about themselves needs no time. */
const atOnce: readonly SocialReason[] = ['not_connected', 'disconnected']

function nextTry({ settings }: Quest, verdict: Verdict & { is: 'no' | 'later' }, at: Date): Date | null {
  if (verdict.is === 'no' && atOnce.includes(verdict.reason)) return null
  const cooled = at.getTime() + settings.cooldownSeconds * 1000
  return new Date(Math.max(cooled, verdict.retryAt?.getTime() ?? 0))
}

const units = ['xp', 'currency'] as const

/**
 * Credits a member for a quest, once a period.
 * @param row As it is held.
 * @param actor Who says that it is done: a key's or a member's id.
 */
export async function credit(tx: Tx, quest: Quest, row: Row, at: Date, actor: string): Promise<void> {
  if (row.state === 'done') return
  const given = givenOf(await thisCommunity(tx), await rewardFor(tx, quest, row))
  const { member_id: memberId, period } = row
  const moves = given.map(({ unit, amount }): Move => {
    const key = `social:${quest.id}:${memberId}:${period}:${unit}`
    return { memberId, unit, amount, reason: 'social', key, actor }
  })
  await post(tx, moves, at)
  const amounts = Object.fromEntries(
    units.map((unit) => [unit, given.find((one) => one.unit === unit)?.amount ?? 0]),
  ) as Record<(typeof units)[number], number>
  const over = { checking_until: null, reason: null, rejection: null, next_at: null }
  await changeProgress(tx, row, { ...over, state: 'done', ...amounts })
  const done = { memberId, kind: 'social', key: `${quest.id}:${period}`, subject: quest.id, at } as const
  await recordFacts(tx, [done])
  await emit(tx, 'social.changed', memberId)
}

/** Whether a code is one of a quest's. It takes as long whichever it is, and whether it is one. */
export function isCode({ settings: { codes } }: Quest, text: string): boolean {
  const shown = digest(text)
  return codes.filter((code) => timingSafeEqual(digest(code), shown)).length > 0
}

/** Of what people would call the same. */
const digest = (text: string): Buffer =>
  createHash('sha256').update(text.trim().normalize('NFKC').toLowerCase()).digest()
