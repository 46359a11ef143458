import { sql } from 'kysely'
import { newId } from '../../packages/server/src/domain/ids.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { buy, quote } from '../../packages/server/src/domain/store/orders.js'
import { createProducts, type Product } from '../../packages/server/src/domain/store/products.js'
import { changeStore } from '../../packages/server/src/domain/store/settings.js'
import { asSuperuser } from '../helpers/database.js'
import { seededRandom } from '../helpers/random.js'
import { seedMembers } from '../helpers/seed.js'
import { type BenchDatabase, withDatabase } from './database.js'
import { type Bench, interleaved, type Row, timed } from './measure.js'

const members = 10_000
const rounds = 200
const atOnce = 8
const price = 1
/** What is there before: cost must not grow with it. */
const sizes = [1_000, 1_000_000]
const root = rootKey(Buffer.alloc(32, 1))

export const bench: Bench = {
  title: `One purchase among ${members.toLocaleString('en')} members, to the answer of the commit`,
  reference:
    'through the same door, a transaction of the same shape in bare SQL: take one of the stock, update a balance that is enough, ' +
    'insert a transaction with its two entries, an order and two events',
  run: () =>
    withDatabase(async (bench) => {
      const at = new Date()
      const rows: Row[] = []
      const people = await seedMembers(bench.superuserUrl, { communityId: bench.communityId, members, at })
      const [product] = await bench.tenant(async (tx) => {
        await changeStore(tx, { isEnabled: true }, at)
        return createProducts(tx, [{ name: 'Item', price, stock: 1_000_000_000 }], at)
      })
      let orders = 0
      for (const size of sizes) {
        await seedOrders(bench, product!, size - orders, at)
        orders = size
        const { ours, reference } = twoWays(
          bench,
          product!,
          people.map(({ id }) => id),
        )
        const after = `after ${size.toLocaleString('en')} orders`
        rows.push({ what: `${after}, alone`, unit: 'ms', bar: 4, ...(await interleaved(rounds, ours, reference)) })
        const each = async (work: () => Promise<unknown>) =>
          (await timed(() => Promise.all(Array.from({ length: atOnce }, work)))) / atOnce
        const together = await interleaved(
          rounds / 4,
          () => each(ours),
          () => each(reference),
        )
        rows.push({ what: `${after}, ${atOnce} at once`, unit: 'ms each', bar: 4, ...together })
        const slowest = { ours: [] as number[], reference: [] as number[] }
        for (let n = 0; n < rounds; n++) {
          slowest.ours.push(await ours())
          slowest.reference.push(await reference())
        }
        const p99 = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!
        rows.push({ what: `${after}, p99`, unit: 'ms', ours: p99(slowest.ours), reference: p99(slowest.reference) })
      }
      return rows
    }),
}

/** How long a purchase takes once its price is asked for, and one in bare SQL. */
function twoWays({ tenant }: BenchDatabase, { id: itemId }: Product, ids: readonly string[]) {
  const random = seededRandom(1)
  const someone = () => ids[Math.floor(random() * ids.length)]!
  return {
    async ours(): Promise<number> {
      const [memberId, now] = [someone(), new Date()]
      const { text } = await tenant((tx) => quote(tx, root, memberId, { itemId, amount: undefined }, now))
      return timed(() => tenant((tx) => buy(tx, root, memberId, { quote: text, information: {} }, now)))
    },
    reference: () =>
      timed(() =>
        tenant(async ({ db, communityId }) => {
          const [id, memberId, now] = [newId(), someone(), new Date()]
          await sql`update products set sold = sold + 1
            where community_id = ${communityId} and id = ${itemId} and sold < stocked`.execute(db)
          await sql`update balances set amount = amount - ${price}
            where community_id = ${communityId} and member_id = ${memberId} and unit = 'currency' and amount >= ${price}`.execute(
            db,
          )
          await sql`insert into transactions (community_id, id, reason, key, actor, created_at)
            values (${communityId}, ${id}, 'purchase', ${`order:${id}`}, 'bench', ${now})`.execute(db)
          await sql`insert into entries (community_id, transaction_id, n, member_id, community_account, unit, amount, created_at)
            values (${communityId}, ${id}, 0, ${memberId}, null, 'currency', ${-price}, ${now}),
              (${communityId}, ${id}, 1, null, 'spent', 'currency', ${price}, ${now})`.execute(db)
          await sql`insert into orders (community_id, id, number, member_id, product_id, product_name, price, category, took_stock,
              quote_id, created_at, updated_at)
            values (${communityId}, ${id}, ${id}, ${memberId}, ${itemId}, 'Item', ${price}, 'incomplete', true, ${id}, ${now},
              ${now})`.execute(db)
          await sql`insert into events (community_id, id, type, subject)
            values (${communityId}, ${newId()}, 'store.item_purchased', ${id}),
              (${communityId}, ${newId()}, 'order.updated', ${memberId})`.execute(db)
        }),
      ),
  }
}

/**
 * Orders of all members by turns, by SQL that keeps every invariant: each with its payment and one of the stock, and gifts
 * that pay for them and for those that are measured.
 */
async function seedOrders({ communityId, superuserUrl }: BenchDatabase, { id }: Product, orders: number, at: Date) {
  await asSuperuser(superuserUrl, async (client) => {
    await client.query('set session_replication_role = replica')
    await client.query(`create temp table bought as
      select gen_random_uuid() as id, gen_random_uuid() as paid, m.id as member_id
      from generate_series(1, ${orders}) n
      join members m on m.community_id = '${communityId}' and m.number = 1 + n % ${members}`)
    await client.query(`create temp table gifts as
      select gen_random_uuid() as id, m.id as member_id, count(b.id) * ${price} + 1000000 as amount, count(b.id) * ${price} as spent
      from members m left join bought b on b.member_id = m.id where m.community_id = '${communityId}' group by m.id`)
    const into = (text: string) => client.query(text.replaceAll('$community', `'${communityId}'::uuid`), [at])
    await into(`insert into transactions (community_id, id, reason, key, actor, created_at)
      select $community, id, 'adjustment', id::text, 'bench', $1::timestamptz from gifts union all
      select $community, paid, 'purchase', 'order:' || id, member_id::text, $1 from bought`)
    await into(`insert into entries (community_id, transaction_id, n, member_id, community_account, unit, amount, created_at)
      select $community, id, 0, member_id, null, 'currency', amount, $1::timestamptz from gifts union all
      select $community, id, 1, null, 'adjusted', 'currency', -amount, $1 from gifts union all
      select $community, paid, 0, member_id, null, 'currency', -${price}, $1 from bought union all
      select $community, paid, 1, null, 'spent', 'currency', ${price}, $1 from bought`)
    await client.query(`insert into balances as b (community_id, member_id, unit, amount)
      select '${communityId}', member_id, 'currency', amount - spent from gifts
      on conflict (community_id, member_id, unit) do update set amount = b.amount + excluded.amount`)
    await into(`insert into gains as g (community_id, member_id, unit, day, amount)
      select $community, member_id, 'currency', ($1::timestamptz at time zone 'UTC')::date, amount from gifts
      on conflict (community_id, member_id, unit, day) do update set amount = g.amount + excluded.amount`)
    await into(`insert into orders (community_id, id, number, member_id, product_id, product_name, price, category, took_stock,
        quote_id, created_at, updated_at)
      select $community, id, 'ORD' || id, member_id, '${id}', 'Item', ${price}, 'complete', true, id, $1::timestamptz, $1
      from bought`)
    await client.query(`update products set sold = sold + ${orders} where id = '${id}'`)
    for (const statement of ['drop table bought', 'drop table gifts', 'vacuum analyze', 'checkpoint'])
      await client.query(statement)
  })
}
