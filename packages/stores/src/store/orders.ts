import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import type { Order, Voucher } from '../types.js'
import { storeRoute } from './storefront.js'

export const ordersRoute = `${storeRoute}/orders` as const
/** What every answer with orders has. */
export const orderSample = {
  id: '',
  number: '',
  item: { id: '', name: '' },
  price: 0,
  status: { name: '', category: 'complete', color: '' },
  createdAt: '',
} as const

/** What the viewer has bought, newest first, as far as it was asked for. */
export interface History {
  orders: readonly Order[]
  /** Where the rest begins; null when all are there. */
  nextCursor: string | null
}

export interface Orders {
  $history: ReadableAtom<Loadable<History>>
  /** Asks for the next ones, if there are any. */
  more(): void
  refresh(): Promise<void>
}

const pageSize = 20
const mostAtOnce = 100

const all = /* @__PURE__ */ perEnvironment(() => new Map<string, Orders>())

/** The viewer's orders whose item has a text in its name, or whose number begins so. */
export function orders(environment: Environment, search = ''): Orders {
  return perId(all(environment), search, () => {
    let wanted = pageSize
    const store = createLoadable<History>(environment, {
      concerns: (type) => type === 'order.updated' || type === 'store.item_purchased',
      async load(call) {
        const known: Order[] = []
        let cursor: string | null | undefined
        do {
          const limit = Math.min(wanted - known.length, mostAtOnce)
          const query = { search: search || undefined, limit, cursor: cursor ?? undefined }
          const page = await clientOf(environment).get(
            ordersRoute,
            { items: [orderSample] },
            { ...call, viewer: true, query },
          )
          known.push(...page.items)
          cursor = page.nextCursor
        } while (cursor && known.length < wanted)
        return { orders: known, nextCursor: cursor }
      },
    })
    const it: Orders = {
      $history: store.$state,
      more() {
        const state = store.$state.value
        if (state?.state !== 'ready' || !state.value.nextCursor || wanted > state.value.orders.length) return
        wanted += pageSize
        store.load(false)
      },
      refresh: store.refresh,
    }
    return { it, main: store }
  })
}

/** Shows the viewer the code that an order gave them; each time is written down. Rejects with an ApiError. */
export const showVoucher = (environment: Environment, orderId: string): Promise<Voucher> =>
  clientOf(environment).send(
    'POST /widget/v1/{publishableKey}/store/orders/{orderId}/voucher',
    { code: '' },
    { params: { orderId } },
  )
