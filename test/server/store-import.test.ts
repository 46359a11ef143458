import { beforeAll, expect, it, vi } from 'vitest'
import { ask, formOf } from '../helpers/api.js'
import { noLimits } from '../helpers/operations.js'
import { startTestServer } from '../helpers/server.js'
import { openShop } from '../helpers/store.js'

const server = await startTestServer({ limits: noLimits })
let shop: Awaited<ReturnType<typeof openShop>>
let bearer: string
beforeAll(async () => {
  shop = await openShop(server)
  bearer = shop.community.communityKey
})

const send = (csv: string, map?: object, headers: Record<string, string> = {}) => {
  const fields = map ? { map: JSON.stringify(map) } : {}
  const form = formOf({ ...fields, data: Buffer.from(csv) })
  return ask(server, 'POST /v1/products/import', { bearer, form, headers })
}
const read = async (importId: string) =>
  (await ask(server, 'GET /v1/product-imports/{importId}', { bearer, params: { importId } })).answer
/** Sends a file, which must be taken, and waits until it is done. */
async function run(csv: string, map?: object, headers?: Record<string, string>) {
  const { status, text, answer } = await send(csv, map, headers)
  expect(status, text).toBe(202)
  return vi.waitFor(
    async () => {
      const job = await read(answer.jobId)
      expect(job.status).toBe('completed')
      return job
    },
    { timeout: 20_000, interval: 100 },
  )
}
const sold = async () => (await ask(server, 'GET /v1/products', { bearer, query: { limit: '100' } })).answer
const named = async (name: string) => (await sold()).find((product) => product.name === name)!

it('makes products with all that a row says, and the categories that it names', async () => {
  const job = await run(
    'Name;Price;type;Category;Description;image_alt;Discount Price;stock;starts-at;ENDSAT;terms;instructions;link;is archived;display order;note\n' +
      'Enamel mug;300;;Gear;"Holds soup, too";A blue mug;250;40;2026-12-01T08:00:00Z;2026-12-24T08:00:00Z;No returns;Rinse it;https://shop.example/mug;false;7;x\n' +
      'Hut voucher;400;voucher;Vouchers;;;;;;;;;;;;\n' +
      'Wool socks;200;item;gear;;;;0;;;;;;true;;\n',
    { note: 'ignore' },
  )
  expect(job).toMatchObject({ type: 'product-import', total: 3, processed: 3, succeeded: 3, skipped: 0, failed: 0 })
  const categories = (await ask(server, 'GET /v1/product-categories', { bearer })).answer
  expect(categories.map(({ name }) => name)).toEqual(['Gear', 'Vouchers'])
  expect(await named('Enamel mug')).toMatchObject({
    ...{ price: 300, type: 'item', categoryID: categories[0]!._id, description: 'Holds soup, too', stock: 40 },
    ...{ imageAlt: 'A blue mug', discount: { price: 250, startsAt: null, endsAt: null }, isArchived: false },
    ...{ startsAt: '2026-12-01T08:00:00.000Z', endsAt: '2026-12-24T08:00:00.000Z', displayOrder: 7 },
    ...{ terms: 'No returns', instructions: 'Rinse it', link: 'https://shop.example/mug' },
  })
  expect(await named('Hut voucher')).toMatchObject({ type: 'voucher', categoryID: categories[1]!._id })
  expect(await named('Wool socks')).toMatchObject({ stock: 0, isArchived: true, categoryID: categories[0]!._id })
})

it('leaves what is there by its name as it is, also where the file comes again', async () => {
  await shop.product({ name: 'Rope', price: 70 })
  const csv = 'name,price\nRope,90\nTent,5000\nROPE ,95\n'
  const first = await run(csv)
  expect(first).toMatchObject({ succeeded: 1, skipped: 1, failed: 1 })
  expect(first.errors).toEqual([{ line: 4, code: 'duplicate_row', message: '"rope" appears on line 2 already.' }])
  expect((await send(csv)).answer.jobId).toBe(first._id)
  expect(await run(csv, undefined, { 'idempotency-key': 'again' })).toMatchObject({ succeeded: 0, skipped: 2 })
  expect((await sold()).filter(({ name }) => /^(rope|tent)/i.test(name)).map(({ price }) => price)).toEqual([70, 5000])
})

it('says what is wrong with each row, and makes the others', async () => {
  const job = await run(
    'name,price,stock,link,startsAt,endsAt,type\n' +
      'Cap,10,,,,,\n,10,,,,,\nHat,,,,,,\nScarf,-1,,,,,\nGlove,1.5,,,,,\nBoot,10,many,,,,\nPole,10,,javascript:alert(1),,,\n' +
      'Lamp,10,,,2026-12-02T00:00:00Z,2026-12-01T00:00:00Z,\nStove,10,,,soon,,\nPot,10,,,,,gift\n',
  )
  expect(job).toMatchObject({ total: 10, succeeded: 1, failed: 9 })
  expect(job.errors.map(({ line, code }) => [line, code])).toEqual(
    [3, 4, 5, 6, 7, 8, 9, 10, 11].map((line) => [line, 'invalid_row']),
  )
  const messages = job.errors.map(({ message }) => message)
  expect(messages[0]).toBe('The name is missing.')
  expect(messages[1]).toBe('The price is missing.')
  expect(messages[2]).toBe('The price "-1" must be a whole number, of 0 or more and not too large.')
  expect(messages[4]).toMatch(/^The stock "many" must be /)
  expect(messages[5]).toBe('The link "javascript:alert(1)" must be a web address by https.')
  expect(messages[6]).toBe('It must end after it starts.')
  const params = { importId: job._id }
  const { text } = await ask(server, 'GET /v1/product-imports/{importId}/errors.csv', { bearer, params })
  expect(text.split('\r\n').slice(0, 2)).toEqual(['line,code,message', '3,invalid_row,"The name is missing."'])
})

it.each([
  ['no name', 'title,price\nMug,1\n', undefined, 'title has no meaning here'],
  ['no price', 'name\nMug\n', undefined, 'price is missing'],
  ['a column twice', 'name,price,title\nMug,1,Cup\n', { title: 'name' }, 'title means the same as an earlier column'],
  ['a column that is not there', 'name,price\nMug,1\n', { cost: 'price' }, 'cost is mapped but is not in the file'],
])('refuses a file with %s, and keeps nothing of it', async (_, csv, map, words) => {
  const refused = await send(csv, map)
  expect([refused.status, refused.code]).toEqual([400, 'invalid_file'])
  expect(refused.text).toContain(words)
})

it('makes no more products than a store has', async () => {
  const other = await openShop(server)
  bearer = other.community.communityKey
  const rows = Array.from({ length: 2003 }, (_, n) => `Sticker ${n},${n}\n`)
  const job = await run(`name,price\n${rows.join('')}`)
  expect(job).toMatchObject({ total: 2003, succeeded: 2000, failed: 3 })
  expect(job.errors[0]).toEqual({ line: 2002, code: 'conflict', message: 'A store has at most 2000 products.' })
  bearer = shop.community.communityKey
})

it('is shown to those who run that store, and is no file of members', async () => {
  const other = await openShop(server)
  const { answer } = await ask(server, 'GET /v1/product-imports', { bearer, query: { limit: '1' } })
  expect(answer).toHaveLength(1)
  const params = { importId: answer[0]!._id }
  const elsewhere = { bearer: other.community.communityKey, params }
  expect((await ask(server, 'GET /v1/product-imports/{importId}', elsewhere)).status).toBe(404)
  const asMembers = { bearer: shop.community.systemKey, params: { jobId: params.importId } }
  expect((await ask(server, 'GET /apis/v1/users/bulk-jobs/{jobId}', asMembers)).status).toBe(404)
})
