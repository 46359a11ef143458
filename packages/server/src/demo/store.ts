import type { Tx } from '../db/database.js'
import type { RootKey } from '../domain/keys/secrets.js'
import { findMember } from '../domain/members/members.js'
import { putImage } from '../domain/pictures/images.js'
import { createCategory } from '../domain/store/categories.js'
import { buy, quote, setStatus } from '../domain/store/orders.js'
import { createProducts, type Product, updateProduct } from '../domain/store/products.js'
import { changeStore } from '../domain/store/settings.js'
import { createStatus } from '../domain/store/statuses.js'
import { addVouchers } from '../domain/store/vouchers.js'
import { wish } from '../domain/store/wishes.js'
import type { Files } from '../files/files.js'
import { categories, type Good, goods } from './goods.js'
import { ingrid } from './history.js'
import { draw } from './pictures.js'

/** What somebody has bought, how long ago, and what became of it: the name of a status of the club, or a common one. */
interface Bought {
  username: string
  item: string
  daysAgo: number
  information?: Readonly<Record<string, string>>
  status?: string
}

const onItsWay = 'On its way'

const bought: readonly Bought[] = [
  {
    username: 'amara',
    item: 'Printed tour diary',
    daysAgo: 6,
    information: { address: 'Trail end 1', cover: 'Moss' },
  },
  { username: 'amara', item: 'Night in the summit hut', daysAgo: 3 },
  { username: 'amara', item: 'Club badge', daysAgo: 1, status: 'complete' },
  { username: 'yuki', item: 'Thank-you card', daysAgo: 5, status: 'cancelled' },
  { username: 'yuki', item: 'Enamel mug', daysAgo: 4, status: 'refunded' },
  // One of everything that an order can be.
  { username: ingrid, item: 'Bus ticket to the trailhead', daysAgo: 10 },
  { username: ingrid, item: 'Tracks of the high route', daysAgo: 8 },
  { username: ingrid, item: 'Film of the long trail', daysAgo: 7 },
  { username: ingrid, item: 'Night in the summit hut', daysAgo: 5, status: 'refunded' },
  {
    username: ingrid,
    item: 'Printed tour diary',
    daysAgo: 4,
    information: { address: 'Ridge road 7', cover: 'Slate', dedication: 'For the long winter' },
    status: onItsWay,
  },
  { username: ingrid, item: 'Bread from the hut', daysAgo: 3, status: 'complete' },
  { username: ingrid, item: 'Bread from the hut', daysAgo: 2 },
  { username: ingrid, item: 'Club badge', daysAgo: 1, status: 'complete' },
]

const daysBefore = (now: Date, days: number) => new Date(now.getTime() - days * 86_400_000)

/**
 * A store with an item in every state, and members who have bought there.
 * @param guideRoleId Who pays less for some of it.
 */
export async function seedStore(tx: Tx, files: Files, rootKey: RootKey, guideRoleId: string, now: Date): Promise<void> {
  const opening = daysBefore(now, 30)
  const title = 'The club hut'
  await changeStore(tx, { isEnabled: true, title, description: 'What your walks are worth.' }, opening)
  const atThePrinters = { name: 'At the printer’s', category: 'incomplete', color: '#0969da' } as const
  const { id: atThePrintersId } = await createStatus(tx, atThePrinters, opening)
  const { id: onItsWayId } = await createStatus(
    tx,
    { name: onItsWay, category: 'incomplete', color: '#8250df' },
    opening,
  )
  const products = await seedProducts(tx, files, goods(now, { guideRoleId, atThePrintersId }), opening)
  for (const { good, product } of products)
    for (const { texts, goodForDays } of good.codes ?? [])
      await addVouchers(tx, rootKey, product.id, texts, daysBefore(now, -goodForDays), opening)
  const idOf = (name: string) => products.find(({ good }) => good.name === name)!.product.id
  for (const { username, item, daysAgo, information = {}, status } of bought) {
    const { id: memberId } = (await findMember(tx, { username }))!
    const at = daysBefore(now, daysAgo)
    const { text } = await quote(tx, rootKey, memberId, { itemId: idOf(item), amount: undefined }, at)
    const { order } = await buy(tx, rootKey, memberId, { quote: text, information }, at)
    if (status) await setStatus(tx, order.id, status === onItsWay ? onItsWayId : status, at, 'demo')
  }
  const [amaraId, ingridId] = await Promise.all(
    ['amara', ingrid].map(async (username) => (await findMember(tx, { username }))!.id),
  )
  for (const id of [amaraId!, ingridId!])
    for (const item of ['Brass lantern', 'Four-season tent']) await wish(tx, id, idOf(item), true, now)
  // She waited for them, and they have come.
  const slippers = idOf('Felt slippers')
  await wish(tx, ingridId!, slippers, true, opening)
  await updateProduct(tx, slippers, { stock: 12 }, now)
}

async function seedProducts(
  tx: Tx,
  files: Files,
  all: readonly Good[],
  at: Date,
): Promise<{ good: Good; product: Product }[]> {
  const ids = new Map<string, string>()
  for (const [displayOrder, name] of categories.entries())
    ids.set(name, (await createCategory(tx, { name, displayOrder }, at)).id)
  // Drawn once for all that show the same. Each has a picture of its own all the same: one that is replaced is removed.
  const drawn = new Map<string, Promise<Buffer>>()
  const drawOnce = ({ shape, hue }: Good['motif']) => {
    const name = `${shape} ${hue}`
    const picture = drawn.get(name) ?? draw({ shape, hue })
    drawn.set(name, picture)
    return picture
  }
  const inputs = await Promise.all(
    all.map(async ({ category, motif, codes: _, ...input }, displayOrder) => ({
      ...input,
      categoryId: ids.get(category)!,
      image: await putImage(files, tx.communityId, await drawOnce(motif)),
      displayOrder,
    })),
  )
  const products = await createProducts(tx, inputs, at)
  return all.map((good, n) => ({ good, product: products[n]! }))
}
