import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'

/** A value that a field of a member has or had. */
export type FieldRecord = Selectable<Tables['user_field_changes']>

/** Which records: of a field, of a member, of both, or all. */
export interface RecordPage {
  fieldId?: string | undefined
  memberId?: string | undefined
  /** Not before. */
  from?: Date | undefined
  /** Before. */
  to?: Date | undefined
  /** Behind this one. */
  after?: { at: string; id: string } | undefined
  limit: number
}

/** Records, newest first, without those of members and fields that were deleted. */
export async function listRecords(
  tx: Tx,
  { fieldId, memberId, from, to, after, limit }: RecordPage,
): Promise<FieldRecord[]> {
  const conditions = [
    sql`c.community_id = ${tx.communityId} and c.field_id = f.id`,
    ...(memberId === undefined ? [] : [sql`c.member_id = ${memberId}`]),
    ...(from ? [sql`c.recorded_at >= ${from}`] : []),
    ...(to ? [sql`c.recorded_at < ${to}`] : []),
    ...(after ? [sql`(c.recorded_at, c.id) < (${after.at}::timestamptz, ${after.id}::uuid)`] : []),
    sql`exists (
      select from members m where m.community_id = ${tx.communityId} and m.id = c.member_id and m.status <> 'deleted'
    )`,
  ]
  const newest = sql`recorded_at desc, id desc limit ${limit}`
  // Field by field, so that two indexes serve every list.
  const { rows } = await sql<FieldRecord>`
    select h.* from user_fields f
    cross join lateral (
      select c.* from user_field_changes c where ${sql.join(conditions, sql` and `)} order by ${newest}
    ) h
    where f.community_id = ${tx.communityId} and f.forgotten_to is null
      ${fieldId === undefined ? sql`` : sql`and f.id = ${fieldId}`}
    order by ${newest}`.execute(tx.db)
  return rows
}

/** @throws Failure `not_found` */
export async function recordById(tx: Tx, id: string): Promise<FieldRecord> {
  const record = await tx.db
    .selectFrom('user_field_changes')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!record) throw new Failure('not_found', 'There is no such field.')
  return record
}

/** Whoever waits for the locks of a step waits no longer than so many take. */
const erasedAtOnce = 1000

/** Erases some of the records that are chosen. Answers whether they were the last. */
export async function eraseRecords(tx: Tx, areChosen: RawBuilder<boolean>): Promise<boolean> {
  await sql`set local rai.erasing = 'true'`.execute(tx.db)
  const { numAffectedRows } = await sql`
    delete from user_field_changes where community_id = ${tx.communityId} and id = any(array(
      select id from user_field_changes where community_id = ${tx.communityId} and ${areChosen} limit ${erasedAtOnce}
    ))`.execute(tx.db)
  return numAffectedRows! < BigInt(erasedAtOnce)
}
