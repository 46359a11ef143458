import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { Tx } from '../../packages/server/src/db/database.js'
import { constraintOf } from '../../packages/server/src/db/errors.js'
import { createCommunity } from '../../packages/server/src/domain/communities.js'
import { Failure } from '../../packages/server/src/domain/failure.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { heldToOrder } from '../../packages/server/src/domain/locks.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { claimStage } from '../../packages/server/src/domain/milestones/claiming.js'
import { createMilestone } from '../../packages/server/src/domain/milestones/milestones.js'
import { claim } from '../../packages/server/src/domain/socials/claims.js'
import { createQuest, type Quest } from '../../packages/server/src/domain/socials/quests.js'
import { buyerOf, listOffers, standingOf } from '../../packages/server/src/domain/store/offers.js'
import { buy, quote, setStatus } from '../../packages/server/src/domain/store/orders.js'
import { createProducts, updateProduct } from '../../packages/server/src/domain/store/products.js'
import { changeStore } from '../../packages/server/src/domain/store/settings.js'
import { addVouchers } from '../../packages/server/src/domain/store/vouchers.js'
import { createOnce } from '../../packages/server/src/http/idempotency.js'
import { asSuperuser, brokenInvariants, openTestDatabase } from '../helpers/database.js'
import { times } from '../helpers/long.js'

/*
 * What members spend and are given, against a model of a few lines: a store with stock, limits and codes, a milestone with a
 * supply, a quest of every day, and requests that are sent again. Whatever is done one after the other or at once, both say
 * the same. Of what is done at once the model does first what succeeded: whatever was refused must be refused after it.
 */

const { database, testDatabase } = await openTestDatabase()
const { tenant } = heldToOrder(database)
const root = rootKey(Buffer.alloc(32, 1))

const people = 3
const aDay = 24 * 3_600_000
const most = Number.MAX_SAFE_INTEGER
/** What can be bought: of one there are a few, of one everybody may have two a day, and one is a code. */
const sold = [
  { name: 'Few', price: 3, stock: 2 },
  { name: 'Two a day', price: 2, purchaseLimit: { quantity: 2, interval: { count: 1, unit: 'day' as const } } },
  { name: 'Code', price: 1, type: 'voucher' as const },
]
const codeProduct = 2
/** What a stage asks for and gives, half as much again, rounded down: 4 XP and 7 coins. */
const stage = { needs: 5, supply: 3, xp: 4, coins: 7 }
const questCoins = 2
/** What everybody begins with: enough that something is bought before the next gift. */
const firstCoins = 10

interface Bought {
  id: string
  who: number
  product: number
  price: number
  at: number
  isReturned: boolean
}

/** What ought to be. Members and products are numbered; an outcome is `done` or the code of a refusal. */
class Model {
  steps = 0
  clock = Date.UTC(2026, 0, 1)
  readonly coins: number[] = Array.from({ length: people }, () => firstCoins)
  readonly xp: number[] = Array.from({ length: people }, () => 0)
  readonly prices = sold.map(({ price }) => price)
  readonly codes = new Set<number>()
  readonly orders: Bought[] = []
  readonly claimed = new Set<string>()
  readonly quests = new Set<string>()
  readonly intents = new Map<number, number>()
  left = 2
  free = 0

  /** Moves coins, where the balance stays in its limits. */
  give(who: number, amount: number): string {
    const after = this.coins[who]! + amount
    if (after < 0) return 'not_enough'
    if (after > most) return 'conflict'
    this.coins[who] = after
    return 'done'
  }

  remaining = (product: number) => [this.left, null, this.free][product]!

  kept = (who: number, product: number) =>
    this.orders.filter((order) => order.who === who && order.product === product && !order.isReturned)

  state(who: number, product: number): string {
    if (this.remaining(product) === 0) return 'sold_out'
    const limit = sold[product]!.purchaseLimit?.quantity
    const oldest = limit && this.kept(who, product).at(-limit)
    if (oldest && oldest.at + aDay > this.clock) return 'limit_reached'
    return this.prices[product]! > this.coins[who]! ? 'not_enough' : 'available'
  }

  buy(id: string, who: number, product: number): string {
    const state = this.state(who, product)
    if (state !== 'available') return state
    const price = this.prices[product]!
    this.coins[who]! -= price
    if (product === 0) this.left--
    if (product === codeProduct) this.free--
    this.orders.push({ id, who, product, price, at: this.clock, isReturned: false })
    return 'done'
  }

  payBack(order: Bought): string {
    if (order.isReturned) return 'done'
    const given = this.give(order.who, order.price)
    if (given !== 'done') return given
    order.isReturned = true
    if (order.product === 0) this.left++
    return 'done'
  }

  get today(): number {
    return Math.floor(this.clock / aDay)
  }

  claim(who: number): string {
    const name = `${who} ${this.today}`
    if (this.claimed.has(name)) return 'done'
    if (this.claimed.size >= stage.supply) return 'sold_out'
    if (this.coins[who]! < stage.needs) return 'not_done'
    const given = this.give(who, stage.coins)
    if (given !== 'done') return given
    this.xp[who]! += stage.xp
    this.claimed.add(name)
    return 'done'
  }

  quest(who: number): string {
    const name = `${who} ${this.today}`
    if (this.quests.has(name)) return 'done'
    const given = this.give(who, questCoins)
    if (given === 'done') this.quests.add(name)
    return given
  }

  /** What was meant once is done once, and is nothing else later. */
  intend(key: number, who: number, amount: number): string {
    const known = this.intents.get(key)
    if (known !== undefined) return known === amount ? 'done' : 'idempotency_mismatch'
    const given = this.give(who, amount)
    if (given === 'done') this.intents.set(key, amount)
    return given
  }
}

/** The real thing: a community of its own for each run. */
class Real {
  readonly inside: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
  readonly ids: string[] = []
  products: string[] = []
  milestoneId = ''
  quest!: Quest

  private constructor(communityId: string) {
    this.inside = (work) => tenant(communityId, work)
  }

  static async create(): Promise<Real> {
    const real = new Real(newId())
    const at = new Date(0)
    await real.inside(async (tx) => {
      await createCommunity(tx, { name: 'Model', timeZone: 'UTC' }, at)
      await changeStore(tx, { isEnabled: true }, at)
      const made = await createProducts(
        tx,
        sold.map((product, displayOrder) => ({ ...product, displayOrder })),
        at,
      )
      real.products = made.map(({ id }) => id)
      real.quest = await createQuest(
        tx,
        {
          title: 'Come by',
          network: 'web',
          action: 'visit',
          proof: 'self',
          repeat: 'daily',
          reward: { xp: 0, currency: questCoins },
        },
        at,
      )
      const { id } = await createMilestone(
        tx,
        {
          name: 'Saver',
          period: 'day',
          stages: [
            {
              name: 'Stage',
              description: '',
              conditions: { kind: 'balance', unit: 'currency', atLeast: stage.needs },
              xp: 3,
              currency: 5,
              badgeId: null,
              multipliers: [{ percent: 150 }],
              supply: stage.supply,
            },
          ],
        },
        at,
      )
      real.milestoneId = id
      for (let n = 0; n < people; n++) real.ids.push((await createMember(tx, { username: `m${n}` }, at)).id)
      for (let n = 0; n < people; n++) await real.move(tx, n, firstCoins, 0)
    })
    return real
  }

  give = (who: number, amount: number, at: number) =>
    this.inside((tx) => this.move(tx, who, amount, at).then(() => 'done')).catch(refusal)

  private move = (tx: Tx, who: number, amount: number, at: number) =>
    post(
      tx,
      [{ memberId: this.ids[who]!, unit: 'currency', amount, reason: 'adjustment', key: newId(), actor: 'model' }],
      new Date(at),
    )

  /** The text of a quote, or the code of a refusal. */
  quote = (who: number, product: number, at: number): Promise<{ text: string } | string> =>
    this.inside((tx) =>
      quote(tx, root, this.ids[who]!, { itemId: this.products[product]!, amount: undefined }, new Date(at)),
    ).catch(refusal)

  /** The order, or the code of a refusal. */
  buy = (who: number, quoted: { text: string }, at: number): Promise<{ id: string } | string> =>
    this.inside((tx) => buy(tx, root, this.ids[who]!, { quote: quoted.text, information: {} }, new Date(at)))
      .then(({ order: { id } }) => ({ id }))
      .catch(refusal)

  set = (product: number, input: Parameters<typeof updateProduct>[2], at: number) =>
    this.inside((tx) => updateProduct(tx, this.products[product]!, input, new Date(at)))

  payBack = (id: string, status: string, at: number) =>
    this.inside((tx) => setStatus(tx, id, status, new Date(at), 'model'))
      .then(() => 'done')
      .catch(refusal)

  claim = (who: number, at: number) =>
    this.inside((tx) => claimStage(tx, this.milestoneId, 1, this.ids[who]!, new Date(at)))
      .then(({ reward }) => {
        expect([reward.xp, reward.currency]).toEqual([stage.xp, stage.coins])
        return 'done'
      })
      .catch(refusal)

  doQuest = (who: number, at: number) =>
    this.inside((tx) => {
      const doer = { memberId: this.ids[who]!, timeZone: 'UTC', weekStart: 1 }
      return claim(tx, this.quest, doer, () => ({ is: 'yes' }), new Date(at))
    })
      .then(() => 'done')
      .catch(refusal)

  /** Gives coins as a request with an idempotency key does, and answers a text that no two requests have in common. */
  intend = (key: number, who: number, amount: number, at: number): Promise<string> => {
    const options = { rootKey: root, principal: 'model', operation: 'GIVE', now: new Date(at), onReplay() {} }
    const once = createOnce({ ...options, key: `key ${key}` })
    return this.inside((tx) =>
      once(tx, String(amount), async () => {
        await this.move(tx, who, amount, at)
        return `answer ${newId()}`
      }),
    ).catch(refusal)
  }
}

/** What a refusal says, or which wall of the database stood behind it, of which the model knows none; anything else is a fault. */
function refusal(error: unknown): string {
  if (error instanceof Failure) return error.code
  const wall = constraintOf(error)
  if (wall) return wall
  throw error
}

/** After every step: what members have and have bought, the codes that are left, what was told, and what one of them is shown. */
async function expectAlike(model: Model, real: Real): Promise<void> {
  const at = new Date(model.clock)
  const who = model.steps % people
  await real.inside(async (tx) => {
    const buyer = await buyerOf(tx, real.ids[who]!)
    const [offers, { rows }] = await Promise.all([
      listOffers(tx, buyer, everything, at),
      sql<object>`
        select
          array(
            select coalesce(b.amount, 0) from unnest(${sql.val(real.ids)}::uuid[]) with ordinality as m (id, n)
            cross join unnest(array['currency', 'xp']) as u (unit)
            left join balances b on b.community_id = ${tx.communityId} and b.member_id = m.id and b.unit = u.unit
            order by n, u.unit
          ) as balances,
          array(
            select format('%s %s %s', id, price, returned_at is not null) from orders
            where community_id = ${tx.communityId} order by id
          ) as orders,
          array(
            select subject from events where community_id = ${tx.communityId} and type = 'store.item_purchased' order by subject
          ) as told,
          (select count(*) from vouchers where community_id = ${tx.communityId} and order_id is null) as free`.execute(
        tx.db,
      ),
    ])
    const orders = model.orders.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    expect(rows).toEqual([
      {
        balances: model.coins.flatMap((coins, n) => [coins, model.xp[n]]).map(String),
        orders: orders.map(({ id, price, isReturned }) => `${id} ${price} ${isReturned ? 't' : 'f'}`),
        told: orders.map(({ id }) => id),
        free: model.free,
      },
    ])
    const shown = offers.map((offer) => [offer.pays, offer.remaining, standingOf(offer, buyer, offer.pays, at).state])
    expect([buyer.currency, shown]).toEqual([
      model.coins[who],
      sold.map((_, n) => [model.prices[n], model.remaining(n), model.state(who, n)]),
    ])
  })
}

const filter = { categoryId: undefined, search: undefined, minPrice: undefined, maxPrice: undefined }
const everything = {
  ...filter,
  sort: 'featured',
  affordable: false,
  wished: false,
  after: undefined,
  limit: 10,
} as const

/** A step for both; what `run` answers for the model and for the real thing must be the same. */
const step = (name: string, run: (model: Model, real: Real) => Promise<unknown>): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  async run(model, real) {
    model.steps++
    model.clock += 60_000
    await run(model, real)
    await expectAlike(model, real)
  },
  toString: () => name,
})

/** Holds what came of things done at once against the model, what succeeded first. */
function expectEach<T>(outcomes: readonly T[], succeeded: (one: T) => boolean, expected: (one: T) => string): void {
  for (const one of outcomes.filter(succeeded)) expect(expected(one)).toBe('done')
  for (const one of outcomes.filter((one) => !succeeded(one))) expect(expected(one)).not.toBe('done')
}

const someone = fc.nat(people - 1)
const someProduct = fc.nat(sold.length - 1)
const some = (maxLength: number) => fc.array(someone, { minLength: 1, maxLength })
const isText = (found: unknown): found is string => typeof found === 'string'

const steps = [
  fc
    .tuple(someone, fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.constantFrom(-2, most - 9)))
    .map(([who, amount]) =>
      step(`give ${who} ${amount}`, async (model, real) => {
        expect(await real.give(who, amount, model.clock)).toBe(model.give(who, amount))
      }),
    ),
  // At once, each at the price of a quote of their own.
  fc.tuple(some(3), someProduct).map(([buyers, product]) =>
    step(`${buyers} buy ${product}`, async (model, real) => {
      const quotes = []
      for (const who of buyers) {
        const quoted = await real.quote(who, product, model.clock)
        const state = model.state(who, product)
        expect(isText(quoted) ? quoted : 'available').toBe(state)
        if (!isText(quoted)) quotes.push({ who, quoted })
      }
      const outcomes = await Promise.all(
        quotes.map(async ({ who, quoted }) => ({ who, found: await real.buy(who, quoted, model.clock) })),
      )
      expectEach(
        outcomes,
        ({ found }) => !isText(found),
        ({ who, found }) => model.buy(isText(found) ? '' : found.id, who, product),
      )
    }),
  ),
  fc.tuple(someone, someProduct).map(([who, product]) =>
    step(`${who} buys ${product} by one quote, three times at once`, async (model, real) => {
      const quoted = await real.quote(who, product, model.clock)
      if (isText(quoted)) return expect(quoted).toBe(model.state(who, product))
      const found = await Promise.all([0, 1, 2].map(() => real.buy(who, quoted, model.clock)))
      expect(found).toEqual([found[0], found[0], found[0]])
      expect(model.buy((found[0] as { id: string }).id, who, product)).toBe('done')
    }),
  ),
  fc.tuple(someone, someProduct, fc.integer({ min: 1, max: 4 })).map(([who, product, price]) =>
    step(`${who} buys ${product}, whose price becomes ${price}`, async (model, real) => {
      const quoted = await real.quote(who, product, model.clock)
      const before = model.prices[product]!
      expect(isText(quoted) ? quoted : 'available').toBe(model.state(who, product))
      await real.set(product, { price }, model.clock)
      model.prices[product] = price
      if (isText(quoted)) return
      const found = await real.buy(who, quoted, model.clock)
      if (price === before) expect(model.buy((found as { id: string }).id, who, product)).toBe('done')
      else expect(found).toBe('price_changed')
    }),
  ),
  fc
    .tuple(fc.nat(), fc.array(fc.constantFrom('refunded', 'cancelled'), { minLength: 1, maxLength: 3 }))
    .map(([nth, statuses]) =>
      step(`order ${nth} is ${statuses}`, async (model, real) => {
        const order = model.orders[nth % model.orders.length]
        if (!order) return
        const found = await Promise.all(statuses.map((status) => real.payBack(order.id, status, model.clock)))
        expect(found).toEqual(statuses.map(() => model.payBack(order)))
      }),
    ),
  fc.nat(3).map((left) =>
    step(`there are ${left} left`, async (model, real) => {
      await real.set(0, { stock: left }, model.clock)
      model.left = left
    }),
  ),
  fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 2 }).map((codes) =>
    step(`codes ${codes}`, async (model, real) => {
      const texts = codes.map((code) => `code ${code}`)
      await real.inside((tx) => addVouchers(tx, root, real.products[codeProduct]!, texts, null, new Date(model.clock)))
      for (const code of codes) {
        if (!model.codes.has(code)) model.free++
        model.codes.add(code)
      }
    }),
  ),
  some(3).map((claimants) =>
    step(`${claimants} claim`, async (model, real) => {
      const outcomes = await Promise.all(
        claimants.map(async (who) => ({ who, found: await real.claim(who, model.clock) })),
      )
      expectEach(
        outcomes,
        ({ found }) => found === 'done',
        ({ who }) => model.claim(who),
      )
    }),
  ),
  some(3).map((doers) =>
    step(`${doers} do the quest`, async (model, real) => {
      const found = await Promise.all(doers.map((who) => real.doQuest(who, model.clock)))
      expect(found).toEqual(doers.map((who) => model.quest(who)))
    }),
  ),
  fc.tuple(fc.nat(5), someone, fc.integer({ min: 1, max: 2 })).map(([key, who, amount]) =>
    step(`${key}: ${who} is given ${amount}, three times at once and once more`, async (model, real) => {
      const intend = () => real.intend(key, who, amount, model.clock)
      const found = [...(await Promise.all([intend(), intend(), intend()])), await intend()]
      const [answer, ...others] = new Set(found.filter((one) => one !== 'request_in_flight'))
      expect(others).toEqual([])
      const expected = model.intend(key, who, amount)
      expect(answer!.startsWith('answer') ? 'done' : answer).toBe(expected)
    }),
  ),
  fc.constant(
    step('the next day', async (model) => {
      model.clock += aDay
    }),
  ),
]

describe('what members spend and are given', () => {
  it('21: is what a model of a few lines says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: times(8, 20), size: 'max' }), (commands) =>
        fc.asyncModelRun(async () => ({ model: new Model(), real: await Real.create() }), commands),
      ),
      { numRuns: times(200, 2000), seed: 21, endOnFailure: true, includeErrorInReport: true },
    )
    expect(await asSuperuser(testDatabase.superuserUrl, brokenInvariants)).toEqual([])
  }, 1_200_000)
})
