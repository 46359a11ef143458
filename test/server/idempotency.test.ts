import { beforeAll, describe, expect, it } from 'vitest'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser, waitingForLocks } from '../helpers/database.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer()
const community = await testCommunity(server)
const other = await testCommunity(server)
const bearer = community.communityKey

let keys = 0
const newKey = () => `test-${++keys}`
const create = (username: string, key: string, more: object = {}, as = bearer) =>
  ask(server, 'POST /apis/v1/users', {
    bearer: as,
    body: { username, ...more },
    headers: { 'idempotency-key': key },
  })
const count = async (username: string, of = community) => {
  const { n } = await of.tenant((tx) =>
    tx.db
      .selectFrom('members')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('community_id', '=', of.id)
      .where('username', '=', username)
      .executeTakeFirstOrThrow(),
  )
  return n
}

describe('a write with an idempotency key', () => {
  it('answers a repeat with the first answer, byte for byte, and does nothing more', async () => {
    const key = newKey()
    const first = await create('amara', key)
    const again = await create('amara', key)
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.text).toBe(first.text)
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([null, 'true'])
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(await count('amara')).toBe(1)
  })

  it('is the same write however its body is laid out', async () => {
    const key = newKey()
    const headers = { 'idempotency-key': key, 'content-type': 'application/json', authorization: `Bearer ${bearer}` }
    const send = (body: string) => fetch(`${server.url}/apis/v1/users`, { method: 'POST', headers, body })
    const first = await send('{"username":"layout","firstname":"L"}')
    const again = await send('{ "firstname": "L",\n "username": "layout" }')
    expect(await again.text()).toBe(await first.text())
  })

  it('is refused with another body, or for another operation', async () => {
    const key = newKey()
    await create('bo', key)
    const changed = await create('bo2', key)
    expect([changed.status, changed.code]).toEqual([422, 'idempotency_mismatch'])
    const elsewhere = await ask(server, 'POST /v1/leaderboards', {
      bearer,
      body: { name: 'bo' },
      headers: { 'idempotency-key': key },
    })
    expect(elsewhere.code).toBe('idempotency_mismatch')
    expect(await count('bo2')).toBe(0)
  })

  it('happens once when ten ask at once: the others are answered alike or asked to come again', async () => {
    const key = newKey()
    const replies = await Promise.all(Array.from({ length: 10 }, () => create('cai', key)))
    const made = replies.filter(({ status }) => status === 201)
    const waiting = replies.filter(({ code }) => code === 'request_in_flight')
    expect(made.length + waiting.length).toBe(10)
    expect(new Set(made.map(({ text }) => text)).size).toBe(1)
    expect(made.filter(({ headers }) => !headers.has('idempotent-replayed'))).toHaveLength(1)
    expect(await count('cai')).toBe(1)
    expect((await create('cai', key)).text).toBe(made[0]!.text)
  })

  it('is told that the first one still runs, at once', async () => {
    const key = newKey()
    const body = { name: 'Slow' }
    const createSlowly = () =>
      ask(server, 'POST /v1/leaderboards', { bearer, body, headers: { 'idempotency-key': key } })
    // Somebody else holds the community's board lock, so that the first request waits inside its transaction.
    let first: ReturnType<typeof createSlowly> | undefined
    await community.tenant(async (tx) => {
      await createBoard(tx, { name: 'Holds the lock' }, new Date())
      first = createSlowly()
      for (let waiting = 0; waiting === 0; ) waiting = await waitingForLocks(server)
      const second = await createSlowly()
      expect([second.status, second.code]).toEqual([409, 'request_in_flight'])
    })
    expect((await first!).status).toBe(201)
    expect((await createSlowly()).headers.get('idempotent-replayed')).toBe('true')
  })

  it('keeps nothing of a refusal: the next try is a new one', async () => {
    const key = newKey()
    const taken = await create('amara', key)
    expect([taken.status, taken.code]).toEqual([409, 'already_exists'])
    expect((await create('', key)).code).toBe('invalid_request')
    expect((await create('dee', key)).status).toBe(201)
  })

  it('is the asker’s own: the same key of another asker is another write', async () => {
    const key = newKey()
    const mine = await create('eve', key)
    const theirs = await create('eve', key, {}, other.communityKey)
    expect([mine.status, theirs.status]).toEqual([201, 201])
    expect(theirs.headers.has('idempotent-replayed')).toBe(false)
    const sameCommunity = await create('eve', key, {}, community.systemKey)
    expect(sameCommunity.code).toBe('already_exists')
  })

  it('works for members as well', async () => {
    await community.tenant((tx) => createMember(tx, { username: 'fay' }, new Date()))
    const token = await embedToken(server, community, 'fay')
    const hide = (visibility: string, key: string) =>
      ask(server, 'PATCH /widget/v1/{publishableKey}/me', {
        params: { publishableKey: community.publishableKey },
        bearer: token,
        origin: community.origin,
        body: { visibility },
        headers: { 'idempotency-key': key },
      })
    const key = newKey()
    const first = await hide('hidden', key)
    await hide('public', newKey())
    const again = await hide('hidden', key)
    expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true'])
    expect(again.headers.get('access-control-expose-headers')).toContain('Idempotent-Replayed')
    const me = await ask(server, 'GET /widget/v1/{publishableKey}/me', {
      params: { publishableKey: community.publishableKey },
      bearer: token,
    })
    expect(me.answer.member.visibility).toBe('public')
  })

  it('takes keys of up to 255 printable characters', async () => {
    expect((await create('gus', 'x'.repeat(255))).status).toBe(201)
    for (const key of ['x'.repeat(256), 'a\tb']) expect((await create('gus2', key)).code).toBe('invalid_request')
  })

  it('keeps answers that nobody can read in the database', async () => {
    await create('secretive', newKey(), { email: 'secretive@example.com' })
    const kept = await asSuperuser(server.testDatabase.superuserUrl, async (client) => {
      const { rows } = await client.query('select answer from idempotency_keys')
      return rows.map(({ answer }: { answer: Buffer }) => answer.toString('latin1')).join('\n')
    })
    expect(kept).not.toContain('secretive')
  })
})

describe('minting a token', () => {
  beforeAll(() => community.tenant((tx) => createMember(tx, { username: 'hal' }, new Date())))

  it('is never repeated: an old token would come back', async () => {
    const mint = () =>
      ask(server, 'POST /v2/api/widget-access-keys/token', {
        body: { ...community.widgetAccess, userIdentifiers: { 'data-username': 'hal' } },
        headers: { 'idempotency-key': 'mint' },
      })
    await mint()
    expect((await mint()).headers.has('idempotent-replayed')).toBe(false)
  })
})
