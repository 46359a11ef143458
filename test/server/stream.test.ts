import { once } from 'node:events'
import { connect } from 'node:net'
import type { Hint } from '@rai/contract'
import { beforeAll, describe, expect, it } from 'vitest'
import { changeKey, createKey, revokeKey, rotateKey } from '../../packages/server/src/domain/keys/keys.js'
import { type BoardInput, createBoard, deleteBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, type Member, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { embedToken, rawRequest } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { earn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'
import { openStream, type Page, streamPath } from '../helpers/stream.js'

let now = new Date()
const server = await startTestServer({ clock: () => now, limits: { streams: 3 } })
const community = await testCommunity(server)
const other = await testCommunity(server)
let ada: Member
let bo: Member
let boardId: string

beforeAll(async () => {
  ada = await community.tenant((tx) => createMember(tx, { username: 'ada' }, new Date()))
  bo = await community.tenant((tx) => createMember(tx, { username: 'bo' }, new Date()))
  boardId = (await community.tenant((tx) => createBoard(tx, { name: 'Stars' }, new Date()))).id
})

const open = (headers: Record<string, string> = {}, page: Page = community) => openStream(server, page, headers)

const award = ({ id }: Member) => earn(community, id, 1)

describe('the stream', () => {
  it('tells a page what changed, by name only', async () => {
    const stream = await open()
    const { headers, status } = stream.response
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect(headers.get('access-control-allow-origin')).toBe(community.origin)
    expect(headers.get('cache-control')).toContain('no-store')
    await stream.read()
    await award(ada)
    const hint = await stream.until(({ type }) => type === 'leaderboard.changed')
    expect(hint).toEqual({ seq: expect.any(Number), type: 'leaderboard.changed', id: boardId })
    stream.close()
  })

  it('tells a member of their own balance and nobody of another’s', async () => {
    const [visitor, signedIn] = [
      await open(),
      await open({ authorization: `Bearer ${await embedToken(server, community, 'ada')}` }),
    ]
    await Promise.all([visitor.read(), signedIn.read()])
    await award(bo)
    await award(ada)
    await signedIn.until(({ type, id }) => type === 'balance.changed' && id === ada.id)
    await community.tenant((tx) => setVisibility(tx, bo.id, 'hidden', new Date()))
    const last = Math.max(...signedIn.hints.map(({ seq }) => seq))
    await visitor.until(({ seq }) => seq > last)
    expect(visitor.hints.map(({ type }) => type)).not.toContain('balance.changed')
    expect(signedIn.hints.filter(({ type }) => type === 'balance.changed').map(({ id }) => id)).toEqual([ada.id])
    visitor.close()
    signedIn.close()
  })

  it('goes on after the last event that a page has seen', async () => {
    const first = await open()
    await first.read()
    await award(ada)
    const { seq } = await first.until(({ type }) => type === 'leaderboard.changed')
    first.close()
    await award(ada)
    const second = await open({ 'last-event-id': String(seq) })
    const next = await second.until(({ type }) => type === 'leaderboard.changed')
    expect(next.seq).toBeGreaterThan(seq)
    second.close()
  })

  it('tells a page that was away too long, or knows numbers of elsewhere, to ask for everything', async () => {
    const stream = await open({ 'last-event-id': '999999999' })
    expect(await stream.until(({ type }) => type === 'reset')).toMatchObject({ type: 'reset', id: null })
    stream.close()
  })

  it('starts from now with a last event id that is none', async () => {
    const stream = await open({ 'last-event-id': "1' or 1=1" })
    await stream.read()
    expect(stream.hints).toEqual([])
    stream.close()
  })

  it('says nothing of another community', async () => {
    const stream = await open({}, other)
    await stream.read()
    await award(ada)
    await other.tenant((tx) => createBoard(tx, { name: 'Theirs' }, new Date()))
    await stream.until(({ type }) => type === 'config.changed')
    expect(stream.hints.map(({ id }) => id)).not.toContain(boardId)
    stream.close()
  })

  it('names no board to those who may not see it', async () => {
    const make = (input: BoardInput) => community.tenant((tx) => createBoard(tx, input, new Date()))
    const off = await make({ name: 'Off', isEnabled: false })
    const forAda = await make({ name: 'For Ada', viewingMembers: [ada.id] })
    const anonymous = await open()
    const signedIn = await open({ authorization: `Bearer ${await embedToken(server, community, 'ada')}` })
    await anonymous.read()
    await signedIn.read()
    await award(ada)
    await signedIn.until(({ type, id }) => type === 'leaderboard.changed' && id === forAda.id)
    await anonymous.until(({ type, id }) => type === 'leaderboard.changed' && id === boardId)
    const named = (hints: Hint[]) => hints.map(({ id }) => id)
    expect(named(anonymous.hints)).not.toContain(forAda.id)
    expect([...named(anonymous.hints), ...named(signedIn.hints)]).not.toContain(off.id)
    for (const stream of [anonymous, signedIn]) stream.close()
    for (const { id } of [off, forAda]) await community.tenant((tx) => deleteBoard(tx, id))
  })

  it('counts no stream whose asker was gone before it began', async () => {
    const { hostname, port } = new URL(server.url)
    for (let n = 0; n < 40; n++) {
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      socket.write(`GET ${streamPath(community)} HTTP/1.1\r\nHost: x\r\nOrigin: ${community.origin}\r\n\r\n`)
      socket.destroy()
      await once(socket, 'close')
    }
    await expect.poll(async () => (await open()).response.status).toBe(200)
  })

  it('ends when the token does, so that nobody is told things past their time', async () => {
    const authorization = `Bearer ${await embedToken(server, community, 'ada')}`
    const before = now
    now = new Date(now.getTime() + 899_500)
    const stream = await open({ authorization })
    await stream.ended()
    now = new Date(now.getTime() + 10_000)
    expect((await open({ authorization })).response.status).toBe(401)
    now = before
  })

  /** A page with a publishable key of its own. */
  const newPage = async (expiresAt?: Date) => {
    const { id, key } = await community.tenant((tx) =>
      createKey(
        tx,
        { kind: 'publishable', name: 'Page', origins: [community.origin], ...(expiresAt && { expiresAt }) },
        now,
      ),
    )
    return { id, origin: community.origin, publishableKey: key }
  }

  it('ends when its key is revoked, and those of other keys do not', async () => {
    const page = await newPage()
    const [mine, others] = [await open({}, page), await open()]
    await community.tenant((tx) => revokeKey(tx, page.id, now))
    await mine.ended()
    expect((await open({}, page)).response.status).toBe(401)
    await award(ada)
    await others.until(({ type }) => type === 'leaderboard.changed')
    others.close()
  })

  it('ends when the access key is revoked that minted its token', async () => {
    const { id, key, accessId } = await community.tenant((tx) =>
      createKey(
        tx,
        {
          kind: 'widget_access',
          name: 'Site',
          origins: [community.origin],
          identifiers: { 'data-username': '@username' },
        },
        now,
      ),
    )
    const widgetAccess = { accessId: accessId!, accessKey: key }
    const token = await embedToken(server, { ...community, widgetAccess }, 'ada')
    const stream = await open({ authorization: `Bearer ${token}` })
    await community.tenant((tx) => revokeKey(tx, id, now))
    await stream.ended()
  })

  it('ends when its key is rotated without an overlap, or loses the origin, and opens by what is good now', async () => {
    const page = await newPage()
    const first = await open({}, page)
    const { secret } = await community.tenant((tx) => rotateKey(tx, page.id, 0, now))
    await first.ended()
    expect((await open({}, page)).response.status).toBe(401)
    const second = await open({}, { ...page, publishableKey: secret })
    await community.tenant((tx) => changeKey(tx, page.id, { origins: ['https://else.example'] }))
    await second.ended()
    expect((await open({}, { ...page, publishableKey: secret })).response.status).toBe(403)
  })

  it('ends when its key expires', async () => {
    const page = await newPage(new Date(now.getTime() + 500))
    const stream = await open({}, page)
    await stream.ended()
  })

  it('resumes from before a change of its key without ending again', async () => {
    const page = await newPage()
    const before = await open({}, page)
    await before.read()
    await community.tenant((tx) => changeKey(tx, page.id, { name: 'Other' }))
    await before.ended()
    const after = await open({ 'last-event-id': String(before.ids.at(-1)) }, page)
    await award(ada)
    await after.until(({ type }) => type === 'leaderboard.changed')
    after.close()
  })

  it('is held open so many times by one address, and again when one was closed', async () => {
    const held = [await open(), await open(), await open()]
    const refused = await open()
    expect(refused.response.status).toBe(429)
    expect(Number(refused.response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    held[0]!.close()
    // The server hears of it a moment later.
    let next = await open()
    while (next.response.status === 429) next = await open()
    expect(next.response.status).toBe(200)
    for (const stream of [...held, next]) stream.close()
  })

  it('answers HEAD without staying open', async () => {
    const reply = await rawRequest(server, {
      method: 'HEAD',
      path: streamPath(community),
      headers: { origin: community.origin },
    })
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  })
})
