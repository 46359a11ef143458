import type { BodyOf } from '@rai/contract'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { createField } from '../../packages/server/src/domain/fields/fields.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { deleteMember } from '../../packages/server/src/domain/members/deletions.js'
import { findMember } from '../../packages/server/src/domain/members/members.js'
import { claimStage } from '../../packages/server/src/domain/milestones/claiming.js'
import { createMilestone, shownMilestones } from '../../packages/server/src/domain/milestones/milestones.js'
import { createRole, giveRole } from '../../packages/server/src/domain/roles.js'
import { createQuest } from '../../packages/server/src/domain/socials/quests.js'
import { ask, formOf } from '../helpers/api.js'
import { startMailServer } from '../helpers/mail-server.js'
import { noLimits } from '../helpers/operations.js'
import { startTestServer } from '../helpers/server.js'
import { openShop } from '../helpers/store.js'

const start = new Date('2026-11-27T12:00:00Z')
const hours = (n: number) => new Date(start.getTime() + n * 3_600_000)
let now = start
const mailServer = await startMailServer()
const server = await startTestServer({ clock: () => now, limits: noLimits, config: { smtpUrl: mailServer.url } })
let shop: Awaited<ReturnType<typeof openShop>>
let bearer: string
beforeAll(async () => {
  shop = await openShop(server, () => now)
  bearer = shop.community.communityKey
  await shop.member('ada', 1000)
  await shop.member('bo', 50)
})

const paint = sharp({ create: { width: 30, height: 40, channels: 3, background: '#c03' } })
const rule = { roles: [], users: [], fields: {}, minXp: 0, price: null }

const stateOf = async (id: string, who?: string) => {
  const { state, missing, availableAt, lockedBy } = await shop.item(id, who)
  return [state, missing ?? availableAt ?? lockedBy]
}

describe('the store', () => {
  it('is not there until it is enabled', async () => {
    const other = await openShop(server, () => now)
    const set = (body: object) => ask(server, 'PUT /v1/stores', { bearer: other.community.systemKey, body })
    await other.product()
    const params = { publishableKey: other.community.publishableKey }
    const read = () => ask(server, 'GET /widget/v1/{publishableKey}/store', { params })
    expect((await read()).answer).toMatchObject({ title: 'The hut', description: '', categories: [] })
    expect((await set({ isEnabled: false })).answer).toMatchObject({ isEnabled: false, title: 'The hut', __v: 2 })
    expect([(await read()).code, (await other.items()).code]).toEqual(['not_found', 'not_found'])
  })

  it('names its currency as all the community does, and can be kept from pages alone', async () => {
    const other = await openShop(server, () => now)
    const credential = { bearer: other.community.systemKey }
    const set = (body: BodyOf<'PUT /v1/stores'>) => ask(server, 'PUT /v1/stores', { ...credential, body })
    const currency = { isEnabled: true, name: 'Pine cones' }
    expect((await set({ currency: { name: ' Pine cones ' } })).answer).toMatchObject({ currency, title: 'The hut' })
    const { answer } = await ask(server, 'GET /v1/gamification', credential)
    expect(answer.units.currency).toMatchObject({ name: 'Pine cones', enabled: true })
    expect((await set({ widget: { isEnabled: false } })).answer).toMatchObject({
      isEnabled: true,
      widget: { isEnabled: false },
      currency,
    })
    expect((await other.items()).code).toBe('not_found')
    await set({ widget: { isEnabled: true } })
    expect((await other.items()).status).toBe(200)
  })

  it('shows its categories in the operator’s order, and products of one that is gone in none', async () => {
    const create = async (name: string, displayOrder: number) =>
      (await ask(server, 'POST /v1/product-categories', { bearer, body: { name, displayOrder } })).answer._id
    const [late, early] = [await create('Late', 2), await create('Early', 1)]
    const product = await shop.product({ categoryID: late })
    expect((await shop.items(undefined, { category: late })).answer.items.map(({ id }) => id)).toEqual([product._id])
    const params = { categoryId: late }
    await ask(server, 'PUT /v1/product-categories/{categoryId}', { bearer, params, body: { name: 'Later' } })
    const { answer } = await ask(server, 'GET /widget/v1/{publishableKey}/store', {
      params: { publishableKey: shop.community.publishableKey },
    })
    expect(answer.categories).toEqual([
      { id: early, name: 'Early' },
      { id: late, name: 'Later' },
    ])
    await ask(server, 'DELETE /v1/product-categories/{categoryId}', { bearer, params })
    expect((await shop.item(product._id)).categoryId).toBeNull()
  })

  it('lets a page keep what visitors are shown, and nobody what a member is', async () => {
    const seen = await shop.items()
    expect(seen.headers.get('cache-control')).toMatch(/^public/)
    const again = await ask(server, 'GET /widget/v1/{publishableKey}/store/items', {
      params: { publishableKey: shop.community.publishableKey },
      headers: { 'if-none-match': seen.headers.get('etag')! },
    })
    expect(again.status).toBe(304)
    expect((await shop.items('ada')).headers.get('cache-control')).toBe('private, no-store')
  })
})

describe('a product', () => {
  it('is shown with all that was said of it, and what is not sent stays', async () => {
    const body = {
      name: 'Hut key',
      description: 'A key.',
      type: 'item' as const,
      price: 300,
      stock: 7,
      purchaseLimit: { quantity: 2, interval: { count: 1, unit: 'month' as const } },
      information: [{ name: 'size', label: 'Size', required: true, options: ['S', 'M'] }],
      terms: 'No way back.',
      instructions: 'Ask at the desk.',
      link: 'https://example.com/keys',
      displayOrder: 5,
    }
    const made = await shop.product(body)
    expect(made).toMatchObject(body)
    const { answer } = await shop.change(made._id, { price: 250 })
    expect(answer).toEqual({ ...made, price: 250, __v: 1 })
    expect(await shop.item(made._id)).toMatchObject({
      name: 'Hut key',
      price: { kind: 'fixed', amount: 250, before: null, until: null },
      remaining: 7,
      limit: body.purchaseLimit,
      questions: body.information,
      terms: 'No way back.',
      state: 'available',
    })
    await shop.change(made._id, { isArchived: true })
    expect((await shop.quote(made._id, 'ada')).code).toBe('not_found')
  })

  it('has a picture of its own, made anew, and gives it up', async () => {
    const { _id: productId } = await shop.product({ imageAlt: 'A blue mug' })
    const { answer } = await ask(server, 'PUT /v1/products/{productId}/image', {
      bearer,
      params: { productId },
      form: formOf({ image: await paint.png().toBuffer() }),
    })
    const { image } = await shop.item(productId)
    expect(image).toEqual({ url: answer.image, alt: 'A blue mug' })
    expect((await fetch(answer.image!)).headers.get('content-type')).toBe('image/webp')
    await shop.change(productId, { image: null })
    expect((await shop.item(productId)).image).toBeNull()
    await expect.poll(async () => (await fetch(answer.image!)).status).toBe(404)
  })

  it('comes and changes in bulk: all of them, or none', async () => {
    const many = (names: string[]) => names.map((name) => ({ name, price: 5 }))
    const { answer } = await ask(server, 'POST /v1/products/bulk', { bearer, body: many(['One', 'Two']) })
    const changes = answer.map(({ _id }) => ({ _id, price: 6 }))
    const changed = await ask(server, 'PUT /v1/products/bulk', { bearer, body: changes })
    const told = await ask(server, 'GET /v1/audit', {
      bearer: shop.community.systemKey,
      query: { operation: 'PUT /v1/products/bulk' },
    })
    expect(told.answer.items.map(({ objects }) => objects.productId).sort()).toEqual(
      answer.map(({ _id }) => _id).sort(),
    )
    expect(changed.answer.map(({ name, price }) => [name, price])).toEqual([
      ['One', 6],
      ['Two', 6],
    ])
    const unknown = { _id: shop.ids.ada!, price: 7 }
    const refused = await ask(server, 'PUT /v1/products/bulk', {
      bearer,
      body: [{ ...changes[0]!, price: 7 }, unknown],
    })
    expect(refused.code).toBe('not_found')
    expect((await shop.item(answer[0]!._id)).price).toMatchObject({ amount: 6 })
    const found = await ask(server, 'GET /v1/products', { bearer, query: { search: 'tw', limit: 1 } })
    expect(found.answer.map(({ name }) => name)).toEqual(['Two'])
  })

  it.each([
    ['that ends before it begins', { startsAt: hours(1).toISOString(), endsAt: start.toISOString() }, 'endsAt'],
    ['in a category that is not here', { categoryID: '01890000-0000-7000-8000-000000000000' }, 'categoryID'],
    ['for a role that is not here', { accessRules: [{ roles: ['nobody'] }] }, 'accessRules.0.roles.0'],
    ['for a member who is not here', { accessRules: [{}, { users: ['nobody'] }] }, 'accessRules.1.users.0'],
    ['for a field that is not here', { accessRules: [{ fields: { nothing: 'x' } }] }, 'accessRules.0.fields.nothing'],
    ['whose orders begin with being paid back', { orderStatusID: 'refunded' }, 'orderStatusID'],
    ['whose price is none of its own', { variablePrice: { min: 1, max: 11, step: 5 } }, 'price'],
    ['whose steps do not meet its end', { variablePrice: { min: 1, max: 3, step: 5 } }, 'variablePrice.max'],
    [
      'with a discount on what members choose',
      { price: 1, variablePrice: { min: 1, max: 6, step: 5 }, discount: { price: 1 } },
      'discount',
    ],
  ])('is refused %s', async (_, body, path) => {
    const reply = await ask(server, 'POST /v1/products', { bearer, body: { name: 'X', price: 100, ...body } })
    expect([reply.status, reply.paths]).toEqual([400, [path]])
  })
})

describe('what an item costs', () => {
  it('is less while a discount holds, and everybody sees until when', async () => {
    const discount = { price: 60, startsAt: hours(1).toISOString(), endsAt: hours(2).toISOString() }
    const { _id } = await shop.product({ discount })
    const prices = []
    for (const at of [0, 1, 2]) {
      now = hours(at)
      prices.push((await shop.item(_id)).price)
    }
    now = start
    const usual = { kind: 'fixed', amount: 100, before: null, until: null }
    expect(prices).toEqual([usual, { ...usual, amount: 60, before: 100, until: hours(2).toISOString() }, usual])
  })

  it('is the lowest that a role, a field or a name gives, and whom no rule is for cannot buy', async () => {
    const { tenant } = shop.community
    const { id: role } = await tenant((tx) => createRole(tx, { title: 'Guides' }, 'community', now))
    const club = { field: 'club', name: 'Club', type: 'single-line-text', creatorId: null } as const
    const { id: fieldId } = await tenant((tx) => createField(tx, club, now))
    await shop.member('guide', 1000)
    const values = [{ fieldId, value: 'Alpine' }]
    await shop.member('climber', 1000, { fields: { values, source: 'api', actor: null } })
    await tenant((tx) => giveRole(tx, { roleId: role, userId: shop.ids.guide! }, 'community', now))
    const { _id } = await shop.product({
      accessRules: [
        { ...rule, roles: [role], price: 80 },
        { ...rule, users: [shop.ids.guide!], price: 70 },
        { ...rule, fields: { club: 'Alpine' } },
        { ...rule, minXp: 500 },
      ],
    })
    const priceFor = async (who: string) => (await shop.item(_id, who)).price
    expect(await priceFor('guide')).toMatchObject({ amount: 70, before: 100 })
    expect(await priceFor('climber')).toMatchObject({ amount: 100, before: null })
    expect((await shop.quote(_id, 'guide')).answer).toMatchObject({ price: 70, balanceAfter: 930 })
    expect(await stateOf(_id, 'climber')).toEqual(['available', null])
    expect(await stateOf(_id, 'ada')).toEqual(['locked', 500])
    await shop.give('ada', 480, 'xp')
    const refused = await shop.quote(_id, 'ada')
    expect([refused.status, refused.code, refused.facts]).toEqual([409, 'locked', { missing: 20 }])
    await shop.give('ada', 20, 'xp')
    expect(await stateOf(_id, 'ada')).toEqual(['available', null])
    const only = await shop.product({ accessRules: [{ ...rule, roles: [role] }] })
    expect(await stateOf(only._id, 'ada')).toEqual(['locked', 'group'])
    expect(await stateOf(only._id)).toEqual(['locked', 'group'])
  })

  it('is what the member chooses, within what the operator says', async () => {
    const { _id } = await shop.product({ price: 20, variablePrice: { min: 10, max: 60, step: 10 } })
    expect((await shop.item(_id)).price).toEqual({ kind: 'variable', amount: 20, min: 10, max: 60, step: 10 })
    expect((await shop.quote(_id, 'bo')).answer.price).toBe(20)
    expect((await shop.quote(_id, 'bo', 50)).answer.balanceAfter).toBe(0)
    expect((await shop.quote(_id, 'bo', 60)).facts).toEqual({ missing: 10 })
    for (const amount of [0, 15, 70]) expect((await shop.quote(_id, 'ada', amount)).paths).toEqual(['amount'])
    const fixed = await shop.product()
    expect((await shop.quote(fixed._id, 'ada', 5)).paths).toEqual(['amount'])
  })
})

describe('whether an item can be bought', () => {
  it('follows from its time, what is left, and what the member has', async () => {
    const times = { startsAt: hours(1).toISOString(), endsAt: hours(2).toISOString() }
    const { _id } = await shop.product({ ...times, stock: 3 })
    expect(await stateOf(_id, 'ada')).toEqual(['not_started', times.startsAt])
    expect((await shop.quote(_id, 'ada')).facts).toEqual({ availableAt: times.startsAt })
    now = hours(1)
    expect(await stateOf(_id, 'ada')).toEqual(['available', null])
    expect(await stateOf(_id, 'bo')).toEqual(['not_enough', 50])
    // Who has not signed in is not told that they have nothing.
    expect(await stateOf(_id)).toEqual(['available', null])
    await shop.change(_id, { stock: 0 })
    expect(await stateOf(_id, 'ada')).toEqual(['sold_out', null])
    now = hours(2)
    expect(await stateOf(_id, 'ada')).toEqual(['ended', null])
    now = start
  })
})

describe('the list of items', () => {
  it('is in each order, page after page, without missing or repeating any', async () => {
    const other = await openShop(server, () => now)
    const names = ['Tent', 'mug', 'Rope', 'axe', 'Boots']
    for (const [n, name] of names.entries()) {
      now = new Date(start.getTime() + n)
      await other.product({ name, price: n === 4 ? 10 : n * 10, displayOrder: 4 - n })
    }
    now = start
    const all = async (query: object) => {
      const pages: string[][] = []
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const { answer } = await other.items(undefined, { ...query, limit: 2, ...(cursor ? { cursor } : {}) })
        expect(answer.total).toBe(5)
        pages.push(answer.items.map(({ name }) => name))
        cursor = answer.nextCursor
      }
      return pages.flat()
    }
    expect(await all({})).toEqual([...names].reverse())
    expect(await all({ sort: 'newest' })).toEqual([...names].reverse())
    expect(await all({ sort: 'name' })).toEqual(['axe', 'Boots', 'mug', 'Rope', 'Tent'])
    expect(await all({ sort: 'price_asc' })).toEqual(['Tent', 'mug', 'Boots', 'Rope', 'axe'])
    expect(await all({ sort: 'price_desc' })).toEqual(['axe', 'Rope', 'mug', 'Boots', 'Tent'])
    const found = async (query: object, who?: string) =>
      (await other.items(who, query)).answer.items.map(({ name }) => name).sort()
    expect(await found({ search: 'OO' })).toEqual(['Boots'])
    expect(await found({ minPrice: 10, maxPrice: 20 })).toEqual(['Boots', 'Rope', 'mug'])
    await other.member('cai', 15)
    expect(await found({ affordable: 'true' }, 'cai')).toEqual(['Boots', 'Tent', 'mug'])
    expect((await other.items(undefined, { sort: 'name', cursor: 'bm9wZQ' })).code).toBe('invalid_request')
  })

  it('goes on behind the longest name', async () => {
    const other = await openShop(server, () => now)
    const names = ['一', '丁'].map((sign) => sign.repeat(200))
    for (const name of names) await other.product({ name })
    const first = await other.items(undefined, { sort: 'name', limit: 1 })
    const second = await other.items(undefined, { sort: 'name', limit: 1, cursor: first.answer.nextCursor! })
    expect([first, second].flatMap(({ answer }) => answer.items.map(({ name }) => name)).sort()).toEqual(names)
  })
})

describe('what members save for', () => {
  it('can be taken off when pages show it no more, and is told of when they do again', async () => {
    const { _id } = await shop.product()
    for (const who of ['ada', 'bo']) await shop.wish(_id, who)
    await shop.change(_id, { isArchived: true })
    expect((await shop.unwish(_id, 'ada')).answer.item).toMatchObject({ state: 'ended', wish: null })
    expect((await shop.unwish(_id, 'ada')).code).toBe('not_found')
    await shop.change(_id, { isArchived: false })
    expect((await shop.item(_id, 'bo')).wish?.backAt).toBe(now.toISOString())
    await shop.unwish(_id, 'bo')
  })

  it('is mailed about once it is back, to who asked, has an address and is still here; anew when asked anew', async () => {
    const page = 'https://club.example.com/store'
    const send = (body: BodyOf<'PUT /v1/stores'>) => ask(server, 'PUT /v1/stores', { bearer, body })
    for (const name of ['waits', 'saves', 'left']) await shop.member(name, 0, { email: `${name}@example.com` })
    await shop.member('nowhere')
    const { _id } = await shop.product({ name: 'Brass <lantern>', stock: 0 })
    for (const name of ['waits', 'left', 'nowhere']) await shop.wish(_id, name)
    await shop.wish(_id, 'saves', false)
    // Where the store stands is not said yet.
    await shop.change(_id, { stock: 1 })
    expect((await send({ pageUrl: page })).answer.pageUrl).toBe(page)
    await shop.change(_id, { stock: 0 })
    for (const name of ['waits', 'left', 'nowhere']) await shop.wish(_id, name)
    await shop.community.tenant(async (tx) => deleteMember(tx, (await findMember(tx, { username: 'left' }))!, now))
    await shop.change(_id, { stock: 2 })
    const mail = await mailServer.mail('waits@example.com')
    expect([mail.subject, mail.link]).toEqual(['Brass <lantern> is back', page])
    expect(mail.raw).toContain('Brass &#60;lantern&#62;')
    await shop.change(_id, { stock: 0 })
    await shop.change(_id, { stock: 1 })
    now = hours(1)
    await shop.wish(_id, 'waits')
    await shop.change(_id, { stock: 0 })
    await shop.change(_id, { stock: 1 })
    const second = await mailServer.mail('waits@example.com', 2)
    expect(second.id).not.toBe(mail.id)
    expect(mailServer.mails.map(({ to }) => to)).toEqual(['waits@example.com', 'waits@example.com'])
    now = start
  })

  it('is theirs alone, and says when it came back', async () => {
    const { _id } = await shop.product({ name: 'Wished', stock: 0 })
    expect((await shop.wish(_id, 'ada')).answer.item.wish).toEqual({ notify: true, backAt: null })
    await shop.wish(_id, 'bo', false)
    const wished = await shop.items('ada', { wished: 'true' })
    expect(wished.answer.items.map(({ name }) => name)).toEqual(['Wished'])
    expect((await shop.item(_id)).wish).toBeNull()
    await shop.change(_id, { price: 90 })
    expect((await shop.item(_id, 'ada')).wish?.backAt).toBeNull()
    now = hours(1)
    await shop.change(_id, { stock: 1 })
    expect((await shop.item(_id, 'ada')).wish).toEqual({ notify: true, backAt: hours(1).toISOString() })
    expect((await shop.item(_id, 'bo')).wish).toEqual({ notify: false, backAt: null })
    expect((await shop.wish(_id, 'ada')).answer.item.wish).toEqual({ notify: true, backAt: null })
    expect((await shop.unwish(_id, 'ada')).answer.item.wish).toBeNull()
    now = start
  })
})

describe('the purse', () => {
  const purse = async (who: string, place = shop) => {
    const { publishableKey, origin } = place.community
    const asked = { params: { publishableKey }, origin, bearer: await place.tokenOf(who) }
    return (await ask(server, 'GET /widget/v1/{publishableKey}/store/purse', asked)).answer
  }
  const stage = (currency: number, atLeast: number) => ({
    ...{ name: 'Stage', description: '', badgeId: null, multipliers: [], supply: null, xp: 9, currency },
    conditions: { kind: 'balance', unit: 'currency', atLeast } as const,
  })

  it('tells what a member has, what can be claimed until when, and what is in review', async () => {
    const other = await openShop(server, () => now)
    const { tenant, publishableKey, origin } = other.community
    await other.member('cai', 40)
    const nothing = { pending: { amount: 0, by: null }, claimable: { amount: 0, expiring: null } }
    expect(await purse('cai', other)).toEqual({ available: 40, ...nothing, now: now.toISOString() })
    const [, , quest] = await tenant(async (tx) => [
      await createMilestone(tx, { name: 'Ends', endsAt: hours(5), stages: [stage(7, 10), stage(20, 41)] }, now),
      await createMilestone(tx, { name: 'Stays', stages: [stage(3, 10)] }, now),
      await createQuest(
        tx,
        {
          title: 'Post',
          network: 'x',
          action: 'post',
          proof: 'review',
          reward: { xp: 1, currency: 11 },
          reviewHours: 2,
        },
        now,
      ),
    ])
    const claim = { origin, bearer: await other.tokenOf('cai'), body: { link: 'https://x.example/post' } }
    const params = { publishableKey, questId: quest.id }
    await ask(server, 'POST /widget/v1/{publishableKey}/socials/{questId}/claim', { ...claim, params })
    const coming = {
      pending: { amount: 11, by: hours(2).toISOString() },
      claimable: { amount: 10, expiring: { amount: 7, at: hours(5).toISOString() } },
    }
    expect(await purse('cai', other)).toMatchObject({ available: 40, ...coming })
    now = hours(2)
    await other.give('cai', 1)
    expect(await purse('cai', other)).toMatchObject({
      ...{ available: 41, pending: { amount: 11, by: null } },
      claimable: { amount: 30, expiring: { amount: 27 } },
    })
    now = hours(5)
    expect((await purse('cai', other)).claimable).toEqual({ amount: 3, expiring: null })
    const { claimable } = await purse('cai', other)
    await tenant(async (tx) => {
      const [milestone] = (await shownMilestones(tx)).filter(({ name }) => name === 'Stays')
      await claimStage(tx, milestone!.id, 1, other.ids.cai!, now)
    })
    const after = await purse('cai', other)
    expect([claimable.amount, after.available, after.claimable.amount]).toEqual([3, 44, 0])
    now = start
  })

  it('counts a prize that was won until it is claimed', async () => {
    const other = await openShop(server, () => now)
    await other.member('dee')
    const run = { board_id: newId(), period: 'all', period_start: '0001-01-01', member_id: other.ids.dee! } as const
    const prize = { from: 1, to: 1, title: 'Coins', amount: { unit: 'currency', amount: 25 } } as const
    await other.community.tenant(({ db, communityId }) =>
      db
        .insertInto('board_winners')
        .values({ community_id: communityId, ...run, rank: 1, prize: JSON.stringify(prize) })
        .execute(),
    )
    expect((await purse('dee', other)).claimable).toEqual({ amount: 25, expiring: null })
    // It is of no board here: nothing could claim it.
    await other.community.tenant(({ db }) =>
      db.deleteFrom('board_winners').where('board_id', '=', run.board_id).execute(),
    )
  })
})
