import {
  keyPrefixes,
  type Permission,
  type Principal,
  permissions,
  type Route,
  type RouteKey,
  routes,
  type ServerPermission,
  serverPermissions,
  type UserPermission,
  userPermissions,
} from '@rai/contract'
import type { AccountsTx, Tx } from '../../packages/server/src/db/database.js'
import { createAccount, newLink } from '../../packages/server/src/domain/accounts/accounts.js'
import { createPasswords } from '../../packages/server/src/domain/accounts/passwords.js'
import { newLoginCode } from '../../packages/server/src/domain/accounts/secure-auth.js'
import { beginSession } from '../../packages/server/src/domain/accounts/sessions.js'
import { apply } from '../../packages/server/src/domain/badges/applications.js'
import { badgeById, createBadge } from '../../packages/server/src/domain/badges/badges.js'
import { createChannel, onlookerOf } from '../../packages/server/src/domain/channels.js'
import { createField } from '../../packages/server/src/domain/fields/fields.js'
import { visit } from '../../packages/server/src/domain/gamification/visits.js'
import { listCalls, writeDownRefused } from '../../packages/server/src/domain/hooks/calls.js'
import { createHook } from '../../packages/server/src/domain/hooks/hooks.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { createKey, type NewKey, revokeKey, rotateKey } from '../../packages/server/src/domain/keys/keys.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { newSecret } from '../../packages/server/src/domain/keys/text.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, findMember } from '../../packages/server/src/domain/members/members.js'
import { sendMessage } from '../../packages/server/src/domain/messages/messages.js'
import type { Speaker } from '../../packages/server/src/domain/messages/places.js'
import { react } from '../../packages/server/src/domain/messages/reactions.js'
import { listReports, reportMessage } from '../../packages/server/src/domain/messages/reports.js'
import { beginTopic } from '../../packages/server/src/domain/messages/topics.js'
import { changeRoles, createRole, type RoleInput } from '../../packages/server/src/domain/roles.js'
import { claim } from '../../packages/server/src/domain/socials/claims.js'
import { createQuest, questById } from '../../packages/server/src/domain/socials/quests.js'
import { sendIn } from '../../packages/server/src/domain/socials/reviews.js'
import { createCategory } from '../../packages/server/src/domain/store/categories.js'
import { buy } from '../../packages/server/src/domain/store/orders.js'
import { createProducts } from '../../packages/server/src/domain/store/products.js'
import { writeQuote } from '../../packages/server/src/domain/store/quotes.js'
import { changeStore } from '../../packages/server/src/domain/store/settings.js'
import { createStatus } from '../../packages/server/src/domain/store/statuses.js'
import { addVouchers } from '../../packages/server/src/domain/store/vouchers.js'
import { beginningOfTime } from '../../packages/server/src/domain/time.js'
import { createEndpoint } from '../../packages/server/src/domain/webhooks/endpoints.js'
import { type Ask, ask, embedToken, type Reply } from './api.js'
import { type TestCommunity, testCommunity } from './community.js'
import { openMilestone } from './milestones.js'
import { type Person, signedIn, signIn } from './people.js'
import type { TestServer } from './server.js'

const many = { points: 10_000_000, seconds: 60 }
/** Limits of requests that no test reaches. */
export const noLimits = {
  ...{ address: many, key: many, page: many },
  ...{ login: many, mail: many, password: many, account: many, servers: many, replay: many },
}

/** Every operation of the contract. */
export const operations = Object.entries<Route>(routes) as [RouteKey, Route][]

/** What operations ask of roles. */
const asked = [...new Set(operations.flatMap(([, { access }]) => access.may ?? []).concat('server_administrator'))]

/** A community with something of everything to ask for, and every kind of credential. */
export interface Place extends TestCommunity {
  server: TestServer
  serverId: string
  boardId: string
  keyId: string
  memberId: string
  ownerId: string
  channelId: string
  messageId: string
  forumId: string
  /** Of an iframe channel whose page may know who looks. */
  frameId: string
  topicId: string
  reportId: string
  jobId: string
  importId: string
  fieldId: string
  badgeId: string
  milestoneId: string
  categoryId: string
  productId: string
  statusId: string
  orderId: string
  questId: string
  webhookId: string
  /** Of something that was to be sent there. */
  eventId: string
  /** An incoming hook, how it is called, and a call of it. */
  hookId: string
  hookAddress: string
  hookKey: string
  callId: string
  token: string
  /** A community key without the permission of an operation. */
  keyWithout: Map<Permission, string>
  /** A key of the member's own, and others that are no good or no use. */
  userKey: string
  userKeyId: string
  userKeyWithout: Map<UserPermission, string>
  inactiveUserKey: string
  revokedKey: string
  rotatedKey: string
  expiredKey: string
  revokedPublishableKey: string
  accountId: string
  /** Access tokens of as many logins: one of the operations ends its login. */
  accessTokens: string[]
  ownerTokens: string[]
  /** A role that only whom Secure Auth signs in have. */
  roleId: string
  /** Access tokens of members whose roles allow what an operation asks for and nothing else, or all but that. */
  allowed: Map<ServerPermission, string>
  allowedTheRest: Map<ServerPermission, string>
}

const email = (origin: string) => `member@${new URL(origin).host}`
const password = 'seven hills before breakfast'
/** That of the place's role. */
const accessLevel = 7
const { hash } = createPasswords()

/** Makes such a community on a server, which must not mind many logins. */
export async function makePlace(server: TestServer, origin: string): Promise<Place> {
  const community = await testCommunity(server, { origin })
  const now = new Date()
  const newKey = async (input: Partial<NewKey>) =>
    community.tenant((tx) => createKey(tx, { kind: 'community', name: 'Test', permissions, ...input }, now))
  const keyWithout = new Map<Permission, string>()
  for (const permission of permissions) {
    const rest = permissions.filter((one) => one !== permission)
    keyWithout.set(permission, (await newKey({ permissions: rest })).key)
  }
  const revoked = [await newKey({}), await newKey({ kind: 'publishable', origins: [origin] })] as const
  for (const { id } of revoked) await community.tenant((tx) => revokeKey(tx, id, now))
  const rotated = await newKey({})
  await community.tenant((tx) => rotateKey(tx, rotated.id, 0, now))
  const passwordHash = await hash(password)
  const member = await signedIn(server, community, { username: 'member', email: email(origin), passwordHash }, now)
  const owner = await signedIn(server, community, { username: 'owner', role: 'owner' }, now)
  /** An access token for each operation. */
  const tokensOf = async ({ account_id: accountId }: Person) => {
    const tokens: string[] = []
    for (const _ of operations) tokens.push(await signIn(server, { accountId: accountId! }, now))
    return tokens
  }
  const newRole = (input: RoleInput & { title: string }) =>
    community.tenant((tx) => createRole(tx, input, 'community', now))
  /** A member whose one role, which stands above others, allows these things. */
  const signedInWith = async (title: string, names: readonly ServerPermission[]) => {
    const serverPermissions = Object.fromEntries(names.map((name) => [name, true]))
    const role = await newRole({ title, position: 10, serverPermissions })
    const person = await signedIn(server, community, { username: title }, now)
    await community.tenant((tx) => changeRoles(tx, person, { add: [role.id] }, now))
    return person.bearer
  }
  const allowed = new Map<ServerPermission, string>()
  const allowedTheRest = new Map<ServerPermission, string>()
  for (const may of asked) {
    const rest = (Object.keys(serverPermissions) as ServerPermission[]).filter(
      (name) => name !== may && name !== 'server_administrator',
    )
    allowed.set(may, await signedInWith(`only.${may}`, [may]))
    allowedTheRest.set(may, await signedInWith(`not.${may}`, rest))
  }
  const newUserKey = (input: Partial<NewKey>) =>
    newKey({ kind: 'user', memberId: member.id, permissions: userPermissions, ...input })
  const userKey = await newUserKey({})
  const userKeyWithout = new Map<UserPermission, string>()
  for (const permission of userPermissions) {
    const rest = userPermissions.filter((one) => one !== permission)
    userKeyWithout.set(permission, (await newUserKey({ permissions: rest })).key)
  }
  const topic = { topic: 'Channel', type: 'open', permissions: { [community.id]: { pinable: true } } } as const
  const channel = await community.tenant((tx) => createChannel(tx, topic, null, now))
  const message = await sayIn(community, channel.id, member.id)
  for (const { id } of [member, owner])
    await community.tenant(async (tx) =>
      react(tx, await speakerOf(tx, id), { messageId: message.id, emoji }, new Date()),
    )
  const reportId = await report(community, [member.id, owner.id], message.id)
  const forum = await openForum(community, member.id)
  const { id: frameId } = await openFrame(community)
  const board = await community.tenant((tx) => createBoard(tx, { name: 'Board', requiresOptIn: true }, now))
  const badge = await community.tenant((tx) => createBadge(tx, { title: 'Badge', applied: true }, now))
  const milestone = await community.tenant((tx) => openMilestone(tx))
  const sold = await openStore(server, community, member.id)
  const quest = await community.tenant((tx) => createQuest(tx, { ...newQuest, asks: ['note'] }, now))
  const told = await newWebhook(server, community)
  const hook = await newHook(server, community)
  const job = await ask(server, 'POST /apis/v1/users/bulk-import', { bearer: community.systemKey, form: csv() })
  const goods = await ask(server, 'POST /v1/products/import', { bearer: community.systemKey, form: productsCsv() })
  return {
    ...community,
    server,
    serverId: community.id,
    boardId: board.id,
    keyId: rotated.id,
    memberId: member.id,
    ownerId: owner.id,
    channelId: channel.id,
    messageId: message.id,
    ...forum,
    frameId,
    reportId,
    jobId: job.answer.jobId,
    importId: goods.answer.jobId,
    fieldId: (await newField(community)).id,
    badgeId: badge.id,
    milestoneId: milestone.id,
    ...sold,
    questId: quest.id,
    ...told,
    ...hook,
    token: await embedToken(server, community, 'member'),
    keyWithout,
    userKey: userKey.key,
    userKeyId: userKey.id,
    userKeyWithout,
    inactiveUserKey: (await newUserKey({ isActive: false })).key,
    revokedKey: revoked[0].key,
    rotatedKey: rotated.key,
    expiredKey: (await newKey({ expiresAt: new Date(now.getTime() - 1) })).key,
    revokedPublishableKey: revoked[1].key,
    accountId: member.account_id!,
    accessTokens: await tokensOf(member),
    ownerTokens: await tokensOf(owner),
    roleId: (await newRole({ title: 'Guests', accessLevel })).id,
    allowed,
    allowedTheRest,
  }
}

/** How a member speaks. */
const speakerOf = async (tx: Tx, memberId: string): Promise<Speaker> => ({
  onlooker: await onlookerOf(tx, memberId),
  isBackEnd: false,
  only: null,
  keyId: null,
})

/** Has a member say something, each time anew. */
const sayIn = ({ tenant }: Pick<TestCommunity, 'tenant'>, channelId: string, memberId: string) =>
  tenant(async (tx) => sendMessage(tx, await speakerOf(tx, memberId), channelId, { text: 'Hello' }, new Date()))

/** Has members report a message. Answers a report. */
const report = ({ tenant }: TestCommunity, memberIds: readonly string[], messageId: string) =>
  tenant(async (tx) => {
    for (const id of memberIds) await reportMessage(tx, await speakerOf(tx, id), messageId, 'Rude', new Date())
    return (await listReports(tx, {}, undefined, 1))[0]!.id
  })

/** A forum with two topics. */
const openForum = ({ tenant }: TestCommunity, memberId: string) =>
  tenant(async (tx) => {
    const forum = await createChannel(tx, { topic: 'Forum', type: 'forum' }, null, new Date())
    const speaker = await speakerOf(tx, memberId)
    const begin = () => beginTopic(tx, speaker, forum.id, { title: 'Topic', text: 'Hello' }, new Date())
    await begin()
    return { forumId: forum.id, topicId: (await begin()).id }
  })

/** A channel that shows a page, which may know who looks. */
const openFrame = ({ tenant }: TestCommunity) =>
  tenant((tx) => {
    const may: 'identity'[] = ['identity']
    const iframe = { url: 'https://app.example.com/', capabilities: may, granted: may }
    return createChannel(tx, { topic: 'App', type: 'iframe', iframe }, null, new Date())
  })

/** Opens the store with something of everything, and two of what is listed. Two codes for nothing are the member's. */
async function openStore({ config }: TestServer, { tenant }: TestCommunity, memberId: string) {
  const now = new Date()
  const root = rootKey(config.secretKey!)
  return tenant(async (tx) => {
    await changeStore(tx, { isEnabled: true }, now)
    const category = await createCategory(tx, { name: 'Category' }, now)
    const status = await createStatus(tx, { name: 'Sent', category: 'complete', color: '#1f883d' }, now)
    const products = [
      { name: 'Voucher', price: 0, type: 'voucher' as const },
      { name: 'Mug', price: 1 },
    ]
    const [product] = await createProducts(tx, products, now)
    const codes = Array.from({ length: 1000 }, (_, n) => `code ${n}`)
    await addVouchers(tx, root, product!.id, codes, null, now)
    const quote = () => writeQuote(tx, root, { memberId, itemId: product!.id, price: 0, amount: undefined }, now).text
    await buy(tx, root, memberId, { quote: quote(), information: {} }, now)
    const { order } = await buy(tx, root, memberId, { quote: quote(), information: {} }, now)
    return { categoryId: category.id, productId: product!.id, statusId: status.id, orderId: order.id }
  })
}

/** An endpoint that nothing is sent to, and an event that was to be. */
async function newWebhook({ config }: TestServer, { id, tenant }: TestCommunity) {
  const now = new Date()
  const url = 'https://hooks.example/'
  return tenant(async (tx) => {
    const { endpoint } = await createEndpoint(
      tx,
      rootKey(config.secretKey!),
      { url, events: ['webhook.endpoint.failing'] },
      now,
    )
    const at = { community_id: id, created_at: now }
    const ids = [newId(), newId()]
    const told = {
      ...at,
      type: 'webhook.endpoint.failing',
      seq: 1,
      member_id: null,
      said_id: null,
      payload: '{}',
    } as const
    const sent = { ...at, endpoint_id: endpoint.id, status: 'exhausted', due_at: now } as const
    await tx.db
      .insertInto('webhook_messages')
      .values(ids.map((id) => ({ ...told, id })))
      .execute()
    await tx.db
      .insertInto('webhook_deliveries')
      .values(ids.map((message_id) => ({ ...sent, message_id })))
      .execute()
    return { webhookId: endpoint.id, eventId: ids[0]! }
  })
}

/** An incoming hook that is there for this request alone: there may be but so many. */
const hookAnew = async ({ server, tenant }: Place): Promise<Ask> => {
  const input = { name: 'To go', action: { kind: 'currency' }, requiresKey: true } as const
  return tenant(async (tx) => {
    await tx.db.deleteFrom('hooks').where('community_id', '=', tx.communityId).where('name', '=', 'To go').execute()
    const { hook } = await createHook(tx, rootKey(server.config.secretKey!), input, new Date())
    return { params: { hookId: hook.id } }
  })
}

/** An incoming hook, and two calls of it. */
async function newHook({ config }: TestServer, { tenant }: TestCommunity) {
  const now = new Date()
  const input = { name: 'Hook', action: { kind: 'currency' }, requiresKey: true } as const
  return tenant(async (tx) => {
    const { hook, address, key } = await createHook(tx, rootKey(config.secretKey!), input, now)
    for (const reason of ['First', 'Second']) await writeDownRefused(tx, hook.id, { code: 'conflict', reason }, now)
    const [call] = await listCalls(tx, hook.id, { after: undefined, limit: 1 })
    return { hookId: hook.id, hookAddress: address!, hookKey: key!, callId: call!.id }
  })
}

/** Gives the place's member a prize, if they have none yet. */
const win = ({ id, boardId, memberId, tenant }: Place) =>
  tenant((tx) =>
    tx.db
      .insertInto('board_winners')
      .values({
        community_id: id,
        board_id: boardId,
        period: 'all',
        period_start: beginningOfTime,
        member_id: memberId,
        rank: 1,
        prize: JSON.stringify({ from: 1, to: 1, title: 'Boots' }),
      })
      .onConflict((oc) => oc.doNothing())
      .execute(),
  )

let made = 0
/** Lets the place's member have a streak to get back: one that missed a day of its own. */
const loseStreak = ({ memberId, tenant }: Place) =>
  tenant(async (tx) => {
    const now = new Date()
    await visit(tx, memberId, now)
    const day = new Date(Date.UTC(2001, 0, ++made)).toISOString().slice(0, 10)
    const until = new Date(now.getTime() + 3_600_000)
    const lost = { lost_streak: 2, lost_from: day, lost_to: day, lost_until: until }
    await tx.db
      .updateTable('visits')
      .set(lost)
      .where('community_id', '=', tx.communityId)
      .where('member_id', '=', memberId)
      .execute()
  })

/** A field of numbers that is not there yet. */
const newField = ({ tenant }: TestCommunity) =>
  tenant((tx) =>
    createField(tx, { field: `made-${++made}`, name: 'Made', type: 'number', creatorId: null }, new Date()),
  )

export const newQuest = { title: 'Quest', network: 'web', action: 'visit', proof: 'review' } as const

/** A file of a product, each time another one. */
const productsCsv = () => {
  const form = new FormData()
  form.set('data', new Blob([`name,price\nMade ${++made},5\n`]), 'data.csv')
  return form
}

/** A file with a member who is not there yet. */
export const csv = () => {
  const form = new FormData()
  form.set('data', new Blob([`Username\nuploaded ${++made}\n`], { type: 'text/csv' }), 'members.csv')
  return form
}

/** A file for a message. */
const note = (fields: Record<string, string> = {}) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([`Note ${++made}`]), 'note.txt')
  return form
}

const identified = (memberId: string) => ({ identifier: memberId, identifier_type: 'id', days: 1 })

const emoji = '🎉'
/** A message of the place's member that is there for this request alone. */
const sayAnew = async ({ tenant }: Place): Promise<Ask> => {
  const channel = await tenant((tx) => createChannel(tx, { topic: 'To go', type: 'open' }, null, new Date()))
  const member = await tenant((tx) => findMember(tx, { username: 'member' }))
  return { params: { messageId: (await sayIn({ tenant }, channel.id, member!.id)).id } }
}
const toSay = ({ channelId }: Place): Ask => ({ body: { channelId, message: 'Hello', sender: 'member' } })

/** Requests that are good in every way but for who asks; each is new, so that nothing exists already. */
const requests: { [K in RouteKey]?: (place: Place, who: Ask) => Ask | Promise<Ask> } = {
  'POST /v2/api/widget-access-keys/token': () => ({
    body: { accessId: 'x', accessKey: 'x', userIdentifiers: { 'data-username': 'member' } },
  }),
  'POST /v2/api/widget-access-keys/validate': ({ token }) => ({ body: { embedToken: token } }),
  'POST /apis/v1/users': () => ({ body: { username: `made ${++made}` } }),
  'PATCH /apis/v1/me': () => ({ body: { displayName: 'Changed' } }),
  'POST /apis/v1/users/info': ({ memberId }) => ({ body: { idOrEmail: memberId } }),
  'POST /apis/v1/users/filter': () => ({ body: { fields: ['_id'] } }),
  'POST /apis/v1/users/manage': ({ memberId }) => ({ body: { action: 'restore', user: memberId } }),
  'GET /apis/v1/users/activity/daily': ({ memberId }) => ({ query: identified(memberId) }),
  'POST /apis/v1/users/activity/daily': ({ memberId }) => ({ body: identified(memberId) }),
  'POST /apis/v1/users/activity/stats': ({ memberId }) => ({ body: identified(memberId) }),
  'POST /apis/v1/communities/{communityId}/user-fields': () => ({
    body: { field: `made-${++made}`, name: 'Made', type: 'text' },
  }),
  'PUT /apis/v1/communities/{communityId}/user-fields/{fieldId}': () => ({ body: { name: 'Changed', type: 'number' } }),
  'DELETE /apis/v1/communities/{communityId}/user-fields/{fieldId}': async (place) => ({
    params: { fieldId: (await newField(place)).id },
  }),
  'POST /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories': () => ({
    body: { value: 5 },
  }),
  'POST /apis/v1/users/bulk-import': () => ({ form: csv() }),
  'POST /apis/v1/users/bulk-update': () => ({ form: csv() }),
  'POST /v1/products/import': () => ({ form: productsCsv() }),
  'POST /v1/leaderboards': () => ({ body: { name: 'Made' } }),
  'PATCH /v1/leaderboards/{leaderboardId}': () => ({ body: { description: 'changed' } }),
  'DELETE /v1/leaderboards/{leaderboardId}': async ({ tenant }) => {
    const { id } = await tenant((tx) => createBoard(tx, { name: 'To go' }, new Date()))
    return { params: { leaderboardId: id } }
  },
  'POST /v1/milestones': () => ({
    body: { name: 'Made', stages: [{ name: 'Stage', conditions: { kind: 'visit', atLeast: 1 } }] },
  }),
  'PATCH /v1/milestones/{milestoneId}': () => ({ body: { description: 'changed' } }),
  'DELETE /v1/milestones/{milestoneId}': async ({ tenant }) => ({
    params: { milestoneId: (await tenant((tx) => openMilestone(tx))).id },
  }),
  'PATCH /v1/gamification': () => ({ body: { tiers: [] } }),
  'POST /v1/keys': () => ({ body: { kind: 'community', name: 'Made', permissions: [] } }),
  'PATCH /v1/keys/{keyId}': () => ({ body: { name: 'Changed' } }),
  'POST /v1/keys/{keyId}/rotate': () => ({ body: { overlapSeconds: 0 } }),
  'DELETE /v1/keys/{keyId}': async ({ tenant }) => {
    const { id } = await tenant((tx) => createKey(tx, { kind: 'community', name: 'To go' }, new Date()))
    return { params: { keyId: id } }
  },
  'POST /api/v1/auth/register': () => ({
    body: { email: `new${++made}@home.example`, password, firstname: '', lastname: '' },
  }),
  'POST /api/v1/auth/verify-email': ({ server }) =>
    server.database.accounts(async (tx) => ({ body: { token: await confirmable(tx) } })),
  'POST /api/v1/auth/resend-verification': () => ({ body: { email: 'new@home.example' } }),
  'POST /api/v1/auth/login': ({ origin }) => ({ body: { email: email(origin), password } }),
  'POST /api/v1/auth/refresh': ({ server, accountId }) =>
    server.database.accounts(async (tx) => {
      const { tokens } = await beginSession(tx, { accountId }, new Date())
      return { body: { refreshToken: tokens.refreshToken } }
    }),
  'POST /api/v1/auth/forgot-password': ({ origin }) => ({ body: { email: email(origin) } }),
  'POST /api/v1/auth/reset-password': ({ server }) =>
    server.database.accounts(async (tx) => {
      const account = await createAccount(tx.db, { email: `reset${++made}@home.example` }, '', new Date())
      return { body: { token: await newLink(tx, 'account', account!.id, new Date()), password } }
    }),
  'POST /api/v1/auth/redeem': ({ tenant }) =>
    tenant(async (tx) => {
      const { code } = await newLoginCode(tx, { username: 'guest', email: 'guest@home.example' }, new Date())
      return { body: { code } }
    }),
  'POST /api/v1/servers': () => ({ body: { name: 'Made' } }),
  'PUT /api/v1/servers/{serverId}': () => ({ body: { name: 'Changed' } }),
  'POST /api/v1/roles': () => ({ body: { title: `Role ${++made}` } }),
  'PUT /api/v1/roles/{id}': ({ roleId }) => ({ params: { id: roleId }, body: { billable: true } }),
  'DELETE /api/v1/roles/{id}': async ({ tenant }) => {
    const { id } = await tenant((tx) => createRole(tx, { title: `To go ${++made}` }, 'community', new Date()))
    return { params: { id } }
  },
  'GET /api/v1/roles/{id}': ({ memberId }) => ({ params: { id: memberId } }),
  'POST /api/v1/roles/{roleId}/add': ({ memberId }) => ({ body: { userId: memberId } }),
  'POST /api/v1/roles/{roleId}/remove': ({ memberId }) => ({ body: { userId: memberId } }),
  'POST /api/v1/channels': () => ({ body: { topic: 'Made', channelType: 'open' } }),
  'PUT /api/v1/channels/{channelId}': () => ({ body: { topic: 'Changed' } }),
  'DELETE /api/v1/channels/{channelId}': async ({ tenant }) => {
    const { id } = await tenant((tx) => createChannel(tx, { topic: 'To go', type: 'open' }, null, new Date()))
    return { params: { channelId: id } }
  },
  'POST /apis/v1/messages/send': toSay,
  'POST /apis/v1/messages': toSay,
  'POST /apis/v1/messages/reply': ({ messageId }) => ({ body: { messageId, message: 'Hello', sender: 'member' } }),
  'POST /apis/v1/messages/react': ({ messageId }) => ({ body: { messageId, emoji: ':tada:', sender: 'member' } }),
  'POST /widget/v1/{publishableKey}/channels/{channelId}/messages': () => ({ body: { text: 'Hello' } }),
  'POST /widget/v1/{publishableKey}/channels/{channelId}/attachments': () => ({ form: note() }),
  'POST /apis/v1/messages/attachments': ({ channelId }) => ({ form: note({ channelId, sender: 'member' }) }),
  'PUT /widget/v1/{publishableKey}/channels/{channelId}/read': ({ messageId }) => ({ body: { messageId } }),
  'POST /widget/v1/{publishableKey}/channels/{channelId}/token': ({ frameId }) => ({
    params: { channelId: frameId },
    body: {},
  }),
  'PUT /widget/v1/{publishableKey}/channels/{channelId}/mute': () => ({ body: { isMuted: true } }),
  'GET /widget/v1/{publishableKey}/channels/{channelId}/topics': ({ forumId }) => ({ params: { channelId: forumId } }),
  'POST /widget/v1/{publishableKey}/channels/{channelId}/topics': ({ forumId }) => ({
    params: { channelId: forumId },
    body: { title: 'Topic', text: 'Hello' },
  }),
  'GET /widget/v1/{publishableKey}/channels/{channelId}/search': ({ forumId }) => ({
    params: { channelId: forumId },
    query: { text: 'hello' },
  }),
  'POST /widget/v1/{publishableKey}/messages/{messageId}/reports': () => ({ body: { reason: 'Rude' } }),
  'DELETE /apis/v1/communities/{communityId}/messages/{messageId}': sayAnew,
  'PUT /apis/v1/communities/{communityId}/message-reports/{reportId}': () => ({ body: { isClosed: true } }),
  'POST /widget/v1/{publishableKey}/messages/{messageId}/replies': () => ({ body: { text: 'Hello' } }),
  'PATCH /widget/v1/{publishableKey}/messages/{messageId}': () => ({ body: { text: 'Changed' } }),
  'DELETE /widget/v1/{publishableKey}/messages/{messageId}': sayAnew,
  'POST /apis/v1/users/{userId}/api-keys': () => ({ body: { name: 'Made', permissions: [] } }),
  'POST /apis/v1/users/apikeys': ({ memberId }) => ({
    query: { userId: memberId },
    body: { name: 'Made', permissions: [] },
  }),
  'PUT /apis/v1/users/{userId}/api-keys/{keyId}': async (place, who) => ({
    params: { keyId: await userKeyOf(place, who) },
    body: { name: 'Changed' },
  }),
  'DELETE /apis/v1/users/{userId}/api-keys/{keyId}': async (place, who) => ({
    params: { keyId: await userKeyOf(place, who) },
  }),
  'POST /api/v1/badges': () => ({ body: { title: 'Made', action: 'custom' } }),
  'PUT /api/v1/badges/{badgeId}': () => ({ body: { title: 'Changed' } }),
  'DELETE /api/v1/badges/{badgeId}': async ({ tenant }) => {
    const { id } = await tenant((tx) => createBadge(tx, { title: 'To go' }, new Date()))
    return { params: { badgeId: id } }
  },
  'POST /api/v1/badges/{badgeId}/award': ({ memberId }) => ({ body: { userId: memberId } }),
  'POST /api/v1/badges/{badgeId}/remove': ({ memberId }) => ({ body: { userId: memberId } }),
  'POST /api/v1/badges/{badgeId}/application': async (place) => ({ ...(await applyAnew(place)), body: {} }),
  'GET /api/v1/badges/{badgeId}/application': (place) => applyAnew(place, 'member', 'owner'),
  'GET /api/v1/badge-applications': (place) => applyAnew(place, 'member', 'owner'),
  'POST /api/v1/badge-applications/{applicationId}/approve': (place) => applyAnew(place, 'member'),
  'POST /api/v1/badge-applications/{applicationId}/reject': (place) => applyAnew(place, 'member'),
  ...toSomebodyNew('warn', { reason: 'Why' }),
  ...toSomebodyNew('suspend', { until: '2100-01-01T00:00:00.000Z' }),
  ...toSomebodyNew('unsuspend', undefined, 'suspended'),
  ...toSomebodyNew('kick', {}),
  ...toSomebodyNew('ban', {}),
  ...toSomebodyNew('unban', undefined, 'banned'),
  'POST /v1/socials': () => ({ body: { ...newQuest, title: 'Made' } }),
  'PATCH /v1/socials/{questId}': () => ({ body: { description: 'changed' } }),
  'DELETE /v1/socials/{questId}': async ({ tenant }) => {
    const { id } = await tenant((tx) => createQuest(tx, newQuest, new Date()))
    return { params: { questId: id } }
  },
  'GET /v1/social-reviews': (place) => sendInAnew(place),
  'POST /v1/social-reviews/{reviewId}/approve': (place) => sendInAnew(place),
  'POST /v1/social-reviews/{reviewId}/reject': async (place) => ({
    ...(await sendInAnew(place)),
    body: { reason: 'It is not there any more.' },
  }),
  'POST /v1/webhooks': () => ({ body: { url: 'https://hooks.example/', events: ['webhook.endpoint.failing'] } }),
  'PATCH /v1/webhooks/{webhookId}': () => ({ body: { description: 'changed' } }),
  'DELETE /v1/webhooks/{webhookId}': async ({ server, ...place }) => ({
    params: { webhookId: (await newWebhook(server, place)).webhookId },
  }),
  'POST /v1/webhooks/{webhookId}/replay': () => ({
    body: { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' },
  }),
  'POST /v1/hooks': () => ({ body: { name: 'To go', action: { kind: 'currency' }, requiresKey: true } }),
  'PATCH /v1/hooks/{hookId}': () => ({ body: { description: 'changed' } }),
  'DELETE /v1/hooks/{hookId}': hookAnew,
  'POST /v1/hooks/{hookId}/rotate': async (place) => ({ ...(await hookAnew(place)), body: { secret: 'key' } }),
  'POST /hooks/v1/{hookAddress}': () => ({ body: { user: 'member', operation: 'add', amount: 1 } }),
  'PUT /v1/social-networks/{network}': () => ({ body: { clientId: 'made', clientSecret: 'made' } }),
  'PATCH /v1/referral': () => ({ body: { page: 'https://site.example/join?ref={code}' } }),
  'POST /widget/v1/{publishableKey}/socials/{questId}/claim': () => ({ body: { note: 'Made' } }),
  'POST /widget/v1/{publishableKey}/linked-accounts/{network}/connect': async ({ server, systemKey }) => {
    const application = { params: { network }, body: { clientId: 'made', clientSecret: 'made' } }
    await ask(server, 'PUT /v1/social-networks/{network}', { bearer: systemKey, ...application })
    return { body: {} }
  },
  'GET /api/secureAuth': () => {
    const userId = `guest${++made}`
    return { query: { userId, action: 'login', email: `${userId}@home.example`, accessLevel } }
  },
  'PATCH /widget/v1/{publishableKey}/me': () => ({ body: { visibility: 'public' } }),
  'POST /widget/v1/{publishableKey}/streak/repair': async (place) => {
    await loseStreak(place)
    return {}
  },
  'POST /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/prizes/claim': async (place) => {
    await win(place)
    return { body: { period: 'all' } }
  },
  'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/seen': () => ({ body: { rank: 1 } }),
  'PUT /v1/stores': () => ({ body: { isEnabled: true } }),
  'POST /v1/product-categories': () => ({ body: { name: 'Made' } }),
  'PUT /v1/product-categories/{categoryId}': () => ({ body: { name: 'Changed' } }),
  'DELETE /v1/product-categories/{categoryId}': async ({ tenant }) => {
    const { id } = await tenant((tx) => createCategory(tx, { name: 'To go' }, new Date()))
    return { params: { categoryId: id } }
  },
  'POST /v1/products': () => ({ body: { name: 'Made', price: 1 } }),
  'POST /v1/products/bulk': () => ({ body: [{ name: 'Made', price: 1 }] }),
  'PUT /v1/products/bulk': ({ productId }) => ({ body: [{ _id: productId, name: 'Changed' }] }),
  'PUT /v1/products/{productId}': () => ({ body: { name: 'Changed' } }),
  'PUT /v1/products/{productId}/image': () => ({ body: {} }),
  'DELETE /v1/products/{productId}': async ({ tenant }) => {
    const [product] = await tenant((tx) => createProducts(tx, [{ name: 'To go', price: 1 }], new Date()))
    return { params: { productId: product!.id } }
  },
  'POST /v1/products/{productId}/vouchers': () => ({ body: { codes: [`code ${++made}`] } }),
  'DELETE /v1/products/{productId}/vouchers': async ({ tenant }) => {
    const [product] = await tenant((tx) => createProducts(tx, [{ name: 'Of codes', price: 1 }], new Date()))
    return { params: { productId: product!.id } }
  },
  'POST /v1/order-statuses': () => ({ body: { name: 'Made', category: 'complete', color: '#1f883d' } }),
  'PUT /v1/order-statuses/{statusId}': () => ({ body: { name: 'Changed' } }),
  'DELETE /v1/order-statuses/{statusId}': async ({ tenant }) => {
    const status = { name: 'To go', category: 'complete', color: '#1f883d' } as const
    const { id } = await tenant((tx) => createStatus(tx, status, new Date()))
    return { params: { statusId: id } }
  },
  'PUT /v1/orders/{orderId}': ({ statusId }) => ({ body: { statusId } }),
  'PUT /widget/v1/{publishableKey}/store/items/{itemId}/wish': () => ({ body: { notify: true } }),
  'POST /widget/v1/{publishableKey}/store/quotes': ({ productId }) => ({ body: { itemId: productId } }),
  'POST /widget/v1/{publishableKey}/store/orders': async ({ server, tenant, memberId, productId }) => {
    const root = rootKey(server.config.secretKey!)
    const asked = { memberId, itemId: productId, price: 0, amount: undefined }
    const { text } = await tenant(async (tx) => writeQuote(tx, root, asked, new Date()))
    return { body: { quote: text }, headers: { 'idempotency-key': `intent ${++made}` } }
  },
  // Otherwise it would stay open.
  'GET /widget/v1/{publishableKey}/stream': () => ({ method: 'HEAD' }),
}

/** What is done to a member, to one whom nobody else needs. */
function toSomebodyNew(
  action: string,
  body?: object,
  status: 'active' | 'suspended' | 'banned' = 'active',
): Partial<typeof requests> {
  const request = async ({ tenant }: Place) => {
    const { id } = await tenant((tx) => createMember(tx, { username: `made ${++made}` }, new Date()))
    await tenant((tx) =>
      tx.db
        .updateTable('members')
        .set({ status })
        .where('community_id', '=', tx.communityId)
        .where('id', '=', id)
        .execute(),
    )
    return { params: { userId: id }, ...(body && { body }) }
  }
  return { [`POST /api/v1/users/{userId}/${action}`]: request }
}

/** A new key of whoever asks about their own, or else of the place's member. */
async function userKeyOf({ tenant, memberId }: Place, { params }: Ask): Promise<string> {
  const key = { kind: 'user', name: 'Own', memberId: params?.userId ?? memberId } as const
  return (await tenant((tx) => createKey(tx, key, new Date()))).id
}

/** Only these have applied for the place's badge, and nobody has it. Names the last application. */
const applyAnew = ({ id, badgeId, tenant }: Place, ...usernames: readonly string[]): Promise<Ask> =>
  tenant(async (tx) => {
    for (const table of ['badge_applications', 'member_badges'] as const)
      await tx.db.deleteFrom(table).where('community_id', '=', id).where('badge_id', '=', badgeId).execute()
    const badge = await badgeById(tx, badgeId)
    let applicationId = 'none'
    for (const username of usernames) {
      const member = await findMember(tx, { username })
      applicationId = (await apply(tx, badge, member!.id, { note: '', attachmentId: null }, new Date())).id
    }
    return { params: { applicationId } }
  })

/** The place's member has sent in something for a quest, and nobody has anything else. Names it. */
export const sendInAnew = ({ id, tenant, ...place }: Place, questId = place.questId): Promise<Ask> =>
  tenant(async (tx) => {
    for (const table of ['social_reviews', 'social_progress'] as const)
      await tx.db.deleteFrom(table).where('community_id', '=', id).where('quest_id', '=', questId).execute()
    const quest = await questById(tx, questId)
    const member = await findMember(tx, { username: 'member' })
    const doer = { memberId: member!.id, timeZone: 'UTC', weekStart: 1 }
    const now = new Date()
    const evidence = { note: 'Made', link: null, pictureId: null }
    await claim(
      tx,
      quest,
      doer,
      async (row) => ({ is: 'in_review', until: await sendIn(tx, quest, row, evidence, now) }),
      now,
    )
    const [review] = await tx.db
      .selectFrom('social_reviews')
      .select('id')
      .where('community_id', '=', id)
      .where('quest_id', '=', questId)
      .execute()
    return { params: { reviewId: review!.id } }
  })

/** One on which accounts can be connected. */
export const network = 'github'

/** A registration's token. */
async function confirmable(tx: AccountsTx): Promise<string> {
  const id = newId()
  await tx.db
    .insertInto('registrations')
    .values({
      id,
      email: `confirmed${++made}@home.example`,
      password_hash: '',
      first_name: '',
      last_name: '',
      display_name: '',
      created_at: new Date(),
    })
    .execute()
  return newLink(tx, 'registration', id, new Date())
}

/** A good request for a place's things; `who` says how it is asked. */
export async function goodRequest(key: RouteKey, place: Place, who: Ask): Promise<Ask> {
  const request = (await requests[key]?.(place, who)) ?? {}
  const {
    boardId,
    badgeId,
    categoryId,
    questId,
    channelId,
    fieldId,
    importId,
    jobId,
    keyId,
    memberId: userId,
    messageId,
    milestoneId,
    orderId,
    productId,
    publishableKey,
    reportId,
    roleId,
    webhookId,
    eventId,
    hookId,
    serverId,
    statusId,
  } = place
  const boards = { leaderboardId: boardId, idOrSlug: boardId }
  const store = { categoryId, itemId: productId, orderId, productId, statusId }
  const community = { serverId, communityId: serverId }
  const things = {
    ...boards,
    ...community,
    ...store,
    ...{ badgeId, channelId, fieldId, jobId, keyId, milestoneId, n: '1', publishableKey, roleId, userId },
    badgeId,
    questId,
    network,
    channelId,
    emoji,
    fieldId,
    importId,
    jobId,
    keyId,
    messageId,
    publishableKey,
    reportId,
    roleId,
    webhookId,
    eventId,
    hookId,
    // As secret as a key: who knows it says so.
    hookAddress: 'x',
    userId,
  }
  const { body: shown, ...rest } = who
  const isWhole = request.body === undefined || Array.isArray(request.body)
  const body = isWhole ? {} : { body: { ...(request.body as object), ...(shown as object) } }
  const query = { ...request.query, ...who.query }
  return { ...request, ...rest, ...body, query, params: { ...things, ...request.params, ...who.params } }
}

/** Asks so. */
export const knock = async (key: RouteKey, place: Place, who: Ask): Promise<Reply> =>
  ask(place.server, key, await goodRequest(key, place, who))

/** Everyone who may come to the door, and what they show there. */
export interface Visitor {
  name: string
  /** What they are; undefined: nobody, or nobody who may ask like that. */
  as?: Principal
  /** What they are as well. */
  also?: readonly Principal[]
  /** Has every permission but the operation's. */
  lacks?: true
  /** Comes only where something is asked of roles. */
  byRoles?: true
  /** Shows a secret in a browser, which is refused even where nobody need show anything. */
  careless?: true
  shows(place: Place, route: Route): Ask
}

const nowhere = { publishableKey: 'x' }
/** Where a login asks, if the query says so. */
export const inQuery = ({ serverId }: Place, { query }: Route): Ask =>
  query && 'serverId' in query.shape ? { query: { serverId } } : {}
export const visitors: Visitor[] = [
  { name: 'nobody', shows: () => ({ params: nowhere }) },
  { name: 'a made-up key', shows: () => ({ bearer: 'rai_sk_x', params: { publishableKey: 'rai_pk_x' } }) },
  {
    name: 'a revoked key',
    shows: ({ revokedKey, revokedPublishableKey: publishableKey }) => ({
      bearer: revokedKey,
      params: { publishableKey },
    }),
  },
  { name: 'a secret that was rotated', shows: ({ rotatedKey }) => ({ bearer: rotatedKey, params: nowhere }) },
  { name: 'an expired key', shows: ({ expiredKey }) => ({ bearer: expiredKey, params: nowhere }) },
  { name: 'a page elsewhere', shows: () => ({ origin: 'https://evil.test' }) },
  { name: 'a signed-in page elsewhere', shows: ({ token }) => ({ bearer: token, origin: 'https://evil.test' }) },
  { name: 'a page', as: 'visitor', shows: ({ origin }) => ({ origin }) },
  { name: 'no page, but its key', as: 'visitor', shows: () => ({}) },
  { name: 'a signed-in page', as: 'member', shows: ({ token, origin }) => ({ bearer: token, origin }) },
  {
    name: 'a publishable key in the place of a secret one',
    shows: ({ publishableKey }) => ({ bearer: publishableKey, params: nowhere }),
  },
  { name: 'a community key', as: 'communityKey', shows: ({ communityKey }) => ({ bearer: communityKey }) },
  {
    name: 'a community key without the permission',
    as: 'communityKey',
    lacks: true,
    shows: ({ keyWithout }, { access }) => ({ bearer: keyWithout.get(access.permission ?? 'bulk') }),
  },
  {
    name: 'a community key in a browser',
    careless: true,
    shows: ({ communityKey, origin }) => ({ bearer: communityKey, origin }),
  },
  { name: 'a user key', as: 'userKey', shows: ({ userKey }) => ({ bearer: userKey }) },
  {
    name: 'a user key without the permission',
    as: 'userKey',
    lacks: true,
    shows: ({ userKeyWithout }, { access }) => ({
      bearer: userKeyWithout.get(access.ownPermission ?? 'sendMessages')!,
    }),
  },
  {
    name: 'a user key that is not active',
    shows: ({ inactiveUserKey }) => ({ bearer: inactiveUserKey, params: nowhere }),
  },
  { name: 'a user key in a browser', careless: true, shows: ({ userKey, origin }) => ({ bearer: userKey, origin }) },
  { name: 'the system key', as: 'systemKey', shows: ({ systemKey }) => ({ bearer: systemKey }) },
  {
    name: 'the system key in a browser',
    careless: true,
    shows: ({ systemKey, origin }) => ({ bearer: systemKey, origin }),
  },
  {
    name: 'a widget access key',
    as: 'widgetAccessKey',
    shows: ({ widgetAccess }) => ({ body: widgetAccess, params: nowhere }),
  },
  {
    name: 'a system that knows a hook',
    as: 'hook',
    shows: ({ hookAddress, hookKey }) => ({ params: { ...nowhere, hookAddress }, headers: { 'x-api-key': hookKey } }),
  },
  {
    name: 'a system that knows a hook and not its key',
    shows: ({ hookAddress }) => ({ params: { ...nowhere, hookAddress } }),
  },
  {
    name: 'a browser that knows a hook',
    careless: true,
    shows: ({ hookAddress, hookKey, origin }) => ({
      params: { ...nowhere, hookAddress },
      headers: { 'x-api-key': hookKey },
      origin,
    }),
  },
  {
    name: 'a member who signed in',
    as: 'loginMember',
    also: ['login'],
    lacks: true,
    shows: (place, route) => ({ bearer: place.accessTokens.pop()!, params: nowhere, ...inQuery(place, route) }),
  },
  {
    name: 'an owner who signed in',
    as: 'owner',
    also: ['login', 'loginMember'],
    shows: (place, route) => {
      // About their own, where it is not a right over others.
      const self = route.access.may ? {} : { userId: place.ownerId }
      const query = { ...inQuery(place, route).query, ...(route.query && 'userId' in route.query.shape && self) }
      return { bearer: place.ownerTokens.pop()!, params: { ...nowhere, ...self }, query }
    },
  },
  {
    name: 'a member whose roles allow it',
    as: 'loginMember',
    byRoles: true,
    shows: (place, route) => ({ bearer: place.allowed.get(route.access.may!)!, ...inQuery(place, route) }),
  },
  {
    name: 'a member whose roles allow all but that',
    as: 'loginMember',
    lacks: true,
    byRoles: true,
    shows: (place, route) => ({ bearer: place.allowedTheRest.get(route.access.may!)!, ...inQuery(place, route) }),
  },
  {
    name: 'an administrator who signed in',
    as: 'loginMember',
    byRoles: true,
    shows: (place, route) => ({ bearer: place.allowed.get('server_administrator')!, ...inQuery(place, route) }),
  },
  {
    name: 'a made-up access token',
    shows: () => ({ bearer: newSecret(keyPrefixes.accessToken), params: nowhere }),
  },
]

/** Whether the contract lets somebody ask. */
export function isAllowed({ access }: Route, { as, also = [], lacks, careless }: Visitor): boolean {
  if (careless) return false
  if (access.principals.includes('anyone')) return true
  const isListed = [as, ...also].some((one) => one && access.principals.includes(one))
  const needed = as === 'loginMember' ? access.may : as === 'userKey' ? access.ownPermission : access.permission
  return isListed && !(lacks && needed)
}
