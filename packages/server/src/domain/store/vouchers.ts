import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { emitEach } from '../events.js'
import { Failure } from '../failure.js'
import { newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'
import { takeTurn } from '../locks.js'
import { productById } from './products.js'
import { tellWishers } from './wishes.js'

/** How many codes of a product are what. */
export interface VoucherCounts {
  free: number
  sold: number
  expired: number
  void: number
}

/** Which root key sealed a code. */
export const sealOf = (rootKey: RootKey): Buffer => rootKey.hmac('voucher seal').subarray(0, 8)

/** Tells whether a product has a code without reading any. */
const fingerprintOf = (rootKey: RootKey, productId: string, code: string): Buffer =>
  rootKey.hmac(`voucher ${productId} ${code}`)

export async function countVouchers(tx: Tx, productId: string, at: Date): Promise<VoucherCounts> {
  const { rows } = await sql<VoucherCounts>`
    select count(*) filter (where order_id is null and (expires_at is null or expires_at > ${at})) as free,
      count(*) filter (where order_id is not null and o.returned_at is null) as sold,
      count(*) filter (where order_id is null and expires_at <= ${at}) as expired,
      count(*) filter (where o.returned_at is not null) as void
    from vouchers v left join orders o on o.community_id = ${tx.communityId} and o.id = v.order_id
    where v.community_id = ${tx.communityId} and v.product_id = ${productId}`.execute(tx.db)
  return rows[0]!
}

/**
 * Gives a product codes to sell. One that it has already stays as it is.
 * @throws Failure `not_found`, and `conflict` for a product that sells no codes.
 */
export async function addVouchers(
  tx: Tx,
  rootKey: RootKey,
  productId: string,
  codes: readonly string[],
  expiresAt: Date | null,
  at: Date,
): Promise<void> {
  await takeTurn(tx, 'store')
  const product = await productById(tx, productId)
  if (product.type !== 'voucher') throw new Failure('conflict', 'This product sells no vouchers. Set its type first.')
  // What another root key has sealed would not be known again.
  while (await resealVouchers(tx, rootKey, productId));
  const before = await countVouchers(tx, productId, at)
  const texts = codes.map((code) => code.trim())
  await sql`
    insert into vouchers (community_id, id, product_id, code, sealed_by, fingerprint, expires_at, created_at)
    select ${tx.communityId}::uuid, id, ${productId}::uuid, code, ${sealOf(rootKey)}::bytea, fingerprint,
      ${expiresAt}::timestamptz, ${at}::timestamptz
    from unnest(
      ${sql.val(texts.map(() => newId(at.getTime())))}::uuid[],
      ${sql.val(texts.map((text) => rootKey.wrap(Buffer.from(text))))}::bytea[],
      ${sql.val(texts.map((text) => fingerprintOf(rootKey, productId, text)))}::bytea[]
    ) as v (id, code, fingerprint)
    on conflict (community_id, product_id, fingerprint) do nothing
    returning 1`.execute(tx.db)
  const { free } = await countVouchers(tx, productId, at)
  if (before.free === 0 && free > 0) await tellWishers(tx, productId, at)
  await emitEach(tx, 'store.changed', [productId])
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
  const free = await tx.db
    .selectFrom('vouchers')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('product_id', '=', productId)
    .where('order_id', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', at)]))
    .orderBy('expires_at')
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
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

/** Reads the code of an order, and remembers that it was read; undefined where there is none. */
export async function readVoucher(tx: Tx, rootKey: RootKey, orderId: string, at: Date): Promise<Revealed | undefined> {
  const voucher = await tx.db
    .updateTable('vouchers')
    .set((eb) => ({ revealed_at: eb.fn.coalesce('revealed_at', eb.val(at)) }))
    .where('community_id', '=', tx.communityId)
    .where('order_id', '=', orderId)
    .returning(['code', 'expires_at'])
    .executeTakeFirst()
  return voucher && { code: rootKey.unwrap(voucher.code).toString(), expiresAt: voucher.expires_at }
}

/** How many codes one step seals anew. */
const atOnce = 500

/**
 * Seals the next codes anew that a root key before this one sealed, those of one product or of all. Answers whether there may
 * be more.
 */
export async function resealVouchers(tx: Tx, rootKey: RootKey, productId?: string): Promise<boolean> {
  await takeTurn(tx, 'store')
  const seal = sealOf(rootKey)
  let sealed = tx.db
    .selectFrom('vouchers')
    .select(['id', 'product_id', 'code'])
    .where('community_id', '=', tx.communityId)
    .where('sealed_by', '<>', seal)
  if (productId !== undefined) sealed = sealed.where('product_id', '=', productId)
  const old = await sealed.limit(atOnce).execute()
  if (old.length === 0) return false
  const opened = old.map(({ product_id, code }) => ({ product_id, text: rootKey.unwrap(code).toString() }))
  await sql`
    update vouchers v set code = r.code, fingerprint = r.fingerprint, sealed_by = ${seal}
    from unnest(
      ${sql.val(old.map(({ id }) => id))}::uuid[],
      ${sql.val(opened.map(({ text }) => rootKey.wrap(Buffer.from(text))))}::bytea[],
      ${sql.val(opened.map(({ product_id, text }) => fingerprintOf(rootKey, product_id, text)))}::bytea[]
    ) as r (id, code, fingerprint)
    where v.community_id = ${tx.communityId} and v.id = r.id`.execute(tx.db)
  return old.length === atOnce
}
