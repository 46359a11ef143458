import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../packages/server/src/config.js'
import { type DemoFile, seedDemo } from '../../packages/server/src/demo.js'
import { findAccessKey, findKey } from '../../packages/server/src/domain/keys/keys.js'
import { openTestDatabase } from '../helpers/database.js'

const { database } = await openTestDatabase()

describe('the demo', () => {
  const now = new Date('2026-03-04T23:30:00Z')
  const dataDir = mkdtempSync(join(tmpdir(), 'rai-demo-'))
  const config = readConfig({ RAI_DATA: dataDir, PUBLIC_URL: 'http://127.0.0.1:4400' })
  const readDemo = () => JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile
  let demo: DemoFile

  beforeAll(async () => {
    await seedDemo(database, config, now)
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
    await seedDemo(database, config, now)
    expect(readDemo()).toEqual(demo)
    expect(await database.accounts(({ db }) => db.selectFrom('accounts').select('id').execute())).toHaveLength(1)
  })

  it('moves with the configuration, its keys as well', async () => {
    const site = 'https://club.example'
    await seedDemo(database, readConfig({ RAI_DATA: dataDir, PORT: '4410', RAI_DEMO_SITE: site }), now)
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
  await expect(seedDemo(empty, readConfig({ RAI_DATA }), new Date())).rejects.toThrow(/cannot be written .* RAI_DEMO=0/)
  expect(await empty.global.selectFrom('accounts').select('id').execute()).toEqual([])
})
