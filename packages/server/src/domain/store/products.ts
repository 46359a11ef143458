import type { managementFamily, ProductType, PurchaseLimit, Question } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { emitEach } from '../events.js'
import { Failure } from '../failure.js'
import { findFields } from '../fields/fields.js'
import { given } from '../given.js'
import { isId, newId } from '../ids.js'
import { holdRow, takeTurn } from '../locks.js'
import { checkNamed } from '../references.js'
import { checkCategory } from './categories.js'
import { isReturned, namedStatus } from './statuses.js'
import { tellingWishers } from './wishes.js'

type AccessRule = managementFamily.AccessRule

/** What is sold, how, and to whom. */
export type Product = Selectable<Tables['products']>

/** What a caller can set; what is absent stays. */
export interface ProductInput {
  name?: string | undefined
  description?: string | undefined
  image?: string | null | undefined
  imageAlt?: string | undefined
  type?: ProductType | undefined
  categoryId?: string | null | undefined
  price?: number | undefined
  variablePrice?: managementFamily.VariablePrice | null | undefined
  discount?: managementFamily.Discount | null | undefined
  accessRules?: readonly AccessRule[] | undefined
  startsAt?: Date | null | undefined
  endsAt?: Date | null | undefined
  /** How many are left; null without limit. */
  stock?: number | null | undefined
  purchaseLimit?: PurchaseLimit | null | undefined
  questions?: readonly Question[] | undefined
  terms?: string | undefined
  instructions?: string | undefined
  link?: string | null | undefined
  orderStatus?: string | null | undefined
  isArchived?: boolean | undefined
  displayOrder?: number | undefined
}

/** Of a store. */
export const mostProducts = 2000

const moment = (time: string | null): Date | null => (time === null ? null : new Date(time))
const json = <T>(value: T | undefined): string | null | undefined =>
  value === undefined ? undefined : value === null ? null : JSON.stringify(value)

function columnsOf({ discount, ...input }: ProductInput) {
  const columns = {
    name: input.name?.trim(),
    description: input.description,
    image_id: input.image,
    image_alt: input.imageAlt,
    type: input.type,
    category_id: input.categoryId,
    price: input.price,
    variable_price: json(input.variablePrice),
    access_rules: input.accessRules && JSON.stringify(input.accessRules),
    starts_at: input.startsAt,
    ends_at: input.endsAt,
    purchase_limit: json(input.purchaseLimit),
    questions: input.questions && JSON.stringify(input.questions),
    terms: input.terms,
    instructions: input.instructions,
    link: input.link,
    order_status: input.orderStatus,
    is_archived: input.isArchived,
    display_order: input.displayOrder,
  }
  return given({
    ...columns,
    ...(discount !== undefined && {
      discount_price: discount?.price ?? null,
      discount_starts_at: moment(discount?.startsAt ?? null),
      discount_ends_at: moment(discount?.endsAt ?? null),
    }),
  })
}

/** The products that there are, without those that were deleted. */
const products = (tx: Tx) =>
  tx.db.selectFrom('products').where('community_id', '=', tx.communityId).where('deleted_at', 'is', null)

/**
 * @param hold Nobody else changes it, or takes the last of it, until the transaction ends.
 * @throws Failure `not_found`
 */
export async function productById(tx: Tx, id: string, hold = false): Promise<Product> {
  const found = products(tx).selectAll().where('id', '=', id)
  const product = isId(id) ? await (hold ? holdRow(tx, found) : found.executeTakeFirst()) : undefined
  if (!product) throw new Failure('not_found', 'There is no such product.')
  return product
}

/** What the products that there are are called. */
export async function namesOfProducts(tx: Tx): Promise<string[]> {
  return (await products(tx).select('name').execute()).map(({ name }) => name)
}

export interface ProductPage {
  page: number
  limit: number
  categoryId: string | undefined
  /** In the name, without regard to case. */
  search: string | undefined
}

/** Products in the operator's order, and how many there are. */
export async function listProducts(
  tx: Tx,
  { page, limit, categoryId, search }: ProductPage,
): Promise<{ rows: Product[]; total: number }> {
  let found = products(tx)
  if (categoryId !== undefined) found = found.where('category_id', '=', categoryId)
  if (search !== undefined) found = found.where(sql<boolean>`position(lower(${search}) in lower(name)) > 0`)
  const [rows, { total }] = await Promise.all([
    found
      .selectAll()
      .orderBy('display_order')
      .orderBy('id')
      .limit(limit)
      .offset((page - 1) * limit)
      .execute(),
    found.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ])
  return { rows, total }
}

/**
 * Makes products: all of them, or none.
 * @throws Failure `unknown_reference` for what they name and is not here, `invalid_request` for what contradicts itself,
 * `conflict` where there would be too many.
 */
export async function createProducts(
  tx: Tx,
  inputs: readonly (ProductInput & { name: string; price: number })[],
  at: Date,
): Promise<Product[]> {
  await takeTurn(tx, 'store')
  for (const input of inputs) {
    await checkReferences(tx, input)
    checkWhole({ ...plain, ...input })
  }
  const { n } = await products(tx)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  atMost(mostProducts, n + inputs.length, 'A store', 'products')
  const rows = inputs.map((input) => ({
    ...columnsOf(input),
    community_id: tx.communityId,
    id: newId(at.getTime()),
    name: input.name.trim(),
    price: input.price,
    stocked: input.stock ?? null,
    created_at: at,
    updated_at: at,
  }))
  const made = new Map<string, Product>()
  for (const row of rows)
    made.set(row.id, await tx.db.insertInto('products').values(row).returningAll().executeTakeFirstOrThrow())
  await emitEach(tx, 'store.changed', [...made.keys()])
  return [...made.values()]
}

/**
 * Changes what is given, and nothing else. Who waits for a product that comes back is told. Tells as well which picture was
 * shown before.
 * @throws Failure what `createProducts` does, and `not_found`.
 */
export async function updateProduct(
  tx: Tx,
  id: string,
  input: ProductInput,
  at: Date,
): Promise<{ before: Product; product: Product }> {
  await takeTurn(tx, 'store')
  await checkReferences(tx, input)
  const before = await productById(tx, id, true)
  checkWhole({ ...inputOf(before), ...given(input) })
  const update = tx.db
    .updateTable('products')
    .set({
      ...columnsOf(input),
      ...(input.stock !== undefined && { stocked: input.stock === null ? null : sql<number>`sold + ${input.stock}` }),
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .returningAll()
  const product = await tellingWishers(tx, id, at, () => update.executeTakeFirstOrThrow())
  await emitEach(tx, 'store.changed', [id])
  return { before, product }
}

/** How many are left; null without limit. */
export const stockOf = ({ stocked, sold }: Product): number | null => (stocked === null ? null : stocked - sold)

/** Deletes a product. Its orders go on naming it; codes that nobody has are gone, and so is who waited for it. */
export async function deleteProduct(tx: Tx, id: string, at: Date): Promise<Product> {
  await takeTurn(tx, 'store')
  const product = await productById(tx, id)
  await tx.db
    .updateTable('products')
    .set({ deleted_at: at, image_id: null, category_id: null })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .execute()
  await tx.db
    .deleteFrom('vouchers')
    .where('community_id', '=', tx.communityId)
    .where('product_id', '=', id)
    .where('order_id', 'is', null)
    .execute()
  await tx.db.deleteFrom('wishes').where('community_id', '=', tx.communityId).where('product_id', '=', id).execute()
  await emitEach(tx, 'store.changed', [id])
  return product
}

/** What of a product has to fit together. */
type Whole = Required<
  Pick<ProductInput, 'price' | 'variablePrice' | 'discount' | 'accessRules' | 'startsAt' | 'endsAt'>
>
const plain = { variablePrice: null, discount: null, accessRules: [], startsAt: null, endsAt: null } satisfies Omit<
  Whole,
  'price'
>

const inputOf = (product: Product): Whole => ({
  price: product.price,
  variablePrice: product.variable_price,
  discount: discountOf(product),
  accessRules: product.access_rules,
  startsAt: product.starts_at,
  endsAt: product.ends_at,
})

/** The discount that was set, whether it holds now or not. */
export const discountOf = (product: Product): managementFamily.Discount | null =>
  product.discount_price === null
    ? null
    : {
        price: product.discount_price,
        startsAt: product.discount_starts_at?.toISOString() ?? null,
        endsAt: product.discount_ends_at?.toISOString() ?? null,
      }

function checkWhole({ price = 0, variablePrice, discount, accessRules = [], startsAt, endsAt }: Whole): void {
  const refuse = (path: string, message: string) =>
    new Failure('invalid_request', `The product contradicts itself: ${path} ${message}.`, [{ path, message }])
  if (startsAt && endsAt && startsAt >= endsAt) throw refuse('endsAt', 'must lie after startsAt')
  if (discount?.startsAt && discount.endsAt && discount.startsAt >= discount.endsAt)
    throw refuse('discount.endsAt', 'must lie after startsAt')
  if (!variablePrice) return
  const { min, max, step } = variablePrice
  if (price < min || price > max || (price - min) % step !== 0) throw refuse('price', 'must be one of variablePrice')
  if (discount) throw refuse('discount', 'needs a price that is not variable')
  const special = accessRules.findIndex((rule) => rule.price !== null)
  if (special >= 0) throw refuse(`accessRules.${special}.price`, 'needs a price that is not variable')
}

async function checkReferences(tx: Tx, { categoryId, orderStatus, accessRules = [] }: ProductInput): Promise<void> {
  await checkCategory(tx, categoryId)
  if (orderStatus != null && isReturned((await namedStatus(tx, 'orderStatusID', orderStatus)).category))
    throw new Failure('invalid_request', 'No order begins with being paid back.', [
      { path: 'orderStatusID', message: 'must be incomplete or complete' },
    ])
  for (const [n, { roles, users, fields }] of accessRules.entries()) {
    await checkNamed(tx, 'roles', `accessRules.${n}.roles`, roles)
    await checkNamed(tx, 'members', `accessRules.${n}.users`, users)
    const known = await findFields(tx, Object.keys(fields))
    const missing = Object.keys(fields)
      .filter((field) => !/^(single-line-text|select)$/.test(known.get(field)?.type ?? ''))
      .map((field) => ({ path: `accessRules.${n}.fields.${field}`, message: 'no such field of text or select' }))
    if (missing.length > 0)
      throw new Failure('unknown_reference', 'The product names fields that do not exist here.', missing)
  }
}
