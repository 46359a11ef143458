import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import { type Value, writeOnce } from '../db/connection.js'
import type { Database, Tx } from '../db/database.js'
import type { Tables } from '../db/tables.js'
import type { Member } from './members/members.js'

/*
 * Everything that transactions of a community wait for each other by, but for leases, which are passed over (`skip locked`).
 * A transaction takes what it needs in one order: of two that took the same two things in different orders, each could wait
 * for the other. Tests hold the server's transactions to it, and a check finds locks that are taken elsewhere.
 *
 * Outside of it stand the locks of keys: a write shares those first of all, or last where its body took seconds, and who ends
 * a key waits for them and takes nothing after that.
 */
const order = [
  // Turns on one subject: see `takeTurn`.
  'hooks',
  'username',
  'file',
  'user keys',
  'social accounts',
  'channels',
  'store',
  'wishes',
  'roles',
  'messages',
  // What the community's boards and badges count, and the fields of members. Shared by whoever writes scores or is ranked.
  'boards',
  'visits',
  'earnings',
  'purchases',
  // What a request changes: see `holdRow` and `shareRow`.
  'row',
  // The row of the next member's number.
  'numbers',
  // The counts of boards, by those who write them rather than leave it to folding.
  'counts',
  'balances',
  'members',
  // What is left of a product, and its codes: see `holdStock`.
  'stock',
] as const
type Lock = (typeof order)[number]
type Turn = Exclude<Lock, 'boards' | 'row' | 'numbers' | 'counts' | 'balances' | 'members' | 'stock'>

const held = new WeakMap<Tx, Set<Lock>>()
const checked = new WeakSet<Tx>()

/** A database whose transactions fail when they take something in another order: for tests. Else it may cost a repetition. */
export const heldToOrder = (database: Database): Database => ({
  ...database,
  tenant: (communityId, work, options) =>
    database.tenant(
      communityId,
      (tx) => {
        checked.add(tx)
        return work(tx)
      },
      options,
    ),
})

/** What a transaction holds already that comes after a lock, unless it holds that too. */
function heldAfter(tx: Tx, lock: Lock): Lock | undefined {
  const locks = held.get(tx)
  if (!locks || locks.has(lock)) return undefined
  return order.slice(order.indexOf(lock) + 1).find((later) => locks.has(later))
}

/** Notes that a statement takes locks, in their order. */
export function taking(tx: Tx, ...locks: readonly Lock[]): void {
  for (const lock of locks) {
    const later = heldAfter(tx, lock)
    if (later && checked.has(tx))
      throw new Error(`A transaction that holds ${later} takes ${lock}: see the order of locks`)
    held.set(tx, (held.get(tx) ?? new Set()).add(lock))
  }
}

const nameOf = ({ communityId }: Tx, subject: string, of = '') => `${subject}:${communityId}:${of}`
const alone = writeOnce<{ name: string }>(({ name }) => sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`)
const shared = writeOnce<{ name: string }>(
  ({ name }) => sql`select pg_advisory_xact_lock_shared(hashtextextended(${name}, 0))`,
)

/**
 * Waits until nobody else has the community's turn on a subject, and has it until the transaction ends.
 * @param of Of what, where the subject is not the community's one: a member's id, a hash.
 */
export async function takeTurn(tx: Tx, subject: Turn, of?: string): Promise<void> {
  taking(tx, subject)
  await tx.send(alone(tx.db, { name: nameOf(tx, subject, of) }))
}

/** The same for what had better be left than waited for. Answers whether it has the turn. */
export const tryTurn = (tx: Tx, subject: 'once' | 'refusal', of: string): Promise<boolean> =>
  isHeld(tx, sql`pg_try_advisory_xact_lock(hashtextextended(${nameOf(tx, subject, of)}, 0))`)

async function isHeld(tx: Tx, attempt: ReturnType<typeof sql>): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`select ${attempt} as held`.execute(tx.db)
  return rows[0]!.held
}

/** Held by everyone who writes scores, or who is ranked: a board changes, and is counted a step further, only while nobody does. */
export async function shareBoards(tx: Tx): Promise<void> {
  await tx.send(sharingBoards(tx))
}

/** The statement, for those who send more behind it. */
export function sharingBoards(tx: Tx) {
  taking(tx, 'boards')
  return shared(tx.db, { name: nameOf(tx, 'boards') })
}

/** The same, for work that had better be left for later than wait. Answers whether it is held. */
export function tryShareBoards(tx: Tx): Promise<boolean> {
  taking(tx, 'boards')
  return isHeld(tx, sql`pg_try_advisory_xact_lock_shared(hashtextextended(${nameOf(tx, 'boards')}, 0))`)
}

/** Held alone by whoever changes what a board or a badge counts. */
export async function takeBoards(tx: Tx): Promise<void> {
  taking(tx, 'boards')
  await tx.send(alone(tx.db, { name: nameOf(tx, 'boards') }))
}

/** Writes counts alone: of those who share the boards, nobody else does until the transaction ends. */
export async function takeCounts(tx: Tx): Promise<void> {
  await tx.send(takingCounts(tx))
}

/** The statement, for those who send more behind it. */
export function takingCounts(tx: Tx) {
  taking(tx, 'counts')
  return alone(tx.db, { name: nameOf(tx, 'counts') })
}

/** The same, for work that had better be left for later than wait. Answers whether they are held. */
export function tryTakeCounts(tx: Tx): Promise<boolean> {
  taking(tx, 'counts')
  return isHeld(tx, sql`pg_try_advisory_xact_lock(hashtextextended(${nameOf(tx, 'counts')}, 0))`)
}

/** Whether it is not too late for the lock on counts: what is posted behind members that are held is left to folding. */
export const mayTakeCounts = (tx: Tx): boolean => heldAfter(tx, 'counts') === undefined

/** A row that a request is about, which nobody else changes until the transaction ends. Others may refer to it. */
export function holdRow<DB, T extends keyof DB, O>(
  tx: Tx,
  query: SelectQueryBuilder<DB, T, O>,
  of?: T & string,
): Promise<O | undefined> {
  taking(tx, 'row')
  return (of ? query.forNoKeyUpdate(of) : query.forNoKeyUpdate()).executeTakeFirst() as Promise<O | undefined>
}

/** The same for what is sold, as the last thing that a transaction waits for: everybody who buys it does. */
export function holdStock<DB, T extends keyof DB, O>(
  tx: Tx,
  query: SelectQueryBuilder<DB, T, O>,
): Promise<O | undefined> {
  taking(tx, 'stock')
  return query.forNoKeyUpdate().executeTakeFirst() as Promise<O | undefined>
}

/** The same for many at once: nobody changes it until the last of them ends. */
export function shareRow<DB, T extends keyof DB, O>(
  tx: Tx,
  query: SelectQueryBuilder<DB, T, O>,
): Promise<O | undefined> {
  taking(tx, 'row')
  return query.forShare().executeTakeFirst() as Promise<O | undefined>
}

/** Rows that nobody deletes until the transaction ends. */
export function keepRows<DB, T extends keyof DB, O>(tx: Tx, query: SelectQueryBuilder<DB, T, O>): Promise<O[]> {
  taking(tx, 'row')
  return query.forKeyShare().execute() as Promise<O[]>
}

/** What members have, `<member> <unit>` → amount, which nobody else changes until the transaction ends. */
export async function lockBalances(tx: Tx, memberIds: readonly string[]): Promise<Map<string, number>> {
  taking(tx, 'balances')
  const { rows } = await sql<{ member_id: string; unit: string; amount: number }>`
    select member_id, unit, amount from balances
    where community_id = ${tx.communityId} and member_id = any(${sql.val(memberIds)}::uuid[])
    order by member_id, unit for update`.execute(tx.db)
  return new Map(rows.map(({ member_id, unit, amount }) => [`${member_id} ${unit}`, amount]))
}

/** Balances in a statement that moves points, by its CTE `changes (member_id, unit)`. */
export const lockedBalances = (communityId: Value<string>) => sql`
  -- Arrays, not a join: a Citus cluster cannot pass on what a locking join finds.
  select member_id, unit from balances
  where community_id = ${communityId} and member_id = any(array(select member_id from changes))
    and unit = any(array(select unit from changes))
  order by member_id, unit for update`

/** Nobody else changes these members until the transaction ends. */
export function lockMembers(tx: Tx, ids: readonly string[]): Promise<Pick<Member, 'id' | 'role' | 'status'>[]> {
  taking(tx, 'members')
  return tx.db
    .selectFrom('members')
    .select(['id', 'role', 'status'])
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`id = any(${sql.val(ids)}::uuid[])`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}

/** One of them, as they are now; undefined where they are erased. */
export function lockMember(tx: Tx, id: string): Promise<Member | undefined> {
  taking(tx, 'members')
  return tx.db
    .selectFrom('members')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** Members in a statement that writes scores, by its CTE `changes (member_id)`: nobody is hidden or moved meanwhile. */
export const sharedMembers = (communityId: Value<string>) => sql`
  select id, status, visibility, entered_boards, fields, role_ids from members
  where community_id = ${communityId} and id = any(array(select member_id from changes)) order by id for share`

/** Keys that stay as they are to the end of the transaction. A lock on their rows would write those at every request. */
export const sharingKeys = writeOnce<{ ids: readonly string[] }>(
  ({ ids }) => sql`
    select pg_advisory_xact_lock_shared(hashtextextended('key:' || id, 0)) from unnest(${ids}::text[]) as id`,
)

/** What began while a key was good is done first, and seen by whoever reads after this. */
export async function awaitUsesOf(tx: Tx, keyId: string): Promise<void> {
  await tx.send(alone(tx.db, { name: `key:${keyId}` }))
}

/** One instance at a time makes keys that sign tokens: they are no community's. */
export async function lockSigningKeys(db: Kysely<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('rai signing keys', 0))`.execute(db)
}
