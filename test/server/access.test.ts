import { isWrite, type Method, type Principal, type Route } from '@rai/contract'
import { beforeAll, describe, expect, it } from 'vitest'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { claimStage } from '../../packages/server/src/domain/milestones/claiming.js'
import { createQuest } from '../../packages/server/src/domain/socials/quests.js'
import { writeCursor } from '../../packages/server/src/http/cursor.js'
import { type Ask, ask, type Reply } from '../helpers/api.js'
import {
  csv,
  inQuery,
  isAllowed,
  knock,
  makePlace,
  newQuest,
  operations,
  type Place,
  sendInAnew,
  visitors,
} from '../helpers/operations.js'
import { missingId } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const many = { points: 100_000, seconds: 60 }
const server = await startTestServer({
  // All that everybody asks comes from one address.
  limits: { address: many, login: many, mail: many, password: many, account: many, servers: many, replay: many },
})

let home: Place
let away: Place
beforeAll(async () => {
  home = await makePlace(server, 'https://home.example')
  away = await makePlace(server, 'https://away.example')
})

describe('29: the access table', () => {
  it('28: stands in the published document for every operation', async () => {
    const document = JSON.parse((await ask(server, 'GET /openapi.json')).text)
    for (const [key, route] of operations) {
      const [method, path] = key.split(' ') as [string, string]
      expect(document.paths[path][method.toLowerCase()]['x-rai-access'], key).toEqual(route.access)
      expect(route.access.principals.length, key).toBeGreaterThan(0)
    }
  })

  describe.each(operations)('%s', (key, route) => {
    const verdicts = visitors
      .filter(({ byRoles }) => !byRoles || route.access.may)
      .map((visitor) => ({ ...visitor, verdict: isAllowed(route, visitor) ? 'lets in' : 'refuses' }))
    it.each(verdicts)('$verdict $name', async ({ verdict, as, shows }) => {
      const reply = await knock(key, home, shows(home, route))
      if (verdict === 'refuses') expect([401, 403], reply.text).toContain(reply.status)
      // Its halves are fields that the operation does not know.
      else if (as === 'widgetAccessKey' && route.body && route.access.principals.includes('anyone'))
        expect(reply.status).toBe(400)
      else expect(reply.status, reply.text).toBeLessThan(300)
    })
  })
})

/** A refusal, but for its request's name. */
const words = ({ text, requestId }: Reply) => text.replace(requestId!, '')

describe('29: another community', () => {
  /** Who else may ask for such things at home, asking with what is good away. */
  const strangers = (route: Route, there: Place): Ask[] => {
    const { origin, publishableKey, ...place } = there
    const known: Partial<Record<Principal, Ask[]>> = {
      visitor: [{ origin, params: { publishableKey } }, { params: { publishableKey } }],
      member: [{ origin, bearer: place.token, params: { publishableKey } }],
      communityKey: [{ bearer: place.communityKey }],
      systemKey: [{ bearer: place.systemKey }, { headers: { 'x-api-key': place.systemKey } }],
      userKey: [{ bearer: place.userKey }],
      widgetAccessKey: [{ body: place.widgetAccess }],
      login: [{ bearer: place.accessTokens.at(-1)! }],
      loginMember: [
        { bearer: place.allowed.get(route.access.may ?? 'server_administrator')!, ...inQuery(there, route) },
      ],
      owner: [{ bearer: place.ownerTokens.at(-1)!, ...inQuery(there, route) }],
    }
    return route.access.principals.flatMap((principal) => known[principal] ?? [])
  }
  /** Every operation on a thing that has a name: whoever adds one has it asked for here. Networks are everybody's. */
  const ofThings = operations.filter(([key]) =>
    /\{(?!publishableKey|network|hookAddress)\w+\}|users\/(info|manage|activity)/.test(key),
  )
  const named = [
    'serverId',
    'boardId',
    'jobId',
    'importId',
    'keyId',
    'memberId',
    'roleId',
    'fieldId',
    'channelId',
    'messageId',
    'forumId',
    'frameId',
    'topicId',
    'reportId',
    'milestoneId',
    'userKeyId',
    'categoryId',
    'productId',
    'statusId',
    'orderId',
    'hookId',
  ] as const

  it.each(ofThings)('%s finds nothing of ours', async (key, route) => {
    const nothing = { ...home, ...Object.fromEntries(named.map((name) => [name, missingId])) }
    for (const who of strangers(route, away)) {
      const reply = await knock(key, home, who)
      expect([reply.status, reply.code], reply.text).toEqual([404, 'not_found'])
      // In the same words, so that nobody learns what is there.
      const params = Object.fromEntries(
        [...key.matchAll(/\{(?!publishableKey)(\w+)\}/g)].map(([, name]) => [name!, missingId]),
      )
      const other = await knock(key, nothing, { ...who, params: { ...params, ...who.params } })
      expect(words(other)).toBe(words(reply))
    }
  })

  const byPage = operations.filter(([, route]) => route.access.principals.includes('member'))
  it.each(byPage)('%s does not take its tokens', async (key) => {
    const bearer = away.token
    expect((await knock(key, home, { bearer, origin: home.origin })).status).toBe(401)
    expect((await knock(key, home, { bearer })).status).toBe(401)
    expect((await knock(key, home, { bearer, origin: away.origin })).status).toBe(403)
  })

  /** What of a place its lists name, by how their paths end: that they are not just empty. */
  const listed = {
    leaderboards: 'boardId',
    config: 'boardId',
    keys: 'keyId',
    'api-keys': 'userKeyId',
    channels: 'channelId',
    messages: 'messageId',
    topics: 'topicId',
    'message-reports': 'reportId',
    search: 'topicId',
    'v1/badges': 'badgeId',
    'badge-applications': 'badgeId',
    socials: 'questId',
    'social-reviews': 'questId',
    'bulk-jobs': 'jobId',
    'product-imports': 'importId',
    'product-categories': 'categoryId',
    products: 'productId',
    'order-statuses': 'statusId',
    orders: 'orderId',
    store: 'categoryId',
    items: 'productId',
    servers: 'id',
    filter: 'memberId',
    users: 'memberId',
    'user-fields': 'fieldId',
    milestones: 'milestoneId',
    webhooks: 'webhookId',
    deliveries: 'eventId',
    hooks: 'hookId',
    calls: 'callId',
  } as const
  const shownIn = (key: string) =>
    Object.entries(listed).flatMap(([end, name]) => (key.endsWith(`/${end}`) ? [name] : []))
  /** Every operation of the contract that reads something of a community. A stream has no end. */
  const reads = operations.filter(
    ([key, route]) =>
      !isWrite(key.split(' ')[0] as Method, route) &&
      route.media !== 'text/event-stream' &&
      !route.access.principals.includes('anyone'),
  )
  it.each(reads)('%s shows it its own and none of ours', async (key, route) => {
    const replies: Reply[] = []
    for (const who of strangers(route, away)) {
      const reply = await knock(key, away, who)
      const { text, status } = reply
      replies.push(reply)
      // Some who may ask find nothing: of what is each member's own, that of another is not there.
      expect([200, 404], text).toContain(status)
      for (const id of [home.id, ...named.map((name) => home[name])]) expect(text).not.toContain(id)
    }
    for (const name of shownIn(key)) expect(replies[0]!.text).toContain(away[name])
  })

  /** Every list that is read by cursor. */
  const byCursor = operations.filter(([, { query, body }]) =>
    [query, body].some((part) => 'cursor' in ((part as { shape?: object } | undefined)?.shape ?? {})),
  )
  describe('shown a cursor of ours', () => {
    beforeAll(async () => {
      const as = { bearer: home.systemKey }
      await sendInAnew(
        home,
        (await home.tenant((tx) => createQuest(tx, { ...newQuest, asks: ['note'] }, new Date()))).id,
      )
      const page = { bearer: home.token, origin: home.origin }
      await knock('PUT /widget/v1/{publishableKey}/messages/{messageId}/reactions/{emoji}', home, page)
      for (const memberId of [home.memberId, home.ownerId])
        await home.tenant((tx) => claimStage(tx, home.milestoneId, 1, memberId, new Date()))
      for (const reason of ['First', 'Second']) {
        const params = { userId: home.memberId }
        await ask(server, 'POST /api/v1/users/{userId}/warn', { ...as, params, body: { reason } })
        await knock('POST /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories', home, as)
      }
    })

    it.each(byCursor)('%s begins somewhere in its own, or refuses it', async (key, route) => {
      const isQuery = 'cursor' in ((route.query as { shape?: object } | undefined)?.shape ?? {})
      const [[us], [them]] = [strangers(route, home), strangers(route, away)]
      const first = await knock(key, home, { ...us, query: { ...us!.query, ...(isQuery && { limit: 1 }) } })
      expect(first.status, first.text).toBe(200)
      const { nextCursor } = first.answer as { nextCursor?: string | null }
      if (isQuery) expect(nextCursor, first.text).toEqual(expect.any(String))
      // Pages of users are larger than our community.
      const cursor = nextCursor ?? writeCursor({ id: home.memberId })
      const shown = isQuery ? { query: { ...them!.query, cursor } } : { body: { cursor } }
      const reply = await knock(key, away, { ...them, ...shown })
      expect([200, 400], reply.text).toContain(reply.status)
      for (const id of [home.id, ...named.map((name) => home[name])]) expect(reply.text).not.toContain(id)
    })
  })

  it('cannot be named in a body or a form', async () => {
    for (const body of [
      { username: 'x', communityId: home.id },
      { username: 'x', communityID: home.id },
      { username: 'x', community_id: home.id },
    ]) {
      const reply = await ask(server, 'POST /apis/v1/users', { bearer: away.systemKey, body })
      expect([400, 404]).toContain(reply.status)
    }
    const form = csv()
    const named = new FormData()
    named.set('communityId', home.id)
    named.set('data', form.get('data')!)
    const upload = await ask(server, 'POST /apis/v1/users/bulk-import', { bearer: away.systemKey, form: named })
    expect([upload.status, upload.code]).toEqual([404, 'not_found'])
  })

  it('cannot mint a token for our member, nor be told that there is one', async () => {
    await home.tenant((tx) => createMember(tx, { username: 'only here' }, new Date()))
    const mint = (username: string) =>
      ask(server, 'POST /v2/api/widget-access-keys/token', {
        body: { ...away.widgetAccess, userIdentifiers: { 'data-username': username } },
      })
    expect(words(await mint('only here'))).toBe(words(await mint('nowhere')))
  })
})
