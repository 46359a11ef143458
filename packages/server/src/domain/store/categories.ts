import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { given } from '../given.js'
import { isId, newId } from '../ids.js'
import { takeTurn } from '../locks.js'

/** What products are sorted by for people. */
export type Category = Selectable<Tables['product_categories']>

export interface CategoryInput {
  name?: string | undefined
  displayOrder?: number | undefined
}

/** Pages show all of them. */
export const mostCategories = 100

const categories = (tx: Tx) => tx.db.selectFrom('product_categories').where('community_id', '=', tx.communityId)

const columnsOf = ({ name, displayOrder }: CategoryInput) => given({ name: name?.trim(), display_order: displayOrder })

/** The categories, in their order. */
export const listCategories = (tx: Tx): Promise<Category[]> =>
  categories(tx).selectAll().orderBy('display_order').orderBy('id').execute()

/** @throws Failure `conflict` where there are too many. */
export async function createCategory(tx: Tx, input: CategoryInput & { name: string }, at: Date): Promise<Category> {
  await takeTurn(tx, 'store')
  atMost(mostCategories, (await listCategories(tx)).length + 1, 'A store', 'categories')
  await emit(tx, 'store.changed', null)
  return tx.db
    .insertInto('product_categories')
    .values({
      ...columnsOf(input),
      community_id: tx.communityId,
      id: newId(at.getTime()),
      name: input.name.trim(),
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** @throws Failure `not_found` */
export async function updateCategory(tx: Tx, id: string, input: CategoryInput, at: Date): Promise<Category> {
  const category = isId(id) && (await change(tx, id, input, at))
  if (!category) throw noCategory()
  await emit(tx, 'store.changed', null)
  return category
}

const change = (tx: Tx, id: string, input: CategoryInput, at: Date): Promise<Category | undefined> =>
  tx.db
    .updateTable('product_categories')
    .set({ ...columnsOf(input), updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()

const noCategory = () => new Failure('not_found', 'There is no such category.')

/** Deletes a category. Its products are in none from then on. */
export async function deleteCategory(tx: Tx, id: string): Promise<void> {
  await takeTurn(tx, 'store')
  if (!(await isCategory(tx, id))) throw noCategory()
  await tx.db
    .updateTable('products')
    .set({ category_id: null })
    .where('community_id', '=', tx.communityId)
    .where('category_id', '=', id)
    .execute()
  await tx.db.deleteFrom('product_categories').where('community_id', '=', tx.communityId).where('id', '=', id).execute()
  await emit(tx, 'store.changed', null)
}

const isCategory = async (tx: Tx, id: string): Promise<boolean> =>
  isId(id) && (await categories(tx).select('id').where('id', '=', id).executeTakeFirst()) !== undefined

/** @throws Failure `unknown_reference` for a category that is not here. Whoever has the store's turn keeps it. */
export async function checkCategory(tx: Tx, id: string | null | undefined): Promise<void> {
  if (id == null || (await isCategory(tx, id))) return
  throw new Failure('unknown_reference', 'There is no such category.', [
    { path: 'categoryID', message: 'no such category' },
  ])
}
