import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { openDatabase } from '../../packages/server/src/db/database.js'
import { distribute } from '../../packages/server/src/db/distribute.js'
import { migrate } from '../../packages/server/src/db/migrate.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { joinNodes, onNodes } from '../helpers/citus.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser, brokenInvariants } from '../helpers/database.js'

const cluster = inject('cluster')
const name = `alone_${randomBytes(6).toString('hex')}`
const named = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
const [superuserUrl, url, migrateUrl] = [named(cluster.superuserUrl), named(cluster.url), named(cluster.migrateUrl)]
const query = <T>(text: string) => asSuperuser(superuserUrl, async (client) => (await client.query(text)).rows as T[])

await asSuperuser(cluster.superuserUrl, (client) => client.query(`create database ${name} owner rai_owner`))
afterAll(() => onNodes(cluster, `drop database if exists ${name} with (force)`))

describe('distributing a database', () => {
  it('says what it lacks, and who can give it', async () => {
    await migrate(migrateUrl, 'rai_app')
    await expect(distribute(migrateUrl)).rejects.toThrow(
      /This PostgreSQL has no Citus|A superuser must run "create extension/,
    )
  })
})

/** What a cluster alone can show. */
if (cluster.workerUrls.length > 0) {
  describe('a database with data', () => {
    it('is refused while no node is there to take it', async () => {
      await query('create extension citus')
      await expect(distribute(migrateUrl)).rejects.toThrow(/does not know itself[\s\S]*there is no worker/)
      await query('drop extension citus')
    })

    it('is spread with every row and rule, once and again', async () => {
      const before = await openDatabase(url, () => {})
      const at = new Date()
      const community = await testCommunity({ database: before })
      await community.tenant(async (tx) => {
        const { id } = await createMember(tx, { username: 'ada' }, at)
        await createBoard(tx, { name: 'Points' }, at)
        const move = { memberId: id, unit: 'xp', reason: 'badge', actor: 'test' } as const
        await post(tx, [{ ...move, amount: 5, key: 'first' }], at)
      })
      await before.close()
      await joinNodes(cluster, name)
      await distribute(migrateUrl)
      await distribute(migrateUrl)

      expect(await asSuperuser(superuserUrl, brokenInvariants)).toEqual([])
      expect(await query('select amount from balances')).toEqual([{ amount: 5 }])
      const unplaced = await query(
        `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '_\\d{6}$'
         and oid not in (select logicalrelid from pg_dist_partition)`,
      )
      expect(unplaced).toEqual([{ relname: 'migrations' }])
      await expect(query('update entries set amount = 1')).rejects.toThrow('is immutable')
    })

    it('is changed by later migrations, which spread their new tables', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'rai-migrations-'))
      cpSync(join(import.meta.dirname, '../../packages/server/src/db/migrations'), folder, { recursive: true })
      writeFileSync(
        join(folder, '900_medals.sql'),
        `alter table members add column motto text not null default '';
        create table medals (community_id uuid not null, id uuid not null, member_id uuid not null, primary key (community_id, id));
        select tenant_table('medals');
        alter table medals add foreign key (community_id, member_id) references members (community_id, id);
        create table metals (id uuid primary key);
        select place_table('metals');`,
      )
      await migrate(migrateUrl, 'rai_app', folder)
      rmSync(folder, { recursive: true })
      const placed = `select logicalrelid::text as name, partmethod from pg_dist_partition where logicalrelid::text like 'me_als' order by 1`
      expect(await query(placed)).toEqual([
        { name: 'medals', partmethod: 'h' },
        { name: 'metals', partmethod: 'n' },
      ])
    })
  })
}
