import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKey, createUserKey, revokeKey } from '../../packages/server/src/domain/keys/keys.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { createRole } from '../../packages/server/src/domain/roles.js'
import { ask, embedToken } from '../helpers/api.js'
import { expectJob, uploadCsv } from '../helpers/bulk.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser, openTestDatabase, withoutLooking } from '../helpers/database.js'
import { signIn } from '../helpers/people.js'
import { runCommand, type ServerProcess, startProcess } from '../helpers/process.js'
import { openStream } from '../helpers/stream.js'

/** Instances in processes of their own, on one PostgreSQL. */
const { database, testDatabase } = await openTestDatabase()
type Name = 'one' | 'two' | 'deaf'
const instances = new Map<Name, ServerProcess>()
const at = (name: Name): ServerProcess => instances.get(name)!

const settings = {
  DATABASE_URL: testDatabase.url,
  RAI_MIGRATE_URL: testDatabase.migrateUrl,
  RAI_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  RAI_DATA: join(tmpdir(), `rai-instances-${randomUUID()}`),
  RAI_DEMO: '0',
  // A token of one is good at the other.
  PUBLIC_URL: 'https://rai.example',
}

async function start(name: Name): Promise<void> {
  const server = await startProcess({
    ...settings,
    // Named by it in pg_stat_activity.
    DATABASE_URL: `${testDatabase.url}?application_name=${name}`,
    ...(name === 'deaf' && { RAI_NOTIFY: '0' }),
  })
  await server.ready
  instances.set(name, server)
}

let community: Awaited<ReturnType<typeof testCommunity>>
beforeAll(async () => {
  await Promise.all([start('one'), start('two')])
}, 120_000)
beforeEach(async () => {
  community = await testCommunity({ database })
})

const look = <T extends object>(query: string, url = testDatabase.superuserUrl) =>
  asSuperuser(url, async (client) => (await client.query<T>(query)).rows)
const createBoard = (name: Name, boardName = 'Stars') =>
  ask(at(name), 'POST /v1/leaderboards', { bearer: community.systemKey, body: { name: boardName } })
const streamAt = async (name: Name) => {
  const stream = await openStream(at(name), community)
  await stream.read()
  return stream
}
const awardFile = (rows: number) =>
  `username,xp\n${Array.from({ length: rows }, (_, n) => `walker ${n},3`).join('\n')}\n`
const upload = async (name: Name, rows: number) => {
  const { body } = await uploadCsv(at(name).url, community.systemKey, 'import', awardFile(rows))
  return body.data!.jobId
}

/** Kills an instance without warning. */
async function stop(name: Name): Promise<void> {
  at(name).child.kill('SIGKILL')
  await at(name).ended
}

/** Holds an advisory lock on every node, for a trigger waits where its row lies. */
async function holding<T>(lock: number, work: () => Promise<T>, [url, ...others] = testDatabase.nodeUrls): Promise<T> {
  if (url === undefined) return work()
  return asSuperuser(url, async (client) => {
    await client.query(`select pg_advisory_lock(${lock})`)
    return holding(lock, work, others)
  })
}

/** Which instance's statement about a table waits for such a lock. */
async function whoIsAt(table: string): Promise<'one' | 'two'> {
  const sessions = `from pg_stat_activity where datname = current_database() and state = 'active' and query ~ '${table}'`
  const waiting = await Promise.all(
    testDatabase.nodeUrls.map((url) => look(`select ${sessions} and wait_event = 'advisory'`, url)),
  )
  expect(waiting.flat()).toHaveLength(1)
  const names = await look<{ name: 'one' | 'two' }>(
    `select application_name as name ${sessions} and application_name in ('one', 'two')`,
  )
  expect(names).toHaveLength(1)
  return names[0]!.name
}

/** How many members of the file there are, and what they hold together. */
async function held(): Promise<object | undefined> {
  const [sums] = await look<{ members: number; xp: number }>(
    `select count(*)::int as members, sum(amount)::int as xp from balances
     where community_id = '${community.id}' and unit = 'xp'`,
  )
  return sums
}

describe('what happens on one instance', () => {
  it('is told to the streams of another', async () => {
    await withoutLooking(testDatabase, async () => {
      const stream = await streamAt('two')
      const { answer } = await createBoard('one')
      await stream.until(({ type }) => type === 'config.changed')
      // Points as well: whoever works the job off.
      await upload('one', 1)
      await stream.until(({ type, id }) => type === 'leaderboard.changed' && id === answer._id)
      stream.close()
    })
  })

  it('is told again when the connection that tells was broken', async () => {
    const isListener = "query ~ '^(listen|select pg_notify)' and datname = current_database()"
    const listeners = () => look<{ pid: number }>(`select pid from pg_stat_activity where ${isListener}`)
    const before = await listeners()
    expect(before).toHaveLength(2)
    await look(`select pg_terminate_backend(pid) from pg_stat_activity where ${isListener}`)
    await vi.waitFor(
      async () => {
        const now = await listeners()
        expect(now).toHaveLength(2)
        for (const listener of before) expect(now).not.toContainEqual(listener)
      },
      { timeout: 20_000, interval: 50 },
    )
    await withoutLooking(testDatabase, async () => {
      const stream = await streamAt('two')
      await createBoard('one')
      await stream.until(({ type }) => type === 'config.changed')
      stream.close()
    })
  })

  it('holds on another at once: settings by which members earn', async () => {
    const tiers = [{ name: 'Walker', icon: '🥾', levels: [0, 100, 250] }]
    await withoutLooking(testDatabase, async () => {
      const stream = await streamAt('two')
      const set = await ask(at('one'), 'PATCH /v1/gamification', { bearer: community.systemKey, body: { tiers } })
      expect(set.status).toBe(200)
      const page = { params: { publishableKey: community.publishableKey } }
      const { answer } = await ask(at('two'), 'GET /widget/v1/{publishableKey}/config', page)
      expect(answer.tiers).toEqual(tiers)
      await stream.until(({ type }) => type === 'config.changed')
      stream.close()
    })
  })

  it('is found by an instance that is told nothing', async () => {
    await start('deaf')
    const stream = await streamAt('deaf')
    await createBoard('one')
    await stream.until(({ type }) => type === 'config.changed')
    stream.close()
    await stop('deaf')
  })

  it('holds on another at once: a revoked key gets nobody in, and its streams end', async () => {
    const { id, publishableKey } = await community.tenant(async (tx) => {
      const input = { kind: 'publishable', name: 'To go', origins: [community.origin] } as const
      const { id, key } = await createKey(tx, input, new Date())
      return { id, publishableKey: key }
    })
    const page = { publishableKey, origin: community.origin }
    const stream = await openStream(at('two'), page)
    expect(stream.response.status).toBe(200)
    await community.tenant((tx) => revokeKey(tx, id, new Date()))
    for (const name of ['one', 'two'] as const) {
      const reply = await ask(at(name), 'GET /widget/v1/{publishableKey}/config', { params: { publishableKey } })
      expect(reply.status).toBe(401)
    }
    await stream.ended()
  })

  it('holds on another at once: what roles allow, and who has them', async () => {
    const { member, role } = await community.tenant(async (tx) => {
      const input = { title: 'Manager', position: 10, serverPermissions: { manage_roles: true } }
      return {
        member: await createMember(tx, { username: 'manager' }, new Date()),
        role: await createRole(tx, input, 'community', new Date()),
      }
    })
    const bearer = await signIn({ database }, { communityId: community.id, memberId: member.id })
    const asks = { bearer, query: { serverId: community.id } }
    let made = 0
    const statuses = () =>
      Promise.all(
        (['one', 'two'] as const).map(async (name) => {
          const body = { title: `Role ${++made}` }
          return (await ask(at(name), 'POST /api/v1/roles', { ...asks, body })).status
        }),
      )
    const change = (name: Name, key: 'add' | 'remove') =>
      ask(at(name), `POST /api/v1/roles/{roleId}/${key}`, {
        bearer: community.systemKey,
        params: { roleId: role.id },
        body: { userId: member.id },
      })
    const allow = (name: Name, manage_roles: boolean) =>
      ask(at(name), 'PUT /api/v1/roles/{id}', {
        bearer: community.systemKey,
        params: { id: role.id },
        body: { server_permissions: { manage_roles } },
      })
    expect(await statuses()).toEqual([403, 403])
    await change('one', 'add')
    expect(await statuses()).toEqual([201, 201])
    await allow('two', false)
    expect(await statuses()).toEqual([403, 403])
    await allow('one', true)
    expect(await statuses()).toEqual([201, 201])
    await change('two', 'remove')
    expect(await statuses()).toEqual([403, 403])
  })

  it('holds on another at once: who is suspended, with all that they signed in by, and who is back', async () => {
    const { id: communityId, publishableKey, systemKey } = community
    const now = new Date()
    const member = await community.tenant((tx) => createMember(tx, { username: 'walker' }, now))
    const { id: keyId, key } = await community.tenant((tx) =>
      createUserKey(tx, { name: 'Script', permissions: [], memberId: member.id }, now),
    )
    const login = await signIn({ database }, { communityId, memberId: member.id })
    const token = await embedToken(at('one'), community, 'walker')
    const waysIn = async () => {
      const two = at('two')
      const replies = await Promise.all([
        ask(two, 'GET /widget/v1/{publishableKey}/me', { params: { publishableKey }, bearer: token }),
        ask(two, 'GET /api/v1/servers/{serverId}/me', { params: { serverId: communityId }, bearer: login }),
        ask(two, 'GET /apis/v1/api-key', { bearer: key }),
      ])
      return replies.map(({ status }) => status)
    }
    const moderate = async (action: 'suspend' | 'unsuspend') => {
      const until = new Date(Date.now() + 3_600_000).toISOString()
      const body = action === 'suspend' ? { body: { until } } : {}
      const params = { userId: member.id }
      const { status } = await ask(at('one'), `POST /api/v1/users/{userId}/${action}`, {
        bearer: systemKey,
        params,
        ...body,
      })
      expect(status).toBe(200)
    }
    expect(await waysIn()).toEqual([200, 200, 200])
    await moderate('suspend')
    expect(await waysIn()).toEqual([403, 403, 403])
    await moderate('unsuspend')
    expect(await waysIn()).toEqual([200, 200, 200])
    const owns = { bearer: systemKey, params: { userId: member.id, keyId } }
    expect((await ask(at('one'), 'DELETE /apis/v1/users/{userId}/api-keys/{keyId}', owns)).status).toBe(200)
    expect(await waysIn()).toEqual([200, 200, 401])
  })

  it('holds on another at once: what a key of a back-end may do, and that it may do nothing', async () => {
    const { systemKey } = community
    const { id, key } = await community.tenant((tx) =>
      createKey(tx, { kind: 'community', name: 'Back-end', permissions: ['leaderboard'] }, new Date()),
    )
    const asks = async () => (await ask(at('two'), 'GET /v1/leaderboards', { bearer: key })).status
    const asked = { bearer: systemKey, params: { keyId: id } }
    const allow = (permissions: ('leaderboard' | 'store')[]) =>
      ask(at('one'), 'PATCH /v1/keys/{keyId}', { ...asked, body: { permissions } })
    expect(await asks()).toBe(200)
    await allow(['store'])
    expect(await asks()).toBe(403)
    await allow(['leaderboard'])
    expect(await asks()).toBe(200)
    expect((await ask(at('one'), 'DELETE /v1/keys/{keyId}', asked)).status).toBe(200)
    expect(await asks()).toBe(401)
  })

  it('happens once, though the same request comes to both', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const body = { username: 'once' }
    const ask10 = Array.from({ length: 10 }, (_, n) =>
      ask(at(n % 2 ? 'one' : 'two'), 'POST /apis/v1/users', { bearer: community.systemKey, body, headers }),
    )
    const replies = await Promise.all(ask10)
    const made = replies.filter(({ status }) => status === 201)
    const waiting = replies.filter(({ code }) => code === 'request_in_flight')
    expect(made.length + waiting.length).toBe(10)
    expect(made.filter(({ headers }) => !headers.has('idempotent-replayed'))).toHaveLength(1)
    expect(new Set(made.map(({ text }) => text)).size).toBe(1)
  })
})

describe('keys that sign tokens', () => {
  const kids = async (name: Name) =>
    (await ask(at(name), 'GET /.well-known/jwks.json')).answer.keys.map(({ kid }) => kid)
  const isValid = async (name: Name, token: string) =>
    (await ask(at(name), 'POST /v2/api/widget-access-keys/validate', { body: { embedToken: token } })).answer.valid
  const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid
  const tokenFrom = (name: Name) => embedToken(at(name), community, 'walker')
  const rotate = async (...args: string[]) => (await runCommand(settings, 'signing-key', ...args)).values['key id']!

  it('are one set, made once and rotated for all instances: tokens of before stay good', async () => {
    await community.tenant((tx) => createMember(tx, { username: 'walker' }, new Date()))
    const before = await tokenFrom('one')
    expect(await isValid('two', before)).toBe(true)
    expect(await kids('two')).toEqual([kidOf(before)])
    const fresh = await rotate()
    for (const name of ['one', 'two'] as const)
      await vi.waitFor(async () => expect(await kids(name)).toEqual([fresh, kidOf(before)]), { timeout: 10_000 })
    // It signs when everybody knows it.
    const after = await vi.waitFor(
      async () => {
        const token = await tokenFrom('one')
        expect(kidOf(token)).toBe(fresh)
        return token
      },
      { timeout: 20_000, interval: 100 },
    )
    for (const token of [before, after]) expect(await isValid('two', token)).toBe(true)
  })

  it('end at once with all their tokens, when the operator says so', async () => {
    await community.tenant((tx) => createMember(tx, { username: 'walker' }, new Date()))
    const before = await tokenFrom('one')
    expect(await isValid('two', before)).toBe(true)
    const page = { publishableKey: community.publishableKey, origin: community.origin }
    const visitor = await openStream(at('two'), page)
    const member = await openStream(at('two'), page, { authorization: `Bearer ${before}` })
    const fresh = await rotate('--now')
    await member.ended()
    for (const name of ['one', 'two'] as const)
      await vi.waitFor(async () => expect(await isValid(name, before)).toBe(false), { timeout: 10_000 })
    expect(await kids('two')).toEqual([fresh])
    const after = await tokenFrom('one')
    expect(kidOf(after)).toBe(fresh)
    expect(await isValid('two', after)).toBe(true)
    await createBoard('one')
    await visitor.until(({ type }) => type === 'config.changed')
    visitor.close()
  })
})

describe('work for the background', () => {
  it('is done once by all of them together', async () => {
    const jobId = await upload('one', 3000)
    const job = await expectJob(at('two').url, community.systemKey, jobId)
    expect(job).toMatchObject({ status: 'completed', succeeded: 3000, skipped: 0, failed: 0 })
    expect(await held()).toEqual({ members: 3000, xp: 9000 })
  })

  it.each([
    ['a bulk job', 'job_rows', 'delete'],
    ['the numbering of events', 'events', 'update'],
  ])('goes to another when the one that has %s in hand is killed', async (_, table, operation) => {
    const { answer } = await createBoard('one')
    const stream = { one: await streamAt('one'), two: await streamAt('two') }
    // Whoever does the work stops in the middle of it, with everything that it holds.
    await look(`
      create or replace function wait_here() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock_shared(42); return coalesce(new, old); end $$`)
    await look(`create trigger wait_here before ${operation} on ${table} for each row execute function wait_here()`)
    const { jobId, name } = await holding(42, async () => {
      const jobId = await upload('one', 500)
      const name = await vi.waitFor(() => whoIsAt(table), { timeout: 20_000, interval: 20 })
      await stop(name)
      return { jobId, name }
    })
    const other = name === 'one' ? 'two' : 'one'
    await look(`drop trigger wait_here on ${table}`)
    const job = await expectJob(at(other).url, community.systemKey, jobId)
    expect(job).toMatchObject({ status: 'completed', succeeded: 500 })
    await stream[other].until(({ type, id }) => type === 'leaderboard.changed' && id === answer._id)
    stream[other].close()
    await start(name)
    expect(await held()).toEqual({ members: 500, xp: 1500 })
  })
})
