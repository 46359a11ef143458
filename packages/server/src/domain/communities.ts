import { type Selectable, sql } from 'kysely'
import { everyColumn, writeOnce } from '../db/connection.js'
import type { Database, Tx } from '../db/database.js'
import type { Tables } from '../db/tables.js'
import { Failure } from './failure.js'
import { holdRow } from './locks.js'
import { isTimeZone } from './time.js'

/** The tenant: everything that has members, boards and keys of its own. */
export type Community = Selectable<Tables['communities']>

export interface NewCommunity {
  name: string
  /** IANA name; default UTC. */
  timeZone?: string
  /** ISO day of the week on which its weeks begin; default 1, Monday. */
  weekStart?: number
  /** What it calls its units. */
  xpName?: string
  currencyName?: string
  imageId?: string
}

/** Makes the community that the transaction is already inside of: `tenant(newId(), (tx) => createCommunity(tx, …))`. */
export async function createCommunity(tx: Tx, input: NewCommunity, at: Date): Promise<Community> {
  const timeZone = input.timeZone ?? 'UTC'
  if (!isTimeZone(timeZone)) throw new Failure('invalid_request', `${timeZone} is not a time zone.`)
  return tx.db
    .insertInto('communities')
    .values({
      id: tx.communityId,
      name: input.name,
      time_zone: timeZone,
      week_start: input.weekStart ?? 1,
      xp_name: input.xpName ?? 'XP',
      currency_name: input.currencyName ?? 'Coins',
      image_id: input.imageId ?? null,
      created_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

const columns = everyColumn<Community>({
  id: true,
  name: true,
  image_id: true,
  revision: true,
  time_zone: true,
  week_start: true,
  review_hours: true,
  xp_name: true,
  xp_forms: true,
  xp_icon: true,
  xp_enabled: true,
  currency_name: true,
  currency_forms: true,
  currency_icon: true,
  currency_enabled: true,
  created_at: true,
})
const communityById = writeOnce<Pick<Tx, 'communityId'>>(
  ({ communityId }) => sql`select ${columns} from communities where id = ${communityId}`,
)

/** The community that the transaction is inside of. */
export async function thisCommunity(tx: Tx): Promise<Community> {
  const [community] = await tx.send<Community>(communityById(tx.db, tx))
  if (!community) throw new Failure('not_found')
  return community
}

/** Changes what is given, and nothing else. Tells as well which picture was shown before. */
export async function changeCommunity(
  tx: Tx,
  { name, imageId }: { name: string | undefined; imageId: string | null | undefined },
): Promise<{ community: Community; imageBefore: string | null }> {
  const before = await holdRow(tx, tx.db.selectFrom('communities').select('image_id').where('id', '=', tx.communityId))
  const community = await tx.db
    .updateTable('communities')
    .set({
      ...(name !== undefined && { name }),
      ...(imageId !== undefined && { image_id: imageId }),
      revision: sql`revision + 1`,
    })
    .where('id', '=', tx.communityId)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { community, imageBefore: before!.image_id }
}

/** Who owns the community; undefined where it was made without an owner. */
export async function ownerOf(tx: Tx): Promise<{ number: number } | undefined> {
  return tx.db
    .selectFrom('members')
    .select('number')
    .where('community_id', '=', tx.communityId)
    .where('role', '=', 'owner')
    .orderBy('number')
    .limit(1)
    .executeTakeFirst()
}

/** Nobody looks through more of them. */
const mostCommunities = 100

/** Where an account is an active member, oldest first: the first hundred. */
export async function communitiesOf(database: Database, accountId: string): Promise<string[]> {
  const rows = await database.lookup(accountId.replaceAll('-', ''), (db) =>
    db
      .selectFrom('members')
      .select('community_id')
      .where('account_id', '=', accountId)
      .where('status', '=', 'active')
      .orderBy('created_at')
      .orderBy('community_id')
      .limit(mostCommunities)
      .execute(),
  )
  return rows.map((row) => row.community_id)
}
