import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { emit } from '../events.js'
import { recordFacts } from '../facts.js'
import { Failure } from '../failure.js'
import { holdStock, takeTurn } from '../locks.js'
import { freeCodes } from './codes.js'
import { storeOf } from './settings.js'

/** An item that a member saves for. */
export type Wish = Pick<Selectable<Tables['wishes']>, 'notify' | 'back_at'>

/** Nobody saves for more. */
const mostWishes = 200

/**
 * Has a member save for an item, which milestones count. Again, it waits anew.
 * @throws Failure `conflict` where there are too many.
 */
export async function wish(tx: Tx, memberId: string, productId: string, notify: boolean, at: Date): Promise<void> {
  await takeTurn(tx, 'wishes', memberId)
  const { n } = await tx.db
    .selectFrom('wishes as w')
    .innerJoin('products as p', (join) =>
      join.on('p.community_id', '=', tx.communityId).onRef('p.id', '=', 'w.product_id'),
    )
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('w.community_id', '=', tx.communityId)
    .where('w.member_id', '=', memberId)
    .where('w.product_id', '<>', productId)
    // Nobody sees the others to take them off.
    .where('p.deleted_at', 'is', null)
    .where('p.is_archived', '=', false)
    .executeTakeFirstOrThrow()
  if (n >= mostWishes) throw new Failure('conflict', `You save for ${mostWishes} items already. Take one off first.`)
  await tx.db
    .insertInto('wishes')
    .values({ community_id: tx.communityId, member_id: memberId, product_id: productId, notify, created_at: at })
    .onConflict((oc) =>
      oc
        .columns(['community_id', 'member_id', 'product_id'])
        .doUpdateSet({ notify, back_at: null, is_mail_due: false }),
    )
    .execute()
  await recordFacts(tx, [{ memberId, kind: 'wish', key: productId, at }])
  await emit(tx, 'milestone.changed', memberId)
}

/** Answers whether the member saved for it. */
export async function unwish(tx: Tx, memberId: string, productId: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('wishes')
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('product_id', '=', productId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Does something to a product, and tells who waits for it when it can be sold since. Others wait who sell or give it back. */
export async function tellingWishers<T>(tx: Tx, productId: string, at: Date, change: () => Promise<T>): Promise<T> {
  const product = tx.db.selectFrom('products').select('id')
  await holdStock(tx, product.where('community_id', '=', tx.communityId).where('id', '=', productId))
  const before = await canBeSold(tx, productId, at)
  const changed = await change()
  if (!before && (await canBeSold(tx, productId, at))) await tellWishers(tx, productId, at)
  return changed
}

/** Whether a product is on pages, its time is now, and there is one. */
async function canBeSold({ db, communityId }: Tx, productId: string, at: Date): Promise<boolean> {
  const { rows } = await sql`
    select from products p
    where p.community_id = ${communityId} and p.id = ${productId} and p.deleted_at is null and not p.is_archived
      and coalesce(p.starts_at <= ${at}, true) and coalesce(p.ends_at > ${at}, true)
      and case p.type when 'voucher' then exists (${freeCodes(communityId, at)}) else coalesce(p.sold < p.stocked, true) end
  `.execute(db)
  return rows.length > 0
}

/** However many wait, in one statement and one event: pages of whoever saves for it read it again. */
async function tellWishers(tx: Tx, productId: string, at: Date): Promise<void> {
  const { numUpdatedRows } = await tx.db
    .updateTable('wishes')
    .set({ back_at: at, is_mail_due: (await storeOf(tx)).page !== null })
    .where('community_id', '=', tx.communityId)
    .where('product_id', '=', productId)
    .where('notify', '=', true)
    .where('back_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return
  await emit(tx, 'wish.changed', productId)
  tx.wake('notices')
}
