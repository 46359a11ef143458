import type { BodyOf } from '@rai/contract'
import sharp from 'sharp'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { ask } from './api.js'
import { testCommunity } from './community.js'
import type { TestServer } from './server.js'

type NewProduct = BodyOf<'POST /v1/products'>

/** Who buys: `shopper-1` … `shopper-40`, each with 1,000 coins. Each test has one of its own. */
const shoppers = 40

/** A community whose store has an item in every state, with what its operator does. */
export async function openBrowserShop(server: Pick<TestServer, 'url' | 'database'>, origin: string) {
  const community = await testCommunity(server, { origin })
  const { communityKey: bearer, tenant } = community
  const now = new Date()
  const inDays = (days: number) => new Date(+now + days * 86_400_000).toISOString()
  const ids = new Map<string, string>()

  await tenant(async (tx) => {
    for (let n = 1; n <= shoppers; n++) {
      const { id } = await createMember(tx, { username: `shopper-${n}`, displayName: `Shopper ${n}` }, now)
      ids.set(`shopper-${n}`, id)
    }
    const gift = { unit: 'currency', amount: 1000, reason: 'import', actor: 'test' } as const
    await post(
      tx,
      [...ids.values()].map((memberId) => ({ ...gift, memberId, key: `gift:${memberId}` })),
      now,
    )
  })

  const unit = { icon: '', enabled: true }
  await ask(server, 'PATCH /v1/gamification', {
    bearer: community.systemKey,
    body: { units: { xp: { ...unit, name: 'XP' }, currency: { ...unit, name: 'Coins', forms: { one: 'Coin' } } } },
  })
  await ask(server, 'PUT /v1/stores', {
    bearer,
    body: { isEnabled: true, title: 'The hut', description: 'For who walked far.' },
  })
  const categories: string[] = []
  for (const [displayOrder, name] of ['Gear', 'Vouchers'].entries())
    categories.push(
      (await ask(server, 'POST /v1/product-categories', { bearer, body: { name, displayOrder } })).answer._id,
    )
  const [gear = '', vouchers = ''] = categories

  const products: Record<string, string> = {}
  let displayOrder = 0
  async function sell(product: NewProduct) {
    const { answer } = await ask(server, 'POST /v1/products', {
      bearer,
      body: { displayOrder: displayOrder++, ...product },
    })
    products[product.name] = answer._id
    return answer._id
  }
  const mug = await sell({
    name: 'Enamel mug',
    price: 300,
    categoryID: gear,
    description: 'Holds soup as well.\nBlue.',
  })
  const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#2a6f97' } })
    .png()
    .toBuffer()
  const form = new FormData()
  form.set('image', new Blob([picture], { type: 'image/png' }), 'mug.png')
  await ask(server, 'PUT /v1/products/{productId}/image', { bearer, params: { productId: mug }, form })
  await sell({
    name: 'Wool socks',
    price: 200,
    discount: { price: 150, startsAt: null, endsAt: inDays(3) },
    stock: 3,
    categoryID: gear,
  })
  const voucher = await sell({
    name: 'Hut voucher',
    price: 400,
    type: 'voucher',
    categoryID: vouchers,
    instructions: 'Show it at the door.',
  })
  const codes = Array.from({ length: 20 }, (_, n) => `HUT-${n}-OK`)
  await ask(server, 'POST /v1/products/{productId}/vouchers', {
    bearer,
    params: { productId: voucher },
    body: { codes, expiresAt: inDays(30) },
  })
  await sell({ name: 'Donation', price: 50, variablePrice: { min: 10, max: 500, step: 10 } })
  await sell({ name: 'Tent', price: 5000, categoryID: gear })
  await sell({ name: 'Lantern', price: 100, stock: 0, categoryID: gear })
  await sell({
    name: 'Rope',
    price: 100,
    accessRules: [{ roles: [], users: [], fields: {}, minXp: 500, price: null }],
    categoryID: gear,
  })
  await sell({ name: 'Winter hat', price: 100, startsAt: inDays(2), categoryID: gear })
  await sell({ name: 'Summer hat', price: 100, endsAt: inDays(-1), categoryID: gear })
  await sell({ name: 'Badge', price: 20, purchaseLimit: { quantity: 1, interval: null } })
  await sell({
    name: 'Printed map',
    price: 100,
    terms: 'We send it within a week. '.repeat(30),
    information: [
      { name: 'address', label: 'Where to', required: true, options: [] },
      { name: 'scale', label: 'Scale', required: false, options: ['1:25,000', '1:50,000'] },
    ],
  })
  await sell({ name: 'مصباح يدوي', price: 10 })
  await sell({ name: 'Wolfeschlegelsteinhausenbergerdorff <img src=x onerror=alert(1)> mug', price: 10 })
  for (let n = 1; n <= 40; n++) await sell({ name: `Sticker ${String(n).padStart(2, '0')}`, price: n })
  await sell({ name: 'Trail tracks', price: 10, link: 'https://files.example.com/tracks.zip' })
  const film = await sell({ name: 'Summit film', price: 10, type: 'voucher' })
  await ask(server, 'POST /v1/products/{productId}/vouchers', {
    bearer,
    params: { productId: film },
    body: { codes: Array.from({ length: 5 }, (_, n) => `https://films.example.com/${n}?pass=only-${n}`) },
  })

  await ask(server, 'POST /v1/milestones', {
    bearer,
    body: {
      name: 'Big earner',
      endsAt: inDays(3),
      stages: [
        { name: 'Rich', conditions: { kind: 'balance', unit: 'currency', atLeast: 9000 }, rewards: { coins: 25 } },
      ],
    },
  })

  let gifts = 0
  return {
    key: community.publishableKey,
    widgetAccess: community.widgetAccess,
    /** Changes an item, as its operator would. */
    change: (name: string, body: BodyOf<'PUT /v1/products/{productId}'>) =>
      ask(server, 'PUT /v1/products/{productId}', { bearer, params: { productId: products[name]! }, body }),
    /** Sells a new one. */
    sell,
    give: (member: string, amount: number) =>
      tenant((tx) => {
        const gift = { memberId: ids.get(member)!, unit: 'currency', amount, key: `more:${gifts++}` } as const
        return post(tx, [{ ...gift, reason: 'adjustment', actor: 'test' }], new Date())
      }),
    /** What a member has, and how many orders: the truth that pages must show. */
    orders: async (member: string) => {
      const { answer } = await ask(server, 'GET /v1/orders', { bearer, query: { userId: ids.get(member)! } })
      return answer.items.length
    },
  }
}
