/** The server of routes.ts: ours, and beside it in the same process the baseline of each credential. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { routes as contract } from '@rai/contract'
import { fastify } from 'fastify'
import { writeDown } from '../../packages/server/src/domain/audit.js'
import { createBadge } from '../../packages/server/src/domain/badges/badges.js'
import { createChannel } from '../../packages/server/src/domain/channels.js'
import { createField } from '../../packages/server/src/domain/fields/fields.js'
import { recordValue } from '../../packages/server/src/domain/fields/values.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { createTokens } from '../../packages/server/src/domain/keys/tokens.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { createRole } from '../../packages/server/src/domain/roles.js'
import type { Services } from '../../packages/server/src/http/context.js'
import {
  askerByHeader,
  askerByLogin,
  askerByPage,
  loginByHeader,
  pageOrigin,
  publishableKey,
} from '../../packages/server/src/http/credential.js'
import { startServer } from '../../packages/server/src/start.js'
import { ask } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { quietConfig } from '../helpers/config.js'
import { signedIn } from '../helpers/people.js'
import type { RouteAsked } from './routes.js'

const members = 2000
/** How many of everything else there are: roles, badges, channels, fields, records of a value, deeds. */
const others = 20
const dataDir = mkdtempSync(join(tmpdir(), 'rai-bench-'))
const config = await quietConfig({ dataDir, secretKey: Buffer.alloc(32, 1) })
const many = { points: 10_000_000, seconds: 60 }
const server = await startServer(config, { limits: { address: many, page: many, key: many } })
const { database } = server
const community = await testCommunity(server)
const { id: communityId, tenant, publishableKey: page, communityKey, systemKey, origin, widgetAccess } = community
const owner = await signedIn(server, community, { username: 'owner', role: 'owner' })
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
  for (let n = 1; n <= others; n++) {
    const name = `Number ${n}`
    await createRole(tx, { title: name }, 'community', now)
    await createBadge(tx, { title: name }, now)
    await createChannel(tx, { topic: name, type: 'open' }, null, now)
    const field = await createField(tx, { field: `number-${n}`, name, type: 'number', creatorId: null }, now)
    await recordValue(tx, { memberId: owner.id, field, value: n }, { at: now, source: 'api', actor: null })
    await writeDown(tx, { operation: name, actor: { kind: 'machine', id: null } }, now)
  }
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
baseline.get<{ Params: { serverId: string } }>('/login/:serverId', async ({ headers, params }) => {
  const login = (await loginByHeader(services, headers))!
  const route = contract['GET /api/v1/servers/{serverId}/me']
  return answer((await askerByLogin(services, login, route, params.serverId)).communityId)
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
const asOperator = { reference: `${baselineUrl}/key`, headers: { authorization: `Bearer ${systemKey}` } }
const asLogin = {
  reference: `${baselineUrl}/login/${communityId}`,
  headers: { authorization: `Bearer ${owner.bearer}` },
}
/** A page of the filter, by how many users it finds: it holds 200 at most. */
const found = (users: number): RouteAsked => ({
  what: users === 1 ? 'one user by filter' : `${users} users by filter`,
  url: `${server.url}/apis/v1/users/filter`,
  body: JSON.stringify({ filter: { xp: { gte: (members - users + 1) * 10 } } }),
  ...asBackEnd,
})
const application = `${server.url}/apis/v1/communities/${communityId}`
const system = `${server.url}/api/v1`
const routes: RouteAsked[] = [
  { what: 'widget config', url: `${widget}/config`, ...asPage },
  { what: 'a board', url: `${widget}/leaderboards/points`, ...asPage },
  { what: '50 rows', url: `${widget}/leaderboards/points/rows`, ...asPage },
  { what: 'rows around me', url: `${widget}/leaderboards/points/rows/me`, ...asMember },
  { what: 'me', url: `${widget}/me`, ...asMember },
  { what: 'user info', url: `${server.url}/apis/v1/users/info`, body: '{"idOrEmail":"member-500"}', ...asBackEnd },
  ...[200, 20, 1].map(found),
  {
    what: 'a month of a user',
    url: `${server.url}/apis/v1/users/activity/daily`,
    body: '{"identifier":"member-500","identifier_type":"username"}',
    ...asBackEnd,
  },
  { what: 'bulk jobs', url: `${server.url}/apis/v1/users/bulk-jobs`, ...asBackEnd },
  { what: 'list of boards', url: `${server.url}/v1/leaderboards`, ...asBackEnd },
  {
    what: 'what a user did',
    url: `${server.url}/apis/v1/users/activity/stats`,
    body: '{"identifier":"member-500","identifier_type":"username"}',
    ...asBackEnd,
  },
  { what: 'user fields', url: `${application}/user-fields`, ...asOperator },
  { what: 'history of all fields', url: `${application}/user-field-histories`, ...asOperator },
  { what: 'members of a community', url: `${application}/users`, ...asOperator },
  { what: 'keys', url: `${server.url}/v1/keys`, ...asOperator },
  { what: 'audit log', url: `${server.url}/v1/audit`, ...asOperator },
  { what: 'me, by login', url: `${system}/servers/${communityId}/me`, ...asLogin },
  { what: 'roles, by login', url: `${system}/servers/${communityId}/roles`, ...asLogin },
  { what: 'channels, by login', url: `${system}/servers/${communityId}/channels`, ...asLogin },
  { what: 'badges, by login', url: `${system}/badges?serverId=${communityId}`, ...asLogin },
  { what: 'user fields, by login', url: `${application}/user-fields`, ...asLogin },
]
process.on('message', async () => {
  await baseline.close()
  await server.stop()
  rmSync(dataDir, { recursive: true })
  process.disconnect()
})
process.send!(routes)
