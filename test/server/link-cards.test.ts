import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deleteChannel } from '../../packages/server/src/domain/channels.js'
import { linksIn } from '../../packages/server/src/domain/messages/links.js'
import { eraseMessages } from '../../packages/server/src/domain/messages/messages.js'
import { type Block, type Inline, parse } from '../../packages/widgets/src/channel/chat/markdown.js'
import { join, openChannel, pageOf } from '../helpers/channels.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { realMessages } from '../helpers/messages.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

type Page = Awaited<ReturnType<typeof pageOf>>
type Answer = (response: ServerResponse) => void

/** Somebody's site, by path, and one on this machine that nobody is let call. */
const site: Record<string, Answer> = {}
const asked: { path: string; headers: IncomingHttpHeaders }[] = []
const listen = async (answer: (path: string, response: ServerResponse, headers: IncomingHttpHeaders) => void) => {
  const server = createServer(({ url = '', headers }, response) => answer(url, response, headers))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
const place = await listen((path, response, headers) => {
  asked.push({ path, headers })
  const answer = site[path]
  if (answer) answer(response)
  else response.writeHead(404).end()
})
let trapped = 0
const trap = await listen((_, response) => {
  trapped++
  response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Secret</title>')
})
const at = (path: string) => `http://${place}${path}`
const timesAsked = (path: string) => asked.filter((one) => one.path === path).length

/** How far the server's clock is ahead of ours. */
let aheadMs = 0
const options = {
  config: { callsAllow: [place] },
  clock: () => new Date(Date.now() + aheadMs),
  resolve: async () => ['127.0.0.1'],
}
const shown = { ...options, config: { ...options.config, linkCards: true } }
const server = await startTestServer({ ...shown, limits: { linkedPages: 1000 } })
const modest = await startTestServer(shown)
const quiet = await startTestServer(options)
let community: TestCommunity
let amara: Page
let channelId: string

const html = (body: string | Buffer, type = 'text/html; charset=utf-8'): Answer => {
  return (response) => response.writeHead(200, { 'content-type': type }).end(body)
}
const led = (location: string): Answer => {
  return (response) => response.writeHead(302, { location }).end()
}
const paint = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#285' } })
    .png()
    .toBuffer()
const picture = (file: Buffer, type = 'image/png'): Answer => {
  return (response) => response.writeHead(200, { 'content-type': type }).end(file)
}
const withImage = (image: string) => html(`<title>Page</title><meta property="og:image" content="${image}">`)

beforeAll(async () => {
  site['/picture'] = picture(await paint(800, 400))
  site['/trail'] = html(`<!doctype html><head><title>Not this</title>
    <meta property="og:title" content="The  larch&#10; loop &amp; back">
    <meta name="description" content="Not this either">
    <meta property="og:description" content="Eleven kilometres">
    <meta property="og:site_name" content="Trails">
    <meta property="og:image" content="/picture"></head><body>…`)
  site['/plain'] = html('<title>Plain</title><META NAME=Description content="Few words"><svg><title>Not</title></svg>')
  community = await testCommunity(server)
  await join(community, 'amara')
  amara = await pageOf(server, community, 'amara')
  channelId = (await openChannel(community)).id
})

async function said(page: Page, text: string, channel = channelId) {
  const { answer, status, text: raw } = await page.say(channel, text)
  expect(status, raw).toBe(201)
  return answer
}
const cardsOf = async (page: Page, id: string) => (await page.message(id)).answer.cards
const rowOf = (url: string, { tenant } = community) =>
  tenant((tx) => tx.db.selectFrom('link_cards').selectAll().where('url', '=', url).executeTakeFirst())
/** Waits until what is linked to has been asked, with whatever came of it. */
const settled = (url: string, { tenant } = community) =>
  expect.poll(async () => (await rowOf(url, { tenant } as TestCommunity))?.is_wanted, { timeout: 20_000 }).toBe(false)
/** The card of a link that somebody sends. */
async function cardOf(path: string) {
  const { id } = await said(amara, at(path))
  await settled(at(path))
  return (await cardsOf(amara, id))[0]
}

/** The first three pages that the widget links to in a text. */
function linksShown(text: string): string[] {
  const inPiece = (piece: Inline): string[] => {
    if (typeof piece === 'string' || piece.type === 'mention' || piece.type === 'code') return []
    return piece.type === 'link' ? [piece.url] : piece.children.flatMap(inPiece)
  }
  const inBlock = (block: Block): string[] => {
    if (block.type === 'quote') return block.blocks.flatMap(inBlock)
    if (block.type === 'list') return block.items.flat().flatMap(inPiece)
    return block.type === 'p' ? block.children.flatMap(inPiece) : []
  }
  const pages = new Map<string, string>()
  for (const href of parse(text).flatMap(inBlock)) {
    const page = href.split('#')[0]!
    if (href.startsWith('http') && !pages.has(page)) pages.set(page, href)
  }
  return [...pages.values()].slice(0, 3)
}

describe('a link', () => {
  it.each([
    ['See https://a.example/b, and (http://c.example/d_(e)).', ['https://a.example/b', 'http://c.example/d_(e)']],
    ['[words](https://a.example/)', ['https://a.example/']],
    ['https://a.example/#one https://a.example/#two', ['https://a.example/#one']],
    ['HTTPS://A.example <https://b.example/>', ['https://a.example/', 'https://b.example/']],
    ['`https://a.example` and\n```\nhttps://b.example\n```\nhttps://c.example/', ['https://c.example/']],
    ['```js\nhttps://a.example/', ['https://a.example/']],
    ['ftp://a.example javascript:alert(1) mailto:a@b.example xhttps://a.example', []],
    ['https://me:secret@a.example/ https://a.example/"x', []],
    [`https://a.example/${'x'.repeat(2000)}`, []],
    [
      Array.from({ length: 5 }, (_, n) => `https://a.example/${n}`).join(' '),
      [0, 1, 2].map((n) => `https://a.example/${n}`),
    ],
  ])('of %j has a card where it is one', (text, hrefs) => {
    expect(linksIn(text).map(({ href }) => href)).toEqual(hrefs)
  })

  it('has a card where the widget shows one, in all that people wrote', async () => {
    const texts = (await realMessages()).map(({ text }) => text)
    const differing = texts.filter((text) => String(linksIn(text).map(({ href }) => href)) !== String(linksShown(text)))
    expect(differing).toEqual([])
    expect(texts.filter((text) => linksIn(text).length > 0).length).toBeGreaterThan(100)
  })

  it('is one page wherever it leads in it', () => {
    expect(linksIn('https://a.example/b?c#d')).toEqual([
      { href: 'https://a.example/b?c#d', url: 'https://a.example/b?c' },
    ])
  })
})

describe('a card', () => {
  it('comes after its message, which is said to have changed then', async () => {
    const stream = await openStream(server, community, { authorization: `Bearer ${amara.bearer}` })
    const { id, cards } = await said(amara, `Look: ${at('/trail#map')}`)
    expect(cards).toEqual([])
    await stream.until((hint) => hint.type === 'message.updated' && hint.id === id)
    stream.close()
    expect(await cardsOf(amara, id)).toEqual([
      {
        url: at('/trail#map'),
        title: 'The larch loop & back',
        description: 'Eleven kilometres',
        siteName: 'Trails',
        image: { url: expect.any(String), width: 512, height: 256 },
      },
    ])
    const { answer } = await amara.read(channelId)
    expect(answer.items.at(-1)!.cards).toHaveLength(1)
  })

  it('shows a picture that is served from here, made anew', async () => {
    const { image } = (await cardOf('/trail'))!
    expect(image!.url.startsWith(`${server.url}/images/${community.id}/`)).toBe(true)
    const response = await fetch(image!.url)
    expect(response.headers.get('content-type')).toBe('image/webp')
    const { format, width, height } = await sharp(await response.arrayBuffer()).metadata()
    expect({ format, width, height }).toEqual({ format: 'webp', width: 512, height: 256 })
  })

  it('is made of the page’s title and description where it says nothing else', async () => {
    expect(await cardOf('/plain')).toEqual({
      ...{ url: at('/plain'), title: 'Plain', description: 'Few words', siteName: '', image: null },
    })
  })

  it('is asked for once, and stands in the answer the next time', async () => {
    site['/once'] = html('<title>Once</title>')
    await cardOf('/once')
    const { cards } = await said(amara, `Again ${at('/once')}`)
    expect(cards.map(({ title }) => title)).toEqual(['Once'])
    expect(timesAsked('/once')).toBe(1)
  })

  it('tells the page who asks, and nothing of who reads', async () => {
    site['/who'] = (response) =>
      response.writeHead(302, { location: '/who-else', 'set-cookie': 'reader=1; Path=/' }).end()
    site['/who-else'] = html('<title>Who</title>')
    expect((await cardOf('/who'))!.title).toBe('Who')
    const { headers } = asked.find(({ path }) => path === '/who-else')!
    expect(headers).toEqual({
      accept: 'text/html,application/xhtml+xml',
      connection: expect.any(String),
      host: place,
      'user-agent': `rai link cards (+${server.config.publicUrl})`,
    })
  })

  it('stands for each of three links, in their order', async () => {
    for (const n of [1, 2, 3, 4]) site[`/many-${n}`] = html(`<title>Many ${n}</title>`)
    const { id } = await said(amara, [3, 1, 2, 4].map((n) => at(`/many-${n}`)).join(' '))
    for (const n of [1, 2, 3]) await settled(at(`/many-${n}`))
    expect((await cardsOf(amara, id)).map(({ title }) => title)).toEqual(['Many 3', 'Many 1', 'Many 2'])
    expect(timesAsked('/many-4')).toBe(0)
  })

  it.each(['direct', 'whisper'] as const)('is asked for by nothing that is said in a %s channel', async (type) => {
    const path = `/private-${type}`
    site[path] = html('<title>Private</title>')
    const members = type === 'direct' ? { members: [(await join(community, `friend-${type}`)).id] } : {}
    const own = { [community.id]: { view_message_history: true, post_messages: true, share_links: true } }
    const { id } = await openChannel(community, { type, ...members, permissions: own })
    await said(amara, at(path), id)
    // What comes later has been asked.
    await said(amara, at(`${path}?later`))
    await settled(at(`${path}?later`))
    expect(timesAsked(path)).toBe(0)
    expect(await rowOf(at(path))).toBeUndefined()
  })

  it('is asked for nowhere while cards are off', async () => {
    const other = await testCommunity(quiet)
    await join(other, 'amara')
    const page = await pageOf(quiet, other, 'amara')
    const { id } = await said(page, at('/off'), (await openChannel(other)).id)
    await settled(at('/off'), other)
    expect(await cardsOf(page, id)).toEqual([])
    expect(timesAsked('/off')).toBe(0)
  })
})

describe('a page that means harm', () => {
  it.each([
    ['the machine’s own data', 'http://169.254.169.254/latest/meta-data/'],
    ['this machine', `http://${trap}/`],
    ['this machine by a number', `http://2130706433:${trap.split(':')[1]}/`],
    ['this machine by IPv6', `http://[::1]:${trap.split(':')[1]}/`],
    ['this machine by a name', `http://rebound.example:${trap.split(':')[1]}/`],
    ['a private network', 'http://10.0.0.1/'],
    ['a file', 'file:///etc/passwd'],
    ['a script', 'javascript:alert(1)'],
    ['somebody’s password', `http://me:secret@${place}/plain`],
    ['nothing', 'http://'],
  ])('leads nobody to %s', async (what, location) => {
    const path = `/leads-${encodeURIComponent(what)}`
    site[path] = led(location)
    expect(await cardOf(path)).toBeUndefined()
    expect(trapped).toBe(0)
  })

  it('is not asked where it is no public one itself', async () => {
    const link = `http://${trap}/`
    const { id } = await said(amara, link)
    await settled(link)
    expect(await cardsOf(amara, id)).toEqual([])
    expect(trapped).toBe(0)
  })

  it('leads on so far and no further', async () => {
    for (let n = 0; n < 9; n++) site[`/hop-${n}`] = led(`/hop-${n + 1}`)
    expect(await cardOf('/hop-0')).toBeUndefined()
    expect(timesAsked('/hop-3')).toBe(1)
    expect(timesAsked('/hop-4')).toBe(0)
  })

  it.each<[string, Answer]>([
    ['no page', html('{"title":"No"}', 'application/json')],
    [
      'a page that failed',
      (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<title>No</title>'),
    ],
    [
      'a packed page',
      (response) =>
        response
          .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
          .end(gzipSync('<title>No</title>')),
    ],
    ['a page that never comes', () => {}],
    [
      'a page that comes a byte a second',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).write('<title>No</title>')
        const drip = setInterval(() => response.write('.'), 1000)
        response.on('close', () => clearInterval(drip))
      },
    ],
    [
      'an answer that breaks off',
      (response) => response.writeHead(200, { 'content-type': 'text/html', 'content-length': 9 }).destroy(),
    ],
    ['a page without words', html('<title> \n </title><p>…')],
    ['nothing at all', html('')],
  ])('shows nothing where there is %s', async (what, answer) => {
    const path = `/broken-${encodeURIComponent(what)}`
    site[path] = answer
    expect(await cardOf(path)).toBeUndefined()
  })

  it('is read so far and no further', async () => {
    let sent = 0
    site['/endless'] = (response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).write('<title>Endless</title>')
      const more = () => {
        while (!response.destroyed && response.write('<p>and on'.repeat(1000))) sent += 9000
      }
      response.on('drain', more)
      more()
    }
    expect((await cardOf('/endless'))!.title).toBe('Endless')
    expect(sent).toBeLessThan(20_000_000)
  })

  it('has a title of ten million letters, of which a line is shown', async () => {
    site['/title'] = html(`<title>${'Oh '.repeat(3_500_000)}</title>`)
    const { title } = (await cardOf('/title'))!
    expect(title).toMatch(/^Oh Oh .*…$/)
    expect([...title].length).toBeLessThanOrEqual(200)
  })

  it.each([
    ['deep', '<b>'.repeat(170_000)],
    ['never closed', `<a ${'x="y" '.repeat(80_000)}`],
    ['closed over and over', '<i>'.repeat(300) + '</u>'.repeat(120_000)],
    ['all comment', `<!--${'-'.repeat(500_000)}`],
    ['all names', `<meta ${'content '.repeat(60_000)}>`],
    ['all entities', '&amp;'.repeat(100_000)],
  ])('is read all the same where it is %s', async (what, rest) => {
    const path = `/wild-${encodeURIComponent(what)}`
    site[path] = html(`<title>Wild</title>${rest}`)
    expect((await cardOf(path))!.title).toBe('Wild')
  })

  it('is believed about nothing in scripts, styles and comments', async () => {
    const words = '<meta property="og:title" content="Not"><title>Not</title>'
    site['/scripts'] = html(
      `<script>"${words}"</script><style>${words}</style><!-- ${words} --><textarea>${words}</textarea><title>Yes</title>`,
    )
    expect((await cardOf('/scripts'))!.title).toBe('Yes')
  })

  it('writes what would be tags, and they are text', async () => {
    const tag = '<img src=x onerror=alert(1)>'
    site['/tags'] = html(
      `<title>No</title><meta property=og:title content='${tag}"'><meta property=og:description content="&lt;/script&gt;${tag}"><meta property=og:image content="javascript:alert(1)">`,
    )
    expect(await cardOf('/tags')).toMatchObject({ title: `${tag}"`, description: `</script>${tag}`, image: null })
  })

  it('writes nothing backwards, and nothing that a database refuses', async () => {
    site['/signs'] = html('<title>\u202egnp.\0exe&#0;&#xd800; \u2066A\u200d\u2069\t\u2028B</title>')
    expect((await cardOf('/signs'))!.title).toBe('gnp. exe�� A\u200d B')
  })

  it.each([
    ['many pixels', () => paint(9000, 9000), 'image/png'],
    ['many bytes', async () => Buffer.concat([await paint(50, 50), Buffer.alloc(5_000_001)]), 'image/png'],
    ['one pixel', () => paint(1, 1), 'image/png'],
    [
      'a drawing',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'),
      'image/png',
    ],
    ['a page', async () => Buffer.from('<title>No picture</title>'), 'image/png'],
  ])('shows no picture where there is %s', async (what, file, type) => {
    const path = `/image-${encodeURIComponent(what)}`
    site[path] = picture(await file(), type)
    site[`${path}-page`] = withImage(path)
    expect(await cardOf(`${path}-page`)).toMatchObject({ title: 'Page', image: null })
    expect(timesAsked(path)).toBe(1)
  })

  it('names a picture that is asked for at no other place than a page is', async () => {
    site['/inside'] = withImage(`http://${trap}/picture`)
    site['/around'] = led(`http://${trap}/picture`)
    site['/around-page'] = withImage('/around')
    for (const path of ['/inside', '/around-page']) expect(await cardOf(path)).toMatchObject({ image: null })
    expect(trapped).toBe(0)
  })
})

describe('a page in another writing', () => {
  const cyrillic = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])
  const japanese = Buffer.from([0x93, 0xfa, 0x96, 0x7b])
  const around = (words: Buffer, head = '') =>
    Buffer.concat([Buffer.from(`${head}<title>`), words, Buffer.from('</title>')])
  it.each<[string, Buffer, string, string]>([
    ['by its server', around(cyrillic), 'text/html; charset="windows-1251"', 'Привет'],
    ['by itself', around(japanese, '<meta charset=shift_jis>'), 'text/html', '日本'],
    [
      'by itself, in the old way',
      around(cyrillic, '<meta http-equiv=Content-Type content="text/html; charset=windows-1251">'),
      'text/html',
      'Привет',
    ],
    [
      'by its first bytes',
      Buffer.from('\ufeff<title>Привет</title>', 'utf16le'),
      'text/html; charset=latin1',
      'Привет',
    ],
    ['by its server, which is wrong', around(cyrillic), 'text/html; charset=utf-8', '������'],
    ['that nobody knows', Buffer.from('<title>Привет</title>'), 'text/html; charset=klingon', 'Привет'],
    ['that it cannot have', around(Buffer.from('Привет'), '<meta charset=utf-16>'), 'text/html', 'Привет'],
  ])('is read as it says %s', async (what, body, type, title) => {
    const path = `/writing-${encodeURIComponent(what)}`
    site[path] = html(body, type)
    expect((await cardOf(path))!.title).toBe(title)
  })
})

describe('the cards of a message', () => {
  const path = (name: string) => {
    site[name] = (response) => html(`<title>${name}</title><meta property=og:image content=/picture>`)(response)
    return at(name)
  }
  const titles = async (id: string, page = amara) => (await cardsOf(page, id)).map(({ title }) => title)
  const isThere = async (image: string) => (await fetch(image)).status === 200
  const gone = (url: string) => expect.poll(() => rowOf(url), { timeout: 20_000 }).toBeUndefined()

  it('go with it, and so do their pictures where nothing else shows them', async () => {
    const url = path('/deleted')
    const [first, second] = [await said(amara, url), await said(amara, url)]
    await settled(url)
    const image = (await cardsOf(amara, first.id))[0]!.image!
    await amara.remove(first.id)
    expect((await amara.read(channelId)).answer.items.find(({ id }) => id === first.id)!.cards).toEqual([])
    expect(await titles(second.id)).toEqual(['/deleted'])
    expect(await isThere(image.url)).toBe(true)
    await amara.remove(second.id)
    await gone(url)
    await expect.poll(() => isThere(image.url), { timeout: 20_000 }).toBe(false)
  })

  it('go with its channel', async () => {
    const url = path('/of-channel')
    const { id } = await openChannel(community)
    await said(amara, url, id)
    await settled(url)
    await community.tenant((tx) => deleteChannel(tx, id, null, options.clock()))
    await gone(url)
  })

  it('go with whoever sent it', async () => {
    const url = path('/of-member')
    const { id: memberId } = await join(community, 'yuki')
    await said(await pageOf(server, community, 'yuki'), url)
    await settled(url)
    await community.tenant((tx) => eraseMessages(tx, [memberId], options.clock()))
    await gone(url)
  })

  it('go while a page is asked', async () => {
    let answer: ServerResponse | undefined
    site['/late'] = (response) => {
      answer = response
    }
    const { id } = await said(amara, at('/late'))
    await expect.poll(() => answer !== undefined, { timeout: 20_000 }).toBe(true)
    await amara.remove(id)
    html('<title>Late</title><meta property=og:image content=/picture>')(answer!)
    await gone(at('/late'))
  })

  it('follow what it says, and stay off when they were taken off', async () => {
    const [one, two] = [path('/one'), path('/two')]
    const { id } = await said(amara, one)
    await settled(one)
    expect((await amara.edit(id, `${one} ${two}`)).status).toBe(200)
    await settled(two)
    expect(await titles(id)).toEqual(['/one', '/two'])
    expect((await amara.edit(id, two)).answer.cards.map(({ title }) => title)).toEqual(['/two'])
    await gone(one)
    const params = { messageId: id }
    const off = await amara.ask('DELETE /widget/v1/{publishableKey}/messages/{messageId}/cards', { params })
    expect([off.status, off.answer.cards]).toEqual([200, []])
    expect((await amara.edit(id, `${two} again`)).answer.cards).toEqual([])
  })

  it('are taken off by its author, or by who looks after messages', async () => {
    const url = path('/taken')
    await join(community, 'kofi')
    await join(community, 'guide', { channelPermissions: { manage_messages: true } })
    const [kofi, guide] = [await pageOf(server, community, 'kofi'), await pageOf(server, community, 'guide')]
    const { id } = await said(amara, url)
    await settled(url)
    const takeOff = (page: Page) =>
      page.ask('DELETE /widget/v1/{publishableKey}/messages/{messageId}/cards', { params: { messageId: id } })
    expect((await takeOff(kofi)).code).toBe('forbidden')
    expect(await titles(id)).toEqual(['/taken'])
    expect((await takeOff(guide)).answer.cards).toEqual([])
    expect((await takeOff(guide)).status).toBe(200)
  })

  it('are others’ in another community: each asks by itself', async () => {
    const url = path('/shared')
    await said(amara, url)
    await settled(url)
    const other = await testCommunity(server)
    await join(other, 'amara')
    const page = await pageOf(server, other, 'amara')
    const { id, cards } = await said(page, url, (await openChannel(other)).id)
    expect(cards).toEqual([])
    await settled(url, other)
    expect(await titles(id, page)).toEqual(['/shared'])
    expect(timesAsked('/shared')).toBe(2)
  })

  it('are thirty a minute in a community, and the rest comes later', async () => {
    const [busy, other] = [await testCommunity(modest), await testCommunity(modest)]
    for (const one of [busy, other]) await join(one, 'amara')
    const [page, elsewhere] = [await pageOf(modest, busy, 'amara'), await pageOf(modest, other, 'amara')]
    const { id } = await openChannel(busy)
    const { id: first } = await said(page, at('/busy?first'), id)
    for (let n = 0; n < 12; n++) await said(page, [0, 1, 2].map((m) => at(`/busy?${3 * n + m}`)).join(' '), id)
    const left = () =>
      busy.tenant(async (tx) => {
        const wanted = await tx.db.selectFrom('link_cards').select('url').where('is_wanted', '=', true).execute()
        return wanted.length
      })
    await expect.poll(left, { timeout: 20_000 }).toBe(7)
    // What is elsewhere waits for nothing, and neither does what goes.
    await said(elsewhere, at('/plain'), (await openChannel(other)).id)
    await settled(at('/plain'), other)
    await page.remove(first)
    await expect.poll(() => rowOf(at('/busy?first'), busy), { timeout: 20_000 }).toBeUndefined()
    expect(await left()).toBe(7)
    expect(asked.filter((one) => one.path.startsWith('/busy'))).toHaveLength(30)
  })

  it('are asked for by another one when whoever began is gone', async () => {
    const url = path('/crashed')
    // Somebody took it just now, and never comes back.
    const due_at = new Date(Date.now() + aheadMs + 60_000)
    await community.tenant((tx) =>
      tx.db
        .insertInto('link_cards')
        .values({ community_id: community.id, url, is_wanted: true, due_at, tries: 1 })
        .execute(),
    )
    const { id } = await said(amara, url)
    await cardOf('/plain')
    expect(timesAsked('/crashed')).toBe(0)
    aheadMs += 61_000
    await settled(url)
    expect(await titles(id)).toEqual(['/crashed'])
  })

  it('are tried by nobody any more when whoever began is gone each time', async () => {
    const url = path('/fatal')
    const due_at = new Date(Date.now() + aheadMs + 60_000)
    await community.tenant((tx) =>
      tx.db
        .insertInto('link_cards')
        .values({ community_id: community.id, url, is_wanted: true, due_at, tries: 3 })
        .execute(),
    )
    await said(amara, url)
    aheadMs += 61_000
    await settled(url)
    expect(timesAsked('/fatal')).toBe(0)
  })

  it('are renewed after a day, when somebody links there again', async () => {
    let words = 'Before'
    site['/renewed'] = (response) => html(`<title>${words}</title><meta property=og:image content=/picture>`)(response)
    site['/mended'] = (response) => response.writeHead(503).end()
    const first = await said(amara, `${at('/renewed')} ${at('/mended')}`)
    for (const one of ['/renewed', '/mended']) await settled(at(one))
    const image = (await cardsOf(amara, first.id))[0]!.image!
    // What did not answer is asked again sooner.
    site['/mended'] = html('<title>Mended</title>')
    aheadMs += 11 * 60_000
    const soon = await pageOf(server, community, 'amara')
    await said(soon, `${at('/renewed')} ${at('/mended')}`)
    await expect.poll(() => titles(first.id, soon), { timeout: 20_000 }).toEqual(['Before', 'Mended'])
    expect(timesAsked('/renewed')).toBe(1)
    words = 'After'
    aheadMs += 24 * 60 * 60_000
    const later = await pageOf(server, community, 'amara')
    const second = await said(later, at('/renewed'))
    await expect.poll(() => titles(second.id, later), { timeout: 20_000 }).toEqual(['After'])
    expect(await titles(first.id, later)).toEqual(['After', 'Mended'])
    await expect.poll(() => isThere(image.url), { timeout: 20_000 }).toBe(false)
    // One that fails by then goes on showing what it said.
    site['/renewed'] = (response) => response.writeHead(500).end()
    aheadMs += 24 * 60 * 60_000
    const last = await pageOf(server, community, 'amara')
    await said(last, at('/renewed'))
    await expect.poll(() => timesAsked('/renewed'), { timeout: 20_000 }).toBe(3)
    await settled(at('/renewed'))
    expect(await titles(first.id, last)).toEqual(['After', 'Mended'])
  })
})
