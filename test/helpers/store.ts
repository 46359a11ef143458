import type { BodyOf, QueryOf } from '@rai/contract'
import { post } from '../../packages/server/src/domain/ledger.js'
import { balancesOf, createMember, type NewMember } from '../../packages/server/src/domain/members/members.js'
import { changeStore } from '../../packages/server/src/domain/store/settings.js'
import { ask, embedToken } from './api.js'
import { testCommunity } from './community.js'
import type { TestServer } from './server.js'

type Product = Partial<BodyOf<'POST /v1/products'>>
type Items = QueryOf<'GET /widget/v1/{publishableKey}/store/items'>

let made = 0

/** A community whose store is open, with what operators and members do there. */
export async function openShop(server: Pick<TestServer, 'url' | 'database'>, clock: () => Date = () => new Date()) {
  const community = await testCommunity(server, { at: clock() })
  const { tenant, origin, publishableKey, communityKey: bearer } = community
  await tenant((tx) => changeStore(tx, { isEnabled: true, title: 'The hut' }, clock()))
  const ids: Record<string, string> = {}
  /** The clock of a test may run ahead: tokens of a moment are good for that moment. */
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (who: string) => {
    const name = `${who} ${clock().getTime()}`
    const token = tokens.get(name) ?? embedToken(server, community, who)
    tokens.set(name, token)
    return token
  }
  const page = async (who?: string) => ({ origin, bearer: who && (await tokenOf(who)) })
  const give = (who: string, amount: number, unit: 'xp' | 'currency' = 'currency') =>
    tenant((tx) =>
      post(
        tx,
        [{ memberId: ids[who]!, unit, amount, reason: 'adjustment', key: `gift ${++made}`, actor: 'test' }],
        clock(),
      ),
    )

  return {
    community,
    ids,
    give,
    tokenOf,
    /** A member with coins. */
    async member(username: string, coins = 0, more: Partial<NewMember> = {}) {
      ids[username] = (await tenant((tx) => createMember(tx, { username, ...more }, clock()))).id
      if (coins > 0) await give(username, coins)
    },
    coins: async (who: string) => (await tenant((tx) => balancesOf(tx, ids[who]!))).currency,
    product: async (body: Product = {}) =>
      (await ask(server, 'POST /v1/products', { bearer, body: { name: 'Mug', price: 100, ...body } })).answer,
    change: async (productId: string, body: BodyOf<'PUT /v1/products/{productId}'>) =>
      ask(server, 'PUT /v1/products/{productId}', { bearer, params: { productId }, body }),
    codes: async (productId: string, codes: string[], expiresAt: string | null = null) =>
      ask(server, 'POST /v1/products/{productId}/vouchers', {
        bearer,
        params: { productId },
        body: { codes, expiresAt },
      }),
    setStatus: async (orderId: string, statusId: string) =>
      ask(server, 'PUT /v1/orders/{orderId}', { bearer, params: { orderId }, body: { statusId } }),
    items: async (who?: string, query: Partial<Items> = {}) =>
      ask(server, 'GET /widget/v1/{publishableKey}/store/items', {
        ...(await page(who)),
        params: { publishableKey },
        query: query as Record<string, string>,
      }),
    item: async (itemId: string, who?: string) =>
      (
        await ask(server, 'GET /widget/v1/{publishableKey}/store/items/{itemId}', {
          ...(await page(who)),
          params: { publishableKey, itemId },
        })
      ).answer.item,
    wish: async (itemId: string, who: string, notify = true) =>
      ask(server, 'PUT /widget/v1/{publishableKey}/store/items/{itemId}/wish', {
        ...(await page(who)),
        params: { publishableKey, itemId },
        body: { notify },
      }),
    unwish: async (itemId: string, who: string) =>
      ask(server, 'DELETE /widget/v1/{publishableKey}/store/items/{itemId}/wish', {
        ...(await page(who)),
        params: { publishableKey, itemId },
      }),
    quote: async (itemId: string, who: string, amount?: number) =>
      ask(server, 'POST /widget/v1/{publishableKey}/store/quotes', {
        ...(await page(who)),
        params: { publishableKey },
        body: { itemId, amount },
      }),
    /** Buys at the price of a quote, as a new intent unless a key says otherwise. */
    order: async (
      quote: string,
      who: string,
      { key = `intent ${++made}`, information }: { key?: string; information?: Record<string, string> } = {},
    ) =>
      ask(server, 'POST /widget/v1/{publishableKey}/store/orders', {
        ...(await page(who)),
        params: { publishableKey },
        headers: { 'idempotency-key': key },
        body: { quote, information },
      }),
    orders: async (who: string, query: Record<string, string> = {}) =>
      ask(server, 'GET /widget/v1/{publishableKey}/store/orders', {
        ...(await page(who)),
        params: { publishableKey },
        query,
      }),
    one: async (orderId: string, who: string) =>
      ask(server, 'GET /widget/v1/{publishableKey}/store/orders/{orderId}', {
        ...(await page(who)),
        params: { publishableKey, orderId },
      }),
    reveal: async (orderId: string, who: string, headers: Record<string, string> = {}) =>
      ask(server, 'POST /widget/v1/{publishableKey}/store/orders/{orderId}/voucher', {
        ...(await page(who)),
        headers,
        params: { publishableKey, orderId },
      }),
  }
}
