import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Prize, periodNames, permissions } from '@rai/contract'
import { sql } from 'kysely'
import { type Config, StartFailure } from './config.js'
import type { Database, Tx } from './db/database.js'
import { brought, ingrid, seedHistory } from './demo/history.js'
import { seedStore } from './demo/store.js'
import { createAccount } from './domain/accounts/accounts.js'
import { createPasswords } from './domain/accounts/passwords.js'
import { apply } from './domain/badges/applications.js'
import { type Badge, createBadge } from './domain/badges/badges.js'
import { createChannel } from './domain/channels.js'
import { createCommunity } from './domain/communities.js'
import { ensureFields } from './domain/fields/fields.js'
import { setValues } from './domain/fields/values.js'
import { changeGamification, type GamificationInput } from './domain/gamification/settings.js'
import { newId } from './domain/ids.js'
import { changeKey, createKey, findAccessKey, findKey } from './domain/keys/keys.js'
import type { RootKey } from './domain/keys/secrets.js'
import { createBoard, joinBoard } from './domain/leaderboards/index.js'
import { type Move, post, type Reason } from './domain/ledger.js'
import { createMember, defaultExternalIdType, findMember, setVisibility } from './domain/members/members.js'
import { changeRoles, createRole } from './domain/roles.js'
import { openFiles } from './files/files.js'
import { writePrivately } from './files/folder.js'

/** What `data/demo.json` tells whoever builds pages and back-ends against the demo. */
export interface DemoFile {
  apiUrl: string
  siteUrl: string
  serverId: string
  publishableKey: string
  communityKey: string
  systemKey: string
  widgetAccess: { accessId: string; accessKey: string }
  owner: { email: string; password: string }
}

export const demoFile = (config: Config): string => join(config.dataDir, 'demo.json')

const owner = { username: 'mara', displayName: 'Mara Lindqvist', email: 'owner@fernweh.example' }

/**
 * Username → shown name. Members stand in the order of their all-time score, roughly. None has a name of
 * test/data/scores.csv.gz: the import of the README would refuse its row.
 */
const people: Record<string, string> = {
  amara: 'Amara Okonkwo',
  yuki: '佐藤 優希',
  leila: 'ليلى حداد',
  mateo: 'Mateo Fernández',
  priya: 'प्रिया शर्मा',
  sunny: '🌻 Sunny 🥾',
  ingrid: 'Ingrid Solberg',
  tomasz: 'Tomasz Wiśniewski',
  chen: '陈思远',
  zoe: 'Zoë van den Berg',
  oluwaseun: 'Oluwaseun Adeyemi',
  elif: 'Elif Yıldırım',
  hana: '鈴木 花',
  lukas: 'Lukas Brandstätter',
  aroha: 'Aroha Ngata',
  dmitri: 'Дмитрий Соколов',
  noor: 'نور الدين المصري',
  siobhan: 'Siobhán Ó Ceallaigh',
  rafael: 'Rafael Gonçalves',
  minjun: '김민준',
  thandiwe: 'Thandiwe Nkosi',
  arjun: 'अर्जुन पटेल',
  freya: 'Freya Jónsdóttir',
  theodora: 'Θεοδώρα Παπαδοπούλου',
  jean: 'Jean-Baptiste Lefèvre',
  maximilian: 'Maximilian Ferdinand Alexander Graf von Hohenberg-Wallenstein zu Altenkirchen am Stillen See',
  anika: 'Anika Müller',
  kofi: 'Kofi Mensah',
  shira: 'שירה לוי',
  linh: 'Nguyễn Thùy Linh',
  bastien: 'Bastien Roux',
  somchai: 'สมชาย ใจดี',
  olena: 'Олена Шевченко',
  valentina: 'Valentina Rossi',
  kenji: '田中 健二',
  zahra: 'فاطمة الزهراء',
  willow: 'Willow 🌲🏔️',
  joaquin: 'Joaquín Herrera',
  astrid: 'Astrid Bjørnsen',
  deepika: 'दीपिका राव',
  callum: 'Callum MacGregor',
  meilin: '林美玲',
  nikola: 'Nikola Đorđević',
  aisha: 'Aisha Bello',
  pedro: 'Pedro Álvares',
  katya: 'Катя Иванова',
  emre: 'Emre Öztürk',
  sofie: 'Sofie De Smet',
  tane: 'Tāne Mahuta',
  ravi: 'Ravi Krishnamurthy',
  clara: 'Clara Hoffmann',
  yusuf: 'Yusuf Abdi',
  birgitta: 'Birgitta Åkesson',
  hugues: 'Hugues Delacroix',
  jisoo: '박지수',
  marek: 'Marek Novák',
  luz: 'Luz Marina Quispe',
  finn: 'Finn O’Sullivan',
  nia: 'Nia Evans',
  bo: 'Bo',
}

/** These two have earned the same at the same times. */
const tied = { zoe: 'tomasz' } as Record<string, string>
const hidden = 'hugues'

/** Where some of them live: the field that the segments of the first board are for. */
const continents: Record<string, readonly string[]> = {
  Africa: ['amara', 'oluwaseun', 'thandiwe', 'kofi', 'noor', 'aisha', 'yusuf'],
  Americas: ['mateo', 'rafael', 'joaquin', 'pedro', 'luz'],
  Asia: [
    'yuki',
    'priya',
    'chen',
    'hana',
    'minjun',
    'arjun',
    'shira',
    'linh',
    'somchai',
    'kenji',
    'deepika',
    'meilin',
    'jisoo',
  ],
  Europe: [
    'ingrid',
    'tomasz',
    'zoe',
    'lukas',
    'dmitri',
    'siobhan',
    'freya',
    'theodora',
    'jean',
    'anika',
    'bastien',
    'astrid',
  ],
}

const continentOf = (username: string): string | undefined =>
  Object.keys(continents).find((continent) => continents[continent]!.includes(username))

const gamification: GamificationInput = {
  units: {
    xp: { name: 'XP', icon: '⭐', enabled: true },
    currency: { name: 'Coins', forms: { one: 'Coin' }, icon: '🪙', enabled: true },
  },
  tiers: [
    { name: 'Stroller', icon: '👟', levels: [0, 100, 300] },
    { name: 'Hiker', icon: '🥾', levels: [600, 1000, 1500] },
    { name: 'Guide', icon: '🧭', levels: [2200, 3000, 4000] },
  ],
  earning: {
    message: { enabled: true, xp: 2, currency: 0, cooldownSeconds: 30, limitPerDay: 20 },
    reply: { enabled: true, xp: 3, currency: 0, cooldownSeconds: 30, limitPerDay: 20 },
    reaction: { enabled: true, xp: 1, currency: 0, cooldownSeconds: 10, limitPerDay: 20 },
    referral: { enabled: true, xp: 30, currency: 10, cooldownSeconds: 0, limitPerDay: 5 },
    dailyLogin: { enabled: true, xp: 5, currency: 1 },
  },
  streaks: {
    rewards: [
      { days: 7, xp: 20, currency: 5 },
      { days: 30, xp: 100, currency: 40 },
    ],
    freezes: { everyDays: 7, max: 2 },
    repair: { days: 5, price: 60 },
  },
}

/** By which the days of the community begin. */
const timeZone = 'Europe/Berlin'

/** When the members earned, for what, how much at most, and how many of them took part. */
const outings: { daysAgo: number; reason: Reason; most: number; everyNth: number }[] = [
  { daysAgo: 410, reason: 'import', most: 2400, everyNth: 1 },
  { daysAgo: 150, reason: 'milestone', most: 900, everyNth: 2 },
  { daysAgo: 40, reason: 'referral', most: 400, everyNth: 3 },
  { daysAgo: 16, reason: 'reply', most: 350, everyNth: 2 },
  { daysAgo: 9, reason: 'message', most: 300, everyNth: 1 },
  { daysAgo: 4, reason: 'social', most: 250, everyNth: 2 },
  { daysAgo: 2, reason: 'reaction', most: 180, everyNth: 2 },
  { daysAgo: 1, reason: 'streak', most: 120, everyNth: 3 },
  { daysAgo: 0, reason: 'daily_login', most: 60, everyNth: 4 },
]

/**
 * Fills an empty installation with a community to look at, and writes down its keys; they cannot be told again. An
 * installation with any account is left as it is, but for where its demo is.
 */
export async function seedDemo(database: Database, config: Config, rootKey: RootKey, now: Date): Promise<void> {
  if (await database.accounts(({ db }) => db.selectFrom('accounts').select('id').limit(1).executeTakeFirst()))
    return moveDemo(database, config, now)
  const password = randomBytes(18).toString('base64url')
  const passwordHash = await createPasswords().hash(password)
  const serverId = newId(now.getTime())
  await database.tenant(serverId, async (tx) => {
    // The account says that the demo is there: it is made with it or not at all.
    await sql`set local rai.scope = 'accounts'`.execute(tx.db)
    const account = await createAccount(tx.db, owner, passwordHash, now)
    // Another instance on the same database was first.
    if (!account) return
    await createCommunity(tx, { name: 'Fernweh Trail Club', timeZone }, now)
    await createMember(tx, { ...owner, role: 'owner', accountId: account.id }, now)
    await changeGamification(tx, gamification, 'community', now)
    const angel = await seedBadges(tx, now)
    await seedMembers(tx, now)
    const guideRoleId = await seedRoles(tx, now)
    await seedBoards(tx, now)
    await seedChannels(tx, now)
    await seedApplication(tx, angel, now)
    await seedHistory(tx, rootKey, { timeZone, tiers: gamification.tiers }, now)
    const keys = await seedKeys(tx, config, now)
    // Written before the commit: a demo whose keys nobody knows could not be seeded again.
    await writeDemo(config, {
      apiUrl: config.publicUrl,
      siteUrl: config.demoSite,
      serverId,
      ...keys,
      owner: { email: owner.email, password },
    })
    // Behind what says best that nothing can be written there.
    await seedStore(tx, openFiles(config), rootKey, guideRoleId, now)
  })
}

/** Ports and addresses change between two starts: demo.json and the keys that work on pages follow the configuration. */
async function moveDemo(database: Database, config: Config, now: Date): Promise<void> {
  const demo = readDemo(config)
  if (!demo || (demo.apiUrl === config.publicUrl && demo.siteUrl === config.demoSite)) return
  const publishable = await findKey(database, demo.publishableKey, now)
  // Revoked since, or the file of another database.
  if (!publishable) return
  const { accessId, accessKey } = demo.widgetAccess
  const access = await findAccessKey(database, accessId, accessKey, now)
  await database.tenant(publishable.community_id, async (tx) => {
    for (const key of [publishable, access]) {
      if (key?.community_id === tx.communityId) await changeKey(tx, key.id, { origins: originsOf(config) })
    }
  })
  // Last, for this is what says at the next start whether there is anything left to do.
  await writeDemo(config, { ...demo, apiUrl: config.publicUrl, siteUrl: config.demoSite })
}

/** Undefined where this installation has no demo. */
export function readDemo(config: Config): DemoFile | undefined {
  return existsSync(demoFile(config)) ? JSON.parse(readFileSync(demoFile(config), 'utf8')) : undefined
}

const byDemo = { source: 'api', actor: 'demo' } as const

/** One that follows from points, and one to apply for, which it answers. */
async function seedBadges(tx: Tx, now: Date): Promise<Badge> {
  await createBadge(tx, { title: 'A thousand points', metric: 'xp', quantity: 1000 }, now)
  const description = 'For whoever helps others home.'
  return createBadge(tx, { title: 'Trail angel', description, applied: true, awardXpQuantity: 100 }, now)
}

async function seedApplication(tx: Tx, badge: Badge, now: Date): Promise<void> {
  const leila = await findMember(tx, { username: 'leila' })
  const note = 'I carried a stranger’s pack down to the hut.'
  await apply(tx, badge, leila!.id, { note, attachmentId: null }, now)
}

async function seedMembers(tx: Tx, now: Date): Promise<void> {
  const fields = await ensureFields(tx, { continent: 'Continent' }, now, 'single-line-text')
  const fieldId = fields.get('continent')!.id
  const ids: Record<string, string> = {}
  for (const [index, [username, displayName]] of Object.entries(people).entries()) {
    const externalIds = [{ type: defaultExternalIdType, value: `C-${1001 + index}` }]
    const continent = continentOf(username)
    const values = continent === undefined ? [] : [{ fieldId, value: continent }]
    const referredBy = brought.includes(username) ? ids[ingrid] : undefined
    const member = { username, displayName, externalIds, referredBy, fields: { ...byDemo, values } }
    ids[username] = (await createMember(tx, member, now)).id
  }
  for (const [outing, { daysAgo, reason, most, everyNth }] of outings.entries()) {
    const moves = Object.entries(ids).flatMap(([username, memberId]): Move[] => {
      const index = Object.keys(ids).indexOf(tied[username] ?? username)
      if ((index + outing) % everyNth !== 0) return []
      const amount = Math.ceil(most * share(index, outing))
      const move = { memberId, reason, actor: 'demo' }
      return [
        { ...move, unit: 'xp', amount, key: `demo:${outing}:${username}:xp` },
        { ...move, unit: 'currency', amount: Math.ceil(amount / 10), key: `demo:${outing}:${username}:currency` },
      ]
    })
    await post(tx, moves, new Date(now.getTime() - daysAgo * 86_400_000), false)
  }
  await seedSummits(tx, ids, now)
  await setVisibility(tx, ids[hidden]!, 'hidden', now)
}

/** Who leads hikes, and what they may do for that. Answers the role's id. */
async function seedRoles(tx: Tx, now: Date): Promise<string> {
  const guide = await createRole(
    tx,
    {
      title: 'Guide',
      description: 'Leads hikes',
      colour: 'green',
      position: 10,
      serverPermissions: { warn_members: true, suspend_members: true, manage_channels: true },
      channelPermissions: { manage_messages: true, delete_messages: true, pinable: true },
    },
    'community',
    now,
  )
  for (const username of ['amara', 'mateo', 'ingrid']) {
    const member = await findMember(tx, { username })
    await changeRoles(tx, member!, { add: [guide.id] }, now)
  }
  return guide.id
}

/** How many summits every third member has stood on, as their watch has told it twice. */
async function seedSummits(tx: Tx, ids: Readonly<Record<string, string>>, now: Date): Promise<void> {
  const fieldId = (await ensureFields(tx, { summits: 'Summits' }, now)).get('summits')!.id
  const climbers = Object.values(ids).filter((_, index) => index % 3 === 0)
  for (const [told, daysAgo] of [100, 5].entries()) {
    const values = climbers.map((memberId, index) => ({
      memberId,
      fieldId,
      value: 40 - ((index * 7) % 31) + told * ((index * 5) % 4),
    }))
    await setValues(tx, values, { ...byDemo, at: new Date(now.getTime() - daysAgo * 86_400_000) })
  }
}

/** How much of an outing's most a member got: less the later they stand in the list, in another order every time. */
function share(index: number, outing: number): number {
  const count = Object.keys(people).length
  const steady = 1 - index / count
  const luck = ((index * 17 + outing * 29) % count) / count
  return outing === 0 ? steady ** 2 : (steady + 2 * luck) / 3
}

async function seedBoards(tx: Tx, now: Date): Promise<void> {
  const points = { metric: 'xp', periods: periodNames } as const
  const description = 'Every hike, photo and kind word counts.'
  const trail = await createBoard(tx, { ...points, name: 'Trail points', description, displayOrder: 1 }, now)
  for (const [n, continent] of Object.keys(continents).entries()) {
    const segment = { segmentOf: trail.id, rankedFields: { continent }, displayOrder: 10 + n }
    await createBoard(tx, { ...points, ...segment, name: continent }, now)
  }
  await createBoard(tx, { name: 'Summits', metric: 'field:summits', periods: ['all', 'month'], displayOrder: 3 }, now)
  await createBoard(tx, { name: 'Coins', metric: 'currency', periods: ['all', 'month'], displayOrder: 2 }, now)
  const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
  const season = { periods: ['all'], prizes, settings: { prizeTerms: 'https://fernweh.example/prizes' } } as const
  // In review since two hours, for ten more.
  const autumn = { startsAt: hoursAgo(60 * 24), endsAt: hoursAgo(2), reviewHours: 12 }
  await createBoard(tx, { ...season, ...autumn, name: 'Autumn season', displayOrder: 4 }, now)
  // Made while it ran, so that its prizes are won.
  const summer = { startsAt: hoursAgo(200 * 24), endsAt: hoursAgo(100 * 24) }
  await createBoard(tx, { ...season, ...summer, name: 'Summer season', displayOrder: 5 }, summer.startsAt)
  const challenge = await createBoard(
    tx,
    { name: 'Peak challenge', periods: ['all', 'month'], requiresOptIn: true, displayOrder: 6 },
    now,
  )
  for (const username of ['yuki', 'leila', 'mateo', 'sunny', 'ingrid', 'zoe', 'tomasz', 'freya']) {
    const member = await findMember(tx, { username })
    await joinBoard(tx, challenge, member!.id, now)
  }
  await createBoard(tx, { name: 'Quiet corner', periods: ['all'], nameDisplay: 'alias', displayOrder: 7 }, now)
}

async function seedChannels(tx: Tx, now: Date): Promise<void> {
  for (const [order, channel] of (
    [
      { topic: 'Trail talk', type: 'open', description: 'Where walks are planned, and told of afterwards.' },
      { topic: 'News', type: 'announcement' },
      { topic: 'Questions', type: 'forum' },
    ] as const
  ).entries())
    await createChannel(tx, { ...channel, order: order + 1 }, null, now)
  const hikers = await Promise.all(['amara', 'yuki'].map((username) => findMember(tx, { username })))
  const members = hikers.map((member) => member!.id)
  await createChannel(tx, { topic: 'Amara and Yuki', type: 'direct', members, order: 10 }, null, now)
}

const prizes: Prize[] = [
  { from: 1, to: 1, title: 'A pair of boots', description: 'From our workshop, in your size.' },
  { from: 2, to: 3, title: '200 coins', amount: { unit: 'currency', amount: 200 } },
  { from: 4, to: 10, title: 'A map', link: 'https://fernweh.example/maps' },
]

/** The demo's pages, and this server's own: those in frames. */
const originsOf = ({ demoSite, publicUrl }: Config): string[] => [...new Set([demoSite, new URL(publicUrl).origin])]

async function seedKeys(tx: Tx, config: Config, now: Date) {
  const origins = originsOf(config)
  const name = 'Demo'
  const publishable = await createKey(tx, { kind: 'publishable', name, origins, testMode: true }, now)
  const community = await createKey(tx, { kind: 'community', name, permissions: [...permissions] }, now)
  const system = await createKey(tx, { kind: 'system', name }, now)
  const identifiers = { 'data-username': '@username', 'data-customer-id': defaultExternalIdType } as const
  const access = await createKey(tx, { kind: 'widget_access', name, origins, identifiers, testMode: true }, now)
  return {
    publishableKey: publishable.key,
    communityKey: community.key,
    systemKey: system.key,
    widgetAccess: { accessId: access.accessId!, accessKey: access.key },
  }
}

async function writeDemo(config: Config, demo: DemoFile): Promise<void> {
  const file = demoFile(config)
  await writePrivately(file, `${JSON.stringify(demo, null, 2)}\n`).catch((error: Error) => {
    throw new StartFailure(
      `The demo's keys cannot be written to ${file}: ${error.message}. Set RAI_DATA, or RAI_DEMO=0.`,
    )
  })
}
