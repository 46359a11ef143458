import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../packages/server/src/db/migrate.js'
import { asSuperuser, createTestDatabase } from '../helpers/database.js'

const testDatabase = await createTestDatabase()
const ours = join(import.meta.dirname, '../../packages/server/src/db/migrations')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rai-migrations-'))
  cpSync(ours, folder, { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

const query = <T>(text: string, url = testDatabase.superuserUrl) =>
  asSuperuser(url, async (client) => (await client.query(text)).rows as T[])
const run = () => migrate(testDatabase.migrateUrl, 'rai_app', folder)

describe('migrations', () => {
  it('run once, however often they are asked for', async () => {
    const before = await query('select * from migrations order by name')
    expect(before).not.toHaveLength(0)
    await run()
    expect(await query('select * from migrations order by name')).toEqual(before)
  })

  it('run once when several instances start together', async () => {
    writeFileSync(join(folder, '900_once.sql'), 'create table once (community_id uuid primary key)')
    await Promise.all([run(), run(), run()])
    expect(await query(`select name from migrations where name = '900_once.sql'`)).toHaveLength(1)
  })

  it('open new tables to the server’s role', async () => {
    expect(await query('select * from once', testDatabase.url)).toEqual([])
    expect(await query(`select has_table_privilege('rai_app', 'once', 'truncate') as may`)).toEqual([{ may: false }])
  })

  it('stand whole or not at all', async () => {
    const file = join(folder, '901_broken.sql')
    writeFileSync(file, 'create table half (id int); create table half (id int);')
    await expect(run()).rejects.toThrow('The migration 901_broken.sql does not run: relation "half" already exists')
    expect(await query(`select to_regclass('half') as half`)).toEqual([{ half: null }])
    writeFileSync(file, 'create table half (id int)')
    await run()
    expect(await query('select * from half')).toEqual([])
  })

  it('refuse a file that was changed after it ran', async () => {
    writeFileSync(join(folder, '900_once.sql'), 'create table once (community_id uuid primary key, more int)')
    await expect(run()).rejects.toThrow('The migration 900_once.sql was changed after it ran here.')
  })

  it('say when the owner’s URL does not work', async () => {
    await expect(migrate('postgres://rai:rai@127.0.0.1:1/rai', 'rai_app', folder)).rejects.toThrow('RAI_MIGRATE_URL')
  })

  it('let one role own and serve, bound by row-level security all the same', async () => {
    await migrate(testDatabase.migrateUrl, 'rai_owner', ours)
    const insert = `insert into counters values ('${crypto.randomUUID()}', 'member', 1)`
    await expect(query(insert, testDatabase.migrateUrl)).rejects.toThrow('row-level security')
  })
})
