/** The server of routes.ts: ours, and beside it in the same process the baseline of each credential. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { createTokens } from '../../packages/server/src/domain/keys/tokens.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import type { Services } from '../../packages/server/src/http/context.js'
import { askerByHeader, askerByPage, pageOrigin, publishableKey } from '../../packages/server/src/http/credential.js'
import { startServer } from '../../packages/server/src/start.js'
import { ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { quietConfig } from '../helpers/config.js'
import type { RouteAsked } from './routes.js'

const members = 2000
const dataDir = mkdtempSync(join(tmpdir(), 'rai-bench-'))
const config = await quietConfig({ dataDir, secretKey: Buffer.alloc(32, 1) })
const many = { points: 10_000_000, seconds: 60 }
const server = await startServer(config, { limits: { address: many, page: many, key: many } })
const { database } = server
const community = await testCommunity(server)
const { tenant, publishableKey: page, communityKey, origin, widgetAccess } = community
await tenant(async (tx) => {
  const now = new Date()
  await createBoard(tx, { name: 'Points', slug: 'points' }, now)
  const moves = []
  for (let n = 1; n <= members; n++) {
    const { id } = await createMember(tx, { username: `member-${n}`, displayName: `Member ${n}` }, now)
    moves.push({
      memberId: id,
      unit: 'xp',
      amount: n * 10,
      reason: 'import',
      key: `bench:${n}`,
      actor: 'bench',
    } as const)
  }
  await post(tx, moves, now)
})

const services = {
  database,
  config,
  tokens: createTokens(database, rootKey(config.secretKey!), config.publicUrl),
  log: console,
  clock: () => new Date(),
} as unknown as Services
const baseline = fastify()
/** What the credential check must cost, one look at the community by its key, and an answer. */
const answer = (communityId: string) =>
  database.tenant(
    communityId,
    async (tx) => ({
      data: await tx.db
        .selectFrom('communities')
        .select(['id', 'name'])
        .where('id', '=', communityId)
        .executeTakeFirst(),
    }),
    { snapshot: true },
  )
baseline.get<{ Params: { key: string } }>('/page/:key', async (request) => {
  const { headers, params } = request
  const key = await publishableKey(services, request, params.key)
  return answer((await askerByPage(services, headers, key, pageOrigin(services, headers, key))).communityId)
})
baseline.all('/key', async ({ headers }) => answer((await askerByHeader(services, headers)).communityId))
const baselineUrl = await baseline.listen({ host: '127.0.0.1', port: 0 })

const { answer: minted } = await ask(server, 'POST /v2/api/widget-access-keys/token', {
  body: { ...widgetAccess, userIdentifiers: { 'data-username': 'member-1000' } },
})

const widget = `${server.url}/widget/v1/${page}`
const asPage = { reference: `${baselineUrl}/page/${page}`, headers: { origin } }
const asMember = { ...asPage, headers: { origin, authorization: `Bearer ${minted.embedToken}` } }
const asBackEnd = {
  reference: `${baselineUrl}/key`,
  headers: { authorization: `Bearer ${communityKey}`, 'content-type': 'application/json' },
}
const routes: RouteAsked[] = [
  { what: 'widget config', url: `${widget}/config`, ...asPage },
  { what: 'a board', url: `${widget}/leaderboards/points`, ...asPage },
  { what: '50 rows', url: `${widget}/leaderboards/points/rows`, ...asPage },
  { what: 'rows around me', url: `${widget}/leaderboards/points/rows/me`, ...asMember },
  { what: 'me', url: `${widget}/me`, ...asMember },
  { what: 'user info', url: `${server.url}/apis/v1/users/info`, body: '{"idOrEmail":"member-500"}', ...asBackEnd },
  { what: '200 users', url: `${server.url}/apis/v1/users/filter`, body: '{"filter":{"xp":{"gte":100}}}', ...asBackEnd },
  {
    what: 'a month of a user',
    url: `${server.url}/apis/v1/users/activity/daily`,
    body: '{"identifier":"member-500","identifier_type":"username"}',
    ...asBackEnd,
  },
  { what: 'bulk jobs', url: `${server.url}/apis/v1/users/bulk-jobs`, ...asBackEnd },
  { what: 'list of boards', url: `${server.url}/v1/leaderboards`, ...asBackEnd },
]
process.on('message', async () => {
  await baseline.close()
  await server.stop()
  rmSync(dataDir, { recursive: true })
  process.disconnect()
})
process.send!(routes)
