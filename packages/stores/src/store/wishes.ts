import { clientOf } from '../shared/client.js'
import type { Environment } from '../shared/environment.js'
import type { Item } from '../types.js'
import { itemSample, itemsRoute } from './catalogue.js'

const path = itemsRoute.slice('GET '.length) as '/widget/v1/{publishableKey}/store/items'

/** What a member wants of an item: to save for it, and perhaps to be told when it can be bought again; or no longer. */
export type WishChange = 'save' | 'notify' | 'drop'

/** Keeps what the viewer saves for. Answers the item as it is then; rejects with an ApiError when that fails. */
export async function setWish(environment: Environment, itemId: string, change: WishChange): Promise<Item> {
  const client = clientOf(environment)
  const params = { itemId }
  const sample = { item: itemSample }
  const { item } =
    change === 'drop'
      ? await client.send(`DELETE ${path}/{itemId}/wish`, sample, { params })
      : await client.send(`PUT ${path}/{itemId}/wish`, sample, { params, body: { notify: change === 'notify' } })
  return item
}
