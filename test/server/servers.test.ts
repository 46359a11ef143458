import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { newLoginCode, redeemLoginCode } from '../../packages/server/src/domain/accounts/secure-auth.js'
import { endSession, findSession } from '../../packages/server/src/domain/accounts/sessions.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { defaultLimits } from '../../packages/server/src/http/limits.js'
import { type Ask, ask, formOf, heldRequest, rawRequest } from '../helpers/api.js'
import { startBucket } from '../helpers/bucket.js'
import { testCommunity } from '../helpers/community.js'
import { createTestDatabase } from '../helpers/database.js'
import { startDatabaseProxy } from '../helpers/database-proxy.js'
import { faults, startFaultProxy } from '../helpers/fault-proxy.js'
import { newAccount, signIn } from '../helpers/people.js'
import { startTestServer, type TestServer } from '../helpers/server.js'

const many = { points: 1000, seconds: 60 }
let ahead = 0
const clock = () => new Date(Date.now() + ahead)
const server = await startTestServer({ clock, limits: { servers: many } })
const paint = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#c03' } })

/** Somebody who signed in. */
async function person(email: string, at: TestServer = server): Promise<string> {
  const names = { firstName: 'Amara', lastName: 'Okafor', displayName: 'Amara O.' }
  return signIn(at, { accountId: await newAccount(at, { email, ...names }) })
}
let amara: string
let bo: string
let png: Buffer
beforeAll(async () => {
  amara = await person('amara@example.com')
  bo = await person('bo@example.com')
  png = await paint(1200, 600).png().toBuffer()
})

/** What lies in the data directory for a server. */
const filesOf = (id: string) => readdirSync(join(server.config.dataDir, 'files', id))
const create = (bearer: string, what: Ask, at: TestServer = server) =>
  ask(at, 'POST /api/v1/servers', { bearer, ...what })
const named = (name: string) => ({ body: { name } })
const mine = async (bearer: string) => (await ask(server, 'GET /api/v1/servers', { bearer })).answer
const update = (bearer: string, serverId: string, what: Ask) =>
  ask(server, 'PUT /api/v1/servers/{serverId}', { bearer, params: { serverId }, ...what })

describe('a server', () => {
  it('is created by whoever signed in, who owns it', async () => {
    const { status, text, answer } = await create(amara, { form: formOf({ name: 'Trail club', image: png }) })
    expect(status).toBe(201)
    expect(JSON.parse(text)).toEqual({
      meta: {
        success: true,
        message: 'Server has been created successfully',
        devMessage: 'Server has been created successfully',
      },
      body: {
        _id: answer.id,
        id: answer.id,
        name: 'Trail club',
        image: expect.stringMatching(`^${server.url}/images/${answer.id}/[-0-9a-f]{36}\\.webp$`),
        owner: { id: '1' },
        __v: 0,
      },
    })
    const me = await ask(server, 'GET /api/v1/servers/{serverId}/me', {
      bearer: amara,
      params: { serverId: answer.id },
    })
    expect(me.answer).toMatchObject({ username: 'amara', displayName: 'Amara O.', id: '1' })
    expect((await mine(amara)).map(({ name }) => name)).toContain('Trail club')
    expect(await mine(bo)).toEqual([])
  })

  it('needs no picture and no form, and takes the fields of one in any order', async () => {
    expect((await create(amara, named('By JSON'))).answer.image).toBeNull()
    expect((await create(amara, { form: formOf({ image: png, name: 'Picture first' }) })).answer).toMatchObject({
      name: 'Picture first',
      image: expect.any(String),
    })
  })

  it.each<[string, Ask, string[]]>([
    ['no name', { body: {} }, ['name']],
    ['an empty one', { form: formOf({ name: ' ' }) }, ['name']],
    ['a line break in it', { body: { name: 'a\nb' } }, ['name']],
    ['fields that are not known', { form: formOf({ name: 'x', owner: '1' }) }, ['owner']],
    ['a picture as text', { form: formOf({ name: 'x', image: 'none' }) }, ['image']],
    ['a file in another field', { form: formOf({ name: 'x', logo: Buffer.from('x') }) }, ['logo']],
  ])('is not created with %s', async (_, what, paths) => {
    const reply = await create(amara, what)
    expect([reply.status, reply.paths]).toEqual([400, paths])
  })

  it('is not changed by a login that ended while the request was on its way', async () => {
    const bearer = await person('left@example.com')
    const { answer } = await create(bearer, named('Before'))
    const held = heldRequest(server, {
      method: 'PUT',
      path: `/api/v1/servers/${answer.id}`,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'After' }),
    })
    let looks = 0
    /** How many requests of the login were counted, but for those that look. */
    const counted = async () => {
      looks++
      const { headers } = await ask(server, 'GET /api/v1/servers', { bearer })
      return defaultLimits.key.points - Number(/"key";r=(\d+)/.exec(headers.get('ratelimit')!)![1]) - looks
    }
    await expect.poll(counted).toBe(2)
    const { id } = (await findSession(server.database, bearer, new Date()))!
    await server.database.accounts((tx) => endSession(tx, id))
    expect((await held.finish()).status).toBe(401)
  })

  it('is not changed by who is its owner no more when their picture has been put away', async () => {
    const bucket = await startBucket()
    const proxy = await startFaultProxy(bucket.url)
    onTestFinished(proxy.stop)
    const slow = await startTestServer({ config: { s3: { ...bucket, url: `${proxy.url}/club` } } })
    const bearer = await person('amara@example.com', slow)
    const { id } = (await create(bearer, named('Before'), slow)).answer
    proxy.fail(async (_, pass) => {
      await slow.database.tenant(id, ({ db }) =>
        db.updateTable('members').set({ role: 'member' }).where('community_id', '=', id).execute(),
      )
      pass()
    })
    const params = { serverId: id }
    const form = formOf({ name: 'After', image: png })
    const { status, code } = await ask(slow, 'PUT /api/v1/servers/{serverId}', { bearer, params, form })
    expect([status, code]).toEqual([403, 'forbidden'])
    expect((await ask(slow, 'GET /api/v1/servers', { bearer })).answer).toMatchObject([{ name: 'Before', image: null }])
  })

  it('is one of ten that an account may create in a day', async () => {
    const strict = await startTestServer()
    const bearer = await person('busy@example.com', strict)
    const statuses: number[] = []
    for (let n = 0; n < 11; n++) statuses.push((await create(bearer, named(`Server ${n}`), strict)).status)
    expect(statuses).toEqual([...Array(10).fill(201), 429])
  })

  it('is listed for its members too, oldest first, and not for who is one no more', async () => {
    const [first, second] = [await create(amara, named('First')), await create(amara, named('Second'))]
    const clara = await person('clara@example.com')
    const agree = (serverId: string) =>
      ask(server, 'PUT /api/v1/servers/{serverId}/me', { bearer: clara, params: { serverId } })
    for (const { answer } of [second, first]) {
      await server.database.tenant(answer.id, (tx) =>
        createMember(tx, { username: 'clara', email: 'clara@example.com' }, new Date()),
      )
      expect((await agree(answer.id)).status).toBe(200)
    }
    expect((await mine(clara)).map(({ id, owner }) => [id, owner])).toEqual([
      [second.answer.id, { id: '1' }],
      [first.answer.id, { id: '1' }],
    ])
    await server.database.tenant(second.answer.id, (tx) =>
      tx.db
        .updateTable('members')
        .set({ status: 'banned' })
        .where('community_id', '=', second.answer.id)
        .where('username', '=', 'clara')
        .execute(),
    )
    expect((await mine(clara)).map(({ id }) => id)).toEqual([first.answer.id])
  })

  it('is the one of a login by Secure Auth, which makes none', async () => {
    const community = await testCommunity(server)
    const { code } = await community.tenant((tx) =>
      newLoginCode(tx, { username: 'guest', email: 'guest@example.com' }, new Date()),
    )
    const { accessToken } = (await redeemLoginCode(server.database, code, new Date())).tokens
    expect(await mine(accessToken)).toEqual([
      { _id: community.id, id: community.id, name: 'Test community', image: null, owner: null, __v: 0 },
    ])
    expect((await create(accessToken, named('Mine'))).code).toBe('forbidden')
  })

  it('is changed by its owner and its system key, in what they send', async () => {
    const { answer: made } = await create(amara, { form: formOf({ name: 'Before', image: png }) })
    const renamed = await update(amara, made.id, { body: { name: 'After' } })
    expect([renamed.status, renamed.answer]).toEqual([200, { ...made, name: 'After', __v: 1 }])
    const pictured = await update(amara, made.id, { form: formOf({ image: png }) })
    expect(pictured.answer).toMatchObject({ name: 'After', image: expect.any(String), __v: 2 })
    expect(pictured.answer.image).not.toBe(made.image)
    expect((await update(amara, made.id, { body: { image: null } })).answer.image).toBeNull()
    for (const { image } of [made, pictured.answer])
      await expect.poll(async () => (await fetch(image!)).status).toBe(404)
    const community = await testCommunity(server)
    expect((await update(community.systemKey, community.id, { body: { name: 'By key' } })).answer).toMatchObject({
      name: 'By key',
      owner: null,
    })
    expect((await update(bo, made.id, { body: { name: 'Taken' } })).status).toBe(404)
    expect((await update(community.systemKey, made.id, { body: { name: 'Taken' } })).status).toBe(404)
  })

  it('is changed once for one Idempotency-Key, and keeps the picture of that one time', async () => {
    const { answer: made } = await create(amara, named('Once'))
    const headers = { 'idempotency-key': 'a picture' }
    const first = await update(amara, made.id, { form: formOf({ image: png }), headers })
    const again = await update(amara, made.id, { form: formOf({ image: png }), headers })
    expect(again.text).toBe(first.text)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(filesOf(made.id)).toHaveLength(1)
    expect((await fetch(first.answer.image!)).status).toBe(200)
    const other = await update(amara, made.id, { form: formOf({ image: await paint(9, 9).png().toBuffer() }), headers })
    expect([other.status, other.code]).toEqual([422, 'idempotency_mismatch'])
  })

  it('keeps its picture when the connection breaks while it is named', async () => {
    const testDatabase = await createTestDatabase()
    const { url, halt } = await startDatabaseProxy(testDatabase.url)
    const behind = await startTestServer({ config: { database: { ...testDatabase, url } } })
    const bearer = await person('amara@example.com', behind)
    const { answer: made } = await create(bearer, named('Cut off'), behind)
    const what = { bearer, params: { serverId: made.id } }
    const isCut = halt('update "communities"', 'committed', ({ cut }) => cut())
    const cut = await ask(behind, 'PUT /api/v1/servers/{serverId}', { ...what, form: formOf({ image: png }) })
    expect([await isCut, cut.status, cut.code]).toEqual(['committed', 503, 'unavailable'])
    const [shown] = (await ask(behind, 'GET /api/v1/servers', { bearer })).answer
    expect((await fetch(shown!.image!)).status).toBe(200)
  })

  it('keeps no picture for good that could not be removed at once', async () => {
    const { answer } = await create(amara, { form: formOf({ name: 'Held', image: png }) })
    const file = join(server.config.dataDir, 'files', answer.id, basename(answer.image!))
    // A folder that is called as the file is not removed as one.
    rmSync(file)
    mkdirSync(file)
    await update(amara, answer.id, { body: { image: null } })
    const tries = () =>
      server.database.tenant(answer.id, ({ db }) => db.selectFrom('forgotten_files').select('tries').execute())
    await expect.poll(tries).toEqual([{ tries: 1 }])
    rmdirSync(file)
    writeFileSync(file, png)
    ahead += 60_000
    await expect.poll(() => filesOf(answer.id)).toEqual([])
    await expect.poll(tries).toEqual([])
  })

  it('keeps no picture of a change that was refused', async () => {
    const { answer: made } = await create(amara, named('Refused'))
    const headers = { 'idempotency-key': 'refused' }
    expect((await update(amara, made.id, { body: { name: 'Named' }, headers })).status).toBe(200)
    expect((await update(amara, made.id, { form: formOf({ image: png }), headers })).status).toBe(422)
    expect(filesOf(made.id)).toEqual([])
  })

  it('keeps no picture that is shown no more, whoever was first of two at once', async () => {
    const { answer: made } = await create(amara, named('Twice'))
    const both = await Promise.all([1, 2].map(() => update(amara, made.id, { form: formOf({ image: png }) })))
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    const shown = (await mine(amara)).find(({ id }) => id === made.id)!.image!
    await expect.poll(() => filesOf(made.id)).toEqual([basename(shown)])
  })

  it('has keys that its owner makes by login, and needs no other', async () => {
    const { answer: made } = await create(amara, named('Keys'))
    const query = { serverId: made.id }
    const key = await ask(server, 'POST /v1/keys', {
      bearer: amara,
      query,
      body: { kind: 'community', name: 'Back-end', permissions: ['createUser'] },
    })
    expect(key.status).toBe(201)
    const member = { bearer: key.answer.key!, body: { username: 'made by key' } }
    expect((await ask(server, 'POST /apis/v1/users', member)).status).toBe(201)
    expect((await ask(server, 'GET /v1/keys', { bearer: amara, query })).answer).toHaveLength(1)
    for (const [bearer, where] of [
      [bo, query],
      [amara, {}],
    ] as const)
      expect((await ask(server, 'GET /v1/keys', { bearer, query: where })).status).toBe(404)
  })
})

describe('41: an uploaded picture', () => {
  const uploaded = async (image: Buffer) => create(amara, { form: formOf({ name: 'Pictured', image }) })
  const shown = async (image: Buffer) => {
    const response = await fetch((await uploaded(image)).answer.image!)
    return { headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
  }

  it('is made anew, of its pixels alone, and small', async () => {
    const withPlace = { IFD0: { Copyright: 'Somebody' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } }
    const { body } = await shown(await paint(2000, 1000).withExif(withPlace).jpeg().toBuffer())
    expect(await sharp(body).metadata()).toMatchObject({ format: 'webp', width: 512, height: 256 })
    expect((await sharp(body).metadata()).exif).toBeUndefined()
    const { body: little } = await shown(await paint(30, 40).webp().toBuffer())
    expect(await sharp(little).metadata()).toMatchObject({ format: 'webp', width: 30, height: 40 })
  })

  it('is served to be shown, and for nothing else', async () => {
    const { headers } = await shown(png)
    expect(headers.get('content-type')).toBe('image/webp')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-disposition')).toBe('attachment')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'; sandbox")
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(headers.get('set-cookie')).toBeNull()
  })

  it.each<[string, () => Promise<Buffer> | Buffer]>([
    ['SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['a page', () => Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['half a picture', () => png.subarray(0, png.length / 2)],
    ['nothing', () => Buffer.alloc(0)],
    ['more than 40 megapixels', () => paint(9000, 9000).png().toBuffer()],
  ])('cannot be %s', async (_, make) => {
    const reply = await uploaded(await make())
    expect([reply.status, reply.code, reply.paths]).toEqual([400, 'invalid_file', ['image']])
  })

  it('has 5 MB at most, and is one', async () => {
    const reply = await uploaded(Buffer.concat([png, Buffer.alloc(5_000_001 - png.length)]))
    expect([reply.status, reply.code]).toEqual([413, 'too_large'])
    const two = formOf({ name: 'Two', image: png })
    two.append('image', new Blob([new Uint8Array(png)]), 'second.png')
    expect((await create(amara, { form: two })).status).toBe(400)
  })

  it('is found by its address alone', async () => {
    const { answer } = await uploaded(png)
    const [id, file] = answer.image!.split('/').slice(-2) as [string, string]
    for (const path of [
      `/images/${id}/${id}.webp`,
      `/images/${id}/..%2f${id}%2f${file}`,
      `/images/x/${file}`,
      `/images/${id}/${file}.x`,
    ])
      expect((await rawRequest(server, { method: 'GET', path })).status, path).toBe(404)
  })
})

describe('where files come from', () => {
  it('may be an origin of their own, which has nothing else', async () => {
    const apart = await startTestServer({ config: { filesUrl: 'https://files.example' } })
    const bearer = await person('amara@example.com', apart)
    const { answer } = await create(bearer, { form: formOf({ name: 'Apart', image: png }) }, apart)
    const { origin, pathname: path } = new URL(answer.image!)
    expect(origin).toBe('https://files.example')
    const headers = { host: 'files.example' }
    expect((await rawRequest(apart, { method: 'GET', path, headers })).status).toBe(200)
    for (const path of ['/healthz', '/openapi.json', '/account/forgot', '/rai.js'])
      expect((await rawRequest(apart, { method: 'GET', path, headers })).status, path).toBe(404)
    expect((await fetch(`${apart.url}/healthz`)).status).toBe(200)
  })

  it('may be a bucket, which every instance reads and writes', async () => {
    const bucket = await startBucket()
    const proxy = await startFaultProxy(bucket.url)
    onTestFinished(proxy.stop)
    const one = await startTestServer({ clock, config: { s3: { ...bucket, url: `${proxy.url}/club` } } })
    const bearer = await person('amara@example.com', one)
    const { answer } = await create(bearer, { form: formOf({ name: 'Kept', image: png }) }, one)
    const { pathname } = new URL(answer.image!)
    const other = await startTestServer({ config: { s3: bucket } })
    const response = await fetch(other.url + pathname)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp'])
    expect(await sharp(Buffer.from(await response.arrayBuffer())).metadata()).toMatchObject({ width: 512 })
    proxy.fail(faults.refused403)
    await ask(one, 'PUT /api/v1/servers/{serverId}', { bearer, params: { serverId: answer.id }, body: { image: null } })
    await expect.poll(() => proxy.seen.at(-1)!.method).toBe('DELETE')
    expect((await fetch(other.url + pathname)).status).toBe(200)
    proxy.fail(undefined)
    ahead += 60_000
    await expect.poll(async () => (await fetch(other.url + pathname)).status).toBe(404)
  })

  it('creates nothing while the bucket refuses', async () => {
    const bucket = await startBucket()
    const locked = await startTestServer({ config: { s3: { ...bucket, accessKeyId: 'nobody' } } })
    const bearer = await person('amara@example.com', locked)
    const reply = await create(bearer, { form: formOf({ name: 'Lost', image: png }) }, locked)
    expect([reply.status, reply.code]).toEqual([500, 'internal'])
    expect((await ask(locked, 'GET /api/v1/servers', { bearer })).answer).toEqual([])
  })
})
