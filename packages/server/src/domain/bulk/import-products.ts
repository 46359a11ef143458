import type { Tx } from '../../db/database.js'
import { takeTurn } from '../locks.js'
import { createCategory, listCategories, mostCategories } from '../store/categories.js'
import { createProducts, mostProducts, namesOfProducts, type ProductInput } from '../store/products.js'
import type { RowError } from './jobs.js'
import type { ProductContent, ProductRow } from './product-columns.js'

/**
 * Makes the products of rows, and the categories that they name and the store does not have. What is there by its name stays as
 * it is. Answers how many were, and what could not be made.
 */
export async function importProducts(
  tx: Tx,
  rows: readonly ProductRow[],
  at: Date,
): Promise<{ skipped: number; refused: RowError[] }> {
  await takeTurn(tx, 'store')
  const names = (await namesOfProducts(tx)).map((name) => name.toLowerCase())
  const known = new Set(names)
  let room = mostProducts - names.length
  const categories = new Map((await listCategories(tx)).map(({ id, name }) => [name.toLowerCase(), id]))
  const refused: RowError[] = []
  const made: (ProductInput & { name: string; price: number })[] = []
  for (const { line, name, product } of rows) {
    if (known.has(name)) continue
    const refuse = (message: string) => refused.push({ line, code: 'conflict', message })
    if (room === 0) {
      refuse(`A store has at most ${mostProducts} products.`)
      continue
    }
    const category = product.category?.trim()
    if (category && !categories.has(category.toLowerCase())) {
      if (categories.size === mostCategories) {
        refuse(`A store has at most ${mostCategories} categories.`)
        continue
      }
      const displayOrder = categories.size
      categories.set(category.toLowerCase(), (await createCategory(tx, { name: category, displayOrder }, at)).id)
    }
    room--
    made.push(inputOf(product, categories.get(category?.toLowerCase() ?? '')))
  }
  if (made.length > 0) await createProducts(tx, made, at)
  return { skipped: rows.length - made.length - refused.length, refused }
}

const inputOf = (
  { category: _, discountPrice, startsAt, endsAt, ...product }: ProductContent,
  categoryId?: string,
) => ({
  ...product,
  ...(categoryId !== undefined && { categoryId }),
  ...(discountPrice !== undefined && { discount: { price: discountPrice, startsAt: null, endsAt: null } }),
  ...(startsAt !== undefined && { startsAt: new Date(startsAt) }),
  ...(endsAt !== undefined && { endsAt: new Date(endsAt) }),
})
