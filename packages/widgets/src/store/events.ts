import type { Item, Order, WishChange } from '@rai/stores'
import { RaiEvent } from '../shared/events.js'

/** The member confirms a purchase. Cancel it, and nothing is bought. */
export class RaiRedeemRequestEvent extends RaiEvent {
  readonly item: Item
  /** What it costs the member, in currency. */
  readonly price: number

  constructor(item: Item, price: number) {
    super('rai-redeem-request', { cancelable: true })
    this.item = item
    this.price = price
  }
}

/** An item is the member's. */
export class RaiRedeemEvent extends RaiEvent {
  readonly order: Order

  constructor(order: Order) {
    super('rai-redeem')
    this.order = order
  }
}

/** The member saves for an item (`save`), asks to be told when it is back (`notify`), or does so no longer (`drop`). Cancel it to keep things as they are. */
export class RaiWishRequestEvent extends RaiEvent {
  readonly item: Item
  readonly change: WishChange

  constructor(item: Item, change: WishChange) {
    super('rai-wish-request', { cancelable: true })
    this.item = item
    this.change = change
  }
}

declare global {
  interface HTMLElementEventMap {
    'rai-redeem-request': RaiRedeemRequestEvent
    'rai-redeem': RaiRedeemEvent
    'rai-wish-request': RaiWishRequestEvent
  }
}
