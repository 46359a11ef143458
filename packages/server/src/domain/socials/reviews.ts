import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { isId, newId } from '../ids.js'
import { holdRow, shareBoards } from '../locks.js'
import { forgetImages } from '../pictures/images.js'
import { credit } from './claims.js'
import { changeProgress, holdPeriod, type Row } from './progress.js'
import type { Quest } from './quests.js'

/** What a member sent in for a quest. */
export type Review = Selectable<Tables['social_reviews']> & { username: string; title: string }

/** What is sent in, as a quest asks for it. */
export interface Evidence {
  note: string | null
  link: string | null
  pictureId: string | null
}

const reviews = (tx: Tx) =>
  tx.db
    .selectFrom('social_reviews as r')
    .innerJoin('members as m', (join) =>
      join.on('m.community_id', '=', tx.communityId).onRef('m.id', '=', 'r.member_id'),
    )
    .innerJoin('social_quests as q', (join) =>
      join.on('q.community_id', '=', tx.communityId).onRef('q.id', '=', 'r.quest_id'),
    )
    .selectAll('r')
    .select(['m.username', 'q.title'])
    .where('r.community_id', '=', tx.communityId)
    .where('m.status', '<>', 'deleted')

/**
 * Puts what a member sent in into the queue. Says by when somebody will have looked.
 * @throws Failure `invalid_request` where something is missing that the quest asks for.
 */
export async function sendIn(tx: Tx, quest: Quest, row: Row, evidence: Evidence, at: Date): Promise<Date> {
  const { asks, reviewHours } = quest.settings
  const sent = { note: evidence.note?.trim(), link: evidence.link, picture: evidence.pictureId }
  const missing = asks.filter((what) => !sent[what])
  if (missing.length > 0) {
    const details = missing.map((path) => ({ path, message: 'is missing' }))
    throw new Failure('invalid_request', 'Send what the quest asks for.', details)
  }
  await tx.db
    .insertInto('social_reviews')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      quest_id: quest.id,
      member_id: row.member_id,
      period: row.period,
      note: evidence.note ?? '',
      link: evidence.link,
      picture_id: evidence.pictureId,
      state: 'waiting',
      created_at: at,
    })
    .execute()
  return new Date(at.getTime() + reviewHours * 3_600_000)
}

export interface ReviewPage {
  state: Review['state']
  questId: string | undefined
  /** The last one of the page before. */
  after: string | undefined
  limit: number
}

/** Reviews, oldest first. */
export function listReviews(tx: Tx, { state, questId, after, limit }: ReviewPage): Promise<Review[]> {
  let found = reviews(tx).where('r.state', '=', state)
  if (questId !== undefined) found = found.where('r.quest_id', '=', questId)
  if (after !== undefined) found = found.where('r.id', '>', after)
  return found.orderBy('r.id').limit(limit).execute()
}

/**
 * Decides a review. One that is approved is credited. Again is as once.
 * @param decision A reason says no.
 * @param actor Who decides: a key's or a member's id.
 * @throws Failure `not_found`, or `conflict` where it was decided the other way.
 */
export async function decide(
  tx: Tx,
  id: string,
  { reason }: { reason: string | null },
  at: Date,
  actor: string,
): Promise<Review> {
  const state = reason === null ? 'approved' : 'rejected'
  await shareBoards(tx)
  const before = await reviewById(tx, id)
  if (before.state === state) return before
  if (before.state !== 'waiting') throw new Failure('conflict', `This was ${before.state}.`)
  await tx.db
    .updateTable('social_reviews')
    .set({ state, reason, decided_at: at, actor, picture_id: null })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .execute()
  await forgetImages(tx, [before.picture_id], at)
  const { quest, row } = await whatItIsFor(tx, before)
  if (reason === null) await credit(tx, quest, row, at, actor)
  else if (row.state === 'in_review') {
    const next_at = new Date(at.getTime() + quest.settings.cooldownSeconds * 1000)
    await changeProgress(tx, row, { state: 'failed', reason: 'rejected', rejection: reason, next_at })
    await emit(tx, 'social.changed', row.member_id)
  }
  return reviewById(tx, id)
}

/** Nobody else decides it until the transaction ends. */
async function reviewById(tx: Tx, id: string): Promise<Review> {
  const review = isId(id) ? await holdRow(tx, reviews(tx).where('r.id', '=', id), 'r') : undefined
  if (!review) throw new Failure('not_found', 'There is no such review.')
  return review
}

/** The quest, which may have been deleted since, and where the member is with it. */
async function whatItIsFor(tx: Tx, review: Review): Promise<{ quest: Quest; row: Row }> {
  const quest = await tx.db
    .selectFrom('social_quests')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('id', '=', review.quest_id)
    .executeTakeFirstOrThrow()
  const row = await holdPeriod(tx, review)
  return { quest, row: row! }
}

/** Takes away what members have said and shown for themselves, and what was said of it. */
export async function eraseReviews(tx: Tx, memberIds: readonly string[], at: Date): Promise<void> {
  const them = sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[])`
  const erased = await tx.db
    .deleteFrom('social_reviews')
    .where('community_id', '=', tx.communityId)
    .where(them)
    .returning('picture_id')
    .execute()
  const pictures = erased.map(({ picture_id }) => picture_id)
  await forgetImages(tx, pictures, at)
  await tx.db
    .updateTable('social_progress')
    .set({ rejection: null })
    .where('community_id', '=', tx.communityId)
    .where(them)
    .where('rejection', 'is not', null)
    .execute()
}
