import { type AnswerOf, type RouteKey, text } from '@rai/contract'
import { z } from 'zod'
import { listCategories } from '../../domain/store/categories.js'
import {
  type Buyer,
  buyerOf,
  countOffers,
  type ItemPlace,
  type ItemSort,
  leastOf,
  listOffers,
  type Offer,
  offerOf,
  standingOf,
} from '../../domain/store/offers.js'
import {
  buy,
  listOrders,
  type Order,
  orderById,
  quote,
  reveal,
  statusOf,
  voucherOf,
} from '../../domain/store/orders.js'
import { purseOf } from '../../domain/store/purse.js'
import { openStore } from '../../domain/store/settings.js'
import { unwish, wish } from '../../domain/store/wishes.js'
import type { Context, Handlers, Services } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'
import { shownImageUrl } from '../../pages/pictures.js'

type Store = '/widget/v1/{publishableKey}/store'

/** Who asks about an item when. */
type Reading = Pick<Context<`GET ${Store}/items/{itemId}`>, 'tx' | 'principal' | 'params' | 'deps' | 'now'>

export const store: Handlers<Extract<RouteKey, `${string} ${Store}` | `${string} ${Store}/${string}`>> = {
  'GET /widget/v1/{publishableKey}/store': async ({ tx, now }) => {
    const [{ title, description }, categories] = await Promise.all([openStore(tx), listCategories(tx)])
    return {
      title,
      description,
      categories: categories.map(({ id, name }) => ({ id, name })),
      now: now.toISOString(),
    }
  },

  'GET /widget/v1/{publishableKey}/store/purse': async ({ tx, principal, now }) => {
    const [purse] = await Promise.all([purseOf(tx, principal.memberId!, now), openStore(tx)])
    const { available, pending, pendingBy, claimable, expiring } = purse
    return {
      available,
      pending: { amount: pending, by: pendingBy?.toISOString() ?? null },
      claimable: { amount: claimable, expiring: expiring && { ...expiring, at: expiring.at.toISOString() } },
      now: now.toISOString(),
    }
  },

  'GET /widget/v1/{publishableKey}/store/items': async ({ tx, principal, query, deps, now }) => {
    const [buyer] = await Promise.all([buyerOf(tx, principal.memberId), openStore(tx)])
    const { cursor, limit, sort = 'featured', category, search, minPrice, maxPrice } = query
    const isMember = principal.memberId !== undefined
    const filter = {
      categoryId: category,
      search,
      minPrice,
      maxPrice,
      affordable: isMember && query.affordable !== undefined,
      wished: isMember && query.wished !== undefined,
    }
    const [page, total] = await Promise.all([
      pageByCursor(
        { cursor, limit },
        {
          place: placeIn(sort),
          find: (after, limit) => listOffers(tx, buyer, { ...filter, sort, after, limit }, now),
          placeOf: ({ id, sort_key: key }) => ({ id, key }),
          show: (offer) => showItem(deps, offer, buyer, now),
        },
      ),
      countOffers(tx, buyer, filter, now),
    ])
    return { ...page, total, now: now.toISOString() }
  },

  'GET /widget/v1/{publishableKey}/store/items/{itemId}': (reading) => readItem(reading),

  'PUT /widget/v1/{publishableKey}/store/items/{itemId}/wish': async (context) => {
    const { tx, principal, body, now } = context
    const { item } = await readItem(context)
    await wish(tx, principal.memberId!, item.id, body.notify ?? false, now)
    return readItem(context)
  },

  'DELETE /widget/v1/{publishableKey}/store/items/{itemId}/wish': async (context) => {
    const { tx, principal } = context
    const wasTheirs = await unwish(tx, principal.memberId!, context.params.itemId)
    return readItem(context, wasTheirs)
  },

  'POST /widget/v1/{publishableKey}/store/quotes': async ({ tx, principal, body, deps, now }) => {
    const { itemId, price, balance, expiresAt, ...quoted } = await quote(
      tx,
      deps.rootKey,
      principal.memberId!,
      { itemId: body.itemId, amount: body.amount },
      now,
    )
    return {
      quote: quoted.text,
      itemId,
      price,
      balance,
      balanceAfter: balance - price,
      expiresAt: expiresAt.toISOString(),
      now: now.toISOString(),
    }
  },

  'POST /widget/v1/{publishableKey}/store/orders': async ({ tx, principal, body, deps }) => {
    const { quote, information = {} } = body
    // It may have waited for its turn: a quote that was found expired is so for whatever was sent with the same key.
    const now = deps.clock()
    const { order, balance } = await buy(tx, deps.rootKey, principal.memberId!, { quote, information }, now)
    return { order: showOrder(deps, order, now), balance }
  },

  'GET /widget/v1/{publishableKey}/store/orders': ({
    tx,
    principal,
    query: { category, search, ...query },
    deps,
    now,
  }) =>
    pageByCursor(query, {
      ...byId,
      find: (after, limit) => listOrders(tx, { memberId: principal.memberId, category, search, after, limit }),
      show: (order) => showOrder(deps, order, now),
    }),

  'GET /widget/v1/{publishableKey}/store/orders/{orderId}': async ({ tx, principal, params, deps, now }) =>
    showOrder(deps, await orderById(tx, params.orderId, principal.memberId), now),

  'POST /widget/v1/{publishableKey}/store/orders/{orderId}/voucher': async ({ tx, principal, params, deps, now }) => {
    const { code, expiresAt } = await reveal(tx, deps.rootKey, params.orderId, principal.memberId!, now)
    return { code, expiresAt: expiresAt?.toISOString() ?? null }
  },
}

/** What a place in a list of items is like. */
const placeIn = (sort: ItemSort): z.ZodType<ItemPlace> =>
  z.strictObject({ key: sort === 'name' ? text(1000) : z.int(), id: byId.place })

/** @param archived Also an item that is archived. */
async function readItem({ tx, principal, params, deps, now }: Reading, archived = false) {
  const [buyer] = await Promise.all([buyerOf(tx, principal.memberId), openStore(tx)])
  const offer = await offerOf(tx, params.itemId, buyer, now, archived)
  return { item: showItem(deps, offer, buyer, now), now: now.toISOString() }
}

type Item = AnswerOf<`GET ${Store}/items/{itemId}`>['item']

function showItem(deps: Services, offer: Offer, buyer: Buyer, now: Date): Item {
  const { state, missing = null, availableAt, lockedBy = null } = standingOf(offer, buyer, leastOf(offer), now)
  return {
    id: offer.id,
    name: offer.name,
    description: offer.description,
    image: showImage(deps, offer),
    type: offer.type,
    categoryId: offer.category_id,
    price: showPrice(offer),
    remaining: offer.remaining,
    startsAt: offer.starts_at?.toISOString() ?? null,
    endsAt: offer.ends_at?.toISOString() ?? null,
    limit: offer.purchase_limit,
    questions: offer.questions,
    terms: offer.terms,
    state,
    missing,
    availableAt: availableAt?.toISOString() ?? null,
    lockedBy,
    codeExpiresAt: offer.code_expires_at?.toISOString() ?? null,
    wish: offer.notify === null ? null : { notify: offer.notify, backAt: offer.back_at?.toISOString() ?? null },
  }
}

function showPrice({ variable_price, pays, price, discount, discount_ends_at }: Offer): Item['price'] {
  if (variable_price) return { kind: 'variable', amount: pays, ...variable_price }
  return {
    kind: 'fixed',
    amount: pays,
    before: pays < price ? price : null,
    until: (pays === discount && discount_ends_at?.toISOString()) || null,
  }
}

const showImage = (
  { config }: Services,
  image: { community_id: string; image_id: string | null; image_alt: string },
): Item['image'] => {
  const url = shownImageUrl(config.filesUrl, image.community_id, image.image_id)
  return url === null ? null : { url, alt: image.image_alt }
}

function showOrder(deps: Services, order: Order, now: Date): AnswerOf<`GET ${Store}/orders/{orderId}`> {
  const { name, category, color } = statusOf(order)
  const voucher = voucherOf(order, now)
  return {
    id: order.id,
    number: order.number,
    item: { id: order.product_id, name: order.product_name, image: showImage(deps, order), type: order.type },
    price: order.price,
    status: { name, category, color },
    instructions: order.returned_at ? '' : order.instructions,
    link: order.returned_at ? null : order.link,
    information: order.information,
    voucher: voucher && { state: voucher.state, expiresAt: voucher.expiresAt?.toISOString() ?? null },
    createdAt: order.created_at.toISOString(),
    updatedAt: order.updated_at.toISOString(),
  }
}
