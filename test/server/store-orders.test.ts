import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { deleteMember, eraseNext } from '../../packages/server/src/domain/members/deletions.js'
import { createMember, findMember } from '../../packages/server/src/domain/members/members.js'
import { reveal } from '../../packages/server/src/domain/store/orders.js'
import { writeQuote } from '../../packages/server/src/domain/store/quotes.js'
import { addVouchers, countVouchers, resealVouchers } from '../../packages/server/src/domain/store/vouchers.js'
import { ask } from '../helpers/api.js'
import { asSuperuser, brokenInvariants, waitingForLocks } from '../helpers/database.js'
import { expectOneAnswer } from '../helpers/intents.js'
import { times } from '../helpers/long.js'
import { noLimits } from '../helpers/operations.js'
import { startTestServer } from '../helpers/server.js'
import { openShop } from '../helpers/store.js'
import { openStream } from '../helpers/stream.js'

const start = new Date('2026-11-27T12:00:00Z')
const minutes = (n: number) => new Date(start.getTime() + n * 60_000)
let now = start
const server = await startTestServer({ clock: () => now, limits: noLimits })
let shop: Awaited<ReturnType<typeof openShop>>
let bearer: string
beforeAll(async () => {
  shop = await openShop(server, () => now)
  bearer = shop.community.communityKey
})

let made = 0
/** A member of their own with coins. */
const someone = async (coins = 1000) => {
  const name = `someone-${++made}`
  await shop.member(name, coins)
  return name
}
/** Asks for the price and buys. */
const buy = async (itemId: string, who: string, more: Parameters<typeof shop.order>[2] = {}) => {
  const quoted = await shop.quote(itemId, who)
  return quoted.status === 200 ? shop.order(quoted.answer.quote, who, more) : quoted
}
/** The same of what is known to be sold. */
const bought = async (itemId: string, who: string) => {
  const { answer, text } = await buy(itemId, who)
  if (!('order' in answer)) throw new Error(text)
  return answer
}
const ordersOf = async (who: string, query: Record<string, string> = {}) => (await shop.orders(who, query)).answer.items
/** Everything that a refused purchase could leave. */
const traces = (who: string) =>
  shop.community.tenant(async (tx) => {
    const count = async (table: 'orders' | 'entries') => {
      const { n } = await tx.db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('community_id', '=', tx.communityId)
        .where('member_id', '=', shop.ids[who]!)
        .executeTakeFirstOrThrow()
      return n
    }
    const { n: events } = await tx.db
      .selectFrom('events')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('community_id', '=', tx.communityId)
      .where('type', 'in', ['store.item_purchased', 'order.updated'])
      .executeTakeFirstOrThrow()
    return { orders: await count('orders'), entries: await count('entries'), events }
  })

describe('a purchase', () => {
  it('takes what it costs and one of the stock, and is in the history', async () => {
    const who = await someone(300)
    const { _id } = await shop.product({ name: 'Rope', stock: 2, instructions: 'Ask at the desk.' })
    const { order, balance } = await bought(_id, who)
    expect(balance).toBe(200)
    expect(order).toMatchObject({
      item: { id: _id, name: 'Rope', image: null, type: 'item' },
      price: 100,
      status: { name: 'Incomplete', category: 'incomplete' },
      instructions: 'Ask at the desk.',
      information: [],
      voucher: null,
    })
    expect(order.number).toMatch(/^ORD20261127[0-9A-Z]{8}$/)
    expect(await shop.coins(who)).toBe(200)
    expect(await shop.item(_id)).toMatchObject({ remaining: 1 })
    expect(await ordersOf(who)).toEqual([order])
    expect((await shop.one(order.id, who)).answer).toEqual(order)
    expect((await shop.one(order.id, await someone())).code).toBe('not_found')
  })

  it('of what lies elsewhere is done at once, and says where and how to who bought it until they are paid back', async () => {
    const who = await someone()
    const link = 'https://files.example.com/tracks.zip'
    const { _id } = await shop.product({ link, instructions: 'Unpack it.' })
    expect(await shop.item(_id, who)).not.toHaveProperty('link')
    const { order } = await bought(_id, who)
    expect(order).toMatchObject({ link, instructions: 'Unpack it.', status: { category: 'complete' } })
    await shop.change(_id, { link: `${link}?v=2` })
    expect((await shop.one(order.id, who)).answer.link).toBe(`${link}?v=2`)
    await shop.setStatus(order.id, 'refunded')
    expect((await shop.one(order.id, who)).answer).toMatchObject({ link: null, instructions: '' })
    for (const unsafe of ['http://files.example.com/a', 'javascript:alert(1)', 'data:text/html,a', 'files'])
      expect((await shop.change(_id, { link: unsafe })).paths).toEqual(['link'])
  })

  it('needs a key of its own, and a quote that we gave to that member in the last two minutes', async () => {
    const [who, other] = [await someone(), await someone()]
    const { _id } = await shop.product()
    const { quote, expiresAt, balance, balanceAfter } = (await shop.quote(_id, who)).answer
    expect([expiresAt, balance, balanceAfter]).toEqual([minutes(2).toISOString(), 1000, 900])
    const keyless = await ask(server, 'POST /widget/v1/{publishableKey}/store/orders', {
      params: { publishableKey: shop.community.publishableKey },
      bearer: await shop.tokenOf(who),
      body: { quote },
    })
    expect([keyless.status, keyless.paths]).toEqual([400, ['Idempotency-Key']])
    const [said, signature] = quote.split('.') as [string, string]
    const cheaper = Buffer.from(Buffer.from(said, 'base64url').toString().replace('100', '001')).toString('base64url')
    for (const forged of [`${cheaper}.${signature}`, said, `${said}.`, 'x'])
      expect((await shop.order(forged, who)).paths).toEqual(['quote'])
    expect((await shop.order(quote, other)).paths).toEqual(['quote'])
    now = minutes(2)
    const late = await shop.order(quote, who)
    now = start
    expect([late.status, late.code, await ordersOf(who)]).toEqual([409, 'quote_expired', []])
  })

  it('at a price that has changed is refused with the new one, and charges nothing', async () => {
    const who = await someone()
    const { _id } = await shop.product()
    const { quote } = (await shop.quote(_id, who)).answer
    for (const price of [120, 80]) {
      await shop.change(_id, { price })
      const before = await traces(who)
      const refused = await shop.order(quote, who)
      expect([refused.status, refused.code, refused.facts]).toEqual([409, 'price_changed', { price }])
      expect(await traces(who)).toEqual(before)
    }
    await shop.change(_id, { price: 100 })
    expect((await shop.order(quote, who)).status).toBe(201)
    const { _id: chosen } = await shop.product({ price: 20, variablePrice: { min: 10, max: 60, step: 10 } })
    const { answer } = await shop.quote(chosen, who, 50)
    await shop.change(chosen, { variablePrice: null })
    expect((await shop.order(answer.quote, who)).facts).toEqual({ price: 20 })
    await shop.change(chosen, { variablePrice: { min: 10, max: 60, step: 10 } })
    expect((await shop.order(answer.quote, who)).answer).toMatchObject({ order: { price: 50 }, balance: 850 })
  })

  it('that is refused leaves nothing, whyever it is', async () => {
    const who = await someone(100)
    const { _id } = await shop.product({
      stock: 1,
      information: [
        { name: 'size', label: 'Size', required: true, options: ['S', 'M'] },
        { name: 'note', label: 'Note', required: false, options: [] },
      ],
    })
    const { quote } = (await shop.quote(_id, who)).answer
    const before = await traces(who)
    for (const [information, path] of [
      [{}, 'size'],
      [{ size: ' ' }, 'size'],
      [{ size: 'XL' }, 'size'],
      [{ size: 'S', colour: 'red' }, 'colour'],
    ] as const)
      expect((await shop.order(quote, who, { information })).paths).toEqual([`information.${path}`])
    const cases = [
      [{ stock: 0 }, { stock: 1 }, 'sold_out', undefined],
      [{ endsAt: start.toISOString() }, { endsAt: null }, 'ended', undefined],
      [
        { startsAt: minutes(1).toISOString() },
        { startsAt: null },
        'not_started',
        { availableAt: minutes(1).toISOString() },
      ],
      [{ isArchived: true }, { isArchived: false }, 'not_found', undefined],
    ] as const
    for (const [change, back, code, facts] of cases) {
      await shop.change(_id, change)
      const refused = await shop.order(quote, who, { information: { size: 'S' } })
      expect([refused.code, refused.facts]).toEqual([code, facts])
      await shop.change(_id, back)
    }
    await shop.give(who, -1)
    const poor = await shop.order(quote, who, { information: { size: 'S' } })
    expect([poor.code, poor.facts]).toEqual(['not_enough', { missing: 1 }])
    await shop.give(who, 1)
    expect(await traces(who)).toEqual({ ...before, entries: before.entries + 2 })
    const { answer } = await shop.order(quote, who, { information: { size: 'S', note: '' } })
    expect(answer.order.information).toEqual([{ name: 'size', label: 'Size', value: 'S' }])
  })

  it('of what costs nothing moves nothing', async () => {
    const who = await someone(0)
    const { _id } = await shop.product({ price: 0 })
    expect((await bought(_id, who)).balance).toBe(0)
    expect(await traces(who)).toMatchObject({ orders: 1, entries: 0 })
  })

  it('is one of as many as a member may have in a time, and says when the next may be', async () => {
    const who = await someone()
    const purchaseLimit = { quantity: 2, interval: { count: 1, unit: 'hour' as const } }
    const { _id } = await shop.product({ purchaseLimit })
    await bought(_id, who)
    now = minutes(20)
    const { order } = await bought(_id, who)
    const refused = await buy(_id, who)
    expect([refused.code, refused.facts]).toEqual(['limit_reached', { availableAt: minutes(60).toISOString() }])
    expect(await shop.item(_id, who)).toMatchObject({
      state: 'limit_reached',
      availableAt: minutes(60).toISOString(),
    })
    // What was paid back does not count.
    await shop.setStatus(order.id, 'refunded')
    await bought(_id, who)
    now = minutes(60)
    await bought(_id, who)
    expect((await buy(_id, who)).facts).toEqual({ availableAt: minutes(80).toISOString() })
    await shop.change(_id, { purchaseLimit: { quantity: 2, interval: null } })
    expect(await shop.item(_id, who)).toMatchObject({ state: 'limit_reached', availableAt: null })
    now = start
  })
})

describe('16: the last item', () => {
  const buyers = Array.from({ length: 200 }, (_, n) => `buyer-${n}`)
  it(`is sold once to ${buyers.length} who buy at once`, { timeout: times(60_000, 600_000) }, async () => {
    const root = rootKey(server.config.secretKey!)
    const { tenant } = shop.community
    await tenant(async (tx) => {
      for (const username of buyers) shop.ids[username] = (await createMember(tx, { username }, now)).id
      const gift = { unit: 'currency', amount: 100_000, reason: 'adjustment', actor: 'test' } as const
      await post(
        tx,
        buyers.map((name) => ({ ...gift, memberId: shop.ids[name]!, key: `wealth of ${name}` })),
        now,
      )
    })
    for (const name of buyers) await shop.tokenOf(name)
    for (let round = 0; round < times(1, 50); round++) {
      const stock = round % 2 === 0 ? 1 : 50
      const { _id } = await shop.product({ stock })
      const settle = async (name: string) => {
        const asked = { memberId: shop.ids[name]!, itemId: _id, price: 100, amount: undefined }
        const { text } = await tenant(async (tx) => writeQuote(tx, root, asked, now))
        const key = `round ${round} of ${name}`
        let reply = await shop.order(text, name, { key })
        // Who waits too long for a connection is told so, and says the same again.
        while (reply.code === 'unavailable') reply = await shop.order(text, name, { key })
        return reply
      }
      const replies = await Promise.all(buyers.map(settle))
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(stock)
      expect(new Set(replies.map(({ code }) => code))).toEqual(new Set([undefined, 'sold_out']))
      expect(await shop.item(_id)).toMatchObject({ remaining: 0, state: 'sold_out' })
    }
    expect(await asSuperuser(server.testDatabase.superuserUrl, brokenInvariants)).toEqual([])
  })
})

describe('17: one wallet', () => {
  it('pays for one of 20 things that are bought at once, and a limit holds', async () => {
    const who = await someone(100)
    const body = Array.from({ length: 20 }, () => ({ name: 'Thing', price: 100 }))
    const { answer: things } = await ask(server, 'POST /v1/products/bulk', { bearer, body })
    const quotes = await Promise.all(things.map(({ _id }) => shop.quote(_id, who)))
    const replies = await Promise.all(quotes.map(({ answer }) => shop.order(answer.quote, who)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(new Set(replies.map(({ code }) => code))).toEqual(new Set([undefined, 'not_enough']))
    expect(await shop.coins(who)).toBe(0)

    const rich = await someone()
    const { _id } = await shop.product({ purchaseLimit: { quantity: 2, interval: null } })
    const asked = await Promise.all(Array.from({ length: 10 }, () => shop.quote(_id, rich)))
    const limited = await Promise.all(asked.map(({ answer }) => shop.order(answer.quote, rich)))
    expect(limited.filter(({ status }) => status === 201)).toHaveLength(2)
    expect(await shop.coins(rich)).toBe(800)
  })
})

describe('18, 19: the same intent', () => {
  it('has one effect, and one answer byte for byte, however often and however many at once say so', async () => {
    const who = await someone()
    const { _id } = await shop.product({ stock: 100 })
    const { quote } = (await shop.quote(_id, who)).answer
    const { quote: another } = (await shop.quote(_id, who)).answer
    const send = (text: string) => (headers: { 'idempotency-key': string }) =>
      shop.order(text, who, { key: headers['idempotency-key'] })
    await expectOneAnswer(server, shop.community, send(quote), send(another))
    expect([await shop.coins(who), (await ordersOf(who)).length]).toEqual([900, 1])
    expect((await shop.item(_id)).remaining).toBe(99)
  })

  it('has its answer also when the quote is long over', async () => {
    const who = await someone()
    const { _id } = await shop.product()
    const { quote } = (await shop.quote(_id, who)).answer
    const key = 'said again much later'
    const { text } = await shop.order(quote, who, { key })
    now = minutes(30)
    expect((await shop.order(quote, who, { key })).text).toBe(text)
    now = start
  })

  it('to pay back has one effect, and one answer, as well', async () => {
    const who = await someone()
    const { _id } = await shop.product({ stock: 1 })
    const { order } = await bought(_id, who)
    const send = (statusId: string) => (headers: { 'idempotency-key': string }) =>
      ask(server, 'PUT /v1/orders/{orderId}', { bearer, params: { orderId: order.id }, body: { statusId }, headers })
    await expectOneAnswer(server, shop.community, send('refunded'), send('cancelled'))
    expect(await shop.coins(who)).toBe(1000)
    expect((await shop.item(_id)).remaining).toBe(1)
  })

  it('is one order to a quote, also under another key', async () => {
    const who = await someone()
    const { _id } = await shop.product()
    const { quote } = (await shop.quote(_id, who)).answer
    const replies = await Promise.all(Array.from({ length: 3 }, () => shop.order(quote, who)))
    const { order } = replies[0]!.answer
    expect(replies.map(({ answer }) => answer)).toEqual(replies.map(() => ({ order, balance: 900 })))
    expect(await ordersOf(who)).toEqual([order])
  })
})

describe('an order', () => {
  it('is paid back once, whatever is said and however often, and can be sold again', async () => {
    const who = await someone()
    const waits = await someone()
    const { _id } = await shop.product({ stock: 1 })
    const { order } = await bought(_id, who)
    await shop.wish(_id, waits)
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, n) => shop.setStatus(order.id, n % 2 === 0 ? 'refunded' : 'cancelled')),
    )
    expect(replies.every(({ status }) => status === 200)).toBe(true)
    expect(await shop.coins(who)).toBe(1000)
    expect(await shop.item(_id, waits)).toMatchObject({ remaining: 1, wish: { backAt: now.toISOString() } })
    expect((await shop.setStatus(order.id, 'complete')).code).toBe('conflict')
    await bought(_id, waits)
  })

  it('has the statuses of the community beside those that everybody has', async () => {
    const who = await someone()
    const body = { name: 'Packed', category: 'incomplete' as const, color: '#8250df' }
    const { answer: packed } = await ask(server, 'POST /v1/order-statuses', { bearer, body })
    const { _id } = await shop.product({ orderStatusID: packed._id })
    const { order } = await bought(_id, who)
    expect(order.status).toEqual(body)
    const params = { statusId: packed._id }
    await ask(server, 'PUT /v1/order-statuses/{statusId}', { bearer, params, body: { name: 'In a box' } })
    const list = async (query: Record<string, string>) =>
      (await ask(server, 'GET /v1/orders', { bearer, query })).answer.items.map(({ _id }) => _id)
    expect(await list({ statusId: packed._id })).toEqual([order.id])
    expect((await shop.one(order.id, who)).answer.status.name).toBe('In a box')
    await ask(server, 'DELETE /v1/order-statuses/{statusId}', { bearer, params })
    expect((await shop.one(order.id, who)).answer.status).toMatchObject({ name: 'Incomplete', category: 'incomplete' })
    expect(await list({ statusId: 'incomplete', productId: _id })).toEqual([order.id])
    expect((await shop.setStatus(order.id, packed._id)).paths).toEqual(['statusId'])
    for (const statusId of ['complete', packed._id])
      expect((await ask(server, 'DELETE /v1/order-statuses/{statusId}', { bearer, params: { statusId } })).code).toBe(
        'not_found',
      )
  })

  it('is found by who bought what, by its number, and page after page', async () => {
    const who = await someone()
    const { _id } = await shop.product({ name: 'Blue mug' })
    const { _id: other } = await shop.product({ name: 'Lamp' })
    const orders = []
    for (const [n, id] of [_id, other, _id].entries()) {
      now = minutes(n)
      orders.push((await bought(id, who)).order)
    }
    now = start
    const [first, lamp, last] = orders.map(({ id }) => id)
    const mine = async (query: Record<string, string> = {}) => (await ordersOf(who, query)).map(({ id }) => id)
    expect(await mine()).toEqual([last, lamp, first])
    expect(await mine({ search: 'MUG' })).toEqual([last, first])
    expect(await mine({ search: orders[1]!.number.toLowerCase() })).toEqual([lamp])
    const page = await shop.orders(who, { limit: '2' })
    expect(await mine({ limit: '2', cursor: page.answer.nextCursor! })).toEqual([first])
    const all = async (query: Record<string, string>) =>
      (await ask(server, 'GET /v1/orders', { bearer, query })).answer.items.map(({ _id }) => _id)
    expect(await all({ userId: shop.ids[who]!, productId: _id })).toEqual([last, first])
    expect(await all({ number: orders[1]!.number })).toEqual([lamp])
    await shop.setStatus(lamp!, 'refunded')
    expect(await all({ userId: shop.ids[who]!, category: 'refunded' })).toEqual([lamp])
    expect(await mine({ category: 'refunded' })).toEqual([lamp])
  })

  it('outlives its product, and the answers of a member go with the member', async () => {
    const who = await someone()
    const { _id } = await shop.product({
      information: [{ name: 'address', label: 'Address', required: true, options: [] }],
    })
    const quoted = await shop.quote(_id, who)
    const { order } = (await shop.order(quoted.answer.quote, who, { information: { address: 'Hut 7' } })).answer
    await ask(server, 'DELETE /v1/products/{productId}', { bearer, params: { productId: _id } })
    expect(await ordersOf(who)).toEqual([order])
    const days = (n: number) => new Date(start.getTime() + n * 24 * 3_600_000)
    await shop.community.tenant(async (tx) => deleteMember(tx, (await findMember(tx, { username: who }))!, start))
    await shop.community.tenant((tx) => eraseNext(tx, days(31)))
    const params = { orderId: order.id }
    const { answer } = await ask(server, 'GET /v1/orders/{orderId}', { bearer, params })
    expect(answer).toMatchObject({ price: 100, information: [], username: expect.stringMatching(/^deleted-/) })
  })
})

describe('a voucher', () => {
  const codesOf = (productId: string) =>
    ask(server, 'GET /v1/products/{productId}/vouchers', { bearer, params: { productId } })

  it('is one code to an order, those that run out first first, and none of them twice', async () => {
    const who = await someone()
    const { _id } = await shop.product({ type: 'voucher' })
    const untilWhen = async () => (await shop.item(_id, who)).codeExpiresAt
    expect(await shop.item(_id)).toMatchObject({ state: 'sold_out', codeExpiresAt: null })
    await shop.codes(_id, ['LATE-1', 'LATE-2', 'LATE-1'])
    await shop.codes(_id, ['SOON'], minutes(60).toISOString())
    await shop.codes(_id, ['GONE'], minutes(1).toISOString())
    const again = await shop.codes(_id, ['SOON', 'LATE-1'])
    expect([again.status, again.answer]).toEqual([201, { free: 3, sold: 0, expired: 1, void: 0 }])
    expect(await untilWhen()).toBe(minutes(60).toISOString())
    const orders = []
    for (let n = 0; n < 3; n++) {
      now = minutes(n)
      orders.push((await bought(_id, who)).order)
      // The others are good for ever.
      expect(await untilWhen()).toBeNull()
    }
    expect(orders[0]).toMatchObject({
      status: { category: 'complete' },
      voucher: { state: 'sealed', expiresAt: minutes(60).toISOString() },
    })
    const codes = []
    for (const { id } of orders) codes.push((await shop.reveal(id, who)).answer.code)
    expect(codes[0]).toBe('SOON')
    expect(codes.toSorted()).toEqual(['LATE-1', 'LATE-2', 'SOON'])
    expect((await buy(_id, who)).code).toBe('sold_out')
    now = minutes(60)
    expect((await ordersOf(who)).map(({ voucher }) => voucher?.state)).toEqual(['revealed', 'revealed', 'expired'])
    now = start
  })

  it('goes once to each of many who buy at once', async () => {
    const { _id } = await shop.product({ type: 'voucher' })
    await shop.codes(
      _id,
      Array.from({ length: 5 }, (_, n) => `MANY-${n}`),
    )
    const names = await Promise.all(Array.from({ length: 20 }, () => someone()))
    const replies = await Promise.all(names.map((name) => buy(_id, name)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(5)
    expect((await codesOf(_id)).answer).toEqual({ free: 0, sold: 5, expired: 0, void: 0 })
  })

  it('is sold by who waits for it while it is sealed anew', async () => {
    const who = await someone()
    const { _id } = await shop.product({ type: 'voucher' })
    await shop.codes(_id, ['HELD'])
    let reply: ReturnType<typeof buy> | undefined
    await shop.community.tenant(async (tx) => {
      const set = tx.db.updateTable('vouchers').set({ sealed_by: (eb) => eb.ref('sealed_by') })
      await set.where('community_id', '=', tx.communityId).where('product_id', '=', _id).execute()
      reply = buy(_id, who)
      await expect.poll(() => waitingForLocks(server)).toBeGreaterThan(0)
    })
    expect((await reply)?.status).toBe(201)
  })

  it('is told to its owner alone, each time is written down, and its code lies nowhere in words', async () => {
    const [who, other] = [await someone(), await someone()]
    const { _id } = await shop.product({ type: 'voucher' })
    await shop.codes(_id, ['SECRET-4711'])
    const { order } = await bought(_id, who)
    expect((await shop.reveal(order.id, other)).code).toBe('not_found')
    const headers = { 'idempotency-key': 'the same each time' }
    for (let n = 0; n < 2; n++) expect((await shop.reveal(order.id, who, headers)).answer.code).toBe('SECRET-4711')
    const { answer } = await ask(server, 'GET /v1/audit', {
      bearer: shop.community.systemKey,
      query: { operation: 'POST /widget/v1/{publishableKey}/store/orders/{orderId}/voucher' },
    })
    const mine = answer.items.filter(({ objects }) => objects.orderId === order.id)
    expect(mine.map(({ actor }) => actor)).toEqual(
      Array.from({ length: 2 }, () => ({ kind: 'member', _id: shop.ids[who] })),
    )
    const found = await asSuperuser(server.testDatabase.superuserUrl, (client) =>
      client.query(`
        select from vouchers where position('SECRET-4711'::bytea in code) > 0
        union all select from audit_log a where a::text like '%SECRET-4711%'
        union all select from orders o where o::text like '%SECRET-4711%'
        union all select from events e where e::text like '%SECRET-4711%'`),
    )
    expect(found.rowCount).toBe(0)
  })

  it('is void when its order is paid back', async () => {
    const who = await someone()
    const { _id } = await shop.product({ type: 'voucher' })
    await shop.codes(_id, ['BACK'])
    const { order } = await bought(_id, who)
    const headers = { 'idempotency-key': 'before and after' }
    expect((await shop.reveal(order.id, who, headers)).status).toBe(200)
    for (let n = 0; n < 2; n++) await shop.setStatus(order.id, 'cancelled')
    expect((await shop.reveal(order.id, who, headers)).code).toBe('conflict')
    const told = await ask(server, 'GET /v1/audit', {
      bearer: shop.community.systemKey,
      query: { operation: 'PUT /v1/orders/{orderId}' },
    })
    const mine = told.answer.items.filter(({ objects }) => objects.orderId === order.id)
    expect(mine.map(({ action }) => action)).toEqual(['cancelled'])
    expect((await shop.one(order.id, who)).answer.voucher?.state).toBe('void')
    expect((await codesOf(_id)).answer).toEqual({ free: 0, sold: 0, expired: 0, void: 1 })
    expect((await buy(_id, who)).code).toBe('sold_out')
  })

  it('is sealed anew when the root key changes, and known again', async () => {
    const who = await someone()
    const { _id } = await shop.product({ type: 'voucher' })
    await shop.codes(_id, ['OLD-1', 'OLD-2'])
    const { order } = await bought(_id, who)
    const [old, fresh] = [server.config.secretKey!, randomBytes(32)]
    const { tenant } = shop.community
    await tenant(async (tx) => {
      const root = rootKey(fresh, old)
      const codes = ['OLD-2', 'OLD-1', 'NEW']
      const early = addVouchers(tx, root, _id, codes, null, now)
      await expect(early).rejects.toMatchObject({ code: 'unavailable' })
      while (await resealVouchers(tx, root));
      await addVouchers(tx, root, _id, codes, null, now)
      expect(await countVouchers(tx, _id, now)).toMatchObject({ free: 2, sold: 1 })
      expect((await reveal(tx, rootKey(fresh), order.id, shop.ids[who]!, now)).code).toMatch(/^OLD-/)
      while (await resealVouchers(tx, rootKey(old, fresh)));
    })
    expect((await shop.reveal(order.id, who)).answer.code).toMatch(/^OLD-/)
  })

  it('is a code of a product of vouchers', async () => {
    const { _id } = await shop.product()
    expect((await shop.codes(_id, ['NONE'])).code).toBe('conflict')
    await shop.change(_id, { type: 'voucher' })
    await shop.codes(_id, ['SOME'])
    const { answer } = await ask(server, 'DELETE /v1/products/{productId}/vouchers', {
      bearer,
      params: { productId: _id },
    })
    expect(answer).toEqual({ free: 0, sold: 0, expired: 0, void: 0 })
  })
})

describe('pages', () => {
  it('are told of what changed: everybody of the store, a member of their own', async () => {
    const [who, other] = [await someone(), await someone()]
    const { _id } = await shop.product({ stock: 1 })
    await shop.wish(_id, other)
    const open = async (name: string) =>
      openStream(server, shop.community, {
        authorization: `Bearer ${await shop.tokenOf(name)}`,
      })
    const [mine, theirs] = [await open(who), await open(other)]
    const { order } = await bought(_id, who)
    await mine.until(({ type, id }) => type === 'order.updated' && id === shop.ids[who])
    await theirs.until(({ type, id }) => type === 'store.changed' && id === _id)
    await shop.setStatus(order.id, 'refunded')
    await theirs.until(({ type, id }) => type === 'wish.changed' && id === _id)
    expect(theirs.hints.some(({ type }) => type === 'order.updated' || type === 'store.item_purchased')).toBe(false)
    mine.close()
    theirs.close()
  })
})
