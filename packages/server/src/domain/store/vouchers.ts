import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { atMost } from '../at-most.js'
import { emitEach } from '../events.js'
import { Failure } from '../failure.js'
import { newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'
import { holdStock, takeTurn, taking } from '../locks.js'
import { untilText } from '../time.js'
import { soon } from './codes.js'
import { productById } from './products.js'
import { tellingWishers } from './wishes.js'

/** How many codes of a product are what. */
export interface VoucherCounts {
  free: number
  sold: number
  expired: number
  void: number
}

/** A product has no more of them that nobody has. */
const mostFree = 100_000

/** Which root key sealed a code. */
export const sealOf = (rootKey: RootKey): Buffer => rootKey.hmac('voucher seal').subarray(0, 8)

/** Tells whether a product has a code without reading any. */
const fingerprintOf = (rootKey: RootKey, productId: string, code: string): Buffer =>
  rootKey.hmac(`voucher ${productId} ${code}`)

export async function countVouchers(tx: Tx, productId: string, at: Date): Promise<VoucherCounts> {
  const { rows } = await sql<VoucherCounts>`
    select count(*) filter (where order_id is null and v.expires_at > ${soon(at)}) as free,
      count(*) filter (where order_id is not null and o.returned_at is null) as sold,
      count(*) filter (where order_id is null and v.expires_at <= ${soon(at)}) as expired,
      count(*) filter (where o.returned_at is not null) as void
    from vouchers v left join orders o on o.community_id = ${tx.communityId} and o.id = v.order_id
    where v.community_id = ${tx.communityId} and v.product_id = ${productId}`.execute(tx.db)
  return rows[0]!
}

/**
 * Gives a product codes to sell. One that it has already stays as it is.
 * @throws Failure `not_found`, `conflict` for a product that sells no codes or would have too many, and `unavailable` while
 * codes of it are sealed by another root key: they would not be known again.
 */
export async function addVouchers(
  tx: Tx,
  rootKey: RootKey,
  productId: string,
  codes: readonly string[],
  expiresAt: Date | null,
  at: Date,
): Promise<VoucherCounts> {
  await takeTurn(tx, 'store')
  const product = await productById(tx, productId)
  if (product.type !== 'voucher') throw new Failure('conflict', 'This product sells no vouchers. Set its type first.')
  if (await sealedByOthers(tx, rootKey).where('product_id', '=', productId).limit(1).executeTakeFirst())
    throw new Failure('unavailable', 'The codes of this product are being sealed anew. Try again in a minute.')
  const texts = codes.map((code) => code.trim())
  const insert = sql`
    insert into vouchers (community_id, id, product_id, code, sealed_by, fingerprint, expires_at, created_at)
    select ${tx.communityId}::uuid, id, ${productId}::uuid, code, ${sealOf(rootKey)}::bytea, fingerprint,
      ${untilText(expiresAt)}::timestamptz, ${at}::timestamptz
    from unnest(
      ${sql.val(texts.map(() => newId(at.getTime())))}::uuid[],
      ${sql.val(texts.map((text) => rootKey.wrap(Buffer.from(text))))}::bytea[],
      ${sql.val(texts.map((text) => fingerprintOf(rootKey, productId, text)))}::bytea[]
    ) as v (id, code, fingerprint)
    on conflict (community_id, product_id, fingerprint) do nothing
    returning 1`
  await tellingWishers(tx, productId, at, () => insert.execute(tx.db))
  const counts = await countVouchers(tx, productId, at)
  atMost(mostFree, counts.free + counts.expired, 'A product', 'codes that nobody has')
  await emitEach(tx, 'store.changed', [productId])
  return counts
}

/** Takes away the codes of a product that nobody has. */
export async function dropVouchers(tx: Tx, productId: string): Promise<void> {
  await takeTurn(tx, 'store')
  await productById(tx, productId)
  await tx.db
    .deleteFrom('vouchers')
    .where('community_id', '=', tx.communityId)
    .where('product_id', '=', productId)
    .where('order_id', 'is', null)
    .execute()
  await emitEach(tx, 'store.changed', [productId])
}

/**
 * Gives an order the code that runs out first of those that nobody has or is about to have.
 * @throws Failure `sold_out`
 */
export async function takeVoucher(tx: Tx, productId: string, orderId: string, at: Date): Promise<void> {
  taking(tx, 'stock')
  const codes = tx.db
    .selectFrom('vouchers')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('product_id', '=', productId)
    .where('order_id', 'is', null)
    .where('expires_at', '>', soon(at))
    .orderBy('expires_at')
    .orderBy('id')
    .limit(1)
  // Others may buy those that are passed over. If there is no other one, they may also leave them, or seal them anew.
  const free = (await codes.forNoKeyUpdate().skipLocked().executeTakeFirst()) ?? (await holdStock(tx, codes))
  if (!free) throw new Failure('sold_out')
  await tx.db
    .updateTable('vouchers')
    .set({ order_id: orderId })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', free.id)
    .execute()
}

/** A code in words. It stands in answers to who bought it, and nowhere else. */
export interface Revealed {
  code: string
  expiresAt: Date | null
}

/** Reads the code of an order; undefined where there is none. */
export async function readVoucher(tx: Tx, rootKey: RootKey, orderId: string): Promise<Revealed | undefined> {
  const voucher = await tx.db
    .selectFrom('vouchers')
    .select(['code', expiryOf('expires_at').as('expires_at')])
    .where('community_id', '=', tx.communityId)
    .where('order_id', '=', orderId)
    .executeTakeFirst()
  return voucher && { code: rootKey.unwrap(voucher.code).toString(), expiresAt: voucher.expires_at }
}

/** Remembers that the code of an order was read. Answers whether it is the first time. */
export async function markRevealed(tx: Tx, orderId: string, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('vouchers')
    .set({ revealed_at: at })
    .where('community_id', '=', tx.communityId)
    .where('order_id', '=', orderId)
    .where('revealed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** When codes run out, null for never. */
export const expiryOf = (column: string) => sql<Date | null>`nullif(${sql.ref(column)}, 'infinity')`

/** How many codes one step seals anew. */
const atOnce = 500

const sealedByOthers = (tx: Tx, rootKey: RootKey) =>
  tx.db
    .selectFrom('vouchers')
    .select(['id', 'product_id', 'code'])
    .where('community_id', '=', tx.communityId)
    .where('sealed_by', '<>', sealOf(rootKey))

/** Seals the next codes anew that a root key before this one sealed. Answers whether there may be more. */
export async function resealVouchers(tx: Tx, rootKey: RootKey): Promise<boolean> {
  await takeTurn(tx, 'store')
  const old = await sealedByOthers(tx, rootKey).limit(atOnce).execute()
  if (old.length === 0) return false
  const opened = old.map(({ product_id, code }) => ({ product_id, text: rootKey.unwrap(code).toString() }))
  await sql`
    update vouchers v set code = r.code, fingerprint = r.fingerprint, sealed_by = ${sealOf(rootKey)}
    from unnest(
      ${sql.val(old.map(({ id }) => id))}::uuid[],
      ${sql.val(opened.map(({ text }) => rootKey.wrap(Buffer.from(text))))}::bytea[],
      ${sql.val(opened.map(({ product_id, text }) => fingerprintOf(rootKey, product_id, text)))}::bytea[]
    ) as r (id, code, fingerprint)
    where v.community_id = ${tx.communityId} and v.id = r.id`.execute(tx.db)
  return old.length === atOnce
}
