import type { AnswerOf, RouteKey } from '@rai/contract'
import { type Community, thisCommunity } from '../../domain/communities.js'
import {
  type Category,
  createCategory,
  deleteCategory,
  listCategories,
  updateCategory,
} from '../../domain/store/categories.js'
import { changeStore, type Store, storeOf } from '../../domain/store/settings.js'
import { createStatus, deleteStatus, listStatuses, type Status, updateStatus } from '../../domain/store/statuses.js'
import type { Handlers } from '../../http/context.js'

export const store: Handlers<
  Extract<
    RouteKey,
    `${string} /v1/stores` | `${string} /v1/product-categories${string}` | `${string} /v1/order-statuses${string}`
  >
> = {
  'GET /v1/stores': async ({ tx }) => showStore(await thisCommunity(tx), await storeOf(tx)),

  'PUT /v1/stores': async ({ tx, body, now }) => {
    const store = await changeStore(tx, body, now)
    return showStore(await thisCommunity(tx), store)
  },

  'GET /v1/product-categories': async ({ tx }) => (await listCategories(tx)).map(showCategory),

  'POST /v1/product-categories': async ({ tx, body, now }) => showCategory(await createCategory(tx, body, now)),

  'PUT /v1/product-categories/{categoryId}': async ({ tx, params, body, now }) =>
    showCategory(await updateCategory(tx, params.categoryId, body, now)),

  'DELETE /v1/product-categories/{categoryId}': async ({ tx, params }) => {
    await deleteCategory(tx, params.categoryId)
    return { _id: params.categoryId }
  },

  'GET /v1/order-statuses': async ({ tx }) => (await listStatuses(tx)).map(showStatus),

  'POST /v1/order-statuses': async ({ tx, body, now }) => showStatus(await createStatus(tx, body, now)),

  'PUT /v1/order-statuses/{statusId}': async ({ tx, params, body }) =>
    showStatus(await updateStatus(tx, params.statusId, body)),

  'DELETE /v1/order-statuses/{statusId}': async ({ tx, params }) => {
    await deleteStatus(tx, params.statusId)
    return { _id: params.statusId }
  },
}

const showStore = (community: Community, store: Store): AnswerOf<'GET /v1/stores'> => ({
  _id: community.id,
  communityID: community.id,
  isEnabled: store.is_enabled,
  title: store.title,
  description: store.description,
  currency: { isEnabled: community.currency_enabled, name: community.currency_name },
  widget: { isEnabled: store.widget_enabled },
  pageUrl: store.page,
  updatedAt: store.updated_at?.toISOString() ?? null,
  __v: store.revision,
})

const showCategory = (category: Category): AnswerOf<'POST /v1/product-categories'> => ({
  _id: category.id,
  communityID: category.community_id,
  name: category.name,
  displayOrder: category.display_order,
  createdAt: category.created_at.toISOString(),
  updatedAt: category.updated_at.toISOString(),
  __v: category.revision,
})

export const showStatus = ({ id, name, category, color }: Status): AnswerOf<'POST /v1/order-statuses'> => ({
  _id: id,
  name,
  category,
  color,
})
