import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { type Reply, rawRequest, readReply } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer()
const { communityKey: bearer, id, tenant } = await testCommunity(server)
const path = '/apis/v1/users/bulk-import'
const authorization = `Bearer ${bearer}`

const file = (name = 'data') =>
  `--x\r\nContent-Disposition: form-data; name="${name}"; filename="m.csv"\r\nContent-Type: text/csv\r\n\r\nUsername\nada\n\r\n`
const field = (name: string, value: string) =>
  `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const end = '--x--\r\n'
const send = (body: string, type = 'multipart/form-data; boundary=x', headers = {}) =>
  rawRequest(server, { method: 'POST', path, headers: { authorization, 'content-type': type, ...headers }, body })
const jobs = () => tenant((tx) => tx.db.selectFrom('jobs').select('id').where('community_id', '=', id).execute())

describe('an upload', () => {
  it('is taken with its fields before the file', async () => {
    const reply = await send(field('communityId', id) + file() + end)
    expect([reply.status, JSON.parse(reply.text).status]).toEqual([202, 'success'])
  })

  it('names the field that stands behind the file, whatever it says, and comes to nothing', async () => {
    for (const name of ['communityId', 'map', 'other']) {
      const reply = await send(file() + field(name, id) + end, undefined, { 'idempotency-key': name })
      expect([reply.status, reply.code, reply.paths]).toEqual([400, 'invalid_request', [name]])
      expect(JSON.parse(reply.text).message).toContain('stands after the file')
    }
    expect(await jobs()).toHaveLength(1)
  })

  it.each([
    ['JSON', '{}', 'application/json', 415, 'unsupported_media_type'],
    ['a form without a boundary', file() + end, 'multipart/form-data', 400, 'invalid_request'],
    ['no file', field('communityId', id) + end, undefined, 400, 'invalid_request'],
    ['nothing', end, undefined, 400, 'invalid_request'],
    ['a file of another name', file('csv') + end, undefined, 400, 'invalid_request'],
    ['an unknown field', field('isAdmin', 'true') + file() + end, undefined, 400, 'invalid_request'],
    [
      'a field twice',
      field('emitEvents', 'true') + field('emitEvents', 'true') + file() + end,
      undefined,
      400,
      'invalid_request',
    ],
    ['two files', file() + file() + end, undefined, 400, 'invalid_request'],
    ['a map that names null', field('map', '{"a\\u0000":"xp"}') + file() + end, undefined, 400, 'invalid_request'],
    ['a map to half a character', field('map', '{"a":"\\ud800"}') + file() + end, undefined, 400, 'invalid_request'],
    ['a map that names twice', field('map', '{"a":"xp","a":"xp"}') + file() + end, undefined, 400, 'invalid_request'],
    ['a field with a null character', field('map', '{}\0') + file() + end, undefined, 400, 'invalid_request'],
    ['a field that is too long', field('map', 'x'.repeat(70_000)) + file() + end, undefined, 400, 'invalid_request'],
    [
      'too many fields',
      Array.from({ length: 30 }, (_, n) => field(`f${n}`, 'x')).join('') + file() + end,
      undefined,
      413,
      'too_large',
    ],
    ['a body that ends in the middle of the file', file(), undefined, 400, 'invalid_request'],
    ['a body that ends in the middle of a field', field('map', '{}').slice(0, -4), undefined, 400, 'invalid_request'],
    ['text that is no form', 'hello', undefined, 400, 'invalid_request'],
  ])('of %s is refused', async (_, body, type, status, code) => {
    const reply = await send(body, type)
    expect([reply.status, reply.code], reply.text).toEqual([status, code])
  })

  it.each(['application/json', 'text/csv'])('says what to send instead of %s', async (type) => {
    const { text } = await send('{}', type)
    expect(JSON.parse(text).message).toBe('Send multipart/form-data with the file in the field data.')
  })

  it('is refused before it is read when the key may not', async () => {
    const reply = await rawRequest(server, {
      method: 'POST',
      path,
      headers: { authorization: 'Bearer x', 'content-type': 'multipart/form-data; boundary=x' },
      body: file() + end,
    })
    expect(reply.status).toBe(401)
  })

  it('of more than 256 MB is refused, and leaves nothing behind', async () => {
    const reply = await sendLarge(file(), 65)
    expect([reply.status, reply.code]).toEqual([413, 'too_large'])
    expect(await jobs()).toHaveLength(1)
  })

  it('that is refused by its first words is read past, so that the answer arrives', async () => {
    expect((await sendLarge(file('csv'), 5)).code).toBe('invalid_request')
    expect((await sendLarge(field('isAdmin', 'true') + file(), 5)).code).toBe('invalid_request')
    expect((await sendLarge(field('map', 'x'.repeat(70_000)) + file(), 5)).code).toBe('invalid_request')
  })
})

/** Sends so many times 4 MB as the rest of a file. */
function sendLarge(beginning: string, times: number): Promise<Reply> {
  const chunk = Buffer.alloc(4 * 1024 * 1024, 'a')
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'multipart/form-data; boundary=x' }
    const sent = request(server.url + path, { method: 'POST', headers }, async (message) => {
      const parts: Buffer[] = []
      for await (const part of message) parts.push(part as Buffer)
      const init = { status: message.statusCode!, headers: { 'content-type': 'application/json' } }
      resolve(readReply(new Response(Buffer.concat(parts), init)))
    })
    sent.on('error', reject)
    sent.write(beginning)
    const more = (left: number): void => {
      if (left === 0) sent.end(`\r\n${end}`)
      else if (sent.write(chunk)) setImmediate(more, left - 1)
      else sent.once('drain', () => more(left - 1))
    }
    more(times)
  })
}
