import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { attachmentLimit, attachmentsADay, downloadTypes, mostAttachments } from '@rai/contract'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { deleteMember, eraseNext } from '../../packages/server/src/domain/members/deletions.js'
import { ask, formOf, type Reply } from '../helpers/api.js'
import { join, openChannel, pageOf } from '../helpers/channels.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { missingId } from '../helpers/people.js'
import { startReceiver, verified } from '../helpers/receiver.js'
import { startTestServer } from '../helpers/server.js'

type Page = Awaited<ReturnType<typeof pageOf>>
const upload = 'POST /widget/v1/{publishableKey}/channels/{channelId}/attachments'

/** How far the server's clock is ahead of ours. */
let ahead = 0
const hour = 3_600_000
const receiver = await startReceiver()
const server = await startTestServer({
  clock: () => new Date(Date.now() + ahead),
  config: { webhookAllow: [receiver.place] },
})
let community: TestCommunity
let away: TestCommunity
let amara: Page
let yuki: Page
let guide: Page
let stranger: Page
let square: string

beforeAll(async () => {
  community = await testCommunity(server)
  away = await testCommunity(server)
  for (const name of ['amara', 'yuki']) await join(community, name)
  await join(community, 'guide', { channelPermissions: { delete_messages: true } })
  await join(away, 'amara')
  ;[amara, yuki, guide] = (await Promise.all(
    ['amara', 'yuki', 'guide'].map((name) => pageOf(server, community, name)),
  )) as [Page, Page, Page]
  stranger = await pageOf(server, away, 'amara')
  square = (await openChannel(community)).id
})

const paint = (width: number, height: number, background = '#2a6f97') =>
  sharp({ create: { width, height, channels: 3, background } })

/** A member's page sends a file. */
function send(page: Page, name: string, content: Buffer | string, more: { channelId?: string; key?: string } = {}) {
  const form = new FormData()
  form.set('file', new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), name)
  return page.ask(upload, {
    params: { channelId: more.channelId ?? square },
    form,
    ...(more.key && { headers: { 'idempotency-key': more.key } }),
  })
}
const sent = async (page: Page, name = 'note.txt', content: Buffer | string = 'Bring boots', channelId = square) => {
  const { status, text, answer } = await send(page, name, content, { channelId })
  expect(status, text).toBe(201)
  return answer.id
}
const say = (page: Page, attachments: string[], text = '', more: object = {}, channelId = square) =>
  page.say(channelId, text, { attachments, ...more })
/** Says something with a file; answers the message. */
const saidWith = async (page: Page, ids: string[], text = '', channelId = square) => {
  const { answer, status, text: raw } = await say(page, ids, text, {}, channelId)
  expect(status, raw).toBe(201)
  return answer
}
const refusal = ({ status, code, paths }: Reply) => [status, code, paths]
/** What lies where the community's files do. */
const filesOf = ({ id }: TestCommunity) => {
  const folder = joinPath(server.config.dataDir, 'files', id)
  return existsSync(folder) ? readdirSync(folder) : []
}
const rowsOf = ({ tenant, id }: TestCommunity) =>
  tenant((tx) => tx.db.selectFrom('attachments').selectAll().where('community_id', '=', id).execute())

/** A zip with one file. */
function zip(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  head.writeUInt16LE(20, 4)
  head.writeUInt16LE(8, 8)
  head.writeUInt32LE(packed.length, 18)
  head.writeUInt32LE(content.length, 22)
  head.writeUInt16LE(name.length, 26)
  return Buffer.concat([head, Buffer.from(name), packed])
}
const box = (brand: string) => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}`), randomBytes(64)])
const beginning = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), randomBytes(64)])
/** Something of every kind that is kept as it is. */
const kinds: Record<keyof typeof downloadTypes, Buffer> = {
  pdf: beginning('%PDF-1.7\n'),
  txt: Buffer.from('Straße, 東京, שלום\r\n'),
  md: Buffer.from('# Trail\n\n- boots\n'),
  csv: Buffer.from('\ufeffname,score\nAmara,5\n'),
  zip: zip('a.txt', Buffer.from('a')),
  docx: zip('[Content_Types].xml', Buffer.from('<x/>')),
  xlsx: zip('[Content_Types].xml', Buffer.from('<x/>')),
  pptx: zip('[Content_Types].xml', Buffer.from('<x/>')),
  mp3: beginning('ID3\x04'),
  m4a: box('M4A '),
  ogg: beginning('OggS'),
  wav: beginning('RIFF\x24\x00\x00\x00WAVE'),
  mp4: box('isom'),
  mov: box('qt  '),
  webm: beginning('\x1a\x45\xdf\xa3'),
}

describe('a picture', () => {
  const withPlace = { IFD0: { Copyright: 'Somebody' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } }

  it.each(['jpeg', 'png', 'gif', 'webp', 'avif'] as const)(
    'is made anew of %s, without what a camera says',
    async (format) => {
      const content = await paint(1600, 800).withExif(withPlace).toFormat(format).toBuffer()
      const { status, answer, text } = await send(amara, `My trip.${format}`, content)
      expect(status, text).toBe(201)
      const color = expect.stringMatching(/^#[0-9a-f]{6}$/)
      const picture = { width: 1280, height: 640, color }
      const size = expect.any(Number)
      expect(answer).toEqual({ id: expect.any(String), name: 'My trip.webp', type: 'image/webp', size, picture })
      const message = await saidWith(amara, [answer.id])
      const url = `${server.url}/attachments/${community.id}/${answer.id}`
      expect(message.attachments).toEqual([{ ...answer, url }])
      const response = await fetch(url, { headers: { origin: community.origin } })
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/webp',
        'cache-control': 'private, max-age=86400',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
        'content-disposition': 'attachment; filename="My trip.webp"; filename*=UTF-8\'\'My%20trip.webp',
      })
      expect(response.headers.get('set-cookie')).toBeNull()
      const image = Buffer.from(await response.arrayBuffer())
      expect(image.length).toBe(answer.size)
      const { width, height, exif, ...is } = await sharp(image).metadata()
      expect({ width, height, exif, format: is.format }).toEqual({
        width: 1280,
        height: 640,
        exif: undefined,
        format: 'webp',
      })
    },
  )

  it('stands upright, is not made larger, and says its colour', async () => {
    const lying = await paint(60, 40, '#c00030').jpeg().withMetadata({ orientation: 6 }).toBuffer()
    const { answer } = await send(amara, 'lying.jpg', lying)
    expect(answer.picture).toMatchObject({ width: 40, height: 60 })
    const [, red, green, blue] = /^#(..)(..)(..)$/.exec(answer.picture!.color!)!.map((hex) => Number.parseInt(hex, 16))
    expect(Math.abs(red! - 0xc0) + green! + Math.abs(blue! - 0x30)).toBeLessThan(12)
  })

  it('has no colour where one sees through it', async () => {
    const clear = {
      create: { width: 20, height: 20, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.2 } },
    } as const
    const { answer } = await send(amara, 'clear.png', await sharp(clear).png().toBuffer())
    expect(answer.picture).toEqual({ width: 20, height: 20, color: null })
  })

  it('may be called nothing, or as another kind of picture', async () => {
    const png = await paint(9, 9).png().toBuffer()
    for (const [name, shown] of [
      ['image', 'image.webp'],
      ['photo.JPG', 'photo.webp'],
    ] as const)
      expect((await send(amara, name, png)).answer.name).toBe(shown)
  })

  it.each([
    ['is broken', 'a.jpg', async () => (await paint(640, 480).jpeg().toBuffer()).subarray(0, 700)],
    ['has too many pixels', 'a.png', () => paint(9000, 9000).png().toBuffer()],
    [
      'only begins as one',
      'a.png',
      async () => Buffer.concat([(await paint(9, 9).png().toBuffer()).subarray(0, 16), randomBytes(99)]),
    ],
    ['is called a document', 'a.pdf', () => paint(9, 9).png().toBuffer()],
    ['is called a program', 'a.exe', () => paint(9, 9).png().toBuffer()],
  ])('that %s is refused', async (_, name, content) => {
    expect(refusal(await send(amara, name, await content()))).toEqual([400, 'invalid_file', ['file']])
  })
})

describe('another file', () => {
  it.each(Object.entries(kinds))('is kept as it is and given out as a download only: %s', async (ending, content) => {
    const { answer, status, text } = await send(amara, `Plan.${ending}`, content)
    expect(status, text).toBe(201)
    const type = downloadTypes[ending as keyof typeof downloadTypes]
    expect(answer).toEqual({
      id: expect.any(String),
      name: `Plan.${ending}`,
      type,
      size: content.length,
      picture: null,
    })
    const { attachments } = await saidWith(amara, [answer.id])
    const response = await fetch(attachments[0]!.url)
    expect(response.headers.get('content-type')?.replace('; charset=utf-8', '')).toBe(type)
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; /)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(Buffer.from(await response.arrayBuffer())).toEqual(content)
  })

  const html = '<!DOCTYPE html><script>alert(1)</script>'
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
  it.each<[string, string, Buffer | string]>([
    ['HTML', 'a.html', html],
    ['HTML that is called text', 'a.txt', `\ufeff \n${html}`],
    ['SVG', 'a.svg', svg],
    ['SVG that is called a picture', 'a.png', svg],
    ['SVG that is called text', 'a.txt', `<?xml version="1.0"?>${svg}`],
    ['a script', 'a.sh', '#!/bin/sh\n'],
    ['a script that is called text', 'a.txt', '#!/bin/sh\n'],
    ['a module', 'a.js', 'alert(1)'],
    ['a program', 'a.exe', beginning('MZ\x90\x00')],
    ['a program that is called a zip', 'a.zip', beginning('MZ\x90\x00')],
    ['a program that is called text', 'a.txt', beginning('\x7fELF')],
    ['a program with two endings', 'report.pdf.exe', kinds.pdf],
    ['a macro document', 'a.docm', kinds.docx],
    ['a zip that begins as a picture', 'a.zip', Buffer.concat([Buffer.from('GIF89a'), kinds.zip])],
    ['a document that begins as something else', 'a.pdf', Buffer.concat([Buffer.from(html), kinds.pdf])],
    ['text in no UTF-8', 'a.txt', Buffer.from([0x63, 0xe9, 0x20, 0x64])],
    ['text with what is no text', 'a.csv', 'a,b\0'],
    ['nothing', 'a.txt', ''],
    ['something without an ending', 'README', 'Read me'],
  ])('is not %s', async (_, name, content) => {
    const reply = await send(amara, name, content)
    expect(refusal(reply), reply.text).toEqual([400, 'invalid_file', ['file']])
  })

  it('of two kinds at once is what its name says, and nothing of the other', async () => {
    const gif = await paint(9, 9).gif().toBuffer()
    const { answer } = await send(amara, 'both.gif', Buffer.concat([gif, kinds.zip, Buffer.from(html)]))
    const { attachments } = await saidWith(amara, [answer.id])
    const image = Buffer.from(await (await fetch(attachments[0]!.url)).arrayBuffer())
    expect(image.subarray(0, 4).toString()).toBe('RIFF')
    expect(image.includes('PK\x03\x04') || image.includes('script')).toBe(false)
  })

  it.each([
    ['a way out', '../../etc/plan.txt', 'plan.txt'],
    ['turned letters', 'plan\u202etxt.fdp.txt', 'plantxt.fdp.txt'],
    ['other scripts', 'רשימה ציוד.txt', 'רשימה ציוד.txt'],
    ['signs that mean something in a header', "a'(b)*%;.txt", "a'(b)%;.txt"],
    ['only its ending', '.txt', 'file.txt'],
  ])('has a name that can be shown, and put into a header: %s', async (_, name, shown) => {
    const { answer, status, text } = await send(amara, name, 'Boots')
    expect([status, answer.name], text).toEqual([201, shown])
    const { attachments } = await saidWith(amara, [answer.id])
    const header = (await fetch(attachments[0]!.url)).headers.get('content-disposition')!
    const [, whole] = /filename\*=UTF-8''(\S+)$/.exec(header)!
    expect(decodeURIComponent(whole!)).toBe(shown)
    expect(header).toMatch(/^attachment; filename="[^"\\]+"; /)
  })

  it('has a name of a hundred signs', async () => {
    const { answer } = await send(amara, `${'😀'.repeat(80)}${'x'.repeat(80)}.txt`, 'Long')
    expect(answer.name).toBe(`${'😀'.repeat(80)}${'x'.repeat(20)}.txt`)
  })

  it('may weigh so much, and no more', async () => {
    expect((await send(yuki, 'most.txt', Buffer.alloc(attachmentLimit, 'a'))).status).toBe(201)
    const reply = await send(yuki, 'more.txt', Buffer.alloc(attachmentLimit + 1, 'a'))
    expect([reply.status, reply.code, reply.text.includes('10 MB')]).toEqual([413, 'too_large', true])
  })
})

describe('a message', () => {
  it('carries files beside a text, in their order, and on every list', async () => {
    const [one, two] = [await sent(amara, 'one.txt'), await sent(amara, 'two.pdf', kinds.pdf)]
    const { id: channelId } = await openChannel(community)
    expect(refusal(await say(amara, [two, one], '', {}, channelId))).toEqual([
      400,
      'unknown_reference',
      ['attachments'],
    ])
    const message = await saidWith(amara, [two, one], 'Both')
    expect(message.attachments.map(({ name }) => name)).toEqual(['two.pdf', 'one.txt'])
    const [read] = (await yuki.read(square, { limit: 1 })).answer.items
    expect([read!.text, read!.attachments]).toEqual(['Both', message.attachments])
    expect((await yuki.message(message.id)).answer.attachments).toEqual(message.attachments)
  })

  it('says at least a text or a file', async () => {
    expect(refusal(await say(amara, []))).toEqual([400, 'invalid_request', ['text']])
    const id = await sent(amara)
    const { text } = await saidWith(amara, [id], ' \n')
    expect(text).toBe('')
    const edit = await amara.edit((await amara.read(square, { limit: 1 })).answer.items[0]!.id, '')
    expect(refusal(edit)).toEqual([400, 'invalid_request', ['text']])
  })

  it('is answered, and its files are named there', async () => {
    const { id } = await saidWith(amara, [await sent(amara, 'one.txt'), await sent(amara, 'two.txt')])
    expect((await yuki.reply(id, 'Thanks')).answer.replyTo).toMatchObject({ id, text: 'one.txt, two.txt' })
    await amara.remove(id)
    const [reply] = (await yuki.read(square, { limit: 1 })).answer.items
    expect(reply!.replyTo).toMatchObject({ id, text: '' })
  })

  it(`carries ${mostAttachments} files and no more`, async () => {
    const ids = await Promise.all(['a.txt', 'b.txt', 'c.txt', 'd.txt'].map((name) => sent(guide, name)))
    const fifth = await sent(guide, 'e.txt')
    expect(refusal(await say(guide, [...ids, fifth]))).toEqual([400, 'invalid_request', ['attachments']])
    expect((await saidWith(guide, ids)).attachments).toHaveLength(mostAttachments)
  })

  it('is sent once with what it carries, however often it is sent', async () => {
    const id = await sent(amara)
    const all = await Promise.all([1, 2, 3, 4].map(() => say(amara, [id], 'Once', { clientId: 'with a file' })))
    expect(new Set(all.map(({ answer }) => answer.id)).size).toBe(1)
    for (const { answer } of all) expect(answer.attachments.map((file) => file.id)).toEqual([id])
  })

  it('carries no file twice, none of another message, and none that there is not', async () => {
    const [id, other] = [await sent(amara), await sent(amara)]
    for (const ids of [[id, id], [id, missingId], [id, 'x'], [missingId]])
      expect(refusal(await say(amara, ids)), `${ids}`).toEqual([400, 'unknown_reference', ['attachments']])
    const both = await Promise.all([say(amara, [id], 'First'), say(amara, [id, other], 'Second')])
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 400])
  })

  it('carries no file that somebody else has uploaded, here or elsewhere', async () => {
    const theirs = await sent(yuki)
    const { id: channelId } = await openChannel(away)
    const elsewhere = await sent(stranger, 'far.txt', 'Far', channelId)
    for (const id of [theirs, elsewhere]) {
      const reply = await say(amara, [id])
      expect([reply.status, reply.code]).toEqual([400, 'unknown_reference'])
      expect(reply.text.replace(reply.requestId!, '')).toBe(
        (await say(amara, [missingId])).text.replace(/"requestId":"[^"]+"/, '"requestId":""'),
      )
    }
    expect((await saidWith(yuki, [theirs])).attachments).toHaveLength(1)
  })

  it('begins a topic, and answers, with files', async () => {
    const { id: channelId } = await openChannel(community, { type: 'forum' })
    const id = await sent(amara, 'map.pdf', kinds.pdf, channelId)
    const topic = await amara.ask('POST /widget/v1/{publishableKey}/channels/{channelId}/topics', {
      params: { channelId },
      body: { title: 'Maps', text: '', attachments: [id] },
    })
    expect(topic.status, topic.text).toBe(201)
    const messageId = topic.answer.lastMessageId
    expect((await yuki.message(messageId)).answer.attachments.map(({ name }) => name)).toEqual(['map.pdf'])
    const answer = await yuki.ask('POST /widget/v1/{publishableKey}/messages/{messageId}/replies', {
      params: { messageId },
      body: { text: '', attachments: [await sent(yuki, 'better.pdf', kinds.pdf, channelId)] },
    })
    expect(answer.answer.attachments.map(({ name }) => name)).toEqual(['better.pdf'])
  })
})

describe('an upload', () => {
  it('is one, however often it is sent under a name', async () => {
    const before = (await rowsOf(community)).length
    const files = filesOf(community).length
    const all = [await send(amara, 'a.txt', 'A', { key: 'one' }), await send(amara, 'a.txt', 'A', { key: 'one' })]
    expect(all.map(({ status, headers }) => [status, headers.get('idempotent-replayed')])).toEqual([
      [201, null],
      [201, 'true'],
    ])
    expect(all[1]!.text).toBe(all[0]!.text)
    const other = await send(amara, 'a.txt', 'B', { key: 'one' })
    expect([other.status, other.code]).toEqual([422, 'idempotency_mismatch'])
    expect((await rowsOf(community)).length).toBe(before + 1)
    expect(filesOf(community).length).toBe(files + 1)
  })

  it('is given out to nobody before a message carries it, nor by a wrong address', async () => {
    const id = await sent(amara)
    const at = (communityId: string, name: string) => fetch(`${server.url}/attachments/${communityId}/${name}`)
    const statuses = async () =>
      Promise.all(
        [at(community.id, id), at(away.id, id), at(community.id, missingId), at(community.id, '..'), at('x', id)].map(
          async (response) => (await response).status,
        ),
      )
    expect(await statuses()).toEqual([404, 404, 404, 404, 404])
    await saidWith(amara, [id])
    expect(await statuses()).toEqual([200, 404, 404, 404, 404])
    // Nor as a picture of the community's.
    expect((await fetch(`${server.url}/images/${community.id}/${id}.webp`)).status).toBe(404)
  })

  it('is for a channel that one sees, and may write and attach in', async () => {
    const permissions = (flags: object) => ({ permissions: { [community.id]: flags } })
    const hidden = await openChannel(community, permissions({ view_message_history: false }))
    expect(refusal(await send(amara, 'a.txt', 'A', { channelId: hidden.id }))).toEqual([404, 'not_found', []])
    expect((await send(stranger, 'a.txt', 'A')).code).toBe('not_found')
    const files = filesOf(community).length
    for (const flags of [{ post_messages: false }, { attach_files: false }]) {
      const { id: channelId } = await openChannel(community, permissions(flags))
      expect((await send(amara, 'a.txt', 'A', { channelId })).code).toBe('forbidden')
      expect((await amara.channel(channelId)).answer.may.attach).toBe(false)
    }
    expect(filesOf(community)).toHaveLength(files)
    expect((await amara.channel(square)).answer.may.attach).toBe(true)
    const frame = await openChannel(community, { type: 'iframe', iframe: { url: 'https://app.example/' } })
    expect((await send(amara, 'a.txt', 'A', { channelId: frame.id })).code).toBe('conflict')
  })

  it('that was allowed is not sent where that has ended', async () => {
    const { id: channelId } = await openChannel(community)
    const id = await sent(amara, 'a.txt', 'A', channelId)
    await ask(server, 'PUT /api/v1/channels/{channelId}', {
      bearer: community.systemKey,
      params: { channelId },
      body: { permissions: [{ roleId: community.id, channelPermissions: { attach_files: false } }] },
    })
    expect((await say(amara, [id], '', {}, channelId)).code).toBe('forbidden')
    expect((await amara.say(channelId, 'Words')).status).toBe(201)
  })

  it('of a message of few is fetched by whoever knows where it is, and by nobody else', async () => {
    const [{ id: amaraId }, { id: yukiId }] = [await idOf('amara'), await idOf('yuki')]
    const { id: channelId } = await openChannel(community, { type: 'direct', members: [amaraId, yukiId] })
    const id = await sent(amara, 'secret.txt', 'Secret', channelId)
    const { attachments, id: messageId } = await saidWith(amara, [id], '', channelId)
    expect((await guide.message(messageId)).status).toBe(404)
    expect((await yuki.message(messageId)).answer.attachments).toEqual(attachments)
    // As random as a key: 122 bits.
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(await (await fetch(attachments[0]!.url)).text()).toBe('Secret')
  })

  it('is refused past so many in a day', async () => {
    const { id } = await join(community, 'busy')
    const busy = await pageOf(server, community, 'busy')
    const at = new Date(Date.now() + ahead - 23 * hour)
    const row = { community_id: community.id, channel_id: square, member_id: id, message_id: null, created_at: at }
    const file = { name: 'x', type: 'text/plain', width: null, height: null, color: null, removed_at: null }
    const fill = (sizes: number[]) =>
      community.tenant((tx) =>
        tx.db
          .insertInto('attachments')
          .values(sizes.map((size) => ({ ...row, ...file, id: crypto.randomUUID(), size })))
          .execute(),
      )
    await fill(Array(attachmentsADay.files - 1).fill(1))
    const both = await Promise.all([send(busy, 'a.txt', 'A'), send(busy, 'b.txt', 'B')])
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409])
    const refused = await send(busy, 'c.txt', 'C')
    expect(refusal(refused)).toEqual([409, 'limit_reached', []])
    expect(refused.facts).toEqual({ availableAt: new Date(at.getTime() + 24 * hour).toISOString() })
    await community.tenant((tx) => tx.db.deleteFrom('attachments').where('member_id', '=', id).execute())
    await fill([attachmentsADay.bytes - 3])
    expect((await send(busy, 'd.txt', 'Four')).code).toBe('limit_reached')
    expect((await send(busy, 'e.txt', 'Two')).status).toBe(201)
  })
})

const idOf = async (username: string) =>
  (await community.tenant((tx) =>
    tx.db
      .selectFrom('members')
      .select('id')
      .where('community_id', '=', community.id)
      .where('username', '=', username)
      .executeTakeFirst(),
  ))!

describe('a back-end', () => {
  it('uploads and sends files for a member, and reads them; other systems are told of them', async () => {
    const bearer = community.communityKey
    const endpoint = await ask(server, 'POST /v1/webhooks', {
      bearer: community.systemKey,
      body: { url: receiver.url, events: ['message.created'] },
    })
    const png = await paint(30, 20).png().toBuffer()
    const form = (sender: string) => formOf({ channelId: square, sender, file: png })
    const sentFile = await ask(server, 'POST /apis/v1/messages/attachments', { bearer, form: form('amara') })
    expect(sentFile.status, sentFile.text).toBe(201)
    const { _id } = sentFile.answer
    const body = { channelId: square, message: '', attachments: [_id] }
    const others = await ask(server, 'POST /apis/v1/messages/send', { bearer, body: { ...body, sender: 'yuki' } })
    expect(others.code).toBe('unknown_reference')
    const empty = { channelId: square, message: '', sender: 'amara' }
    expect((await ask(server, 'POST /apis/v1/messages/send', { bearer, body: empty })).paths).toEqual(['message'])
    const message = await ask(server, 'POST /apis/v1/messages/send', { bearer, body: { ...body, sender: 'amara' } })
    const attachments = [{ ...sentFile.answer, url: `${server.url}/attachments/${community.id}/${_id}` }]
    expect(message.answer.attachments).toEqual(attachments)
    const read = await ask(server, 'GET /apis/v1/messages', { bearer, query: { channel_id: square, count: 1 } })
    expect(read.answer.messages[0]!.attachments).toEqual(attachments)
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(1)
    expect(verified(endpoint.answer.key!, receiver.received[0]!)).toMatchObject({ data: { message: { attachments } } })
  })
})

describe('a file goes', () => {
  const lies = (id: string) => filesOf(community).some((name) => name.startsWith(id))

  it('with its message', async () => {
    for (const remover of [amara, guide]) {
      const [text, picture] = [await sent(amara), await sent(amara, 'a.png', await paint(9, 9).png().toBuffer())]
      const { id, attachments } = await saidWith(amara, [text, picture], 'Gone soon')
      expect([lies(text), lies(picture)]).toEqual([true, true])
      await remover.remove(id)
      for (const { url } of attachments) expect((await fetch(url)).status).toBe(404)
      await expect.poll(() => lies(text) || lies(picture), { timeout: 20_000 }).toBe(false)
      const { items } = (await yuki.read(square, { around: id, limit: 2 })).answer
      expect(items.find((shown) => shown.id === id)).toMatchObject({ text: '', attachments: [] })
      // Nor does it come back with another.
      expect((await say(amara, [text])).code).toBe('unknown_reference')
      expect(JSON.stringify((await rowsOf(community)).filter((row) => [text, picture].includes(row.id)))).not.toMatch(
        /note|a\.webp/,
      )
    }
  })

  it('with its channel', async () => {
    const { id: channelId } = await openChannel(community)
    const [carried, loose] = [await sent(amara, 'a.txt', 'A', channelId), await sent(amara, 'b.txt', 'B', channelId)]
    await saidWith(amara, [carried], 'Here', channelId)
    await ask(server, 'DELETE /api/v1/channels/{channelId}', { bearer: community.systemKey, params: { channelId } })
    await expect.poll(() => lies(carried) || lies(loose), { timeout: 20_000 }).toBe(false)
    expect((await rowsOf(community)).filter(({ channel_id }) => channel_id === channelId)).toEqual([])
  })

  it('with who uploaded it', async () => {
    const member = await join(community, 'leaver')
    const leaver = await pageOf(server, community, 'leaver')
    const [carried, loose] = [await sent(leaver), await sent(leaver)]
    const { attachments } = await saidWith(leaver, [carried])
    await community.tenant((tx) => deleteMember(tx, member, new Date()))
    expect((await fetch(attachments[0]!.url)).status).toBe(200)
    await community.tenant((tx) => eraseNext(tx, new Date(Date.now() + 31 * 24 * hour)))
    expect((await fetch(attachments[0]!.url)).status).toBe(404)
    expect((await rowsOf(community)).filter(({ member_id }) => member_id === member.id)).toEqual([])
    // As if that were then.
    ahead += 31 * 24 * hour
    await expect.poll(() => lies(carried) || lies(loose), { timeout: 20_000 }).toBe(false)
  })

  it('after a day in which no message came to carry it', async () => {
    const page = await pageOf(server, community, 'yuki')
    const [loose, carried] = [await sent(page), await sent(page)]
    await saidWith(page, [carried])
    ahead += 23 * hour
    const later = await sent(await pageOf(server, community, 'yuki'))
    expect(lies(loose)).toBe(true)
    ahead += 2 * hour
    await expect.poll(() => lies(loose), { timeout: 20_000 }).toBe(false)
    expect([lies(carried), lies(later)]).toEqual([true, true])
    const back = await pageOf(server, community, 'yuki')
    expect((await say(back, [loose])).code).toBe('unknown_reference')
    expect((await say(back, [later])).status).toBe(201)
  })
})
