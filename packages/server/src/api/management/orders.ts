import type { AnswerOf, RouteKey } from '@rai/contract'
import { memberByUserId } from '../../domain/members/members.js'
import { listOrders, type Order, orderById, setStatus, statusOf, voucherOf } from '../../domain/store/orders.js'
import { actorOf, type Handlers } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'
import { showStatus } from './store.js'

export const orders: Handlers<Extract<RouteKey, `${string} /v1/orders${string}`>> = {
  'GET /v1/orders': async ({ tx, query: { userId, serverId: _serverId, cursor, limit, ...filter }, now }) => {
    const memberId = userId === undefined ? undefined : (await memberByUserId(tx, userId)).id
    return pageByCursor(
      { cursor, limit },
      {
        ...byId,
        find: (after, limit) => listOrders(tx, { ...filter, memberId, after, limit }),
        show: (order) => showOrder(order, now),
      },
    )
  },

  'GET /v1/orders/{orderId}': async ({ tx, params, now }) => showOrder(await orderById(tx, params.orderId), now),

  'PUT /v1/orders/{orderId}': async ({ tx, params, body, principal, now, note }) => {
    const actor = actorOf(principal)
    const { order, hasChanged } = await setStatus(tx, params.orderId, body.statusId, now, actor)
    note.action = order.category
    note.isNothing = !hasChanged
    return showOrder(order, now)
  },
}

const showOrder = (order: Order, now: Date): AnswerOf<'GET /v1/orders/{orderId}'> => ({
  _id: order.id,
  communityID: order.community_id,
  number: order.number,
  userId: order.member_id,
  username: order.username,
  productId: order.product_id,
  productName: order.product_name,
  price: order.price,
  status: showStatus(statusOf(order)),
  information: order.information,
  voucher: voucherOf(order, now)?.state ?? null,
  createdAt: order.created_at.toISOString(),
  updatedAt: order.updated_at.toISOString(),
  __v: order.revision,
})
