import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeEach, describe, expect, it } from 'vitest'
import { rawRequest } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

let said = ''
const logTo = {
  write(line: string) {
    said += line
  },
}
const server = await startTestServer({ config: { logLevel: 'trace' }, logTo })
const { communityKey, publishableKey, origin } = await testCommunity(server)
const get = (path: string, headers = {}) => rawRequest(server, { method: 'GET', path, headers })

beforeEach(() => {
  said = ''
})

describe('the log holds no secret, at its most talkative', () => {
  it('of the headers of an upload, which its reader logs', async () => {
    const headers = {
      authorization: `Bearer ${communityKey}`,
      cookie: `session=${communityKey}`,
      'x-api-key': communityKey,
      'proxy-authorization': communityKey,
      'content-type': 'multipart/form-data; boundary=x',
    }
    const body =
      '--x\r\nContent-Disposition: form-data; name="data"; filename="m.csv"\r\n\r\nusername\nada\n\r\n--x--\r\n'
    const path = '/apis/v1/users/bulk-import'
    expect((await rawRequest(server, { method: 'POST', path, headers, body })).status).toBe(202)
    expect(said).toContain('busboyOptions')
    expect(said).not.toContain(communityKey)
  })

  it.each([
    ['of a path', `/widget/v1/${communityKey}/config`, 403],
    ['of a path that is not there', `/nothing/${communityKey}`, 404],
    ['of a path that nobody can read', `/%zz/${communityKey}`, 400],
    ['of the query of a frame', `/embed/leaderboard?key=${communityKey}`, undefined],
    ['of the query of a refused request', `/v1/leaderboards?search=${communityKey}`, 401],
    ['of the query of a page', `/widget/v1/${publishableKey}/config?x=${communityKey}`, 200],
  ])('%s', async (_, path, status) => {
    const reply = await get(path, { origin })
    expect(reply.status).toBe(status ?? reply.status)
    expect(said).not.toContain(communityKey)
  })

  it('of a request that is no HTTP', async () => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET / HTTP/1.1\r\nAuthorization: Bearer ${communityKey}\r\nno header\r\n\r\n`)
    expect(await text(socket)).toContain('400 Bad Request')
    expect(said).toContain('client error')
    expect(said).not.toContain(communityKey)
    expect(said).not.toContain([...Buffer.from(communityKey)].join(','))
  })
})

it('the log says which route was refused to whom, and which key should be revoked', async () => {
  await get('/v1/leaderboards?search=x')
  expect(said).toContain('"route":"/v1/leaderboards"')
  await get(`/widget/v1/${communityKey}/config`)
  expect(said).toContain(`"key":"rai_sk_…${communityKey.slice(-4)}"`)
})
