import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../packages/server/src/config.js'
import type { Tx } from '../../packages/server/src/db/database.js'
import { type DemoFile, seedDemo } from '../../packages/server/src/demo.js'
import { newLink } from '../../packages/server/src/domain/accounts/accounts.js'
import { queueMail } from '../../packages/server/src/domain/accounts/mails.js'
import { newLoginCode } from '../../packages/server/src/domain/accounts/secure-auth.js'
import { beginSession } from '../../packages/server/src/domain/accounts/sessions.js'
import { writeDown } from '../../packages/server/src/domain/audit.js'
import { createChannel } from '../../packages/server/src/domain/channels.js'
import { visit } from '../../packages/server/src/domain/gamification/visits.js'
import { once } from '../../packages/server/src/domain/hooks/calls.js'
import { createHook } from '../../packages/server/src/domain/hooks/hooks.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { deleteMember } from '../../packages/server/src/domain/members/deletions.js'
import { invite } from '../../packages/server/src/domain/members/invitations.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { suspend } from '../../packages/server/src/domain/members/moderation.js'
import { claimStage } from '../../packages/server/src/domain/milestones/claiming.js'
import { pairwiseName } from '../../packages/server/src/domain/pairwise.js'
import { forgetImages } from '../../packages/server/src/domain/pictures/images.js'
import { connectAccount } from '../../packages/server/src/domain/socials/accounts.js'
import { claim } from '../../packages/server/src/domain/socials/claims.js'
import { newTicket } from '../../packages/server/src/domain/socials/connecting.js'
import { setNetwork } from '../../packages/server/src/domain/socials/networks.js'
import { createQuest, questById } from '../../packages/server/src/domain/socials/quests.js'
import { changeProgram } from '../../packages/server/src/domain/socials/referrals.js'
import { sendIn } from '../../packages/server/src/domain/socials/reviews.js'
import { newSigningSecret } from '../../packages/server/src/domain/socials/secret.js'
import { createEndpoint } from '../../packages/server/src/domain/webhooks/endpoints.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { asSuperuser, brokenInvariants, openTestDatabase } from '../helpers/database.js'
import { openMilestone } from '../helpers/milestones.js'

const { database, testDatabase } = await openTestDatabase()
const now = new Date()
/** A community with a row in every table. */
let full: string
/** Another one, which must see none of them. */
let other: TestCommunity
let tables: string[]

beforeAll(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'rai-tenants-'))
  await seedDemo(database, readConfig({ RAI_DATA: dataDir }), rootKey(randomBytes(32)), now)
  full = (JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile).serverId
  rmSync(dataDir, { recursive: true })
  await seedTheRest()
  other = await testCommunity({ database })
  tables = await asSuperuser(testDatabase.superuserUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.columns
       where table_schema = 'public' and column_name = 'community_id' order by 1`,
    )
    return rows.map(({ name }) => name)
  })
})

/** What the demo leaves empty. */
async function seedTheRest(): Promise<void> {
  await database.tenant(full, async (tx) => {
    const community_id = full
    const jobId = newId()
    await tx.db.insertInto('relays').values({ community_id }).execute()
    await tx.db
      .insertInto('idempotency_keys')
      .values({
        community_id,
        principal: 'key',
        key: 'once',
        operation: 'POST /',
        body_hash: randomBytes(32),
        answer: randomBytes(8),
      })
      .execute()
    await tx.db
      .insertInto('jobs')
      .values({
        community_id,
        id: jobId,
        type: 'bulk-import',
        status: 'completed',
        actor: 'key',
        options: '{}',
        file_hash: randomBytes(32),
      })
      .execute()
    await tx.db
      .insertInto('job_rows')
      .values({ community_id, job_id: jobId, line: 2, name: 'ada', content: '{}' })
      .execute()
    await tx.db
      .insertInto('job_errors')
      .values({ community_id, job_id: jobId, line: 3, code: 'invalid_request', message: 'no' })
      .execute()
    await pairwiseName(tx, rootKey(randomBytes(32)), newId(), 'https://app.example')
    const address = { url: 'https://hooks.example/', events: ['user.joined' as const] }
    const { endpoint } = await createEndpoint(tx, rootKey(randomBytes(32)), address, now)
    const message = { community_id, created_at: now }
    const id = newId()
    const delivery = { ...message, endpoint_id: endpoint.id, message_id: id }
    await tx.db
      .insertInto('webhook_messages')
      .values({ ...message, id, type: 'user.joined', seq: 1, member_id: null, said_id: null, payload: '{}' })
      .execute()
    await tx.db
      .insertInto('webhook_deliveries')
      .values({ ...delivery, status: 'pending', due_at: now })
      .execute()
    await tx.db
      .insertInto('webhook_attempts')
      .values({ ...delivery, id: newId(), status: 200, error: null, latency_ms: 1, answer: '' })
      .execute()
    const input = { name: 'Hook', action: { kind: 'currency' }, requiresKey: true } as const
    const { hook } = await createHook(tx, rootKey(randomBytes(32)), input, now)
    await once(tx, hook, { names: ['id:1'], content: null, externalId: '1' }, async () => ({}), now)
    const { board_id, member_id } = await tx.db
      .selectFrom('board_scores')
      .select(['board_id', 'member_id'])
      .limit(1)
      .executeTakeFirstOrThrow()
    await tx.db
      .insertInto('board_winners')
      .values({
        community_id,
        board_id,
        period: 'all',
        period_start: '0001-01-01',
        member_id: newId(),
        rank: 1,
        prize: JSON.stringify({ from: 1, to: 1, title: 'Boots' }),
      })
      .execute()
    await tx.db
      .insertInto('board_seen')
      .values({
        community_id,
        board_id,
        period: 'all',
        member_id: newId(),
        period_start: '0001-01-01',
        rank: 1,
        seen_at: now,
      })
      .execute()
    await visit(tx, member_id, now)
    const { id: role_id } = await tx.db.selectFrom('roles').select('id').limit(1).executeTakeFirstOrThrow()
    await tx.db.insertInto('xp_roles').values({ community_id, role_id, xp: 100 }).execute()
    await tx.db.insertInto('avatars').values({ community_id, member_id, due_at: now }).execute()
    await forgetImages(tx, [newId()], new Date('2100-01-01'))
    await claimStage(tx, (await openMilestone(tx, now)).id, 1, member_id, now)
    await newLoginCode(tx, { username: 'amara' }, now)
    await seedMessages(tx, member_id)
    await seedSocials(tx, member_id)
    await writeDown(tx, { operation: 'test', actor: { kind: 'machine', id: null } }, now)
    await tx.db
      .insertInto('earnings')
      .values({ community_id, member_id, rule: 'message', paid_at: now, day: '2026-11-23', day_ends_at: now, count: 1 })
      .execute()
    await suspend(
      tx,
      { userId: member_id, authority: 'community', actor: 'test' },
      new Date(now.getTime() + 60_000),
      now,
    )
    const gone = await createMember(tx, { username: 'gone' }, now)
    await invite(tx, gone.id, now)
    await deleteMember(tx, gone, now)
    // Two changes that cancel each other.
    for (const [old_negated, new_negated] of [
      [null, -5],
      [-5, null],
    ] as const) {
      await tx.db
        .insertInto('board_deltas')
        .values({
          community_id,
          id: newId(),
          board_id,
          period: 'all',
          period_start: '0001-01-01',
          member_id,
          old_negated,
          old_reached_at: old_negated && now,
          new_negated,
          new_reached_at: new_negated && now,
        })
        .execute()
    }
  })
}

async function seedMessages(tx: Tx, member_id: string): Promise<void> {
  const { id: channel_id } = await createChannel(tx, { topic: 'Talk', type: 'forum' }, null, now)
  const [topic_id, message_id] = [newId(), newId()]
  const made = { community_id: tx.communityId, created_at: now }
  const of = { community_id: tx.communityId, message_id, member_id }
  await tx.db
    .insertInto('topics')
    .values({ ...made, id: topic_id, channel_id, title: 'Trails', author_id: member_id, last_message_id: message_id })
    .execute()
  await tx.db
    .insertInto('messages')
    .values({ ...made, id: message_id, channel_id, topic_id, author_id: member_id, text: 'Hello' })
    .execute()
  await tx.db
    .insertInto('message_reactions')
    .values({ ...of, emoji: '👍', created_at: now })
    .execute()
  await tx.db
    .insertInto('message_mentions')
    .values({ ...of, channel_id })
    .execute()
  await tx.db
    .insertInto('message_reports')
    .values({ ...of, id: newId(), reason: 'spam', text: 'Hello', created_at: now })
    .execute()
  await tx.db
    .insertInto('attachments')
    .values({
      ...{ ...made, id: newId(), channel_id, member_id, message_id: null },
      ...{ name: 'a.txt', type: 'text/plain', size: 1, width: null, height: null, color: null, removed_at: null },
    })
    .execute()
  await tx.db
    .insertInto('link_cards')
    .values({ community_id: tx.communityId, url: 'https://a.example/', is_wanted: true, due_at: now })
    .execute()
  await tx.db
    .insertInto('message_cards')
    .values({
      ...{ community_id: tx.communityId, message_id, place: 0 },
      ...{ url: 'https://a.example/', href: 'https://a.example/' },
    })
    .execute()
  await tx.db
    .insertInto('channel_reads')
    .values({ community_id: tx.communityId, channel_id, member_id, read_to: message_id })
    .execute()
}

async function seedSocials(tx: Tx, memberId: string): Promise<void> {
  const quest = { network: 'web', action: 'visit', proof: 'review', reward: { xp: 5, currency: 0 } } as const
  const { id } = await createQuest(tx, { ...quest, title: 'Quest' }, now)
  const [made, doer] = [await questById(tx, id), { memberId, timeZone: 'UTC', weekStart: 1 }]
  const evidence = { note: '', link: 'https://a.example/', pictureId: null }
  await claim(
    tx,
    made,
    doer,
    async (row) => {
      await sendIn(tx, made, row, evidence, now)
      return { is: 'yes' }
    },
    now,
  )
  await changeProgram(tx, { page: null }, now)
  const [root, network] = [rootKey(randomBytes(32)), 'github'] as const
  await newSigningSecret(tx, root)
  await setNetwork(tx, root, network, { clientId: 'x', clientSecret: 'x' }, now)
  const [account, tokens] = [
    { id: '1', name: 'x', createdAt: null },
    { access: 'x', refresh: null, endsAt: null },
  ]
  await connectAccount(tx, root, { memberId, network, account, tokens }, now)
  await newTicket(tx, root, { memberId, network, returnTo: null }, now)
}

describe('two communities', () => {
  it('have rows of the first in every table that belongs to a community', async () => {
    expect(tables.length).toBeGreaterThanOrEqual(20)
    await database.tenant(full, async (tx) => {
      for (const table of tables) {
        const { rows } = await sql`select from ${sql.table(table)} limit 1`.execute(tx.db)
        expect(rows, table).toHaveLength(1)
      }
    })
  })

  it('do not see each other even where a query forgets to ask for one community', async () => {
    await other.tenant(async (tx) => {
      for (const table of tables) {
        const { rows } = await sql`select from ${sql.table(table)} where community_id <> ${other.id}`.execute(tx.db)
        expect(rows, table).toHaveLength(0)
      }
      expect(await tx.db.selectFrom('communities').select('id').execute()).toEqual([{ id: other.id }])
    })
  })

  it('do not change or delete each other’s rows', async () => {
    await other.tenant(async (tx) => {
      for (const table of tables) {
        const { numAffectedRows } = await sql`delete from ${sql.table(table)} where community_id = ${full}`.execute(
          tx.db,
        )
        expect(numAffectedRows, table).toBe(0n)
      }
      const renamed = await tx.db.updateTable('communities').set({ name: 'Mine' }).where('id', '=', full).execute()
      expect(renamed[0]!.numUpdatedRows).toBe(0n)
    })
  })

  it('do not write into each other', async () => {
    const foreign = { community_id: full, name: 'member', value: 1 }
    await expect(other.tenant((tx) => tx.db.insertInto('counters').values(foreign).execute())).rejects.toThrow(
      'row-level security',
    )
    await other.tenant((tx) =>
      tx.db
        .insertInto('counters')
        .values({ ...foreign, community_id: other.id })
        .execute(),
    )
    await expect(
      other.tenant((tx) => tx.db.updateTable('counters').set({ community_id: full, name: 'taken' }).execute()),
      // A cluster does not ask: rows stay with the community that they are spread by.
    ).rejects.toThrow(/row-level security|modifying the partition value/)
  })

  it('are invisible to a connection that is in neither', async () => {
    for (const table of ['communities', ...tables]) {
      const { rows } = await sql`select from ${sql.table(table)} limit 1`.execute(database.global)
      expect(rows, table).toHaveLength(0)
    }
  })
})

describe('logins', () => {
  const tables = ['accounts', 'registrations', 'link_tokens', 'sessions', 'session_tokens', 'mails']

  it('are seen by work on logins alone, which sees nothing of a community', async () => {
    const rowsOf = async (table: string, { db }: { db: typeof database.global }) =>
      (await sql`select from ${sql.table(table)} limit 1`.execute(db)).rows.length
    await database.accounts(async (tx) => {
      const { rows } = await sql<{ id: string }>`select id from accounts`.execute(tx.db)
      await beginSession(tx, { accountId: rows[0]!.id }, now)
      await newLink(tx, 'account', rows[0]!.id, now)
      await queueMail(tx, 'confirm', 'ada@example.com', now)
      const names = { first_name: '', last_name: '', display_name: '' }
      const asked = { id: newId(), email: 'ada@example.com', password_hash: '', created_at: now, ...names }
      await tx.db.insertInto('registrations').values(asked).execute()
      for (const table of tables) expect(await rowsOf(table, tx), table).toBe(1)
      for (const table of ['communities', 'members', 'api_keys']) expect(await rowsOf(table, tx), table).toBe(0)
    })
    for (const table of tables) {
      expect(await rowsOf(table, { db: database.global }), table).toBe(0)
      expect(await database.tenant(full, (tx) => rowsOf(table, tx)), table).toBe(0)
      const due = table === 'mails' ? 1 : 0
      expect(await database.worker((db) => rowsOf(table, { db })), table).toBe(due)
    }
  })
})

describe('background work', () => {
  it('sees which communities have some, and nothing else of them', async () => {
    const visible = await database.worker(async (db) => {
      const seen: string[] = []
      for (const table of ['communities', ...tables]) {
        const { rows } = await sql`select from ${sql.table(table)} limit 1`.execute(db)
        if (rows.length > 0) seen.push(table)
      }
      return seen
    })
    expect(visible).toEqual([
      'attachments',
      'avatars',
      'badges',
      'board_deltas',
      'events',
      'forgotten_files',
      'hook_calls',
      'idempotency_keys',
      'invitations',
      'jobs',
      'leaderboards',
      'link_cards',
      'login_codes',
      'member_deletions',
      'member_suspensions',
      'pairwise_secrets',
      'relays',
      'social_accounts',
      'social_networks',
      'social_secrets',
      'social_tickets',
      'vouchers',
      'webhook_deliveries',
      'webhook_endpoints',
      'webhook_messages',
      'webhook_queues',
      'webhook_secrets',
    ])
  })

  it('writes nothing outside a community', async () => {
    await expect(database.worker((db) => db.deleteFrom('events').execute())).rejects.toThrow('read-only transaction')
  })
})

describe('a lookup', () => {
  it('finds the one credential it names', async () => {
    const names = await database.lookup(other.widgetAccess.accessId, (db) =>
      db.selectFrom('api_keys').select(['community_id', 'kind']).execute(),
    )
    expect(names).toEqual([{ community_id: other.id, kind: 'widget_access' }])
  })

  it.each(["' or true --", '', 'a b', 'x'.repeat(81)])('refuses what can be no credential: %j', async (key) => {
    await expect(database.lookup(key, (db) => db.selectFrom('api_keys').select('id').execute())).rejects.toThrow(
      TypeError,
    )
  })
})

describe('the schema', () => {
  const ask = <T>(query: string) =>
    asSuperuser(testDatabase.superuserUrl, async (client) => (await client.query(query)).rows as T[])

  it('forces row-level security on every table of a community, for the owner too', async () => {
    const open = await ask(
      `select relname from pg_class
       where relname = any ('{communities,${tables.join()}}') and not (relrowsecurity and relforcerowsecurity)`,
    )
    expect(open).toEqual([])
  })

  it('begins every primary and unique key of those tables with the community, so that they can be spread by it', async () => {
    const others = await ask<{ index: string }>(
      `select indexrelid::regclass::text as index
       from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
       where i.indisunique and i.indrelid = any ('{${tables.join()}}'::regclass[]) and a.attname <> 'community_id'
       order by 1`,
    )
    // A key names its community, so it is looked up before the community is known.
    expect(others.map(({ index }) => index)).toEqual(['api_keys_access_id_key', 'api_keys_hash_key'])
  })

  it('has but these other tables, which every node of a cluster has a copy of', async () => {
    const global = await ask<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> all ('{${tables.join()}}')
         and relname !~ '_\\d{6}$' order by 1`,
    )
    expect(global.map(({ name }) => name)).toEqual([
      'accounts',
      'communities',
      'link_tokens',
      'mails',
      'migrations',
      'registrations',
      'session_tokens',
      'sessions',
      'signing_keys',
    ])
  })

  it('gives the server’s role rows and nothing more', async () => {
    await expect(sql`create table mine (id int)`.execute(database.global)).rejects.toThrow('permission denied')
    await expect(sql`alter table members disable row level security`.execute(database.global)).rejects.toThrow('owner')
    await expect(sql`truncate entries`.execute(database.global)).rejects.toThrow('permission denied')
    await expect(sql`update migrations set checksum = ''`.execute(database.global)).rejects.toThrow('permission denied')
  })
})

describe('the invariants', () => {
  const board = 'board_id = (select board_id from board_scores limit 1)'
  const row = 'member_id = (select member_id from board_scores where ranked order by score desc limit 1)'

  it.each([
    [
      'a transaction sums to 0',
      'alter table entries disable trigger all; update entries set amount = amount + 1 where n = 1',
    ],
    ['a transaction has entries', 'alter table entries disable trigger all; delete from entries'],
    ['a balance is the sum of its entries', 'update balances set amount = amount + 1'],
    ['a balance is the sum of its entries', 'delete from balances'],
    ['what was gained on a day is the sum of its entries', 'update gains set amount = amount + 1'],
    ['what was gained on a day is the sum of its entries', 'delete from gains'],
    ['what a member was given for who came is the sum of its entries', 'update referral_gains set amount = amount + 1'],
    ['what a member was given for who came is the sum of its entries', 'delete from referral_gains'],
    ['a value is the last that was recorded', 'update user_field_values set value = value + 1'],
    ['what a field says of a member is recorded', `update members set fields = '{"continent": "Atlantis"}'`],
    [
      'what is recorded of a field is of one and of a member, who has a value',
      "update members set fields = '{}' where fields ? 'continent'",
    ],
    ['what a badge gave is in the ledger', 'update member_badges set xp = 1'],
    ['a badge is with everybody who has enough', 'update badges set counted_to = null; delete from member_badges'],
    ['a claimed amount is in the ledger', `update board_winners set claimed_at = now(), prize = '{"amount": 5}'`],
    ['what a stage gave is in the ledger', 'update milestone_claims set xp = xp + 1'],
    ['what milestones gave was claimed', 'delete from milestone_claims'],
    ['a stage counts its claims', 'update milestone_stages set supply = 9, claimed = 9'],
    ['a day of a streak is a day on which the member came', "delete from member_facts where kind = 'visit'"],
    ['an order is paid, and paid back, once and in full', 'update orders set price = price + 1 where price > 0'],
    [
      'an order is paid, and paid back, once and in full',
      "update orders set category = 'refunded', returned_at = now() where price > 0",
    ],
    [
      'only an order that was paid back has a refund',
      "update orders set category = 'complete', returned_at = null where price > 0",
    ],
    ['a payment is for an order', 'set session_replication_role = replica; delete from orders'],
    ['what is told to be bought is an order', 'set session_replication_role = replica; delete from orders'],
    ['what is sold are orders', 'update products set sold = sold + 1 where sold < stocked'],
    [
      'a code is of its order’s product',
      "update vouchers set product_id = (select id from products where type = 'item' limit 1) where order_id is not null",
    ],
    ['a quest that is done is a fact', "delete from member_facts where kind = 'social'"],
    ['what a quest gave is in the ledger, and nothing else is', 'update social_progress set xp = 6'],
    ['what a quest gave is in the ledger, and nothing else is', 'delete from social_progress'],
    [
      'an account of a network is one connected member’s, and the only one of theirs there',
      `insert into social_accounts (community_id, network, fingerprint, member_id, sealed, connected_at)
       select community_id, network, fingerprint || 'x'::bytea, member_id, sealed, connected_at from social_accounts`,
    ],
    ['what happened cannot be changed', 'alter table entries disable trigger entries_immutable'],
    ['what happened cannot be changed', 'drop trigger transactions_immutable on transactions'],
    [
      'entries belong to members of their community',
      'alter table entries disable trigger all; update entries set member_id = transaction_id where n = 0',
    ],
    ['scores are what happened, counted by run', `update board_scores set score = score + 1 where ${row}`],
    ['scores are what happened, counted by run', `delete from board_scores where ${row}`],
    ['scores are what happened, counted by run', `update board_scores set ranked = not ranked where ${row}`],
    ['counts and deltas are the ranked scores', `delete from board_counts where level = 0 and ${board}`],
    ['counts and deltas are the ranked scores', 'delete from board_deltas where old_negated is null'],
    ['events are numbered without gaps', 'update events set seq = 7 where id = (select id from events limit 1)'],
  ])('%s: a breach is found (%s)', async (invariant, breach) => {
    await asSuperuser(testDatabase.superuserUrl, async (client) => {
      for (const statement of ['begin', ...breach.split('; ')]) await client.query(statement)
      expect((await brokenInvariants(client)).map((sentence) => sentence.split(':')[0])).toContain(invariant)
      await client.query('rollback')
      expect(await brokenInvariants(client)).toEqual([])
    })
  })
})
