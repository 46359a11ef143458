/**
 * What somebody writes who has nothing of us but the API document: a client typed by it, that asks something of every
 * family. openapi-tools.test.ts makes its types from the document of a server, compiles it, and runs it against that server. Prints the operations that it asked for.
 */
import createClient from 'openapi-fetch'
import type { components, paths } from './dist/api.js'

interface Surroundings {
  url: string
  serverId: string
  systemKey: string
  publishableKey: string
  userKey: string
  widgetAccess: { accessId: string; accessKey: string }
  accessToken: string
}
const { url, serverId, systemKey, publishableKey, userKey, widgetAccess, accessToken } = JSON.parse(
  process.env.RAI_CLIENT!,
) as Surroundings

const asked = new Set<string>()
function client(bearer?: string) {
  const made = createClient<paths>({ baseUrl: url, ...(bearer && { headers: { authorization: `Bearer ${bearer}` } }) })
  made.use({ onRequest: ({ request, schemaPath }) => void asked.add(`${request.method} ${schemaPath}`) })
  return made
}

function answerOf<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(`refused: ${JSON.stringify(error)}`)
  return data
}

const anyone = client()
const backEnd = client(systemKey)
const person = client(accessToken)

const health: 'ok' = answerOf(await anyone.GET('/healthz')).status

const created = answerOf(await backEnd.POST('/apis/v1/users', { body: { username: 'ada', displayname: 'Ada L.' } }))
const ada: components['schemas']['User'] = created.data
const info = answerOf(await backEnd.POST('/apis/v1/users/info', { body: { idOrEmail: ada._id } }))

const board = answerOf(
  await backEnd.POST('/v1/leaderboards', {
    body: { name: 'Weekly stars', allowedTimeFilters: ['weekly', 'all-time'] },
  }),
).data
const log = answerOf(await backEnd.GET('/v1/audit', { params: { query: { limit: 1 } } })).data

const people = answerOf(
  await backEnd.GET('/apis/v1/communities/{communityId}/users', {
    params: { path: { communityId: serverId }, query: { search: 'ada' } },
  }),
)

const script = client(userKey)
const ownKey = answerOf(await script.GET('/apis/v1/api-key')).data

const servers = answerOf(await person.GET('/api/v1/servers')).body

const signIn = answerOf(await backEnd.GET('/api/secureAuth', { params: { query: { userId: 'ada', action: 'login' } } }))

const { embedToken } = answerOf(
  await anyone.POST('/v2/api/widget-access-keys/token', {
    body: { ...widgetAccess, userIdentifiers: { 'data-username': 'ada' } },
  }),
).data
const page = client(embedToken)
const inPath = { publishableKey, idOrSlug: board.slug }
const config = answerOf(
  await anyone.GET('/widget/v1/{publishableKey}/config', { params: { path: { publishableKey } } }),
)
const mine = answerOf(
  await page.GET('/widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me', {
    params: { path: inPath, query: { period: 'week' } },
  }),
)

const hook = answerOf(
  await backEnd.POST('/v1/hooks', { body: { name: 'Coins', action: { kind: 'currency' }, requiresKey: true } }),
).data
const given = answerOf(
  await anyone.POST('/hooks/v1/{hookAddress}', {
    params: { path: { hookAddress: hook.url!.split('/').at(-1)! } },
    headers: { 'x-api-key': hook.key! },
    body: { user: 'ada', operation: 'add', amount: 5 },
  }),
).data

/** What is refused is typed as well. */
const refused = await anyone.GET('/v1/leaderboards')
const code: components['schemas']['ErrorCode'] | undefined = refused.error?.meta.code

// @ts-expect-error: a username is a text.
void (() => backEnd.POST('/apis/v1/users', { body: { username: 1 } }))
// @ts-expect-error: no such period.
void (() => backEnd.POST('/v1/leaderboards', { body: { name: 'x', allowedTimeFilters: ['hourly'] } }))

const found = {
  health,
  username: info.data.username,
  operation: log.items[0]?.operation,
  people: people.data.map(({ _id }) => _id === ada._id),
  permissions: ownKey.permissions,
  isMine: servers.some(({ id }) => id === serverId),
  signsIn: signIn.loginUrl.startsWith(url),
  boards: config.leaderboards.map(({ slug }) => slug),
  state: mine.state,
  currency: given.currency,
  code,
}
console.log(JSON.stringify({ found, asked: [...asked] }))
