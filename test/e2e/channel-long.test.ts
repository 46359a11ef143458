import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, embedToken } from '../helpers/api.js'
import { runCsv } from '../helpers/bulk.js'
import { join, pageOf as memberPage, openChannel } from '../helpers/channels.js'
import { testCommunity } from '../helpers/community.js'
import { times } from '../helpers/long.js'
import { realMessages, seedMessages } from '../helpers/messages.js'
import { startTestServer } from '../helpers/server.js'
import { startBrowser, visit } from './browser.js'
import { pageOf, startSite } from './site.js'

const many = { points: 1_000_000, seconds: 60 }
const site = await startSite()
const server = await startTestServer({ limits: { key: many, page: many, address: many } })
const community = await testCommunity(server, { origin: site.origin })
const browser = await startBrowser()
const real = await realMessages()

/** So many rows may be in the document, however many messages there are. */
const mostRows = 120

await join(community, 'reader', { at: new Date(Date.now() - 1000) })

/** A page with a channel, as its reader sees it. */
async function open(channelId: string) {
  const token = JSON.stringify({ embedToken: await embedToken(server, community, 'reader') })
  const tokenUrl = site.put('/token', token, { 'Content-Type': 'application/json' })
  const line = `<script async src="${server.url}/rai.js" data-key="${community.publishableKey}" data-token-url="${tokenUrl}"></script>`
  const url = site.page(pageOf(`<rai-channel channel="${channelId}"></rai-channel>`, line))
  const visited = await visit(browser, url, { viewport: { width: 420, height: 700 } })
  await visited.page.locator('rai-channel [part~=message]').first().waitFor()
  return visited
}

/**
 * Scrolls up until what comes next has been drawn, again and again, or until there is nothing before.
 * @returns The most rows that were drawn at once, and what was seen, first to last.
 */
const flingUp = (page: Page, howOften: number) =>
  page.locator('rai-channel [part~=log]').evaluate(async (log, howOften) => {
    const rows = () => [...log.querySelectorAll<HTMLElement>('[part~=message]')]
    const seen = new Map<string, { name: string; text: string }>()
    let most = 0
    const look = () => {
      const drawn = rows()
      most = Math.max(most, drawn.length)
      for (const row of drawn) {
        const name = row.querySelector('[part~=author]')!.textContent
        seen.set(row.dataset.id!, { name, text: row.querySelector('[part~=text]')!.textContent.trim() })
      }
      return drawn[0]!.dataset.id
    }
    let isBeginning = false
    for (let n = 0; n < howOften && !isBeginning; n++) {
      const first = look()
      log.scrollTop = 0
      do {
        await new Promise(requestAnimationFrame)
        isBeginning = log.querySelector('.beginning') !== null
      } while (rows()[0]!.dataset.id === first && !isBeginning)
    }
    look()
    const said = [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, one]) => ({ id, ...one }))
    return { most, said, isBeginning }
  }, howOften)

/**
 * Reads on upwards, and answers by how many pixels what is read has moved otherwise than one scrolled, at most; and the most
 * rows.
 */
const readUp = (page: Page, frames: number, step: number) =>
  page.locator('rai-channel [part~=log]').evaluate(
    async (log, { frames, step }) => {
      const texts = () => [...log.querySelectorAll<HTMLElement>('[part~=text]')]
      let [moved, most] = [0, 0]
      for (let n = 0; n < frames; n++) {
        const middle = log.getBoundingClientRect().top + log.clientHeight / 2
        const read = texts().find((one) => one.getBoundingClientRect().bottom > middle)!
        const [id, before, top] = [read.id, read.getBoundingClientRect().bottom, log.scrollTop]
        log.scrollTop -= step
        const wanted = before + top - log.scrollTop
        await new Promise(requestAnimationFrame)
        await new Promise(requestAnimationFrame)
        const now = texts().find((one) => one.id === id)!
        moved = Math.max(moved, Math.abs(now.getBoundingClientRect().bottom - wanted))
        most = Math.max(most, log.querySelectorAll('[part~=message]').length)
      }
      return { moved, most }
    },
    { frames, step },
  )

describe('a channel with fifty thousand messages', () => {
  test('draws few of them, keeps what one reads in its place while more come, and leads back to the newest', {
    timeout: times(120_000, 600_000),
  }, async () => {
    const { id: channelId } = await openChannel(community)
    const people = []
    for (let n = 0; n < 20; n++) people.push(await join(community, `speaker-${n}`))
    const texts = Array.from({ length: 50_000 }, (_, n) => `${n}: ${real[n % real.length]!.text}`)
    const seeded = { channelId, authorIds: people.map(({ id }) => id), texts, at: new Date() }
    await community.tenant((tx) => seedMessages(tx, seeded))
    const other = await memberPage(server, community, 'speaker-1')

    const { page, exceptions } = await open(channelId)
    const last = page.locator('rai-channel [part~=message]').last()
    await last.getByText('49999: ').waitFor()
    const howOften = times(60, 2000)
    const { most, said, isBeginning } = await flingUp(page, howOften)
    expect(most).toBeLessThanOrEqual(mostRows)
    const numbers = said.map(({ text }) => Number(text.split(':')[0]))
    // Nothing is left out, and nothing comes twice.
    expect(numbers).toEqual(numbers.map((_, n) => 50_000 - numbers.length + n))
    expect(isBeginning || numbers.length > howOften * 25).toBe(true)
    expect(isBeginning).toBe(howOften > 1700)

    // Where that was the beginning, there is nothing above to read.
    const jump = page.locator('rai-channel [part~=jump-button]')
    await jump.click()
    await last.getByText('49999: ').waitFor()
    const read = await readUp(page, 60, 150)
    expect(read.moved).toBeLessThan(2)
    expect(read.most).toBeLessThanOrEqual(mostRows)

    const reading = readUp(page, 120, 7)
    for (let n = 0; n < 30; n++) expect((await other.say(channelId, `New ${n}`)).status).toBe(201)
    const { moved, most: mostWhile } = await reading
    expect(moved).toBeLessThan(2)
    expect(mostWhile).toBeLessThanOrEqual(mostRows)
    await jump.getByText(/30/).waitFor()
    await jump.click()
    await last.getByText('New 29').waitFor()
    expect(exceptions).toEqual([])
  })
})

describe('real messages', () => {
  test('posted by their authors through the public API, are read, scrolled and found in the widget', {
    timeout: times(180_000, 2_400_000),
  }, async () => {
    const howMany = times(200, 19_992)
    const step = Math.floor(real.length / howMany)
    const said = real.filter((_, n) => n % step === 0).slice(0, howMany)
    expect(said).toHaveLength(howMany)
    const members = ['username', ...said.map(({ username }) => `"${username.replaceAll('"', '""')}"`)].join('\n')
    const job = await runCsv(server.url, community.communityKey, 'import', members)
    expect(job).toMatchObject({ status: 'completed', failed: 0 })
    const { id: channelId } = await openChannel(community)
    for (const { username: sender, text: message } of said) {
      const body = { channelId, message, sender }
      const reply = await ask(server, 'POST /apis/v1/messages/send', { bearer: community.communityKey, body })
      expect(reply.status, reply.text).toBe(200)
    }

    const { page, exceptions } = await open(channelId)
    const read = await flingUp(page, Number.POSITIVE_INFINITY)
    expect(read.most).toBeLessThanOrEqual(mostRows)
    expect(read.said.map(({ name }) => name)).toEqual(said.map(({ username }) => username))
    const lettersOf = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '')
    const plain = said.flatMap(({ text }, n) => (/[[\]]|\d[.)] /.test(text) ? [] : [n]))
    expect(plain.length).toBeGreaterThan(howMany / 2)
    for (const n of plain) expect(lettersOf(read.said[n]!.text)).toBe(lettersOf(said[n]!.text))

    for (const n of [0.1, 0.5, 0.9].map((part) => plain[Math.floor(part * plain.length)]!)) {
      const words = said[n]!.text.match(/[\p{L}\p{N}\p{M}]{3,}/gu) ?? []
      const word = words.sort((a, b) => b.length - a.length)[0]!
      await page.locator('rai-channel [part~=find-button]').click()
      await page.locator('rai-channel [part~=search-input]').fill(word)
      const found = page.locator('rai-channel [part~=found]')
      const expected = said.filter(({ text }) => text.toLowerCase().includes(word.toLowerCase())).reverse()
      const names = () => found.locator('.name').allTextContents()
      await expect
        .poll(async () => {
          const shown = await names()
          return shown.length > 0 && shown.every((name, at) => name === expected[at]!.username)
        })
        .toBe(true)
      await found.first().click()
      await page.locator(`rai-channel .marked[data-id="${read.said[said.indexOf(expected[0]!)]!.id}"]`).waitFor()
    }
    expect(exceptions).toEqual([])
  })
})
