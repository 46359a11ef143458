import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { isId, newId } from '../ids.js'
import { holdRow, shareBoards } from '../locks.js'
import { forgetImages } from '../pictures/images.js'
import { awardBadge, badgesOf } from './awards.js'
import { type Badge, badgeById } from './badges.js'

/** A member asks for a badge. */
export type Application = Selectable<Tables['badge_applications']> & { username: string }

const applications = (tx: Tx) =>
  tx.db
    .selectFrom('badge_applications as a')
    .innerJoin('members as m', (join) =>
      join.on('m.community_id', '=', tx.communityId).onRef('m.id', '=', 'a.member_id'),
    )
    .selectAll('a')
    .select('m.username')
    .where('a.community_id', '=', tx.communityId)
    .where('m.status', '<>', 'deleted')
    // Those of a badge that is being taken away are there for a moment yet.
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('badges as b')
          .select('b.id')
          .where('b.community_id', '=', tx.communityId)
          .whereRef('b.id', '=', 'a.badge_id')
          .where('b.deleted_at', 'is', null),
      ),
    )

/**
 * Applies for a badge. An application that was decided gives way to the new one.
 * @param badge As it is held.
 * @throws Failure `conflict` for a badge that nobody applies for, `invalid_request` without the proof that it asks for,
 * `already_exists` for who has it, or has an application waiting.
 */
export async function apply(
  tx: Tx,
  badge: Badge,
  memberId: string,
  { note, attachmentId }: { note: string; attachmentId: string | null },
  at: Date,
): Promise<Application> {
  if (!badge.applied) throw new Failure('conflict', 'Nobody applies for this badge.')
  if (badge.attach_required && !attachmentId) {
    throw new Failure('invalid_request', 'Send a picture as proof.', [{ path: 'attachment', message: 'is missing' }])
  }
  if ((await badgesOf(tx, memberId)).some(({ id }) => id === badge.id))
    throw new Failure('already_exists', 'You have this badge.')
  const { rows } = await sql`
    insert into badge_applications as a (community_id, id, badge_id, member_id, note, attachment_id, state, created_at)
    values (${tx.communityId}, ${newId(at.getTime())}, ${badge.id}, ${memberId}, ${note}, ${attachmentId}, 'waiting', ${at})
    on conflict (community_id, badge_id, member_id) do update set id = excluded.id, note = excluded.note,
      attachment_id = excluded.attachment_id, state = 'waiting', created_at = excluded.created_at, decided_at = null, actor = null
      where a.state <> 'waiting'
    returning 1`.execute(tx.db)
  if (rows.length === 0) throw new Failure('already_exists', 'You have applied for this badge: your application waits.')
  return applicationFor(tx, badge.id, memberId)
}

/** A member's newest application for a badge. */
export async function applicationFor(tx: Tx, badgeId: string, memberId: string): Promise<Application> {
  const application = isId(badgeId)
    ? await applications(tx).where('badge_id', '=', badgeId).where('member_id', '=', memberId).executeTakeFirst()
    : undefined
  if (!application) throw new Failure('not_found', 'You have not applied for such a badge.')
  return application
}

/** Takes away what members have said and shown for themselves. */
export async function eraseApplications(tx: Tx, memberIds: readonly string[], at: Date): Promise<void> {
  const erased = await tx.db
    .deleteFrom('badge_applications')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[])`)
    .returning('attachment_id')
    .execute()
  const proofs = erased.map(({ attachment_id }) => attachment_id)
  await forgetImages(tx, proofs, at)
}

export interface ApplicationPage {
  state: Application['state']
  badgeId: string | undefined
  /** The last one of the page before. */
  after: string | undefined
  limit: number
}

/** Applications, oldest first. */
export function listApplications(tx: Tx, { state, badgeId, after, limit }: ApplicationPage): Promise<Application[]> {
  let found = applications(tx).where('state', '=', state)
  if (badgeId !== undefined) found = found.where('badge_id', '=', badgeId)
  if (after !== undefined) found = found.where('a.id', '>', after)
  return found.orderBy('a.id').limit(limit).execute()
}

/**
 * Decides an application. An approved one gives the member the badge, and what it gives. Again is as once. Answers as well
 * which proof is not needed any more.
 * @param actor Who decides: a key's or a member's id.
 * @throws Failure `not_found`, or `conflict` where it was decided the other way.
 */
export async function decide(
  tx: Tx,
  id: string,
  state: 'approved' | 'rejected',
  at: Date,
  actor: string,
): Promise<{ application: Application; proof: string | null }> {
  await shareBoards(tx)
  const before = await applicationById(tx, id)
  if (before.state === state) return { application: before, proof: null }
  if (before.state !== 'waiting') throw new Failure('conflict', `This application was ${before.state}.`)
  if (state === 'approved') await awardBadge(tx, await badgeById(tx, before.badge_id), before.member_id, at, actor)
  await tx.db
    .updateTable('badge_applications')
    .set({ state, decided_at: at, actor, attachment_id: null })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .execute()
  return { application: await applicationById(tx, id), proof: before.attachment_id }
}

/** Nobody else decides it until the transaction ends. */
async function applicationById(tx: Tx, id: string): Promise<Application> {
  const application = isId(id) ? await holdRow(tx, applications(tx).where('a.id', '=', id), 'a') : undefined
  if (!application) throw new Failure('not_found', 'There is no such application.')
  return application
}
