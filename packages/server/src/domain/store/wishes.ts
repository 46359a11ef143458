import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { takeTurn } from '../locks.js'

/** An item that a member saves for. */
export type Wish = Pick<Selectable<Tables['wishes']>, 'notify' | 'back_at'>

/** Nobody saves for more. */
const mostWishes = 200

/**
 * Has a member save for an item. Again, it waits anew.
 * @throws Failure `conflict` where there are too many.
 */
export async function wish(tx: Tx, memberId: string, productId: string, notify: boolean, at: Date): Promise<void> {
  await takeTurn(tx, 'wishes', memberId)
  const { n } = await tx.db
    .selectFrom('wishes')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('product_id', '<>', productId)
    .executeTakeFirstOrThrow()
  if (n >= mostWishes) throw new Failure('conflict', `You save for ${mostWishes} items already. Take one off first.`)
  await tx.db
    .insertInto('wishes')
    .values({ community_id: tx.communityId, member_id: memberId, product_id: productId, notify, created_at: at })
    .onConflict((oc) => oc.columns(['community_id', 'member_id', 'product_id']).doUpdateSet({ notify, back_at: null }))
    .execute()
}

export async function unwish(tx: Tx, memberId: string, productId: string): Promise<void> {
  await tx.db
    .deleteFrom('wishes')
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('product_id', '=', productId)
    .execute()
}

/** Tells everybody who waits for a product that it can be bought again, once each, in one statement however many wait. */
export async function tellWishers(tx: Tx, productId: string, at: Date): Promise<void> {
  await sql`
    with told as (
      update wishes set back_at = ${at}::timestamptz
      where community_id = ${tx.communityId} and product_id = ${productId} and notify and back_at is null
      returning member_id
    )
    insert into events (community_id, id, type, subject)
    select ${tx.communityId}::uuid, gen_random_uuid(), 'wish.changed', member_id from told
    returning 1`.execute(tx.db)
  tx.wake('events')
}
