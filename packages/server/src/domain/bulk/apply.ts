import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { emit } from '../events.js'
import { isId, newId } from '../ids.js'
import { type Move, post } from '../ledger.js'
import { defaultExternalIdType, type Member, nextNumbers } from '../members.js'
import { type BulkRow, type Plan, type Property, readRow } from './columns.js'
import { addErrors, type Job, type RowError } from './jobs.js'

/** How many rows are applied in one transaction. */
const batch = 2000

/**
 * Applies the next rows of the community's oldest open job, in the caller's transaction, which also takes them off the
 * job: a crash at any moment loses nothing and does nothing twice. Other instances pass over a job that is being worked
 * on. Answers whether there may be more to do.
 */
export async function applyNext(tx: Tx, at: Date): Promise<boolean> {
  const job = await openJobs(tx).forUpdate().skipLocked().executeTakeFirst()
  if (!job) return false
  const waiting = { community_id: tx.communityId, job_id: job.id }
  const taken = await tx.db
    .selectFrom('job_rows')
    .select(['line', 'cells'])
    .where((eb) => eb.and(waiting))
    .orderBy('line')
    .limit(batch)
    .execute()
  // By range, not by join: before the table is analysed, a join would read it once a row.
  const last = taken.at(-1)?.line ?? 0
  await tx.db
    .deleteFrom('job_rows')
    .where((eb) => eb.and(waiting))
    .where('line', '<=', last)
    .execute()
  const done = taken.length < batch

  const errors: RowError[] = []
  const rows: BulkRow[] = []
  for (const row of taken) {
    const read = readRow(job.options.plan, row)
    if ('problem' in read) errors.push({ line: row.line, code: 'invalid_row', message: read.problem })
    else rows.push(read)
  }
  const { skipped, refused } = await (job.type === 'bulk-import' ? importRows : updateRows)(tx, job, rows, at)
  errors.push(...refused)
  await addErrors(tx, job.id, errors)
  await tx.db
    .updateTable('jobs')
    .set({
      status: done ? 'completed' : 'running',
      succeeded: sql`succeeded + ${rows.length - skipped - refused.length}`,
      skipped: sql`skipped + ${skipped}`,
      failed: sql`failed + ${errors.length}`,
      started_at: job.started_at ?? at,
      finished_at: done ? at : null,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', job.id)
    .execute()
  await emit(tx, done ? 'import.completed' : 'import.progressed', job.id)
  return true
}

/** What became of rows that had no effect. */
interface Outcome {
  /** There already, exactly so. */
  skipped: number
  refused: RowError[]
}

async function importRows(tx: Tx, job: Job, rows: readonly BulkRow[], at: Date): Promise<Outcome> {
  const refused: RowError[] = []
  const here = await membersBy(
    tx,
    'username',
    rows.map((row) => row.name),
  )
  const mails = await membersBy(
    tx,
    'email',
    rows.flatMap((row) => row.profile.email ?? []),
  )
  const externals = await membersBy(
    tx,
    'externalId',
    rows.flatMap((row) => row.profile.externalId ?? []),
  )
  let skipped = 0
  const fresh = rows.filter(({ line, name, profile }) => {
    const refuse = (message: string) => {
      refused.push({ line, code: 'already_exists', message })
      return false
    }
    const member = here.get(name)
    if (member && isSame(member, profile)) {
      skipped++
      return false
    }
    if (member)
      return refuse(`A member named "${name}" exists already, with other data. Use a bulk update to change it.`)
    if (profile.email && take(mails, profile.email.toLowerCase()))
      return refuse(`Another member has the e-mail ${profile.email}.`)
    if (profile.externalId && take(externals, profile.externalId)) {
      return refuse(`Another member has the external id "${profile.externalId}".`)
    }
    return true
  })
  const created = await insertMembers(tx, fresh, at)
  const moves: Move[] = []
  for (const row of fresh) {
    const memberId = created.get(row.name)
    if (!memberId) {
      refused.push({ line: row.line, code: 'already_exists', message: `A member named "${row.name}" exists already.` })
      continue
    }
    for (const { unit, amount } of row.moves) {
      if (amount !== 0) moves.push(moveOf(job, row, memberId, unit, amount, 'import'))
    }
    if (job.options.emitEvents) await emit(tx, 'user.joined', memberId)
  }
  await post(tx, moves, at, false)
  return { skipped, refused }
}

/** Whether a set holds a value already; it does afterwards. */
function take(seen: Map<string, unknown>, value: string): boolean {
  if (seen.has(value)) return true
  seen.set(value, null)
  return false
}

const columns = {
  username: 'username',
  email: 'email',
  displayName: 'display_name',
  firstName: 'first_name',
  lastName: 'last_name',
} as const satisfies Partial<Record<Property, keyof Member>>
type Stored = keyof typeof columns

const isSame = (member: Member, profile: BulkRow['profile']): boolean =>
  (Object.keys(columns) as Stored[]).every((property) => {
    const wanted = profile[property]
    return wanted === undefined || wanted === member[columns[property]]
  })

async function insertMembers(tx: Tx, rows: readonly BulkRow[], at: Date): Promise<Map<string, string>> {
  if (rows.length === 0) return new Map()
  const first = await nextNumbers(tx, rows.length)
  const ids = rows.map(() => newId(at.getTime()))
  const column = (pick: (row: BulkRow) => string | undefined) => sql.val(rows.map((row) => pick(row) ?? null))
  const { rows: created } = await sql<{ username: string; id: string }>`
    with made as (
      insert into members (community_id, id, number, username, display_name, first_name, last_name, email, created_at, updated_at)
      select ${tx.communityId}::uuid, id, ${first - 1}::bigint + n, username, display_name, first_name, last_name, email,
        ${at}::timestamptz, ${at}::timestamptz
      from unnest(
        ${sql.val(ids)}::uuid[], ${column((row) => row.profile.username)}::text[],
        ${column((row) => row.profile.displayName ?? row.profile.username)}::text[],
        ${column((row) => row.profile.firstName ?? '')}::text[], ${column((row) => row.profile.lastName ?? '')}::text[],
        ${column((row) => row.profile.email)}::text[]
      ) with ordinality as r (id, username, display_name, first_name, last_name, email, n)
      on conflict do nothing
      returning id, username
    ), known as (
      insert into member_external_ids (community_id, type, value, member_id)
      select ${tx.communityId}::uuid, ${defaultExternalIdType}, value, id
      from unnest(${sql.val(ids)}::uuid[], ${column((row) => row.profile.externalId)}::text[]) as x (id, value)
      where value is not null and id in (select id from made)
    )
    select id, username from made`.execute(tx.db)
  return new Map(created.map(({ username, id }) => [username, id]))
}

async function updateRows(tx: Tx, job: Job, rows: readonly BulkRow[], at: Date): Promise<Outcome> {
  const refused: RowError[] = []
  const refuse = (line: number, code: string, message: string) => {
    refused.push({ line, code, message })
  }
  const found = await membersNamed(tx, job.options.plan, rows)
  const balances = await lockBalances(
    tx,
    [...found.values()].map((member) => member.id),
  )
  const mails = await membersBy(
    tx,
    'email',
    rows.flatMap((row) => row.profile.email ?? []),
  )
  const names = await membersBy(
    tx,
    'username',
    rows.flatMap((row) => row.profile.username ?? []),
  )
  const changes: { member: Member; profile: BulkRow['profile'] }[] = []
  const moves: Move[] = []
  for (const row of rows) {
    const member = found.get(row.name)
    if (!member) {
      refuse(row.line, 'unknown_member', `There is no member "${row.name}".`)
      continue
    }
    const { email, username } = row.profile
    const taken = [email && mails.get(email.toLowerCase()), username && names.get(username)]
    if (taken.some((holder) => holder && holder.id !== member.id)) {
      refuse(row.line, 'already_exists', 'Another member has this username or e-mail.')
      continue
    }
    const deltas = row.moves.map(({ unit, amount, operation }) => {
      const has = balances.get(`${member.id} ${unit}`) ?? 0
      const change = operation === 'add' ? amount : operation === 'subtract' ? -amount : amount - has
      return { unit, has, change }
    })
    const short = deltas.find(({ has, change }) => has + change < 0)
    if (short) {
      refuse(
        row.line,
        'not_enough',
        `The member has ${short.has} ${short.unit}, which is ${-short.change - short.has} too few.`,
      )
      continue
    }
    const large = deltas.find(({ has, change }) => has + change > Number.MAX_SAFE_INTEGER)
    if (large) {
      refuse(row.line, 'too_large', `The member would have more ${large.unit} than 2^53 - 1.`)
      continue
    }
    if (email) mails.set(email.toLowerCase(), member)
    if (username) names.set(username, member)
    changes.push({ member, profile: row.profile })
    for (const { unit, change } of deltas) {
      if (change !== 0) moves.push(moveOf(job, row, member.id, unit, change, 'adjustment'))
    }
  }
  await setProfiles(tx, changes, at)
  await post(tx, moves, at)
  return { skipped: 0, refused }
}

const moveOf = (
  job: Job,
  { line }: BulkRow,
  memberId: string,
  unit: Move['unit'],
  amount: number,
  reason: Move['reason'],
): Move => ({ memberId, unit, amount, reason, key: `job:${job.id}:${line}:${unit}`, actor: job.actor })

/** The members that the rows name, by the name that each row has; locked, so that their balances stand still. */
async function membersNamed(tx: Tx, plan: Plan, rows: readonly BulkRow[]): Promise<Map<string, Member>> {
  const names = rows.map((row) => row.name)
  if (plan.some((column) => column.kind === 'id')) {
    const byId = await lockMembers(tx, sql`id = any(${sql.val(names.filter(isId))}::uuid[])`)
    const numbers = names.filter((name) => !isId(name)).map(Number)
    const byNumber = await lockMembers(tx, sql`number = any(${sql.val(numbers)}::bigint[])`)
    return new Map([...byId.map((m) => [m.id, m] as const), ...byNumber.map((m) => [String(m.number), m] as const)])
  }
  if (plan.some((column) => column.kind === 'profile' && column.property === 'username')) {
    const members = await lockMembers(tx, sql`username = any(${sql.val(names)}::text[])`)
    return new Map(members.map((member) => [member.username, member]))
  }
  const members = await lockMembers(
    tx,
    sql`email_key = any(${sql.val(names.map((name) => name.toLowerCase()))}::text[])`,
  )
  const byMail = new Map(members.map((member) => [member.email!.toLowerCase(), member]))
  return new Map(
    names.flatMap((name) => (byMail.has(name.toLowerCase()) ? [[name, byMail.get(name.toLowerCase())!]] : [])),
  )
}

async function lockMembers(tx: Tx, filter: ReturnType<typeof sql>): Promise<Member[]> {
  const { rows } = await sql<Member>`
    select * from members where community_id = ${tx.communityId} and status <> 'deleted' and ${filter}
    order by id for update`.execute(tx.db)
  return rows
}

async function lockBalances(tx: Tx, memberIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ member_id: string; unit: string; amount: number }>`
    select member_id, unit, amount from balances
    where community_id = ${tx.communityId} and member_id = any(${sql.val(memberIds)}::uuid[])
    order by member_id, unit for update`.execute(tx.db)
  return new Map(rows.map(({ member_id, unit, amount }) => [`${member_id} ${unit}`, amount]))
}

async function membersBy(
  tx: Tx,
  property: 'username' | 'email' | 'externalId',
  values: readonly string[],
): Promise<Map<string, Member>> {
  if (values.length === 0) return new Map()
  const wanted = sql.val(property === 'email' ? values.map((value) => value.toLowerCase()) : values)
  const { rows } = await sql<Member & { found_by: string }>`${membersQuery[property]} = any(${wanted}::text[])
    and m.community_id = ${tx.communityId}`.execute(tx.db)
  return new Map(rows.map((row) => [row.found_by, row]))
}

const membersQuery = {
  username: sql`select m.*, m.username as found_by from members m where m.username`,
  email: sql`select m.*, m.email_key as found_by from members m where m.email_key`,
  externalId: sql`
    select m.*, x.value as found_by from members m
    join member_external_ids x on x.community_id = m.community_id and x.member_id = m.id
    where x.type = ${defaultExternalIdType} and x.value`,
}

async function setProfiles(
  tx: Tx,
  changes: readonly { member: Member; profile: BulkRow['profile'] }[],
  at: Date,
): Promise<void> {
  const real = changes.filter(({ member, profile }) => !isSame(member, profile))
  if (real.length === 0) return
  const column = (property: Stored) => sql.val(real.map(({ profile }) => profile[property] ?? null))
  await sql`
    update members m set
      username = coalesce(r.username, m.username), email = coalesce(r.email, m.email),
      display_name = coalesce(nullif(r.display_name, ''), m.display_name),
      first_name = coalesce(r.first_name, m.first_name), last_name = coalesce(r.last_name, m.last_name),
      updated_at = ${at}, revision = m.revision + 1
    from unnest(
      ${sql.val(real.map(({ member }) => member.id))}::uuid[], ${column('username')}::text[], ${column('email')}::text[],
      ${column('displayName')}::text[], ${column('firstName')}::text[], ${column('lastName')}::text[]
    ) as r (id, username, email, display_name, first_name, last_name)
    where m.community_id = ${tx.communityId} and m.id = r.id`.execute(tx.db)
}

/** Gives the community's oldest open job up: what was applied stays, and the job says why the rest did not happen. */
export async function failNext(tx: Tx, failure: string, at: Date): Promise<void> {
  const job = await openJobs(tx).forUpdate().executeTakeFirst()
  if (!job) return
  const here = { community_id: tx.communityId, job_id: job.id }
  await tx.db
    .deleteFrom('job_rows')
    .where((eb) => eb.and(here))
    .execute()
  await tx.db
    .updateTable('jobs')
    .set({ status: 'failed', failure, finished_at: at })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', job.id)
    .execute()
}

const openJobs = (tx: Tx) =>
  tx.db
    .selectFrom('jobs')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('status', 'in', ['queued', 'running'])
    .orderBy('created_at')
    .limit(1)
