import { atom, type ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import type { ApiError, FailureCode } from '../shared/failures.js'
import { identityOf } from '../shared/identity.js'
import { memberIdOf } from '../shared/kept.js'
import { serverNow } from '../shared/server-clock.js'
import type { Order, Quote } from '../types.js'
import { forget, type Intent, keep, kept, tell, watchTabs } from './intents.js'
import { orderSample, orders, ordersRoute } from './orders.js'

/** How far a purchase has come. */
export type PurchaseState =
  /** What it costs is being asked. */
  | { step: 'asking' }
  /** It costs this, for two minutes. `before`: what it was to cost until a moment ago. */
  | { step: 'quoted'; quote: Quote; before?: number }
  /** The order is on its way. */
  | { step: 'sending' }
  /** The order may have come through: nobody knows yet. It is never sent again by itself. `isMissing`: it was looked for in vain, and can be sent again. */
  | { step: 'unknown'; isChecking: boolean; isMissing: boolean }
  /** It is the member's, bought here or in another tab. */
  | { step: 'bought'; order: Order; balance?: number }
  /** Nothing was charged. */
  | { step: 'refused'; error: ApiError }

/** The one purchase of an item that is going on: whoever presses how often, and in how many tabs. */
export interface Purchase {
  $state: ReadableAtom<PurchaseState>
  /** Asks what it costs; `amount` where the member chooses. Goes on with an order whose end is not known, from before a reload too. */
  ask(amount?: number): Promise<void>
  /** Buys at the price that is shown. Does nothing unless a price is shown. */
  confirm(information?: Record<string, string>): Promise<void>
  /** Looks whether an order came through whose end is not known. */
  check(): Promise<void>
  /** Sends an order again whose end is not known and that was not found, under the same key: it happens once at most. */
  resend(): Promise<void>
  /** Listens to other tabs until the answer is called. */
  open(): () => void
}

const quotesRoute = 'POST /widget/v1/{publishableKey}/store/quotes'
const buyRoute = 'POST /widget/v1/{publishableKey}/store/orders'
const quoteSample = { quote: '', price: 0, balance: 0, balanceAfter: 0, expiresAt: '' }

/** A quote whose time ends within this is asked for again, in milliseconds: an order needs some time, too. */
const margin = 3000
/** So long another tab's order is waited for, in milliseconds. */
const patience = 10_000
/** So much later than its quote an order may still be under way, in milliseconds: longer than a server waits for its turn. */
const slack = 5 * 60_000
/** What the order itself is refused with. Anything else says nothing of what became of the same order sent before. */
const refusals: readonly FailureCode[] = [
  'not_enough',
  'sold_out',
  'limit_reached',
  'locked',
  'not_started',
  'ended',
  'price_changed',
  'quote_expired',
]

const purchases = /* @__PURE__ */ perEnvironment((environment) => {
  const known = new Map<string, Purchase>()
  // What one person began is not for the next.
  identityOf(environment).$source.listen((_, before) => {
    if (before) known.clear()
  })
  return known
})

export function purchase(environment: Environment, itemId: string): Purchase {
  const known = purchases(environment)
  const found = known.get(itemId) ?? create(environment, itemId)
  known.set(itemId, found)
  return found
}

function create(environment: Environment, itemId: string): Purchase {
  const client = clientOf(environment)
  const $state = atom<PurchaseState>({ step: 'asking' })
  /** The order whose end is not known. */
  let intent: Intent | undefined
  /** Who buys, once something was asked in their name. */
  let memberId: string | undefined
  /** The newest question counts. */
  let asked = 0
  let amount: number | undefined
  /** Tells our own news from those of other tabs. */
  const from = environment.randomId()

  async function ask(chosen = amount): Promise<void> {
    if ($state.value.step === 'sending') return
    amount = chosen
    if (intent) return check()
    const { value: before } = $state
    const number = ++asked
    $state.set({ step: 'asking' })
    try {
      memberId = await memberIdOf(environment)()
      if (number !== asked) return
      intent = kept(environment, memberId, itemId)
      if (intent) return check()
      const body = { itemId, amount }
      const quote = await client.send(quotesRoute, quoteSample, { body })
      if (number !== asked) return
      const was = before.step === 'quoted' ? before.quote.price : undefined
      const isChanged = amount === undefined && was !== undefined && was !== quote.price
      $state.set(isChanged ? { step: 'quoted', quote, before: was } : { step: 'quoted', quote })
    } catch (error) {
      if (number === asked) $state.set({ step: 'refused', error: error as ApiError })
    }
  }

  async function confirm(information?: Record<string, string>): Promise<void> {
    const { value: state } = $state
    if (state.step !== 'quoted' || memberId === undefined) return
    // A tab that is gone may have sent one meanwhile.
    if (kept(environment, memberId, itemId)) return ask()
    const { quote, price, expiresAt, now } = state.quote
    if (Date.parse(expiresAt) - margin < serverNow(environment)) {
      await ask()
      // At another price than was confirmed the member decides again.
      const { value: next } = $state
      if (next.step === 'quoted' && next.quote.price === price) await confirm(information)
      return
    }
    intent = {
      key: environment.randomId(),
      memberId,
      itemId,
      body: information ? { quote, information } : { quote },
      isAnswered: !!information,
      price,
      since: Date.parse(now),
      until: Date.parse(expiresAt) + slack,
    }
    keep(environment, intent)
    await send(intent, isRefusal)
  }

  /** `isEnd`: whether a failure says that nothing was done, and will not be. */
  async function send(sent: Intent, isEnd: (error: ApiError) => boolean) {
    const { key, body, price } = sent
    $state.set({ step: 'sending' })
    tell(environment, { from, step: 'sending', intent: sent })
    try {
      const headers = { 'Idempotency-Key': key }
      const { order, balance } = await client.send(buyRoute, { order: orderSample, balance: 0 }, { body, headers })
      bought(order, balance)
      tell(environment, { from, step: 'bought', intent: sent })
    } catch (thrown) {
      const error = thrown as ApiError
      const { code } = error
      // It may have been done all the same, or be about to.
      if (!isEnd(error)) return check()
      done()
      tell(environment, { from, step: 'refused', intent: sent })
      if (code !== 'price_changed' && code !== 'quote_expired') return $state.set({ step: 'refused', error })
      // The member sees what it costs now, beside what it was to cost.
      $state.set({ step: 'asking' })
      await ask()
      const { value: next } = $state
      if (next.step === 'quoted' && next.quote.price !== price) $state.set({ ...next, before: price })
    }
  }

  function bought(order: Order, balance?: number) {
    done()
    $state.set(balance === undefined ? { step: 'bought', order } : { step: 'bought', order, balance })
    void orders(environment).refresh()
  }

  function done() {
    if (intent) forget(environment, intent)
    intent = undefined
  }

  async function check(): Promise<void> {
    const sought = intent
    if (!sought) return
    $state.set({ step: 'unknown', isChecking: true, isMissing: false })
    let isMissing = false
    try {
      const order = await find(sought.since)
      if (sought !== intent) return
      if (order) return bought(order)
      if (serverNow(environment) > sought.until) {
        // Too late for it to come through: it never will.
        done()
        return await ask()
      }
      isMissing = canSend(sought)
    } catch {
      // Nobody knows yet.
    }
    if (sought === intent) $state.set({ step: 'unknown', isChecking: false, isMissing })
  }

  /** The member's newest order of the item since then. */
  async function find(since: number): Promise<Order | undefined> {
    const { items } = await client.get(
      ordersRoute,
      { items: [orderSample] },
      { viewer: true, forced: true, fresh: true, query: { limit: 20 } },
    )
    return items.find(({ item, createdAt }) => item.id === itemId && Date.parse(createdAt) >= since)
  }

  return {
    $state,
    ask,
    confirm,
    check,
    async resend() {
      if (intent && canSend(intent) && $state.value.step === 'unknown')
        await send(intent, ({ code }) => refusals.includes(code))
    },
    open: () =>
      watchTabs(environment, (news) => {
        const { step } = $state.value
        if (news.from === from || step === 'sending' || step === 'bought') return
        if (news.intent.itemId !== itemId || news.intent.memberId !== memberId) return
        if (intent && intent.key !== news.intent.key) return
        // What is being asked here no longer counts.
        asked++
        intent = news.intent
        if (news.step === 'bought') return void check()
        if (news.step === 'refused') {
          intent = undefined
          return void ask()
        }
        $state.set({ step: 'unknown', isChecking: true, isMissing: false })
        // That tab may be closed before it can say how it ended.
        environment.after(patience, () => {
          if (intent === news.intent) void check()
        })
      }),
  }
}

/** Whether all that it was sent with is known. */
const canSend = ({ isAnswered, body }: Intent): boolean => !isAnswered || !!body.information

/** Whether the server said that it did nothing with an order that was sent for the first time. */
const isRefusal = ({ code, status, refused }: ApiError): boolean =>
  code === 'no_token' || status === 429 || (refused && code !== 'bad_answer' && code !== 'request_in_flight')
