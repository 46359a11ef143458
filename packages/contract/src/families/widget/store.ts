import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import {
  Amount,
  cursorQuery,
  Id,
  ItemState,
  line,
  OrderCategory,
  ProductType,
  PurchaseLimit,
  page,
  Question,
  SafeLink,
  Secret,
  Time,
  VoucherState,
} from '../../schemas.js'
import { anyPage, Key, memberOnly } from './common.js'

const ItemPath = Key.extend({ itemId: Id })
const OrderPath = Key.extend({ orderId: Id })

const Store = z
  .strictObject({
    title: z.string(),
    description: z.string(),
    /** In their order. */
    categories: z.array(z.strictObject({ id: Id, name: z.string() })),
    now: Time,
  })
  .meta({ id: 'WidgetStore', description: 'Where members spend what they have earned' })

const Price = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('fixed'),
      amount: Amount,
      /** What it costs others, or otherwise; null where that is no more. */
      before: Amount.nullable(),
      /** When a discount ends; null without one, and for one that stays. */
      until: Time.nullable(),
    }),
    z.strictObject({
      kind: z.literal('variable'),
      /** What the choice begins with. */
      amount: Amount,
      min: Amount,
      max: Amount,
      /** From `min` on. */
      step: z.int().min(1),
    }),
  ])
  .meta({ id: 'ItemPrice', description: 'What an item costs who asks, in currency' })

const Wish = z
  .strictObject({
    /** Whether the member is told when it can be bought again. */
    notify: z.boolean(),
    /** When it came back since the member asked to be told; null while it has not. */
    backAt: Time.nullable(),
  })
  .meta({ id: 'Wish', description: 'An item that the member saves for' })

const Item = z
  .strictObject({
    id: Id,
    name: z.string(),
    description: z.string(),
    image: z.strictObject({ url: z.url(), alt: z.string() }).nullable(),
    type: ProductType,
    categoryId: Id.nullable(),
    price: Price,
    /** How many are left, counted up to 100; null without limit. */
    remaining: z.int().min(0).nullable(),
    startsAt: Time.nullable(),
    endsAt: Time.nullable(),
    limit: PurchaseLimit.nullable(),
    /** What who buys it is asked. */
    questions: z.array(Question),
    /** What is told before one buys it. */
    terms: z.string(),
    /** Of who asks. Of a visitor it says what it would be of some member who has done nothing yet and has enough. */
    state: ItemState,
    /** `not_enough`: how much currency; `locked` by XP: how much XP. Null otherwise. */
    missing: z.int().min(1).nullable(),
    /** `not_started` and `limit_reached`: when that is over. Null otherwise, and where it never is. */
    availableAt: Time.nullable(),
    /** `locked`: by XP that are missing, or for it is for some members only. Null otherwise. */
    lockedBy: z.enum(['xp', 'group']).nullable(),
    /** Until when the code is good that would be sold next. Null for one that never runs out, and where none is sold. */
    codeExpiresAt: Time.nullable(),
    /** Null where the member does not save for it, and for visitors. */
    wish: Wish.nullable(),
  })
  .meta({ id: 'Item' })

const OneItem = z.strictObject({ item: Item, now: Time }).meta({ id: 'OneItem' })

const Purse = z
  .strictObject({
    /** What the member can spend. It stays theirs: time takes nothing away. */
    available: Amount,
    /** What comes if what they have sent in is found good, and by when somebody looks at the next of it. */
    pending: z.strictObject({ amount: Amount, by: Time.nullable() }),
    /** What waits to be claimed, and what of it is lost next without that: null where none is. */
    claimable: z.strictObject({
      amount: Amount,
      expiring: z.strictObject({ amount: Amount, at: Time }).nullable(),
    }),
    now: Time,
  })
  .meta({ id: 'Purse', description: 'What a member has, and what comes' })

const Quote = z
  .strictObject({
    /** What an order sends: it says all of this, and is signed. */
    quote: z.string().max(1000),
    itemId: Id,
    price: Amount,
    /** What the member has now, and after it. Others may spend it first: nothing is held. */
    balance: Amount,
    balanceAfter: Amount,
    /** Two minutes from now. */
    expiresAt: Time,
    now: Time,
  })
  .meta({ id: 'Quote', description: 'What an item costs the member for the next two minutes. Nothing is held' })

const Order = z
  .strictObject({
    id: Id,
    /** For people. */
    number: z.string(),
    item: z.strictObject({
      id: Id,
      /** As it was then. */
      name: z.string(),
      image: z.strictObject({ url: z.url(), alt: z.string() }).nullable(),
      type: ProductType,
    }),
    price: Amount,
    status: z.strictObject({
      name: z.string(),
      category: OrderCategory,
      color: z.string().meta({ example: '#1f883d' }),
    }),
    /** What the operator says to who has bought it; empty where they were paid back. */
    instructions: z.string(),
    /** Where the member finds what they bought. Null where that is nowhere, and when they were paid back. */
    link: SafeLink.nullable(),
    /** What the member answered. */
    information: z.array(z.strictObject({ name: z.string(), label: z.string(), value: z.string() })),
    /** Null where there is none. Its code is told by `voucher` alone. */
    voucher: z.strictObject({ state: VoucherState, expiresAt: Time.nullable() }).nullable(),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'Order' })

/** How buying may be refused, in the words of item states. Whatever it says, nothing was charged. */
const refuses = ['not_enough', 'sold_out', 'limit_reached', 'locked', 'not_started', 'ended'] as const

/** What members buy. A store that is not enabled is not there. */
export const store = table({
  'GET /widget/v1/{publishableKey}/store': {
    summary: 'The store and its categories',
    access: anyPage,
    params: Key,
    answer: Store,
  },
  'GET /widget/v1/{publishableKey}/store/purse': {
    summary: 'What the member can spend, what comes, and what of that is lost when',
    description:
      'Of the currency. `pending` is for quests whose review is on; `claimable` for stages of milestones and for prizes.',
    access: memberOnly,
    params: Key,
    answer: Purse,
  },
  'GET /widget/v1/{publishableKey}/store/items': {
    summary: 'Items, with what each costs who asks and whether they can buy it',
    access: anyPage,
    params: Key,
    query: z.strictObject({
      ...cursorQuery,
      /** By `name` it says a whole name. */
      cursor: z.string().max(2000).optional(),
      category: z.uuid().max(36).optional(),
      /** Only items with this in their name, without regard to case. */
      search: line(1, 100).optional(),
      /** Default: `featured`, the operator’s order. By price: what it costs who asks. */
      sort: z.enum(['featured', 'newest', 'price_asc', 'price_desc', 'name']).optional(),
      minPrice: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
      maxPrice: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
      /** Only what the member has enough for. Says nothing to visitors. */
      affordable: z.enum(['true']).optional(),
      /** Only what the member saves for. Says nothing to visitors. */
      wished: z.enum(['true']).optional(),
    }),
    answer: page(Item)
      .extend({
        /** How many there are on all pages. */
        total: z.int().min(0),
        now: Time,
      })
      .meta({ id: 'Items' }),
  },
  'GET /widget/v1/{publishableKey}/store/items/{itemId}': {
    summary: 'An item, with what it costs who asks and whether they can buy it',
    access: anyPage,
    params: ItemPath,
    answer: OneItem,
  },
  'PUT /widget/v1/{publishableKey}/store/items/{itemId}/wish': {
    summary: 'Save for an item, and ask to be told when it can be bought again',
    description:
      'With `notify`, `backAt` of the wish says when a sold-out item came back; the stream says `wish.changed` of the item then, and a mail does where the operator has said where the store stands and the member has an address. Sent again, it waits anew. At most 200 items that pages show.',
    access: memberOnly,
    params: ItemPath,
    body: z.strictObject({
      notify: z.boolean().optional().meta({ description: 'Tell the member when it is back. Default: false' }),
    }),
    bodyLimit: bodyLimits.small,
    answer: OneItem,
  },
  'DELETE /widget/v1/{publishableKey}/store/items/{itemId}/wish': {
    summary: 'Save for an item no more',
    description: 'Also for an item that is archived, as long as they do: it is `ended`.',
    access: memberOnly,
    params: ItemPath,
    answer: OneItem,
  },
  'POST /widget/v1/{publishableKey}/store/quotes': {
    summary: 'Ask what an item costs the member, before they confirm. It holds for two minutes',
    description:
      'Nothing is held and nothing is kept. Refused as the order would be, and with the same `facts`: how much is `missing`, and when it can be bought again (`availableAt`).',
    access: memberOnly,
    writes: false,
    params: Key,
    body: z.strictObject({
      itemId: Id.meta({ description: 'The item' }),
      amount: Amount.optional().meta({ description: 'What the member pays, where the price is `variable`' }),
    }),
    bodyLimit: bodyLimits.small,
    answer: Quote,
    refuses,
  },
  'POST /widget/v1/{publishableKey}/store/orders': {
    summary: 'Buy an item at the price of a quote',
    description:
      'Needs an `Idempotency-Key`: one for each intent, kept until its answer is known. With the answer the item is the member’s and what it cost is off their balance; a refusal changed nothing. `price_changed` tells the new `price` in `facts`: ask for a quote again. `quote_expired` after two minutes. Where stock, limit or balance refuse, `facts` say how much is `missing`, or when it can be bought again.',
    access: memberOnly,
    needsIdempotencyKey: true,
    params: Key,
    body: z.strictObject({
      quote: z.string().min(1).max(1000).meta({ description: '`quote` of the answer to `store/quotes`' }),
      information: z
        .record(z.string().max(50), line(0, 1000))
        .optional()
        .meta({ description: 'The member’s answers to the item’s `questions`: name → answer' }),
    }),
    bodyLimit: bodyLimits.small,
    answer: z.strictObject({
      order: Order,
      /** What the member has left. */
      balance: Amount,
    }),
    status: 201,
    refuses: [...refuses, 'price_changed', 'quote_expired'],
  },
  'GET /widget/v1/{publishableKey}/store/orders': {
    summary: 'What the member has bought, newest first',
    access: memberOnly,
    params: Key,
    query: z.strictObject({
      ...cursorQuery,
      category: OrderCategory.optional(),
      /** Only orders with this in the item’s name, or whose number begins so; without regard to case. */
      search: line(1, 100).optional(),
    }),
    answer: page(Order),
  },
  'GET /widget/v1/{publishableKey}/store/orders/{orderId}': {
    summary: 'An order of the member',
    access: memberOnly,
    params: OrderPath,
    answer: Order,
  },
  'POST /widget/v1/{publishableKey}/store/orders/{orderId}/voucher': {
    summary: 'Show the member the code that they bought. Each time is written down',
    description:
      '`not_found` for an order without one, `conflict` where it is void. An `Idempotency-Key` says nothing here: each time is asked anew.',
    access: memberOnly,
    audited: true,
    replayed: false,
    params: OrderPath,
    refuses: ['conflict'],
    answer: z
      .strictObject({ code: Secret, expiresAt: Time.nullable() })
      .meta({ id: 'Voucher', description: 'Keep it out of addresses and logs' }),
  },
})
