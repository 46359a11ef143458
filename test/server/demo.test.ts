import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ItemState } from '@rai/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../packages/server/src/config.js'
import { type DemoFile, seedDemo } from '../../packages/server/src/demo.js'
import { countedDays } from '../../packages/server/src/domain/facts.js'
import { gamificationOf, standingOf as tierOf } from '../../packages/server/src/domain/gamification/settings.js'
import { lostOf, visitsOf } from '../../packages/server/src/domain/gamification/visits.js'
import { findAccessKey, findKey } from '../../packages/server/src/domain/keys/keys.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { balancesOf, findMember, peakOf } from '../../packages/server/src/domain/members/members.js'
import { readImage } from '../../packages/server/src/domain/pictures/images.js'
import { accountsOf } from '../../packages/server/src/domain/socials/accounts.js'
import { earnedByReferrals } from '../../packages/server/src/domain/socials/referrals.js'
import { listCategories } from '../../packages/server/src/domain/store/categories.js'
import { buyerOf, leastOf, listOffers, standingOf } from '../../packages/server/src/domain/store/offers.js'
import { listOrders, reveal, statusOf, voucherOf } from '../../packages/server/src/domain/store/orders.js'
import { openStore } from '../../packages/server/src/domain/store/settings.js'
import { openFiles } from '../../packages/server/src/files/files.js'
import { openTestDatabase } from '../helpers/database.js'

const { database } = await openTestDatabase()
const root = rootKey(randomBytes(32))

describe('the demo', () => {
  const now = new Date('2026-03-04T23:30:00Z')
  const dataDir = mkdtempSync(join(tmpdir(), 'rai-demo-'))
  const config = readConfig({ RAI_DATA: dataDir, PUBLIC_URL: 'http://127.0.0.1:4400' })
  const readDemo = () => JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile
  let demo: DemoFile

  beforeAll(async () => {
    await seedDemo(database, config, root, now)
    demo = readDemo()
  })
  afterAll(() => rmSync(dataDir, { recursive: true }))

  it('writes down where it is and its credentials, for this user only', () => {
    expect(demo).toEqual({
      apiUrl: 'http://127.0.0.1:4400',
      siteUrl: 'http://127.0.0.1:4401',
      serverId: expect.any(String),
      publishableKey: expect.stringMatching(/^rai_pk_/),
      communityKey: expect.stringMatching(/^rai_sk_/),
      systemKey: expect.stringMatching(/^rai_sys_/),
      widgetAccess: { accessId: expect.stringMatching(/^rai_wid_/), accessKey: expect.stringMatching(/^rai_wsk_/) },
      owner: { email: expect.stringContaining('@'), password: expect.stringMatching(/^.{20,}$/) },
    })
    expect(statSync(join(dataDir, 'demo.json')).mode & 0o777).toBe(0o600)
  })

  it('has keys that work, and an owner whose password is kept as an argon2id hash', async () => {
    const { publishableKey, communityKey, systemKey, widgetAccess, serverId, owner } = demo
    for (const key of [publishableKey, communityKey, systemKey]) {
      expect(await findKey(database, key, now)).toMatchObject({ community_id: serverId })
    }
    expect(await findKey(database, publishableKey, now)).toMatchObject({
      origins: ['http://127.0.0.1:4401', 'http://127.0.0.1:4400'],
      test_mode: true,
    })
    expect(await findAccessKey(database, widgetAccess.accessId, widgetAccess.accessKey, now)).toMatchObject({
      identifiers: { 'data-username': '@username', 'data-customer-id': 'externalId' },
    })
    const account = await database.accounts(({ db }) => db.selectFrom('accounts').selectAll().executeTakeFirstOrThrow())
    expect(account.email).toBe(owner.email)
    expect(account.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it('shows other members on top in every period, ties, and someone hidden', async () => {
    const rows = await database.tenant(demo.serverId, (tx) =>
      tx.db
        .selectFrom('board_scores as s')
        .innerJoin('leaderboards as b', 'b.id', 's.board_id')
        .innerJoin('members as m', 'm.id', 's.member_id')
        .select(['s.period', 's.period_start', 's.score', 's.ranked', 'm.username'])
        .where('b.community_id', '=', demo.serverId)
        .where('m.community_id', '=', demo.serverId)
        .where('s.community_id', '=', demo.serverId)
        .where('b.slug', '=', 'trail-points')
        .orderBy('s.score', 'desc')
        .execute(),
    )
    const inRun = (period: string, start: string) =>
      rows.filter((row) => row.period === period && row.period_start === start && row.ranked)
    // Berlin has begun the fifth of March.
    const runs = [
      inRun('all', '0001-01-01'),
      inRun('year', '2026-01-01'),
      inRun('month', '2026-03-01'),
      inRun('week', '2026-03-02'),
      inRun('day', '2026-03-05'),
    ]
    for (const run of runs) expect(run.length).toBeGreaterThanOrEqual(10)
    const orders = runs.map((run) =>
      run
        .slice(0, 10)
        .map((row) => row.username)
        .join(),
    )
    expect(new Set(orders).size).toBe(runs.length)
    const scoreOf = (username: string) => runs[0]!.find((row) => row.username === username)?.score
    expect(scoreOf('zoe')).toBe(scoreOf('tomasz'))
    expect(scoreOf('hugues')).toBeUndefined()
    expect(rows.some((row) => row.username === 'hugues')).toBe(true)
  })

  /** The shelves as they stand before a visitor, or before a member. */
  const itemsFor = (username?: string) =>
    database.tenant(demo.serverId, async (tx) => {
      const member = username === undefined ? undefined : await findMember(tx, { username })
      const buyer = await buyerOf(tx, member?.id)
      const offers = await listOffers(tx, buyer, everything, now)
      return offers.map((offer) => ({ ...offer, ...standingOf(offer, buyer, leastOf(offer), now) }))
    })
  const everything = {
    sort: 'featured',
    categoryId: undefined,
    search: undefined,
    minPrice: undefined,
    maxPrice: undefined,
    affordable: false,
    wished: false,
    after: undefined,
    limit: 1000,
  } as const

  it('sells two hundred items of eight categories, no two by the same name or picture', async () => {
    const items = await itemsFor()
    expect(items.length).toBeGreaterThanOrEqual(200)
    expect(new Set(items.map(({ name }) => name)).size).toBe(items.length)
    expect(items.filter(({ description }) => description === '')).toEqual([])
    const [store, categories] = await database.tenant(demo.serverId, async (tx) => [
      await openStore(tx),
      await listCategories(tx),
    ])
    expect(store.title).toBe('The club hut')
    expect(categories).toHaveLength(8)
    for (const { id } of categories)
      expect(items.filter(({ category_id }) => category_id === id).length).toBeGreaterThanOrEqual(25)
    // One that is replaced goes: no other item may show it.
    expect(new Set(items.map(({ image_id }) => image_id)).size).toBe(items.length)
    const files = openFiles(config)
    for (const { image_id } of items) {
      const image = await readImage(files, demo.serverId, image_id!)
      expect(image!.toString('latin1', 8, 12)).toBe('WEBP')
    }
  })

  it('has an item in every state for who signs in, and says to visitors what is not for them', async () => {
    const amaras = await itemsFor('amara')
    expect([...new Set(amaras.map(({ state }) => state))].toSorted()).toEqual(ItemState.options.toSorted())
    const visitor = new Map((await itemsFor()).map((item) => [item.name, item]))
    expect(visitor.get('Brass lantern')).toMatchObject({ state: 'sold_out' })
    expect(visitor.get('Lantern walk')).toMatchObject({ state: 'not_started' })
    expect(visitor.get('Midsummer walk')).toMatchObject({ state: 'ended' })
    expect(visitor.get('Guide’s rope')).toMatchObject({ state: 'locked', lockedBy: 'group' })
    expect(visitor.get('Medal of the long trail')).toMatchObject({ state: 'locked', lockedBy: 'xp', missing: 10_000 })
    expect(visitor.get('Trail shirt')).toMatchObject({ price: 260, pays: 180, remaining: 3 })
    expect(visitor.get('Donation to the path fund')!.variable_price).toEqual({ min: 10, max: 500, step: 10 })
    expect(visitor.get('Storm jacket')!.pays).toBe(250)
    // She is a guide.
    expect(amaras.find(({ name }) => name === 'Storm jacket')!.pays).toBe(150)
  })

  it('has orders of members: under way, done with a code to read, and paid back', async () => {
    await database.tenant(demo.serverId, async (tx) => {
      const ordersOf = async (username: string) => {
        const { id } = (await findMember(tx, { username }))!
        return listOrders(tx, { memberId: id, after: undefined, limit: 10 })
      }
      const amaras = await ordersOf('amara')
      expect(amaras.map((order) => [order.product_name, statusOf(order).name])).toEqual([
        ['Club badge', 'Complete'],
        ['Night in the summit hut', 'Complete'],
        ['Printed tour diary', 'At the printer’s'],
      ])
      const { id, member_id } = amaras[1]!
      expect((await reveal(tx, root, id, member_id, now)).code).toMatch(/^HUT-/)
      expect((await ordersOf('yuki')).map(({ category }) => category)).toEqual(['refunded', 'cancelled'])
    })
  })

  it('has a member with an order of each kind, an item of each state, and one that is back', async () => {
    const items = new Map((await itemsFor('ingrid')).map((item) => [item.name, item]))
    expect([...new Set([...items.values()].map(({ state }) => state))].toSorted()).toEqual(ItemState.options.toSorted())
    expect(items.get('Felt slippers')).toMatchObject({ state: 'available', remaining: 12, back_at: now })
    expect(items.get('Bread from the hut')).toMatchObject({ state: 'limit_reached', availableAt: expect.any(Date) })
    expect(items.get('Atlas of the Andes')).toMatchObject({ state: 'locked', lockedBy: 'group' })
    const orders = await database.tenant(demo.serverId, async (tx) => {
      const { id } = (await findMember(tx, { username: 'ingrid' }))!
      return listOrders(tx, { memberId: id, after: undefined, limit: 20 })
    })
    const told = orders.map((order) => [order.product_name, statusOf(order).name, voucherOf(order, now)?.state])
    expect(told).toEqual([
      ['Club badge', 'Complete', undefined],
      ['Bread from the hut', 'Incomplete', undefined],
      ['Bread from the hut', 'Complete', undefined],
      ['Printed tour diary', 'On its way', undefined],
      ['Night in the summit hut', 'Refunded', 'void'],
      ['Film of the long trail', 'Complete', 'sealed'],
      ['Tracks of the high route', 'Complete', undefined],
      ['Bus ticket to the trailhead', 'Complete', 'expired'],
    ])
    expect(orders.find(({ product_name }) => product_name === 'Tracks of the high route')!.link).toMatch(/^https:/)
  })

  it('has a member whose streak can be had back, who has lost a level, brought others and connected accounts', async () => {
    await database.tenant(demo.serverId, async (tx) => {
      const { id } = (await findMember(tx, { username: 'ingrid' }))!
      expect(lostOf((await visitsOf(tx, id))!, now)).toMatchObject({ days: 16 })
      const days = await countedDays(tx, id, '2026-02-01', '2026-03-31')
      expect(days.filter(({ kind }) => kind === 'freeze').map(({ day }) => day)).toEqual(['2026-02-21'])
      const { tiers } = await gamificationOf(tx)
      const { xp } = await balancesOf(tx, id)
      const [had, has] = [tierOf(tiers, await peakOf(tx, id, 'xp')), tierOf(tiers, xp)]
      expect(had!.nextXp).not.toBe(has!.nextXp)
      expect(await earnedByReferrals(tx, id)).toEqual({ xp: 60, currency: 20 })
      const accounts = await accountsOf(tx, id)
      expect(new Map(accounts.map((one) => [one.network, [one.sealed !== null, one.is_expired]]))).toEqual(
        new Map([
          ['twitch', [true, false]],
          ['reddit', [true, true]],
          ['github', [false, false]],
        ]),
      )
    })
  })

  it('has no member of the file that the README imports', async () => {
    const file = gunzipSync(readFileSync(join(import.meta.dirname, '../data/scores.csv.gz'))).toString()
    const imported = new Set(file.split('\n').map((line) => line.split(',')[0]))
    expect(imported.size).toBeGreaterThan(200_000)
    const members = await database.tenant(demo.serverId, (tx) =>
      tx.db.selectFrom('members').select('username').execute(),
    )
    expect(members.map(({ username }) => username).filter((name) => imported.has(name))).toEqual([])
  })

  it('is made once', async () => {
    await seedDemo(database, config, root, now)
    expect(readDemo()).toEqual(demo)
    expect(await database.accounts(({ db }) => db.selectFrom('accounts').select('id').execute())).toHaveLength(1)
  })

  it('moves with the configuration, its keys as well', async () => {
    const site = 'https://club.example'
    await seedDemo(database, readConfig({ RAI_DATA: dataDir, PORT: '4410', RAI_DEMO_SITE: site }), root, now)
    expect(readDemo()).toEqual({ ...demo, apiUrl: 'http://127.0.0.1:4410', siteUrl: site })
    const { publishableKey, widgetAccess } = demo
    const origins = [site, 'http://127.0.0.1:4410']
    expect(await findKey(database, publishableKey, now)).toMatchObject({ origins })
    expect(await findAccessKey(database, widgetAccess.accessId, widgetAccess.accessKey, now)).toMatchObject({ origins })
    expect(statSync(join(dataDir, 'demo.json')).mode & 0o777).toBe(0o600)
  })
})

it('that cannot write its keys down is not there, and says what to do', async () => {
  const { database: empty } = await openTestDatabase()
  const RAI_DATA = join(import.meta.filename, 'data')
  await expect(seedDemo(empty, readConfig({ RAI_DATA }), root, new Date())).rejects.toThrow(
    /cannot be written .* RAI_DEMO=0/,
  )
  expect(await empty.global.selectFrom('accounts').select('id').execute()).toEqual([])
})
