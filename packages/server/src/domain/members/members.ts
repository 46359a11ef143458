import type { Unit } from '@rai/contract'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import { everyColumn, writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { constraintOf } from '../../db/errors.js'
import type { Tables } from '../../db/tables.js'
import type { Session } from '../accounts/sessions.js'
import type { CommunityClock } from '../clock.js'
import { emit } from '../events.js'
import { recordFacts } from '../facts.js'
import { Failure } from '../failure.js'
import { type Cause, giveDefaults, type NewValue, setValues, takeCountsForFields } from '../fields/values.js'
import { isId, newId, shortNumber } from '../ids.js'
import { rerank } from '../leaderboards/scores.js'
import { shareBoards, taking } from '../locks.js'
import { dropAvatars, queueAvatars } from '../pictures/avatars.js'
import { dayOf, isTimeZone, momentOf } from '../time.js'

/** A person in one community. Two communities never see or change each other's copy. */
export type Member = Selectable<Tables['members']>

export interface NewMember {
  username: string
  displayName?: string | undefined
  firstName?: string | undefined
  lastName?: string | undefined
  email?: string | undefined
  role?: 'owner' | 'member'
  accountId?: string
  externalIds?: readonly ExternalId[]
  /** Where their picture is. */
  avatarSource?: string | undefined
  /** Values of fields, and whose doing they are. Other fields have their defaults. */
  fields?: Omit<Cause, 'at'> & { values: readonly Omit<NewValue, 'memberId'>[] }
  /** By which their days begin; the community's where there is none. */
  timeZone?: string | null | undefined
  /** The member who brought them. */
  referredBy?: string | undefined
}

/** What another system calls a member: `type` names the system or the kind of id. */
export interface ExternalId {
  type: string
  value: string
}

/** The external id that `externalId` in the API means. */
export const defaultExternalIdType = 'externalId'

/**
 * @throws Failure `already_exists` when the username, e-mail or external id is another member's, `invalid_request` for a
 * time zone that is none.
 */
export async function createMember(tx: Tx, input: NewMember, at: Date): Promise<Member> {
  checkTimeZone(input.timeZone)
  await shareBoards(tx)
  try {
    const member = await tx.db
      .insertInto('members')
      .values({
        community_id: tx.communityId,
        id: newId(at.getTime()),
        number: await nextNumbers(tx, 1),
        username: input.username,
        display_name: input.displayName?.trim() || input.username,
        first_name: input.firstName ?? '',
        last_name: input.lastName ?? '',
        email: input.email ?? null,
        role: input.role ?? 'member',
        account_id: input.accountId ?? null,
        avatar_source: input.avatarSource ?? null,
        time_zone: input.timeZone ?? null,
        referred_by: input.referredBy ?? null,
        created_at: at,
        updated_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    for (const { type, value } of input.externalIds ?? []) {
      await tx.db
        .insertInto('member_external_ids')
        .values({ community_id: tx.communityId, type, value, member_id: member.id })
        .execute()
    }
    await queueAvatars(tx, [member.id], at)
    await takeCountsForFields(tx)
    if (input.fields) {
      const { values, ...cause } = input.fields
      const own = values.map((value) => ({ memberId: member.id, ...value }))
      await setValues(tx, own, { at, ...cause })
    }
    await giveDefaults(tx, [member.id], at)
    if (input.referredBy) await recordFacts(tx, [{ memberId: input.referredBy, kind: 'referral', key: member.id, at }])
    await emit(tx, 'user.joined', member.id)
    return member
  } catch (error) {
    const message = taken[constraintOf(error)]
    throw message === undefined ? error : new Failure('already_exists', message)
  }
}

const taken: Record<string, string> = {
  members_username: 'This username is taken. Choose another; usernames are compared with case.',
  members_email: 'A member with this e-mail exists already.',
  member_external_ids_pkey: 'A member with this external id exists already.',
}

/** Takes `count` member numbers and answers the first. */
export async function nextNumbers(tx: Tx, count: number): Promise<number> {
  taking(tx, 'numbers')
  const { value } = await tx.db
    .insertInto('counters')
    .values({ community_id: tx.communityId, name: 'member', value: count })
    .onConflict((oc) =>
      oc.columns(['community_id', 'name']).doUpdateSet({ value: sql`counters.value + excluded.value` }),
    )
    .returning('value')
    .executeTakeFirstOrThrow()
  return value - count + 1
}

/** One way to name a member. */
export type MemberName =
  | { id: string }
  | { username: string }
  | { email: string }
  | { number: number }
  | { externalId: ExternalId }

const columns = everyColumn<Member>({
  community_id: true,
  id: true,
  number: true,
  account_id: true,
  role: true,
  username: true,
  display_name: true,
  first_name: true,
  last_name: true,
  email: true,
  avatar_source: true,
  avatar_id: true,
  language: true,
  status: true,
  visibility: true,
  entered_boards: true,
  fields: true,
  role_ids: true,
  time_zone: true,
  signed_out_at: true,
  referred_by: true,
  referral_code: true,
  created_at: true,
  updated_at: true,
  revision: true,
  email_key: true,
  name_key: true,
})

/** A member for whom a condition holds. */
const memberBy = <Values extends object>(
  holds: (value: { readonly [Name in keyof (Values & InCommunity)]: RawBuilder<unknown> }) => RawBuilder<unknown>,
) =>
  writeOnce<Values & InCommunity>(
    (value) => sql`select ${columns} from members where community_id = ${value.communityId} and ${holds(value)}`,
  )
interface InCommunity {
  communityId: string
}

const by = {
  id: memberBy<{ id: string }>(({ id }) => sql`id = ${id}`),
  username: memberBy<{ username: string }>(({ username }) => sql`username = ${username}`),
  email: memberBy<{ email: string }>(({ email }) => sql`email_key = lower(${email}::text)`),
  number: memberBy<{ number: number }>(({ number }) => sql`number = ${number}`),
  externalId: memberBy<ExternalId>(
    ({ communityId, type, value }) => sql`id = (
      select member_id from member_external_ids
      where community_id = ${communityId} and type = ${type} and value = ${value}
    )`,
  ),
}

/** The member that a name means here, whatever their status; undefined for nobody. */
export async function findMember(tx: Tx, name: MemberName): Promise<Member | undefined> {
  const { db, communityId } = tx
  if ('id' in name && !isId(name.id)) return undefined
  const [member] = await tx.send<Member>(
    'id' in name
      ? by.id(db, { communityId, id: name.id })
      : 'username' in name
        ? by.username(db, { communityId, username: name.username })
        : 'email' in name
          ? by.email(db, { communityId, email: name.email })
          : 'number' in name
            ? by.number(db, { communityId, number: name.number })
            : by.externalId(db, { communityId, ...name.externalId }),
  )
  return member
}

/** Those of the members who are there, by their ids. */
export async function findMembers(tx: Tx, ids: readonly string[]): Promise<Map<string, Member>> {
  if (ids.length === 0) return new Map()
  const members = await tx.db
    .selectFrom('members')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id = any(${sql.val(ids)}::uuid[])`)
    .execute()
  return new Map(members.map((member) => [member.id, member]))
}

/** Finds a member by what the documented API calls `idOrEmail`: id, short number, e-mail, or username, in this order. */
export async function findMemberByAny(tx: Tx, text: string): Promise<Member | undefined> {
  const byId = sql`id = ${isId(text) ? text : null}::uuid`
  const byNumber = sql`number = ${shortNumber(text)}::bigint`
  const byEmail = sql`email_key = lower(${text})`
  const { rows } = await sql<Member>`
    select * from members
    where community_id = ${tx.communityId} and (${byId} or ${byNumber} or ${byEmail} or username = ${text})
    order by ${byId} desc nulls last, ${byNumber} desc nulls last, ${byEmail} desc nulls last limit 1`.execute(tx.db)
  return rows[0]
}

/**
 * A member who was found.
 * @throws Failure `not_found` for nobody, and for whoever is deleted.
 */
export function notDeleted(member: Member | undefined): Member {
  if (!member || member.status === 'deleted') throw new Failure('not_found', 'There is no such member.')
  return member
}

/** Whether others see a member on boards. A hidden member keeps every score; no list and no count shows it. */
export async function setVisibility(
  tx: Tx,
  memberId: string,
  visibility: Member['visibility'],
  at: Date,
): Promise<Member> {
  // A board that is counted meanwhile would not see the change.
  await shareBoards(tx)
  const member = await tx.db
    .updateTable('members')
    .set({ visibility, updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', memberId)
    .returningAll()
    .executeTakeFirst()
  if (!member) throw new Failure('not_found')
  await rerank(tx, [memberId])
  return member
}

/** Who the documented API calls `userId`: an id, or a short number. */
export function userIdName(userId: string): MemberName {
  const number = shortNumber(userId)
  return number === null ? { id: userId } : { number }
}

/** @throws Failure `not_found` */
export const memberByUserId = async (tx: Tx, userId: string): Promise<Member> =>
  notDeleted(await findMember(tx, userIdName(userId)))

/** The roles of members beside that of everybody. */
export async function roleIdsOf(tx: Tx, memberIds: readonly string[]): Promise<Map<string, readonly string[]>> {
  if (memberIds.length === 0) return new Map()
  const members = await tx.db
    .selectFrom('members')
    .select(['id', 'role_ids'])
    .where('community_id', '=', tx.communityId)
    .where('id', 'in', [...memberIds])
    .execute()
  return new Map(members.map(({ id, role_ids }) => [id, role_ids]))
}

/** What members say of themselves; what is absent stays. */
export interface OwnProfile {
  displayName?: string | undefined
  visibility?: Member['visibility'] | undefined
  /** By which their days begin; null: the community's. */
  timeZone?: string | null | undefined
  /** Where their picture is; null: they have none. */
  avatarUrl?: string | null | undefined
}

/** @throws Failure `invalid_request` for a time zone that is none. */
export async function changeProfile(
  tx: Tx,
  memberId: string,
  { displayName, visibility, timeZone, avatarUrl }: OwnProfile,
  at: Date,
): Promise<void> {
  checkTimeZone(timeZone)
  // First: it takes the board lock, which nobody may wait for who holds a member already.
  if (visibility !== undefined) await setVisibility(tx, memberId, visibility, at)
  await tx.db
    .updateTable('members')
    .set({
      display_name: displayName,
      time_zone: timeZone,
      avatar_source: avatarUrl,
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', memberId)
    .execute()
  if (avatarUrl === null) await dropAvatars(tx, [memberId])
  else if (avatarUrl !== undefined) await queueAvatars(tx, [memberId], at)
}

function checkTimeZone(timeZone: string | null | undefined): void {
  if (timeZone == null || isTimeZone(timeZone)) return
  const details = [{ path: 'timeZone', message: 'is not a time zone' }]
  throw new Failure('invalid_request', 'Name a time zone such as Asia/Kolkata.', details)
}

export interface Balances {
  xp: number
  currency: number
}

type Amounts = { unit: Unit; amount: number }[]
const byUnit = (amounts: Amounts): Balances => ({
  xp: 0,
  currency: 0,
  ...Object.fromEntries(amounts.map(({ unit, amount }) => [unit, amount])),
})

const balances = writeOnce<{ communityId: string; memberId: string }>(
  ({ communityId, memberId }) => sql`
    select unit, amount from balances where community_id = ${communityId} and member_id = ${memberId}`,
)

export const balancesOf = async (tx: Tx, memberId: string): Promise<Balances> =>
  byUnit(await tx.send(balances(tx.db, { communityId: tx.communityId, memberId })))

/** The most that a member had of a unit before something was taken off; 0 while nothing ever was. */
export async function peakOf(tx: Tx, memberId: string, unit: Unit): Promise<number> {
  const row = await tx.db
    .selectFrom('balances')
    .select('peak')
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('unit', '=', unit)
    .executeTakeFirst()
  return row?.peak ?? 0
}

const earned = writeOnce<{ communityId: string; memberId: string; since: Date; most: number }>(
  ({ communityId, memberId, since, most }) => sql`
    select unit, least(sum(amount), ${most}::bigint)::bigint as amount from entries
    where community_id = ${communityId} and member_id = ${memberId} and created_at >= ${since} and amount > 0
    group by unit`,
)

/** What a member has earned since the community's day began: gains only, spending not taken off; 2^53-1 at most. */
export async function earnedToday(tx: Tx, memberId: string, { timeZone }: CommunityClock, at: Date): Promise<Balances> {
  const since = momentOf(dayOf(at, timeZone), timeZone)
  const { communityId } = tx
  return byUnit(await tx.send(earned(tx.db, { communityId, memberId, since, most: Number.MAX_SAFE_INTEGER })))
}

/** Who a login is here, whatever their status (see `admitted`); undefined for nobody. */
export async function memberOfSession(
  tx: Tx,
  { account_id: accountId, bound_to: boundTo, member_id: id, created_at: begun }: Session,
): Promise<Member | undefined> {
  if (accountId === null) return boundTo === tx.communityId ? memberSignedIn(tx, id!, begun) : undefined
  const member = await memberOfAccount(tx, accountId)
  return member && isSignedIn(member, begun) ? member : undefined
}

/**
 * Who something acts as, whatever their status (see `admitted`); undefined for nobody.
 * @param begun When it began, where it may have been ended (see `isSignedIn`).
 */
export async function memberSignedIn(tx: Tx, id: string, begun: Date | undefined): Promise<Member | undefined> {
  const member = await findMember(tx, { id })
  return member && (!begun || isSignedIn(member, begun)) ? member : undefined
}

export async function activeMember(tx: Tx, id: string): Promise<Member | undefined> {
  const member = await findMember(tx, { id })
  return member?.status === 'active' ? member : undefined
}

/** Whether a login or a token that began then still acts as a member: it does not where they were sent away since. */
export const isSignedIn = ({ signed_out_at: ended }: Pick<Member, 'signed_out_at'>, begun: Date): boolean =>
  ended === null || begun > ended

/** The member that an account is linked to here, whatever their status. */
async function memberOfAccount(tx: Tx, accountId: string): Promise<Member | undefined> {
  return tx.db
    .selectFrom('members')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
}

/**
 * Links an account to the member with its address, which its owner has confirmed. Safe to repeat: who is linked is answered
 * whatever their status (see `admitted`).
 * @throws Failure `not_found` when there is none, or somebody else is it already.
 */
export async function linkMember(tx: Tx, account: { id: string; email: string }, at: Date): Promise<Member> {
  const before = await memberOfAccount(tx, account.id)
  if (before) return before
  const member = await tx.db
    .updateTable('members')
    .set({ account_id: account.id, updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where('email_key', '=', sql<string>`lower(${account.email})`)
    .where('account_id', 'is', null)
    .where('status', '=', 'active')
    .returningAll()
    .executeTakeFirst()
  if (!member) throw new Failure('not_found', 'No member of such a community has this address.')
  return member
}
