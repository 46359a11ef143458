import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, findMember, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { keepAvatar, queueAvatars, takeDueAvatars } from '../../packages/server/src/domain/pictures/avatars.js'
import { ask, embedToken } from '../helpers/api.js'
import { runCsv } from '../helpers/bulk.js'
import { testCommunity } from '../helpers/community.js'
import { earn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

/** Somebody's pictures, by path. */
const files: Record<string, { status?: number; body: Buffer; headers?: Record<string, string> }> = {}
const asked: string[] = []
const pictures = createServer(({ url = '', headers }, response) => {
  asked.push(url)
  expect(headers.cookie).toBeUndefined()
  const { status = 200, body, headers: more } = files[url] ?? { status: 404, body: Buffer.from('no') }
  response.writeHead(status, more).end(body)
})
await once(pictures.listen(0, '127.0.0.1'), 'listening')
afterAll(() => pictures.close())
const place = `127.0.0.1:${(pictures.address() as AddressInfo).port}`

let now = new Date()
const logged: string[] = []
const server = await startTestServer({
  config: { callsAllow: [place], logLevel: 'warn' },
  clock: () => now,
  resolve: async () => ['127.0.0.1'],
  logTo: { write: (line) => void logged.push(line) },
})
const community = await testCommunity(server)
const { tenant, origin, publishableKey, communityKey: bearer } = community
const paint = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#c03' } })

beforeAll(async () => {
  // With all that a camera writes into one.
  const withPlace = { IFD0: { Copyright: 'Somebody' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } }
  files['/jpeg'] = { body: await paint(640, 480).withExif(withPlace).jpeg().toBuffer() }
  files['/png'] = { body: await paint(20, 300).png().toBuffer(), headers: { 'content-type': 'text/plain' } }
  files['/gif'] = { body: await paint(50, 50).gif().toBuffer() }
  files['/webp'] = { body: await paint(50, 50).webp().toBuffer() }
  files['/avif'] = { body: await paint(50, 50).avif().toBuffer() }
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
  files['/svg'] = { body: Buffer.from(svg), headers: { 'content-type': 'image/png' } }
  files['/html'] = { body: Buffer.from('<script>alert(1)</script>'), headers: { 'content-type': 'image/png' } }
  files['/half'] = { body: files['/jpeg'].body.subarray(0, 700) }
  files['/begins-as-one'] = { body: Buffer.concat([files['/png'].body.subarray(0, 16), randomBytes(500)]) }
  files['/many-pixels'] = { body: await paint(9000, 9000).png().toBuffer() }
  files['/many-bytes'] = { body: Buffer.concat([files['/png'].body, Buffer.alloc(5_000_001)]) }
  files['/moved'] = { status: 302, body: Buffer.from(''), headers: { location: `http://${place}/jpeg` } }
  files['/sorry'] = { status: 500, body: files['/jpeg'].body }
})

let made = 0
async function newMember(avatarUrl?: string) {
  const username = `member-${++made}`
  const reply = await ask(server, 'POST /apis/v1/users', { bearer, body: { username, avatarUrl } })
  expect(reply.status, reply.text).toBe(201)
  await earn(community, reply.answer._id, made)
  return { id: reply.answer._id, username }
}
const at = (path: string) => `http://${place}${path}`
const me = async (username: string) =>
  (
    await ask(server, 'GET /widget/v1/{publishableKey}/me', {
      params: { publishableKey },
      origin,
      bearer: await embedToken(server, community, username),
    })
  ).answer.member.avatarUrl
const shown = async (username: string) => {
  await expect.poll(() => me(username), { timeout: 20_000 }).not.toBeNull()
  return (await me(username))!
}
/** Waits until everything that was to be fetched has been: members' pictures are, in order. */
const settled = async () => shown((await newMember(at('/jpeg'))).username)

describe('a member’s picture', () => {
  it.each(['/jpeg', '/png', '/gif', '/webp', '/avif'])(
    'is fetched, made small and served from here: %s',
    async (path) => {
      const { username } = await newMember(at(path))
      const url = await shown(username)
      expect(url.startsWith(`${server.url}/avatars/${community.id}/`)).toBe(true)
      const response = await fetch(url, { headers: { origin } })
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/webp',
        'cache-control': 'public, max-age=86400',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
        'content-disposition': 'attachment',
      })
      expect(response.headers.get('set-cookie')).toBeNull()
      const image = Buffer.from(await response.arrayBuffer())
      const { format, width, height, exif } = await sharp(image).metadata()
      expect({ format, width, height, exif }).toEqual({ format: 'webp', width: 128, height: 128, exif: undefined })
    },
  )

  it.each(['/svg', '/html', '/half', '/begins-as-one', '/many-pixels', '/many-bytes', '/moved', '/sorry', '/nothing'])(
    'stays away where there is %s',
    async (path) => {
      const { username } = await newMember(at(path))
      await settled()
      expect(await me(username)).toBeNull()
    },
  )

  it('is asked for at no address that is not public', async () => {
    const names = ['https://localhost/no', `https://${place}/no`, 'http://pictures.example/no', 'https://10.0.0.1/no']
    for (const name of names) {
      const { username } = await newMember(name)
      await settled()
      expect(await me(username)).toBeNull()
    }
    expect(asked).not.toContain('/no')
  })

  it('comes later where it could not be had at first', async () => {
    const { username } = await newMember(at('/late'))
    await settled()
    expect(await me(username)).toBeNull()
    files['/late'] = files['/jpeg']!
    now = new Date(now.getTime() + 5 * 60_000)
    await shown(username)
  })

  it.each([
    'ftp://pictures.example/a',
    'javascript:alert(1)',
    'data:image/png;base64,AA',
    'picture',
    `https://x/${'x'.repeat(2000)}`,
  ])('is nowhere like %s', async (avatarUrl) => {
    const reply = await ask(server, 'POST /apis/v1/users', { bearer, body: { username: 'nobody', avatarUrl } })
    expect([reply.code, reply.paths]).toEqual(['invalid_request', ['avatarUrl']])
  })

  it('is made small one after the other', async () => {
    let most = 0
    const count = () => {
      const { queue, process } = sharp.counters()
      most = Math.max(most, queue, process)
    }
    sharp.queue.on('change', count)
    const members = await Promise.all(Array.from({ length: 8 }, () => newMember(at('/jpeg'))))
    for (const { username } of members) await shown(username)
    sharp.queue.off('change', count)
    expect(most).toBe(1)
  })

  it('stays while the same address fails, until the last try, which is told without the address', async () => {
    files['/flaky'] = files['/jpeg']!
    const { id, username } = await newMember(at('/flaky'))
    const url = await shown(username)
    delete files['/flaky']
    await tenant((tx) => queueAvatars(tx, [id], now))
    for (let tries = 1; tries < 5; tries++) {
      await settled()
      expect(await me(username)).toBe(url)
      now = new Date(now.getTime() + 4 ** tries * 60_000)
    }
    await expect.poll(() => me(username), { timeout: 20_000 }).toBeNull()
    const told = logged.filter((line) => line.includes(id))
    expect(told.map((line) => JSON.parse(line).msg)).toEqual(['gave up on a picture'])
    expect(told[0]).not.toContain('/flaky')
  })

  it('is not lost when it is asked for again while it is on its way', async () => {
    const { id, username } = await newMember(at('/jpeg'))
    await shown(username)
    const [due] = await tenant(async (tx) => {
      await queueAvatars(tx, [id], now)
      return takeDueAvatars(tx, now)
    })
    const again = new Date(now.getTime() + 3_600_000)
    await tenant((tx) => queueAvatars(tx, [id], again))
    expect(await tenant((tx) => keepAvatar(tx, due!, files['/png']!.body))).toBe(false)
    const { due_at } = await tenant((tx) =>
      tx.db.selectFrom('avatars').select('due_at').where('member_id', '=', id).executeTakeFirstOrThrow(),
    )
    expect(due_at).toEqual(again)
  })

  it('tells boards that it came, and not that it did not', async () => {
    const quiet = await testCommunity(server)
    const board = await quiet.tenant((tx) => createBoard(tx, { name: 'Quiet' }, now))
    const join = (username: string, avatarSource: string) =>
      quiet.tenant((tx) => createMember(tx, { username, avatarSource }, now))
    const told = () =>
      quiet.tenant(async (tx) => {
        const events = tx.db.selectFrom('events').select('id').where('type', '=', 'leaderboard.changed')
        return (await events.where('subject', '=', board.id).execute()).length
      })
    const until = (test: (avatar: { tries: number; id: string | null } | undefined) => boolean, memberId: string) =>
      expect
        .poll(async () =>
          test(
            await quiet.tenant((tx) =>
              tx.db.selectFrom('avatars').select(['tries', 'id']).where('member_id', '=', memberId).executeTakeFirst(),
            ),
          ),
        )
        .toBe(true)
    await until((avatar) => avatar?.id != null, (await join('first', at('/jpeg'))).id)
    const before = await told()
    await until((avatar) => avatar?.tries === 1, (await join('second', at('/nothing'))).id)
    await until((avatar) => avatar?.id != null, (await join('third', at('/jpeg'))).id)
    expect((await told()) - before).toBe(1)
  })

  it('is served to nobody while its member is hidden or not active', async () => {
    const { id, username } = await newMember(at('/jpeg'))
    const url = await shown(username)
    const status = async () => (await fetch(url)).status
    for (const [visibility, answer, told] of [
      ['hidden', 404, null],
      ['public', 200, url],
    ] as const) {
      await tenant((tx) => setVisibility(tx, id, visibility, now))
      expect([await status(), await me(username)]).toEqual([answer, told])
    }
    await tenant((tx) => tx.db.updateTable('members').set({ status: 'deleted' }).where('id', '=', id).execute())
    expect(await status()).toBe(404)
  })

  it('comes by a file too, changes, and goes when the new one cannot be had', async () => {
    const upload = async (type: 'import' | 'update', csv: string) => {
      const job = await runCsv(server.url, bearer, type, csv)
      expect(job).toMatchObject({ failed: 0 })
      return job
    }
    await upload('import', `username,avatarUrl\nbilly,${at('/jpeg')}\nbetty,\n`)
    const first = await shown('billy')
    expect(await upload('import', `username,avatarUrl\nbilly,${at('/jpeg')}\n`)).toMatchObject({ skipped: 1 })
    await upload('update', `username,avatarUrl\nbilly,${at('/png')}\nbetty,${at('/gif')}\n`)
    await shown('betty')
    await expect.poll(() => me('billy'), { timeout: 20_000 }).not.toBe(first)
    expect(await me('billy')).not.toBeNull()
    expect((await fetch(first)).status).toBe(404)
    const times = asked.filter((path) => path === '/png').length
    await upload('update', `username,displayName,avatarUrl\nbilly,Billy,${at('/png')}\n`)
    await settled()
    expect(asked.filter((path) => path === '/png')).toHaveLength(times)
    await upload('update', `username,avatarUrl\nbilly,${at('/nothing')}\nbetty,none\n`)
    expect(await me('betty')).toBeNull()
    await expect.poll(() => me('billy'), { timeout: 20_000 }).toBeNull()
  })

  it('is told with rows, by an address of ours', async () => {
    const board = await tenant((tx) => createBoard(tx, { name: 'Shown' }, new Date()))
    const { username } = await newMember(at('/jpeg'))
    const url = await shown(username)
    const { answer } = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
      params: { publishableKey, idOrSlug: board.id },
      origin,
    })
    expect(answer.items.find(({ member }) => member.name === username)!.member.avatarUrl).toBe(url)
    const hidden = answer.items
      .map(({ member }) => member.avatarUrl)
      .filter((one) => one && !one.startsWith(server.url))
    expect(hidden).toEqual([])
  })

  it.each(['initials', 'alias'] as const)('is on no board that shows %s, but to the member', async (nameDisplay) => {
    const board = await tenant((tx) => createBoard(tx, { name: nameDisplay, nameDisplay }, new Date()))
    const { username } = await newMember(at('/jpeg'))
    const url = await shown(username)
    const rows = async (token?: string) =>
      (
        await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
          params: { publishableKey, idOrSlug: board.id },
          origin,
          bearer: token,
        })
      ).answer.items.map(({ member }) => member.avatarUrl)
    expect(new Set(await rows())).toEqual(new Set([null]))
    const own = await rows(await embedToken(server, community, username))
    expect(own.filter(Boolean)).toEqual([url])
  })

  it('has an address that says nothing of whose it is, and is not found under another community', async () => {
    const { username } = await newMember(at('/jpeg'))
    const url = await shown(username)
    const member = await tenant((tx) => findMember(tx, { username }))
    expect(url).not.toContain(member!.id)
    const other = await testCommunity(server)
    const missing = await fetch(url.replace(/[\da-f]{8}(?=-[^/]*\.webp)/, '00000000'))
    const theirs = await fetch(url.replace(community.id, other.id))
    const odd = await fetch(url.replace(community.id, 'x'))
    expect([missing.status, theirs.status, odd.status]).toEqual([404, 404, 404])
  })
})
