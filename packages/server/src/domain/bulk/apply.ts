import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { emit, emitEach } from '../events.js'
import { findFields, largestValue } from '../fields/fields.js'
import {
  type Cause,
  giveDefaults,
  holdValues,
  type NewValue,
  recordFirst,
  setValues,
  takeCountsForFields,
  valuesOfAll,
} from '../fields/values.js'
import { isId, newId } from '../ids.js'
import { shownBoards } from '../leaderboards/index.js'
import { isWholesale } from '../leaderboards/scores.js'
import { type Move, post } from '../ledger.js'
import { lockBalances, shareBoards, takeCounts } from '../locks.js'
import { defaultExternalIdType, type Member, nextNumbers } from '../members/members.js'
import { dropAvatars, queueAvatars } from '../pictures/avatars.js'
import {
  type BulkRow,
  type MemberBulk,
  type NamedBy,
  type NamedRow,
  type Operation,
  type Property,
  wordOf,
} from './columns.js'
import { importProducts } from './import-products.js'
import { addErrors, type Job, type RowError } from './jobs.js'
import type { ProductRow } from './product-columns.js'

/** How many rows are applied in one transaction. */
const batch = 2000
/** A file of more rows does not tell each member's pages that their balance changed: boards and the job say so once. */
const announcedRows = 1000

/**
 * Applies the next rows of the community's oldest open job, in the caller's transaction, which also takes them off the
 * job: a crash at any moment loses nothing and does nothing twice. Answers whether there may be more to do.
 *
 * What a file moves counts for the moment it was sent, however long its rows wait.
 */
export async function applyNext(tx: Tx, clock: () => Date): Promise<boolean> {
  const job = await takeNext(tx)
  if (!job) return false
  const startedAt = job.started_at ?? clock()
  const taken = await takeRows(tx, job)
  const done = taken.length < batch
  const { skipped, refused } = await (job.type === 'product-import'
    ? importProducts(tx, taken as ProductRow[], job.created_at)
    : applyToMembers(tx, job, taken as BulkRow[]))
  await addErrors(tx, job.id, refused)
  await tx.db
    .updateTable('jobs')
    .set({
      status: done ? 'completed' : 'running',
      succeeded: sql`succeeded + ${taken.length - skipped - refused.length}`,
      skipped: sql`skipped + ${skipped}`,
      failed: sql`failed + ${refused.length}`,
      started_at: startedAt,
      finished_at: done ? clock() : null,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', job.id)
    .execute()
  await emit(tx, 'import.progressed', job.id)
  if (done) await emit(tx, 'import.completed', job.id)
  return true
}

/**
 * The community's oldest open job, locked until the transaction ends: that is the whole lease, and it ends with the
 * process that held it. While one instance works on it the others leave the community alone, so that no job overtakes an
 * earlier one.
 */
const takeNext = (tx: Tx): Promise<Job | undefined> =>
  tx.db
    .selectFrom('jobs')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('id', '=', (eb) =>
      eb
        .selectFrom('jobs')
        .select('id')
        .where('community_id', '=', tx.communityId)
        .where('status', 'in', ['queued', 'running'])
        .orderBy('created_at')
        .orderBy('id')
        .limit(1),
    )
    .where('status', 'in', ['queued', 'running'])
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()

async function takeRows(tx: Tx, job: Job): Promise<NamedRow[]> {
  const ofJob = { community_id: tx.communityId, job_id: job.id }
  const rows = await tx.db
    .selectFrom('job_rows')
    .select(['line', 'name', 'content'])
    .where((eb) => eb.and(ofJob))
    .orderBy('line')
    .limit(batch)
    .execute()
  // By range, not by join: before the table is analysed, a join would read it once a row.
  await tx.db
    .deleteFrom('job_rows')
    .where((eb) => eb.and(ofJob))
    .where('line', '<=', rows.at(-1)?.line ?? 0)
    .execute()
  return rows.map(({ line, name, content }) => ({ line, name, ...content }))
}

async function applyToMembers(tx: Tx, job: Job, taken: readonly BulkRow[]): Promise<Outcome> {
  const { rows, idOf } = await withFields(tx, taken)
  return job.type === 'bulk-import' ? importRows(tx, job, rows, idOf) : updateRows(tx, job, rows, idOf)
}

/**
 * Rows without what they say of fields that were deleted since the file was read, and the ids of the others: the job made
 * those that were not there. Until the transaction ends, none is deleted.
 */
async function withFields(tx: Tx, rows: readonly BulkRow[]): Promise<{ rows: BulkRow[]; idOf: IdOf }> {
  const names = new Set(
    rows.flatMap(({ values, texts }) => [...values.map(({ field }) => field), ...Object.keys(texts)]),
  )
  await shareBoards(tx)
  const fields = await findFields(tx, [...names])
  const living = rows.map((row) => ({
    ...row,
    values: row.values.filter(({ field }) => fields.has(field)),
    texts: Object.fromEntries(Object.entries(row.texts).filter(([field]) => fields.has(field))),
  }))
  return { rows: living, idOf: (field) => fields.get(field)!.id }
}

/** What a field is called in the database. */
type IdOf = (field: string) => string

/** What became of rows that had no effect. */
interface Outcome {
  /** There already, exactly so. */
  skipped: number
  refused: RowError[]
}

async function importRows(tx: Tx, job: Job, rows: readonly BulkRow[], idOf: IdOf): Promise<Outcome> {
  const refused: RowError[] = []
  const here = await membersCalled(tx, 'username', rows)
  const imported = await importedBefore(tx, [...here.values()])
  const values = await valuesOfAll(
    tx,
    [...here.values()].map(({ id }) => id),
  )
  const owners = await ownersOf(tx, rows)
  let skipped = 0
  const fresh = rows.filter((row) => {
    const member = here.get(row.name)
    const different = member && [
      ...differences(member, row, owners, imported),
      ...row.values.flatMap(({ field, value }) => (values.get(`${member.id} ${idOf(field)}`) === value ? [] : [field])),
      ...otherTexts(member, row),
    ]
    if (different?.length === 0) {
      skipped++
      return false
    }
    const taken = takenValue(owners, row, undefined)
    if (different) {
      const message = `A member named "${row.name}" exists already, with another ${different.join(', ')}. Use a bulk update to change it.`
      refused.push({ line: row.line, code: 'already_exists', message })
    } else if (taken) refused.push({ line: row.line, code: 'already_exists', message: taken })
    else claimValues(owners, row, `line ${row.line}`)
    return !different && !taken
  })
  const created = await insertMembers(tx, fresh, job.created_at)
  await takeCountsForFields(tx)
  const moves: Move[] = []
  const newValues: NewValue[] = []
  const firstTexts: NewValue[] = []
  for (const row of fresh) {
    const memberId = created.get(row.name)
    if (memberId === undefined) {
      const message = 'A member with this username or e-mail was made while the file was imported.'
      refused.push({ line: row.line, code: 'already_exists', message })
      continue
    }
    for (const { unit, amount } of row.moves) {
      if (amount !== 0) moves.push(moveOf(job, row, memberId, unit, amount, 'import'))
    }
    for (const { field, value } of row.values) newValues.push({ memberId, fieldId: idOf(field), value })
    firstTexts.push(...textsOf(row, memberId, idOf))
  }
  await post(tx, moves, job.created_at, false)
  await setValues(tx, newValues, causeOf(job), { announce: false })
  await recordFirst(tx, firstTexts, causeOf(job))
  await giveDefaults(tx, [...created.values()], job.created_at, false)
  if (job.options.emitEvents) await emitEach(tx, 'user.joined', [...created.values()])
  return { skipped, refused }
}

/** What a row says about a member that is not so. Unit amounts are held against what imports gave, not against earnings. */
function differences(member: Member, row: BulkRow, owners: Owners, imported: ReadonlyMap<string, number>): string[] {
  const properties = (Object.keys(row.profile) as Property[]).filter((property) =>
    isUnique(property)
      ? owners.get(keyOf(property, row)) !== member.id
      : row.profile[property] !== (member[columns[property]] ?? ''),
  )
  const units = row.moves.filter(({ unit, amount }) => (imported.get(`${member.id} ${unit}`) ?? 0) !== amount)
  return [...properties.map(wordOf), ...units.map(({ unit }) => unit)]
}

/** The fields of text whose value in a row a member does not have. */
const otherTexts = ({ fields }: Member, { texts }: BulkRow): string[] =>
  Object.keys(texts).filter((field) => fields[field] !== texts[field])

const textsOf = ({ texts }: BulkRow, memberId: string, idOf: IdOf): NewValue[] =>
  Object.entries(texts).map(([field, value]) => ({ memberId, fieldId: idOf(field), value }))

const causeOf = ({ created_at: at, type, actor }: Job): Cause => ({ at, source: type as MemberBulk, actor })

/** `<member> <unit>` → how much imports have given. */
async function importedBefore(tx: Tx, members: readonly Member[]): Promise<Map<string, number>> {
  if (members.length === 0) return new Map()
  const { rows } = await sql<{ member_id: string; unit: string; amount: number }>`
    select e.member_id, e.unit, sum(e.amount)::bigint as amount
    from entries e
    join transactions t on t.community_id = e.community_id and t.id = e.transaction_id and t.reason = 'import'
    where e.community_id = ${tx.communityId} and e.member_id = any(${sql.val(members.map(({ id }) => id))}::uuid[])
    group by e.member_id, e.unit`.execute(tx.db)
  return new Map(rows.map(({ member_id, unit, amount }) => [`${member_id} ${unit}`, amount]))
}

const columns = {
  username: 'username',
  email: 'email',
  displayName: 'display_name',
  firstName: 'first_name',
  lastName: 'last_name',
  language: 'language',
  avatarUrl: 'avatar_source',
} as const satisfies Partial<Record<Property, keyof Member>>

async function insertMembers(tx: Tx, rows: readonly BulkRow[], at: Date): Promise<Map<string, string>> {
  if (rows.length === 0) return new Map()
  const first = await nextNumbers(tx, rows.length)
  // In order, so that equal scores stand on boards as their lines in the file.
  const ids = rows.map(() => newId()).sort()
  const column = (property: Property) => sql.val(rows.map(({ profile }) => profile[property] ?? null))
  const { rows: made } = await sql<{ username: string; id: string }>`
    with made as (
      insert into members (
        community_id, id, number, username, display_name, first_name, last_name, email, language, avatar_source, fields,
        created_at, updated_at
      )
      select ${tx.communityId}::uuid, id, ${first - 1}::bigint + n, username, coalesce(display_name, username),
        coalesce(first_name, ''), coalesce(last_name, ''), email, coalesce(language, 'en'), nullif(avatar_url, ''), fields, ${at}::timestamptz, ${at}::timestamptz
      from unnest(
        ${sql.val(ids)}::uuid[], ${column('username')}::text[], ${column('displayName')}::text[],
        ${column('firstName')}::text[], ${column('lastName')}::text[], ${column('email')}::text[], ${column('language')}::text[],
        ${column('avatarUrl')}::text[], ${sql.val(rows.map(({ texts }) => JSON.stringify(texts)))}::jsonb[]
      ) with ordinality as r (id, username, display_name, first_name, last_name, email, language, avatar_url, fields, n)
      -- Who made such a member since we looked keeps it.
      on conflict do nothing
      returning id, username
    ), known as (
      insert into member_external_ids (community_id, type, value, member_id)
      select ${tx.communityId}::uuid, ${defaultExternalIdType}, value, id
      from unnest(${sql.val(ids)}::uuid[], ${column('externalId')}::text[]) as x (id, value)
      where value is not null and id in (select id from made)
      returning 1
    )
    select id, username from made`.execute(tx.db)
  if (rows.some(({ profile }) => profile.avatarUrl !== undefined)) await queueAvatars(tx, ids, at)
  return new Map(made.map(({ username, id }) => [username, id]))
}

async function updateRows(tx: Tx, job: Job, rows: readonly BulkRow[], idOf: IdOf): Promise<Outcome> {
  const size = rows.reduce((sum, { moves, values }) => sum + moves.length + values.length, 0)
  if (isWholesale(size) || rows.some(({ texts }) => Object.keys(texts).length > 0)) await takeCounts(tx)
  const refused: RowError[] = []
  const found = await membersCalled(tx, job.options.namedBy as NamedBy, rows)
  const owners = await ownersOf(tx, rows)
  const ids = rows.some(({ moves, values, texts }) => moves.length + values.length + Object.keys(texts).length > 0)
    ? [...found.values()].map(({ id }) => id)
    : []
  const balances = await lockBalances(tx, ids)
  const values = await lockValues(tx, rows.some((row) => row.values.length > 0) ? ids : [])
  const changes: Change[] = []
  const moves: Move[] = []
  const newValues: NewValue[] = []
  const lineOf = new Map<string, number>()
  for (const row of rows) {
    const refuse = (code: string, message: string) => refused.push({ line: row.line, code, message })
    const member = found.get(row.name)
    if (!member) {
      refuse('unknown_member', `There is no member "${row.name}".`)
      continue
    }
    const before = lineOf.get(member.id)
    if (before !== undefined) {
      refuse('duplicate_row', `"${row.name}" is the member of line ${before}.`)
      continue
    }
    const taken = takenValue(owners, row, member.id)
    if (taken) {
      refuse('already_exists', taken)
      continue
    }
    const deltas = row.moves.map(({ unit, amount, operation }) => {
      const has = balances.get(`${member.id} ${unit}`) ?? 0
      return { unit, has, change: results[operation](has, amount) - has }
    })
    const set = row.values.map(({ field, value, operation }) => {
      const fieldId = idOf(field)
      const has = values.get(`${member.id} ${fieldId}`) ?? 0
      return { field, memberId: member.id, fieldId, value: results[operation](has, value) }
    })
    const short = deltas.find(({ has, change }) => has + change < 0)
    if (short) {
      const missing = -short.change - short.has
      refuse('not_enough', `The member has ${short.has} ${short.unit}, which is ${missing} too few.`)
      continue
    }
    const large = deltas.find(({ has, change }) => has + change > Number.MAX_SAFE_INTEGER)
    if (large) {
      refuse('too_large', `The member would have more ${large.unit} than 2^53 - 1.`)
      continue
    }
    const far = set.find(({ value }) => Math.abs(value) > largestValue)
    if (far) {
      refuse('too_large', `The member's ${far.field} would be larger than 2^52 - 1.`)
      continue
    }
    newValues.push(...set, ...textsOf(row, member.id, idOf))
    lineOf.set(member.id, row.line)
    claimValues(owners, row, member.id)
    changes.push({ member, row })
    for (const { unit, change } of deltas) {
      if (change !== 0) moves.push(moveOf(job, row, member.id, unit, change, 'adjustment'))
    }
  }
  await setProfiles(tx, changes, job.created_at)
  const announce = job.total <= announcedRows
  await post(tx, moves, job.created_at, announce)
  await setValues(tx, newValues, causeOf(job), { announce })
  return { skipped: 0, refused }
}

/** What there is after an operation. */
const results: Record<Operation, (has: number, amount: number) => number> = {
  add: (has, amount) => has + amount,
  subtract: (has, amount) => has - amount,
  overwrite: (_, amount) => amount,
}

async function lockValues(tx: Tx, ids: readonly string[]): Promise<Map<string, number>> {
  await holdValues(tx, ids)
  return valuesOfAll(tx, ids)
}

const moveOf = (
  job: Job,
  { line }: BulkRow,
  memberId: string,
  unit: Move['unit'],
  amount: number,
  reason: Move['reason'],
): Move => ({ memberId, unit, amount, reason, key: `job:${job.id}:${line}:${unit}`, actor: job.actor })

/** The members that rows name, by the name that each row has. */
async function membersCalled(tx: Tx, by: NamedBy, rows: readonly BulkRow[]): Promise<Map<string, Member>> {
  const names = rows.map(({ name }) => name)
  const among = (
    column: 'id' | 'number' | 'username' | 'email_key',
    type: 'uuid' | 'bigint' | 'text',
    some: string[],
  ) =>
    tx.db
      .selectFrom('members')
      .selectAll()
      .where('community_id', '=', tx.communityId)
      .where('status', '<>', 'deleted')
      .where(sql<boolean>`${sql.ref(column)} = any(${sql.val(some)}::${sql.raw(type)}[])`)
      .execute()
  switch (by) {
    case 'username':
      return new Map((await among('username', 'text', names)).map((member) => [member.username, member]))
    case 'email':
      return new Map((await among('email_key', 'text', names)).map((member) => [member.email_key!, member]))
    case 'id': {
      const byId = await among('id', 'uuid', names.filter(isId))
      const byNumber = await among(
        'number',
        'bigint',
        names.filter((name) => !isId(name)),
      )
      return new Map([
        ...byId.map((member) => [member.id, member] as const),
        ...byNumber.map((member) => [String(member.number), member] as const),
      ])
    }
  }
}

/** What only one member of a community can have, and who has it: `<property> <value>` → a member's id, or a line of the file. */
type Owners = Map<string, string>

const uniqueProperties = ['username', 'email', 'externalId'] as const
type UniqueProperty = (typeof uniqueProperties)[number]
const isUnique = (property: Property): property is UniqueProperty =>
  uniqueProperties.some((unique) => unique === property)

/** E-mails are compared without case. */
const keyOf = (property: UniqueProperty, { profile }: BulkRow): string =>
  `${property} ${property === 'email' ? profile.email!.toLowerCase() : profile[property]}`

async function ownersOf(tx: Tx, rows: readonly BulkRow[]): Promise<Owners> {
  const values = (property: UniqueProperty) =>
    sql.val(
      rows
        .flatMap(({ profile }) => profile[property] ?? [])
        .map((text) => (property === 'email' ? text.toLowerCase() : text)),
    )
  const { rows: owned } = await sql<{ property: string; value: string; id: string }>`
    select 'username' as property, username as value, id from members
    where community_id = ${tx.communityId} and username = any(${values('username')}::text[])
    union all
    select 'email', email_key, id from members
    where community_id = ${tx.communityId} and email_key = any(${values('email')}::text[])
    union all
    select 'externalId', value, member_id from member_external_ids
    where community_id = ${tx.communityId} and type = ${defaultExternalIdType} and value = any(${values('externalId')}::text[])
  `.execute(tx.db)
  return new Map(owned.map(({ property, value, id }) => [`${property} ${value}`, id]))
}

/** Says which value of a row another member has already; undefined when the row may have them all. */
function takenValue(owners: Owners, row: BulkRow, memberId: string | undefined): string | undefined {
  const taken = uniqueProperties.find((property) => {
    const owner = row.profile[property] === undefined ? undefined : owners.get(keyOf(property, row))
    return owner !== undefined && owner !== memberId
  })
  return taken && `Another member has the ${wordOf(taken)} "${row.profile[taken]}".`
}

function claimValues(owners: Owners, row: BulkRow, owner: string): void {
  for (const property of uniqueProperties) {
    if (row.profile[property] !== undefined) owners.set(keyOf(property, row), owner)
  }
}

/** A member, and what a row says about it. */
interface Change {
  member: Member
  row: BulkRow
}

async function setProfiles(tx: Tx, changes: readonly Change[], at: Date): Promise<void> {
  const real = changes.filter(({ member, row: { profile } }) =>
    (Object.keys(profile) as Property[]).some(
      (property) => property === 'externalId' || profile[property] !== (member[columns[property]] ?? ''),
    ),
  )
  if (real.length === 0) return
  const column = (property: Property) => sql.val(real.map(({ row }) => row.profile[property] ?? null))
  await sql`
    update members m set
      username = coalesce(r.username, m.username), email = coalesce(r.email, m.email),
      display_name = coalesce(r.display_name, m.display_name), first_name = coalesce(r.first_name, m.first_name),
      last_name = coalesce(r.last_name, m.last_name), language = coalesce(r.language, m.language),
      avatar_source = nullif(coalesce(r.avatar_url, m.avatar_source), ''), updated_at = ${at}, revision = m.revision + 1
    from unnest(
      ${sql.val(real.map(({ member }) => member.id))}::uuid[], ${column('username')}::text[], ${column('email')}::text[],
      ${column('displayName')}::text[], ${column('firstName')}::text[], ${column('lastName')}::text[],
      ${column('language')}::text[], ${column('avatarUrl')}::text[]
    ) as r (id, username, email, display_name, first_name, last_name, language, avatar_url)
    where m.community_id = ${tx.communityId} and m.id = r.id`.execute(tx.db)
  await setExternalIds(tx, real)
  const pictured = real.filter(
    ({ member, row: { profile } }) =>
      profile.avatarUrl !== undefined && profile.avatarUrl !== (member.avatar_source ?? ''),
  )
  await queueAvatars(
    tx,
    pictured.map(({ member }) => member.id),
    at,
  )
  const bare = pictured.filter(({ row }) => row.profile.avatarUrl === '')
  await dropAvatars(
    tx,
    bare.map(({ member }) => member.id),
  )
  // Boards show names and pictures: whoever looks at one asks again. A picture that is still to come tells them itself.
  if (bare.length > 0 || real.some(({ row }) => row.profile.displayName !== undefined)) {
    const boards = await shownBoards(tx)
    await emitEach(
      tx,
      'leaderboard.changed',
      boards.map(({ id }) => id),
    )
  }
}

async function setExternalIds(tx: Tx, changes: readonly Change[]): Promise<void> {
  const given = changes.flatMap(({ member, row }) =>
    row.profile.externalId === undefined ? [] : [{ member_id: member.id, value: row.profile.externalId }],
  )
  if (given.length === 0) return
  const type = defaultExternalIdType
  await tx.db
    .deleteFrom('member_external_ids')
    .where('community_id', '=', tx.communityId)
    .where('type', '=', type)
    .where(sql<boolean>`member_id = any(${sql.val(given.map(({ member_id }) => member_id))}::uuid[])`)
    .execute()
  await tx.db
    .insertInto('member_external_ids')
    .values(given.map((one) => ({ community_id: tx.communityId, type, ...one })))
    .execute()
}

/** Gives the community's oldest open job up: what was applied stays, the rest waits until the file is sent again. */
export async function failNext(tx: Tx, failure: string, now: Date): Promise<void> {
  const job = await takeNext(tx)
  if (!job) return
  await tx.db
    .updateTable('jobs')
    .set({ status: 'failed', failure, finished_at: now })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', job.id)
    .execute()
}
