import { beforeAll, expect, test } from 'vitest'
import { ask } from '../helpers/api.js'
import { runCsv } from '../helpers/bulk.js'
import { join, openChannel, pageOf } from '../helpers/channels.js'
import { testCommunity } from '../helpers/community.js'
import { times } from '../helpers/long.js'
import { realMessages, type Said } from '../helpers/messages.js'
import { startTestServer } from '../helpers/server.js'

/*
 * Messages on real input: texts of many scripts, each said by its author through the public API, one after the other,
 * and read back, counted and searched by a member's page.
 */

const many = { points: 1_000_000, seconds: 60 }
const server = await startTestServer({ limits: { key: many, page: many, address: many } })
const community = await testCommunity(server)
const howMany = times(200, 19_992)
let said: Said[]
let channelId: string

beforeAll(
  async () => {
    const all = await realMessages()
    expect(all).toHaveLength(19_992)
    // From everywhere in the file.
    const step = Math.floor(all.length / howMany)
    said = all.filter((_, n) => n % step === 0).slice(0, howMany)
    const members = ['username', ...said.map(({ username }) => `"${username.replaceAll('"', '""')}"`)].join('\n')
    const job = await runCsv(server.url, community.communityKey, 'import', members)
    expect(job).toMatchObject({ status: 'completed', failed: 0 })
    await join(community, 'reader', { at: new Date(Date.now() - 1000) })
    channelId = (await openChannel(community)).id
    for (const { username: sender, text: message } of said) {
      const body = { channelId, message, sender }
      const reply = await ask(server, 'POST /apis/v1/messages/send', { bearer: community.communityKey, body })
      expect(reply.status, reply.text).toBe(200)
    }
  },
  times(120_000, 1_200_000),
)

test('are read back as they were said, in that order', { timeout: times(60_000, 300_000) }, async () => {
  const reader = await pageOf(server, community, 'reader')
  expect((await reader.channel(channelId)).answer.unread).toBe(100)
  const found = []
  for (let before: string | undefined; ; ) {
    const { answer } = await reader.read(channelId, { limit: 100, ...(before && { before }) })
    found.unshift(...answer.items.map(({ author, text }) => ({ username: author!.name, text })))
    if (!answer.hasBefore) break
    before = answer.items[0]!.id
  }
  expect(found).toEqual(said)
})

test('are found by what stands in them', async () => {
  const reader = await pageOf(server, community, 'reader')
  for (const { text } of said.filter((_, n) => n % Math.floor(said.length / 10) === 0)) {
    const part = [...text].slice(-20).join('').trim()
    const query = { text: part, limit: 100 }
    const { answer } = await reader.ask('GET /widget/v1/{publishableKey}/channels/{channelId}/search', {
      params: { channelId },
      query,
    })
    const expected = said.filter((one) => one.text.toLowerCase().includes(part.toLowerCase()))
    expect(answer.items.map((one) => one.text)).toEqual(expected.map((one) => one.text).reverse())
  }
})
