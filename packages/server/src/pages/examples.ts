import type { BodyOf, RouteKey } from '@rai/contract'

const product: BodyOf<'POST /v1/products'> = {
  name: 'Trail mug',
  price: 250,
  stock: 50,
  purchaseLimit: { quantity: 1, interval: { count: 1, unit: 'month' } },
  information: [{ name: 'size', label: 'Which size?', required: true, options: ['S', 'M', 'L'] }],
}

const hello = {
  channelId: '01a219d9-e669-7804-98f1-bb10413e3fdd',
  message: 'Hello from the hut!',
  sender: 'amara@example.com',
}

/** What a caller may send, for the API reference. */
export const bodyExamples: { [K in RouteKey]?: BodyOf<K> } = {
  'POST /v2/api/widget-access-keys/token': {
    accessId: 'rai_wid_4Jx0…',
    accessKey: 'rai_wsk_9bPq…',
    userIdentifiers: { 'data-username': 'amara' },
    origin: 'https://www.example.com',
  },
  'POST /v2/api/widget-access-keys/validate': { embedToken: 'eyJhbGciOiJFZERTQSIs…' },
  'POST /apis/v1/users': { username: 'amara', email: 'amara@example.com', displayname: 'Amara Okafor' },
  'POST /apis/v1/users/info': { idOrEmail: 'amara@example.com' },
  'PATCH /apis/v1/me': { displayName: 'Amara O.', timeZone: 'Africa/Lagos' },
  'POST /apis/v1/users/filter': {
    fields: ['email', 'first_name', 'xp', 'country'],
    filter: { xp: { gte: 100, lte: 500 }, join_date: { gte: '2026-11-01' }, country: 'DE' },
  },
  'POST /apis/v1/users/manage': { action: 'delete', user: 'amara' },
  'POST /apis/v1/users/activity/daily': { identifier: 'amara@example.com', identifier_type: 'email', days: 20 },
  'POST /apis/v1/users/activity/stats': { identifier: 'amara@example.com', identifier_type: 'email', days: 20 },
  'POST /apis/v1/communities/{communityId}/user-fields': { field: 'club', name: 'Club', type: 'single-line-text' },
  'PUT /apis/v1/communities/{communityId}/user-fields/{fieldId}': {
    name: 'Home club',
    type: 'single-line-text',
    required: true,
  },
  'POST /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories': { value: 'Alpine' },
  'POST /apis/v1/messages/send': hello,
  'POST /apis/v1/messages': hello,
  'POST /apis/v1/messages/reply': {
    messageId: '01a219d9-e669-7804-98f1-bb10413e3fdd',
    message: 'Welcome, Amara!',
    sender: 'yuki',
  },
  'POST /apis/v1/messages/react': {
    messageId: '01a219d9-e669-7804-98f1-bb10413e3fdd',
    emoji: ':sparkling_heart:',
    sender: 'yuki',
  },
  'POST /widget/v1/{publishableKey}/channels/{channelId}/messages': { text: 'Hello from the hut!', clientId: '7f3a' },
  'POST /widget/v1/{publishableKey}/channels/{channelId}/topics': { title: 'Boots', text: 'Which ones?' },
  'POST /widget/v1/{publishableKey}/channels/{channelId}/token': { nonce: 'c29tZSByYW5kb20gYnl0ZXM' },
  'PUT /widget/v1/{publishableKey}/channels/{channelId}/read': { messageId: '01a219d9-e669-7804-98f1-bb10413e3fdd' },
  'PUT /widget/v1/{publishableKey}/channels/{channelId}/mute': { isMuted: true },
  'POST /widget/v1/{publishableKey}/messages/{messageId}/replies': { text: 'Welcome, Amara!' },
  'POST /widget/v1/{publishableKey}/messages/{messageId}/reports': { reason: 'An advertisement' },
  'PUT /apis/v1/communities/{communityId}/message-reports/{reportId}': { isClosed: true },
  'PATCH /widget/v1/{publishableKey}/messages/{messageId}': { text: 'Hello from the other hut!' },
  'POST /v1/leaderboards': {
    name: 'Weekly stars',
    rankingField: 'xp',
    allowedTimeFilters: ['weekly', 'all-time'],
    topRankOnly: true,
    topRankLimit: 1000,
  },
  'PATCH /v1/leaderboards/{leaderboardId}': { isEnabled: false },
  'POST /v1/milestones': {
    name: 'First steps',
    icon: '🥾',
    labels: ['beginners'],
    stages: [
      {
        name: 'Say hello',
        conditions: {
          kind: 'any',
          conditions: [
            { kind: 'message', atLeast: 1 },
            { kind: 'earned', unit: 'xp', atLeast: 100 },
          ],
        },
        rewards: { xp: 50, coins: 5 },
      },
      {
        name: 'Stay a week',
        conditions: { kind: 'streak', days: 7 },
        rewards: { coins: 100 },
        multipliers: [{ percent: 200, endsAt: '2026-12-24T00:00:00.000Z' }],
        supply: 500,
      },
    ],
  },
  'PATCH /v1/milestones/{milestoneId}': { labels: ['beginners', 'autumn'], endsAt: '2026-12-21T00:00:00.000Z' },
  'PATCH /v1/gamification': {
    tiers: [
      { name: 'Walker', icon: '🥾', levels: [0, 100, 250] },
      { name: 'Guide', icon: '🧭', levels: [500, 1000, 2000] },
    ],
  },
  'PATCH /v1/keys/{keyId}': { origins: ['https://www.example.com', 'https://shop.example.com'] },
  'POST /v1/keys/{keyId}/rotate': { overlapSeconds: 86_400 },
  'PUT /v1/stores': { isEnabled: true, title: 'The hut', description: 'Coins for what you need on the trail.' },
  'POST /v1/product-categories': { name: 'Gear', displayOrder: 1 },
  'PUT /v1/product-categories/{categoryId}': { displayOrder: 2 },
  'POST /v1/products': product,
  'POST /v1/products/bulk': [product],
  'PUT /v1/products/bulk': [{ _id: '01a219d9-e669-7804-98f1-bb10413e3fdd', stock: 40 }],
  'PUT /v1/products/{productId}': {
    discount: { price: 200, startsAt: null, endsAt: '2026-12-01T00:00:00.000Z' },
    accessRules: [
      { roles: [], users: [], fields: {}, minXp: 0, price: null },
      { roles: ['01a219d9-e669-7804-98f1-bb10413e3fdd'], users: [], fields: {}, minXp: 0, price: 150 },
    ],
  },
  'PUT /v1/products/{productId}/image': {},
  'POST /v1/products/{productId}/vouchers': { codes: ['HUT-7Q2M-KX41'], expiresAt: '2027-03-31T22:00:00.000Z' },
  'POST /v1/order-statuses': { name: 'Sent', category: 'complete', color: '#1f883d' },
  'PUT /v1/order-statuses/{statusId}': { name: 'On its way' },
  'PUT /v1/orders/{orderId}': { statusId: 'refunded' },
  'POST /api/v1/auth/register': {
    email: 'amara@example.com',
    password: 'seven hills before breakfast',
    firstname: 'Amara',
    lastname: 'Okafor',
  },
  'POST /api/v1/auth/verify-email': { token: 'rai_lt_5Kd8…' },
  'POST /api/v1/auth/resend-verification': { email: 'amara@example.com' },
  'POST /api/v1/auth/login': { email: 'amara@example.com', password: 'seven hills before breakfast' },
  'POST /api/v1/auth/refresh': { refreshToken: 'rai_rt_2Lm6…' },
  'POST /api/v1/auth/forgot-password': { email: 'amara@example.com' },
  'POST /api/v1/auth/reset-password': { token: 'rai_lt_5Kd8…', password: 'eight valleys after supper' },
  'POST /api/v1/auth/redeem': { code: 'rai_lc_8Wq3…' },
  'POST /api/v1/servers': { name: 'Fernweh Trail Club' },
  'PUT /api/v1/servers/{serverId}': { name: 'Fernweh Trail Club' },
  'POST /api/v1/roles': {
    class: 'green',
    title: 'Guide',
    order: 10,
    billable: false,
    server_permissions: { warn_members: true, suspend_members: true },
    channel_permissions: { manage_messages: true, pinable: true },
  },
  'PUT /api/v1/roles/{id}': { order: 20, server_permissions: { suspend_members: false } },
  'POST /api/v1/roles/{roleId}/add': { userId: '1042' },
  'POST /api/v1/roles/{roleId}/remove': { userId: '1042' },
  'PUT /api/v1/channels/{channelId}': { topic: 'Trail talk', channelType: 'forum' },
  'POST /apis/v1/users/{userId}/api-keys': { name: 'My script', permissions: ['sendMessages'], expirePeriod: 180 },
  'POST /apis/v1/users/apikeys': { name: 'My script', permissions: ['sendMessages'], expirePeriod: 0, expireDate: '' },
  'PUT /apis/v1/users/{userId}/api-keys/{keyId}': { permissions: ['sendMessages', 'readOwnProfile'], isActive: true },
  'POST /api/v1/badges': { title: 'Trail angel', action: 'custom', applied: true, awardXpQuantity: 100 },
  'PUT /api/v1/badges/{badgeId}': { description: 'For whoever helps others home.', awardXpQuantity: 150 },
  'POST /api/v1/badges/{badgeId}/award': { userId: '1042' },
  'POST /api/v1/badges/{badgeId}/remove': { userId: '1042' },
  'POST /api/v1/badges/{badgeId}/application': { note: 'We carried his pack down to the hut.' },
  'POST /api/v1/users/{userId}/warn': { reason: 'Please stay on the topic of the channel.' },
  'POST /api/v1/users/{userId}/suspend': { until: '2026-12-01T12:00:00.000Z', reason: 'Two warnings in a week.' },
  'POST /api/v1/users/{userId}/kick': { reason: 'Please read the rules before you come again.' },
  'POST /api/v1/users/{userId}/ban': { reason: 'Sold made-up tickets to members.' },
  'POST /v1/socials': {
    title: 'Join us on Discord',
    network: 'discord',
    action: 'join',
    proof: 'account',
    link: 'https://discord.gg/trailclub',
    target: '81384788765712384',
    reward: { xp: 50, currency: 10 },
  },
  'POST /v1/webhooks': {
    url: 'https://hooks.example.com/rai',
    description: 'The club’s CRM',
    events: ['user.joined', 'store.item_purchased'],
  },
  'PATCH /v1/webhooks/{webhookId}': { encryption: 'jwe' },
  'POST /v1/webhooks/{webhookId}/replay': {
    from: '2026-11-23T00:00:00.000Z',
    to: '2026-11-24T00:00:00.000Z',
    status: 'exhausted',
  },
  'POST /v1/hooks': {
    name: 'Orders of the shop',
    action: { kind: 'currency' },
    signature: 'standard',
  },
  'PATCH /v1/hooks/{hookId}': { encryption: 'jwe' },
  'POST /v1/hooks/{hookId}/rotate': { secret: 'signingSecret' },
  'PATCH /v1/socials/{questId}': { reward: { xp: 100, currency: 10 }, endsAt: '2026-12-31T23:00:00.000Z' },
  'POST /v1/social-reviews/{reviewId}/reject': { reason: 'The post is not public.' },
  'PUT /v1/social-networks/{network}': { clientId: '1290871', clientSecret: 'kX2…' },
  'PATCH /v1/referral': { page: 'https://www.example.com/join?ref={code}', referred: { xp: 25, currency: 0 } },
  'POST /widget/v1/{publishableKey}/socials/{questId}/claim': { code: 'LARCH' },
  'POST /widget/v1/{publishableKey}/linked-accounts/{network}/connect': { returnTo: 'https://www.example.com/club' },
  'PATCH /widget/v1/{publishableKey}/me': { visibility: 'hidden' },
  'POST /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/prizes/claim': { period: 'week', start: '2026-11-16' },
  'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/seen': { period: 'week', rank: 12 },
  'PUT /widget/v1/{publishableKey}/store/items/{itemId}/wish': { notify: true },
  'POST /widget/v1/{publishableKey}/store/quotes': { itemId: '01a219d9-e669-7804-98f1-bb10413e3fdd' },
  'POST /widget/v1/{publishableKey}/store/orders': { quote: 'eyJtZW1iZXJJZCI6…', information: { size: 'M' } },
}

/** The same, where a body has several kinds. */
export const bodyExamplesByKind: { [K in RouteKey]?: Record<string, BodyOf<K>> } = {
  'POST /v1/keys': {
    publishable: { kind: 'publishable', name: 'Our site', origins: ['https://www.example.com'] },
    community: { kind: 'community', name: 'Our shop', permissions: ['createUser', 'bulk'] },
    widgetAccess: {
      kind: 'widgetAccess',
      name: 'Our sign-in',
      origins: ['https://www.example.com'],
      identifiers: { 'data-username': '@username', 'data-user-id': 'externalId' },
      createMember: true,
    },
  },
  'POST /hooks/v1/{hookAddress}': {
    message: { message: 'A new hut has opened!' },
    fields: { user: 'amara', customFields: [{ fieldIdorName: 'club', value: 'Alpine' }] },
    currency: { user: 'amara', operation: 'add', amount: 25 },
  },
  'POST /api/v1/channels': {
    open: { topic: 'Trail talk', channelType: 'open', description: 'Where did you hike?', order: 1 },
    iframe: {
      topic: 'Map',
      channelType: 'iframe',
      iframe: {
        url: 'https://map.example.com/start',
        capabilities: ['identity', 'messages.draft'],
        granted: ['identity'],
        height: { mode: 'fixed', pixels: 600 },
        allow: ['geolocation'],
      },
    },
  },
}

/** What the file of a job's errors looks like. */
export const csvExample = 'line,code,message\r\n3,invalid_row,"""12,5"" is not a whole number up to 2^53 - 1."\r\n'

/** What an example holds at a field: by the field's name alone, or with the name of what it stands in where that matters. */
const fieldExamples: Record<string, unknown> = {
  __v: 0,
  accessId: null,
  accessLevel: null,
  accessToken: 'rai_at_6Tf1…',
  'actor.kind': 'owner',
  'body.action': 'custom',
  alg: 'EdDSA',
  allowedFieldsToRank: {},
  allowedRolesToRank: [],
  allowedRolesToView: [],
  allowedTagsToRank: [],
  allowedTagsToView: [],
  allowedTimeFilters: ['weekly', 'all-time'],
  allowedUsersToRank: [],
  allowedUsersToView: [],
  avatar: null,
  attachment: null,
  avatarUrl: null,
  awardXpQuantity: 100,
  'badge.image': null,
  'badges.image': null,
  'balances.currency': 125,
  'body.id': '1042',
  'body.title': 'Guide',
  'body.userId': '1042',
  'body.image': 'https://files.example.com/images/01a219d9-e669-7804-98f1-bb10413e3fdd/6f1c.webp',
  class: 'green',
  '.code': 'HUT-7Q2M-KX41',
  coins: 125,
  coinsEarnedToday: 6,
  color: '#1f883d',
  column: 'xp',
  'community.name': 'Fernweh Trail Club',
  createMember: false,
  creator: null,
  crv: 'Ed25519',
  customFields: {},
  darkImage: null,
  'categories.name': 'Gear',
  'data.image': 'https://files.example.com/images/01a219d9-e669-7804-98f1-bb10413e3fdd/6f1c.webp',
  'data.number': 'ORD20261127K7Q2M4XA',
  'data.title': 'The hut',
  'data.variablePrice': { min: 50, max: 500, step: 50 },
  'data.id': '1042',
  'data.message': 'The file is queued. Ask for the job to see how far it is.',
  'data.userId': '1042',
  defaultValue: null,
  decidedAt: null,
  description: 'Every hike, photo and kind word counts.',
  displayName: 'Amara Okafor',
  displayOrder: 1,
  displayedFields: ['xp'],
  email: 'amara@example.com',
  embedToken: 'eyJhbGciOiJFZERTQSIs…',
  endDate: '2027-02-28',
  endTime: null,
  endsAt: '2026-11-29T23:00:00.000Z',
  'errors.code': 'invalid_row',
  'errors.line': 3,
  'errors.message': '"12,5" is not a whole number up to 2^53 - 1.',
  expiresIn: 900,
  externalId: 'C-1042',
  failed: 1,
  finalAt: '2026-11-30T11:00:00.000Z',
  failure: null,
  firstName: 'Amara',
  hasNoEndDate: false,
  highestRole: '@all',
  hint: 'rai_pk_…Xq3f',
  icon: '🥾',
  identifiers: {},
  image: '',
  'image.url': 'https://files.example.com/images/01a219d9-e669-7804-98f1-bb10413e3fdd/6f1c.webp',
  imageAlt: 'A blue mug',
  includeDummyUsers: false,
  'information.name': 'size',
  'item.name': 'Trail mug',
  isOnline: true,
  isPreviewEnabled: false,
  'items.fields': ['origins'],
  'items.number': 'ORD20261127K7Q2M4XA',
  'items.origin': null,
  'items.requestId': '01a219d9-e6c8-7c47-80e9-12da9ed780a9',
  key: 'rai_pk_7Hd2…',
  kid: '2026-11-23',
  kty: 'OKP',
  language: 'en',
  lastLogin: '2026-11-23T11:45:00.000Z',
  lastName: 'Okafor',
  'tiers.levels': [0, 100, 250],
  lightImage: null,
  limit: 20,
  link: 'https://www.example.com/join',
  'prize.title': 'A pair of boots',
  'prizes.title': 'A pair of boots',
  'member.name': 'Amara Okafor',
  'metric.name': 'XP',
  'tier.name': 'Walker',
  'tiers.name': 'Walker',
  'units.currency': { name: 'Coins', icon: '🪙', enabled: true },
  'units.xp': { name: 'XP', icon: '⭐', enabled: true },
  loginUrl: 'https://rai.example.com/account/sign-in?code=rai_lc_8Wq3…',
  name: 'Weekly stars',
  nextCursor: null,
  objects: { keyId: '01a219d9-e669-7804-98f1-bb10413e3fdd' },
  nextXp: 250,
  note: 'We carried his pack down to the hut.',
  onlyPositiveRanks: false,
  operation: 'PATCH /v1/keys/{keyId}',
  options: [],
  order: 0,
  'order.number': 'ORD20261127K7Q2M4XA',
  origins: ['https://www.example.com'],
  page: 1,
  pageUrl: 'https://www.example.com/store',
  period: 'week',
  periods: ['week', 'all'],
  permissions: [],
  previous: null,
  previousValue: 'Lakeside',
  price: 250,
  prizeTerms: 'https://www.example.com/terms',
  processed: 2,
  productName: 'Trail mug',
  quantity: 1,
  'questions.name': 'size',
  quote: 'eyJtZW1iZXJJZCI6…',
  refreshToken: 'rai_rt_2Lm6…',
  requiresOptIn: false,
  revokedAt: null,
  reviewHours: null,
  roles: ['@all'],
  refusal: null,
  'body.reason': 'Two warnings in a week.',
  'run.state': 'open',
  'runs.state': 'open',
  score: 1250,
  segmentOf: null,
  'user.serverId': null,
  'segments.name': 'Europe',
  suspendedUntil: null,
  'widget.size': null,
  slug: 'weekly-stars',
  start: '2026-11-23',
  startDate: '2026-11-23',
  startTime: null,
  startsAt: '2026-11-22T23:00:00.000Z',
  'status.name': 'Sent',
  stock: 50,
  succeeded: 1,
  text: 'Join the club',
  tied: false,
  timeZone: 'Europe/Berlin',
  topRankLimit: 1000,
  total: 1,
  'data.total': 2,
  'data.user': 'amara',
  topic: 'Trail talk',
  'author.name': 'Amara Okafor',
  'mentions.name': 'Amara Okafor',
  'channel.name': 'Trail talk',
  'messages.message': 'Hello from the hut!',
  'items.text': 'Hello from the hut!',
  'replyTo.text': 'Who is there?',
  'reactions.emoji': '🎉',
  'data.emoji': '💖',
  'iframe.app': 'map.example.com',
  'iframe.origin': 'https://map.example.com',
  'iframe.url': 'https://map.example.com/start',
  until: null,
  use: 'sig',
  user_id: '1042',
  username: 'amara',
  'data.page': 'https://www.example.com/join?ref={code}',
  'progress.reason': null,
  'progress.rejection': null,
  'progress.count': null,
  'items.until': null,
  'network.name': 'Discord',
  'share.text': 'Come and hike with us',
  'share.url': 'https://www.example.com/join?ref=bb10413e3fdd',
  'items.title': 'Join us on Discord',
  shareText: 'Come and hike with us',
  questTitle: 'Join us on Discord',
  target: '81384788765712384',
  codes: ['LARCH'],
  endpoint: null,
  question: 'Which pass did we cross?',
  rejection: null,
  clientId: '1290871',
  picture: null,
  redirectUrl: 'https://rai.example.com/connect/callback',
  url: 'https://rai.example.com/connect?ticket=01a219d9-e669-7804-98f1-bb10413e3fdd.4kQzWc2n',
  'account.name': 'amara',
  'account.id': '81384788765712384',
  age: '',
  region: 'Not in the United States',
  paidPromotion: '',
  value: 'Alpine',
  weekStart: 1,
  whitelistedDomains: [],
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  xp: 1250,
  xpEarnedToday: 60,
}

/** What of JSON Schema the contract's schemas become. */
export interface Schema {
  $ref?: string
  type?: string | readonly string[]
  const?: unknown
  enum?: readonly unknown[]
  example?: unknown
  anyOf?: readonly Schema[]
  oneOf?: readonly Schema[]
  items?: Schema
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  minimum?: number
}

/** An example of what a schema describes: readers would otherwise be shown random text that fits its patterns. */
export function exampleOf(schema: Schema, schemas: Readonly<Record<string, Schema>>): unknown {
  const isList = schema.properties?.data?.items !== undefined
  return at(schema, '', '')

  function at(schema: Schema, parent: string, name: string): unknown {
    if (schema.example !== undefined) return schema.example
    // What may be null, or is given in several ways.
    const kinds = schema.anyOf ?? schema.oneOf
    if (kinds) return at(kinds[0]!, parent, name)
    if (schema.$ref?.endsWith('/Id')) return '01a219d9-e669-7804-98f1-bb10413e3fdd'
    if (schema.const !== undefined) return schema.const
    const own = `${parent}.${name}`
    if (own in fieldExamples) return fieldExamples[own]
    if (schema.$ref) return at(schemas[schema.$ref.split('/').at(-1)!]!, parent, name)
    // What has fields is made of theirs.
    if (!schema.properties && name in fieldExamples) return fieldExamples[name]
    if (schema.enum) return schema.enum[0]
    if (schema.items) return [at(schema.items, parent, name)]
    if (schema.properties) {
      const fields = Object.entries(schema.properties).filter(
        // Only a list has pages.
        ([field]) => name !== 'meta' || isList || schema.required?.includes(field),
      )
      return Object.fromEntries(fields.map(([field, inner]) => [field, at(inner, name, field)]))
    }
    switch ([schema.type].flat()[0]) {
      case 'boolean':
        return true
      case 'integer':
        return Math.max(0, schema.minimum ?? 0)
      case 'string':
        return name
      default:
        return {}
    }
  }
}
