import type { Unit } from '@rai/contract'
import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { thisCommunity } from '../communities.js'
import { emit } from '../events.js'
import { earn } from '../gamification/earning.js'
import { givenOf } from '../gamification/settings.js'
import { type Move, post } from '../ledger.js'
import type { Member } from '../members/members.js'

/** Where members send people, and what it gives who comes. */
export interface Program {
  /** `{code}` stands for who sends them; null where there is no such page. */
  page: string | null
  referred: { xp: number; currency: number }
  revision: number
  /** Null while nothing was set. */
  updatedAt: Date | null
}

export async function programOf(tx: Tx): Promise<Program> {
  const row = await tx.db
    .selectFrom('referral_programs')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .executeTakeFirst()
  return {
    page: row?.page ?? null,
    referred: { xp: row?.referred_xp ?? 0, currency: row?.referred_currency ?? 0 },
    revision: row?.revision ?? 0,
    updatedAt: row?.updated_at ?? null,
  }
}

/** Changes what is given, and nothing else. */
export async function changeProgram(
  tx: Tx,
  { page, referred }: { page?: string | null | undefined; referred?: Program['referred'] | undefined },
  at: Date,
): Promise<void> {
  const columns = {
    ...(page !== undefined && { page }),
    ...(referred && { referred_xp: referred.xp, referred_currency: referred.currency }),
    updated_at: at,
  }
  await tx.db
    .insertInto('referral_programs')
    .values({ community_id: tx.communityId, ...columns })
    .onConflict((oc) =>
      oc.column('community_id').doUpdateSet({ ...columns, revision: sql`referral_programs.revision + 1` }),
    )
    .execute()
  await emit(tx, 'social.changed', null)
}

/** A link with a member's own code in it. */
export const withCode = (link: string, { referral_code }: Pick<Member, 'referral_code'>): string =>
  link.replaceAll('{code}', referral_code)

/**
 * Who sends people by a link. Undefined for a code that is nobody's.
 * @param code As it stood in an address, where anybody can write.
 */
export async function memberByCode(tx: Tx, code: string): Promise<Member | undefined> {
  const found = await tx.db
    .selectFrom('members')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('referral_code', '=', code.trim())
    .where('status', '=', 'active')
    .limit(2)
    .execute()
  // Two that have the same are told apart by nobody.
  return found.length === 1 ? found[0] : undefined
}

/** Gives a new member, and who brought them, what that gives. Their earnings were taken before (`takeEarnings`). */
export async function payReferral(tx: Tx, member: Member, referrerId: string, at: Date): Promise<void> {
  await addUp(tx, referrerId, await earn(tx, referrerId, 'referral', member.id, at))
  const { referred } = await programOf(tx)
  const moves = givenOf(await thisCommunity(tx), referred).map(({ unit, amount }): Move => {
    const key = `referred:${member.id}:${unit}`
    return { memberId: member.id, unit, amount, reason: 'referral', key, actor: referrerId }
  })
  await post(tx, moves, at)
  await emit(tx, 'social.changed', referrerId)
}

/** How many came by a member since a moment, and are still there. */
export async function referralsSince(tx: Tx, memberId: string, since: Date): Promise<number> {
  const { n } = await tx.db
    .selectFrom('members')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('community_id', '=', tx.communityId)
    .where('referred_by', '=', memberId)
    .where('created_at', '>=', since)
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow()
  return n
}

/** Keeps what a member is given for somebody who came, beside what they had for others. */
async function addUp(tx: Tx, memberId: string, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) return
  await tx.db
    .insertInto('referral_gains')
    .values(moves.map(({ unit, amount }) => ({ community_id: tx.communityId, member_id: memberId, unit, amount })))
    .onConflict((oc) =>
      oc.columns(['community_id', 'member_id', 'unit']).doUpdateSet({
        amount: sql<number>`least(referral_gains.amount + excluded.amount, ${Number.MAX_SAFE_INTEGER}::bigint)`,
      }),
    )
    .execute()
}

/** What a member was given for those who came. */
export async function earnedByReferrals(tx: Tx, memberId: string): Promise<Record<Unit, number>> {
  const rows = await tx.db
    .selectFrom('referral_gains')
    .select(['unit', 'amount'])
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .execute()
  return { xp: 0, currency: 0, ...Object.fromEntries(rows.map(({ unit, amount }) => [unit, amount])) }
}
