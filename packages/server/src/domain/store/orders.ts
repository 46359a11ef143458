import { randomInt } from 'node:crypto'
import type { OrderCategory, ProductType, VoucherState } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { isId, newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'
import { post } from '../ledger.js'
import { holdRow, shareBoards, takeTurn, taking } from '../locks.js'
import { balancesOf } from '../members/members.js'
import { buyerOf, canPay, type Offer, offerOf, refuseUnlessAvailable } from './offers.js'
import { answersTo } from './questions.js'
import { readQuote, writeQuote } from './quotes.js'
import { openStore } from './settings.js'
import { commonStatuses, findStatus, isReturned, namedStatus, type Status } from './statuses.js'
import { expiryOf, markRevealed, type Revealed, readVoucher, takeVoucher } from './vouchers.js'
import { tellingWishers } from './wishes.js'

/** Something that a member bought, with what is shown beside it. */
export type Order = Selectable<Tables['orders']> & {
  username: string
  type: ProductType
  image_id: string | null
  image_alt: string
  instructions: string
  link: string | null
  /** Of a status of the community that is there; null otherwise. */
  status_name: string | null
  status_color: string | null
  /** Of its code, where it has one. */
  voucher_id: string | null
  voucher_expires_at: Date | null
  voucher_revealed_at: Date | null
}

const orders = (tx: Tx) =>
  tx.db
    .selectFrom('orders as o')
    .innerJoin('products as p', (join) =>
      join.on('p.community_id', '=', tx.communityId).onRef('p.id', '=', 'o.product_id'),
    )
    .innerJoin('members as m', (join) =>
      join.on('m.community_id', '=', tx.communityId).onRef('m.id', '=', 'o.member_id'),
    )
    .leftJoin('order_statuses as s', (join) =>
      join.on('s.community_id', '=', tx.communityId).onRef('s.id', '=', 'o.status_id'),
    )
    .leftJoin('vouchers as v', (join) =>
      join.on('v.community_id', '=', tx.communityId).onRef('v.order_id', '=', 'o.id'),
    )
    .selectAll('o')
    .select([
      'm.username',
      'p.type',
      'p.image_id',
      'p.image_alt',
      'p.instructions',
      'p.link',
      's.name as status_name',
      's.color as status_color',
      'v.id as voucher_id',
      expiryOf('v.expires_at').as('voucher_expires_at'),
      'v.revealed_at as voucher_revealed_at',
    ])
    .where('o.community_id', '=', tx.communityId)

/** What an order is called, by its community or else by everybody. */
export const statusOf = ({ category, status_id, status_name, status_color }: Order): Status =>
  status_name === null || status_color === null
    ? commonStatuses[category]
    : { id: status_id!, name: status_name, category, color: status_color }

/** Null where there is no code. */
export function voucherOf(order: Order, at: Date): { state: VoucherState; expiresAt: Date | null } | null {
  if (order.voucher_id === null) return null
  const expiresAt = order.voucher_expires_at
  if (order.returned_at) return { state: 'void', expiresAt }
  if (expiresAt && expiresAt <= at) return { state: 'expired', expiresAt }
  return { state: order.voucher_revealed_at ? 'revealed' : 'sealed', expiresAt }
}

/** What an item costs a member for the next two minutes. */
export interface Quoted {
  text: string
  itemId: string
  price: number
  balance: number
  expiresAt: Date
}

/**
 * Tells a member what an item costs them. Nothing is held.
 * @param amount What they chose to pay, where the price is variable.
 * @throws Failure what `buy` does, and `invalid_request` for an amount that nobody can choose.
 */
export async function quote(
  tx: Tx,
  rootKey: RootKey,
  memberId: string,
  { itemId, amount }: { itemId: string; amount: number | undefined },
  at: Date,
): Promise<Quoted> {
  await openStore(tx)
  const buyer = await buyerOf(tx, memberId)
  const offer = await offerOf(tx, itemId, buyer, at)
  if (amount !== undefined && !canPay(offer, amount)) {
    const message = offer.variable_price ? 'must be one that the price allows' : 'is not asked: the price is fixed'
    throw new Failure('invalid_request', `The amount ${message}.`, [{ path: 'amount', message }])
  }
  const price = amount ?? offer.pays
  refuseUnlessAvailable(offer, buyer, price, at)
  const { text, expiresAt } = writeQuote(tx, rootKey, { memberId, itemId, price, amount }, at)
  return { text, itemId, price, balance: buyer.currency, expiresAt }
}

/**
 * Sells a member an item at the price of a quote: order, debit, stock, code and events stand or fall with the transaction.
 * Purchases of one member follow each other, so that limits hold; others wait for the last statements only, and where stock
 * is limited.
 * @throws Failure in the words of item states, `price_changed`, `quote_expired`, `not_found`, or `invalid_request` for
 * answers that are none.
 */
export async function buy(
  tx: Tx,
  rootKey: RootKey,
  memberId: string,
  { quote: written, information }: { quote: string; information: Readonly<Record<string, string>> },
  at: Date,
): Promise<{ order: Order; balance: number }> {
  const { id: quoteId, itemId, price: quoted, amount } = readQuote(tx, rootKey, written, memberId, at)
  const [, , , before, buyer] = await Promise.all([
    shareBoards(tx),
    takeTurn(tx, 'purchases', memberId),
    openStore(tx),
    orderOfQuote(tx, memberId, quoteId),
    buyerOf(tx, memberId),
  ])
  if (before) return { order: before, balance: buyer.currency }
  const offer = await offerOf(tx, itemId, buyer, at)
  const price = amount !== undefined && canPay(offer, amount) ? amount : offer.pays
  if (price !== quoted) throw new Failure('price_changed', undefined, [], { price })
  refuseUnlessAvailable(offer, buyer, price, at)
  const answers = answersTo(offer.questions, information)
  const id = newId(at.getTime())
  const status = await firstStatus(tx, offer)
  if (price > 0) await post(tx, [{ ...spending(id, memberId), amount: -price, reason: 'purchase' }], at)
  const [{ currency }] = await Promise.all([
    balancesOf(tx, memberId),
    emit(tx, 'store.item_purchased', id),
    emit(tx, 'order.updated', memberId),
    ...(offer.remaining === null ? [] : [emit(tx, 'store.changed', itemId)]),
  ])
  // Last: whoever else buys the same waits for it.
  const tookStock = offer.type === 'item' && (await takeOne(tx, itemId))
  await tx.db
    .insertInto('orders')
    .values({
      community_id: tx.communityId,
      id,
      number: numberOf(at),
      member_id: memberId,
      product_id: itemId,
      product_name: offer.name,
      price,
      ...columnsOf(status),
      information: JSON.stringify(answers),
      took_stock: tookStock,
      quote_id: quoteId,
      created_at: at,
      updated_at: at,
    })
    .execute()
  if (offer.type === 'voucher') await takeVoucher(tx, itemId, id, at)
  return { order: await orderById(tx, id), balance: currency }
}

/** What a member has bought by a quote already: it is good for one order. */
const orderOfQuote = (tx: Tx, memberId: string, quoteId: string): Promise<Order | undefined> =>
  orders(tx).where('o.member_id', '=', memberId).where('o.quote_id', '=', quoteId).executeTakeFirst()

const spending = (orderId: string, memberId: string) => ({
  memberId,
  unit: 'currency' as const,
  key: `order:${orderId}`,
  actor: memberId,
})

/** One that is gone gives way to what everybody has. */
async function firstStatus(tx: Tx, { order_status, type, link }: Offer): Promise<Pick<Status, 'id' | 'category'>> {
  const status = order_status === null ? undefined : await findStatus(tx, order_status)
  return status ?? commonStatuses[type === 'voucher' || link !== null ? 'complete' : 'incomplete']
}

/** Those that everybody has are no rows. */
const columnsOf = ({ id, category }: Pick<Status, 'id' | 'category'>) => ({
  category,
  status_id: isId(id) ? id : null,
})

/**
 * Takes one of what is left of a product. Answers whether that is counted: without limit nobody waits for its row.
 * @throws Failure `sold_out`
 */
async function takeOne(tx: Tx, productId: string): Promise<boolean> {
  taking(tx, 'stock')
  const { rows } = await sql<{ is_limited: boolean; is_taken: boolean }>`
    with taken as (
      update products set sold = sold + 1
      where community_id = ${tx.communityId} and id = ${productId} and sold < stocked returning 1
    )
    select stocked is not null as is_limited, exists (select from taken) as is_taken
    from products where community_id = ${tx.communityId} and id = ${productId}`.execute(tx.db)
  const { is_limited: isLimited, is_taken: isTaken } = rows[0]!
  if (isLimited && !isTaken) throw new Failure('sold_out')
  return isTaken
}

/** No letter or digit that is taken for another one. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** What people call an order: the day, by UTC, and eight letters or digits. */
function numberOf(at: Date): string {
  const day = at.toISOString().slice(0, 10).replaceAll('-', '')
  return `ORD${day}${Array.from({ length: 8 }, () => digits[randomInt(digits.length)]).join('')}`
}

const noOrder = () => new Failure('not_found', 'There is no such order.')

/** An order that nobody else changes until the transaction ends. */
async function holdOrder(tx: Tx, id: string): Promise<Selectable<Tables['orders']>> {
  const order = isId(id)
    ? await holdRow(
        tx,
        tx.db.selectFrom('orders').selectAll().where('community_id', '=', tx.communityId).where('id', '=', id),
      )
    : undefined
  if (!order) throw noOrder()
  return order
}

/** @throws Failure `not_found`, also for an order of another member than the one that is asked for. */
export async function orderById(tx: Tx, id: string, memberId?: string): Promise<Order> {
  const order = isId(id) ? await orders(tx).where('o.id', '=', id).executeTakeFirst() : undefined
  if (!order || (memberId !== undefined && order.member_id !== memberId)) throw noOrder()
  return order
}

/** Those of the orders that are there. */
export const findOrders = (tx: Tx, ids: readonly string[]): Promise<Order[]> =>
  orders(tx)
    .where(sql<boolean>`o.id = any(${sql.val(ids)}::uuid[])`)
    .execute()

export interface OrderPage {
  memberId?: string | undefined
  category?: OrderCategory | undefined
  statusId?: string | undefined
  productId?: string | undefined
  /** How the number begins. */
  number?: string | undefined
  /** How the number begins, or what is in the product's name; without regard to case. */
  search?: string | undefined
  /** The last one of the page before. */
  after: string | undefined
  limit: number
}

/** Sorts behind all that orders are numbered with. */
const last = '~'

/** Orders, newest first. */
export async function listOrders(tx: Tx, page: OrderPage): Promise<Order[]> {
  let found = orders(tx)
  if (page.memberId !== undefined) found = found.where('o.member_id', '=', page.memberId)
  if (page.category !== undefined) found = found.where('o.category', '=', page.category)
  if (page.productId !== undefined) found = found.where('o.product_id', '=', page.productId)
  if (page.number !== undefined) {
    const number = page.number.toUpperCase()
    found = found.where('o.number', '>=', number).where('o.number', '<', number + last)
  }
  if (page.search !== undefined) {
    const text = page.search
    found = found.where(
      sql<boolean>`(starts_with(o.number, upper(${text})) or position(lower(${text}) in lower(o.product_name)) > 0)`,
    )
  }
  if (page.statusId !== undefined) {
    const status = await findStatus(tx, page.statusId)
    if (!status) return []
    found = found.where('o.category', '=', status.category)
    found = isId(status.id) ? found.where('o.status_id', '=', status.id) : found.where('s.id', 'is', null)
  }
  if (page.after !== undefined) found = found.where('o.id', '<', page.after)
  return found.orderBy('o.id', 'desc').limit(page.limit).execute()
}

/**
 * Gives an order another status. The first one of those that pay back does so: the price is on the member's balance, what was
 * bought can be sold again, and its code is void. Again is as once, and answers that nothing has changed.
 * @param actor Who does it: a key's or a member's id.
 * @throws Failure `not_found`, `unknown_reference` for a status that is not here, `conflict` for an order that was paid back
 * and would be none.
 */
export async function setStatus(
  tx: Tx,
  id: string,
  statusId: string,
  at: Date,
  actor: string,
): Promise<{ order: Order; hasChanged: boolean }> {
  await shareBoards(tx)
  const before = await holdOrder(tx, id)
  const status = await namedStatus(tx, 'statusId', statusId)
  const columns = columnsOf(status)
  if (before.category === columns.category && before.status_id === columns.status_id)
    return { order: await orderById(tx, id), hasChanged: false }
  if (isReturned(before.category) && !isReturned(status.category))
    throw new Failure('conflict', 'This order was paid back. It stays refunded or cancelled.')
  const isPaidBack = !isReturned(before.category) && isReturned(status.category)
  await tx.db
    .updateTable('orders')
    .set({ ...columns, ...(isPaidBack && { returned_at: at }), updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .execute()
  if (isPaidBack) {
    const { member_id, price } = before
    const move = { ...spending(id, member_id), key: `refund:${id}`, actor, amount: price, reason: 'refund' as const }
    if (price > 0) await post(tx, [move], at)
    if (before.took_stock) await giveBack(tx, before.product_id, at)
  }
  await emit(tx, 'order.updated', before.member_id)
  return { order: await orderById(tx, id), hasChanged: true }
}

/** Has what was bought be sold again. */
async function giveBack(tx: Tx, productId: string, at: Date): Promise<void> {
  const update = tx.db
    .updateTable('products')
    .set({ sold: sql`sold - 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', productId)
  await tellingWishers(tx, productId, at, () => update.execute())
  await emit(tx, 'store.changed', productId)
}

/**
 * The code that a member has bought.
 * @throws Failure `not_found` for an order of somebody else or without a code, `conflict` for one that was paid back.
 */
export async function reveal(tx: Tx, rootKey: RootKey, id: string, memberId: string, at: Date): Promise<Revealed> {
  const order = await holdOrder(tx, id)
  if (order.member_id !== memberId) throw noOrder()
  if (order.returned_at) throw new Failure('conflict', 'This order was paid back. Its code is void.')
  const voucher = await readVoucher(tx, rootKey, id)
  if (!voucher) throw new Failure('not_found', 'There is no code in this order.')
  if (await markRevealed(tx, id, at)) await emit(tx, 'order.updated', memberId)
  return voucher
}

/** Takes away what members have answered and saved for. What they bought stays, as what they spent does. */
export async function erasePurchases(tx: Tx, memberIds: readonly string[]): Promise<void> {
  const them = sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[])`
  await tx.db
    .updateTable('orders')
    .set({ information: '[]' })
    .where('community_id', '=', tx.communityId)
    .where(them)
    // What is empty already is not written again.
    .where(sql<boolean>`information <> '[]'`)
    .execute()
  await tx.db.deleteFrom('wishes').where('community_id', '=', tx.communityId).where(them).execute()
}
